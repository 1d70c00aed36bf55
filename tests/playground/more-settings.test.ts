// Normalization, dropout, what passes by, penalties, schedules and resets in the workshop's engine.
import { afterAll, describe, expect, test } from "vitest";
import { planeUnitOf } from "../../site/workshop/view/unit-line.js";
import { deathSentence, diagnosisSentences } from "../../site/workshop/view/descriptions.js";
import { hasResidual, isPassedBy, isResidual, type Recipe } from "../../site/training/recipe.js";
import { Training } from "../../site/workshop/engine/training.js";
import type { Frame } from "../../site/workshop/engine/types.js";
import { layerOptionsOf } from "../../site/training/layer-options.js";
import { EngineHarness } from "./engine-harness.js";

const harnesses: EngineHarness[] = [];
afterAll(() => harnesses.forEach((harness) => harness.engine.dispose()));
function open(): EngineHarness {
  const harness = new EngineHarness();
  harnesses.push(harness);
  return harness;
}

describe("layers pass by", () => {
  const recipe = { layers: [8, 8, 4, 4], residual: true };

  test("where widths allow, and never the first", () => {
    expect(recipe.layers.map((_, layer) => isResidual(recipe, layer))).toEqual([false, true, false, true]);
    expect(recipe.layers.map((_, layer) => isPassedBy(recipe, layer))).toEqual([true, true, true, true]);
    expect(hasResidual({ layers: [8, 4], residual: true })).toBe(false);
    expect(hasResidual({ ...recipe, residual: false })).toBe(false);
  });

  test("what is off is not in a layer's options", async () => {
    const { recipe: plain } = await open().start();
    expect(layerOptionsOf(plain, 0)).toEqual({});
    expect(layerOptionsOf({ ...plain, l2: 0.1, layers: [8, 8], residual: true, dropout: 0.2 }, 1)).toEqual({
      dropout: 0.2,
      kernelRegularizer: { l2: 0.1 },
      residual: true,
    });
  });
});

describe("a normalized unit", () => {
  const MAP_SIDE = 24;
  /** The middles of a map's cells, of which the extents of the data's plane are the edges. */
  const at = (i: number, extent: number) => (((i * 2 + 0.5) / (2 * MAP_SIDE)) * 2 - 1) * extent;

  test("is drawn where its map changes sign: by running statistics, gamma and beta", async () => {
    const harness = open();
    const started = await harness.start({ normalization: "batch", rate: 0.3 });
    await harness.stepTo(60);
    await harness.send({ kind: "edit", what: "setBeta", unit: { layer: 0, unit: 2 }, value: 0.3 }, "treated");
    await harness.send({ kind: "edit", what: "setGamma", unit: { layer: 0, unit: 2 }, value: -0.7 }, "treated");
    const frame = await harness.frame();
    const { extent } = started.task;
    const signs = (unit: number, bias = 0) => {
      const { weights, bias: own } = planeUnitOf({ layer: 0, unit }, unit, frame, started)!;
      const map = frame.maps.subarray(unit * MAP_SIDE ** 2, (unit + 1) * MAP_SIDE ** 2);
      return Array.from(map, (value, i) => {
        const z =
          weights[0] * at(i % MAP_SIDE, extent) - weights[1] * at(Math.floor(i / MAP_SIDE), extent) + own + bias;
        return value === 128 || value > 128 === z > 0;
      }).filter(Boolean).length;
    };
    for (const unit of [0, 2, 5]) expect(signs(unit)).toBe(MAP_SIDE ** 2);
    expect(signs(2, 0.2)).toBeLessThan(MAP_SIDE ** 2); // the control
  });

  test("has no line where rows are normalized", async () => {
    const harness = open();
    const started = await harness.start({ normalization: "layer" });
    expect(planeUnitOf({ layer: 0, unit: 0 }, 0, await harness.frame(), started)).toBeUndefined();
  });

  test("is shut by a beta that is written, and its diagnosis speaks of that", async () => {
    const harness = open();
    await harness.start({ normalization: "batch", rate: 0.1 });
    await harness.stepTo(30);
    const unit = { layer: 0, unit: 3 };
    const { message } = await harness.send({ kind: "edit", what: "setBeta", unit, value: -9 }, "treated");
    expect(message).toBe("layer 1, unit 4: beta -9");
    const frame = await harness.frame(unit);
    expect(frame.states[3]).toBe("dead");
    expect(Math.max(...frame.chosen)).toBeLessThan(0);
    const told = diagnosisSentences(await harness.send({ kind: "diagnose", chosen: unit }, "diagnosis")).join(" ");
    expect(told).toMatch(/Its beta keeps it closed: with a beta of 0/);
    expect(told).toMatch(/fires if its beta is raised by/);
    await harness.treat("liftBias", false);
    expect((await harness.frame()).states[3]).not.toBe("dead");
  });

  test("gamma and beta of layers that have none are left out of a link", async () => {
    const harness = open();
    const { recipe } = await harness.start();
    const changes = [{ step: 1, what: "setGamma", unit: { layer: 0, unit: 0 }, value: 1 }] as const;
    const start = { kind: "start", recipe, running: false, speed: 1, changes, until: 3 } as const;
    const { message } = await harness.send(start, "failed");
    expect(message).toMatch(/units of this network/);
  });
});

describe("a schedule", () => {
  const rates = async (changed: Partial<Recipe>, steps: readonly number[]) => {
    const harness = open();
    await harness.start({ rate: 0.4, batch: 240, scheduleEpochs: 20, ...changed });
    const found: number[] = [];
    for (const step of steps) {
      const { step: now } = await harness.frame();
      const frame: Frame = step > now ? await harness.stepTo(step - now) : await harness.frame();
      found.push(frame.scheduledRate!);
    }
    return found;
  };

  test("falls, rises, or does both, to the rate that is set", async () => {
    const cosine = await rates({ schedule: "cosine" }, [0, 10, 25]);
    expect(cosine[0]).toBe(0.4);
    expect(cosine[1]).toBeCloseTo(0.2, 10);
    expect(cosine[2]).toBeCloseTo(0, 10);
    const warm = await rates({ schedule: "warmup" }, [0, 10, 25]);
    expect(warm[0]).toBeCloseTo(0.004, 10);
    expect(warm[1]).toBeCloseTo(0.202, 10);
    expect(warm[2]).toBe(0.4);
    const cycle = await rates({ schedule: "oneCycle" }, [0, 5, 25]);
    expect(cycle[0]).toBeCloseTo(0.016, 10);
    expect(cycle[1]).toBeCloseTo(0.4, 10);
    expect(cycle[2]).toBeLessThan(1e-5);
  });

  test.each(["cosine", "constant"] as const)(
    "%s: other rates are tried along it, in another batch too",
    async (name) => {
      const { recipe, task } = await open().start({ rate: 0.4, batch: 240, schedule: name, scheduleEpochs: 20 });
      const training = await Training.create(recipe, task);
      await training.fit(({ step }) => (step === 20 ? Promise.resolve("stop") : undefined));
      training.adjust({ what: "batch", value: 12 });
      const fromHere = async (steps: number) => (await training.tryRate(0.4, steps, async () => {})).loss;
      const fromStart = async (steps: number) => (await training.tryRateFromStart(0.4, steps)).loss;
      const moved = [(await fromHere(10)) - (await fromHere(1)), (await fromStart(40)) - (await fromStart(20))];
      training.dispose();
      for (const change of moved) {
        if (name === "cosine")
          expect(change).toBeCloseTo(0, 10); // it has ended after 20 steps
        else expect(Math.abs(change)).toBeGreaterThan(1e-3);
      }
    },
  );

  test("a constant rate is told as it is set", async () => {
    const harness = open();
    await harness.start();
    expect((await harness.frame()).scheduledRate).toBeUndefined();
  });
});

test.each<[string, Partial<Recipe>]>([
  ["batch normalization", { normalization: "batch" }],
  ["dropout", { dropout: 0.3 }],
])("each last straw took some of the samples, and its words say so: %s", async (_what, changes) => {
  const harness = open();
  await harness.start({ layers: [10, 10, 10, 10], rate: 1.4, seed: 3, ...changes });
  const { deaths } = await harness.stepTo(600);
  expect(deaths.filter(({ blow }) => blow).length).toBeGreaterThan(0);
  for (const death of deaths) {
    if (death.cause !== "born") expect(death.openBefore).not.toBe(0);
    expect([deathSentence(death), death.explanation].join()).not.toMatch(/last 0\.0/);
  }
});

test("resets bring dead units back, and the register tells it", async () => {
  const harness = open();
  await harness.start({ rate: 1.4, seed: 3, resets: "selfNormalizedResets" });
  const frame = await harness.stepTo(1200);
  const back = frame.deaths.filter(({ cameBack }) => cameBack?.by === "reset");
  expect(back.length).toBeGreaterThan(0);
  const plain = open();
  await plain.start({ rate: 1.4, seed: 3 });
  const { deaths } = await plain.stepTo(1200);
  expect(deaths.filter(({ cameBack }) => cameBack).length).toBeLessThan(back.length);
});
