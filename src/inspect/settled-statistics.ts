// A network whose running statistics of batch normalization are those of the rows that are looked at: layer by layer
// from the first, in a block of weights of its own, since each layer's hang on those below.
import type { SampleRows } from "../core/matrix.js";
import { withInspector } from "./inspector.js";
import type { NetworkState } from "../network/state/state.js";
import { Arena } from "../wasm/heap.js";

/** Sets a layer's running statistics in the block to what the rows give it; gamma and beta are as before. */
function settle(state: NetworkState, block: number, layer: number, x: SampleRows): void {
  const { epsilon } = state.spec.layers[layer].normalization!;
  const { gamma, beta, runningMean, runningVariance } = state.layer(layer, block);
  const kept = [gamma!.slice(), beta!.slice()];
  gamma!.fill(1);
  beta!.fill(0);
  runningMean!.fill(0);
  runningVariance!.fill(1);
  const [units] = withInspector(state, (inspector) => inspector.statistics(x, undefined, layer + 1, layer), block);
  const view = state.layer(layer, block); // memory may have moved
  view.gamma!.set(kept[0]);
  view.beta!.set(kept[1]);
  const variance = 1 + epsilon;
  view.runningMean!.set(units.map(({ mean }) => mean * Math.sqrt(variance)));
  view.runningVariance!.set(units.map((unit) => (unit.variance * variance * x.rows) / (x.rows - 1)));
}

/**
 * Looks at a network with such statistics of two rows or more.
 * @param look gets a block laid out as the network's own, for as long as it looks
 * @cost a pass up to each layer that takes a batch's statistics in training
 */
export function withSettledStatistics<T>(state: NetworkState, x: SampleRows, look: (block: number) => T): T {
  const { runtime, layout, parameters, spec } = state;
  const scratch = new Arena(runtime.heap);
  try {
    const block = scratch.allocate(layout.weightBytes, "weights with other running statistics");
    runtime.heap.f32.copyWithin(block >>> 2, parameters >>> 2, (parameters + layout.weightBytes) >>> 2);
    spec.layers.forEach(({ normalization, frozen }, layer) => {
      if (normalization?.kind === "batch" && !frozen) settle(state, block, layer, x);
    });
    return look(block);
  } finally {
    scratch.dispose();
  }
}
