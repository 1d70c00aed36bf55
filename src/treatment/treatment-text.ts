// A treatment as text.
import { countUnits } from "./remedies/working-copy.js";
import type { TreatedUnit, Treatment, TreatmentAction } from "./types.js";
import { wrap } from "../text/wrap.js";

const MOST_LINES = 12;

const ACTIONS: Readonly<Record<TreatmentAction, string>> = {
  lifted: "bias set",
  redrawn: "drawn anew",
  redrawnAndLifted: "drawn anew, bias set",
  activationReplaced: "other activation",
  removed: "taken out",
  folded: "taken out, its constant folded into the next bias",
};

function unitLine({ layer, unit, action, activity }: TreatedUnit): string {
  const opens = activity === undefined ? "" : `; opens on ${(100 * activity).toPrecision(3)} % of the samples`;
  return `  layer ${layer}, unit ${unit}: ${ACTIONS[action]}${opens}`;
}

export function drawTreatment({ remedy, before, after, outputChange, treated, findings }: Treatment): string {
  const head =
    `${remedy.kind}: ${countUnits(treated.length)} treated; ${before.dead} of ${before.units} hidden units dead before, ${after.dead} of ${after.units} after; ` +
    `largest change of an output on ${before.samples} samples: ${outputChange === 0 ? "none" : outputChange.toPrecision(3)}`;
  const lines = treated.slice(0, MOST_LINES).map(unitLine);
  if (treated.length > MOST_LINES) lines.push(`  and ${treated.length - MOST_LINES} more`);
  return [wrap(head, 100), ...lines, ...findings.map(({ message }) => wrap(message, 100, "  "))].join("\n");
}
