// What a diagnosis says of a network, a layer and a unit.
import type { UnitState } from "../inspect/unit-state.js";
import type { PaceOptions } from "../core/pace.js";
import type { NormalizationKind } from "../network/normalization.js";
import type { History } from "../network/types.js";
import type { DataSet, Targets } from "../network/data.js";
import type { ObservedActivationName } from "../activations/activations.js";

export type { UnitState };

/** How a dead unit is closed. */
export type Mechanism =
  | "negativeBias" // without its bias, or its beta where it is normalized, it would fire on some sample
  | "negativeWeights" // it would stay closed even with a zero bias (or beta)
  | "zeroGamma" // it is normalized, and its gamma is 0: beta alone is left, which is not above 0
  | "silentInputs"; // every unit that feeds it is silent

/**
 * Options of `diagnose`: thresholds, what to prove, and what else is known. relumine.min.js has the thresholds alone.
 */
export interface DiagnoseOptions {
  /** A unit that fires on a smaller share of the samples is "rare". Default 0.01. */
  readonly rareBelow?: number;
  /** tau: a unit whose dormancy is not above it is "dormant". Default 0.025. */
  readonly dormantBelow?: number;
  /**
   * The inputs over which a dead unit's closure is proved or refuted, with `proofs`; one number an input. Default: each
   * feature's range in x.
   */
  readonly inputBox?: InputBox;
  /**
   * Whether to prove or refute that the dead are closed on the input box: where many are, it may take a second or two.
   * Default false.
   */
  readonly proofs?: boolean;
  /**
   * The samples' targets: with them the diagnosis says whether the network has learned, and the findings also judge the
   * labels, the spread of the targets and their fit to the loss.
   */
  readonly targets?: Targets;
  /** How much each sample counts, as the weights of a data set do; default: all the same. Needs targets. */
  readonly weights?: ArrayLike<number>;
  /** Rows that were not trained on: how well the network does there; costs a forward pass over them. Needs targets. */
  readonly validation?: DataSet;
  /**
   * What fit returned: with it the findings also tell a training that diverged, that stopped too early or went on for
   * too long. Default: what the network knows of its last fit.
   */
  readonly history?: History;
  /**
   * The last layer that is looked at, by its index in network.layers: an encoder alone costs its own share of the time.
   * Layers after it are not run and taken to pass gradients on; the findings that need outputs are left out, and
   * targets must be. Default: the whole network, whose hidden layers are judged; with upTo its last layer may be too.
   */
  readonly upTo?: number;
}

/**
 * Options of `diagnose` of rows in blocks: those that need no rows beside them, and how it goes on. onProgress hears 0
 * until the end where it is not known how many rows there are.
 */
export interface DiagnoseBlocksOptions
  extends Omit<DiagnoseOptions, "targets" | "weights" | "validation">, PaceOptions {}

/** A box of inputs: each input lies between its low and its high. */
export interface InputBox {
  /** The least value of each input; one number an input. */
  readonly low: ArrayLike<number>;
  /** The largest value of each input; one number an input. */
  readonly high: ArrayLike<number>;
}

/** Of some numbers. */
export interface Spread {
  /** The smallest. */
  readonly min: number;
  /** The largest. */
  readonly max: number;
  /** Their mean. */
  readonly mean: number;
  /** Their standard deviation. */
  readonly std: number;
}

/** What is said of a unit of which preactivations or activations alone may be known. */
export interface ObservedUnit {
  /** Index in network.layers, or among the layers that were given. */
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
  /** Of its preactivations over the samples, where they are known; max is at most 0 where it is closed on all. */
  readonly preactivation?: Spread;
  /** Of its activations, where nothing else was given. */
  readonly activation?: Spread;
  /** Dead units only. */
  readonly mechanism?: Mechanism;
  /**
   * Dead units only: no further plain gradient training on these samples can move its inputs or its weights: it is in
   * the first layer, or fed by nothing but such units or frozen layers, or no gradient gets past a layer that is
   * closed as a whole (or past a softmax over one output, whose gradient is 0). Weight decay, momentum still in the
   * optimizer, maxNorm, other samples and remedies can move it. Of a unit under batch normalization: no batch of these
   * rows opens it, so that it gets no gradient; what feeds it may move.
   */
  readonly permanent?: boolean;
  /**
   * Permanent units only: what would move it, or a unit that feeds it, if training went on with the optimizer that
   * trained last: the momentum that this optimizer still holds, or its weight decay, as which a penalty on its kernel
   * counts under whatever optimizer, or `maxNorm`, where its kernel's norm is above that. Absent where nothing would.
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

/** What `diagnose` says of one hidden unit. */
export interface UnitDiagnosis extends ObservedUnit {
  /** Of its preactivations over the samples; max is at most 0 where it is closed on all of them. */
  readonly preactivation: Spread;
}

/** What can still move a unit that no gradient moves. */
export type Mover = "momentum" | "weightDecay" | "maxNorm";

/** Whether a dead unit is closed on the whole input box: see UnitDiagnosis.proof. */
export type Proof = "provenDead" | "refuted" | "open";

/**
 * By what they are about: learning, loss and training, gradient, units, inputs, targets; the last one is good news.
 */
export type FindingKind =
  | "noBetterThanConstant"
  | "oneClassPredicted"
  | "classNeverPredicted"
  | "overfitting"
  | "heldOutElsewhere"
  | "stillLearning"
  | "stepsTooSmall"
  | "highRate"
  | "divergence"
  | "decayCollapse"
  | "heldDown"
  | "statisticsMismatch"
  | "labelsMismatch"
  | "linearNetwork"
  | "bottleneck"
  | "closedSamples"
  | "unscaledTargets"
  | "outlierInputs"
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

/**
 * - "cause": something to change, which explains why the network does not learn, or learns badly;
 * - "symptom": what is seen of that;
 * - "remark": worth knowing, and no fault.
 */
export type FindingRole = "cause" | "symptom" | "remark";

/** Something about the network, its data or its training that a verdict on single units does not say. */
export interface Finding {
  /** What it is about. */
  readonly kind: FindingKind;
  /**
   * The same kind can be a cause here and a remark there: inputs that are far from centred, say, where the network has
   * learned.
   */
  readonly role: FindingRole;
  /** One sentence with the figures. */
  readonly message: string;
  /** What to do, in one sentence. */
  readonly advice: string;
  /** Index in network.layers, where it is about one layer. */
  readonly layer?: number;
  /** The numbers of the message, by name. */
  readonly figures?: Readonly<Record<string, number>>;
}

/** How well a network does on rows that it was not trained on. */
export interface HeldOutLearning {
  /** The mean loss: of the validation rows that were given, else what the history's last epoch says. */
  readonly loss: number;
  /** Of the training rows' constant on these rows; where they are not given, its loss on the training rows. */
  readonly constantLoss: number;
  /** As Learning.score. */
  readonly score?: number;
  /** As Learning.scoreError, where the rows were given. */
  readonly scoreError?: number;
  /** Share of right answers, of classes. */
  readonly accuracy?: number;
  /** Rows, where they were given. */
  readonly rows?: number;
}

/** Whether a network has learned: how it does on its targets, beside the best it could do without looking at x. */
export interface Learning {
  /** Rows that were judged. */
  readonly rows: number;
  /** The mean loss, by the rows' weights where they have some. */
  readonly loss: number;
  /** The loss of the best constant: always to say `constant`, whatever the input. */
  readonly constantLoss: number;
  /**
   * One number an output: the targets' mean (squared error, poisson), median (absolute error), what minimizes it
   * (huber), or the share of each class (the cross-entropies).
   */
  readonly constant: readonly number[];
  /**
   * 1 - loss / constantLoss: 1 is perfect, 0 as good as the constant, below 0 worse. Of poisson and of targets that are
   * shares both losses count from what perfect answers have. Absent where no constant can be beaten: all targets the
   * same, or a loss that has no lowest value for these targets.
   */
  readonly score?: number;
  /** Standard error of the score over the rows. */
  readonly scoreError?: number;
  /** Share of right answers where targets are classes, also under a squared or absolute error; each row counts once. */
  readonly accuracy?: number;
  /** That of always saying the most frequent class. */
  readonly constantAccuracy?: number;
  /** Where validation rows are given, or the history tells of some. */
  readonly heldOut?: HeldOutLearning;
  /** All this in a sentence. */
  readonly verdict: string;
}

/** What `diagnose` says of one hidden layer. */
export interface LayerDiagnosis<Unit extends ObservedUnit = UnitDiagnosis> {
  /** Index in network.layers, or among the layers that were given. */
  readonly layer: number;
  /** What people call the layer, where it has a name. */
  readonly name?: string;
  /** The activation's name. */
  readonly activation: ObservedActivationName;
  /** Over what its preactivations are normalized: they are those behind beta, which stands for the bias then. */
  readonly normalized?: NormalizationKind;
  /** Dead units. */
  readonly dead: number;
  /**
   * Of layers of another program: on how many of the rows every unit was closed (0, and no gradient), where that was
   * seen.
   */
  readonly closedRows?: number;
  /** Each unit, in order. */
  readonly units: readonly Unit[];
}

/** What `diagnose` says of a network, judged on the samples it was given. */
export interface Diagnosis<Unit extends ObservedUnit = UnitDiagnosis> {
  /** Rows that it was judged on. */
  readonly samples: number;
  /** Whether the network has learned, where targets are given. */
  readonly learning?: Learning;
  /** Hidden units. */
  readonly units: number;
  /** Dead hidden units. */
  readonly dead: number;
  /** dead / units; 0 without hidden units. */
  readonly deadFraction: number;
  /** Hidden layers, in order. */
  readonly layers: readonly LayerDiagnosis<Unit>[];
  /** Of the network as a whole: impostors that look like dying units, and what goes with them. */
  readonly findings: readonly Finding[];
  /** What a terminal should show. */
  toString(): string;
}
