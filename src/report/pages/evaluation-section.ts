// How well a network does on some rows: the figures, and by class or number.
import type { Block } from "../blocks.js";
import type { PageSection } from "../page.js";
import { type ClassResult, classRows, type OutputResult, outputRows } from "../training-text.js";

export interface EvaluationRecord {
  /** What the rows are: "held out". */
  readonly where: string;
  /** `accuracy 97.2 %, loss 0.1` */
  readonly figures: string;
  readonly classes?: readonly ClassResult[];
  readonly confusion?: readonly (readonly number[])[];
  readonly outputs?: readonly OutputResult[];
}

function tableOf({ where, classes = [], confusion = [], outputs = [] }: EvaluationRecord): Block[] {
  if (outputs.length > 0) {
    const [header, ...rows] = outputRows(outputs);
    return [{ kind: "table", table: { caption: `By number of a row, ${where}`, header, rows } }];
  }
  if (classes.length === 0) return [];
  const [header, ...rows] = classRows(classes, confusion, where);
  return [{ kind: "table", table: { caption: `By class, ${where}`, header, rows, words: [5] } }];
}

export function evaluationSection(record: EvaluationRecord): PageSection {
  const { where, figures } = record;
  return { id: "evaluation", heading: "What came out", badge: `${where}: ${figures}`, content: tableOf(record) };
}
