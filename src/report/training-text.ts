// A training as text: what the data is, how the epochs went, what came out.
import { countOf, formatCount, formatNumber, formatPercent, formatScore } from "../text/numbers.js";
import { onOneLine } from "../text/printable.js";
import { wrap } from "../text/wrap.js";
import { alignColumns } from "../text/columns.js";
import type { ClassFigures, EpochLog } from "../network/types.js";

const MOST_NOTES = 12;
const MOST_EPOCHS = 12;

export interface DataSummary {
  readonly name: string;
  readonly trainingRows: number;
  readonly heldOutRows: number;
  /** Instead of rows that are held out: parts, each of which is once. */
  readonly folds?: number;
  readonly inputs: number;
  readonly seed: number;
  readonly notes: readonly string[];
}

/** The data in one line, and one line for each thing that was decided about it. */
export function drawData({ name, trainingRows, heldOutRows, folds, inputs, seed, notes }: DataSummary): string {
  const rows =
    folds === undefined
      ? `${countOf(trainingRows, "training row")}, ${formatCount(heldOutRows)} held out`
      : `${countOf(trainingRows, "row")} in ${countOf(folds, "fold")}`;
  const head = `${onOneLine(name)}: ${rows} (seed ${seed}), ${countOf(inputs, "input")}`;
  const shown = notes.slice(0, MOST_NOTES).map((note) => wrap(note, 80, "  "));
  if (notes.length > MOST_NOTES) shown.push(`  and ${notes.length - MOST_NOTES} notes more (all of them: --json)`);
  return [head, ...shown].join("\n");
}

/** At most so many of the epochs, evenly apart, the first and the last among them. */
export function chooseEpochs(epochs: readonly EpochLog[], most = MOST_EPOCHS): readonly EpochLog[] {
  if (epochs.length <= most) return epochs;
  const places = Array.from({ length: most }, (_, i) => Math.round((i * (epochs.length - 1)) / (most - 1)));
  return places.map((place) => epochs[place]);
}

/** A table of the epochs: loss and accuracy on both sides, what regularizers cost, silent units by layer. */
export function drawEpochs(epochs: readonly EpochLog[]): string[] {
  const hasAccuracy = epochs[0]?.accuracy !== undefined;
  const hasPenalty = epochs[0]?.penalty !== undefined;
  const metrics = (log: { loss: number; accuracy?: number } | undefined): string[] => [
    formatNumber(log?.loss ?? Number.NaN),
    ...(hasAccuracy ? [formatPercent(log?.accuracy ?? Number.NaN)] : []),
  ];
  const titles = (loss: string): string[] => [loss, ...(hasAccuracy ? ["accuracy"] : [])];
  const rows = chooseEpochs(epochs).map((log) => [
    String(log.epoch),
    ...metrics(log),
    ...(hasPenalty ? [formatNumber(log.penalty ?? Number.NaN)] : []),
    ...metrics(log.validation),
    log.silentUnits.join(" "),
  ]);
  const penalty = hasPenalty ? ["penalty"] : [];
  const head = ["epoch", ...titles("loss"), ...penalty, ...titles("held-out loss"), "silent units"];
  return alignColumns([head, ...rows], [...head.keys()]);
}

/** The epoch in one line, for a log. */
export function describeEpoch({ epoch, loss, penalty, validation }: EpochLog, epochs: number): string {
  const regularized = penalty === undefined ? "" : `, penalty ${formatNumber(penalty)}`;
  const heldOut = validation === undefined ? "" : `, held-out loss ${formatNumber(validation.loss)}`;
  const accuracy = validation?.accuracy === undefined ? "" : `, accuracy ${formatPercent(validation.accuracy)}`;
  return `epoch ${epoch} of ${epochs}: loss ${formatNumber(loss)}${regularized}${heldOut}${accuracy}`;
}

export interface ClassResult extends ClassFigures {
  readonly name: string;
  readonly right: number;
}

/** The class that rows of class `label` are most often said to be by mistake, and how many are. */
function mistakeOf(label: number, confusion: readonly number[], names: readonly string[]): string {
  const others = confusion.map((count, said) => (said === label ? 0 : count));
  const most = Math.max(...others);
  return most === 0 ? "" : `${names[others.indexOf(most)]} (${formatCount(most)})`;
}

/**
 * A title and a row a class: rows, recall, precision, and what is said by mistake, where a row is of one class alone;
 * `where` says what rows they are.
 */
export function classRows(
  classes: readonly ClassResult[],
  confusion: readonly (readonly number[])[],
  where: string,
): string[][] {
  const names = classes.map(({ name }) => name);
  const share = (value: number | undefined): string => (value === undefined ? "" : formatPercent(value));
  const hasMistakes = confusion.length > 0;
  const rows = classes.map(({ name, rows: count, right, recall, precision }, label) => [
    name,
    formatCount(count),
    formatCount(right),
    share(recall),
    share(precision),
    ...(hasMistakes ? [mistakeOf(label, confusion[label], names)] : []),
  ]);
  const title = ["class", where, "right", "recall", "precision"];
  return [hasMistakes ? [...title, "most often said instead"] : title, ...rows];
}

/** The same in aligned lines. */
export function drawClasses(...given: Parameters<typeof classRows>): string[] {
  return alignColumns(classRows(...given), [1, 2, 3, 4]);
}

/** Of one of several numbers a row, in its own units. */
export interface OutputResult {
  readonly name: string;
  readonly meanAbsoluteError: number;
  readonly rootMeanSquaredError: number;
  readonly r2?: number;
}

/** A title and a row a number. */
export function outputRows(outputs: readonly OutputResult[]): string[][] {
  const rows = outputs.map(({ name, meanAbsoluteError, rootMeanSquaredError, r2 }) => [
    name,
    formatNumber(meanAbsoluteError),
    formatNumber(rootMeanSquaredError),
    r2 === undefined ? "" : formatScore(r2, false),
  ]);
  return [["number", "mean absolute error", "root mean square", "R²"], ...rows];
}

/** The same in aligned lines. */
export function drawOutputs(outputs: readonly OutputResult[]): string[] {
  return alignColumns(outputRows(outputs), [1, 2, 3]);
}
