// A network and the rows that it is looked at on, whoever trained it: what a command says of them, and how well the
// network does where targets are known.
import type { WrittenBesides } from "./written-model.js";
import type { Terminal } from "../terminal.js";
import type { SampleRows } from "../../core/matrix.js";
import type { Network, Targets } from "../../index.js";
import type { FileFormat } from "../../models/format.js";
import type { EvaluationRecord } from "../../report/pages/evaluation-section.js";

/** The rows that something is looked at on. */
export interface JudgedRows {
  readonly name: string;
  readonly rows: number;
  readonly notes: readonly string[];
}

/** How well a network does on rows with known targets: as data, for a page, and told. */
export interface ToldEvaluation {
  readonly evaluation: object;
  readonly record: EvaluationRecord;
  readonly tell: (terminal: Terminal) => void;
}

export interface Subject {
  readonly format: FileFormat;
  readonly network: Network;
  /** In a line. */
  readonly text: string;
  /** As --json prints it. */
  readonly document: object;
  readonly data: JudgedRows;
  readonly x: SampleRows;
  readonly y?: Targets;
  readonly evaluated?: ToldEvaluation;
  /** What is to be kept where it is written again. */
  readonly besides: WrittenBesides;
}
