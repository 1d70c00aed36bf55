// What `prove` found, for people: a line a layer, and what it comes to.
import type { NetworkProof, ProvedUnit } from "../diagnosis/proof/proof-types.js";
import { countOf, formatCount, formatNumber } from "../text/numbers.js";

const VERDICTS = [
  ["provenDead", "proved closed"],
  ["refuted", "opened by some input"],
  ["open", "undecided"],
] as const;

function count(units: readonly ProvedUnit[]): string {
  return VERDICTS.map(
    ([verdict, words]) => `${formatCount(units.filter(({ proof }) => proof === verdict).length)} ${words}`,
  ).join(", ");
}

/**
 * @example
 * // Layer 1: 12 dead units: 3 proved closed, 9 opened by some input, 0 undecided
 */
export function describeProof({ units, open, work, stopped }: NetworkProof): string {
  if (units.length === 0) return "No unit is dead on these rows.";
  const layers = [...new Set(units.map(({ layer }) => layer))].map((layer) => {
    const own = units.filter((each) => each.layer === layer);
    return `Layer ${layer + 1}: ${countOf(own.length, "unit")}: ${count(own)}`;
  });
  const end = { aborted: "interrupted", seconds: "the time was up" };
  const why = stopped ? `, ${end[stopped]}` : "";
  const more = open > 0 && !stopped ? "; a larger budget may decide more" : "";
  return [...layers, `${formatNumber(work, 2)} multiplications${why}${more}.`].join("\n");
}
