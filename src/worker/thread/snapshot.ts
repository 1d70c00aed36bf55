// One look at a network, for a page that draws it: weights, and what each layer makes of given inputs. It has buffers
// of its own, so that a fit that is under way finds its own as they were.
import type { LayerSnapshot, SnapshotOptions } from "../types.js";
import { checkBoolean, checkOptions } from "../../core/checks.js";
import { type Matrix, toMatrix } from "../../core/matrix.js";
import { withInspector } from "../../inspect/inspector.js";
import type { Network } from "../../network/types.js";
import { type NetworkState, stateOf } from "../../network/state/state.js";

type Kind = "activations" | "preactivations";

function respond(state: NetworkState, x: Matrix, kinds: readonly Kind[]): Partial<Record<Kind, Matrix>>[] {
  const layers = state.spec.layers.map(
    ({ units }) =>
      Object.fromEntries(
        kinds.map((kind) => [kind, { rows: x.rows, columns: units, data: new Float32Array(x.rows * units) }]),
      ) as Partial<Record<Kind, Matrix>>,
  );
  withInspector(state, (inspector) =>
    inspector.run(x, {}, (chunk) => {
      layers.forEach((layer, index) => {
        for (const kind of kinds) layer[kind]!.data.set(chunk[kind](index), chunk.start * layer[kind]!.columns);
      });
    }),
  );
  return layers;
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
