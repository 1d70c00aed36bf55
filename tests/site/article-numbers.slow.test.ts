// The article's numbers are what the package measures: to the bit, but for times. Of the textbook's claims the run's
// seed chooses one; RELUMINE_LONG=8 measures all of them; that takes a minute.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { digits } from "../playground/engine-harness.js";
import { measure } from "../../site/article/measure.js";
import { someOf } from "../support/times.js";

const root = fileURLToPath(new URL("../../", import.meta.url));
const stored = (name: string): unknown => JSON.parse(readFileSync(`${root}site/article/${name}`, "utf8"));

interface Textbook {
  readonly claims: readonly { readonly number: number; readonly seconds?: number }[];
}

/** Claims 1 and 2 are times of a machine. */
const CLAIMS = [3, 4, 5, 6, 7, 8, 9, 10];
const only = someOf(CLAIMS, 1).join(",");

test(`what is told of claim ${only} is what relumine textbook measures`, () => {
  const { claims } = stored("textbook.json") as Textbook;
  const said = execFileSync(process.execPath, ["dist/cli/main.js", "textbook", "--only", only, "--json"], {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
  const measured = (JSON.parse(said) as Textbook).claims.map(({ seconds: _, ...claim }) => claim);
  expect(measured).toHaveLength(only.split(",").length);
  expect(measured).toEqual(measured.map(({ number }) => claims.find((claim) => claim.number === number)));
});

test("starts are those of measure.ts", async () => {
  expect(stored("measured.json")).toMatchObject(await measure(digits()));
});
