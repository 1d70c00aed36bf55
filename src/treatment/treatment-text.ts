// A treatment as text.
import { countOf, formatCount, formatNumber, formatPercent } from "../text/numbers.js";
import type { TreatedUnit, Treatment, TreatmentAction } from "./types.js";
import { wrap } from "../text/wrap.js";

const MOST_LINES = 12;

const ACTIONS: Readonly<Record<TreatmentAction, string>> = {
  lifted: "lifted",
  redrawn: "redrawn",
  redrawnAndLifted: "redrawn and lifted",
  rescaled: "gamma and beta set",
  activationReplaced: "other activation",
  removed: "removed",
  folded: "removed, its constant folded into the next bias",
};

function unitLine({ layer, unit, action, activity }: TreatedUnit): string {
  const opens = activity === undefined ? "" : `; opens on ${formatPercent(activity)} of the samples`;
  return `  layer ${layer}, unit ${unit}: ${ACTIONS[action]}${opens}`;
}

type Told = Omit<Treatment, "network" | "undo">;

export function drawTreatment({ remedy, before, after, outputChange, treated, findings, besides }: Told): string {
  const head =
    `${remedy.kind}: ${countOf(treated.length, "unit")} treated; ` +
    `${formatCount(before.dead)} of ${formatCount(before.units)} hidden units dead before, ` +
    `${formatCount(after.dead)} of ${formatCount(after.units)} after; ` +
    `largest change of an output on ${countOf(before.samples, "sample")}: ` +
    (outputChange === 0 ? "none" : formatNumber(outputChange));
  const lines = treated.slice(0, MOST_LINES).map(unitLine);
  if (treated.length > MOST_LINES) lines.push(`  and ${formatCount(treated.length - MOST_LINES)} more`);
  return [
    wrap(head, 100),
    ...lines,
    ...findings.map(({ message }) => wrap(message, 100, "  ")),
    ...besides.map(({ change }) => wrap(`Besides: ${change}`, 100, "  ")),
  ].join("\n");
}
