/**
 * What kind of mistake a caller made. "shape": a size that does not fit the others; "value": a value that is not
 * allowed; "memory": more than WebAssembly's 4 GiB or the machine give; "format": bytes that are no such file;
 * "unsupported": what this engine, page or version can't do; "disposed": a network, or its worker, that is gone.
 */
export type ErrorCode = "shape" | "value" | "memory" | "format" | "unsupported" | "disposed";

/**
 * Every error that a caller can cause. Its message reads "expected PATH EXPECTED, got GIVEN", with a hint after it
 * where there is one; programs read `code`, `path`, `expected` and `given` instead.
 * @example
 * try {
 *   await createNetwork({ inputs: 2, layers: [{ units: 1.5 }], loss: "meanSquaredError" });
 * } catch (error) {
 *   if (error instanceof RelumineError) console.error(error.code, error.path, error.message);
 *   // value layers[0].units expected layers[0].units to be an integer of at least 1 and at most 1073741824, got 1.5
 * }
 */
export class RelumineError extends Error {
  /** "RelumineError". */
  override readonly name = "RelumineError";
  /** What was refused, as a program would write it: `layers[0].units`; "" where no argument is to blame. */
  readonly path: string;
  /** What it has to be: "to be an integer of at least 1". */
  readonly expected: string;
  /** What came instead, in a few words: "1.5". */
  readonly given: string;
  /** A sentence that may help, e.g. `Did you mean "relu"?`, or "". */
  readonly hint: string;

  /**
   * For programs that add to the package, such as operations of a worker of one's own.
   * @param code what kind of mistake it is
   * @param path what was refused, as a program would write it, or ""
   * @param expected what it has to be: "to be ..." or "to have ..."
   * @param given what came instead
   * @param hint a sentence that may help
   */
  constructor(
    /** What kind of mistake it was: for programs to tell one from another. */
    readonly code: ErrorCode,
    path: string,
    expected: string,
    given: string,
    hint = "",
  ) {
    super(messageOf(path, expected, given, hint));
    this.path = path;
    this.expected = expected;
    this.given = given;
    this.hint = hint;
  }
}

/** The same error with what its place lies in before the path, e.g. the file. */
export function errorIn(place: string, error: RelumineError, code = error.code): RelumineError {
  const path = error.path === "" ? place : `${place}: ${error.path}`;
  return new RelumineError(code, path, error.expected, error.given, error.hint);
}

/** What every use of a disposed network, or the like, is refused with. */
export function disposedError(path = "network"): RelumineError {
  return new RelumineError("disposed", path, "to be in use", "one that was disposed of");
}

function messageOf(path: string, expected: string, given: string, hint: string): string {
  const subject = path === "" ? "" : `${path} `;
  return `expected ${subject}${expected}, got ${given}${hint === "" ? "" : `. ${hint}`}`;
}
