// Rows on which every unit of a layer is closed: no gradient gets below the layer there, and the output is one
// constant. The dual of dead units, and cured by biases too: each such row opens the unit that is nearest to it.
//
// A dead unit among the layer's takes it on, if there is one, with outgoing weights of 0, so that every output stays as
// it is; else a living unit is lifted, by as little as opens the rows, and outputs change where it opens further.
// Layers without biases are left as they are; of a normalized layer it is beta that is raised.
import { finding, nothing, type RemedyResult, type WorkingCopy } from "./working-copy.js";
import { clearMoments, zeroOutgoing } from "./unit-parameters.js";
import { countOf, formatCount } from "../../text/numbers.js";
import type { TreatedUnit } from "../types.js";
import { treatFrontToBack, withAgain } from "./front-to-back.js";
import type { LayerChunk } from "../../inspect/layer-sweep.js";
import { hasShift, isPassedBy } from "../../network/spec.js";
import type { NetworkState } from "../../network/state/state.js";
import { isRectifier } from "../../activations/activations.js";

/** How far above 0 the farthest of the rows comes: of the lift, and at least. */
const MARGIN = { share: 1 / 8, least: 0.01 };

/** Finds, beside a pass over a layer, what its biases lack for the rows on which every unit is closed. */
class Lifts {
  /** By unit, what its bias lacks for the farthest of the rows that it is to open. */
  readonly byUnit = new Map<number, number>();
  /** How many rows are closed. */
  rows = 0;

  /** @param candidates of which the nearest takes a row on */
  constructor(
    private readonly width: number,
    private readonly candidates: readonly number[],
  ) {}

  readonly visit = ({ rows, preactivations: z }: LayerChunk): void => {
    const { width, byUnit, candidates } = this;
    for (let row = 0; row < rows; row++) {
      const own = z.subarray(row * width, (row + 1) * width);
      if (!own.every((value) => value <= 0)) continue;
      this.rows++;
      const nearest = candidates.reduce((best, unit) => (own[unit] > own[best] ? unit : best));
      byUnit.set(nearest, Math.max(byUnit.get(nearest) ?? 0, -own[nearest]));
    }
  };
}

/** @param silences whether the units' outgoing weights become 0 */
function lift(state: NetworkState, layer: number, lifts: ReadonlyMap<number, number>, silences: boolean): void {
  state.edit(() => {
    for (const [unit, lack] of lifts) {
      state.layer(layer).shift[unit] += lack + Math.max(MARGIN.least, lack * MARGIN.share);
      if (silences) zeroOutgoing(state, layer, unit);
      clearMoments(state, layer, unit);
    }
  });
}

/** Beside one pass over x, one of the lifted units' columns. */
export async function openSamples(copy: WorkingCopy): Promise<RemedyResult> {
  const state = copy.copy();
  const dead = copy.deadUnits();
  const treated: TreatedUnit[] = [];
  const told: string[] = [];
  let isLivingLifted = false;
  const seen = await treatFrontToBack(copy, state, async (sweep, layer) => {
    const { activation, units, residual } = state.spec.layers[layer];
    // closed rows stay a finding there
    if (!isRectifier(activation.name) || !hasShift(state.spec.layers[layer]) || residual) return sweep.run();
    const free = dead[layer].length > 0 && !isPassedBy(state.spec, layer);
    const lifts = new Lifts(units, free ? dead[layer] : Array.from({ length: units }, (_, unit) => unit));
    const statistics = await sweep.run(lifts.visit);
    if (lifts.rows === 0) return statistics;
    lift(state, layer, lifts.byUnit, free);
    isLivingLifted ||= !free;
    const lifted = [...lifts.byUnit.keys()].sort((a, b) => a - b);
    treated.push(...lifted.map((unit): TreatedUnit => ({ layer, unit, action: "lifted" })));
    told.push(
      `${formatCount(lifts.rows)} of ${countOf(copy.x.rows, "sample")} opened no unit of layer ${copy.naming.layer(layer)}`,
    );
    return withAgain(statistics, lifted, await sweep.again(lifted));
  });
  if (treated.length === 0) {
    const has = !state.spec.layers.every(hasShift) ? " that has biases" : "";
    return nothing(`every sample opens a unit of each layer${has}`);
  }
  const message = `${told.join("; ")}: each opens the nearest ${isLivingLifted ? "unit" : "dead unit"} now`;
  return {
    state,
    seen,
    treated,
    findings: [
      finding("onTheseSamples", message),
      ...(isLivingLifted ? [finding("livingUnitsToo", "units that were open elsewhere open further")] : []),
    ],
  };
}
