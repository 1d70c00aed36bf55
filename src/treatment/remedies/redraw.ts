// New incoming weights for units that are closed: recycle (ReDo, Sokar et al. 2023, without its two faults: the layer's mean has an
// epsilon, so that a layer that is silent as a whole is reset too, and moments are cleared) and reinitialize.
import { type Course, countUnits, finding, nothing, type Outcome } from "./working-copy.js";
import { liftUnits } from "./lift-bias.js";
import { DEFAULT_ACTIVITY } from "./remedy.js";
import type { TreatedUnit, TreatmentFinding } from "../types.js";
import { clearMoments, redrawIncoming, zeroOutgoing } from "./unit-parameters.js";
import { View } from "./view.js";
import type { KernelInitializer } from "../../network/spec.js";

const EPSILON = 1e-9;
/** A unit that is drawn anew may be closed on x again: it is drawn so many times at most. */
const DRAWS = 5;

/** Units whose mean |activation| is at most tau of the layer's. */
function dormantUnits(view: View, layer: number, tau: number): number[] {
  const totals = view.totals(layer);
  const mean = totals.reduce((sum, { meanActivation }) => sum + meanActivation, 0) / totals.length;
  return totals.flatMap(({ meanActivation }, unit) => (meanActivation / (mean + EPSILON) <= tau ? [unit] : []));
}

/** Draws until none of them is dead, or DRAWS times; returns those that are still dead. */
function drawUntilOpen(view: View, layer: number, units: readonly number[], draw: (unit: number) => void): number[] {
  let closed = [...units];
  for (let turn = 0; turn < DRAWS && closed.length > 0; turn++) {
    closed.forEach(draw);
    const dead = new Set(view.dead(layer));
    closed = closed.filter((unit) => dead.has(unit));
  }
  return closed;
}

export function recycle(course: Course, tau: number): Outcome {
  const view = new View(course, course.copy());
  const { state } = view;
  const treated: TreatedUnit[] = [];
  const findings: TreatmentFinding[] = [];
  for (let layer = 0; layer < state.spec.layers.length - 1; layer++) {
    const units = dormantUnits(view, layer, tau);
    for (const unit of units) {
      zeroOutgoing(state, layer, unit);
      clearMoments(state, layer, unit);
    }
    const closed = drawUntilOpen(view, layer, units, (unit) => redrawIncoming(state, layer, unit));
    if (closed.length > 0) findings.push(...liftUnits(view, layer, closed, DEFAULT_ACTIVITY, []));
    treated.push(
      ...units.map((unit): TreatedUnit => ({
        layer,
        unit,
        action: closed.includes(unit) ? "redrawnAndLifted" : "redrawn",
      })),
    );
  }
  if (treated.length === 0) return nothing(`no hidden unit is dormant on these samples (tau ${tau})`);
  findings.push(
    finding(
      "onTheseSamples",
      `${countUnits(treated.length)} dormant on these ${view.rows} samples; on others they may have mattered`,
    ),
  );
  return { state, treated, findings };
}

export function reinitialize(course: Course, initializer: KernelInitializer | undefined): Outcome {
  if (course.before.dead === 0) return nothing("no hidden unit is dead on these samples");
  const view = new View(course, course.copy());
  const { state } = view;
  const treated: TreatedUnit[] = [];
  for (let layer = 0; layer < state.spec.layers.length - 1; layer++) {
    const { biasInitializer } = state.spec.layers[layer];
    const units = view.dead(layer);
    drawUntilOpen(view, layer, units, (unit) => {
      redrawIncoming(state, layer, unit, initializer);
      state.allParameters()[state.layout.layers[layer].bias / 4 + unit] += biasInitializer;
    });
    for (const unit of units) clearMoments(state, layer, unit);
    treated.push(...units.map((unit): TreatedUnit => ({ layer, unit, action: "redrawn" })));
  }
  return { state, treated, findings: [] };
}
