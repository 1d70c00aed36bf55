// One look at a network, for a page that draws it: weights, and what each layer makes of given inputs. It has buffers of its own, so that a fit
// that is under way finds its own as they were.
import type { LayerSnapshot, SnapshotOptions } from "../types.js";
import { checkBoolean, checkOptions } from "../../core/checks.js";
import { type Matrix, toMatrix } from "../../core/matrix.js";
import { BatchBuffers } from "../../network/state/batch-buffers.js";
import { forEachChunk } from "../../network/training/evaluate.js";
import type { Network } from "../../network/types.js";
import { Passes } from "../../network/state/passes.js";
import { type NetworkState, stateOf } from "../../network/state/state.js";
import { Arena } from "../../wasm/heap.js";

type Kind = "activations" | "preactivations";

function respond(state: NetworkState, x: Matrix, kinds: readonly Kind[]): Partial<Record<Kind, Matrix>>[] {
  const { runtime, spec } = state;
  const scratch = new Arena(runtime.heap);
  try {
    const buffers = new BatchBuffers(spec, runtime.heap, scratch, true);
    const passes = new Passes(runtime, spec, state.layout, buffers, state.parameters);
    const layers = spec.layers.map(
      ({ units }) =>
        Object.fromEntries(
          kinds.map((kind) => [kind, { rows: x.rows, columns: units, data: new Float32Array(x.rows * units) }]),
        ) as Partial<Record<Kind, Matrix>>,
    );
    forEachChunk({ passes, buffers }, x, false, (start, rows) => {
      layers.forEach((layer, index) => {
        for (const kind of kinds) {
          const { columns, data } = layer[kind]!;
          data.set(state.floats(buffers[kind](index), rows * columns), start * columns);
        }
      });
    });
    return layers;
  } finally {
    scratch.dispose();
  }
}

export function takeSnapshot(network: Network, options: SnapshotOptions | undefined): LayerSnapshot[] {
  const state = stateOf(network);
  const given = checkOptions("snapshot", options, ["weights", "x", "activations", "preactivations"]);
  const wantsWeights = checkBoolean("weights", given.weights ?? true);
  const wanted = {
    activations: checkBoolean("activations", given.activations ?? true),
    preactivations: checkBoolean("preactivations", given.preactivations ?? false),
  };
  const kinds = (["activations", "preactivations"] as const).filter((kind) => wanted[kind]);
  const responses = given.x === undefined ? [] : respond(state, toMatrix("x", given.x, state.spec.inputs), kinds);
  return network.layers.map((layer, index) => ({
    ...(wantsWeights && { weights: layer.getWeights() }),
    ...responses[index],
  }));
}
