import { expect, it } from "vitest";
import { findProgram } from "./browsers.js";

it("a program that is missing is an error in CI, and undefined elsewhere", () => {
  expect(findProgram("sh", true)).toMatch(/\/sh$/);
  expect(findProgram("no-such-browser", false)).toBeUndefined();
  expect(() => findProgram("no-such-browser", true)).toThrow();
});
