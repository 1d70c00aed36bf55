// A user's table on the page: the package's reader and its rules, numbers as they are or standardized.
import { readFileSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { tableTask } from "../../site/workshop/engine/table-task.js";
import type { LearningTask } from "../../site/tasks/learning-task.js";
import { prepareTable } from "../../src/table.js";
import { expectError } from "../support/errors.js";
import { EngineHarness } from "./engine-harness.js";

const penguins = readFileSync(new URL("../data/penguins.csv", import.meta.url));
const named = (contents: string | Uint8Array, target?: string) => ({
  name: "t.csv",
  contents,
  ...(target !== undefined && { target }),
});

/** What an engineer drops in: incomes as they are, a target in the same units. */
const INCOMES = [
  "income,age,spending",
  ...Array.from({ length: 500 }, (_, i) => {
    const income = 20_000 + ((i * 7919) % 500) * 180;
    return `${income},${20 + ((i * 31) % 60)},${Math.round(income * 0.4 + ((i * 53) % 97) * 11)}`;
  }),
].join("\n");

const columnOf = ({ train, heldOut }: LearningTask, column: number) =>
  [train, heldOut].flatMap(({ x }) => Array.from({ length: x.rows }, (_, row) => x.data[row * x.columns + column]));

describe("standardized", () => {
  test.each([
    ["penguins", penguins, "species"],
    ["incomes", INCOMES, "spending"],
  ])("%s are the task that the package makes, to the bit", async (_what, contents, target) => {
    const task = await tableTask(named(contents, target), "standardized");
    const prepared = await prepareTable(contents, { target });
    expect(task.features).toEqual(prepared.columns);
    expect(task.train.x).toEqual(prepared.training.x);
    expect(task.train.y).toEqual(Float32Array.from(prepared.training.y));
    expect(task.heldOut.x).toEqual(prepared.heldOut.x);
    expect(task.heldOut.y).toEqual(Float32Array.from(prepared.heldOut.y));
    expect(task.notes).toEqual(prepared.notes);
  });
});

describe("as they are", () => {
  test("numbers stand in the task as in the file, the target too; the split is the same", async () => {
    const [plain, scaled] = [await tableTask(named(INCOMES), "asIs"), await tableTask(named(INCOMES), "standardized")];
    const rows = INCOMES.split("\n")
      .slice(1)
      .map((line) => line.split(",").map(Number));
    expect(columnOf(plain, 0).toSorted((a, b) => a - b)).toEqual(
      rows.map(([income]) => income).toSorted((a, b) => a - b),
    );
    const spendings = new Map(rows.map(([income, , spending]) => [income, spending]));
    plain.train.y.forEach((value, row) => expect(value).toBe(spendings.get(plain.train.x.data[row * 2])));
    expect(plain.train.y).toHaveLength(scaled.train.y.length);
    expect(plain.heldOut.x.rows).toBe(scaled.heldOut.x.rows);
    const { x, y } = scaled.train;
    const slope = (plain.train.x.data[2] - plain.train.x.data[0]) / (x.data[2] - x.data[0]);
    for (let row = 2; row < 20; row++)
      expect(plain.train.x.data[row * 2] - plain.train.x.data[0]).toBeCloseTo((x.data[row * 2] - x.data[0]) * slope, 0);
    expect(y).not.toEqual(plain.train.y);
  });

  test("the page starts so, and the finding speaks of the inputs by their names", async () => {
    const harness = new EngineHarness();
    afterAll(() => harness.engine.dispose());
    const { task } = await harness.start({ data: "csv", rate: 0.8 }, named(INCOMES));
    expect(Math.max(...task.train.x.data)).toBeGreaterThan(100_000);
    const { findings } = await harness.send({ kind: "diagnose" }, "diagnosis");
    expect(findings.map(({ kind }) => kind)).toContain("unscaledInputs");
    const standardized = await harness.start({ data: "csv", rate: 0.8, scale: "standardized" });
    expect(Math.max(...standardized.task.train.x.data)).toBeLessThan(5);
    const later = await harness.send({ kind: "diagnose" }, "diagnosis");
    expect(later.findings.map(({ kind }) => kind)).not.toContain("unscaledInputs");
  });
});

describe("what spreadsheets write", () => {
  const lines = Array.from(
    { length: 40 },
    (_, i) => `Anna ${i};2020-0${1 + (i % 9)}-1${i % 9};${i},5;${i % 2 === 0 ? "yes" : "no"}`,
  );

  test("names, dates, semicolons and decimal commas are read, and it is said how", async () => {
    const task = await tableTask(named(`name;day;height;owner\n${lines.join("\n")}\n`), "asIs");
    expect(task.classes).toEqual(["no", "yes"]);
    expect(task.features.some((name) => name.startsWith("name"))).toBe(false);
    expect(task.features).toContain("height");
    expect(columnOf(task, task.features.indexOf("height"))).toContain(7.5);
    expect(task.notes.join()).toMatch(/name/);
    expect(task.table).toEqual({ name: "t.csv", columns: ["name", "day", "height", "owner"], target: "owner" });
  });

  test("a column of one value a row, and one with gaps, refuse nothing", async () => {
    const rows = Array.from({ length: 30 }, (_, i) => `name${i},${i % 5 === 0 ? "NA" : i},${i % 2}`);
    const task = await tableTask(named(`who,size,kind\n${rows.join("\n")}`), "asIs");
    expect(task.train.x.rows + task.heldOut.x.rows).toBe(30);
    expect(task.features).toContain("size");
  });
});

test.each([
  ["one column", "a\n1\n2", "format", "the table"],
  ["a target that does not vary", `a,kind\n${"1,yes\n2,yes\n".repeat(5)}`, "format", 'the target column "kind"'],
  ["too many rows", `a,y\n${"1,2\n3,1\n".repeat(10_001)}`, "format", "the table"],
  ["too many bytes", `a,y\n${"1,2\n".repeat(2 ** 21)}`, "format", "t.csv"],
] as const)("%s: refused", async (_what, contents, code, path) => {
  await expectError(() => tableTask(named(contents), "asIs"), code, path);
});

test("another target, and one that is not there; no file at all", async () => {
  const task = await tableTask(named(penguins, "island"), "asIs");
  expect(task.classes).toEqual(["Biscoe", "Dream", "Torgersen"]);
  await expectError(() => tableTask(named(penguins, "moon"), "asIs"), "value", "target");
  await expectError(() => tableTask(undefined, "asIs"), "value", "the data");
});
