// What a trace of a model's training in TensorFlow.js takes and tells.
import type { Callback } from "./tensorflow.js";
import type { Fall, Preactivation } from "../diagnosis/trace/types.js";

/** Options of `traceDeaths` of a model of TensorFlow.js. */
export interface ModelTraceOptions {
  /** How many of the rows are watched, evenly apart. Default 256. */
  readonly rows?: number;
  /** Steps from one look to the next; each reads all weights, which waits for a GPU. Default 1. */
  readonly everySteps?: number;
  /** Steps that a unit must be silent before it is on the list, but for the end of the training. Default 20. */
  readonly window?: number;
}

/** A unit that fires on no watched row any more. */
export interface ModelDeath {
  /** Index among the model's dense layers. */
  readonly layer: number;
  /** Of the layer in the model. */
  readonly name: string;
  /** Index in its layer. */
  readonly unit: number;
  /**
   * The update after which no watched row opened it, counted from 1; with `everySteps`, the look after it. 0: none did
   * from the start.
   */
  readonly step: number;
  /** Of that step, counted from 1; 0 with step 0. */
  readonly epoch: number;
  /** Of that step in its epoch, counted from 1; 0 with step 0. */
  readonly batch: number;
  /** The last look at which some watched row opened it; absent where none did. */
  readonly lastOpen?: number;
  /** The preactivation at that look, over the watched rows; where there was none, as it was at the start. */
  readonly before: Preactivation;
  /** The same at `step`. */
  readonly after: Preactivation;
  /** The parts of after.mean - before.mean, exact; all 0 with step 0, and NaN with the cause "unknown". */
  readonly change: Fall;
  /** The optimizer's rate at that step, where it tells. */
  readonly rate?: number;
  /** The optimizer's class, "SGD", "Adam" ...; absent with step 0. */
  readonly optimizer?: string;
  /**
   * "born": silent from the start. "not replayed": `fit` of TensorFlow.js shuffles inside and hands out no batch, so
   * that no update can be made again, and what closed the unit in it is not known. "unknown": nor are the parts of the
   * change, in a layer that is normalized row by row, where other units may have closed it.
   */
  readonly cause: "born" | "not replayed" | "unknown";
  /** One sentence with the figures. */
  readonly explanation: string;
}

/** A unit that was taken off the list of deaths: it fired again. */
export interface ModelRevival {
  /** Index among the model's dense layers. */
  readonly layer: number;
  /** Of the layer in the model. */
  readonly name: string;
  /** Index in its layer. */
  readonly unit: number;
  /** ModelDeath.step of the death that it survived. */
  readonly diedAt: number;
  /** The step of the look that found it open. */
  readonly step: number;
  /** Of that step, counted from 1. */
  readonly epoch: number;
}

/** What was found in the fit that is running or ran last. */
export interface ModelTraceResults {
  /** By step, layer and unit; complete when fit is done. */
  readonly deaths: readonly ModelDeath[];
  /** In order. */
  readonly revivals: readonly ModelRevival[];
  /**
   * By epoch, then by hidden layer: how many units fired on no watched row at the epoch's end; up to the epoch before
   * the watching ended, by `divergedAt` or `stopped`.
   */
  readonly silentUnits: readonly (readonly number[])[];
  /** The names of those hidden layers in the model. */
  readonly layers: readonly string[];
  /** The step after which some weight was no finite number: nothing was watched from there on. */
  readonly divergedAt?: number;
  /**
   * The step after which the model could not be read exactly any more, and why: a normalization that takes away far
   * more than it leaves, as of inputs that lie far from 0. Nothing was watched from there on.
   */
  readonly stopped?: {
    /** Of the look that could not be taken. */
    readonly step: number;
    /** One sentence. */
    readonly reason: string;
  };
}

/** A callback of model.fit, of TensorFlow.js's own class. */
export type ModelTrace = Callback & ModelTraceResults;
