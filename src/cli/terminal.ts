// Where the command line speaks: the story and the results, and a bar that redraws itself. With --json the document
// alone goes to stdout.
import picocolors from "picocolors";
import { write, writeError } from "./output.js";
import { atEnd } from "./run/under-way.js";
import { RelumineError } from "../core/errors.js";
import { drawProgress, type ProgressLine } from "../report/progress-text.js";

type Stream = NodeJS.WriteStream;

const REDRAW_MILLISECONDS = 80;
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"];

function isTerminal(stream: Stream): boolean {
  return stream.isTTY === true && process.env.TERM !== "dumb";
}

/** Colours on a terminal alone, and none where NO_COLOR is set (no-color.org). */
function showsColors(stream: Stream): boolean {
  return isTerminal(stream) && !process.env.NO_COLOR;
}

/** Arrays of numbers as lists: JSON would make objects of them. */
function listArrays(_name: string, value: unknown): unknown {
  return ArrayBuffer.isView(value) ? Array.from(value as Float32Array) : value;
}

export class Terminal {
  readonly hasColors: boolean;
  readonly colors: ReturnType<typeof picocolors.createColors>;
  readonly #story: Stream;
  readonly #hasBar = isTerminal(process.stderr);
  #isBarShown = false;
  #liveLines = 0;
  #started = 0;
  #redrawn = 0;

  /** @param json keeps stdout for the document: the story goes to stderr */
  constructor(json = false) {
    this.#story = json ? process.stderr : process.stdout;
    this.hasColors = showsColors(this.#story);
    this.colors = picocolors.createColors(this.hasColors);
  }

  get hasBar(): boolean {
    return this.#hasBar;
  }

  /** A line of the story, or several. */
  tell(text = ""): void {
    this.endProgress();
    write(this.#story, `${text}\n`);
  }

  /** What went wrong beside a result that stands: always on stderr. */
  fail(text: string): void {
    this.endProgress();
    writeError(text);
  }

  /** What people may want to mend while the work goes on: always on stderr. */
  warn(text: string): void {
    this.endProgress();
    writeError(text, "warning");
  }

  document(value: unknown): void {
    this.endProgress();
    write(process.stdout, `${JSON.stringify(value, listArrays, 2)}\n`);
  }

  /** A line of progress where there is no terminal to draw a bar on. */
  log(text: string): void {
    if (!this.#hasBar) write(process.stderr, `${text}\n`);
  }

  startProgress(): void {
    this.#started = performance.now();
    this.#redrawn = 0;
  }

  /** Starts a bar of percents: what is returned hears, from 0 to 1, how much is done. */
  startShare(label: string): (done: number) => void {
    this.startProgress();
    return (done) => this.progress({ label, done: 100 * done, total: 100, unit: "%" });
  }

  progress(state: ProgressLine): void {
    const now = performance.now();
    if (!this.#hasBar || (now - this.#redrawn < REDRAW_MILLISECONDS && state.done < state.total)) return;
    this.#redrawn = now;
    this.#isBarShown = true;
    const line = drawProgress(state, (now - this.#started) / 1000, (process.stderr.columns || 80) - 1);
    write(process.stderr, `\r${line}\x1b[K`);
  }

  /**
   * Lines that stand until others replace them, or the story goes on; on a terminal alone, and only as many as it
   * shows.
   */
  live(lines: readonly string[]): void {
    if (!this.#hasBar) return;
    this.endProgress();
    const shown = lines
      .slice(0, (process.stderr.rows || 24) - 1)
      .map((line) => line.slice(0, (process.stderr.columns || 80) - 1));
    write(process.stderr, shown.map((line) => `${line}\n`).join(""));
    this.#liveLines = shown.length;
  }

  endProgress(): void {
    if (this.#liveLines > 0) write(process.stderr, `\x1b[${this.#liveLines}A\r\x1b[J`);
    this.#liveLines = 0;
    if (this.#isBarShown) write(process.stderr, "\r\x1b[K");
    this.#isBarShown = false;
  }
}

/** What a command is refused with whose work is not to begin any more. */
export const interruptedError = (): RelumineError =>
  new RelumineError("value", "the training", "to begin", "an interruption before its first step");

/**
 * A signal that is raised when the program is first asked to end, by Ctrl-C, by `kill` and schedulers, or as its
 * terminal goes away, so that it saves what it has. Asked again it ends at once, as by default; but not for SIGHUP,
 * which the shell and the system may both send.
 */
export function interruption(): AbortSignal {
  const controller = new AbortController();
  const forget = (names: readonly string[]): void => names.forEach((name) => process.removeListener(name, stop));
  const stop = (): void => {
    forget(["SIGINT", "SIGTERM"]);
    controller.abort();
  };
  for (const name of SIGNALS) process.on(name, stop);
  atEnd(() => forget(SIGNALS));
  return controller.signal;
}
