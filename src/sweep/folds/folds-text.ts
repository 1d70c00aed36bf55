// A cross-validation as a terminal shows it: the figures over all folds, each fold, and what is found in them.
import { FIGURES } from "./summary.js";
import type { CrossValidation, FoldFigures, FoldResult, FoldSummary, SharedFinding } from "./types.js";
import { groupBy } from "../../core/group-by.js";
import { alignColumns } from "../../text/columns.js";
import { countOf, formatCount, formatDuration, formatNumber, formatPercent, formatRange } from "../../text/numbers.js";
import { wrap } from "../../text/wrap.js";
import { describeJournal } from "../../treatment/trial/journal/report-text.js";

const MOST_FOLDS = 30;
const MOST_FINDINGS = 6;

const NAMES: Readonly<Record<keyof FoldFigures, string>> = {
  accuracy: "accuracy",
  loss: "loss",
  f1: "F1",
  auc: "AUC",
  r2: "R²",
  meanAbsoluteError: "mean abs. error",
  deadFraction: "dead units",
};

const PERCENT: readonly (keyof FoldFigures)[] = ["accuracy", "deadFraction"];

const format = (name: keyof FoldFigures, value: number | undefined): string => {
  if (value === undefined) return "-";
  return PERCENT.includes(name) ? formatPercent(value) : formatNumber(value, 3);
};

const names = Object.keys(FIGURES) as (keyof FoldFigures)[];

function drawSummary(summary: CrossValidation["summary"]): string[] {
  const rows = names.flatMap((name) => {
    const own: FoldSummary | undefined = summary[name];
    if (!own) return [];
    const { mean, deviation, interval } = own;
    const range = formatRange(interval.low, interval.high, (end) => format(name, end));
    return [[NAMES[name], format(name, mean), format(name, deviation), range]];
  });
  return rows.length === 0 ? [] : ["", ...alignColumns([["", "mean", "deviation", "95 %"], ...rows], [1, 2, 3])];
}

function drawFolds(folds: readonly FoldResult[], repeats: number): string[] {
  const shown = names.filter((name) => folds.some((fold) => fold[name] !== undefined));
  const hidden = shown.filter((name) => name !== "deadFraction");
  const titles = [...(repeats > 1 ? ["repeat"] : []), "fold", "rows", ...hidden.map((name) => NAMES[name])];
  const rows = folds
    .slice(0, MOST_FOLDS)
    .map((fold) => [
      ...(repeats > 1 ? [String(fold.repeat + 1)] : []),
      String(fold.fold + 1),
      formatCount(fold.rows.length),
      ...hidden.map((name) => format(name, fold[name])),
      fold.dead?.join("+") || "-",
      String(fold.epochs),
      fold.failed?.code ?? "",
    ]);
  const hasFailed = folds.some(({ failed }) => failed);
  const all = [[...titles, "dead", "epochs", ...(hasFailed ? ["failed"] : [])], ...rows].map((row) =>
    hasFailed ? row : row.slice(0, titles.length + 2),
  );
  const more = folds.length > MOST_FOLDS ? [`… and ${countOf(folds.length - MOST_FOLDS, "other")}`] : [];
  const numbers = all[0].map((_, column) => column).slice(0, titles.length + 2);
  return ["", ...alignColumns(all, numbers), ...more];
}

function describeFailures(folds: readonly FoldResult[], count: number): string[] {
  const failed = folds.filter((fold) => fold.failed);
  return [...groupBy(failed, (fold) => fold.failed!.code)].map(([code, all]) => {
    const { message } = all[0].failed!;
    const end = message.endsWith(".") ? "" : ".";
    const what = code === "diverged" ? "diverged" : `failed (${code})`;
    return `${all.length} of ${countOf(count, "fold")} ${what}, such as fold ${all[0].fold + 1}: ${message}${end}`;
  });
}

function describeFindings(findings: readonly SharedFinding[], diagnosed: number): string[] {
  const told = findings.slice(0, MOST_FINDINGS).map(({ isShared, folds, message }) => {
    const where = isShared ? "In all folds" : `In ${folds} of ${countOf(diagnosed, "fold")}`;
    return `${where}${diagnosed > 1 ? ", such as" : ""}: ${message}`;
  });
  const more = findings.length - told.length;
  return [...told, ...(more > 0 ? [`${countOf(more, "other finding")} in some folds.`] : [])];
}

export function drawCrossValidation(result: Omit<CrossValidation, "toString">, repeats: number): string {
  const { folds, summary, findings, planned, seconds, stopped, journal } = result;
  const end = [
    `${countOf(folds.length, "fold")} in ${formatDuration(seconds)}`,
    ...(stopped ? [`stopped with ${planned - folds.length} to go`] : []),
  ].join(", ");
  const diagnosed = folds.filter((fold) => fold.findings).length;
  const sentences = [
    ...describeFailures(folds, folds.length),
    ...describeFindings(findings, diagnosed),
    ...(journal ? describeJournal(journal, "fold") : []),
  ];
  return [
    `${end}.`,
    ...drawSummary(summary),
    ...(folds.length > 0 ? drawFolds(folds, repeats) : []),
    ...(sentences.length > 0 ? ["", ...sentences.map((sentence) => wrap(sentence))] : []),
  ].join("\n");
}
