// The rows that train and those that judge, as plain data: the same for all trials and repeats.
import type { RowSets } from "./rows.js";
import { type Matrix64, takeRows, toRows64 } from "../../core/matrix.js";
import { toPlain } from "../../network/data.js";
import type { Network } from "../../network/types.js";
import type { Plan } from "../../network/training/plan.js";
import { stateOf } from "../../network/state/state.js";
import { splitRows } from "../../network/training/step.js";
import { Arena } from "../../wasm/heap.js";

/** Inputs in float64, where they tell more than in float32. */
export interface ExactInputs {
  readonly data?: Matrix64 | undefined;
  readonly validation?: Matrix64 | undefined;
}

/** Training and validation rows as `fit` would split them with the spec's seed; the same where none validate. */
export function splitData(network: Network, plan: Plan, inputs: ExactInputs): RowSets {
  const { data, validation, trainingRows } = plan;
  const { data: exact } = inputs;
  if (validation) {
    const sets = { training: toPlain(data), validation: toPlain(validation) };
    if (!exact && !inputs.validation) return sets;
    const judges = inputs.validation ?? toRows64("x", validation.x, undefined, 0);
    return { ...sets, exact: { training: exact ?? toRows64("x", data.x, undefined, 0), validation: judges } };
  }
  if (trainingRows === data.rows) {
    const all = toPlain(data);
    return { training: all, validation: all, ...(exact && { exact: { training: exact, validation: exact } }) };
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
    const [trains, judges] = [order.subarray(0, trainingRows), order.subarray(trainingRows)];
    return {
      training: toPlain(data, trains),
      validation: toPlain(data, judges),
      ...(exact && { exact: { training: takeRows(exact, trains), validation: takeRows(exact, judges) } }),
    };
  } finally {
    scratch.dispose();
  }
}
