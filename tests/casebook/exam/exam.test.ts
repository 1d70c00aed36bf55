// What the exam comes to, and that it can be failed.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { DEATHS } from "../deaths.js";
import { EVIDENCE } from "../evidence.js";
import { FINDINGS } from "../findings.js";
import { LOOKALIKES } from "../lookalikes.js";
import { MECHANISMS } from "../mechanisms.js";
import { STATES } from "../states.js";
import { asRows, mean } from "./data.js";
import { EXAM } from "./exam.js";
import { byAdam, linear, plain, type Program, relu, sigmoid, softmax, squared } from "./program.js";
import { plantedTotals, totals } from "./report.js";
import { autoTrainer, type Trained, umlaut } from "./rivals.js";
import { isNamed, sideOf, withTrained } from "./run-program.js";
import type { Finding } from "../../../src/index.js";

const PROGRAMS = Object.values(EXAM).flat();

describe("the exam", () => {
  test("58 programs, 21 with marks of A and 50 of B", () => {
    expect(new Set(PROGRAMS.map(({ post }) => post)).size).toBe(58);
    expect(PROGRAMS.filter(({ A }) => A)).toHaveLength(21);
    expect(PROGRAMS.filter(({ B }) => B)).toHaveLength(50);
  });

  test("the published marks are those of the sources", () => {
    const count = (source: "A" | "B") =>
      [0, 1, 2, 3, 4].map((tool) => PROGRAMS.filter((program) => program[source]?.[tool] === "1").length);
    expect(count("A")).toEqual([9, 4, 3, 12, 16]);
    expect(count("B")).toEqual([18, 16, 12, 9, 27]);
  });

  test("the same seed gives the same data, and most of it differs by the seed", () => {
    const sums = (seed: number) =>
      PROGRAMS.map(({ faulty }) => {
        const { x, y } = faulty.data(seed);
        return [x, asRows(y)].map((rows) => rows.reduce((total, row, r) => total + (1 + (r % 7)) * mean(row), 0));
      });
    const first = sums(1);
    expect(sums(1)).toEqual(first);
    const others = sums(2);
    expect(first.filter(([x], i) => x !== others[i][0]).length).toBeGreaterThan(30);
  });

  test("what was asked of relumine, and is reached", () => {
    const { A, B, relu: ofRelu, namesPerRun, falseAlarms } = totals();
    expect(A).toBeGreaterThanOrEqual(20);
    expect(B).toBeGreaterThanOrEqual(44);
    expect(ofRelu).toBe(12);
    expect(namesPerRun).toBeLessThanOrEqual(1.5);
    expect(falseAlarms).toBe(0);
  });
});

test("faults planted in one regression, and the clean program", () => {
  const { programs, named, falseAlarms } = plantedTotals();
  expect(programs).toBe(11);
  expect(named).toBeGreaterThanOrEqual(8);
  expect(falseAlarms).toBe(0);
});

test("the package's README says how many cases the book has", () => {
  const { length } = [STATES, MECHANISMS, EVIDENCE, FINDINGS, LOOKALIKES, DEATHS].flat();
  const readme = readFileSync(new URL("../../../README.md", import.meta.url), "utf8");
  expect(readme).toContain(`[${length} cases with known truth]`);
});

describe("the marker", () => {
  const finding = (change: Partial<Finding>): Finding => ({
    kind: "deadOutputUnits",
    role: "cause",
    layer: 1,
    message: "",
    advice: "",
    ...change,
  });
  const program = EXAM.R[0];

  test("takes the answer from a cause, in its place", () => {
    expect(isNamed(program, [finding({ kind: "healthySparsity" }), finding({})])).toBe(true);
  });

  test.each([
    ["nothing", []],
    ["another kind", [finding({ kind: "unscaledInputs" })]],
    ["a symptom", [finding({ role: "symptom" })]],
    ["a remark", [finding({ role: "remark" })]],
    ["another layer", [finding({ layer: 0 })]],
    ["no layer", [finding({ layer: undefined })]],
  ])("does not take %s", (_what, findings) => {
    expect(isNamed(program, findings)).toBe(false);
  });
});

describe("the rules of others", () => {
  const x = Array.from({ length: 40 }, (_, i) => [i / 40]);
  const program: Program = {
    post: 0,
    note: "a line",
    answers: [],
    faulty: {
      layers: [relu(8), linear(1)],
      loss: squared,
      data: () => ({ x, y: x.map(([value]) => 2 * value - mean([0, 1])) }),
      optimizer: byAdam(0.01),
      epochs: 60,
    },
    repair: {},
    bar: 0,
  };
  const judged = (change: Partial<Program["faulty"]>, rule: (trained: Trained) => string[]) =>
    withTrained({ ...program, repair: change }, "repaired", 0, rule);

  test("UMLAUT", async () => {
    expect(await judged({}, umlaut)).toEqual(["last layer not softmax"]);
    expect(await judged({ layers: [relu(2), sigmoid(1)] }, umlaut)).toEqual([
      "last layer not softmax",
      "last layer has an activation",
    ]);
    expect(await judged({ layers: [linear(2), linear(1)], optimizer: plain(0.02) }, umlaut)).toEqual([
      "last layer not softmax",
      "hidden layer linear",
      "learning rate above .01 or below 1e-7",
    ]);
    const labels = {
      loss: "crossEntropy",
      layers: [relu(2), softmax(2)],
      data: () => ({ x, y: x.map((_, i) => i % 2) }),
    };
    expect(await judged({ ...labels, loss: "crossEntropy" }, umlaut)).toEqual([]);
    const outside = () => ({ x: x.map(([value]) => [value + 1]), y: x.map((_, i) => i % 2) });
    expect(await judged({ ...labels, loss: "crossEntropy", data: outside }, umlaut)).toEqual([
      "input below -1 or above 1",
    ]);
  });

  test("AutoTrainer", async () => {
    expect(await judged({}, autoTrainer)).toEqual([]);
    expect(await judged({ epochs: 1 }, autoTrainer)).toEqual(["not converging"]);
    expect(await judged({ layers: [relu(8), { ...relu(1), biasInitializer: -100 }] }, autoTrainer)).toEqual([
      "dying relu",
    ]);
    const deep = { layers: [...Array.from({ length: 6 }, () => sigmoid(4, { normal: 0.05 })), linear(1)], epochs: 3 };
    expect(await judged(deep, autoTrainer)).toEqual(["vanish"]);
    expect(await judged({ optimizer: plain(1000) }, autoTrainer)).toEqual(["explode"]);
  });

  test("a side is the program with what was mended", () => {
    expect(sideOf({ ...program, repair: { epochs: 3 } }, "repaired")).toEqual({ ...program.faulty, epochs: 3 });
    expect(sideOf({ ...program, repair: { epochs: 3 } }, "faulty")).toEqual(program.faulty);
  });
});
