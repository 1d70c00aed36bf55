// The engine without a page: messages to it, and its answers.
import { afterEach, describe, expect, test, vi } from "vitest";
import { REMEDY_NAMES } from "../../site/engine/types.js";
import { PRESETS } from "../../site/state/presets.js";
import { FOR_DIGITS, OPENING } from "../../site/state/recipe.js";
import { EngineHarness, digits } from "./engine-harness.js";

const harnesses: EngineHarness[] = [];
function open(): EngineHarness {
  const harness = new EngineHarness(digits());
  harnesses.push(harness);
  return harness;
}
afterEach(() => {
  for (const harness of harnesses.splice(0)) harness.engine.dispose();
});

const deadOf = (frame: { states: readonly string[] }) => frame.states.filter((state) => state === "dead").length;
const preset = (name: string) => PRESETS.find((each) => each.name === name)!;

describe("the opening", () => {
  test("the first death within ten seconds at the opening's pace, with step, cause and survivable rate", async () => {
    const harness = open();
    const started = await harness.start();
    expect(started.recipe).toEqual(OPENING);
    const frame = await harness.stepTo(400);
    expect(frame.deaths.filter(({ layer }) => layer === 0)).toMatchObject([
      { layer: 0, unit: 6, step: 314, cause: "learningRate" },
    ]);
    expect(314 / PRESETS[0].speed).toBeLessThan(10);
    expect(frame.deaths[0].survivesAt).toBeGreaterThan(0.7);
    expect(frame.deaths[0].survivesAt).toBeLessThan(OPENING.rate);
    expect(frame.states[6]).toBe("dead");
  });

  test("it is dead from that step on, and not before", async () => {
    const harness = open();
    await harness.start();
    expect((await harness.stepTo(313)).states[6]).not.toBe("dead");
    expect((await harness.stepTo(1)).states[6]).toBe("dead");
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
    const harness = open();
    await harness.start();
    const { curves } = await harness.stepTo(3000);
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

  test("one step takes the preactivations from +0.1 to -0.1; they stay there; the cause is the rate", async () => {
    const harness = open();
    await harness.start(recipe);
    const before = await harness.frame(unit);
    expect(before.figures[2]).toBeCloseTo(0.1, 2);
    expect(Math.min(...before.chosen)).toBeGreaterThan(0);
    const after = await harness.stepTo(1, unit);
    expect(after.figures[2]).toBeCloseTo(-0.1, 2);
    expect(Math.max(...after.chosen)).toBeLessThan(0);
    expect(after.deaths).toMatchObject([{ ...unit, step: 1, cause: "learningRate" }]);
    const later = await harness.stepTo(50, unit);
    expect(later.chosen).toEqual(after.chosen);
    expect(later.deaths).toEqual(after.deaths);
  });

  test("a twin with the rate it would have survived lives beside it, step by step", async () => {
    const harness = open();
    await harness.start(recipe);
    const { deaths } = await harness.stepTo(1);
    await harness.treat("lowerRate", true, deaths[0].survivesAt! * 0.9);
    const frame = await harness.stepTo(20);
    expect(frame.states).toEqual(["dead"]);
    expect(frame.twin).toMatchObject({ step: frame.step });
    expect(frame.twin!.picture.states).not.toContain("dead");
  });

  test("lifting the bias opens it again; it is called revived, and learns", async () => {
    const harness = open();
    await harness.start(recipe);
    const dead = await harness.stepTo(30);
    const { message } = await harness.treat("liftBias", false);
    expect(message).toMatch(/1 dead before, 0 after/);
    const lifted = await harness.frame(unit);
    expect(lifted).toMatchObject({ deaths: [], revived: [unit], canUndo: true });
    expect(lifted.figures[4]).toBeGreaterThan(0.05);
    expect(lifted.loss).toBeCloseTo(dead.loss, 6);
    const later = await harness.stepTo(2000, unit);
    expect(later.chosen).not.toEqual(lifted.chosen);
    expect(later.loss).toBeLessThan(dead.loss * 0.5);
    expect(later.deaths).toEqual([]);
  });
});

describe("remedies", () => {
  async function withDead(): Promise<EngineHarness> {
    const harness = open();
    await harness.start();
    expect(deadOf(await harness.stepTo(900))).toBeGreaterThanOrEqual(2);
    return harness;
  }

  test("undo puts weights, step, deaths and rate back to before the remedy", async () => {
    for (const remedy of REMEDY_NAMES) {
      const harness = open();
      await harness.start(preset("Negative bias").recipe);
      const before = await harness.stepTo(60);
      expect(deadOf(before)).toBe(7);
      await harness.treat(remedy, false, 0.1);
      const treated = await harness.stepTo(30);
      expect(treated.parameters, remedy).not.toEqual(before.parameters);
      await harness.send({ kind: "undo" }, "treated");
      const back = await harness.frame();
      expect(
        { step: back.step, rate: back.rate, activation: back.activation, deaths: back.deaths, canUndo: back.canUndo },
        remedy,
      ).toEqual({
        step: before.step,
        rate: before.rate,
        activation: before.activation,
        deaths: before.deaths,
        canUndo: false,
      });
      expect(back.parameters, remedy).toEqual(before.parameters);
      expect((await harness.stepTo(5)).step).toBe(65);
    }
  });

  test.each(["liftBias", "recycle"] as const)(
    "%s brings the dead back, and no death is forgotten or made up",
    async (remedy) => {
      const harness = await withDead();
      const dead = await harness.frame();
      await harness.treat(remedy, false);
      const treated = await harness.frame();
      expect(deadOf(treated)).toBeLessThan(deadOf(dead));
      const later = await harness.stepTo(100);
      for (const { layer, unit } of later.deaths) expect(later.states[layer * 10 + unit]).toBe("dead");
    },
  );

  test("Leaky ReLU leaves no unit dead; the weights of before are shown with the activation they had", async () => {
    const harness = await withDead();
    await harness.treat("leakyRelu", false);
    const now = await harness.frame();
    expect(now.activation).toBe("leakyRelu");
    expect(deadOf(now)).toBe(0);
    expect((await harness.frame(undefined, 890)).activation).toBe("relu");
    expect(deadOf(await harness.frame(undefined, 890))).toBeGreaterThanOrEqual(2);
  });

  test("a twin leaves the network as it was: same weights with and without it; kept, it replaces it", async () => {
    const [alone, paired] = [await withDead(), await withDead()];
    await paired.treat("liftBias", true);
    const frame = await paired.stepTo(60);
    expect(frame.twin!.step).toBe(frame.step);
    expect(deadOf(frame.twin!.picture)).toBe(0);
    await alone.treat("lowerRate", false, OPENING.rate); // ends the fit at the same step, and changes nothing else
    expect(frame.parameters).toEqual((await alone.stepTo(60)).parameters);
    await paired.send({ kind: "endTwin", keep: true }, "treated");
    const kept = await paired.frame();
    expect(kept.twin).toBeUndefined();
    expect(deadOf(kept)).toBe(0);
    expect((await paired.stepTo(3)).step).toBe(963);
  });
});

test("changes that are asked for at once are carried out one after another, and undone one by one", async () => {
  const harness = open();
  await harness.start(preset("Negative bias").recipe);
  await harness.stepTo(30);
  await harness.engine.handle({ kind: "run", running: true, speed: Infinity });
  await Promise.all([
    harness.treat("liftBias", false),
    harness.treat("lowerRate", false, 0.05),
    harness.treat("recycle", true),
  ]);
  const frame = await harness.frame();
  expect(frame).toMatchObject({ rate: 0.05, canUndo: true });
  expect(frame.twin!.label).toBe("recycled");
  await Promise.all([harness.send({ kind: "undo" }, "treated"), harness.send({ kind: "undo" }, "treated")]);
  const back = await harness.frame();
  expect(back).toMatchObject({ rate: 0.3, canUndo: false });
  expect(deadOf(back)).toBe(7);
  expect(harness.messages.filter(({ kind }) => kind === "failed")).toEqual([]);
});

test("a start in the middle of a remedy: no error of the network that is gone", async () => {
  const harness = open();
  await harness.start(preset("Negative bias").recipe);
  const treated = harness.engine.handle({ kind: "treat", remedy: "liftBias", onTwin: true });
  await harness.start({ seed: 4 });
  await treated;
  expect(harness.messages.filter(({ kind }) => kind === "failed")).toEqual([]);
  const frame = await harness.stepTo(5);
  expect(frame.step).toBe(5);
  expect(frame.twin).toBeUndefined();
});

describe("pace", () => {
  test.each([1, 3, 7])("training goes on though %i ms pass between two looks at the clock", async (pause) => {
    let past = 0;
    const now = vi.spyOn(performance, "now").mockImplementation(() => (past += pause));
    try {
      const harness = open();
      await harness.start();
      await harness.engine.handle({ kind: "run", running: true, speed: 120 });
      await harness.runTo(60);
    } finally {
      now.mockRestore();
    }
  });

  test.each([
    ["run", { kind: "run", running: true, speed: 600 }, true],
    ["pause", { kind: "run", running: false, speed: 600 }, false],
    ["step", { kind: "step" }, false],
  ] as const)("%s, said while the network is being made, holds for it", async (_what, message, isRunning) => {
    const harness = open();
    const starting = harness.engine.handle({ kind: "start", recipe: OPENING, running: !isRunning, speed: 1000 });
    await harness.engine.handle(message);
    await starting;
    expect((await harness.frame()).running).toBe(isRunning);
    if (isRunning) await harness.runTo(5);
  });
});

describe("examples hold what they say", () => {
  test.each(PRESETS.map(({ name }) => name))("%s starts", async (name) => {
    const harness = open();
    await harness.start(preset(name).recipe);
    expect((await harness.frame()).step).toBe(0);
  });

  test("too high a rate: most units are dead, and accuracy is poor", async () => {
    const harness = open();
    await harness.start(preset("Too high a rate").recipe);
    const frame = await harness.stepTo(1600);
    expect(deadOf(frame)).toBeGreaterThanOrEqual(6);
    expect(frame.heldOut.accuracy).toBeLessThan(0.8);
  });

  test("negative bias: seven units are born dead and stay so", async () => {
    const harness = open();
    await harness.start(preset("Negative bias").recipe);
    expect(deadOf(await harness.frame())).toBe(7);
    const frame = await harness.stepTo(1000);
    expect(frame.deaths.filter(({ cause }) => cause === "born")).toHaveLength(7);
    expect(deadOf(frame)).toBeGreaterThanOrEqual(7);
  });

  test("born dead: a layer is closed at the start, and no weight ever moves", async () => {
    const harness = open();
    await harness.start(preset("Born dead").recipe);
    const start = await harness.frame();
    expect(start.states.slice(2)).toEqual(new Array(18).fill("dead"));
    const kernels = (frame: { parameters: Float32Array }) => frame.parameters.slice(0, 40);
    expect(kernels(await harness.stepTo(100))).toEqual(kernels(start));
  });

  test("healthy sparsity: nothing is dead, and the finding says so", async () => {
    const harness = open();
    await harness.start(preset("Healthy sparsity").recipe);
    const frame = await harness.stepTo(1400);
    expect(deadOf(frame)).toBe(0);
    expect(frame.heldOut.accuracy).toBeGreaterThan(0.95);
    const { findings } = await harness.send({ kind: "diagnose" }, "diagnosis");
    expect(findings.map(({ kind }) => kind)).toContain("healthySparsity");
  });

  test("vanishing sigmoid: nothing is dead, and the finding names the gradient", async () => {
    const harness = open();
    await harness.start(preset("Vanishing sigmoid").recipe);
    const frame = await harness.stepTo(600);
    expect(deadOf(frame)).toBe(0);
    const { findings } = await harness.send({ kind: "diagnose" }, "diagnosis");
    expect(findings.map(({ kind }) => kind)).toContain("vanishingGradient");
  });

  test("softmax over one unit: loss 0, nothing moves, no unit is dead", async () => {
    const harness = open();
    await harness.start(preset("Softmax over one unit").recipe);
    const start = await harness.frame();
    const frame = await harness.stepTo(50);
    expect(frame.parameters).toEqual(start.parameters);
    expect(frame.loss).toBe(0);
    expect(deadOf(frame)).toBe(0);
    const { findings } = await harness.send({ kind: "diagnose" }, "diagnosis");
    expect(findings.map(({ kind }) => kind)).toContain("singleUnitSoftmax");
  });
});

test("a training that diverges stops with finite weights, and says so; a lower rate starts again", async () => {
  const harness = open();
  await harness.start({ data: "regression", rate: 100 });
  await harness.engine.handle({ kind: "run", running: true, speed: Infinity });
  let frame = await harness.frame();
  for (let i = 0; i < 200 && !frame.stopped; i++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    frame = await harness.frame();
  }
  expect(frame.stopped).toBe("diverged");
  expect(frame.parameters.every(Number.isFinite)).toBe(true);
  await harness.start({ data: "regression", rate: 0.1 });
  expect((await harness.stepTo(20)).stopped).toBeUndefined();
});

describe("digits", () => {
  test("are learnt; frames carry answers and profiles, and no maps", async () => {
    const harness = open();
    const { task } = await harness.start(FOR_DIGITS);
    const frame = await harness.stepTo(500);
    expect(frame.heldOut.accuracy).toBeGreaterThan(0.85);
    expect(frame.maps).toHaveLength(0);
    expect(frame.outputs).toHaveLength(task.heldOut.x.rows * 10);
    expect(frame.profiles).toHaveLength(40 * 10);
  });
});

test("the forecast marks rates, and the marked first step does kill", async () => {
  const harness = open();
  await harness.start();
  const forecast = harness.messages.find((message) => message.kind === "forecast")!;
  const [first] = forecast.lethalRates;
  expect(first.rate).toBeGreaterThan(0);
  await harness.start({ rate: first.rate * 30, batch: 240 });
  const [before, after] = [await harness.frame(), await harness.stepTo(1)];
  expect(deadOf(after)).toBeGreaterThan(deadOf(before));
});
