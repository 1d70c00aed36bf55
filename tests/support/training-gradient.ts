// The gradient that a training step takes on given rows: of the loss and all penalties, with dropout as it is in the
// network's next epoch.
import type { Network, Weights } from "../../src/index.js";
import type { DataSet } from "../../src/network/data.js";
import { makePlan } from "../../src/network/training/plan.js";
import { RowOrder, TrainingStep } from "../../src/network/training/step.js";
import { stateOf } from "../../src/network/state/state.js";

export interface StepGradient {
  /** Of the data. */
  readonly loss: number;
  /** What is added to it; 0 where nothing is. */
  readonly penalty: number;
  readonly layers: readonly Weights[];
}

/** All rows as one batch, in their order; the network stays as it is. */
export function trainingGradient(network: Network, data: DataSet, epoch = 0): StepGradient {
  const state = stateOf(network);
  const plan = makePlan(state, data, { batchSize: 2 ** 20, shuffle: false });
  state.buffers.ensure(plan.data.rows, true);
  const order = new RowOrder(state, plan, state.arena);
  const steps = new TrainingStep(state, plan, order);
  order.beginEpoch(epoch);
  steps.differentiate(0, plan.data.rows);
  const layers = network.layers.map((_, index): Weights => {
    const { kernel, bias, alpha, gamma, beta } = state.layer(index, state.gradient);
    return {
      kernel: kernel.slice(),
      bias: bias.slice(),
      ...(alpha && { alpha: alpha.slice() }),
      ...(gamma && beta && { gamma: gamma.slice(), beta: beta.slice() }),
    };
  });
  return { loss: steps.loss, penalty: steps.penalty ?? 0, layers };
}
