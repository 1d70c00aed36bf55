// The programs in examples/ run as they stand against the package as it is built, and print what their last comment
// says.
import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const run = promisify(execFile);
const folder = "examples/";
const MARK = "// It prints:\n";
const programs = (await readdir(folder)).filter((name) => name.endsWith(".mjs"));
const sources = new Map(
  await Promise.all(programs.map(async (name) => [name, await readFile(folder + name, "utf8")] as const)),
);
const printing = programs.filter((name) => sources.get(name)!.includes(MARK));

test("there are such programs", () => {
  expect(printing.length).toBeGreaterThanOrEqual(4);
});

test.each(printing)("%s", async (name) => {
  const { stdout } = await run(process.execPath, [folder + name]);
  const comment = sources.get(name)!.split(MARK)[1]!;
  const unwrapped = comment.replaceAll(/\n\/\/ {3}(?=\S)/g, " "); // a long line goes on, indented, in the next
  expect(stdout).toBe(unwrapped.replaceAll(/^\/\/ ?/gm, ""));
});
