// The textbook's claims with what was measured -> lines for a terminal, and a page.
import { alignColumns } from "../text/columns.js";
import { wrap } from "../text/wrap.js";
import { countOf, formatNumber, formatPercent, formatRange } from "../text/numbers.js";
import { text } from "./blocks.js";
import type { Page, PageSection } from "./page.js";
import { formatWithRange, type Plot } from "./plot.js";

/** One measured number; low and high are the ends of its range over the repeats. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly low?: number;
  readonly high?: number;
  readonly unit?: string;
}

export interface ClaimRecord {
  readonly number: number;
  readonly claim: string;
  /** What was done, in a sentence or two. */
  readonly experiment: string;
  /** "holds", "holds when …" or "does not hold here". */
  readonly verdict: string;
  /** Why, with the figures. */
  readonly sentence: string;
  readonly figures: readonly Figure[];
  readonly plots: readonly Plot[];
  readonly seconds: number;
}

export interface TextbookRecord {
  readonly data: string;
  readonly seed: number;
  readonly repeats: number;
  /** Claims that were asked for. */
  readonly asked: number;
  readonly isInterrupted: boolean;
  readonly claims: readonly ClaimRecord[];
}

/**
 * What median and range say, by the number of repeats (order statistics: the range holds the median with a chance of 1
 * - 2^(1-n)).
 */
export function rangeNote(repeats: number): string {
  const confidence = 1 - 2 ** (1 - repeats);
  if (repeats === 1) return "One repeat alone: no ranges, and verdicts that chance may have made.";
  return (
    `Figures are medians over ${repeats} repeats; in brackets the lowest to the highest, ` +
    `a range that holds the true median with ${formatPercent(confidence)} confidence.`
  );
}

export function interruptionNote({ claims, asked }: Pick<TextbookRecord, "claims" | "asked">): string {
  return `Interrupted: these are the ${claims.length} of ${asked} claims that were finished.`;
}

function figureText({ value, low, high, unit }: Figure): string {
  return `${formatWithRange(value, low, high)}${unit ? ` ${unit}` : ""}`;
}

/** The figures of one claim as aligned lines. */
export function drawFigures(figures: readonly Figure[]): string[] {
  return alignColumns(
    figures.map((figure) => [`  ${figure.name}`, figureText(figure)]),
    [],
  );
}

/** A claim's paragraph: heading, verdict, reason. */
export function drawClaim(
  { number, claim, verdict, sentence }: ClaimRecord,
  paint: { heading(text: string): string; verdict(text: string): string },
): string {
  return [
    paint.heading(`${number}. ${claim}`),
    paint.verdict(wrap(verdict, 80, "   ")),
    wrap(sentence, 80, "   "),
  ].join("\n");
}

function toSection(record: ClaimRecord): PageSection {
  const { number, claim, verdict, experiment, sentence, figures, plots } = record;
  const rows = figures.map(({ name, value, low, high, unit = "" }) => [
    name,
    formatNumber(value),
    low === undefined || high === undefined ? "" : formatRange(low, high, formatNumber, " to "),
    unit,
  ]);
  return {
    id: `claim-${number}`,
    heading: `${number}. ${claim}`,
    badge: verdict,
    content: [
      text(sentence),
      text(experiment),
      { kind: "plots", plots },
      {
        kind: "table",
        summary: "All figures",
        table: { caption: `Claim ${number} in figures`, header: ["", "median", "lowest to highest", "unit"], rows },
      },
    ],
  };
}

/** The page of the claims that were finished. */
export function textbookPage(record: TextbookRecord): Page {
  const { data, seed, repeats, claims, isInterrupted } = record;
  const holds = (test: (verdict: string) => boolean): number => claims.filter(({ verdict }) => test(verdict)).length;
  const counts =
    `Holds: ${holds((verdict) => verdict === "holds")}. ` +
    `Holds under a condition: ${holds((verdict) => verdict.startsWith("holds when"))}. ` +
    `Does not hold here: ${holds((verdict) => verdict.startsWith("does not"))}.`;
  return {
    title: "What the textbook says of ReLU, measured",
    lead: [
      `${countOf(claims.length, "claim")}, each put to an experiment. ${counts} ` +
        "The verdicts are worked out from the figures, and speak for these experiments alone.",
      ...(isInterrupted ? [interruptionNote(record)] : []),
    ],
    sections: claims.map(toSection),
    foot: [
      `Data: ${data}. Seeds from ${seed} on. ${rangeNote(repeats)}`,
      "Made by relumine textbook. Times depend on the machine and on what else it does; " +
        "all other figures repeat with the same seed and build.",
    ],
  };
}
