// What tests expect of a RelumineError: its code and path, not its words.
import { expect } from "vitest";
import type { ErrorCode, RelumineError } from "../../src/core/errors.js";

/**
 * Matches a RelumineError of this code and, where given, path.
 * @example
 * await expect(createNetwork(spec)).rejects.toEqual(relumineError("value", "spec.seed"));
 * expect(() => sgd({ learningRate: -1 })).toThrow(relumineError("value", "learningRate"));
 */
export function relumineError(code: ErrorCode, path?: string | RegExp): Error {
  const expectedPath = path instanceof RegExp ? (expect.stringMatching(path) as string) : path;
  return expect.objectContaining({
    name: "RelumineError",
    code,
    ...(expectedPath !== undefined && { path: expectedPath }),
  }) as Error;
}

/**
 * The call must throw, or the promise reject with, a RelumineError of this code and, where given, path: it is returned.
 */
export async function expectError(
  call: Promise<unknown> | (() => unknown),
  code: ErrorCode,
  path?: string | RegExp,
): Promise<RelumineError> {
  let thrown: unknown;
  try {
    await (typeof call === "function" ? call() : call);
  } catch (error) {
    thrown = error;
  }
  expect(thrown, "the call must be refused").toEqual(relumineError(code, path));
  return thrown as RelumineError;
}

/** Words for people: two and more beside each other. What came is a value, a name or a place. */
export const isProse = (text: string | RegExp): boolean =>
  /[a-z]{2,} [a-z]{2,}/i.test(typeof text === "string" ? text : text.source);

/** As expectError; what came, and the name that the hint suggests, must hold all of `given`: values, not sentences. */
export async function expectRefusal(
  call: () => unknown,
  code: ErrorCode,
  path?: string | RegExp,
  ...given: readonly (string | RegExp)[]
): Promise<void> {
  expect(given.filter(isProse), "errors are told by code, path and values").toEqual([]);
  const error = await expectError(call, code, path);
  for (const each of given) expect(`${error.given}. ${error.hint}`).toMatch(each);
}
