// The data of a command: as lines for people, and as the first part of the documents that --json prints.
import { drawData } from "../report/training-text.js";
import { inputWidth, type TargetEncoding } from "../table/encoding.js";
import type { Task } from "../table/target.js";
import type { TrainingData } from "./prepare-table.js";
import { countOf, formatCount } from "../text/numbers.js";

const trainingRows = ({ training, blocks }: Pick<TrainingData, "training" | "blocks">): number =>
  blocks?.source.rows ?? training.x.rows;

export function describeData(
  { name, notes, training, blocks, heldOut, encoding }: TrainingData,
  seed: number,
  folds?: number,
): string {
  return drawData({
    name,
    notes,
    trainingRows: trainingRows({ training, blocks }),
    heldOutRows: heldOut.x.rows,
    inputs: inputWidth(encoding.inputs),
    seed,
    ...(folds !== undefined && { folds }),
  });
}

/** What rows judge, as tables and lines call them. */
export function judgesName({ judges, heldOut, blocks }: Pick<TrainingData, "judges" | "heldOut" | "blocks">): string {
  if (judges === heldOut) return "held out";
  return blocks ? "drawn training rows" : "training rows";
}

function targetText(target: TargetEncoding, task: Task): string {
  if (target.kind !== "numbers") return target.column;
  return `${target.column}, ${target.outputs.length} ${task === "classification" ? "classes" : "numbers a row"}`;
}

/** Name and value, as a page lists them. */
export function dataFacts(prepared: TrainingData, seed: number): [string, string][] {
  const { name, task, heldOut, encoding, blocks } = prepared;
  return [
    ["data", blocks ? `${name}, ${blocks.targets}` : name],
    [
      "rows",
      `${formatCount(trainingRows(prepared))} to train on, ${formatCount(heldOut.x.rows)} held out (seed ${seed})`,
    ],
    ["inputs", countOf(inputWidth(encoding.inputs), "input")],
    ["target", targetText(encoding.target, task)],
  ];
}

/** The member `data` of a document. */
export function dataRecord(prepared: TrainingData) {
  const { name, task, notes, heldOut, blocks } = prepared;
  return {
    name,
    ...(blocks && { targets: blocks.targets }),
    task,
    trainingRows: trainingRows(prepared),
    heldOutRows: heldOut.x.rows,
    notes,
  };
}
