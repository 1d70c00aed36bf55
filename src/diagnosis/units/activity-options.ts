// What recordActivity takes and what it tells, apart from how it measures: a page that sends a record to its worker
// needs no more.
import { checkInteger, checkOptions } from "../../core/checks.js";
import { type Matrix, type Samples, toRows } from "../../core/matrix.js";
import type { Description } from "../../network/training/callbacks.js";
import type { PackageCallback } from "../../network/types.js";

/** Options of `recordActivity`. */
export interface ActivityOptions {
  /** Rows to look at, evenly apart. Default 128. */
  readonly samples?: number;
  /** Epochs from one frame to the next. Default 1. */
  readonly everyEpochs?: number;
}

/** As data: x holds just the rows that are looked at. */
export interface ActivityData extends Required<ActivityOptions> {
  /** rows x inputs. */
  readonly x: Matrix;
}

/** One look at the network. */
export interface ActivityFrame {
  /** 0: before the training. */
  readonly epoch: number;
  /** For each hidden layer, each unit's share of the samples with a preactivation above 0. */
  readonly layers: readonly Float32Array[];
}

export interface ActivityResults {
  /** In the order of the epochs; a new fit starts a new list. */
  readonly frames: readonly ActivityFrame[];
  /** Of each frame. */
  readonly samples: number;
}

/** The callback that `recordActivity` makes: its options, and its frames. */
export interface ActivityRecord extends PackageCallback<ActivityData>, ActivityResults {}

/** Evenly apart: a table is often sorted. */
function spreadRows({ rows, columns, data }: Matrix, wanted: number): Matrix {
  if (rows <= wanted) return { rows, columns, data: data.slice() };
  const chosen = new Float32Array(wanted * columns);
  for (let i = 0; i < wanted; i++) {
    const row = Math.floor(((i + 0.5) * rows) / wanted);
    chosen.set(data.subarray(row * columns, (row + 1) * columns), i * columns);
  }
  return { rows: wanted, columns, data: chosen };
}

/** A record made of data: by `make`, from what its options hold. */
export function recordFrom(
  make: (x: Samples, options: ActivityOptions) => ActivityRecord,
): (data: ActivityOptions & { readonly x: Samples }) => ActivityRecord {
  return (data) => {
    const { x, ...options } = checkOptions("recordActivity", data, ["x", "samples", "everyEpochs"]);
    return make(x, options);
  };
}

export function describeActivity(
  x: Samples,
  options: ActivityOptions | undefined,
): Description<ActivityData, ActivityResults> {
  const given = checkOptions("recordActivity", options, ["samples", "everyEpochs"]);
  const wanted = checkInteger("samples", given.samples ?? 128, { low: 1 });
  const everyEpochs = checkInteger("everyEpochs", given.everyEpochs ?? 1, { low: 1 });
  const chosen = spreadRows(toRows("x", x), wanted);
  return {
    name: "recordActivity",
    options: { x: chosen, samples: chosen.rows, everyEpochs },
    results: { frames: [], samples: chosen.rows },
  };
}
