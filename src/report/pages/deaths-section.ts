// The deaths of a training: of what, when, and each by its figures.
import { type Block, text } from "../blocks.js";
import type { PageSection } from "../page.js";
import {
  causeRows,
  type DeathColumn,
  deathColumns,
  describeDeaths,
  describeRate,
  describeRevived,
  explain,
} from "../deaths-text.js";
import type { Cause, Death, Fall } from "../../diagnosis/trace/types.js";
import { countOf, formatCount, formatSigned } from "../../text/numbers.js";

const MOST_ROWS = 300;
const MOST_EXPLANATIONS = 8;

/** A part of the change of the mean preactivation; "" where it is not known. */
const partOf =
  (part: keyof Fall) =>
  ({ change: { [part]: value = Number.NaN } }: Death): string =>
    Number.isNaN(value) ? "" : formatSigned(value, 2);

const PARTS: readonly DeathColumn[] = [
  { title: "by weights", show: partOf("weights") },
  { title: "by bias", show: partOf("bias") },
  { title: "by inputs", show: partOf("inputs") },
];
const STATISTICS: DeathColumn = { title: "by statistics", show: partOf("statistics") };

function deathTable(deaths: readonly Death[]): Block {
  const shown = deaths.slice(0, MOST_ROWS);
  const hasStatistics = shown.some(({ change }) => change.statistics !== undefined);
  const columns = [...deathColumns(shown).slice(2), ...PARTS, ...(hasStatistics ? [STATISTICS] : [])];
  const caption =
    shown.length < deaths.length
      ? `The first ${formatCount(shown.length)} of ${formatCount(deaths.length)} deaths`
      : `${countOf(deaths.length, "death")}, by step`;
  return {
    kind: "table",
    summary: "Each death",
    table: {
      caption,
      header: ["unit", ...columns.map(({ title }) => title)],
      words: [columns.findIndex(({ title }) => title === "cause") + 1],
      rows: shown.map((death) => [
        `layer ${death.layer}, unit ${death.unit}`,
        ...columns.map(({ show }) => show(death)),
      ]),
    },
  };
}

const WITHOUT_STORY: ReadonlySet<Cause> = new Set(["born", "unexplained"]);

/** One of each layer and cause, in its own words. */
function explained(deaths: readonly Death[]): Block[] {
  const chosen = deaths.filter(
    ({ layer, cause }, place) =>
      !WITHOUT_STORY.has(cause) &&
      deaths.findIndex((other) => other.layer === layer && other.cause === cause) === place,
  );
  const items = chosen.slice(0, MOST_EXPLANATIONS).map((death) => ({
    label: death.cause,
    heading: `layer ${death.layer}, unit ${death.unit}, step ${formatCount(death.step)}`,
    texts: [explain(death)],
  }));
  return items.length === 0 ? [] : [{ kind: "items", items }];
}

/** @param revived how many units seemed to have died, and fired again */
export function deathsSection(deaths: readonly Death[], revived: number, { prefix = "", of = "" } = {}): PageSection {
  const heading = of === "" ? "Deaths" : `${of}deaths`;
  const words = describeDeaths(deaths).replace(/:$/, ".");
  const back = describeRevived(revived).map(text);
  if (deaths.length === 0) return { id: `${prefix}deaths`, heading, content: [text(words), ...back] };
  return {
    id: `${prefix}deaths`,
    heading,
    badge: countOf(deaths.length, "death"),
    content: [
      text(words),
      {
        kind: "table",
        table: {
          caption: "What they died of",
          header: ["cause", "units", "what it means"],
          rows: causeRows(deaths),
          words: [2],
        },
      },
      ...describeRate(deaths).map(text),
      ...back,
      ...explained(deaths),
      deathTable(deaths),
    ],
  };
}

/** How many died in each epoch, for the course of the training; those that were silent from the start are in none. */
export function deathsByEpoch(deaths: readonly Death[]): (readonly [epoch: number, count: number])[] {
  const counts = new Map<number, number>();
  for (const { epoch } of deaths) if (epoch > 0) counts.set(epoch, (counts.get(epoch) ?? 0) + 1);
  return [...counts].sort(([a], [b]) => a - b);
}
