/** What kind of mistake a caller made. */
export type ErrorCode = "shape" | "value" | "memory" | "format" | "unsupported" | "disposed";

/**
 * Every error that a caller can cause. The message says what was given and what is wanted.
 * @example
 * try { await createNetwork(spec); } catch (error) { if (error instanceof RelumineError) console.error(error.code, error.message); }
 */
export class RelumineError extends Error {
  override readonly name = "RelumineError";
  constructor(
    readonly code: ErrorCode,
    message: string,
  ) {
    super(message);
  }
}
