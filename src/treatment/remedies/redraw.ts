// New incoming weights for units that are closed: recycle (ReDo, Sokar et al. 2023, without its two faults: the layer's
// mean has an epsilon, so that a layer that is silent as a whole is reset too, and moments are cleared) and
// reinitialize.
import { finding, nothing, type RemedyResult, type WorkingCopy } from "./working-copy.js";
import { countOf } from "../../text/numbers.js";
import { liftUnits } from "./lift-bias.js";
import { DEFAULT_ACTIVITY, type ResolvedRemedy } from "./remedy.js";
import { chosenAmong, noneOf } from "./selection.js";
import type { TreatedUnit, TreatmentFinding } from "../types.js";
import { clearMoments, redrawIncoming, zeroOutgoing } from "./unit-parameters.js";
import { deadAmong, treatFrontToBack, withAgain } from "./front-to-back.js";
import type { LayerSweep } from "../../inspect/layer-sweep.js";
import type { UnitStatistics } from "../../inspect/statistics.js";
import { isPassedBy } from "../../network/spec.js";
import type { NetworkState } from "../../network/state/state.js";
import { constantBias } from "../../network/initializer-spec.js";

const EPSILON = 1e-9;
/** A unit that is redrawn may be closed on x again: it is redrawn so many times at most. */
const DRAWS = 5;

/** Units whose mean |activation| is at most dormantBelow of the layer's. */
function dormantAmong(statistics: readonly UnitStatistics[], dormantBelow: number): number[] {
  const mean = statistics.reduce((sum, { meanActivation }) => sum + meanActivation, 0) / statistics.length;
  return statistics.flatMap(({ meanActivation }, unit) =>
    meanActivation / (mean + EPSILON) <= dormantBelow ? [unit] : [],
  );
}

/** What came of units that were drawn. */
interface Drawn {
  /** Of the whole layer. */
  readonly statistics: readonly UnitStatistics[];
  /** Units that are still dead. */
  readonly closed: readonly number[];
}

/**
 * Draws units of the layer that a sweep has come to until none of them is dead, or DRAWS times. Their columns are run
 * each time.
 */
async function drawUntilOpen(
  state: NetworkState,
  sweep: LayerSweep,
  before: readonly UnitStatistics[],
  units: readonly number[],
  draw: (unit: number) => void,
): Promise<Drawn> {
  const { activation } = state.spec.layers[sweep.layer];
  let statistics = before;
  let closed = [...units];
  for (let turn = 0; turn < DRAWS && closed.length > 0; turn++) {
    state.edit(() => closed.forEach(draw));
    const again = await sweep.again(closed);
    statistics = withAgain(statistics, closed, again);
    const drawn = closed;
    closed = deadAmong(activation, again).map((index) => drawn[index]);
  }
  return { statistics, closed };
}

/**
 * Beside one pass over x, one of the drawn units' columns for each time that they are drawn, and two of those of units
 * that stay closed.
 */
export async function recycle(
  copy: WorkingCopy,
  { dormantBelow, units: chosen }: Omit<ResolvedRemedy & { kind: "recycle" }, "kind">,
): Promise<RemedyResult> {
  const none = () => nothing(`${noneOf(chosen)} is dormant on these samples (dormantBelow ${dormantBelow})`);
  const treatedAmong = (statistics: readonly UnitStatistics[], layer: number) =>
    isPassedBy(copy.original.spec, layer) ? [] : chosenAmong(dormantAmong(statistics, dormantBelow), layer, chosen);
  // without a unit to treat in the first such layer, and so on, all layers do what they did
  if (copy.statistics.slice(0, -1).every((units, layer) => treatedAmong(units, layer).length === 0)) return none();
  const state = copy.copy();
  const treated: TreatedUnit[] = [];
  const findings: TreatmentFinding[] = [];
  const seen = await treatFrontToBack(copy, state, async (sweep, layer) => {
    const before = await sweep.run();
    const units = treatedAmong(before, layer);
    state.edit(() => {
      for (const unit of units) {
        zeroOutgoing(state, layer, unit);
        clearMoments(state, layer, unit);
      }
    });
    const redraw = (unit: number) => redrawIncoming(state, layer, unit);
    const { statistics, closed } = await drawUntilOpen(state, sweep, before, units, redraw);
    const canLift = state.spec.layers[layer].useBias !== false;
    const isClosed = new Set(canLift ? closed : []);
    const actionOf = (unit: number) => (isClosed.has(unit) ? "redrawnAndLifted" : "redrawn");
    treated.push(...units.map((unit): TreatedUnit => ({ layer, unit, action: actionOf(unit) })));
    if (isClosed.size === 0) return statistics;
    const lift = { layer, units: closed, activity: DEFAULT_ACTIVITY, spared: [], naming: copy.naming };
    const lifted = await liftUnits(state, sweep, lift);
    findings.push(...lifted.findings);
    return withAgain(statistics, closed, lifted.statistics);
  });
  const count = countOf(treated.length, "unit");
  const message = `${count} dormant on these ${copy.x.rows} samples; on others they may have mattered`;
  findings.push(finding("onTheseSamples", message));
  return { state, seen, treated, findings };
}

/** Beside one pass over x, one of the drawn units' columns for each time that they are drawn. */
export async function reinitialize(
  copy: WorkingCopy,
  { kernelInitializer: initializer, units: chosen }: Omit<ResolvedRemedy & { kind: "reinitialize" }, "kind">,
): Promise<RemedyResult> {
  const dead = copy.deadUnits().flatMap((units, layer) => chosenAmong(units, layer, chosen));
  if (dead.length === 0) return nothing(`${noneOf(chosen)} is dead on these samples`);
  const state = copy.copy();
  const treated: TreatedUnit[] = [];
  const seen = await treatFrontToBack(copy, state, async (sweep, layer) => {
    const { activation, biasInitializer } = state.spec.layers[layer];
    const before = await sweep.run();
    const units = chosenAmong(deadAmong(activation, before), layer, chosen);
    const { statistics } = await drawUntilOpen(state, sweep, before, units, (unit) => {
      redrawIncoming(state, layer, unit, initializer);
      state.layer(layer).bias[unit] += constantBias(biasInitializer);
    });
    state.edit(() => {
      for (const unit of units) clearMoments(state, layer, unit);
    });
    treated.push(...units.map((unit): TreatedUnit => ({ layer, unit, action: "redrawn" })));
    return statistics;
  });
  return { state, seen, treated, findings: [] };
}
