// Journals of trainings: a line for each that is done. A result that exists is how a program goes on that was killed,
// so a line is believed only if it is whole: it ends with a checksum of what is before it.
//   {"relumine":"trial 1", ... ,"check":"1a2b3c4d"}    of a sweep
//   {"relumine":"run 1", ... ,"check":"1a2b3c4d"}      of a prescription, a checkup, the textbook
import { describe } from "../../../core/checks.js";
import { checksumOf } from "../../../core/checksum.js";
import { RelumineError } from "../../../core/errors.js";

/** Where trainings that are done are kept, and looked for: of a sweep, of `prescribe`; one journal may serve both. */
export interface TrialJournal {
  /** What errors call it: its file, say. */
  readonly name?: string;
  /**
   * All lines so far in their order, without their ends. A last one that no end follows may be left out.
   */
  read(): Iterable<string> | AsyncIterable<string>;
  /**
   * Adds lines, whole and in order; once it is fulfilled they are there though the program is killed.
   * @example append: (lines) => appendFile(path, lines.map((line) => `${line}\n`).join(""))
   */
  append(lines: readonly string[]): void | Promise<void>;
  /** At the end of the work: what is held back is written. */
  close?(): void | Promise<void>;
}

/** What was found in the journal at the beginning. */
export interface JournalReport {
  /** Trainings of this work that it had. */
  readonly resumed: number;
  /** Of other work, other data, or another build. */
  readonly others: number;
  /** Lines that were cut off when a program was killed: those trainings were done again. */
  readonly cut: number;
  /** Lines that are not what was written, counted from 1: those trainings were done again. */
  readonly damaged: readonly number[];
}

/** What a journal holds, of one kind. */
export interface JournalContents<E> {
  readonly entries: ReadonlyMap<string, E>;
  /** Whole lines of the other kind. */
  readonly others: ReadonlySet<string>;
  readonly cut: number;
  /** Lines, counted from 1 through all journals. */
  readonly damaged: readonly number[];
}

export type LineKind = "trial 1" | "run 1";

const KINDS: readonly LineKind[] = ["trial 1", "run 1"];
const END = /,"check":"([\da-f]{8})"\}$/;
/** Longer ones are nobody's. */
export const LONGEST_LINE = 2 ** 20;

const startOf = (kind: LineKind): string => `{"relumine":"${kind}",`;

/** Members in their order; those that JSON has no word for are left out. */
export function writeMembers(kind: LineKind, members: object): string {
  const text = `${startOf(kind)}${JSON.stringify(members).slice(1, -1)}`;
  return `${text},"check":"${checksumOf([text], [])}"}`;
}

/**
 * The members of a line; "cut" of one that ends before its end, "damaged" of one that says something else than it did.
 */
export function readMembers(kind: LineKind, line: string): object | "cut" | "damaged" | "other" {
  const end = END.exec(line);
  if (!end) return "cut";
  const text = line.slice(0, end.index);
  const found = KINDS.find((each) => line.startsWith(startOf(each)));
  if (!found || checksumOf([text], []) !== end[1]) return "damaged";
  if (found !== kind) return "other";
  try {
    return JSON.parse(line) as object;
  } catch {
    return "damaged";
  }
}

/** The id of a training, as a line has it. */
export const isId = (id: unknown): id is string => typeof id === "string" && /^[\da-f]{1,64}$/.test(id);

const mayBegin = (text: string): boolean =>
  KINDS.some((kind) => startOf(kind).startsWith(text.slice(0, startOf(kind).length)));

/**
 * @param read what a line tells
 * @throws RelumineError "format" of a journal in which no line is of a training: it is another program's
 */
export async function readLines<E extends { readonly id: string }>(
  journals: readonly TrialJournal[],
  read: (line: string) => E | "cut" | "damaged" | "other",
): Promise<JournalContents<E>> {
  const [entries, others] = [new Map<string, E>(), new Set<string>()];
  const damaged: number[] = [];
  let [line, cut] = [0, 0];
  for (const journal of journals) {
    let [isOurs, first] = [false, undefined as string | undefined];
    for await (const text of journal.read()) {
      line++;
      if (text === "") continue;
      first ??= text;
      isOurs ||= mayBegin(text);
      const told = read(text);
      if (told === "cut") cut++;
      else if (told === "damaged") damaged.push(line);
      else if (told === "other") others.add(text);
      else entries.set(told.id, told); // of two of one id both are right
    }
    if (first !== undefined && !isOurs)
      throw new RelumineError(
        "format",
        journal.name === undefined ? "the journal" : `the journal ${journal.name}`,
        "to be that of a sweep or a prescription",
        `another file, which begins ${describe(first)}`,
      );
  }
  return { entries, others, cut, damaged };
}

export function checkJournal(journal: TrialJournal): TrialJournal {
  const { read, append } = (journal ?? {}) as Partial<TrialJournal>;
  if (typeof read === "function" && typeof append === "function") return journal;
  throw new RelumineError("value", "journal", "to be an object with read and append", describe(journal));
}
