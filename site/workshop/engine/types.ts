// What the engine makes and the page shows, and the messages between the two. The page asks for a frame and asks again
// only when it has come, so that none is ever queued.
import type {
  ActivationName,
  Cause,
  Finding,
  Metrics,
  NetworkSpec,
  RateForecast,
  UnitDiagnosis,
  UnitState,
} from "../../../src/index.js";
import type { LearningTask } from "../../tasks/learning-task.js";
import type { Change, EditName } from "../../training/changes.js";
import type { LiveName, LiveSettings, Recipe } from "../../training/recipe.js";

export interface UnitName {
  readonly layer: number;
  readonly unit: number;
}

/** A CSV file of the user's. */
export interface TableFile {
  readonly name: string;
  readonly contents: string | Uint8Array;
  /** The column to be learnt; default: the last. */
  readonly target?: string;
}

export const REMEDY_NAMES = ["liftBias", "recycle", "leakyRelu", "lowerRate"] as const;
export type RemedyName = (typeof REMEDY_NAMES)[number];

/** A remedy, alone or with what removes the cause. */
export interface Cure {
  readonly remedy: RemedyName;
  /** The rate from then on; "find": one at which no unit dies again is looked for by training copies. */
  readonly rate?: number | "find";
  readonly decay?: number;
  /** This one alone; absent: all dead units. */
  readonly unit?: UnitName;
}

/** A number of a unit's that is written by hand. */
export interface Edit {
  readonly what: EditName;
  readonly unit: UnitName;
  /** Of a weight. */
  readonly input?: number;
  readonly value: number;
}

/** Unit by unit, hidden layers in order. */
export interface UnitFigures {
  readonly states: readonly UnitState[];
  /** min, max, mean and std of the preactivation, and the firing rate: five numbers for each unit. */
  readonly figures: Float32Array;
}

export interface Measurement extends UnitFigures {
  readonly loss: number;
  readonly accuracy?: number;
  readonly heldOut: Metrics;
}

/** A network with given weights, as the page draws it. */
export interface Picture extends Measurement {
  /** MAP_SIDE² numbers for each unit, 128 for 0, scaled so that the largest size is 127; none without a plane. */
  readonly maps: Uint8Array;
  /** PLANE_SIDE² rows of outputs (probabilities or values); none without a plane. */
  readonly plane: Float32Array;
  /** Without a plane: each unit's mean activation by class (or by tenth of the target). */
  readonly profiles: Float32Array;
  /** The outputs on the held-out rows; none with a plane. */
  readonly outputs: Float32Array;
  /** The chosen unit's preactivations on the training rows. */
  readonly chosen: Float32Array;
}

export interface Histogram {
  /** Where the first bin begins and the last ends. */
  readonly low: number;
  readonly high: number;
  readonly counts: readonly number[];
  /** The share that is exactly 0, which no bin holds. */
  readonly zeros: number;
}

export interface LayerFigures {
  /** On training rows; the output layer's before its link. */
  readonly activations: Histogram & { readonly least: number; readonly most: number };
  /** Of the mean loss over the training rows, by the layer's weights and biases: powers of ten of their sizes. */
  readonly gradient: Histogram & {
    /** The middle of the sizes that are not 0; 0 where all are. */
    readonly middle: number;
  };
}

/** A unit over the recorded steps. */
export interface UnitHistory {
  readonly steps: readonly number[];
  /** Share of the training samples that open it. */
  readonly open: readonly number[];
}

/** The training curves, one number for each recorded step. */
export interface Curves {
  readonly steps: number[];
  readonly loss: number[];
  readonly heldOutLoss: number[];
  /** NaN in a regression. */
  readonly heldOutAccuracy: number[];
  /** By hidden layer: how many of its units are not dead. */
  readonly living: number[][];
}

/** The step, or the run of steps, that took most of the samples that opened a unit. */
export interface BlowRecord {
  readonly step: number;
  /** The last of a run. */
  readonly lastStep?: number;
  /** Shares of the samples. */
  readonly openBefore: number;
  readonly openAfter: number;
  /** Read off the batches: the step is about right. */
  readonly isEstimate: boolean;
}

export interface DeathRecord extends UnitName {
  readonly step: number;
  readonly cause: Cause;
  /** What took most of the samples that open it; absent if nothing stands out. */
  readonly blow?: BlowRecord;
  /** Share of the samples that opened it right before `step`, the last straw; absent where that is not known. */
  readonly openBefore?: number;
  /** A rate at which the blow, or else the last straw, would have spared it, in that one step. */
  readonly survivesAt?: number;
  /** Layers and units counted from 1. */
  readonly explanation: string;
  /** It fires again since that step, by "itself", a "reset" (or itself, where units are reset) or a remedy. */
  readonly cameBack?: { readonly step: number; readonly by: string };
}

/** What became of the last cure. */
export interface CureOutcome {
  readonly label: string;
  readonly step: number;
  readonly deadBefore: number;
  readonly lossBefore: number;
  readonly accuracyBefore?: number;
  readonly revived: number;
  readonly diedAgain: number;
}

export interface FrameRequest {
  /** A step of the past; default: now. */
  readonly at?: number;
  readonly chosen?: UnitName;
  /** The version of the curves that the page has. */
  readonly curves: number;
  /** Wanted: what passes through each layer, and comes back. */
  readonly layers?: boolean;
}

export type ToEngine =
  | {
      readonly kind: "start";
      /** Comes back with the answer, which one of an earlier start is told from by it. */
      readonly turn?: number;
      readonly recipe: Recipe;
      /** Absent: the one that was sent last. */
      readonly table?: TableFile;
      readonly running: boolean;
      readonly speed: number;
      /** To be made on the way, at their steps. */
      readonly changes?: readonly Change[];
      /** Goes there at full speed, and pauses. */
      readonly until?: number;
    }
  | { readonly kind: "run"; readonly running: boolean; readonly speed: number }
  | { readonly kind: "step" }
  | ({ readonly kind: "frame" } & FrameRequest)
  | { readonly kind: "diagnose"; readonly chosen?: UnitName }
  /** What rates would do to the network, from the start: answered in parts; a new one ends the last. */
  | { readonly kind: "forecast" }
  /** onTwin: a twin of the network is treated, which then trains beside it. */
  | ({ readonly kind: "treat"; readonly onTwin: boolean } & Cure)
  /** A setting is changed while it trains. */
  | { readonly kind: "adjust"; readonly what: LiveName; readonly value: number }
  | ({ readonly kind: "edit" } & Edit)
  | { readonly kind: "undo" }
  /** Ends the comparison with the twins. If it is kept, one takes the network's place; by default the newest. */
  | { readonly kind: "endTwin"; readonly keep: boolean; readonly which?: number };

export interface LayerPlaces {
  readonly kernel: number;
  readonly bias: number;
  /** Where it is normalized. */
  readonly gamma?: number;
  readonly beta?: number;
  /** By batches: the running statistics. */
  readonly mean?: number;
  readonly variance?: number;
}

export interface Started {
  readonly kind: "started";
  readonly turn?: number;
  readonly recipe: Recipe;
  readonly task: LearningTask;
  readonly spec: NetworkSpec;
  /** Where each layer's weights lie in a block of parameters, in floats. */
  readonly layout: readonly LayerPlaces[];
}

/** Short trainings of the recipe's network, from other starts and at other rates: as many as there are by now. */
export interface ForecastMessage {
  readonly kind: "forecast";
  /** Of the recipe that it is for. */
  readonly recipe: Recipe;
  readonly steps: number;
  /** Rows of a sample, where there are too many for all. */
  readonly sample?: number;
  /** From the lowest up. */
  readonly rates: readonly RateForecast[];
  readonly isDone: boolean;
}

export interface Twin {
  readonly label: string;
  readonly picture: Picture;
  readonly curves: Curves;
  readonly step: number;
}

export interface Frame extends Picture {
  readonly kind: "frame";
  /** Of the network that trains. */
  readonly step: number;
  /** Of the weights that are shown. */
  readonly shown: number;
  readonly epoch: number;
  readonly running: boolean;
  /** Nothing changes until the page says so: no further frame need be asked for. */
  readonly isSettled: boolean;
  readonly stopped?: "diverged";
  /** Full speed has ended, see Session. */
  readonly isSlowed: boolean;
  /** On its way to a link's step. */
  readonly until?: number;
  /** Of the network that trains, which may be a twin that was kept. */
  readonly recipe: Recipe;
  readonly settings: LiveSettings;
  /** Of the next step, where a schedule makes it another than is set. */
  readonly scheduledRate?: number;
  readonly changes: readonly Change[];
  /** Of a link, still to come. */
  readonly pending: readonly Change[];
  readonly cure?: CureOutcome;
  readonly activation: ActivationName;
  readonly parameters: Float32Array;
  /** All of them by step; of a unit that came back too. */
  readonly deaths: readonly DeathRecord[];
  readonly canUndo: boolean;
  readonly version: number;
  readonly curves?: Curves;
  readonly chosenHistory?: UnitHistory;
  /** Hidden layers, then the output layer. */
  readonly layers?: readonly LayerFigures[];
  /** The newest of the twins. */
  readonly twin?: Twin;
  /** All of them, up to three. */
  readonly twins?: readonly Twin[];
}

export interface DiagnosisMessage {
  readonly kind: "diagnosis";
  readonly step: number;
  readonly samples: number;
  /** The hidden activation is flat on either side of 0 (sigmoid, tanh), so that units neither fire nor are closed. */
  readonly isTwoSided: boolean;
  /** Of the hidden layers. */
  readonly normalization: Recipe["normalization"];
  readonly unit?: UnitDiagnosis;
  readonly findings: readonly Finding[];
  /** Whether it has learned, in words. */
  readonly verdict: string;
  /** The loss of the best constant; absent where the loss says nothing. */
  readonly constantLoss?: number;
}

/** What an error message is shown beside. */
export type ErrorPlace = "data" | "settings" | "unit" | "engine";

export interface Failed {
  readonly kind: "failed";
  readonly where: ErrorPlace;
  readonly message: string;
}

/** What a change has done, in words. */
export interface Done {
  readonly message: string;
  readonly details?: readonly string[];
}

export interface Treated extends Done {
  readonly kind: "treated";
}

export type FromEngine = Started | ForecastMessage | Frame | DiagnosisMessage | Treated | Failed;
