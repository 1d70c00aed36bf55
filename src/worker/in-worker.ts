// Callbacks that run beside the network, inside the worker: made by name, read from outside.
import type { Death, Revival } from "../diagnosis/trace/types.js";
import { type ActivityFrame, recordActivity } from "../diagnosis/units/record-activity.js";
import { traceDeaths, type TraceOptions } from "../diagnosis/trace/trace-deaths.js";
import { checkOptions } from "../core/checks.js";
import type { Samples } from "../core/matrix.js";
import type { Callback } from "../network/types.js";
import { earlyStopping } from "../network/training/early-stopping.js";
import type { DataSet } from "../network/data.js";
import { type ContinualBackprop, continualBackprop } from "../treatment/during-training/continual-backprop.js";
import { type DeathPrevention, preventDeaths } from "../treatment/during-training/prevent-deaths.js";
import { type RecycleDormant, recycleDormant } from "../treatment/during-training/recycle-dormant.js";

/** Callbacks to run inside the worker, in this order: each by its name, with its options. A worker of one's own may know more (see serve). */
export interface InWorker {
  readonly traceDeaths?: TraceOptions;
  readonly earlyStopping?: Parameters<typeof earlyStopping>[0];
  /** x: default the training rows. */
  readonly recordActivity?: { readonly x?: Samples; readonly samples?: number; readonly every?: number };
  readonly continualBackprop?: Parameters<typeof continualBackprop>[0];
  readonly recycleDormant?: Parameters<typeof recycleDormant>[0];
  readonly preventDeaths?: Parameters<typeof preventDeaths>[0];
  readonly [own: string]: unknown;
}

/** What they found, by name. */
export interface InWorkerResults {
  readonly traceDeaths?: { readonly deaths: readonly Death[]; readonly revivals: readonly Revival[] };
  readonly recordActivity?: { readonly frames: readonly ActivityFrame[]; readonly samples: number };
  readonly continualBackprop?: Pick<ContinualBackprop, "replaced">;
  readonly recycleDormant?: Pick<RecycleDormant, "recycled">;
  readonly preventDeaths?: Pick<DeathPrevention, "prevented" | "lost">;
  readonly [own: string]: unknown;
}

/** A callback inside the worker, and how it is read. What is read is copied to the page: plain objects, arrays and typed arrays. */
export interface WorkerCallback {
  readonly callback: Callback;
  /** What it has found, at the end of the fit. */
  result?(): unknown;
  /** While the fit runs, for each report: what is new; undefined where nothing is. */
  news?(): unknown;
}

/** Makes a callback from what `fit` was given under its name. */
export type CallbackMaker = (options: never, data: DataSet) => WorkerCallback;

function makeTrace(options: TraceOptions): WorkerCallback {
  const trace = traceDeaths(options);
  const result = () => ({ deaths: trace.deaths, revivals: trace.revivals });
  let told = 0;
  return {
    callback: trace,
    result,
    news() {
      const changes = trace.deaths.length + 2 * trace.revivals.length; // a revival takes one from the deaths
      if (changes === told) return undefined;
      told = changes;
      return result();
    },
  };
}

function makeRecord(given: InWorker["recordActivity"], data: DataSet): WorkerCallback {
  const { x = data.x, ...options } = checkOptions("recordActivity", given, ["x", "samples", "every"]);
  const record = recordActivity(x, options);
  let told = 0;
  return {
    callback: record,
    result: () => ({ frames: record.frames, samples: record.samples }),
    news() {
      const frames = record.frames.slice(told);
      told += frames.length;
      return frames.length === 0 ? undefined : { frames, samples: record.samples };
    },
  };
}

/** A remedy that acts during training, and which of its properties tell what it did. */
function remedy<T extends Callback>(make: (options: never) => T, ...told: (keyof T & string)[]): CallbackMaker {
  return (options) => {
    const callback = make(options);
    return { callback, result: () => Object.fromEntries(told.map((name) => [name, callback[name]])) };
  };
}

export const CALLBACKS: Readonly<Record<string, CallbackMaker>> = {
  traceDeaths: makeTrace,
  recordActivity: makeRecord,
  earlyStopping: (options: InWorker["earlyStopping"]) => ({ callback: earlyStopping(options) }),
  continualBackprop: remedy(continualBackprop, "replaced"),
  recycleDormant: remedy(recycleDormant, "recycled"),
  preventDeaths: remedy(preventDeaths, "prevented", "lost"),
};
