// The page of one diagnosis.
import { diagnosisSections, leadOf } from "./diagnosis-sections.js";
import { type EvaluationRecord, evaluationSection } from "./evaluation-section.js";
import { type Block, text } from "../blocks.js";
import type { Page, PageSection } from "../page.js";
import type { ShownDiagnosis } from "../shown.js";
import type { NetworkSpec } from "../../network/spec.js";
import { shorten } from "../../table/cells.js";
import { countOf } from "../../text/numbers.js";

/** What a page is about, and how it was made. */
export interface PageSubject {
  readonly title: string;
  /** Name and value: file, format, rows. */
  readonly facts: readonly (readonly [name: string, value: string])[];
  /** What was decided about the data or the file. */
  readonly notes: readonly string[];
  readonly spec?: NetworkSpec;
  /** `relumine 0.1.0` */
  readonly madeBy: string;
}

const MOST_NOTES = 40;
const LONGEST_NOTE = 400;
const LONGEST_FACT = 200;

/** "What was looked at": facts and notes, of files by whoever wrote them, so that they are cut. */
export function subjectSection({ facts, notes }: Pick<PageSubject, "facts" | "notes">): PageSection {
  const shown = notes.slice(0, MOST_NOTES).map((note) => text(shorten(note, LONGEST_NOTE)));
  const more = notes.length - shown.length;
  const content: Block[] = [
    { kind: "facts", facts: facts.map(([name, value]) => [name, shorten(value, LONGEST_FACT)]) },
    ...shown,
    ...(more > 0 ? [text(`and ${countOf(more, "note")} more`)] : []),
  ];
  return { id: "subject", heading: "What was looked at", content };
}

/** At the end of each page. */
export function footOf({ madeBy }: Pick<PageSubject, "madeBy">): string[] {
  return [`Made by ${madeBy}. The same inputs give the same page.`];
}

export interface DiagnosisSubject extends PageSubject {
  /** Said before all else. */
  readonly lead?: readonly string[];
  /** How well it does, where targets are known. */
  readonly evaluation?: EvaluationRecord;
}

/** @param diagnosis or why there is none */
export function diagnosisPage(diagnosis: ShownDiagnosis | string, subject: DiagnosisSubject): Page {
  const { title, spec, lead = [], evaluation } = subject;
  const course = evaluation ? [evaluationSection(evaluation)] : [];
  return {
    title: shorten(title, LONGEST_FACT),
    lead: [...lead, ...leadOf(diagnosis)],
    sections: [...diagnosisSections(diagnosis, { course, ...(spec && { spec }) }), subjectSection(subject)],
    foot: footOf(subject),
  };
}
