// What tests themselves keep to: errors are told by code and path, not by words that people read; properties take the
// run's seed.
import { readdirSync, readFileSync } from "node:fs";
import ts from "typescript";
import { expect, test } from "vitest";
import { expectRefusal, isProse } from "./support/errors.js";
import { RelumineError } from "../src/index.js";

const WORDS = "an error is told by its code and path (expectError, relumineError), or by the object that was thrown";
const SEED = "a property takes the run's seed (tests/support/property.ts)";
/** The texts of errors are what this file is about. */
const ABOUT_TEXTS = ["core/errors.test.ts"];

const isText = (node: ts.Node): boolean =>
  ts.isStringLiteralLike(node) || ts.isRegularExpressionLiteral(node) || ts.isTemplateExpression(node);

/** `toThrow("words")`, and matchers on a property of an error that is written for people. */
function assertsWords(call: ts.CallExpression): boolean {
  const { expression: callee, arguments: given } = call;
  if (!ts.isPropertyAccessExpression(callee) || given.length === 0) return false;
  if (/^toThrow(Error)?$/.test(callee.name.text)) return isText(given[0]!);
  if (!/^to(Be|Contain|Match|Equal)$/.test(callee.name.text) || !isText(given[0]!)) return false;
  const [subject] = ts.isCallExpression(callee.expression) ? callee.expression.arguments : [];
  return (
    subject !== undefined &&
    /\berror\)*\.(message|expected|given|hint)$/.test(subject.getText()) &&
    isProse(given[0]!.getText())
  );
}

/** `fc.assert(property, { seed: 1 })`. */
function namesSeed(call: ts.CallExpression): boolean {
  const [, options] = call.arguments;
  return (
    /^fc\.(assert|check)$/.test(call.expression.getText()) &&
    options !== undefined &&
    ts.isObjectLiteralExpression(options) &&
    options.properties.some((property) => property.name?.getText() === "seed")
  );
}

/** "line: what is wrong" for each breach in a test's text. */
function breaches(text: string): string[] {
  const source = ts.createSourceFile("a.test.ts", text, ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    const complain = (what: string) =>
      found.push(`${source.getLineAndCharacterOfPosition(node.getStart()).line + 1}: ${what}`);
    if (ts.isCallExpression(node) && assertsWords(node)) complain(WORDS);
    if (ts.isCallExpression(node) && namesSeed(node)) complain(SEED);
    if (ts.isImportDeclaration(node) && node.moduleSpecifier.getText() === '"fast-check"') complain(SEED);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

const folder = new URL("./", import.meta.url);
const paths = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter(
  (path) => path.endsWith(".test.ts") && !ABOUT_TEXTS.includes(path),
);

test("errors are told by code and path, properties take the run's seed", () => {
  expect(paths.length).toBeGreaterThan(100);
  const found = paths.flatMap((path) =>
    breaches(readFileSync(new URL(path, folder), "utf8")).map((breach) => `${path}:${breach}`),
  );
  expect(found).toEqual([]);
});

test.each([
  [`expect(f).toThrow("too large");`, 1],
  ["expect(f).rejects.toThrow(/too large/);", 1],
  ["expect(f).not.toThrowError(`${n} rows`);", 1],
  [`expect(error.message).toContain("is too large");`, 1],
  [`expect((caught as Error).message).toBe("of a sentence");`, 0], // not one of the package's
  [`expect(error.given).toBe("3");`, 0],
  [`expect(f).toThrow(relumineError("value", "x"));`, 0],
  ["expect(f).toThrow(own);", 0],
  [`import fc from "fast-check";`, 1],
  ["fc.assert(fc.property(a, f), { numRuns: 9, seed: 3 });", 1],
  ["fc.assert(fc.property(a, f), { numRuns: 9 });", 0],
])("%s: %i", (text, count) => expect(breaches(text)).toHaveLength(count));

test("values and names are no prose, sentences are", async () => {
  expect(["3", '"relu"', "array", /row 0/, "length 1", "-Infinity"].filter(isProse)).toEqual([]);
  expect(["got it from another", /is too large/].filter(isProse)).toHaveLength(2);
  const refuse = () => {
    throw new RelumineError("value", "x", "a number", "text of two words");
  };
  await expectRefusal(refuse, "value", "x", "text");
  await expect(expectRefusal(refuse, "value", "x", "text of two words")).rejects.toThrow();
});
