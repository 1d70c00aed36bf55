// What a journal had, in sentences.
import type { JournalReport } from "./lines.js";
import { countOf, plural } from "../../../text/numbers.js";

const MOST_LISTED = 5;

/** @param what a training is called */
export function describeJournal({ resumed, cut, damaged }: JournalReport, what: string): string[] {
  const lines = (count: number) => `${countOf(count, "line")} of the journal ${plural(count, "was", "were")}`;
  const [places, more] = [damaged.slice(0, MOST_LISTED).join(", "), damaged.length > MOST_LISTED ? ", …" : ""];
  return [
    ...(resumed > 0 ? [`${countOf(resumed, what)} of the journal.`] : []),
    ...(cut > 0 ? [`${lines(cut)} cut off when a program ended.`] : []),
    ...(damaged.length > 0 ? [`${lines(damaged.length)} damaged (${places}${more}): left out.`] : []),
  ];
}
