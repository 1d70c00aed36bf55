// The article's numbers are what the package measures: to the bit, but for times.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { digits } from "../playground/engine-harness.js";
import { measure } from "../../site/article/measure.js";

const root = fileURLToPath(new URL("../../", import.meta.url));
const stored = (name: string): unknown => JSON.parse(readFileSync(`${root}site/article/${name}`, "utf8"));

interface Textbook {
  readonly claims: readonly { readonly number: number; readonly seconds?: number }[];
}

test("claims 3 to 9 are those of relumine textbook; 1 and 2 are times of a machine", () => {
  const { claims } = stored("textbook.json") as Textbook;
  const said = execFileSync(process.execPath, ["dist/cli/main.js", "textbook", "--only", "3,4,5,6,7,8,9", "--json"], {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
  const measured = (JSON.parse(said) as Textbook).claims.map(({ seconds: _, ...claim }) => claim);
  expect(claims.slice(2)).toEqual(measured);
});

test("starts are those of measure.ts", async () => {
  expect(stored("measured.json")).toMatchObject(await measure(digits()));
});
