// Journals in files: what a killed program leaves is passed over, and goes on a line of its own.
import { appendFileSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fileJournal, localEngine, sweep, type SweepPlan } from "../../src/sweep.js";
import { expectError } from "../support/errors.js";
import { newFolder } from "../support/folder.js";
import { sectors } from "../support/samples.js";

const folder = newFolder("journal");
const plan: SweepPlan = {
  base: { spec: { inputs: 2, layers: [{ units: 4 }, { units: 3 }], loss: "crossEntropy" }, fit: { epochs: 2 } },
  axes: { learningRate: [0.01, 0.1], bias: [-1, 0, 1] },
};
const data = sectors(60);
const engine = localEngine({ workers: 1 });
const run = (path: string) => sweep(plan, data, { engine, journal: fileJournal(path) });

test("a file that is cut anywhere is a sweep that goes on", async () => {
  const path = join(folder, "cut.jsonl");
  const whole = await run(path);
  const bytes = readFileSync(path);
  expect(String(bytes).split("\n")).toHaveLength(7);
  for (let cut = 0; cut <= bytes.length; cut += 97) {
    writeFileSync(path, bytes.subarray(0, cut));
    const { trials, journal } = await run(path);
    expect(trials.map(({ id, loss }) => [id, loss])).toEqual(whole.trials.map(({ id, loss }) => [id, loss]));
    expect(journal!.resumed).toBeGreaterThanOrEqual(String(bytes.subarray(0, cut)).split("\n").length - 1);
    expect(journal!.damaged).toEqual([]);
    const again = await run(path);
    expect([again.journal!.resumed, again.journal!.damaged]).toEqual([6, []]);
  }
});

test("a damaged line is told and done again", async () => {
  const path = join(folder, "damaged.jsonl");
  await run(path);
  const lines = readFileSync(path, "utf8").split("\n");
  lines[2] = lines[2].replace('"seed":0', '"seed":1');
  writeFileSync(path, lines.join("\n"));
  expect((await run(path)).journal).toEqual({ resumed: 5, others: 0, cut: 0, damaged: [3] });
});

test("another program's file, a folder, a line without end are refused and stay as they are", async () => {
  const path = join(folder, "table.csv");
  writeFileSync(path, "a,b\n1,2\n");
  await expectError(run(path), "format", `the journal ${path}`);
  expect(readFileSync(path, "utf8")).toBe("a,b\n1,2\n");
  mkdirSync(join(folder, "folder"));
  await expectError(run(join(folder, "folder")), "format");
  await expectError(run(join(folder, "nowhere", "j.jsonl")), "format");
  writeFileSync(path, "");
  truncateSync(path, 2 ** 21);
  await expectError(run(path), "format");
});

test("two programs may write to one file", async () => {
  const path = join(folder, "both.jsonl");
  const [a, b] = [fileJournal(path), fileJournal(path)];
  await Promise.all([a, b].map((journal) => sweep(plan, data, { engine: localEngine({ workers: 1 }), journal })));
  appendFileSync(path, "");
  expect((await run(path)).journal).toMatchObject({ resumed: 6, cut: 0, damaged: [] });
});
