// How much work a file may ask for, beside its own size: a few bytes can name large shapes, and numbers many times
// over.
import { RelumineError } from "../../core/errors.js";

/** Numbers that any file may make, of however few bytes. */
export const LEAST_BUDGET = 2 ** 24;

/** Counts numbers that are made while a file is read. */
export class Budget {
  constructor(private left: number) {}

  /**
   * To be called before they are made, where there may be many of them.
   * @throws RelumineError "memory"
   */
  spend(numbers: number): void {
    this.left -= numbers;
    if (this.left >= 0) return; // NaN is none
    throw new RelumineError(
      "memory",
      "the model",
      "to be as large as its file",
      "more numbers than it holds, made of few",
    );
  }
}
