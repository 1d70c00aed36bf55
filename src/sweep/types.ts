// What users of a sweep meet: the plan, and what comes of it.
import type { Schedule } from "../network/training/schedules/schedules.js";
import type { Interval } from "../treatment/prescribe/types.js";
import type { JournalReport } from "../treatment/trial/journal/lines.js";
import type { RowScaling, TrialFailure } from "../treatment/trial/trial.js";
import type { Remedy } from "../treatment/remedies/remedy.js";
import type { Cause } from "../diagnosis/trace/types.js";
import type { DataSet } from "../network/data.js";
import type { NetworkSpec } from "../network/spec.js";
import type { CallbackData } from "../network/training/callbacks.js";
import type { ClassWeights } from "../network/training/class-weights.js";
import type { OptimizerOptions } from "../network/training/optimizers.js";

/** An optimizer as data. */
export interface OptimizerData {
  /** Of the function that makes it: "sgd", "adam". */
  readonly name: string;
  /** Those that are not its defaults. */
  readonly options?: OptimizerOptions;
}

/** How the trials of a sweep train, as plain data. */
export interface SweepFit {
  /** Default 10. */
  readonly epochs?: number;
  /** Default 32. */
  readonly batchSize?: number;
  /** Batches of one update; default 1. */
  readonly accumulate?: number;
  /** A name, or what adam() and its like return: { name, options }. Default "adam". */
  readonly optimizer?: string | OptimizerData;
  /** Instead of the optimizer's. */
  /** A rate, or a schedule as data. */
  readonly learningRate?: number | Schedule;
  /** Scales the gradient down to this global norm. */
  readonly clipNorm?: number;
  /** Default true. */
  readonly shuffle?: boolean;
  /** As for `fit`. */
  readonly classWeights?: ClassWeights;
  /** What traceDeaths() and its like return: { name, options }. */
  readonly callbacks?: readonly CallbackData[];
}

/** What is done before a trial trains. */
export interface SweepRemedies {
  /** Columns are brought to mean 0 and spread 1; what was learned is folded back. */
  readonly standardize?: RowScaling;
  /** As the remedy of `treat`, of the network as it starts. */
  readonly treat?: Remedy;
  /** As for `calibrate`. */
  readonly calibrate?: {
    /** Share of the samples on which each hidden unit is to fire. */
    readonly activity?: number;
  };
}

/** The training that all trials vary. */
export interface SweepBase {
  /** As for createNetwork; its seed is that of the first repeat. */
  readonly spec: NetworkSpec;
  /** As for `fit`. */
  readonly fit?: SweepFit;
  /** Before it. */
  readonly remedies?: SweepRemedies;
}

/** Numbers between two ends: `count` of them in a grid, evenly spaced by `scale`; in a random sweep any. */
export interface SweepRange {
  /** One end. */
  readonly from: number;
  /** The other. */
  readonly to: number;
  /** Of a grid: how many, the ends among them. */
  readonly count?: number;
  /** Default "linear"; "log" needs both ends above 0. */
  readonly scale?: "linear" | "log";
}

/** Values of one thing that a sweep varies. */
export type SweepAxis = readonly unknown[] | SweepRange;

/**
 * Points that fill the axes evenly: "sobol", a digitally shifted Sobol sequence, whose first points stay the same when
 * `count` grows; "latinHypercube": each axis is cut into `count` parts, each of which has one point.
 */
export interface RandomSampling {
  /** How they are drawn. */
  readonly random: "sobol" | "latinHypercube";
  /** How many. */
  readonly count: number;
  /** Default 0. */
  readonly seed?: number;
}

/**
 * Asynchronous successive halving (Li et al. 2020): all cells train for a few epochs with the first seed, the best for
 * `factor` times as many, and so on; what has come to all epochs trains with every seed. Who goes on is decided in the
 * plan's order as results come in, by those before it alone: workers do not wait for each other, and the trials are the
 * same whoever does them.
 */
export interface SweepStop {
  /** One in so many goes on. Default 3. */
  readonly factor?: number;
  /** Of the first, shortest trainings. Default: about a ninth of all. */
  readonly epochs?: number;
}

/** A sweep as plain data. */
export interface SweepPlan {
  /** What all trials have in common. */
  readonly base: SweepBase;
  /**
   * By what they vary: "learningRate", "bias" (at the start, of all hidden units), "units" and "activation" (of all
   * hidden layers; units also as a list, one a layer), "depth" (hidden layers), "normalization", "dropout" and
   * "maxNorm" (of all hidden layers; false: without), "l1" and "l2" (of all kernels), "optimizer", "schedule" (what
   * cosine() and its like return, or words such as "warmup:epochs=2,cosine"; false: without), "batchSize", "epochs", or
   * any path of `base`, such as "spec.layers[0].units" or "fit.optimizer.options.momentum".
   */
  readonly axes: Readonly<Record<string, SweepAxis>>;
  /** Default "grid": all combinations. */
  readonly sampling?: "grid" | RandomSampling;
  /** Seeds of each cell: the base's, the next one and so on. Default 1. */
  readonly repeats?: number;
  /** Default: all trials train all their epochs. */
  readonly stop?: SweepStop;
  /** Deaths are traced, so that `causes` says what killed each unit; several times the time. Default false. */
  readonly trace?: boolean;
  /**
   * As for createNetwork. "reproducible" where several kinds of machine take part. Default "fast", on a queue
   * "reproducible".
   */
  readonly arithmetic?: "fast" | "reproducible";
}

/** The rows of a sweep. */
export interface SweepDataSet extends DataSet {
  /**
   * Rows that judge, or the share of the rows that is held out, drawn from the base's seed. Default: a fifth; of fewer
   * than 30 rows none: those that train judge, as they do for 0.
   */
  readonly validation?: DataSet | number;
}

/** What one training came to. JSON can hold it: what is no finite number is absent. */
export interface TrialFigures {
  /** On the rows that judge, in the targets' own units. */
  readonly loss?: number;
  /** Of classes. */
  readonly accuracy?: number;
  /** Of classes: the mean over them of the share that is said. */
  readonly balancedAccuracy?: number;
  /** Hidden units, by layer. */
  readonly units?: readonly number[];
  /** Dead on the training rows at the end, by hidden layer. */
  readonly dead?: readonly number[];
  /** Of the dead, those that were so before the first step, by hidden layer. */
  readonly born?: readonly number[];
  /**
   * Of the dead units: "born" dead before the first step, "unexplained" since then; with `trace` what the trace says.
   */
  readonly causes?: Readonly<Partial<Record<Cause, number>>>;
  /** Training rows on which some hidden layer is closed as a whole. */
  readonly closedSamples?: number;
  /** On the training rows: see Learning of a diagnosis. */
  readonly learning?: {
    /** 1 perfect, 0 as good as the best constant. */
    readonly score?: number;
    /** In a sentence. */
    readonly verdict: string;
  };
  /** Of the training alone. */
  readonly seconds: number;
  /** That it trained. */
  readonly trained: number;
  /** Why it has no figures, or none to go by. */
  readonly failed?: TrialFailure;
}

/** One training of a sweep. */
export interface SweepTrialResult extends TrialFigures {
  /** Of the trial, its data and the build: the same id is the same training. */
  readonly id: string;
  /** Its place in the plan. */
  readonly cell: number;
  /** The value of each axis. */
  readonly at: Readonly<Record<string, unknown>>;
  /** It trained with. */
  readonly seed: number;
  /** It was to train. */
  readonly epochs: number;
  /**
   * The larger the better: accuracy of classes; of numbers 1 - loss / the best constant's loss, 1 perfect, 0 as good as
   * the constant. Absent where it has no figures.
   */
  readonly score?: number;
  /** The share of hidden units that are dead. */
  readonly deadFraction?: number;
  /** The machine that did it. */
  readonly host: string;
  /** It was not done now: the journal had it. */
  readonly resumed?: boolean;
}

/** All seeds of one combination of values. */
export interface SweepCell {
  /** Its place in the plan. */
  readonly cell: number;
  /** The value of each axis. */
  readonly at: Readonly<Record<string, unknown>>;
  /** Mean over the seeds; absent where some has none. */
  readonly score?: number;
  /** Mean over the seeds; absent where some has none. */
  readonly loss?: number;
  /** Mean over the seeds that had a network. */
  readonly deadFraction?: number;
  /** The same by hidden layer. */
  readonly dead?: readonly number[];
  /** 95 % by Student's t; from two seeds on. */
  readonly interval?: {
    /** Of the score. */
    readonly score?: Interval;
    /** Of the share of dead units. */
    readonly dead?: Interval;
  };
  /** Sums over the seeds. */
  readonly causes: Readonly<Partial<Record<Cause, number>>>;
  /** Mean over the seeds. */
  readonly closedSamples?: number;
  /** Seeds that failed. */
  readonly failed: number;
  /** Seeds that are in. */
  readonly seeds: number;
  /** Epochs that they trained: fewer than others where it was stopped. */
  readonly epochs: number;
  /** Mean over the seeds. */
  readonly seconds: number;
}

/** What came of a sweep. */
export interface SweepResult {
  /** In the plan's order. */
  readonly trials: readonly SweepTrialResult[];
  /** By combination of values, in the plan's order; those of which some trial is in. */
  readonly cells: readonly SweepCell[];
  /**
   * The highest mean score among those that trained all epochs with all seeds that are in; absent where none has one.
   */
  readonly best?: SweepCell;
  /** What the score is: the accuracy, or by the loss how far it is from the best constant's to 0. */
  readonly measure: "accuracy" | "loss";
  /** The best constant's loss, and accuracy, on the rows that judge: what is not better has learned nothing. */
  readonly constant: {
    /** Of always saying the same. */
    readonly loss: number;
    /** Of classes. */
    readonly accuracy?: number;
  };
  /** SHA-256 of the rows. */
  readonly data: string;
  /** Program and arithmetic: ids of different builds differ. */
  readonly build: string;
  /** Trials that the plan has, as far as known: with `stop` it depends on what comes of them. */
  readonly planned: number;
  /** Where there is one. */
  readonly journal?: JournalReport;
  /** The signal ended it. */
  readonly stopped?: "aborted";
  /** Wall-clock time. */
  readonly seconds: number;
  /** For a terminal of 80 columns. */
  toString(): string;
}

/** How far a sweep is. */
export interface SweepProgress {
  /** Trials that are in, those of the journal too. */
  readonly done: number;
  /** Of all, as far as is known. */
  readonly total: number;
  /** Of them from the journal. */
  readonly resumed: number;
  /** Of them failed. */
  readonly failed: number;
}
