// How well a network does on rows with known targets: figures, and the lines that tell them.
import { shorten } from "../table/cells.js";
import type { TrainingRows } from "./prepare-table.js";
import { type RegressionErrors, regressionErrors } from "./network-for-table.js";
import { type NumbersTarget, type TableEncoding, targetColumns, type TargetEncoding } from "../table/encoding.js";
import type { Matrix } from "../core/matrix.js";
import { mean } from "../core/statistics.js";
import { isClassification } from "../network/losses.js";
import type { Terminal } from "./terminal.js";
import type { Evaluation as NetworkEvaluation, Metrics, Network } from "../index.js";
import { type ClassResult, drawClasses, drawOutputs, type OutputResult } from "../report/training-text.js";
import { formatNumber, formatPercent, formatScore } from "../text/numbers.js";

/** Lines of a table. */
const MOST_LINES = 20;

export interface Evaluation
  extends Metrics, Partial<RegressionErrors>, Pick<NetworkEvaluation, "confusion" | "f1" | "auc"> {
  /** For a target of classes. */
  readonly classes?: readonly ClassResult[];
  /** For a target of several numbers a row; `r2` is their mean. */
  readonly outputs?: readonly OutputResult[];
}

/** Of several labels a row there is no confusion. */
function classResults(names: readonly string[], { confusion, classes }: NetworkEvaluation): ClassResult[] {
  return names.map((name, label) => {
    const figures = classes![label];
    const right = confusion ? confusion[label][label] : Math.round((figures.recall ?? 0) * figures.rows);
    return { name: shorten(name), right, ...figures };
  });
}

/** What the labels are called: columns of rows of shares, and 0 and 1 of a single one. */
function classNames(target: TargetEncoding): readonly string[] {
  if (target.kind === "classes") return target.classes;
  return target.kind === "numbers" ? targetColumns(target) : ["0", "1"];
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

/** One column of the rows. */
function columnOf({ rows, columns, data }: Matrix, column: number): number[] {
  return Array.from({ length: rows }, (_, row) => data[row * columns + column]);
}

/** The errors of each number of a row in its own units, and the mean R² of those that have one. */
function rowErrors(target: NumbersTarget, y: Matrix, predicted: Matrix): Pick<Evaluation, "r2" | "outputs"> {
  const names = targetColumns(target);
  const outputs = target.outputs.map((output, place) => ({
    name: shorten(names[place]),
    ...regressionErrors(output, columnOf(y, place), columnOf(predicted, place)),
  }));
  const known = outputs.flatMap(({ r2 }) => r2 ?? []);
  return { ...(known.length > 0 && { r2: mean(known) }), outputs };
}

export function evaluateOn(network: Network, rows: TrainingRows, { target }: TableEncoding): Evaluation {
  const evaluation = network.evaluate(rows);
  const metrics = figuresOf(evaluation);
  const { x, y } = rows;
  const { confusion } = evaluation;
  if (target.kind === "classes" || isClassification(network.spec.loss))
    return { ...metrics, ...(confusion && { confusion }), classes: classResults(classNames(target), evaluation) };
  if (target.kind === "numbers") return { ...metrics, ...rowErrors(target, y as Matrix, network.predict(x)) };
  return { ...metrics, ...regressionErrors(target, y as readonly number[], network.predict(x).data) };
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
  if (evaluation.outputs) {
    const score = evaluation.r2 === undefined ? "" : `mean R² ${formatScore(evaluation.r2, false)}, `;
    return `${score}${metricsText(evaluation)}, of ${evaluation.outputs.length} numbers a row`;
  }
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
  const { classes = [], confusion = [], outputs = [] } = evaluation;
  const lines = Math.max(classes.length, outputs.length); // there are the ones or the others, or none
  if (lines === 0 || lines > MOST_LINES) return;
  const [title, ...rows] = outputs.length > 0 ? drawOutputs(outputs) : drawClasses(classes, confusion, where);
  terminal.tell(["", terminal.colors.dim(title), ...rows].join("\n"));
}
