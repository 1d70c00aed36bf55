// Raise the bias of a dead unit until a chosen share of the rows opens it, and keep every output as it is.
//
// The unit opens where z without its bias, s, is above -bias: a sum of two floats rounds to 0 only if it is 0. So the
// bias comes from the order statistics of s. Outgoing weights become 0, which a dead unit allows: 0 times anything was
// 0. The weights to units that are dead themselves may stay, since these are lifted too and their own outgoing weights
// shield what lies above; so units behind a layer that is silent as a whole get a signal again.
import { finding, nothing, type RemedyResult, type WorkingCopy } from "./working-copy.js";
import { countOf } from "../../text/numbers.js";
import type { Naming } from "../../text/naming.js";
import type { TreatedUnit, TreatmentFinding } from "../types.js";
import { clearMoments } from "./unit-parameters.js";
import { rowsForShare, thresholdForCount } from "../thresholds.js";
import type { Matrix } from "../../core/matrix.js";
import { forEachColumn } from "../../inspect/columns.js";
import type { Inspector } from "../../inspect/inspector.js";

/** Units of one layer to lift. */
export interface Lift {
  readonly layer: number;
  readonly units: readonly number[];
  /** Share of the rows. */
  readonly activity: number;
  /** Units of the layer above that weights may still lead to. */
  readonly spared: readonly number[];
  /** For messages. */
  readonly naming: Naming;
}

function shareNotReached(
  { layer, activity, naming }: Lift,
  rows: number,
  missed: readonly string[],
): TreatmentFinding[] {
  if (missed.length === 0) return [];
  const more = missed.length > 1 ? `, ${missed.length - 1} more units miss it too` : "";
  const message =
    `layer ${naming.layer(layer)}: ${missed[0]} of ${rows} samples instead of ${rowsForShare(activity, rows)}${more}; ` +
    "equal preactivations leave no other choice";
  return [finding("shareNotReached", message, layer)];
}

/** Lifts units; findings say where equal preactivations do not allow the share. One pass up to the layer. */
export function liftUnits(inspector: Inspector, x: Matrix, lift: Lift): TreatmentFinding[] {
  const { layer, units, activity, spared, naming } = lift;
  const { state } = inspector;
  const wanted = rowsForShare(activity, x.rows);
  const missed: string[] = [];
  state.edit(() => {
    for (const unit of units) state.layer(layer).bias[unit] = 0;
    forEachColumn(inspector, x, layer, units, (unit, z) => {
      const { threshold, above } = thresholdForCount(z.sort(), wanted);
      state.layer(layer).bias[unit] = -threshold;
      if (Math.abs(above - activity * x.rows) > 1) missed.push(`unit ${naming.unit(unit)} opens on ${above}`);
    });
    const isSpared = new Set(spared);
    for (const unit of units) {
      const outgoing = state.layer(layer + 1).outgoing(unit);
      for (let to = 0; to < outgoing.length; to++) if (!isSpared.has(to)) outgoing[to] = 0;
      clearMoments(state, layer, unit);
    }
  });
  return shareNotReached(lift, x.rows, missed);
}

/** Passes over x: for each layer with dead units one up to that layer. */
export function liftBias(copy: WorkingCopy, activity: number): RemedyResult {
  const { naming } = copy;
  const dead = copy.deadUnits();
  const count = dead.flat().length;
  if (count === 0) return nothing("no hidden unit is dead on these samples");
  const state = copy.copy();
  const inspector = copy.inspect(state);
  const findings = dead.flatMap((units, layer) =>
    units.length === 0
      ? []
      : liftUnits(inspector, copy.x, { layer, units, activity, spared: dead[layer + 1] ?? [], naming }),
  );
  const treated = dead.flatMap((units, layer) => units.map((unit): TreatedUnit => ({ layer, unit, action: "lifted" })));
  const message =
    `${countOf(count, "unit")} lifted by what ${copy.x.rows} samples show; ` +
    "other samples may open them more or less often";
  return { state, treated, findings: [...findings, finding("onTheseSamples", message)] };
}
