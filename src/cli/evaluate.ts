// How well a network does on rows with known targets: figures, and the lines that tell them.
import { shorten } from "../table/cells.js";
import type { EncodedRows } from "../table/prepare.js";
import { type RegressionErrors, regressionErrors } from "./network-for-table.js";
import type { TableEncoding, TargetEncoding } from "../table/encoding.js";
import type { Terminal } from "./terminal.js";
import type { Matrix, Metrics, Network } from "../index.js";
import { type ClassResult, drawClasses } from "../report/training-text.js";
import { formatNumber, formatPercent, formatScore } from "../text/numbers.js";

const MOST_CLASSES = 20;

export interface Evaluation extends Metrics, Partial<RegressionErrors> {
  /** For a target of classes. */
  readonly classes?: readonly ClassResult[];
}

function classResults(classes: readonly string[], labels: readonly number[], { data, columns }: Matrix): ClassResult[] {
  const results = classes.map((name) => ({ name: shorten(name), rows: 0, right: 0 }));
  labels.forEach((label, row) => {
    const outputs = data.subarray(row * columns, (row + 1) * columns);
    results[label].rows++;
    if (outputs.indexOf(Math.max(...outputs)) === label) results[label].right++;
  });
  return results;
}

export function evaluateOn(network: Network, rows: EncodedRows, { target }: TableEncoding): Evaluation {
  const outputs = network.predict(rows.x);
  const { loss, accuracy } = network.evaluate(rows);
  const metrics = { loss, ...(accuracy !== undefined && { accuracy }) };
  if (target.kind === "number") return { ...metrics, ...regressionErrors(target, rows.y, outputs.data) };
  return { ...metrics, classes: classResults(target.classes, rows.y, outputs) };
}

function describeEvaluation(evaluation: Evaluation, target: string): string {
  const loss = `loss ${formatNumber(evaluation.loss)}`;
  if (evaluation.accuracy !== undefined) return `accuracy ${formatPercent(evaluation.accuracy)}, ${loss}`;
  const r2 = evaluation.r2 === undefined ? "" : `, R² ${formatScore(evaluation.r2, false)}`;
  return (
    `mean absolute error ${formatNumber(evaluation.meanAbsoluteError!)} and root mean square ` +
    `${formatNumber(evaluation.rootMeanSquaredError!)}, in units of ${shorten(target)}${r2}; ${loss}`
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
  const { classes = [] } = evaluation;
  if (classes.length === 0 || classes.length > MOST_CLASSES) return;
  const [title, ...rows] = drawClasses(classes, where);
  terminal.tell(["", terminal.colors.dim(title), ...rows].join("\n"));
}
