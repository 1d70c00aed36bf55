// The figure "Three cures, six faults" shows what the package does: its cells beside plain calls of the package.
import { beforeAll, describe, expect, test } from "vitest";
import { CuresEngine } from "../../site/figures/cures/engine.js";
import { COLUMNS, cureOf, FAULTS, taskOf } from "../../site/figures/cures/faults.js";
import type { CellMessage, Moment } from "../../site/figures/cures/messages.js";
import { trainCell } from "../../site/figures/cures/train-cell.js";
import { createNetwork, diagnose, sgd, standardize, treat } from "../../src/index.js";
import { cellName, marksIn } from "./cures-marks.js";

const cells = new Map<string, CellMessage>();
const cellAt = (moment: Moment, row: number, column: number) => cells.get(cellName({ moment, row, column }))!;
const rowOf = (name: string) => FAULTS.findIndex((fault) => fault.name === name);
const columnOf = (row: number, name: string) =>
  Array.from({ length: COLUMNS }, (_, column) => cureOf(FAULTS[row], column).name).indexOf(name);

beforeAll(async () => {
  const engine = new CuresEngine((cell) => cell.outcome && cells.set(cellName(cell), cell));
  await engine.take({ kind: "moment", moment: "sick" });
});

describe("the table", () => {
  test("once the fault has shown itself, hardly a cure helps alone, and each pair does", () => {
    expect(marksIn(cells, "sick")).toEqual(["nnnnnny", "nnynnyy", "nnnnnny", "nnnnnny", "nnnnnny", "-------"]);
  });

  test("a mark is of the verdict and the dead alone", () => {
    for (const { outcome } of cells.values()) {
      const { passes, living, units, score = 0, verdict } = outcome!;
      expect(passes).toBe(score >= 0.9 && units - living < units / 10);
      if (passes) expect(verdict).toMatch(/^It has learned \(/);
    }
  });
});

describe("numbers", () => {
  test("those of a network that is trained, treated and trained on by the package", async () => {
    const [row, fault] = [rowOf("Rate too high"), FAULTS[rowOf("Rate too high")]];
    const { x, y } = taskOf(fault).train;
    const hidden = [10, 8].map((units) => ({ units, activation: "relu" as const, biasInitializer: 0 }));
    using network = await createNetwork(
      { inputs: 2, layers: [...hidden, { units: 1 }], loss: "binaryCrossEntropy", seed: 3 },
      { arithmetic: "reproducible" },
    );
    const fit = (epochs: number, learningRate: number) =>
      network.fit({ x, y }, { epochs, batchSize: 16, optimizer: sgd({ learningRate }) });
    await fit(57, 1.4);
    await treat(network, x, { kind: "liftBias" });
    const history = await fit(300, 0.35);
    const { dead, learning } = diagnose(network, x, { targets: y, history });
    const { outcome } = cellAt("sick", row, columnOf(row, "Lift + lower rate"));
    expect([outcome!.living, outcome!.accuracy, outcome!.score]).toEqual([
      18 - dead,
      learning!.accuracy,
      learning!.score,
    ]);
  });

  test("of inputs that are standardized after the dead were recycled", async () => {
    const [row, fault] = [rowOf("Unscaled inputs"), FAULTS[rowOf("Unscaled inputs")]];
    const { x, y } = taskOf(fault).train;
    using network = await createNetwork(
      {
        inputs: 2,
        layers: [{ units: 16, activation: "relu" }, { units: 1 }],
        loss: "binaryCrossEntropy",
        seed: fault.recipe.seed,
      },
      { arithmetic: "reproducible" },
    );
    const options = { batchSize: 16, optimizer: sgd({ learningRate: 0.1 }) };
    await network.fit({ x, y }, { epochs: 5, ...options });
    await treat(network, x, { kind: "recycle" });
    const scaled = standardize(x).apply(x);
    await network.fit({ x: scaled, y }, { epochs: 300, ...options });
    const { dead, learning } = diagnose(network, scaled, { targets: y });
    const { outcome } = cellAt("sick", row, COLUMNS - 1);
    expect([outcome!.living, outcome!.score]).toEqual([16 - dead, learning!.score]);
  });

  test("curves end at the outcome, and the cure is marked", () => {
    for (const { course, outcome, moment, row } of cells.values()) {
      expect([course.living.at(-1), course.units]).toEqual([outcome!.living, outcome!.units]);
      if (!outcome!.diverged) expect(course.accuracy.at(-1)).toBeCloseTo(outcome!.accuracy, 6);
      expect(course.curedAt).toBe(moment === "sick" ? FAULTS[row].sickAfter : 0);
      expect(course.epochs).toEqual(course.epochs.toSorted((a, b) => a - b));
    }
  });
});

test("paused, it begins no cell; a training tells of itself on the way", async () => {
  const heard: CellMessage[] = [];
  const engine = new CuresEngine((cell) => heard.push(cell));
  await engine.take({ kind: "pause" });
  await engine.take({ kind: "moment", moment: "sick" });
  expect(heard).toEqual([]);
  let points = 0;
  await trainCell(FAULTS[0], { moment: "start", column: 0 }, (read) => {
    expect(read().epochs.length).toBeGreaterThan(points);
    points = read().epochs.length;
  });
  expect(points).toBe(101);
});
