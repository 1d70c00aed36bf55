// The data of a command: as lines for people, and as the first part of the documents that --json prints.
import { drawData } from "../report/training-text.js";
import { inputWidth } from "../table/inputs.js";
import type { PreparedTable } from "../table/prepare.js";

export function describeData({ name, notes, training, heldOut, preprocessing }: PreparedTable, seed: number): string {
  return drawData({
    name,
    notes,
    trainingRows: training.x.rows,
    heldOutRows: heldOut.x.rows,
    inputs: inputWidth(preprocessing.inputs),
    seed,
  });
}

/** The member `data` of a document. */
export function dataRecord({ name, task, notes, training, heldOut }: PreparedTable) {
  return { name, task, trainingRows: training.x.rows, heldOutRows: heldOut.x.rows, notes };
}
