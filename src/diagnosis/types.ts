// What a diagnosis says of a network, a layer and a unit.
import type { UnitState } from "../inspect/unit-state.js";
import type { History } from "../network/types.js";
import type { Targets } from "../network/data.js";
import type { ActivationName } from "../activations/activations.js";

export type { UnitState };

export type Mechanism =
  | "negativeBias" // without its bias it would fire on some sample
  | "negativeWeights" // it would stay closed even with a zero bias
  | "silentInputs"; // every unit that feeds it is silent

export interface DiagnoseOptions {
  /** A unit that fires on a smaller share of the samples is "rare". Default 0.01. */
  readonly rareBelow?: number;
  /** tau: a unit whose dormancy is not above it is "dormant". Default 0.025. */
  readonly dormantBelow?: number;
  /**
   * The inputs over which a dead unit's closure is proved or refuted; one number an input. Default: each feature's
   * range in x.
   */
  readonly inputBox?: InputBox;
  /**
   * Whether to prove or refute that the dead are closed on the input box: where many are, it may take a second or two.
   * Default true.
   */
  readonly proofs?: boolean;
  /**
   * The samples' targets: with them the findings also judge the labels, the spread of the targets and their fit to the
   * loss.
   */
  readonly targets?: Targets;
  /** What fit returned: with it the findings also tell a training that diverged. */
  readonly history?: History;
}

export interface InputBox {
  readonly low: ArrayLike<number>;
  readonly high: ArrayLike<number>;
}

export interface UnitDiagnosis {
  /** Index in network.layers. */
  readonly layer: number;
  readonly unit: number;
  readonly state: UnitState;
  /** Share of the samples with a preactivation above 0. */
  readonly activity: number;
  /** 95 % upper bound on its firing rate on unseen samples: about 3/n when it never fired. */
  readonly activityBound: number;
  /** Mean |activation| over the layer's mean. */
  readonly dormancy: number;
  readonly preactivation: { readonly min: number; readonly max: number; readonly mean: number; readonly std: number };
  /** Dead units only. */
  readonly mechanism?: Mechanism;
  /**
   * Dead units only: no further plain gradient training on these samples can move its inputs or its weights: it is in
   * the first layer, or fed by nothing but such units, or no gradient gets past a layer that is closed as a whole (or
   * past a softmax over one output, whose gradient is 0). Weight decay, momentum still in the optimizer, other samples
   * and remedies can move it.
   */
  readonly permanent?: boolean;
  /**
   * Permanent units only: what would move it, or a unit that feeds it, if training went on with the optimizer that
   * trained last: the momentum that this optimizer still holds, or its weight decay. Absent where nothing would.
   */
  readonly stillMovedBy?: readonly Mover[];
  /** Dead units only: what to add to the bias so that one sample in a hundred (at least one) opens it. */
  readonly biasToRevive?: number;
  /**
   * Dead units only: is it closed on the whole input box? "provenDead": bounds that are rounded outwards hold its
   * preactivation at or below 0 (gelu, silu, softplus: so far below that activation and slope are 0), in exact
   * arithmetic and in float32. "refuted": wakingInput makes it larger than 0. "open": neither was found, or the answer
   * lies within the rounding of float32.
   */
  readonly proof?: Proof;
  /**
   * With "refuted": an input within the box that opens the unit, one number an input; a forward pass in float64
   * confirms it.
   */
  readonly wakingInput?: Float32Array;
}

export type Mover = "momentum" | "weightDecay";

export type Proof = "provenDead" | "refuted" | "open";

/** By what they are about: loss and training, gradient, units, inputs, targets; the last one is good news. */
export type FindingKind =
  | "divergence"
  | "singleUnitSoftmax"
  | "lossMismatch"
  | "vanishingGradient"
  | "noGradientFromAbove"
  | "collapsedOutput"
  | "deadOutputUnits"
  | "zeroOutgoingWeights"
  | "silentTogether"
  | "constantTogether"
  | "constantInputs"
  | "duplicateInputs"
  | "uncenteredInputs"
  | "unscaledInputs"
  | "singleClass"
  | "lowTargetVariance"
  | "healthySparsity";

/** Something about the network, its data or its training that a verdict on single units does not say. */
export interface Finding {
  readonly kind: FindingKind;
  /** One sentence with the figures. */
  readonly message: string;
  /** What to do, in one sentence. */
  readonly advice: string;
  /** Index in network.layers, where it is about one layer. */
  readonly layer?: number;
}

export interface LayerDiagnosis {
  /** Index in network.layers. */
  readonly layer: number;
  readonly activation: ActivationName;
  readonly dead: number;
  readonly units: readonly UnitDiagnosis[];
}

export interface Diagnosis {
  readonly samples: number;
  /** Hidden units. */
  readonly units: number;
  readonly dead: number;
  readonly deadFraction: number;
  /** Hidden layers, in order. */
  readonly layers: readonly LayerDiagnosis[];
  /** Of the network as a whole: impostors that look like dying units, and what goes with them. */
  readonly findings: readonly Finding[];
  /** What a terminal should show. */
  toString(): string;
}
