// What a sweep or a map that was interrupted says: how much of it is in, and whether the same command goes on from
// there.
import type { Terminal } from "../terminal.js";
import { formatPercent } from "../../text/numbers.js";
import { onOneLine } from "../../text/printable.js";

export function tellInterrupted(
  terminal: Terminal,
  [done, planned]: readonly [done: number, planned: number],
  what: string,
  journal: string | undefined,
): void {
  const share = formatPercent(planned === 0 ? 1 : done / planned);
  const how =
    journal === undefined
      ? "Nothing is kept: with --journal FILE the same command would go on."
      : `They are in ${onOneLine(journal)}: the same command goes on from there.`;
  terminal.tell(terminal.colors.yellow(`Interrupted: ${share} of the ${what} are in. ${how}`));
}
