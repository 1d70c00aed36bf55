// What a range test says in sentences, and how it looks in a terminal.
import type { LearningRateTest, RateLook } from "./types.js";
import { alignColumns } from "../../text/columns.js";
import { countOf, formatCount, formatNumber, plural, roundTo } from "../../text/numbers.js";
import { wrap } from "../../text/wrap.js";

type Told = Omit<LearningRateTest, "sentences" | "toString">;

const rateText = (rate: number) => formatNumber(rate, 2);

/** Most rows of a table, beside those that have a mark. */
const MOST_ROWS = 16;

/** Of the units that lived at the start, how many are dead at the last look up to a rate. */
function diedBy({ looks, born }: Told, rate: number): number {
  const look = looks.findLast((each) => roundTo(each.rate, 3) <= rate);
  return look ? Math.max(0, look.dead - born) : 0;
}

function takeSentence(test: Told): string {
  const { rate, suggested, deadlyFrom, units } = test;
  if (!suggested) return "No rate of this test brings the loss down by more than a hundredth.";
  if (rate === undefined)
    return `A tenth of the units dies at the lowest rates already: begin below ${rateText(deadlyFrom!)}.`;
  const lower = Math.min(suggested.steepest, suggested.tenthOfLowest);
  const instead =
    rate < lower
      ? `: the curve alone would say ${rateText(lower)}, but a tenth of the units is dead by ${rateText(deadlyFrom!)}`
      : "";
  const died = diedBy(test, rate);
  const dead = died === 0 ? "" : ` By then ${formatCount(died)} of the ${countOf(units, "hidden unit")} had died.`;
  return `Begin with a rate of ${rateText(rate)}${instead}.${dead}`;
}

function curveSentence({ suggested, lowest, stopped, points }: Told): string {
  if (!suggested) return "";
  const last = points[points.length - 1][0];
  const ended = stopped === "diverged" ? `; at ${rateText(last)} it has diverged` : "";
  return (
    `The loss falls most steeply at ${rateText(suggested.steepest)} and is lowest at ${rateText(lowest!)}, ` +
    `a tenth of which is ${rateText(suggested.tenthOfLowest)}${ended}.`
  );
}

function deathsSentence({ units, born, looks, killsFrom, deadlyFrom }: Told): string {
  const last = looks.at(-1);
  if (units === 0 || !last) return "";
  const before = born > 0 ? `, ${formatCount(born)} of them from the start` : "";
  if (killsFrom === undefined) {
    const dead = born > 0 ? ` ${formatCount(born)} ${plural(born, "was", "were")} dead from the start.` : "";
    return `No unit died, up to a rate of ${rateText(last.rate)}.${dead}`;
  }
  const most = looks.reduce((worst, look) => (look.dead > worst.dead ? look : worst));
  const tenth = deadlyFrom === undefined ? "" : `, a tenth of them is dead by ${rateText(deadlyFrom)}`;
  return (
    `Units die from a rate of ${rateText(killsFrom)} on${tenth}; at the worst, at ${rateText(most.rate)}, ` +
    `${countOf(most.dead, "hidden unit")} of ${formatCount(units)} ${plural(most.dead, "is", "are")} dead${before}.`
  );
}

function limitsSentences({ looks, suggested, stopped, points, lowest }: Told): string[] {
  if (looks.length === 0) return [];
  const last = points[points.length - 1][0];
  const isCutOff = stopped === undefined && suggested && lowest! * 2 > last;
  return [
    ...(isCutOff ? ["The loss still falls where the test ends: go on to higher rates."] : []),
    `Each rate is tried for a few updates: a whole training may kill at lower ones too (forecastTraining).`,
  ];
}

/** All that a test says in words; the rate to begin with first. */
export function rateSentences(test: Told): string[] {
  if (test.points.length === 0)
    return [test.stopped === "diverged" ? "The first batch has no finite loss, at any rate." : "No update was made."];
  return [takeSentence(test), curveSentence(test), deathsSentence(test), ...limitsSentences(test)].filter(Boolean);
}

/** What is said beside a row of the table, by its update. */
function marksOf(test: Told): Map<number, string[]> {
  const { looks, rate, suggested, lowest, killsFrom, deadlyFrom } = test;
  const marks = new Map<number, string[]>();
  const mark = (at: number | undefined, words: string) => {
    const look = at === undefined ? undefined : (looks.find((each) => roundTo(each.rate, 3) >= at) ?? looks.at(-1));
    if (look) marks.set(look.step, [...(marks.get(look.step) ?? []), words]);
  };
  mark(rate, "begin here");
  mark(suggested?.steepest, "steepest");
  mark(lowest, "lowest loss");
  mark(killsFrom, "units die");
  mark(deadlyFrom, "a tenth dead");
  return marks;
}

function shownLooks(looks: readonly RateLook[], marks: ReadonlyMap<number, string[]>): readonly RateLook[] {
  const every = Math.ceil(looks.length / MOST_ROWS);
  const isShown = (index: number) => index % every === 0 || index === looks.length - 1;
  return looks.filter(({ step }, index) => isShown(index) || marks.has(step));
}

export function drawRates(test: Told & Pick<LearningRateTest, "sentences">): string {
  const { points, looks, units, sentences } = test;
  const marks = marksOf(test);
  const rows = shownLooks(looks, marks).map(({ step, rate, dead }) => [
    formatNumber(rate, 2),
    formatNumber(points[step - 1]?.[1] ?? Number.NaN, 3),
    units === 0 ? "" : formatCount(dead),
    (marks.get(step) ?? []).join(", "),
  ]);
  const title = ["rate", "loss", units === 0 ? "" : "dead", ""];
  return [
    wrap(`Range test: ${countOf(points.length, "update")}, each at a higher rate than the one before`),
    ...(rows.length === 0 ? [] : ["", ...alignColumns([title, ...rows], [0, 1, 2])]),
    "",
    ...sentences.map((sentence) => wrap(sentence)),
  ].join("\n");
}
