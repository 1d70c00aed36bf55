// What `relumine diagnose` found, whatever it looked at: for people, and as the document that --json prints.
import type { Failure } from "../fail-on.js";
import type { JudgedRows, ToldEvaluation } from "../models/subject.js";
import { describeDiagnosis } from "../network-for-table.js";
import type { Terminal } from "../terminal.js";
import type { Diagnosis, NetworkSpec, ObservedUnit } from "../../index.js";
import { countOf } from "../../text/numbers.js";
import { onOneLine } from "../../text/printable.js";
import { wrap } from "../../text/wrap.js";

export interface Judged {
  /** What was looked at: a line or more. */
  readonly text: string;
  /** The same as data. */
  readonly document: object;
  readonly data: JudgedRows;
  /** Where it is one chain of layers. */
  readonly spec?: NetworkSpec;
  /** How well it does, where targets are known. */
  readonly evaluated?: ToldEvaluation;
  /** Or why there is none. */
  readonly diagnosis: Diagnosis<ObservedUnit> | string;
}

/** What is looked at, and on which rows. */
export function tellSubject(terminal: Terminal, text: string, { name, rows, notes }: JudgedRows): void {
  const told = notes.map((note) => wrap(onOneLine(note), 80, "  "));
  terminal.tell([text, `${onOneLine(name)}: ${countOf(rows, "row")}`, ...told].join("\n"));
  terminal.tell();
}

export function tellJudged(terminal: Terminal, { text, data, evaluated, diagnosis }: Judged): void {
  tellSubject(terminal, text, data);
  evaluated?.tell(terminal);
  terminal.tell(`${evaluated ? "\n" : ""}${describeDiagnosis(diagnosis)}`);
}

/** The document that --json prints: docs/diagnosis.schema.json says what is in it. */
export function judgedDocument({ document, data, evaluated, diagnosis }: Judged, failures: readonly Failure[]): object {
  return {
    model: document,
    data,
    learning: typeof diagnosis === "string" ? undefined : diagnosis.learning,
    evaluation: evaluated?.evaluation,
    diagnosis: typeof diagnosis === "string" ? { error: diagnosis } : diagnosis,
    ...(failures.length > 0 && { failures }),
  };
}
