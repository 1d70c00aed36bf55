// Deaths as a terminal shows them: how many of what cause, who and when, and what rate each would have lived through.
import { capital } from "../text/capital.js";
import { formatCount, formatPercent, formatRange, formatRate, formatSigned, plural } from "../text/numbers.js";
import { wrap } from "../text/wrap.js";
import { alignColumns } from "../text/columns.js";
import type { Cause, Death } from "../diagnosis/trace/types.js";

const WIDTH = 80;
const MOST_ROWS = 12;
const MOST_EXPLANATIONS = 3;

/** In the order of the summary. */
const CAUSES: Record<Cause, string> = {
  learningRate: "the plain gradient step closed it",
  momentum: "without momentum that update would not have closed it",
  weightDecay: "without weight decay that update would not have closed it",
  upstream: "its inputs fell, more than its own weights",
  drift: "many small steps, none of them lethal by itself",
  born: "silent from the start",
  unknown: "the update could not be replayed",
  unexplained: "of many at once the most telling are explained",
};
/** Of updates that took most of a unit's rows and left it some. */
const MOSTLY: Partial<Record<Cause, string>> = {
  learningRate: "the plain gradient step took most of its rows, or all",
  momentum: "without momentum that update would not have taken most of its rows",
  weightDecay: "without weight decay that update would not have taken most of its rows",
};
export const CAUSE_NAMES = Object.keys(CAUSES) as Cause[];

/** In its blow, or where there is none in the last update. */
const rateOf = ({ blow, survivesAt }: Death) => (blow ? blow.survivesAt : survivesAt);

function ratesOf(deaths: readonly Death[]): number[] {
  return deaths.flatMap((death) => rateOf(death) ?? []);
}

/** The blow came before the last straw. */
const wasHitBefore = ({ blow, step }: Death) => blow !== undefined && blow.step !== step;

function ends(values: readonly number[], format: (value: number) => string): string {
  if (values.length === 0) return "-";
  return formatRange(
    values.reduce((a, b) => Math.min(a, b)),
    values.reduce((a, b) => Math.max(a, b)),
    format,
  );
}

const arrow = (before: number, after: number): string => `${formatSigned(before, 2)} → ${formatSigned(after, 2)}`;

/** A row a cause: its name, how many units died of it, what it means. */
export function causeRows(deaths: readonly Death[]): string[][] {
  return CAUSE_NAMES.flatMap((cause) => {
    const those = deaths.filter((death) => death.cause === cause);
    const text = (those.some(wasHitBefore) && MOSTLY[cause]) || CAUSES[cause];
    return those.length === 0 ? [] : [[cause, formatCount(those.length), text]];
  });
}

function drawSummary(deaths: readonly Death[]): string[] {
  return alignColumns(
    causeRows(deaths).map(([cause, ...cells]) => [`  ${cause}`, ...cells]),
    [1],
  );
}

/** The rate at which every death whose rate is known would have been survived, one update by itself. */
export function describeRate(deaths: readonly Death[]): string[] {
  const rates = ratesOf(deaths).filter((rate) => rate > 0);
  if (rates.length === 0) return [];
  const lowest = formatRate(rates.reduce((a, b) => Math.min(a, b)));
  const who =
    rates.length === 1
      ? "One of them would have lived through its lethal update"
      : `${formatCount(rates.length)} of them would have lived through their lethal updates, each by itself,`;
  return [`${who} at a rate of ${lowest}.`];
}

export interface DeathColumn {
  readonly title: string;
  readonly isRight?: boolean;
  show(death: Death): string;
}

const COLUMNS: readonly DeathColumn[] = [
  { title: "layer", isRight: true, show: ({ layer }) => String(layer) },
  { title: "unit", isRight: true, show: ({ unit }) => String(unit) },
  { title: "step", isRight: true, show: ({ step }) => formatCount(step) },
  { title: "epoch", isRight: true, show: ({ epoch }) => formatCount(epoch) },
  { title: "cause", show: ({ cause }) => cause },
  {
    title: "lives at",
    isRight: true,
    show: (death) => {
      const rate = rateOf(death);
      return rate === undefined ? "-" : formatRate(rate);
    },
  },
  { title: "highest z", show: ({ before, after }) => arrow(before.max, after.max) },
  { title: "mean z", show: ({ before, after }) => arrow(before.mean, after.mean) },
];
/** Where a blow came before the last straw: when, and what it took. */
const BLOW_COLUMNS: readonly DeathColumn[] = [
  { title: "blow", isRight: true, show: ({ blow }) => (blow ? formatCount(blow.step) : "-") },
  {
    title: "open",
    isRight: true,
    show: ({ blow }) => (blow ? `${formatPercent(blow.openBefore)} → ${formatPercent(blow.openAfter)}` : "-"),
  },
];

const RATE_AT = COLUMNS.findIndex(({ title }) => title === "lives at");

/** All of them; those of blows where some came before the last straw. */
export function deathColumns(deaths: readonly Death[]): readonly DeathColumn[] {
  return deaths.some(wasHitBefore)
    ? [...COLUMNS.slice(0, RATE_AT), ...BLOW_COLUMNS, ...COLUMNS.slice(RATE_AT)]
    : COLUMNS;
}

/** Long figures cost the last columns their place. */
function drawEach(deaths: readonly Death[]): string[] {
  const hasBlows = deaths.some(wasHitBefore);
  const columns = deathColumns(deaths).slice(0, hasBlows ? RATE_AT + BLOW_COLUMNS.length + 1 : COLUMNS.length);
  for (;;) {
    const rows = [columns.map(({ title }) => title), ...deaths.map((death) => columns.map(({ show }) => show(death)))];
    const lines = alignColumns(
      rows,
      [...columns.keys()].filter((i) => columns[i].isRight),
    );
    if (lines.every(({ length }) => length <= WIDTH) || columns.length <= RATE_AT) return lines;
    columns.pop();
  }
}

function drawGroups(deaths: readonly Death[]): string[] {
  const layers = [...new Set(deaths.map(({ layer }) => layer))].sort((a, b) => a - b);
  const groups = layers.flatMap((layer) =>
    CAUSE_NAMES.map((cause) => deaths.filter((death) => death.layer === layer && death.cause === cause)),
  );
  const rows = groups
    .filter(({ length }) => length > 0)
    .map((group) => [
      String(group[0].layer),
      formatCount(group.length),
      group[0].cause,
      ends(
        group.map(({ step }) => step),
        formatCount,
      ),
      ends(
        group.map(({ epoch }) => epoch),
        formatCount,
      ),
      ends(ratesOf(group), formatRate),
    ]);
  return alignColumns([["layer", "units", "cause", "steps", "epochs", "lives at"], ...rows], [0, 1, 3, 4, 5]);
}

/** In its own words, as a sentence. */
export function explain({ explanation }: Death): string {
  return `${capital(explanation)}.`;
}

/** The first death of each cause. */
function drawExplanations(deaths: readonly Death[]): string[] {
  const first = CAUSE_NAMES.flatMap(
    (cause) => deaths.find((death) => death.cause === cause && cause !== "born") ?? [],
  ).slice(0, MOST_EXPLANATIONS);
  return first.map((death) => wrap(explain(death), WIDTH, "  "));
}

export function describeRevived(revived: number): string[] {
  if (revived === 0) return [];
  const who = revived === 1 ? "One hidden unit was" : `${formatCount(revived)} times a hidden unit was`;
  return [`${who} silent for a while and fired again.`];
}

/** How many died; ends where the causes are to follow. */
export function describeDeaths(deaths: readonly Death[]): string {
  if (deaths.length === 0) return "No hidden unit was seen to die while it trained.";
  const count = deaths.length === 1 ? "One hidden unit" : `${formatCount(deaths.length)} hidden units`;
  const born = deaths.filter(({ cause }) => cause === "born").length;
  const open = deaths.filter(({ cause }) => cause === "unexplained").length;
  if (open > 0) return `${count} died and stayed dead; ${formatCount(deaths.length - open)} of them are explained:`;
  if (born === 0) return `${count} died and stayed dead:`;
  if (born < deaths.length) return `${count} died, or were born dead:`;
  return `${count} ${plural(born, "was", "were")} born dead:`;
}

/**
 * The deaths of one training as lines of at most 80 columns: all of them, or, where they are many, by layer and cause.
 * "lives at" is the highest rate at which the update that took most of its rows would have spared the unit, in that one
 * update; "blow" is that update, where it came before the one that closed the unit.
 * @param revived how many units seemed to have died, and fired again
 */
export function drawDeaths(deaths: readonly Death[], revived = 0): string[] {
  const back = describeRevived(revived);
  if (deaths.length === 0) return [describeDeaths(deaths), ...back];
  const table = deaths.length > MOST_ROWS ? drawGroups(deaths) : drawEach(deaths);
  const explanations = drawExplanations(deaths);
  return [
    describeDeaths(deaths),
    ...drawSummary(deaths),
    ...describeRate(deaths).map((line) => wrap(line)),
    ...back,
    "",
    ...table,
    ...(explanations.length > 0 ? ["", ...explanations] : []),
  ].flatMap((text) => text.split("\n"));
}
