// How well a network does on some rows: the figures, and by class.
import type { Block } from "../blocks.js";
import type { PageSection } from "../page.js";
import { type ClassResult, classRows } from "../training-text.js";

export interface EvaluationRecord {
  /** What the rows are: "held out". */
  readonly where: string;
  /** `accuracy 97.2 %, loss 0.1` */
  readonly figures: string;
  readonly classes?: readonly ClassResult[];
  readonly confusion?: readonly (readonly number[])[];
}

export function evaluationSection({ where, figures, classes = [], confusion = [] }: EvaluationRecord): PageSection {
  const [header, ...rows] = classRows(classes, confusion, where);
  const table: Block[] =
    classes.length === 0 ? [] : [{ kind: "table", table: { caption: `By class, ${where}`, header, rows, words: [5] } }];
  return { id: "evaluation", heading: "What came out", badge: `${where}: ${figures}`, content: table };
}
