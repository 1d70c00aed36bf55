// The rows that train and those that judge, as plain data: the same for all trials and repeats.
import type { PlainSet, RowSets } from "./rows.js";
import type { Matrix } from "../../core/matrix.js";
import type { PreparedData } from "../../network/data.js";
import type { Network } from "../../network/types.js";
import type { Plan } from "../../network/training/plan.js";
import { stateOf } from "../../network/state/state.js";
import { splitRows } from "../../network/training/step.js";
import { Arena } from "../../wasm/heap.js";

function pickRows({ columns, data }: Matrix, rows: Uint32Array): Matrix {
  const picked = new Float32Array(rows.length * columns);
  rows.forEach((row, to) => picked.set(data.subarray(row * columns, (row + 1) * columns), to * columns));
  return { rows: rows.length, columns, data: picked };
}

function toPlain({ x, y, weights }: PreparedData, rows?: Uint32Array): PlainSet {
  const targets = y.kind === "labels" ? y.labels : { rows: x.rows, columns: y.columns, data: y.data };
  if (!rows) return { x, y: targets, ...(weights && { weights }) };
  return {
    x: pickRows(x, rows),
    y: targets instanceof Int32Array ? Int32Array.from(rows, (row) => targets[row]) : pickRows(targets, rows),
    ...(weights && { weights: Float32Array.from(rows, (row) => weights[row]) }),
  };
}

/** Training and validation rows as `fit` would split them with the spec's seed; the same where none validate. */
export function splitData(network: Network, { data, validation, trainingRows }: Plan): RowSets {
  if (validation) return { training: toPlain(data), validation: toPlain(validation) };
  if (trainingRows === data.rows) {
    const all = toPlain(data);
    return { training: all, validation: all };
  }
  const { runtime, spec } = stateOf(network);
  const scratch = new Arena(runtime.heap);
  try {
    const address = scratch.allocate(data.rows * 4, "the order of the rows");
    runtime.heap.u32.set(
      Uint32Array.from({ length: data.rows }, (_, row) => row),
      address >>> 2,
    );
    const order = splitRows(runtime, spec.seed, data.rows, trainingRows, address);
    return {
      training: toPlain(data, order.subarray(0, trainingRows)),
      validation: toPlain(data, order.subarray(trainingRows)),
    };
  } finally {
    scratch.dispose();
  }
}
