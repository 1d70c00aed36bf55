// The rows that train and those that judge, as plain data: the same for all trials and repeats.
import type { RowSets } from "./rows.js";
import { toPlain } from "../../network/data.js";
import type { Network } from "../../network/types.js";
import type { Plan } from "../../network/training/plan.js";
import { stateOf } from "../../network/state/state.js";
import { splitRows } from "../../network/training/step.js";
import { Arena } from "../../wasm/heap.js";

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
