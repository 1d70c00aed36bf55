// The two streams that the command line writes to. Work goes on when one of them gives way: a reader that has seen
// enough (`| head`) or a terminal that is gone is no error, and what can't be written for another reason is one.
import { reasonOf } from "../files/reads.js";
import { onOneLine } from "../text/printable.js";

type Stream = NodeJS.WriteStream;

/** No reader is left there, or writing to it failed: nothing more is written. */
const lost = new Set<Stream>();

export function write(stream: Stream, text: string): void {
  if (!lost.has(stream)) stream.write(text);
}

/** `error: ...` or `warning: ...` on stderr; marks in it that a terminal would obey are left out. */
export function writeError(message: string, kind: "error" | "warning" = "error"): void {
  write(process.stderr, `${kind}: ${onOneLine(message)}\n`);
}

/** As by default when the terminal goes away, and before Node resets the terminal that is gone, which aborts it. */
function endByHangUp(): void {
  process.removeAllListeners("SIGHUP");
  process.kill(process.pid, "SIGHUP");
}

function isReaderGone(stream: Stream, { code }: NodeJS.ErrnoException): boolean {
  if (code === "EIO" && stream.isTTY) {
    process.once("exit", endByHangUp);
    return true;
  }
  return code === "EPIPE" || code === "ECONNRESET";
}

/** To be called first: an error of either stream ends neither the program nor what it is about to save. */
export function watchOutput(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      const isFirst = !lost.has(stream);
      lost.add(stream);
      if (!isFirst || isReaderGone(stream, error)) return;
      process.exitCode = 1;
      writeError(`the output could not be written: ${reasonOf(error)}`);
    });
  }
}
