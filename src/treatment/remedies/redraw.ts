// New incoming weights for units that are closed: recycle (ReDo, Sokar et al. 2023, without its two faults: the layer's
// mean has an epsilon, so that a layer that is silent as a whole is reset too, and moments are cleared) and
// reinitialize.
//
// Batch normalization outside of training goes by running statistics: those of a unit that is drawn are measured on the
// rows. Where each row is normalized over the layer's units, new weights of one would change all others, and outputs:
// recycle leaves the weights there and sets gamma and beta alone, reinitialize draws, and runs the whole layer again.
import { finding, nothing, type RemedyResult, type WorkingCopy } from "./working-copy.js";
import { countOf } from "../../text/numbers.js";
import { liftUnits } from "./lift-bias.js";
import { DEFAULT_ACTIVITY, type ResolvedRemedy } from "./remedy.js";
import { chosenAmong, noneOf } from "./selection.js";
import type { TreatedUnit, TreatmentFinding } from "../types.js";
import { clearMoments, redrawIncoming, resetNormalization, setRunning, zeroOutgoing } from "./unit-parameters.js";
import { deadAmong, treatFrontToBack, withAgain } from "./front-to-back.js";
import type { LayerSweep } from "../../inspect/layer-sweep.js";
import type { UnitStatistics } from "../../inspect/statistics.js";
import { hasShift, isNormalizedByRows, isPassedBy } from "../../network/spec.js";
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

async function measureRunning(state: NetworkState, sweep: LayerSweep, units: readonly number[]): Promise<void> {
  const { layer } = sweep;
  if (state.spec.layers[layer].normalization?.kind !== "batch") return;
  const { statistics } = await sweep.products(units, false, false);
  state.edit(() => setRunning(state.layer(layer), units, statistics));
}

/**
 * Draws units of the layer that a sweep has come to until none of them is dead, or so many times. Their columns are run
 * each time; those of the whole layer where it is normalized row by row.
 */
async function drawUntilOpen(
  state: NetworkState,
  sweep: LayerSweep,
  before: readonly UnitStatistics[],
  units: readonly number[],
  draw: (unit: number) => void,
  draws = DRAWS,
): Promise<Drawn> {
  const layer = state.spec.layers[sweep.layer];
  let statistics: readonly UnitStatistics[] = before;
  let closed: number[] = [...units];
  for (let turn = 0; turn < draws && closed.length > 0; turn++) {
    state.edit(() => closed.forEach(draw));
    await measureRunning(state, sweep, closed);
    statistics = isNormalizedByRows(layer)
      ? await sweep.run()
      : withAgain(statistics, closed, await sweep.again(closed));
    const dead = new Set(deadAmong(layer.activation, statistics));
    closed = closed.filter((unit) => dead.has(unit));
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
    const isTogether = isNormalizedByRows(state.spec.layers[layer]);
    const redraw = (unit: number) =>
      isTogether ? resetNormalization(state.layer(layer), unit) : redrawIncoming(state, layer, unit);
    const draws = isTogether ? 1 : DRAWS;
    const { statistics, closed } = await drawUntilOpen(state, sweep, before, units, redraw, draws);
    const isClosed = new Set(hasShift(state.spec.layers[layer]) ? closed : []);
    const drawnAction = (unit: number) => (isClosed.has(unit) ? "redrawnAndLifted" : "redrawn");
    const actionOf = (unit: number) => (isTogether ? "rescaled" : drawnAction(unit));
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
