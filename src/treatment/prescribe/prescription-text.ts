// A prescription as a terminal shows it.
import type { Prescription, Trial } from "./types.js";
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
import type { FindingKind } from "../../diagnosis/types.js";

/** What is wrong with a network beside its units, and no remedy here answers. */
const TOLD: readonly FindingKind[] = [
  "singleUnitSoftmax",
  "labelsMismatch",
  "lossMismatch",
  "linearNetwork",
  "bottleneck",
  "closedSamples",
  "deadOutputUnits",
  "uncenteredInputs",
  "unscaledInputs",
  "outlierInputs",
  "unscaledTargets",
  "singleClass",
  "lowTargetVariance",
];

const figure = (value: number, isShare: boolean): string => (isShare ? formatPercent(value) : formatNumber(value));

const signed = (value: number, isShare: boolean): string =>
  isShare ? formatSignedPercent(value) : formatSigned(value);

/** What a trial is judged by: accuracy, or the loss where there is none. */
export function drawScore({ metrics: { accuracy, loss } }: Trial): string {
  return figure(accuracy ?? loss, accuracy !== undefined);
}

function drawEpochs({ failed, stoppedEarly, epochs }: Trial): string {
  if (failed !== undefined) return failed.code;
  return `${epochs}${stoppedEarly ? " stopped" : ""}`;
}

/** A title and a line for each trial. */
export function drawTrials(trials: readonly Trial[]): string[] {
  const isShare = trials.some(({ metrics }) => metrics.accuracy !== undefined);
  const rows = trials.map((trial, place) => [
    String(place + 1),
    trial.name,
    drawScore(trial),
    trial.interval ? formatRange(trial.interval.low, trial.interval.high, (end) => figure(end, isShare)) : "",
    trial.gain ? signed(trial.gain.mean, isShare) : "",
    formatPercent(trial.deadFraction),
    drawEpochs(trial),
  ]);
  return alignColumns(
    [["", "trial", isShare ? "accuracy" : "loss", "95 %", "gain", "dead", "epochs"], ...rows],
    [0, 2, 3, 4, 5],
  );
}

const measureOf = ({ metrics: { accuracy } }: Trial): string => (accuracy === undefined ? "loss" : "accuracy");

function drawBest({ baseline, best, trials, fault, isBetter }: Conclusion): string {
  if (trials.length === 1) return "No remedy was tried.";
  if (best === baseline) {
    const start = fault === "none" ? "Nothing is wrong with the units: the" : "The";
    return `${start} baseline stays, no remedy is better by more than chance.`;
  }
  const [dead, instead] = [best, baseline].map(({ deadFraction }) => formatPercent(deadFraction));
  const score = isBetter
    ? `${measureOf(best)} ${drawScore(best)} instead of ${drawScore(baseline)}`
    : "as good as the baseline but for chance";
  return `Take "${best.name}", ${best.why}: ${score}, ${dead} of the hidden units dead instead of ${instead}.`;
}

export interface Conclusion extends Omit<Prescription, "toString"> {
  readonly fault: string;
  readonly isBetter: boolean;
}

export function drawPrescription(conclusion: Conclusion): string {
  const { trials, reason, best, validationRows, stopped } = conclusion;
  const repeats = trials.reduce((most, trial) => Math.max(most, trial.repeats), 1);
  const head =
    `Ranked by ${measureOf(best)} on ${countOf(validationRows, "held-out row")}` +
    `${repeats > 1 ? `, means of up to ${repeats} seeds` : ""}; ` +
    "where chance may have put trials apart, by dead units in tenths of all.";
  const findings = (conclusion.diagnosis?.findings ?? []).filter(
    ({ kind, role }) => role !== "remark" && TOLD.includes(kind),
  );
  const paragraphs = [
    drawBest(conclusion),
    `${reason[0].toUpperCase()}${reason.slice(1)}.`,
    ...findings.map(({ message }) => `Beside that: ${message}`),
    ...(stopped ? ["Interrupted: this is what was tried so far."] : []),
  ];
  return [wrap(head), "", ...drawTrials(trials), "", ...paragraphs.map((text) => wrap(text))].join("\n");
}
