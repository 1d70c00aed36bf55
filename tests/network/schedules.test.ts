// Schedules as data in fits: the logged rates, JSON, what is refused.
import { describe, expect, test } from "vitest";
import { expectRefusal } from "../support/errors.js";
import { classifier, expectUntouched, weightsOf, withNetwork } from "../support/networks.js";
import { sectors } from "../support/samples.js";
import {
  cosine,
  type FitOptions,
  oneCycle,
  reduceOnPlateau,
  type Schedule,
  sgd,
  stepDecay,
  warmup,
} from "../../src/index.js";
import { readScheduleWords } from "../../src/network/training/schedules/schedule-words.js";

const DATA = sectors(64);
const BASE = { epochs: 6, batchSize: 16, optimizer: sgd({ learningRate: 0.5 }) };

const fitted = (options: FitOptions) =>
  withNetwork(classifier, async (network) => {
    const { epochs } = await network.fit(DATA, { ...BASE, ...options });
    return { weights: weightsOf(network), rates: epochs.map(({ learningRate }) => learningRate) };
  });

test("a fit by a schedule is that by a function with the same rates, to the bit", async () => {
  const byData = await fitted({ learningRate: stepDecay({ every: 2, factor: 0.5 }) });
  const byFunction = await fitted({ learningRate: (_step, epoch) => 0.5 / 2 ** Math.floor((epoch - 1) / 2) });
  expect(byData).toEqual(byFunction);
  expect(byData.rates).toEqual([0.5, 0.5, 0.25, 0.25, 0.125, 0.125]);
  expect((await fitted({})).weights).not.toEqual(byData.weights); // negative control
});

test.each([cosine(), warmup({ steps: 3, next: oneCycle() }), reduceOnPlateau({ patience: 0 })])(
  "$name from JSON is the same",
  async (schedule) => {
    const copy = JSON.parse(JSON.stringify(schedule)) as Schedule;
    expect(await fitted({ learningRate: copy })).toEqual(await fitted({ learningRate: schedule }));
  },
);

test("the length is the fit's, and the last epoch's rate is low", async () => {
  const { rates } = await fitted({ learningRate: cosine() });
  expect(rates[0]).toBeGreaterThan(0.45);
  expect(rates.at(-1)).toBeLessThan(0.01);
});

describe("what is refused, before anything changes", () => {
  const endless: { name: string; options: Record<string, unknown> } = { name: "warmup", options: {} };
  endless.options.next = endless;
  const bad: readonly (readonly [string, unknown, string])[] = [
    ["an unknown name", { name: "cosin", options: {} }, "learningRate.name"],
    ["an unknown option", { name: "cosine", options: { min: 0 } }, "learningRate.options: cosine.min"],
    ["a minimum below 0", { name: "cosine", options: { minimum: -1 } }, "learningRate.options: minimum"],
    ["a warm-up after a warm-up", { name: "warmup", options: { next: warmup() } }, "learningRate.options: next"],
    ["a warm-up after itself", endless, "learningRate.options: next"],
    ["text", "cosine", "learningRate"],
    ["a validation loss that is not there", reduceOnPlateau({ monitor: "validationLoss" }), "validation"],
  ];
  test.each(bad)("%s", (_name, learningRate, path) =>
    withNetwork(classifier, (network) =>
      expectUntouched(network, () => network.fit(DATA, { learningRate: learningRate as Schedule }), "value", path),
    ),
  );

  test("options of the functions", async () => {
    await expectRefusal(() => cosine({ epochs: 2, every: 3 }), "value", "epochs");
    await expectRefusal(() => cosine({ factor: 2 }), "value", "every");
    await expectRefusal(() => stepDecay({}), "value", "every");
    await expectRefusal(() => stepDecay({ after: [3, 3] }), "value", "after[1]");
    await expectRefusal(() => warmup({ epochs: 1, steps: 3 }), "value", "epochs");
    await expectRefusal(() => oneCycle({ divisor: 0 }), "value", "divisor");
    await expectRefusal(() => reduceOnPlateau({ factor: 1 }), "value", "factor");
  });
});

describe("in one line", () => {
  test.each([
    ["cosine", cosine()],
    ["cosine:every=2,factor=3", cosine({ every: 2, factor: 3 })],
    ["stepDecay:after=3+5,factor=0.5", stepDecay({ after: [3, 5], factor: 0.5 })],
    [
      "warmup:epochs=2,start=0.1,cosine:minimum=1e-5",
      warmup({ epochs: 2, start: 0.1, next: cosine({ minimum: 1e-5 }) }),
    ],
    ["reduceOnPlateau:monitor=loss,isAbsolute=true", reduceOnPlateau({ monitor: "loss", isAbsolute: true })],
  ])("%s", (words, schedule) => expect(readScheduleWords(words)).toEqual(schedule));

  test("what is none is refused", async () => {
    for (const words of ["", "every=2", "cosine,stepDecay:every=2", "cosine:every"])
      await expectRefusal(() => readScheduleWords(words), "value");
  });
});
