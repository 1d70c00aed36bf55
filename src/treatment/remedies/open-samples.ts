// Rows on which every unit of a layer is closed: no gradient gets below the layer there, and the output is one
// constant. The dual of dead units, and cured by biases too: each such row opens the unit that is nearest to it.
//
// A dead unit among the layer's takes it on, if there is one, with outgoing weights of 0, so that every output stays as
// it is; else a living unit is lifted, by as little as opens the rows, and outputs change where it opens further.
import { finding, nothing, type RemedyResult, type WorkingCopy } from "./working-copy.js";
import { clearMoments } from "./unit-parameters.js";
import { countOf, formatCount } from "../../text/numbers.js";
import type { TreatedUnit } from "../types.js";
import type { Matrix } from "../../core/matrix.js";
import type { Inspector } from "../../inspect/inspector.js";
import { isRectifier } from "../../activations/activations.js";

/** How far above 0 the farthest of the rows comes: of the lift, and at least. */
const MARGIN = { share: 1 / 8, least: 0.01 };

/** By unit, what its bias lacks for the farthest of the rows that it is to open; and how many rows are closed. */
function findLifts(
  inspector: Inspector,
  x: Matrix,
  layer: number,
  units: readonly number[],
): { readonly lifts: ReadonlyMap<number, number>; readonly rows: number } {
  const width = inspector.state.spec.layers[layer].units;
  const lifts = new Map<number, number>();
  let rows = 0;
  inspector.run(x, { layers: layer + 1 }, (chunk) => {
    const z = chunk.preactivations(layer);
    for (let row = 0; row < chunk.rows; row++) {
      const own = z.subarray(row * width, (row + 1) * width);
      if (!own.every((value) => value <= 0)) continue;
      rows++;
      const nearest = units.reduce((best, unit) => (own[unit] > own[best] ? unit : best));
      lifts.set(nearest, Math.max(lifts.get(nearest) ?? 0, -own[nearest]));
    }
  });
  return { lifts, rows };
}

/** Passes over x: for each layer of relus one up to that layer. */
export function openSamples(copy: WorkingCopy): RemedyResult {
  const state = copy.copy();
  const inspector = copy.inspect(state);
  const dead = copy.deadUnits();
  const treated: TreatedUnit[] = [];
  const told: string[] = [];
  let isLivingLifted = false;
  state.spec.layers.slice(0, -1).forEach(({ activation, units }, layer) => {
    if (!isRectifier(activation.name)) return;
    const free = dead[layer].length > 0;
    const candidates = free ? dead[layer] : Array.from({ length: units }, (_, unit) => unit);
    const { lifts, rows } = findLifts(inspector, copy.x, layer, candidates);
    if (rows === 0) return;
    state.edit(() => {
      for (const [unit, lift] of lifts) {
        state.layer(layer).bias[unit] += lift + Math.max(MARGIN.least, lift * MARGIN.share);
        if (free)
          state
            .layer(layer + 1)
            .outgoing(unit)
            .fill(0);
        clearMoments(state, layer, unit);
      }
    });
    isLivingLifted ||= !free;
    treated.push(
      ...[...lifts.keys()].sort((a, b) => a - b).map((unit): TreatedUnit => ({ layer, unit, action: "lifted" })),
    );
    told.push(
      `${formatCount(rows)} of ${countOf(copy.x.rows, "sample")} opened no unit of layer ${copy.naming.layer(layer)}`,
    );
  });
  if (treated.length === 0) return nothing("every sample opens a unit of each layer");
  const message = `${told.join("; ")}: each opens the nearest ${isLivingLifted ? "unit" : "dead unit"} now`;
  return {
    state,
    treated,
    findings: [
      finding("onTheseSamples", message),
      ...(isLivingLifted ? [finding("livingUnitsToo", "units that were open elsewhere open further")] : []),
    ],
  };
}
