// The trial's tables: what came of all runs, rule by rule and stream by stream.
import { markdownTable } from "../../documents.js";
import { mean, median, medianInterval } from "../../statistics.js";
import type { Job, Outcome, TaskEnd } from "./run.js";
import { PLAIN, RULES } from "./rules.js";
import { STREAMS } from "./streams.js";

export interface Run {
  readonly job: Job;
  readonly outcome: Outcome;
}

type Format = (value: number) => string;

const signOf = (value: number): string => (value < 0 ? "−" : "+");
const percent: Format = (share) => (100 * share).toFixed(0);
const points: Format = (share) => `${signOf(share)}${Math.abs(100 * share).toFixed(1)}`;
const decimal: Format = (value) => value.toFixed(1);
const signed: Format = (value) => `${signOf(value)}${Math.abs(value).toFixed(3)}`;

/** The median, with its interval where there are several values; those that are no numbers are left out. */
export function withInterval(values: readonly number[], format: Format): string {
  const known = values.filter(Number.isFinite);
  if (known.length === 0) return "";
  const { low, high } = medianInterval(known);
  return known.length === 1 ? format(known[0]!) : `${format(median(known))} (${format(low)} to ${format(high)})`;
}

const total = (runs: readonly Run[], of: (outcome: Outcome) => number): number =>
  runs.reduce((sum, { outcome }) => sum + of(outcome), 0);

/** Of the units that were followed, the share for which that is so; NaN where there are none. */
export function shareOf(runs: readonly Run[], of: "again" | "permanent" | "firing"): number {
  return total(runs, (outcome) => outcome[of]) / total(runs, ({ followed }) => followed);
}

/** Mean over the runs and their tasks. */
export function endOf(runs: readonly Run[], of: keyof TaskEnd): number {
  return mean(runs.flatMap(({ outcome }) => outcome.ends.map((end) => end[of])));
}

/** By stream, those of a rule; streams without any are left out. */
function byStream(runs: readonly Run[], rule: number): Run[][] {
  const places = [...new Set(runs.map(({ job }) => job.stream))].sort((a, b) => a - b);
  return places.map((place) => runs.filter(({ job }) => job.stream === place && job.rule === rule));
}

/** Each row: the median over the streams, each the mean of its seeds. */
export function ruleTable(runs: readonly Run[]): string {
  const heading = [
    "rule",
    "resets a task",
    "would have fired again, %",
    "fired on some row when reset, %",
    "permanently dead when reset, %",
    "permanently dead at the end, missed",
    "dead at the end",
    "accuracy beside none, points",
    "loss beside none",
  ];
  const plain = byStream(runs, 0);
  const rows = RULES.map(({ name }, rule) => {
    const streams = byStream(runs, rule);
    const tasks = streams[0]?.[0]?.outcome.ends.length ?? 1;
    const values = (of: (each: readonly Run[], place: number) => number, format: Format) =>
      withInterval(streams.map(of), format);
    const beside = (of: "loss" | "accuracy", format: Format) =>
      name === PLAIN ? "" : values((each, place) => endOf(each, of) - endOf(plain[place]!, of), format);
    return [
      name,
      name === PLAIN ? "" : values((each) => total(each, ({ resets }) => resets) / each.length / tasks, decimal),
      values((each) => shareOf(each, "again"), percent),
      values((each) => shareOf(each, "firing"), percent),
      values((each) => shareOf(each, "permanent"), percent),
      values((each) => endOf(each, "permanent"), decimal),
      values((each) => endOf(each, "dead"), decimal),
      beside("accuracy", points),
      beside("loss", signed),
    ];
  });
  return markdownTable(heading, rows);
}

/** Streams by rules, one figure each. */
export function streamTable(
  runs: readonly Run[],
  of: (runs: readonly Run[]) => number,
  format: Format,
  from = 0,
): string {
  const rules = RULES.slice(from);
  const columns = rules.map((_, i) => byStream(runs, from + i));
  const places = [...new Set(runs.map(({ job }) => job.stream))].sort((a, b) => a - b);
  const cell = (value: number) => (Number.isFinite(value) ? format(value) : "");
  return markdownTable(
    ["stream", ...rules.map(({ name }) => name)],
    places.map((place, row) => [STREAMS[place]!.name, ...columns.map((column) => cell(of(column[row]!)))]),
  );
}

/** All tables, for the document. */
export function tables(runs: readonly Run[]): string {
  const told = [
    `${runs.length} runs.`,
    `Of ${total(runs, ({ permanent }) => permanent)} followed units that were permanently dead when they were reset,`,
    `${total(runs, ({ permanentAgain }) => permanentAgain)} would have fired again.`,
    `Of ${total(runs, ({ ends }) => ends.at(-1)!.dead)} units that were dead at the end of the last task,`,
    `${total(runs, ({ proven }) => proven)} are proven dead in the box of all tasks' inputs,`,
    `${total(runs, ({ refuted }) => refuted)} are opened by an input in it, of the others neither is shown.`,
  ];
  return [
    ruleTable(runs),
    told.join(" ") + "\n",
    "Of the units that were reset and followed, the share that would have fired again, in percent:\n",
    streamTable(runs, (each) => shareOf(each, "again"), percent, 1),
    "Permanently dead units at the ends of tasks, of 64:\n",
    streamTable(runs, (each) => endOf(each, "permanent"), decimal),
    "Accuracy at the ends of tasks on their training rows, in percent:\n",
    streamTable(
      runs,
      (each) => endOf(each, "accuracy"),
      (share) => (100 * share).toFixed(1),
    ),
  ].join("\n");
}
