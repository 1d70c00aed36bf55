// The engine without a page: what is said to it, and what it says.
import { afterEach, describe, expect, test, vi } from "vitest";
import { CURES } from "../../site/engine/types.js";
import { PRESETS } from "../../site/state/presets.js";
import { FOR_DIGITS, OPENING } from "../../site/state/recipe.js";
import { Bench, digits } from "./engine-harness.js";

const benches: Bench[] = [];
function open(): Bench {
  const bench = new Bench(digits());
  benches.push(bench);
  return bench;
}
afterEach(() => {
  for (const bench of benches.splice(0)) bench.engine.dispose();
});

const deadOf = (frame: { states: readonly string[] }) => frame.states.filter((state) => state === "dead").length;
const preset = (name: string) => PRESETS.find((each) => each.name === name)!;

describe("the opening", () => {
  test("all alive but one at step 0; the first death within ten seconds at the opening's pace, with step, cause and the rate it would have survived", async () => {
    const bench = open();
    const started = await bench.start();
    expect(started.recipe).toEqual(OPENING);
    const frame = await bench.stepTo(400);
    expect(frame.deaths.filter(({ layer }) => layer === 0)).toMatchObject([
      { layer: 0, unit: 6, step: 314, cause: "learningRate" },
    ]);
    expect(314 / PRESETS[0].speed).toBeLessThan(10);
    expect(frame.deaths[0].survivesAt).toBeGreaterThan(0.7);
    expect(frame.deaths[0].survivesAt).toBeLessThan(OPENING.rate);
    expect(frame.states[6]).toBe("dead");
  });

  test("it is dark from that step on, and not before", async () => {
    const bench = open();
    await bench.start();
    expect((await bench.stepTo(313)).states[6]).not.toBe("dead");
    expect((await bench.stepTo(1)).states[6]).toBe("dead");
  });

  test("the same steps give the same weights, at once or one by one, watched or not", async () => {
    const [one, other] = [open(), open()];
    await one.start();
    await other.start();
    const whole = await one.stepTo(40);
    for (let i = 0; i < 40; i++) await other.stepTo(1);
    const bitten = await other.frame({ layer: 0, unit: 1 });
    expect(bitten.step).toBe(40);
    expect(bitten.parameters).toEqual(whole.parameters);
  });

  test("weights of then: a frame of the past shows what a network that stops there has", async () => {
    const [long, short] = [open(), open()];
    await long.start();
    await short.start();
    await long.stepTo(200);
    const then = await long.frame(undefined, 120);
    const now = await short.stepTo(120);
    expect(then).toMatchObject({ step: 200, shown: 120 });
    expect(then.parameters).toEqual(now.parameters);
    expect(then.states).toEqual(now.states);
    expect(then.maps).toEqual(now.maps);
  });

  test("its past stays within bounds however long it trains", async () => {
    const bench = open();
    await bench.start();
    const { curves } = await bench.stepTo(3000);
    expect(curves!.steps.length).toBeLessThanOrEqual(360);
    expect(curves!.steps.length).toBeGreaterThan(150);
    expect(curves!.steps[0]).toBe(0);
    expect(curves!.steps).toEqual([...curves!.steps].sort((a, b) => a - b));
    for (const line of [curves!.loss, curves!.heldOutLoss, curves!.heldOutAccuracy, ...curves!.living])
      expect(line).toHaveLength(curves!.steps.length);
  });
});

describe("the textbook's unit", () => {
  const { recipe } = preset("The textbook's unit");
  const unit = { layer: 0, unit: 0 };

  test("one step takes the hump from +0.1 to -0.1; it stays there; the cause is the rate", async () => {
    const bench = open();
    await bench.start(recipe);
    const before = await bench.frame(unit);
    expect(before.figures[2]).toBeCloseTo(0.1, 2);
    expect(Math.min(...before.chosen)).toBeGreaterThan(0);
    const after = await bench.stepTo(1, unit);
    expect(after.figures[2]).toBeCloseTo(-0.1, 2);
    expect(Math.max(...after.chosen)).toBeLessThan(0);
    expect(after.deaths).toMatchObject([{ ...unit, step: 1, cause: "learningRate" }]);
    const later = await bench.stepTo(50, unit);
    expect(later.chosen).toEqual(after.chosen);
    expect(later.deaths).toEqual(after.deaths);
  });

  test("a twin with the rate it would have survived lives beside it, step by step", async () => {
    const bench = open();
    await bench.start(recipe);
    const { deaths } = await bench.stepTo(1);
    await bench.cure("lowerRate", true, deaths[0].survivesAt! * 0.9);
    const frame = await bench.stepTo(20);
    expect(frame.states).toEqual(["dead"]);
    expect(frame.twin).toMatchObject({ step: frame.step });
    expect(frame.twin!.picture.states).not.toContain("dead");
  });

  test("lifting the bias opens it again; it is called revived, and learns", async () => {
    const bench = open();
    await bench.start(recipe);
    const dead = await bench.stepTo(30);
    const { message } = await bench.cure("liftBias", false);
    expect(message).toMatch(/1 dead before, 0 after/);
    const lifted = await bench.frame(unit);
    expect(lifted).toMatchObject({ deaths: [], revived: [unit], canUndo: true });
    expect(lifted.figures[4]).toBeGreaterThan(0.05);
    expect(lifted.loss).toBeCloseTo(dead.loss, 6);
    const later = await bench.stepTo(2000, unit);
    expect(later.chosen).not.toEqual(lifted.chosen);
    expect(later.loss).toBeLessThan(dead.loss * 0.5);
    expect(later.deaths).toEqual([]);
  });
});

describe("cures", () => {
  async function withDead(): Promise<Bench> {
    const bench = open();
    await bench.start();
    expect(deadOf(await bench.stepTo(900))).toBeGreaterThanOrEqual(2);
    return bench;
  }

  test("undo puts weights, step, deaths and rate back to before the cure", async () => {
    for (const cure of CURES) {
      const bench = open();
      await bench.start(preset("Negative bias").recipe);
      const before = await bench.stepTo(60);
      expect(deadOf(before)).toBe(7);
      await bench.cure(cure, false, 0.1);
      const cured = await bench.stepTo(30);
      expect(cured.parameters, cure).not.toEqual(before.parameters);
      await bench.send({ kind: "undo" }, "cured");
      const back = await bench.frame();
      expect(
        { step: back.step, rate: back.rate, activation: back.activation, deaths: back.deaths, canUndo: back.canUndo },
        cure,
      ).toEqual({
        step: before.step,
        rate: before.rate,
        activation: before.activation,
        deaths: before.deaths,
        canUndo: false,
      });
      expect(back.parameters, cure).toEqual(before.parameters);
      expect((await bench.stepTo(5)).step).toBe(65);
    }
  });

  test.each(["liftBias", "recycle"] as const)(
    "%s brings the dead back, and no death is forgotten or made up",
    async (cure) => {
      const bench = await withDead();
      const dead = await bench.frame();
      await bench.cure(cure, false);
      const cured = await bench.frame();
      expect(deadOf(cured)).toBeLessThan(deadOf(dead));
      const later = await bench.stepTo(100);
      for (const { layer, unit } of later.deaths) expect(later.states[layer * 10 + unit]).toBe("dead");
    },
  );

  test("Leaky ReLU leaves no unit dead; the weights of before are shown with the activation they had", async () => {
    const bench = await withDead();
    await bench.cure("leakyRelu", false);
    const now = await bench.frame();
    expect(now.activation).toBe("leakyRelu");
    expect(deadOf(now)).toBe(0);
    expect((await bench.frame(undefined, 890)).activation).toBe("relu");
    expect(deadOf(await bench.frame(undefined, 890))).toBeGreaterThanOrEqual(2);
  });

  test("a twin leaves the network as it was: the same weights with and without it; kept, it takes its place", async () => {
    const [alone, paired] = [await withDead(), await withDead()];
    await paired.cure("liftBias", true);
    const frame = await paired.stepTo(60);
    expect(frame.twin!.step).toBe(frame.step);
    expect(deadOf(frame.twin!.picture)).toBe(0);
    await alone.cure("lowerRate", false, OPENING.rate); // ends the fit at the same step, and changes nothing else
    expect(frame.parameters).toEqual((await alone.stepTo(60)).parameters);
    await paired.send({ kind: "twin", keep: true }, "cured");
    const kept = await paired.frame();
    expect(kept.twin).toBeUndefined();
    expect(deadOf(kept)).toBe(0);
    expect((await paired.stepTo(3)).step).toBe(963);
  });
});

test("orders that come at once are carried out one after another, and undone one by one", async () => {
  const bench = open();
  await bench.start(preset("Negative bias").recipe);
  await bench.stepTo(30);
  await bench.engine.handle({ kind: "run", running: true, speed: Infinity });
  await Promise.all([bench.cure("liftBias", false), bench.cure("lowerRate", false, 0.05), bench.cure("recycle", true)]);
  const frame = await bench.frame();
  expect(frame).toMatchObject({ rate: 0.05, canUndo: true });
  expect(frame.twin!.label).toBe("recycled");
  await Promise.all([bench.send({ kind: "undo" }, "cured"), bench.send({ kind: "undo" }, "cured")]);
  const back = await bench.frame();
  expect(back).toMatchObject({ rate: 0.3, canUndo: false });
  expect(deadOf(back)).toBe(7);
  expect(bench.messages.filter(({ kind }) => kind === "failed")).toEqual([]);
});

test("a start in the midst of a cure: no error of the network that is gone", async () => {
  const bench = open();
  await bench.start(preset("Negative bias").recipe);
  const cure = bench.engine.handle({ kind: "cure", cure: "liftBias", beside: true });
  await bench.start({ seed: 4 });
  await cure;
  expect(bench.messages.filter(({ kind }) => kind === "failed")).toEqual([]);
  const frame = await bench.stepTo(5);
  expect(frame.step).toBe(5);
  expect(frame.twin).toBeUndefined();
});

describe("pace", () => {
  test.each([1, 3, 7])("training goes on though %i ms pass between two looks at the clock", async (pause) => {
    let past = 0;
    const now = vi.spyOn(performance, "now").mockImplementation(() => (past += pause));
    try {
      const bench = open();
      await bench.start();
      await bench.engine.handle({ kind: "run", running: true, speed: 120 });
      await bench.runTo(60);
    } finally {
      now.mockRestore();
    }
  });

  test.each([
    ["run", { kind: "run", running: true, speed: 600 }, true],
    ["pause", { kind: "run", running: false, speed: 600 }, false],
    ["step", { kind: "step" }, false],
  ] as const)("%s, said while the network is being made, holds for it", async (_what, message, isRunning) => {
    const bench = open();
    const starting = bench.engine.handle({ kind: "start", recipe: OPENING, running: !isRunning, speed: 1000 });
    await bench.engine.handle(message);
    await starting;
    expect((await bench.frame()).running).toBe(isRunning);
    if (isRunning) await bench.runTo(5);
  });
});

describe("examples hold what they say", () => {
  test.each(PRESETS.map(({ name }) => name))("%s starts", async (name) => {
    const bench = open();
    await bench.start(preset(name).recipe);
    expect((await bench.frame()).step).toBe(0);
  });

  test("too high a rate: most units are dead, and accuracy is poor", async () => {
    const bench = open();
    await bench.start(preset("Too high a rate").recipe);
    const frame = await bench.stepTo(1600);
    expect(deadOf(frame)).toBeGreaterThanOrEqual(6);
    expect(frame.heldOut.accuracy).toBeLessThan(0.8);
  });

  test("negative bias: seven units are born dead and stay so", async () => {
    const bench = open();
    await bench.start(preset("Negative bias").recipe);
    expect(deadOf(await bench.frame())).toBe(7);
    const frame = await bench.stepTo(1000);
    expect(frame.deaths.filter(({ cause }) => cause === "born")).toHaveLength(7);
    expect(deadOf(frame)).toBeGreaterThanOrEqual(7);
  });

  test("born dead: a layer is closed at the start, and no weight ever moves", async () => {
    const bench = open();
    await bench.start(preset("Born dead").recipe);
    const start = await bench.frame();
    expect(start.states.slice(2)).toEqual(new Array(18).fill("dead"));
    const kernels = (frame: { parameters: Float32Array }) => frame.parameters.slice(0, 40);
    expect(kernels(await bench.stepTo(100))).toEqual(kernels(start));
  });

  test("healthy sparsity: nothing is dead, and the finding says so", async () => {
    const bench = open();
    await bench.start(preset("Healthy sparsity").recipe);
    const frame = await bench.stepTo(1400);
    expect(deadOf(frame)).toBe(0);
    expect(frame.heldOut.accuracy).toBeGreaterThan(0.95);
    const { findings } = await bench.send({ kind: "examine" }, "examined");
    expect(findings.map(({ kind }) => kind)).toContain("healthySparsity");
  });

  test("vanishing sigmoid: nothing is dead, and the finding names the gradient", async () => {
    const bench = open();
    await bench.start(preset("Vanishing sigmoid").recipe);
    const frame = await bench.stepTo(600);
    expect(deadOf(frame)).toBe(0);
    const { findings } = await bench.send({ kind: "examine" }, "examined");
    expect(findings.map(({ kind }) => kind)).toContain("vanishingGradient");
  });

  test("softmax over one unit: loss 0, nothing moves, no unit is dead", async () => {
    const bench = open();
    await bench.start(preset("Softmax over one unit").recipe);
    const start = await bench.frame();
    const frame = await bench.stepTo(50);
    expect(frame.parameters).toEqual(start.parameters);
    expect(frame.loss).toBe(0);
    expect(deadOf(frame)).toBe(0);
    const { findings } = await bench.send({ kind: "examine" }, "examined");
    expect(findings.map(({ kind }) => kind)).toContain("singleUnitSoftmax");
  });
});

test("a training that diverges stands still with finite weights, and says so; a lower rate starts anew", async () => {
  const bench = open();
  await bench.start({ data: "regression", rate: 100 });
  await bench.engine.handle({ kind: "run", running: true, speed: Infinity });
  let frame = await bench.frame();
  for (let i = 0; i < 200 && !frame.stopped; i++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    frame = await bench.frame();
  }
  expect(frame.stopped).toBe("diverged");
  expect(frame.parameters.every(Number.isFinite)).toBe(true);
  await bench.start({ data: "regression", rate: 0.1 });
  expect((await bench.stepTo(20)).stopped).toBeUndefined();
});

describe("digits", () => {
  test("are learnt; frames carry answers and profiles, and no maps", async () => {
    const bench = open();
    const { task } = await bench.start(FOR_DIGITS);
    const frame = await bench.stepTo(500);
    expect(frame.heldOut.accuracy).toBeGreaterThan(0.85);
    expect(frame.maps).toHaveLength(0);
    expect(frame.answers).toHaveLength(task.heldOut.x.rows * 10);
    expect(frame.profiles).toHaveLength(40 * 10);
  });
});

test("the forecast marks rates, and the marked first step does kill", async () => {
  const bench = open();
  await bench.start();
  const forecast = bench.messages.find((message) => message.kind === "forecast")!;
  const [first] = forecast.lethalRates;
  expect(first.rate).toBeGreaterThan(0);
  await bench.start({ rate: first.rate * 30, batch: 240 });
  const [before, after] = [await bench.frame(), await bench.stepTo(1)];
  expect(deadOf(after)).toBeGreaterThan(deadOf(before));
});
