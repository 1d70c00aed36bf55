// The data of a command: as lines for people, and as the first part of the documents that --json prints.
import { drawData } from "../report/training-text.js";
import { inputWidth } from "../table/encoding.js";
import type { NamedPreparedTable } from "./prepare-table.js";

export function describeData({ name, notes, training, heldOut, encoding }: NamedPreparedTable, seed: number): string {
  return drawData({
    name,
    notes,
    trainingRows: training.x.rows,
    heldOutRows: heldOut.x.rows,
    inputs: inputWidth(encoding.inputs),
    seed,
  });
}

/** The member `data` of a document. */
export function dataRecord({ name, task, notes, training, heldOut }: NamedPreparedTable) {
  return { name, task, trainingRows: training.x.rows, heldOutRows: heldOut.x.rows, notes };
}
