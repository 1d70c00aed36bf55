// The data of a command: as lines for people, and as the first part of the documents that --json prints.
import { drawData } from "../report/training-text.js";
import { inputWidth } from "../table/encoding.js";
import type { NamedPreparedTable } from "./prepare-table.js";
import { countOf, formatCount } from "../text/numbers.js";

export function describeData(
  { name, notes, training, heldOut, encoding }: NamedPreparedTable,
  seed: number,
  folds?: number,
): string {
  return drawData({
    name,
    notes,
    trainingRows: training.x.rows,
    heldOutRows: heldOut.x.rows,
    inputs: inputWidth(encoding.inputs),
    seed,
    ...(folds !== undefined && { folds }),
  });
}

/** What rows judge, as tables and lines call them. */
export function judgesName({ judges, heldOut }: Pick<NamedPreparedTable, "judges" | "heldOut">): string {
  return judges === heldOut ? "held out" : "training rows";
}

/** Name and value, as a page lists them. */
export function dataFacts({ name, training, heldOut, encoding }: NamedPreparedTable, seed: number): [string, string][] {
  return [
    ["data", name],
    ["rows", `${formatCount(training.x.rows)} to train on, ${formatCount(heldOut.x.rows)} held out (seed ${seed})`],
    ["inputs", countOf(inputWidth(encoding.inputs), "input")],
    ["target", encoding.target.column],
  ];
}

/** The member `data` of a document. */
export function dataRecord({ name, task, notes, training, heldOut }: NamedPreparedTable) {
  return { name, task, trainingRows: training.x.rows, heldOutRows: heldOut.x.rows, notes };
}
