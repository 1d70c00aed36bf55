// The journal of a sweep: a line for each trial that is in. A result that exists is how a sweep goes on, so a line is
// believed only if it is whole: it ends with a checksum of what is before it.
//   {"relumine":"trial 1","id":"...","build":"...","data":"...","at":{...},"seed":0,"epochs":10,"host":"...","figures":{...},"check":"1a2b3c4d"}
import { checkFigures, checkHost } from "./check-figures.js";
import type { Plain } from "../plan/plain.js";
import type { TrialFigures } from "../types.js";
import { describe } from "../../core/checks.js";
import { checksumOf } from "../../core/checksum.js";
import { RelumineError } from "../../core/errors.js";

/** Where a sweep keeps what it has done, and looks for what was done before. */
export interface SweepJournal {
  /**
   * All lines so far in their order, without their ends. A last one that no end follows may be left out.
   */
  read(): Iterable<string> | AsyncIterable<string>;
  /**
   * Adds lines, whole and in order; once it is fulfilled they are there though the program is killed.
   * @example append: (lines) => appendFile(path, lines.map((line) => `${line}\n`).join(""))
   */
  append(lines: readonly string[]): void | Promise<void>;
  /** At the end of a sweep: what is held back is written. */
  close?(): void | Promise<void>;
}

/** What a line tells. */
export interface JournalEntry {
  readonly id: string;
  readonly build: string;
  readonly data: string;
  readonly at: Readonly<Record<string, Plain>>;
  readonly seed: number;
  readonly epochs: number;
  readonly host: string;
  readonly figures: TrialFigures;
}

const START = '{"relumine":"trial 1",';
const END = /,"check":"([\da-f]{8})"\}$/;
/** Longer ones are nobody's. */
export const LONGEST_LINE = 2 ** 20;

export function writeLine({ id, build, data, at, seed, epochs, host, figures }: JournalEntry): string {
  const parts = Object.entries({ id, build, data, at, seed, epochs, host, figures }).map(
    ([name, value]) => `"${name}":${JSON.stringify(value)}`,
  );
  const text = `${START}${parts.join(",")}`;
  return `${text},"check":"${checksumOf([text], [])}"}`;
}

/** What a line says; "cut" of one that ends before its end, "damaged" of one that says something else than it did. */
export function readLine(line: string): JournalEntry | "cut" | "damaged" {
  const end = END.exec(line);
  if (!end) return "cut";
  const text = line.slice(0, end.index);
  if (!line.startsWith(START) || checksumOf([text], []) !== end[1]) return "damaged";
  try {
    const { id, figures, host, ...rest } = JSON.parse(line) as JournalEntry;
    if (!/^[\da-f]{1,64}$/.test(id)) return "damaged";
    return { ...rest, id, host: checkHost("host", host), figures: checkFigures("figures", figures) };
  } catch {
    return "damaged";
  }
}

/** What the journals hold. */
export interface JournalContents {
  readonly entries: ReadonlyMap<string, JournalEntry>;
  readonly cut: number;
  /** Lines, counted from 1 through all journals. */
  readonly damaged: readonly number[];
}

const isList = (value: SweepJournal | readonly SweepJournal[]): value is readonly SweepJournal[] =>
  Array.isArray(value);

/**
 * @throws RelumineError "format" of a journal in which no line is of a sweep: it is another program's
 */
export async function readJournals(given: SweepJournal | readonly SweepJournal[]): Promise<JournalContents> {
  const entries = new Map<string, JournalEntry>();
  const damaged: number[] = [];
  let [line, cut] = [0, 0];
  for (const journal of isList(given) ? given : [given]) {
    let [isOurs, first] = [false, undefined as string | undefined];
    for await (const text of journal.read()) {
      line++;
      if (text === "") continue;
      first ??= text;
      isOurs ||= START.startsWith(text.slice(0, START.length));
      const read = readLine(text);
      if (read === "cut") cut++;
      else if (read === "damaged") damaged.push(line);
      else entries.set(read.id, read); // of two of one id both are right
    }
    if (first !== undefined && !isOurs)
      throw new RelumineError(
        "format",
        "the journal",
        "to be that of a sweep",
        `another file, which begins ${describe(first)}`,
      );
  }
  return { entries, cut, damaged };
}

/**
 * One journal's lines of several: each trial once, damaged lines left out. The result is a journal of its own.
 * @param journals such as those of two shards
 * @param into where the lines go
 * @cost reads each journal once
 * @throws RelumineError "format" where one of them is no journal of a sweep
 * @example await mergeJournals([fileJournal("a.jsonl"), fileJournal("b.jsonl")], fileJournal("all.jsonl"));
 */
export async function mergeJournals(journals: readonly SweepJournal[], into: SweepJournal): Promise<number> {
  const { entries } = await readJournals(journals);
  const { entries: known } = await readJournals(into);
  const lines = [...entries.values()].filter(({ id }) => !known.has(id)).map(writeLine);
  if (lines.length > 0) await into.append(lines);
  await into.close?.();
  return lines.length;
}

/**
 * A journal in memory: for sweeps one after another that share trials.
 * @cost a kilobyte or less a trial
 * @throws nothing of its own: lines that are none of a sweep are refused as sweep refuses them
 * @example const journal = memoryJournal(); await sweep(coarse, data, { journal }); await sweep(fine, data, { journal });
 */
export function memoryJournal(lines: readonly string[] = []): SweepJournal {
  const kept = [...lines];
  return { read: () => [...kept], append: (more) => void kept.push(...more) };
}
