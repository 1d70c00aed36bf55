// Batches of one update, wherever trials are: a sweep's, a cross-validation's, prescriptions' and range tests'
// trainings are those of `fit` with the same option.
import { describe, expect, test } from "vitest";
import { cosine, createNetwork, findLearningRate, prescribe, sgd } from "../../src/index.js";
import { crossValidate, localEngine, sweep, type SweepPlan } from "../../src/sweep.js";
import { readPlan, trialOf } from "../../src/sweep/plan/plan.js";
import { readTask } from "../../src/sweep/task.js";
import { expectError } from "../support/errors.js";
import { sectors } from "../support/samples.js";

const data = sectors(120);
const held = sectors(40, 3, 9);
const spec = { inputs: 2, layers: [{ units: 6 }, { units: 3 }], loss: "crossEntropy" as const, seed: 4 };
const fit = { epochs: 3, batchSize: 8, optimizer: "sgd" } as const;

async function lossBy(accumulate: number): Promise<number> {
  using network = await createNetwork(spec);
  await network.fit(data, { epochs: 3, batchSize: 8, accumulate, optimizer: sgd() });
  return network.evaluate(held).loss;
}

test("a sweep's axis and base", async () => {
  const run = (base: object, axes: SweepPlan["axes"]) =>
    sweep(
      { base: { spec, fit: { ...fit, ...base } }, axes },
      { ...data, validation: held },
      { engine: localEngine({ workers: 1 }) },
    );
  const { trials } = await run({}, { "fit.accumulate": [1, 4] });
  expect(trials.map(({ loss }) => loss)).toEqual([await lossBy(1), await lossBy(4)]);
  const based = await run({ accumulate: 4 }, { bias: [0, 1] });
  expect(based.trials[0].loss).toBe(trials[1].loss);
  await expectError(
    () => readPlan({ base: { spec, fit: { accumulate: 0 } }, axes: { bias: [0, 1] } }),
    "value",
    /accumulate$/,
  );
  await expectError(
    () => readPlan({ base: { spec, fit }, axes: { "fit.accumulate": [1, 1.5] } }),
    "value",
    /accumulate/,
  );
});

test("a task from anywhere, with a schedule too", async () => {
  const plan = readPlan({
    base: { spec, fit: { ...fit, accumulate: 3, learningRate: cosine() } },
    axes: { bias: [0, 1] },
  });
  const { settings } = trialOf(plan, 0);
  const task = JSON.parse(JSON.stringify({ settings, seed: 1, epochs: 2, look: "units" })) as { settings: object };
  expect(JSON.parse(JSON.stringify(readTask(task)))).toEqual(task);
  for (const wrong of [
    { accumulate: 0 },
    { accumulate: "3" },
    { schedule: { name: "cosin", options: {} } },
    { schedule: 3 },
  ])
    await expectError(() => readTask({ ...task, settings: { ...task.settings, ...wrong } }), "format");
});

test("trials that are told nothing of it are named as they were", () => {
  const { settings } = trialOf(readPlan({ base: { spec, fit }, axes: { bias: [0, 1] } }), 0);
  expect("accumulate" in settings).toBe(false);
});

test("a cross-validation", async () => {
  const loss = async (accumulate: number) =>
    (await crossValidate(spec, data, { ...fit, folds: 3, workers: 1, accumulate })).folds.map((each) => each.loss);
  expect(await loss(4)).not.toEqual(await loss(1));
});

describe("prescribe", () => {
  test("trains its baseline so, and says so", async () => {
    const options = { workers: 1, trials: 1, repeats: 1 };
    const given = { epochs: 3, batchSize: 8, optimizer: sgd(), validation: held };
    const { baseline, trials } = await prescribe(spec, data, { ...given, accumulate: 4 }, options);
    expect(baseline.metrics.loss).toBe(await lossBy(4));
    expect(trials.map(({ fit: { accumulate } }) => accumulate)).toEqual(trials.map(() => 4));
    const plain = await prescribe(spec, data, given, options);
    expect(plain.baseline.metrics.loss).toBe(await lossBy(1));
    expect("accumulate" in plain.baseline.fit).toBe(false);
  });
});

test("a range test of rates", async () => {
  using network = await createNetwork(spec);
  const points = async (accumulate: number) =>
    (await findLearningRate(network, data, { batchSize: 8, steps: 20, accumulate })).points;
  expect(await points(4)).not.toEqual(await points(1));
});
