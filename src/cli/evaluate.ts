// How well a network does on rows with known targets: figures, and the lines that tell them.
import { shorten } from "../table/cells.js";
import type { EncodedRows } from "../table/prepare.js";
import { type RegressionErrors, regressionErrors } from "./network-for-table.js";
import type { TableEncoding, TargetEncoding } from "../table/encoding.js";
import type { Terminal } from "./terminal.js";
import type { Evaluation as NetworkEvaluation, Metrics, Network } from "../index.js";
import { type ClassResult, drawClasses } from "../report/training-text.js";
import { formatNumber, formatPercent, formatScore } from "../text/numbers.js";

const MOST_CLASSES = 20;

export interface Evaluation
  extends Metrics, Partial<RegressionErrors>, Pick<NetworkEvaluation, "confusion" | "f1" | "auc"> {
  /** For a target of classes. */
  readonly classes?: readonly ClassResult[];
}

function classResults(names: readonly string[], { confusion, classes }: NetworkEvaluation): ClassResult[] {
  return names.map((name, label) => ({ name: shorten(name), right: confusion![label][label], ...classes![label] }));
}

/** The figures that a line or a document tells of any network. */
export function figuresOf({ loss, accuracy, f1, auc }: NetworkEvaluation): Metrics & Pick<Evaluation, "f1" | "auc"> {
  return {
    loss,
    ...(accuracy !== undefined && { accuracy }),
    ...(f1 !== undefined && { f1 }),
    ...(auc !== undefined && { auc }),
  };
}

export function evaluateOn(network: Network, rows: EncodedRows, { target }: TableEncoding): Evaluation {
  const evaluation = network.evaluate(rows);
  const metrics = figuresOf(evaluation);
  if (target.kind === "number")
    return { ...metrics, ...regressionErrors(target, rows.y, network.predict(rows.x).data) };
  return { ...metrics, confusion: evaluation.confusion!, classes: classResults(target.classes, evaluation) };
}

/** `accuracy 97.1 %, AUC 0.994, loss 0.09` */
export function metricsText({ loss, accuracy, auc }: Metrics & Pick<Evaluation, "auc">): string {
  const area = auc === undefined ? "" : `AUC ${formatScore(auc, false)}, `;
  const text = `${area}loss ${formatNumber(loss)}`;
  return accuracy === undefined ? text : `accuracy ${formatPercent(accuracy)}, ${text}`;
}

/** @param target the column that is predicted */
export function describeEvaluation(evaluation: Evaluation, target: string): string {
  if (evaluation.accuracy !== undefined) return metricsText(evaluation);
  const r2 = evaluation.r2 === undefined ? "" : `, R² ${formatScore(evaluation.r2, false)}`;
  return (
    `mean absolute error ${formatNumber(evaluation.meanAbsoluteError!)} and root mean square ` +
    `${formatNumber(evaluation.rootMeanSquaredError!)}, in units of ${shorten(target)}${r2}; ${metricsText(evaluation)}`
  );
}

/** @param where "held out": leads the line and the column of counts */
export function tellEvaluation(
  terminal: Terminal,
  where: string,
  evaluation: Evaluation,
  { column }: TargetEncoding,
): void {
  terminal.tell(terminal.colors.bold(`${where}: ${describeEvaluation(evaluation, column)}`));
  const { classes = [], confusion = [] } = evaluation;
  if (classes.length === 0 || classes.length > MOST_CLASSES) return;
  const [title, ...rows] = drawClasses(classes, confusion, where);
  terminal.tell(["", terminal.colors.dim(title), ...rows].join("\n"));
}
