// A prescription as a terminal shows it.
import type { Interval, Prescription, Trial } from "./types.js";
import { alignColumns, formatCount } from "../../text/columns.js";
import { wrap } from "../../text/wrap.js";
import type { FindingKind } from "../../diagnosis/types.js";

/** What ails a network beside its units, and no remedy here answers. */
const TOLD: readonly FindingKind[] = [
  "singleUnitSoftmax",
  "lossMismatch",
  "deadOutputUnits",
  "uncenteredInputs",
  "unscaledInputs",
  "singleClass",
  "lowTargetVariance",
];

const figure = (value: number, isShare: boolean): string =>
  Number.isNaN(value)
    ? "-"
    : isShare
      ? `${(value * 100).toFixed(1)} %`
      : Math.abs(value) < 1e-3 || Math.abs(value) >= 1e5
        ? value.toExponential(2)
        : value.toPrecision(4);

const signed = (value: number, isShare: boolean): string => (value > 0 ? "+" : "") + figure(value, isShare);

function range({ low, high }: Interval, isShare: boolean): string {
  return [low, high].map((end) => figure(end, isShare).replace(" %", "")).join("..");
}

/** What a trial is judged by: accuracy, or the loss where there is none. */
export function drawScore({ metrics: { accuracy, loss } }: Trial): string {
  return figure(accuracy ?? loss, accuracy !== undefined);
}

function drawEpochs({ failed, stoppedEarly, epochs }: Trial): string {
  if (failed !== undefined) return failed.length > 12 ? `${failed.slice(0, 11)}…` : failed;
  return `${epochs}${stoppedEarly ? " stopped" : ""}`;
}

/** A title and a line for each trial. */
export function drawTrials(trials: readonly Trial[]): string[] {
  const isShare = trials.some(({ metrics }) => metrics.accuracy !== undefined);
  const rows = trials.map((trial, place) => [
    String(place + 1),
    trial.name,
    drawScore(trial),
    trial.interval ? range(trial.interval, isShare) : "",
    trial.gain ? signed(trial.gain.mean, isShare) : "",
    figure(trial.deadFraction, true),
    drawEpochs(trial),
  ]);
  return alignColumns(
    [["", "trial", isShare ? "accuracy" : "loss", "95 %", "gain", "dead", "epochs"], ...rows],
    [0, 2, 3, 4, 5],
  );
}

function drawBest({ baseline, best, trials, illness, isBetter }: Conclusion): string {
  if (trials.length === 1) return "No remedy was tried.";
  if (best === baseline)
    return `${illness === "none" ? "Nothing is wrong with the units: the" : "The"} baseline stays, no remedy is better by more than chance.`;
  const dead = `${figure(best.deadFraction, true)} of the hidden units dead instead of ${figure(baseline.deadFraction, true)}`;
  const score = isBetter
    ? `${best.metrics.accuracy === undefined ? "loss" : "accuracy"} ${drawScore(best)} instead of ${drawScore(baseline)}`
    : "as good as the baseline but for chance";
  return `Take "${best.name}", ${best.why}: ${score}, ${dead}.`;
}

export interface Conclusion extends Omit<Prescription, "toString"> {
  readonly illness: string;
  readonly isBetter: boolean;
}

export function drawPrescription(conclusion: Conclusion): string {
  const { trials, reason, best, validationRows, stopped } = conclusion;
  const repeats = trials.reduce((most, trial) => Math.max(most, trial.repeats), 1);
  const measure = best.metrics.accuracy === undefined ? "loss" : "accuracy";
  const head = `Ranked by ${measure} on ${formatCount(validationRows)} held-out rows${repeats > 1 ? `, means of up to ${repeats} seeds` : ""}; where chance may have put trials apart, by dead units in tenths of all.`;
  const findings = (conclusion.diagnosis?.findings ?? []).filter(({ kind }) => TOLD.includes(kind));
  const paragraphs = [
    drawBest(conclusion),
    `${reason[0].toUpperCase()}${reason.slice(1)}.`,
    ...findings.map(({ message }) => `Beside that: ${message}`),
    ...(stopped ? ["Interrupted: this is what was tried so far."] : []),
  ];
  return [wrap(head), "", ...drawTrials(trials), "", ...paragraphs.map((text) => wrap(text))].join("\n");
}
