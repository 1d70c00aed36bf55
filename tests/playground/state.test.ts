// Links, code, tables and the order of remedies: what the page is made of besides its harness.
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { codeFor } from "../../site/workshop/state/code/code.js";
import { offersFor } from "../../site/workshop/state/remedy-offers.js";
import { deathsCsv } from "../../site/workshop/state/deaths-csv.js";
import { PRESETS } from "../../site/workshop/state/presets.js";
import { type Change, CURE_NAMES, MOST_CHANGES, MOST_LINK_STEPS } from "../../site/training/changes.js";
import { pageNaming } from "../../site/training/naming.js";
import { briefDeath, deathSentence } from "../../site/workshop/view/descriptions.js";
import {
  ACTIVATION_NAMES,
  DATA_NAMES,
  DEFAULTS,
  LEAST_HELD_OUT,
  LIVE_NAMES,
  MOST_DROPOUT,
  MOST_HELD_OUT,
  MOST_NOISE,
  MOST_PENALTY,
  MOST_SCHEDULE_EPOCHS,
  NORMALIZATION_NAMES,
  OPENING,
  OPTIMIZER_NAMES,
  type Recipe,
  RESET_NAMES,
  SCALE_NAMES,
  SCHEDULE_NAMES,
  START_NAMES,
} from "../../site/training/recipe.js";
import { FEATURE_NAMES } from "../../site/tasks/features.js";
import { fromHash, SHOW_NAMES, toHash } from "../../site/training/url.js";
import { readTable } from "../../src/table/read/read-table.js";
import { textAt } from "../../src/table/reading/cell-values.js";
import type { DeathRecord, Frame, Started } from "../../site/workshop/engine/types.js";
import { EngineHarness } from "./engine-harness.js";
import fc from "../support/property.js";

const recipes: fc.Arbitrary<Recipe> = fc.record({
  data: fc.constantFrom(...DATA_NAMES),
  layers: fc.array(fc.integer({ min: 1, max: 64 }), { minLength: 1, maxLength: 10 }),
  activation: fc.constantFrom(...ACTIVATION_NAMES),
  bias: fc.double({ min: -10, max: 10, noNaN: true }).map((value) => value + 0),
  optimizer: fc.constantFrom(...OPTIMIZER_NAMES),
  rate: fc.double({ min: 1e-6, max: 100, noNaN: true }),
  batch: fc.integer({ min: 1, max: 1024 }),
  decay: fc.double({ min: 0, max: 10, noNaN: true }).map((value) => value + 0),
  clip: fc.double({ min: 0, max: 1e6, noNaN: true }).map((value) => value + 0),
  seed: fc.integer({ min: 0, max: 2 ** 31 }),
  head: fc.constantFrom("usual" as const, "softmax" as const),
  scale: fc.constantFrom(...SCALE_NAMES),
  features: fc.subarray([...FEATURE_NAMES], { minLength: 1 }),
  noise: fc.double({ min: 0, max: MOST_NOISE, noNaN: true }).map((value) => value + 0),
  heldOut: fc.integer({ min: LEAST_HELD_OUT, max: MOST_HELD_OUT }),
  start: fc.constantFrom(...START_NAMES),
  normalization: fc.constantFrom(...NORMALIZATION_NAMES),
  dropout: fc.double({ min: 0, max: MOST_DROPOUT, noNaN: true }).map((value) => value + 0),
  residual: fc.boolean(),
  l1: fc.double({ min: 0, max: MOST_PENALTY, noNaN: true }).map((value) => value + 0),
  l2: fc.double({ min: 0, max: MOST_PENALTY, noNaN: true }).map((value) => value + 0),
  schedule: fc.constantFrom(...SCHEDULE_NAMES),
  scheduleEpochs: fc.integer({ min: 1, max: MOST_SCHEDULE_EPOCHS }),
  resets: fc.constantFrom(...RESET_NAMES),
});

const changes: fc.Arbitrary<Change[]> = fc
  .array(
    fc.oneof(
      fc.record({ step: fc.nat(MOST_LINK_STEPS), what: fc.constantFrom("break" as const, ...CURE_NAMES) }),
      fc.record({
        step: fc.nat(MOST_LINK_STEPS),
        what: fc.constantFrom(...LIVE_NAMES),
        value: fc.integer({ min: 1, max: 10 }),
      }),
    ),
    { maxLength: MOST_CHANGES },
  )
  .map((list) => list.toSorted((a, b) => a.step - b.step));

describe("a link", () => {
  test("goes there and back for any recipe, changes, step and what is shown", () => {
    const steps = fc.option(fc.nat(MOST_LINK_STEPS), { nil: undefined });
    fc.assert(
      fc.property(recipes, changes, steps, fc.subarray([...SHOW_NAMES]), (recipe, made, step, show) => {
        const state = { recipe, changes: made, ...(step !== undefined && { step }), ...(show.length > 0 && { show }) };
        expect(fromHash(`#${toHash(state)}`)).toEqual({ ...state, unread: [] });
      }),
    );
  });

  test("of before means what it meant", () => {
    const link = "#rate=1.4&seed=3&changes=855:liftBias,855:rate:0.35&step=1200";
    const { recipe } = fromHash(link);
    expect(recipe).toEqual({ ...DEFAULTS, rate: 1.4, seed: 3 });
    expect(`#${toHash(fromHash(link))}`).toBe(link);
  });

  test("features stand in one order, whatever order they were written in", () => {
    expect(fromHash("#features=sinX-y-x").recipe.features).toEqual(["x", "y", "sinX"]);
  });

  test("to the opening is empty; one to the defaults is not", () => {
    expect(toHash({ recipe: OPENING, changes: [] })).toBe("");
    expect(fromHash("")).toEqual({ recipe: OPENING, changes: [], unread: [] });
    expect(fromHash("#step=5").recipe).toEqual(OPENING);
    expect(toHash({ recipe: DEFAULTS, changes: [] })).toBe("data=spiral");
  });

  test("holds no more than a page can repeat", () => {
    const many = Array.from({ length: MOST_CHANGES + 1 }, () => ({ step: 1, what: "break" }) as const);
    expect(toHash({ recipe: DEFAULTS, changes: many, step: 3 })).toBe("data=spiral");
    expect(toHash({ recipe: DEFAULTS, changes: [], step: MOST_LINK_STEPS + 1 })).toBe("data=spiral");
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
    "step=-1",
    "step=1e9",
    "step=1.5",
    "changes=",
    "features=",
    "features=x-x",
    "features=x-z",
    "features=x,y",
    "noise=-0.1",
    "noise=0.51",
    "heldOut=35",
    "heldOut=325",
    "heldOut=100.5",
    "start=he",
    "start=constructor",
    "normalization=group",
    "dropout=0.91",
    "dropout=",
    "residual=yes",
    "l1=-1",
    "l2=11",
    "schedule=step",
    "scheduleEpochs=0",
    "scheduleEpochs=1.5",
    "resets=all",
    "show=",
    "show=discrete-all",
    "changes=5:explode",
    "changes=5:rate",
    "changes=5:rate:-1",
    "changes=5:recycle:1",
    "changes=9:recycle,5:recycle",
    `changes=${"5:break,".repeat(100)}5:break`,
  ])("says that it can't read %s", (field) => {
    expect(fromHash(`#${field}&batch=8`)).toEqual({
      recipe: { ...DEFAULTS, batch: 8 },
      changes: [],
      unread: [field],
    });
  });
});

const BLOCKS: Partial<Recipe> = { layers: [6, 6], dropout: 0.2, residual: true };

describe("code", () => {
  const folder = fileURLToPath(new URL("../../.cache/playground-code/", import.meta.url));
  mkdirSync(folder, { recursive: true });
  const harnesses: EngineHarness[] = [];
  afterAll(() => harnesses.forEach((harness) => harness.engine.dispose()));

  function run(program: string): string[] {
    writeFileSync(`${folder}program.mjs`, program);
    return execFileSync(process.execPath, [`${folder}program.mjs`], { encoding: "utf8" }).split("\n");
  }

  test.each(["Dying on the spiral", "The textbook's unit", "Too high a rate"])(
    "for %s is a program that finds the same deaths",
    async (name) => {
      const harness = new EngineHarness();
      harnesses.push(harness);
      const started = await harness.start(PRESETS.find((preset) => preset.name === name)!.recipe);
      const { recipe, task } = started;
      const perEpoch = Math.ceil(task.train.x.rows / recipe.batch);
      const epochs = perEpoch === 1 ? 40 : 30;
      const frame = await harness.stepTo(epochs * perEpoch);
      const deaths = frame.deaths.filter(({ cameBack }) => !cameBack);
      const found = run(codeFor("relumine", frame, started)).slice(0, deaths.length);
      expect(deaths.length).toBeGreaterThan(0);
      // the page counts layers and units from 1
      const named = deaths.map(({ layer, unit }) => `unit ${unit} in layer ${layer}`);
      expect(found.map((line) => /unit \d+ in layer \d+/.exec(line)![0]).toSorted()).toEqual(named.toSorted());
      const steps = deaths.map(({ step }) => step).filter((step) => step > 0);
      for (const step of steps) expect(found.join()).toContain(`step ${step}`);
    },
  );

  test("repeats cures and settings that were changed on the way: the same weights", async () => {
    const harness = new EngineHarness();
    harnesses.push(harness);
    const started = await harness.start({ rate: 1.4, seed: 3 });
    await harness.stepTo(300);
    await harness.treat("liftBias", false, 0.4);
    await harness.stepTo(33);
    await harness.engine.handle({ kind: "adjust", what: "rate", value: 0.3 });
    await harness.stepTo(20);
    await harness.engine.handle({ kind: "adjust", what: "clip", value: 1 });
    await harness.engine.handle({ kind: "adjust", what: "decay", value: 0.01 });
    const frame = await harness.stepTo(40);
    const program = codeFor("relumine", frame, started);
    expect(program).toContain("step <= 33 ? 0.4 : 0.3");
    expectSameKernels(program, started, frame);
  });

  /** The program ends with the page's weights, bit for bit. */
  function expectSameKernels(program: string, { layout, spec }: Pick<Started, "layout" | "spec">, frame: Frame): void {
    const print =
      "for (const { kernel } of network.layers.map((layer) => layer.getWeights())) " +
      'console.log("kernel" + JSON.stringify([...kernel]));';
    const lines = run(`${program}${print}\n`).filter((line) => line.startsWith("kernel["));
    const kernels = layout.map(({ kernel }, layer) => {
      const inputs = layer === 0 ? spec.inputs : spec.layers[layer - 1].units;
      return [...frame.parameters.subarray(kernel, kernel + inputs * spec.layers[layer].units)];
    });
    expect(lines.map((line) => JSON.parse(line.slice("kernel".length)) as number[])).toEqual(kernels);
  }

  test.each<[string, Partial<Recipe>]>([
    [
      "features, noise, split and an orthogonal start",
      { features: ["x", "xy", "sinY"], noise: 0.1, heldOut: 204, start: "orthogonal" },
    ],
    ["PyTorch's start", { start: "torchLinear" }],
    ["a start that draws biases, and a bias", { start: "asymmetric", bias: 0.1 }],
    ["too small a start", { start: "small", activation: "tanh", data: "regression", rate: 0.1 }],
    ["a calibrated start", { start: "calibrated", data: "xor" }],
    ["batch normalization, dropout and what passes by", { ...BLOCKS, normalization: "batch" }],
    ["layer normalization and penalties", { normalization: "layer", l1: 0.001, l2: 0.01, optimizer: "nadam" }],
    ["a calibrated start under batch normalization", { normalization: "batch", start: "calibrated" }],
    ["a cosine", { schedule: "cosine", scheduleEpochs: 2, optimizer: "adamax", rate: 0.05 }],
    ["one cycle", { schedule: "oneCycle", scheduleEpochs: 2, optimizer: "adagrad", decay: 0.01 }],
    ["a warm-up", { schedule: "warmup", scheduleEpochs: 2, optimizer: "lion", rate: 0.01, decay: 0.1 }],
    ["continual backprop", { resets: "continualBackprop" }],
    ["self-normalized resets", { resets: "selfNormalizedResets", rate: 1.4 }],
  ])("repeats %s: the same weights", async (_what, changed) => {
    const harness = new EngineHarness();
    harnesses.push(harness);
    const started = await harness.start({ layers: [6, 4], ...changed });
    const frame = await harness.stepTo(25);
    expectSameKernels(codeFor("relumine", frame, started), started, frame);
  });
});

describe("code of schedules that changes cut, and of numbers of normalized layers", () => {
  const folder = fileURLToPath(new URL("../../.cache/playground-code/", import.meta.url));

  test.each(["cosine", "warmup", "oneCycle"] as const)("%s: the same weights", async (schedule) => {
    const harness = new EngineHarness();
    const started = await harness.start({ ...BLOCKS, normalization: "batch", schedule, scheduleEpochs: 4 });
    await harness.stepTo(20);
    await harness.engine.handle({ kind: "adjust", what: "rate", value: 0.3 });
    await harness.stepTo(7);
    await harness.send({ kind: "edit", what: "setGamma", unit: { layer: 0, unit: 1 }, value: 0.5 }, "treated");
    await harness.send({ kind: "edit", what: "setBeta", unit: { layer: 1, unit: 2 }, value: -0.25 }, "treated");
    const frame = await harness.stepTo(40);
    harness.engine.dispose();
    expect(frame.settings.rate).toBe(0.3);
    expect(frame.scheduledRate).toBeLessThan(schedule === "warmup" ? 0.31 : 0.01);
    const names = ["kernel", "bias", "gamma", "beta", "runningMean", "runningVariance"];
    const print = `console.log("weights" + JSON.stringify(network.layers.slice(0, 2).map((layer) => { const w = layer.getWeights(); return ${JSON.stringify(names)}.map((name) => [...w[name]]); })));`;
    writeFileSync(`${folder}schedule.mjs`, `${codeFor("relumine", frame, started)}${print}\n`);
    const said = execFileSync(process.execPath, [`${folder}schedule.mjs`], { encoding: "utf8" });
    const weights = JSON.parse(/weights(.*)/.exec(said)![1]) as number[][][];
    const places = ["kernel", "bias", "gamma", "beta", "mean", "variance"] as const;
    const own = started.layout.slice(0, 2).map((layer, index) =>
      places.map((name) => {
        const size = name === "kernel" ? 6 * (index === 0 ? 2 : 6) : 6;
        return [...frame.parameters.subarray(layer[name]!, layer[name]! + size)];
      }),
    );
    expect(weights).toEqual(own);
    const repeated = fromHash(toHash(frame));
    expect(repeated.unread).toEqual([]);
    const other = new EngineHarness();
    const again = await other.follow(repeated.recipe, repeated.changes, repeated.step ?? frame.step);
    other.engine.dispose();
    expect(again.parameters).toEqual(frame.parameters);
  });
});

describe("code for a table", () => {
  const folder = fileURLToPath(new URL("../../.cache/playground-code/", import.meta.url));
  const rows = Array.from(
    { length: 60 },
    (_, i) => `${20 + ((i * 7) % 40)};${(i * 13) % 9},5;${i % 3 === 0 ? "yes" : "no"}`,
  );
  const contents = `age;height;owner\n${rows.join("\n")}\n`;

  test.each(["asIs", "standardized"] as const)("reads it as the page does, %s: the same weights", async (scale) => {
    const harness = new EngineHarness();
    const table = { name: `${folder}table.csv`, contents };
    writeFileSync(table.name, contents);
    const started = await harness.start({ data: "csv", layers: [4], rate: 0.01, scale }, table);
    const { layout, spec } = started;
    const frame = await harness.stepTo(20);
    harness.engine.dispose();
    const print = "console.log(`kernel${JSON.stringify([...network.layers[0].getWeights().kernel])}`);\n";
    writeFileSync(`${folder}table.mjs`, codeFor("relumine", frame, started) + print);
    const said = execFileSync(process.execPath, [`${folder}table.mjs`], { encoding: "utf8" });
    const kernel = JSON.parse(/kernel(\[.*\])/.exec(said)![1]) as number[];
    const { kernel: first } = layout[0];
    expect(kernel).toEqual([...frame.parameters.subarray(first, first + spec.inputs * 4)]);
  });
});

const death: DeathRecord = {
  layer: 1,
  unit: 2,
  step: 30,
  cause: "learningRate",
  survivesAt: 0.25,
  explanation: 'it "fell", and stayed',
};

test("the table of deaths is one that a CSV reader reads", async () => {
  const born = { ...death, unit: 3, cause: "born", step: 0, survivesAt: undefined } as unknown as DeathRecord;
  const { columns, rows } = await readTable(deathsCsv([{ ...death, cameBack: { step: 50, by: "itself" } }, born]));
  const cells = columns.map((column) => [column.name, ...[0, 1].map((row) => textAt(column, row))]);
  expect(rows).toBe(2);
  expect(cells).toEqual([
    ["layer", "2", "2"],
    ["unit", "3", "4"],
    ["step", "30", "0"],
    ["cause", "learningRate", "born"],
    ["blow_step", "", ""],
    ["one_step_survives_at", "0.25", ""],
    ["came_back_at", "50", ""],
    ["came_back_by", "itself", ""],
    ["explanation", 'it "fell", and stayed', 'it "fell", and stayed'],
  ]);
});

describe("a death in words", () => {
  const plain = (text: string) => text.replaceAll("\u00a0", " ");
  const blow = { step: 20, openBefore: 0.35, openAfter: 0.04, isEstimate: false };

  test.each<[string, Partial<DeathRecord>, string]>([
    [
      "one step, of which no more is known",
      {},
      "died at step 30: one step was too large; at a rate of 0.25 it would have lived through that one step",
    ],
    [
      "a blow that was the last straw",
      { blow: { ...blow, step: 30, openAfter: 0 }, openBefore: 0.41 },
      "died at step 30: one step was too large, which took it from 41.0 % of the samples to none; at a rate of 0.25 it would have lived through that one step",
    ],
    [
      "the blow first, the last straw after it",
      { blow, openBefore: 0.02 },
      "step 20 took most of its samples, 35.0 % before and 4.0 % after: one step was too large; at a rate of 0.25 it would have kept half of them in that one step; step 30 closed the last 2.0 %",
    ],
    [
      "a run of steps, before step 30",
      { blow: { ...blow, lastStep: 24 }, survivesAt: undefined } as object,
      "steps 20 to 24 took most of its samples, 35.0 % before and 4.0 % after: these steps were too large; step 30 closed the rest",
    ],
    [
      "a run of steps to the end",
      { blow: { ...blow, lastStep: 30, openAfter: 0 }, survivesAt: undefined } as object,
      "steps 20 to 30 took most of its samples, 35.0 % before and none after: these steps were too large",
    ],
    [
      "a blow that could not be replayed",
      { blow: { ...blow, lastStep: 24, isEstimate: true }, cause: "unknown", survivesAt: undefined } as object,
      "about steps 20 to 24 took most of its samples, 35.0 % before and 4.0 % after: the cause is not known; step 30 closed the rest",
    ],
    ["no blow", { cause: "drift", survivesAt: undefined } as object, "died at step 30: a slow drift closed it"],
    [
      "born dead",
      { cause: "born", step: 0, survivesAt: undefined } as object,
      "dead since step 0: closed from the start",
    ],
  ])("%s", (_what, changes, text) => expect(plain(deathSentence({ ...death, ...changes }))).toBe(text));

  test("in brief", () => {
    expect(briefDeath(death)).toBe("died at step 30: one step was too large");
    expect(briefDeath({ ...death, blow, cameBack: { step: 50, by: "itself" } })).toBe(
      "step 20 took most of its samples: one step was too large; step 30 the rest; came back by itself at step 50",
    );
  });
});

describe("cures", () => {
  const settings = { rate: 0.8, batch: 16, decay: 0, clip: 0 };

  test("each cause has all four remedies; a cause that lasts has the pair first", () => {
    const first = (["learningRate", "momentum", "weightDecay", "upstream", "drift", "born", "unknown"] as const).map(
      (cause) => {
        const offers = offersFor({ ...death, cause }, undefined, { ...settings, decay: 0.1 });
        expect(new Set(offers.map(({ cure }) => cure.remedy)).size).toBe(4);
        return offers[0].cure;
      },
    );
    expect(first).toEqual([
      { remedy: "liftBias", rate: "find" },
      { remedy: "liftBias", rate: "find" },
      { remedy: "liftBias", decay: 0 },
      { remedy: "recycle", rate: "find" },
      { remedy: "liftBias", rate: "find" },
      { remedy: "recycle" },
      { remedy: "liftBias", rate: "find" },
    ]);
  });

  test("a unit that was born dead gets the pair where others die of the rate, or of what is not known yet", () => {
    const born = { ...death, cause: "born" as const };
    const offered = (others: Parameters<typeof offersFor>[3]) => offersFor(born, undefined, settings, others)[0].cure;
    expect(offered({ deaths: [born, born], undetermined: 0 })).toEqual({ remedy: "recycle" });
    expect(offered({ deaths: [born, death], undetermined: 0 })).toEqual({ remedy: "recycle", rate: "find" });
    expect(offered({ deaths: [born], undetermined: 2 })).toEqual({ remedy: "recycle", rate: "find" });
  });

  test("no cure is said to fit where the inputs' scales are the cause", () => {
    const reasons = (isOfInputs: boolean) =>
      offersFor(death, undefined, settings, { deaths: [death], undetermined: 0, isOfInputs }).map(
        ({ reason }) => reason,
      );
    expect(reasons(false)[0]).toMatch(/^Fits the cause: brings the dead units back, and looks for a rate/);
    expect(reasons(true)[0]).toMatch(/^Brings the dead units back, and looks for a rate/);
    expect(reasons(true).join()).not.toMatch(/Fits/);
  });

  test("the lower rate is found by training: what one step would have spared says nothing of it", () => {
    for (const survivesAt of [undefined, 0.7, 0.01]) {
      const given = { ...death, survivesAt } as DeathRecord;
      const offer = offersFor(given, undefined, settings).find(({ cure }) => cure.remedy === "lowerRate")!;
      expect(offer.cure).toEqual({ remedy: "lowerRate", rate: "find" });
      expect(offer.name).not.toMatch(/\d/);
    }
  });
});

describe("what the page calls things in the package's messages", () => {
  test("layers and units count from 1, rows have no number", () => {
    const { layer, unit, row } = pageNaming();
    expect([layer(0), unit(7), unit(1233), row(3)]).toEqual(["1", "8", "1,234", undefined]);
  });

  test("columns and classes have their names; without one they count from 1, and a number stays bare", () => {
    const naming = pageNaming(["age", "2024"], ["Adelie", "3"]);
    expect([0, 1, 2].map(naming.column)).toEqual(['"age"', "2024", "3"]);
    expect([0, 1].map(naming.class)).toEqual(['"Adelie"', "3"]);
  });
});
