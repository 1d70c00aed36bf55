// A prescription as a terminal shows it.
import { figureOf, type Measured } from "./rank.js";
import { FEWEST_ROWS } from "../trial/rows.js";
import type { Measure, Prescription, Trial } from "./types.js";
import { capital } from "../../text/capital.js";
import { alignColumns } from "../../text/columns.js";
import {
  countOf,
  formatNumber,
  formatPercent,
  formatRange,
  formatSigned,
  formatSignedPercent,
} from "../../text/numbers.js";
import { wrap } from "../../text/wrap.js";

const figure = (value: number, isShare: boolean): string => (isShare ? formatPercent(value) : formatNumber(value));

const signed = (value: number, isShare: boolean): string =>
  isShare ? formatSignedPercent(value) : formatSigned(value);

const drawScore = (measured: Measured, measure: Measure): string =>
  figure(figureOf(measured, measure), measure !== "loss");

function drawEpochs({ failed, stoppedEarly, epochs }: Trial): string {
  if (failed !== undefined) return failed.code;
  return `${epochs}${stoppedEarly ? " stopped" : ""}`;
}

/** Of what was refused before it trained there is no network whose units were counted. */
export function hasUnits({ failed, deadFraction }: Pick<Trial, "failed" | "deadFraction">): boolean {
  if (Number.isNaN(deadFraction)) return false;
  return failed === undefined || failed.code === "diverged" || failed.code === "aborted";
}

const WORDS: Readonly<Record<Measure, string>> = {
  accuracy: "accuracy",
  balancedAccuracy: "balanced accuracy",
  loss: "loss",
};
const TITLES: Readonly<Record<Measure, string>> = { ...WORDS, balancedAccuracy: "balanced" };

export interface Table {
  readonly measure: Measure;
  /** Without hidden layers there is nothing to say of units. */
  readonly hasHidden: boolean;
  /** The constant, and how many trials are better. */
  readonly constant?: Measured;
  readonly above?: number;
}

/** What trials so far are told by. */
export function tableOfTrials(trials: readonly Trial[]): Table {
  return {
    measure: trials.some(({ metrics: { accuracy } }) => accuracy !== undefined) ? "accuracy" : "loss",
    hasHidden: trials.some(({ spec: { layers }, deadFraction }) => layers.length > 1 || deadFraction > 0),
  };
}

const WIDTH = 80;
const LEAST_NAME = 12;
/** A name of so many letters is to be read whole. */
const WHOLE_NAME = 32;

const widthOf = (lines: readonly string[]): number => Math.max(...lines.map(({ length }) => length));

/**
 * Lines that a terminal does not break: without the column `spare` where names would be cut, then with the names, in
 * column 1, cut.
 */
function fitLines(rows: readonly (readonly string[])[], spare: number): string[] {
  const right = (cells: readonly string[]) => [0, ...Array.from({ length: cells.length - 3 }, (_, at) => at + 2)];
  const lines = alignColumns(rows, right(rows[0]));
  if (widthOf(lines) <= WIDTH) return lines;
  const fewer = rows.map((cells) => cells.filter((_, column) => column !== spare));
  const rest = widthOf(alignColumns(fewer, right(fewer[0])));
  const longest = Math.max(...rows.map(([, name]) => name.length));
  const kept = widthOf(lines) - longest + Math.min(longest, WHOLE_NAME) <= WIDTH ? rows : fewer;
  const excess = (kept === rows ? widthOf(lines) : rest) - WIDTH;
  const most = Math.max(LEAST_NAME, longest - Math.max(0, excess));
  const cut = (name: string) => (name.length > most ? `${name.slice(0, most - 1)}…` : name);
  const cells = kept.map(([place, name, ...others]) => [place, cut(name), ...others]);
  return alignColumns(cells, right(cells[0]));
}

/** Of two figures so near each other the difference is rounding. */
const SAME = 1e-6;

function drawGain(trial: Trial, measure: Measure): string {
  const { baselineScore, failed } = trial;
  if (baselineScore === undefined || failed) return "";
  const score = figureOf(trial, measure);
  const difference = score - baselineScore;
  if (Math.abs(difference) <= SAME * Math.max(Math.abs(score), Math.abs(baselineScore))) return "the same";
  const isShare = measure !== "loss";
  return signed(isShare ? difference : -difference, isShare);
}

/** A title and a row for each trial, the constant's in its place. */
export function trialRows(trials: readonly Trial[], { measure, hasHidden, constant, above = 0 }: Table): string[][] {
  const isShare = measure !== "loss";
  const unitsOf = (text: string): string[] => (hasHidden ? [text] : []);
  const seedsOf = (text: string): string[] => (constant ? [text] : []);
  const rows = trials.map((trial, place) => [
    String(place + 1),
    trial.name,
    trial.failed && !Number.isFinite(figureOf(trial, measure)) ? "-" : drawScore(trial, measure),
    trial.interval ? formatRange(trial.interval.low, trial.interval.high, (end) => figure(end, isShare)) : "",
    drawGain(trial, measure),
    ...unitsOf(hasUnits(trial) ? formatPercent(trial.deadFraction) : "-"),
    ...seedsOf(String(trial.repeats)),
    drawEpochs(trial),
  ]);
  if (constant)
    rows.splice(above, 0, [
      "",
      "the constant",
      drawScore(constant, measure),
      "",
      "",
      ...unitsOf(""),
      ...seedsOf(""),
      "",
    ]);
  const titles = ["", "trial", TITLES[measure], "95 %", "gain", ...unitsOf("dead"), ...seedsOf("seeds"), "epochs"];
  return [titles, ...rows];
}

/** The same in lines. */
export function drawTrials(trials: readonly Trial[], table: Table): string[] {
  return fitLines(trialRows(trials, table), 3);
}

export interface Conclusion extends Omit<Prescription, "toString" | "verdict"> {
  readonly hasHidden: boolean;
  /** No unit's fault and no finding that names something to change. */
  readonly isHealthy: boolean;
  /** The best is better than the baseline by more than chance. */
  readonly isBetter: boolean;
  readonly isBestAbove: boolean;
  /** Trials that are better than the constant. */
  readonly above: number;
}

/** "always to say 3.25" */
function answerText({ constant: { answer } }: Pick<Prescription, "constant">): string {
  const said = answer.length === 1 ? ` ${formatNumber(answer[0])}` : "";
  return `Always to say the same${said}, whatever the input`;
}

/** What the constant answer is worth, beside the baseline, in a sentence. */
export function describeConstant(prescription: Pick<Prescription, "constant" | "measure" | "baseline">): string {
  const { constant, measure, baseline } = prescription;
  const by = (measured: Measured): string =>
    measure === "loss"
      ? `a loss of ${formatNumber(measured.metrics.loss)}`
      : `${WORDS[measure]} ${drawScore(measured, measure)} and a loss of ${formatNumber(measured.metrics.loss)}`;
  const own = baseline.failed ? "" : `; the baseline has ${by(baseline)}`;
  return `${answerText(prescription)}, has ${by(constant)}${own}.`;
}

/** What to do, in one sentence. */
export function describeBest(conclusion: Conclusion): string {
  const { baseline, best, trials, measure, hasHidden, isHealthy, isBetter, isBestAbove } = conclusion;
  if (trials.length === 1) return "No remedy was tried.";
  if (!isBestAbove) return "No trial is better than always saying the same: none is recommended.";
  if (best === baseline) {
    const start = isHealthy && hasHidden ? "Nothing is wrong with the units: the" : "The";
    return `${start} baseline stays, no remedy is better by more than chance.`;
  }
  const [dead, instead] = [best, baseline].map(({ deadFraction }) => formatPercent(deadFraction));
  const isKnown = hasHidden && hasUnits(baseline) && dead !== instead;
  const units = isKnown ? `, ${dead} of the hidden units dead instead of ${instead}` : "";
  const was = baseline.failed ? `a baseline that failed (${baseline.failed.code})` : drawScore(baseline, measure);
  const score = isBetter
    ? `${WORDS[measure]} ${drawScore(best, measure)} instead of ${was}`
    : `${WORDS[measure]} ${drawScore(best, measure)} beside ${was}, which chance may explain`;
  return `Take "${best.name}", ${best.why}: ${score}${units}.`;
}

/** What trials were ranked by, and on which rows. */
export function describeRanking(
  prescription: Pick<Prescription, "trials" | "validationRows" | "judgedOnTraining" | "measure">,
  hasHidden: boolean,
): string {
  const { trials, validationRows, judgedOnTraining, measure } = prescription;
  const repeats = trials.reduce((most, trial) => Math.max(most, trial.repeats), 1);
  const why = validationRows < FEWEST_ROWS ? "there are so few" : "none are held out";
  const rows = judgedOnTraining
    ? `${countOf(validationRows, "training row")}, as ${why}`
    : countOf(validationRows, "held-out row");
  return (
    `Ranked by ${WORDS[measure]} on ${rows}` +
    `${repeats > 1 ? `, means of up to ${repeats} seeds` : ""}` +
    (hasHidden ? "; where chance may have put trials apart, by dead units in tenths of all." : ".")
  );
}

/** As a sentence. */
export function describeReason({ reason }: Pick<Prescription, "reason">): string {
  return `${capital(reason)}.`;
}

export function drawPrescription(conclusion: Conclusion & { readonly verdict: string }): string {
  const { trials, stopped, hasHidden, verdict } = conclusion;
  const causes = (conclusion.diagnosis?.findings ?? []).filter(({ role }) => role === "cause");
  const { learning } = conclusion.diagnosis ?? {};
  const paragraphs = [
    ...(learning ? [`The baseline: ${learning.verdict}`] : []),
    describeReason(conclusion),
    ...causes.map(({ message, advice }) => `${message} ${advice}`),
    ...(stopped ? ["Interrupted: this is what was tried so far."] : []),
  ];
  return [
    wrap(verdict),
    wrap(describeConstant(conclusion)),
    "",
    wrap(describeRanking(conclusion, hasHidden)),
    "",
    ...drawTrials(trials, conclusion),
    "",
    ...paragraphs.map((text) => wrap(text)),
  ].join("\n");
}
