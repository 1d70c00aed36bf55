// New incoming weights for units that are closed: recycle (ReDo, Sokar et al. 2023, without its two faults: the layer's
// mean has an epsilon, so that a layer that is silent as a whole is reset too, and moments are cleared) and
// reinitialize.
import { finding, nothing, type RemedyResult, type WorkingCopy } from "./working-copy.js";
import { countOf } from "../../text/numbers.js";
import { liftUnits } from "./lift-bias.js";
import { DEFAULT_ACTIVITY } from "./remedy.js";
import type { TreatedUnit, TreatmentFinding } from "../types.js";
import { clearMoments, redrawIncoming, zeroOutgoing } from "./unit-parameters.js";
import type { Matrix } from "../../core/matrix.js";
import { deadUnits, layerStatistics } from "../../inspect/dead-units.js";
import type { Inspector } from "../../inspect/inspector.js";
import { constantBias, type KernelInitializer } from "../../network/initializer-spec.js";

const EPSILON = 1e-9;
/** A unit that is redrawn may be closed on x again: it is redrawn so many times at most. */
const DRAWS = 5;

/** Units whose mean |activation| is at most dormantBelow of the layer's. */
function dormantUnits(inspector: Inspector, x: Matrix, layer: number, dormantBelow: number): number[] {
  const statistics = layerStatistics(inspector, x, layer);
  const mean = statistics.reduce((sum, { meanActivation }) => sum + meanActivation, 0) / statistics.length;
  return statistics.flatMap(({ meanActivation }, unit) =>
    meanActivation / (mean + EPSILON) <= dormantBelow ? [unit] : [],
  );
}

/**
 * Draws until none of them is dead, or DRAWS times; returns those that are still dead. A pass up to the layer each
 * time.
 */
function drawUntilOpen(
  inspector: Inspector,
  x: Matrix,
  layer: number,
  units: readonly number[],
  draw: (unit: number) => void,
): number[] {
  let closed = [...units];
  for (let turn = 0; turn < DRAWS && closed.length > 0; turn++) {
    closed.forEach(draw);
    const dead = new Set(deadUnits(inspector, x, layer));
    closed = closed.filter((unit) => dead.has(unit));
  }
  return closed;
}

/**
 * Passes over x, each up to a layer: one a layer, one for each time that units of it are drawn, one to lift what stays
 * closed.
 */
export function recycle(copy: WorkingCopy, dormantBelow: number): RemedyResult {
  const { x } = copy;
  const state = copy.copy();
  const inspector = copy.inspect(state);
  const treated: TreatedUnit[] = [];
  const findings: TreatmentFinding[] = [];
  for (let layer = 0; layer < state.spec.layers.length - 1; layer++) {
    const units = dormantUnits(inspector, x, layer, dormantBelow);
    const closed = state.edit(() => {
      for (const unit of units) {
        zeroOutgoing(state, layer, unit);
        clearMoments(state, layer, unit);
      }
      return drawUntilOpen(inspector, x, layer, units, (unit) => redrawIncoming(state, layer, unit));
    });
    if (closed.length > 0) {
      const lift = { layer, units: closed, activity: DEFAULT_ACTIVITY, spared: [], naming: copy.naming };
      findings.push(...liftUnits(inspector, x, lift));
    }
    const actionOf = (unit: number) => (closed.includes(unit) ? "redrawnAndLifted" : "redrawn");
    treated.push(...units.map((unit): TreatedUnit => ({ layer, unit, action: actionOf(unit) })));
  }
  if (treated.length === 0) return nothing(`no hidden unit is dormant on these samples (dormantBelow ${dormantBelow})`);
  const count = countOf(treated.length, "unit");
  const message = `${count} dormant on these ${x.rows} samples; on others they may have mattered`;
  findings.push(finding("onTheseSamples", message));
  return { state, treated, findings };
}

/** Passes over x, each up to a layer: one a layer, and one for each time that units of it are drawn. */
export function reinitialize(copy: WorkingCopy, initializer: KernelInitializer | undefined): RemedyResult {
  if (copy.before.dead === 0) return nothing("no hidden unit is dead on these samples");
  const { x } = copy;
  const state = copy.copy();
  const inspector = copy.inspect(state);
  const treated: TreatedUnit[] = [];
  for (let layer = 0; layer < state.spec.layers.length - 1; layer++) {
    const { biasInitializer } = state.spec.layers[layer];
    const units = deadUnits(inspector, x, layer);
    state.edit(() => {
      drawUntilOpen(inspector, x, layer, units, (unit) => {
        redrawIncoming(state, layer, unit, initializer);
        state.layer(layer).bias[unit] += constantBias(biasInitializer);
      });
      for (const unit of units) clearMoments(state, layer, unit);
    });
    treated.push(...units.map((unit): TreatedUnit => ({ layer, unit, action: "redrawn" })));
  }
  return { state, treated, findings: [] };
}
