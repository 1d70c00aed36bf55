// --journal: the file that keeps trainings, so that a command that was interrupted or killed goes on from it.
import { Option } from "commander";
import type { Terminal } from "../terminal.js";
import type { JournalReport, SweepJournal } from "../../sweep.js";
import { describeJournal } from "../../treatment/trial/journal/report-text.js";
import { formatPercent } from "../../text/numbers.js";
import { onOneLine } from "../../text/printable.js";
import { wrap } from "../../text/wrap.js";

export const journalOption = (): Option =>
  new Option("--journal <file>", "store each training there, and go on from what is there");

/** Of a name, if there is one. */
export async function openJournal(file: string | undefined): Promise<SweepJournal | undefined> {
  return file === undefined ? undefined : (await import("../../sweep.js")).fileJournal(file);
}

/** What an interrupted command says in the end. */
export const howToGoOn = (journal: string | undefined): string =>
  journal === undefined
    ? "With --journal FILE the same command would go on."
    : `What was trained is in ${onOneLine(journal)}: the same command goes on from there.`;

/** What it had, where it had something. */
export function tellJournal(terminal: Terminal, report: JournalReport | undefined): void {
  const lines = report ? describeJournal(report, "training") : [];
  if (lines.length > 0) terminal.tell(`\n${terminal.colors.dim(wrap(lines.join(" ")))}`);
}

/** How much of a sweep or a map is in. */
export function tellInterrupted(
  terminal: Terminal,
  [done, planned]: readonly [done: number, planned: number],
  what: string,
  journal: string | undefined,
): void {
  if (done === 0)
    return terminal.tell(
      terminal.colors.yellow(`Interrupted before any of the ${what} was in: the same command starts again.`),
    );
  const share = formatPercent(planned === 0 ? 1 : done / planned);
  terminal.tell(terminal.colors.yellow(`Interrupted: ${share} of the ${what} are in. ${howToGoOn(journal)}`));
}
