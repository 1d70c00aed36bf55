// What a diagnosis says of a network, a layer and a unit.
import type { UnitState } from "../inspect/unit-state.js";
import type { History } from "../network/types.js";
import type { Targets } from "../network/data.js";
import type { LayerActivationName } from "../activations/activations.js";

export type { UnitState };

/** How a dead unit is closed. */
export type Mechanism =
  | "negativeBias" // without its bias it would fire on some sample
  | "negativeWeights" // it would stay closed even with a zero bias
  | "silentInputs"; // every unit that feeds it is silent

/** Options of `diagnose`: thresholds, what to prove, and what else is known. */
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

/** A box of inputs: each input lies between its low and its high. */
export interface InputBox {
  /** The least value of each input; one number an input. */
  readonly low: ArrayLike<number>;
  /** The largest value of each input; one number an input. */
  readonly high: ArrayLike<number>;
}

/** What `diagnose` says of one hidden unit. */
export interface UnitDiagnosis {
  /** Index in network.layers. */
  readonly layer: number;
  /** Index in its layer. */
  readonly unit: number;
  /** See UnitState. */
  readonly state: UnitState;
  /** Share of the samples with a preactivation above 0. */
  readonly activity: number;
  /** 95 % upper bound on its firing rate on unseen samples: about 3/n when it never fired. */
  readonly activityBound: number;
  /** Mean |activation| over the layer's mean. */
  readonly dormancy: number;
  /** Of its preactivations over the samples. */
  readonly preactivation: {
    /** The smallest. */
    readonly min: number;
    /** The largest: at most 0 where it is closed on all of them. */
    readonly max: number;
    /** Their mean. */
    readonly mean: number;
    /** Their standard deviation. */
    readonly std: number;
  };
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

/** What can still move a unit that no gradient moves. */
export type Mover = "momentum" | "weightDecay";

/** Whether a dead unit is closed on the whole input box: see UnitDiagnosis.proof. */
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
  /** What it is about. */
  readonly kind: FindingKind;
  /** One sentence with the figures. */
  readonly message: string;
  /** What to do, in one sentence. */
  readonly advice: string;
  /** Index in network.layers, where it is about one layer. */
  readonly layer?: number;
}

/** What `diagnose` says of one hidden layer. */
export interface LayerDiagnosis {
  /** Index in network.layers. */
  readonly layer: number;
  /** Its name. */
  readonly activation: LayerActivationName;
  /** Dead units. */
  readonly dead: number;
  /** Each unit, in order. */
  readonly units: readonly UnitDiagnosis[];
}

/** What `diagnose` says of a network, judged on the samples it was given. */
export interface Diagnosis {
  /** Rows that it was judged on. */
  readonly samples: number;
  /** Hidden units. */
  readonly units: number;
  /** Dead hidden units. */
  readonly dead: number;
  /** dead / units; 0 without hidden units. */
  readonly deadFraction: number;
  /** Hidden layers, in order. */
  readonly layers: readonly LayerDiagnosis[];
  /** Of the network as a whole: impostors that look like dying units, and what goes with them. */
  readonly findings: readonly Finding[];
  /** What a terminal should show. */
  toString(): string;
}
