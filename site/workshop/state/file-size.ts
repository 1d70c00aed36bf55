// How large a user's CSV file may be.
import { RelumineError } from "../../../src/core/errors.js";
import { formatBytes } from "../../../src/text/numbers.js";

const MOST_BYTES = 8 * 2 ** 20;

/** For what is too large for the page. */
export const COMMAND_LINE = "The command line takes more: relumine train.";

/** @throws RelumineError "format" for a file that is too large */
export function checkFileSize(name: string, bytes: number): void {
  if (bytes <= MOST_BYTES) return;
  const expected = `to have at most ${formatBytes(MOST_BYTES)}`;
  throw new RelumineError("format", name, expected, formatBytes(bytes), COMMAND_LINE);
}
