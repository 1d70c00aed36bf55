// Long arrays compared: vitest's own toEqual takes a microsecond an element.
import { expect } from "vitest";

/** As toEqual of two arrays of numbers (NaN is NaN, and -0 is not 0); `where` is told with what differs. */
export function expectSameNumbers(got: ArrayLike<number>, wanted: ArrayLike<number>, where?: string): void {
  let at = 0;
  while (at < wanted.length && Object.is(got[at], wanted[at])) at++;
  if (at === wanted.length && got.length === wanted.length) return;
  const around = (values: ArrayLike<number>) => Array.from(values).slice(Math.max(0, at - 2), at + 6);
  expect.fail(
    `${where ? `${where}: ` : ""}${got.length} numbers, wanted ${wanted.length}; from ${Math.max(0, at - 2)} on they are ` +
      `${around(got).join(", ")}, wanted ${around(wanted).join(", ")}`,
  );
}
