// A journal in a file: JSON lines. Each is written whole by one call, so that a killed program leaves at most a piece
// of the last one; what comes after it begins on a line of its own.
import { host } from "../host.js";
import { RelumineError } from "../../core/errors.js";
import { LONGEST_LINE, type TrialJournal } from "../../treatment/trial/journal/lines.js";

/** So long the disk may lag behind the system: what a power cut costs. */
const SYNC_MILLISECONDS = 1000;

function* splitLines(path: string, pieces: Iterable<Uint8Array>, atEnd: (isWhole: boolean) => void): Generator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for (const piece of pieces) {
    const lines = (rest + decoder.decode(piece, { stream: true })).split("\n");
    rest = lines.pop()!;
    yield* lines;
    if (rest.length > LONGEST_LINE)
      throw new RelumineError("format", path, "to be a journal", `a line of more than ${LONGEST_LINE} characters`);
  }
  atEnd(rest === "");
  if (rest !== "") yield rest; // whole it may be, but for its end
}

/**
 * A journal in a file, JSON lines, for Node, Deno and Bun. A sweep, or `prescribe`, that was killed goes on from it;
 * several programs may write to one file of a local disk, and each to its own of a shared one (see `mergeJournals`).
 * @param path of the file, which is made when there is something to write
 * @cost a kilobyte or less a trial; the system writes them down at once, the disk within a second
 * @throws RelumineError "unsupported" in a page; "format" where the file can't be read or written, as a rejection of
 *   `sweep`
 * @example const result = await sweep(plan, { x, y }, { journal: fileJournal("runs.jsonl") });
 */
export function fileJournal(path: string): TrialJournal {
  const file = host.openFile(path);
  if (!file)
    throw new RelumineError(
      "unsupported",
      "fileJournal",
      "to be called where there are files",
      "a page",
      "Take memoryJournal().",
    );
  let [isWhole, synced] = [true, 0];
  const guard = <T>(act: () => T): T => {
    try {
      return act();
    } catch (error) {
      if (error instanceof RelumineError) throw error;
      throw new RelumineError("format", path, "to be a file that can be read and written", (error as Error).message);
    }
  };
  return {
    name: path,
    *read() {
      const lines = splitLines(path, file.read(), (whole) => (isWhole = whole))[Symbol.iterator]();
      for (;;) {
        const { value, done } = guard(() => lines.next());
        if (done) return;
        yield value;
      }
    },
    append(lines) {
      const start = isWhole ? "" : "\n";
      guard(() => file.append(new TextEncoder().encode(`${start}${lines.join("\n")}\n`)));
      isWhole = true;
      if (performance.now() - synced < SYNC_MILLISECONDS) return;
      synced = performance.now();
      file.sync();
    },
    close: () => guard(() => file.close()),
  };
}
