// Links, code, tables and the order of remedies: what the page is made of besides its harness.
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { tableTask } from "../../site/engine/table-task.js";
import { codeFor } from "../../site/state/code-export.js";
import { offersFor } from "../../site/state/remedy-offers.js";
import { deathsCsv } from "../../site/state/deaths-csv.js";
import { PRESETS } from "../../site/state/presets.js";
import { ACTIVATION_NAMES, DATA_NAMES, OPENING, OPTIMIZER_NAMES, type Recipe } from "../../site/state/recipe.js";
import { fromHash, toHash } from "../../site/state/url.js";
import { parseCsv } from "../../src/table/csv.js";
import type { DeathRecord } from "../../site/engine/types.js";
import { expectError, relumineError } from "../support/errors.js";
import { EngineHarness } from "./engine-harness.js";

const recipes: fc.Arbitrary<Recipe> = fc.record({
  data: fc.constantFrom(...DATA_NAMES),
  layers: fc.array(fc.integer({ min: 1, max: 64 }), { minLength: 1, maxLength: 10 }),
  activation: fc.constantFrom(...ACTIVATION_NAMES),
  bias: fc.double({ min: -10, max: 10, noNaN: true }).map((value) => value + 0),
  optimizer: fc.constantFrom(...OPTIMIZER_NAMES),
  rate: fc.double({ min: 1e-6, max: 100, noNaN: true }),
  batch: fc.integer({ min: 1, max: 1024 }),
  seed: fc.integer({ min: 0, max: 2 ** 31 }),
  head: fc.constantFrom("usual" as const, "softmax" as const),
});

describe("a link", () => {
  test("goes there and back for any recipe", () => {
    fc.assert(
      fc.property(recipes, (recipe) => {
        expect(fromHash(`#${toHash(recipe)}`)).toEqual({ recipe, unread: [] });
      }),
      { seed: 1 },
    );
  });

  test("to the opening is empty", () => {
    expect(toHash(OPENING)).toBe("");
    expect(fromHash("")).toEqual({ recipe: OPENING, unread: [] });
  });

  test.each([
    "rate=",
    "rate=-1",
    "rate=1e999",
    "layers=0",
    "layers=4-x",
    "layers=65",
    `layers=${"2-".repeat(10)}2`,
    "data=moon",
    "seed=1.5",
    "constructor=1",
    "__proto__=1",
  ])("says that it can't read %s", (field) => {
    expect(fromHash(`#${field}&batch=8`)).toEqual({ recipe: { ...OPENING, batch: 8 }, unread: [field] });
  });
});

describe("code", () => {
  const folder = fileURLToPath(new URL("../../.cache/playground-code/", import.meta.url));
  mkdirSync(folder, { recursive: true });
  const harnesses: EngineHarness[] = [];
  afterAll(() => harnesses.forEach((harness) => harness.engine.dispose()));

  test.each(["Dying on the spiral", "The textbook's unit", "Too high a rate"])(
    "for %s is a program that finds the same deaths",
    async (name) => {
      const harness = new EngineHarness();
      harnesses.push(harness);
      const { recipe, task } = await harness.start(PRESETS.find((preset) => preset.name === name)!.recipe);
      const perEpoch = Math.ceil(task.train.x.rows / recipe.batch);
      const epochs = perEpoch === 1 ? 40 : 30;
      const { deaths } = await harness.stepTo(epochs * perEpoch);
      writeFileSync(`${folder}program.mjs`, codeFor(recipe, task, epochs));
      const lines = execFileSync(process.execPath, [`${folder}program.mjs`], { encoding: "utf8" }).split("\n");
      const found = lines.slice(0, deaths.length);
      expect(deaths.length).toBeGreaterThan(0);
      expect(found.toSorted()).toEqual(deaths.map(({ explanation }) => explanation).toSorted());
    },
  );
});

const death: DeathRecord = {
  layer: 1,
  unit: 2,
  step: 30,
  cause: "learningRate",
  survivesAt: 0.25,
  explanation: 'it "fell", and stayed',
};

test("the table of deaths is one that a CSV reader reads", () => {
  const { header, rows } = parseCsv(
    deathsCsv([death, { ...death, unit: 3, cause: "born", step: 0, survivesAt: undefined } as unknown as DeathRecord]),
  );
  expect(header).toEqual(["layer", "unit", "step", "cause", "survives_at", "explanation"]);
  expect(rows).toEqual([
    ["1", "2", "30", "learningRate", "0.25", 'it "fell", and stayed'],
    ["1", "3", "0", "born", "", 'it "fell", and stayed'],
  ]);
});

describe("remedies", () => {
  test("each cause has all four, the fitting one first", () => {
    const first = (["learningRate", "momentum", "weightDecay", "upstream", "drift", "born", "unknown"] as const).map(
      (cause) => {
        const offers = offersFor({ ...death, cause }, undefined, 0.8);
        expect(new Set(offers.map(({ remedy }) => remedy)).size).toBe(4);
        return offers[0].remedy;
      },
    );
    expect(first).toEqual(["liftBias", "liftBias", "liftBias", "recycle", "leakyRelu", "recycle", "liftBias"]);
  });

  test("the lower rate lies below what the unit would have survived, and below the rate that is", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1e-5, max: 5, noNaN: true }),
        fc.double({ min: 1e-6, max: 5, noNaN: true }),
        (rate, survivesAt) => {
          const offer = offersFor({ ...death, survivesAt }, undefined, rate).find(
            ({ remedy }) => remedy === "lowerRate",
          )!;
          expect(offer.rate).toBeGreaterThan(0);
          expect(offer.rate!).toBeLessThan(rate);
          if (survivesAt < rate) expect(offer.rate!).toBeLessThan(survivesAt);
        },
      ),
      { seed: 2 },
    );
  });
});

describe("a table that is dropped in", () => {
  const text = (rows: readonly string[]) => `a,b,kind\n${rows.join("\n")}`;
  const good = Array.from(
    { length: 12 },
    (_, i) => `${i},${i % 3 === 0 ? "red" : "green"},${i % 2 === 0 ? "yes" : "no"}`,
  );

  test("classes by text, standardized numbers, a column for each text, rows with gaps left out", () => {
    const task = tableTask({ name: "t.csv", text: text([...good, "NA,red,yes"]) });
    expect(task).toMatchObject({
      features: ["a", "b = green", "b = red"],
      classes: ["no", "yes"],
      loss: "binaryCrossEntropy",
      outputs: 1,
    });
    expect(task.train.x.rows + task.heldOut.x.rows).toBe(12);
    expect(task.table).toEqual({ columns: ["a", "b", "kind"], target: "kind" });
    expect(task.notes.join()).toContain("1 of 13 rows have missing values");
    const a = [task.train, task.heldOut].flatMap(({ x }) =>
      Array.from({ length: x.rows }, (_, row) => x.data[row * 3]),
    );
    expect(a.reduce((sum, value) => sum + value, 0)).toBeCloseTo(0, 5);
    expect(a.reduce((sum, value) => sum + value * value, 0) / 12).toBeCloseTo(1, 5);
  });

  test("another column can be the target", () => {
    const task = tableTask({ name: "t.csv", text: text(good), target: "b" });
    expect(task).toMatchObject({ features: ["a", "kind = no", "kind = yes"], classes: ["green", "red"] });
    expect(() => tableTask({ name: "t.csv", text: text(good), target: "c" })).toThrow(
      relumineError("format", "the target"),
    );
  });

  test("numbers with many values are a regression", () => {
    const task = tableTask({
      name: "t.csv",
      text: `a,y\n${Array.from({ length: 20 }, (_, i) => `${i},${i * 0.5}`).join("\n")}`,
    });
    expect(task).toMatchObject({ classes: [], loss: "meanSquaredError" });
  });

  test.each([
    ["too few rows", text(good.slice(0, 5)), "the table", "5 of 5 rows"],
    [
      "a target that does not vary",
      text(good.map((row) => row.replace("no", "yes"))),
      'the target, "kind",',
      '"yes" in every row',
    ],
    [
      "a column of many texts",
      `a,kind\n${Array.from({ length: 30 }, (_, i) => `name${i},${i % 2}`).join("\n")}`,
      'column "a"',
      "30 different texts",
    ],
    ["too many rows", `a,y\n${"1,2\n".repeat(20_001)}`, "the table", "20001 rows"],
    ["too many bytes", `a,y\n${"1,2\n".repeat(2 ** 21)}`, "t.csv", "8 MiB"],
  ])("%s is refused", async (_what, given, path, received) => {
    const error = await expectError(() => tableTask({ name: "t.csv", text: given }), "format", path);
    expect(error.given).toBe(received);
  });

  test("no file at all is refused", async () => {
    await expectError(() => tableTask(undefined), "value", "the data");
  });
});
