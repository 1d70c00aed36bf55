// The journal of a sweep: a line for each trial that is in.
//   {"relumine":"trial 1","id":"...","build":"...","data":"...","at":{...},"seed":0,"epochs":10,"host":"...",
//    "figures":{...},"check":"1a2b3c4d"}
import { checkFigures, checkHost } from "./check-figures.js";
import { isPlainObject, type Plain } from "../plan/plain.js";
import type { TrialFigures } from "../types.js";
import {
  isId,
  type JournalContents,
  readLines,
  readMembers,
  type TrialJournal as SweepJournal,
  writeMembers,
} from "../../treatment/trial/journal/lines.js";

export type { SweepJournal };

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

export function writeLine({ id, build, data, at, seed, epochs, host, figures }: JournalEntry): string {
  return writeMembers("trial 1", { id, build, data, at, seed, epochs, host, figures });
}

/**
 * What a line says; "cut" of one that ends before its end, "damaged" of one that says something else than it did,
 * "other" of one that is no trial of a sweep.
 */
export function readLine(line: string): JournalEntry | "cut" | "damaged" | "other" {
  const members = readMembers("trial 1", line);
  if (typeof members === "string") return members;
  try {
    const { id, build, data, at, seed, epochs, host, figures } = members as JournalEntry;
    const isWhole = isId(id) && [build, data].every((name) => typeof name === "string") && isPlainObject(at);
    if (!isWhole || ![seed, epochs].every((count) => Number.isSafeInteger(count) && count >= 0)) return "damaged";
    return {
      id,
      build,
      data,
      at,
      seed,
      epochs,
      host: checkHost("host", host),
      figures: checkFigures("figures", figures),
    };
  } catch {
    return "damaged";
  }
}

/** @throws RelumineError "format" of a journal in which no line is of a training: it is another program's */
export const readJournals = (journals: readonly SweepJournal[]): Promise<JournalContents<JournalEntry>> =>
  readLines(journals, readLine);

/**
 * One journal's lines of several: each trial once, damaged lines left out. The result is a journal of its own.
 * @param journals such as those of two shards
 * @param into where the lines go
 * @cost reads each journal once
 * @throws RelumineError "format" where one of them is no journal of a sweep
 * @example await mergeJournals([fileJournal("a.jsonl"), fileJournal("b.jsonl")], fileJournal("all.jsonl"));
 */
export async function mergeJournals(journals: readonly SweepJournal[], into: SweepJournal): Promise<number> {
  const { entries, others } = await readJournals(journals);
  const known = await readJournals([into]);
  const lines = [
    ...[...entries.values()].filter(({ id }) => !known.entries.has(id)).map(writeLine),
    ...[...others].filter((line) => !known.others.has(line)),
  ];
  if (lines.length > 0) await into.append(lines);
  await into.close?.();
  return lines.length;
}

/**
 * A journal in memory: for sweeps one after another that share trials.
 * @cost a kilobyte or less a trial
 * @throws nothing of its own: lines that are none of a sweep are refused as sweep refuses them
 * @example
 * const journal = memoryJournal();
 * await sweep(coarse, data, { journal });
 * await sweep(fine, data, { journal });
 */
export function memoryJournal(lines: readonly string[] = []): SweepJournal {
  const kept = [...lines];
  return { read: () => [...kept], append: (more) => void kept.push(...more) };
}
