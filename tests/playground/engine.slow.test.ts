// The engine without a page: messages to it, and its answers.
import { afterEach, describe, expect, test, vi } from "vitest";
import { type ForecastMessage, type Frame, REMEDY_NAMES, type TableFile } from "../../site/workshop/engine/types.js";
import { PRESETS } from "../../site/workshop/state/presets.js";
import { DEFAULTS, FOR_DIGITS, type LiveName, OPENING, type Recipe } from "../../site/training/recipe.js";
import { fromHash, toHash } from "../../site/training/url.js";
import { mulberry32 } from "../../src/core/random.js";
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
  const [{ recipe, speed }] = PRESETS;

  test("deaths within ten seconds at the opening's pace, and they decide: every digit gets one answer", async () => {
    const harness = open();
    await harness.start(recipe);
    expect(recipe).toEqual(OPENING);
    const early = await harness.stepTo(48);
    expect(48 / speed).toBeLessThan(10);
    expect(early.deaths.filter(({ cause }) => cause === "learningRate").length).toBeGreaterThan(3);
    const frame = await harness.stepTo(12);
    expect(frame.states.slice(24)).toEqual(new Array(16).fill("dead"));
    const answers = new Set<number>();
    for (let row = 0; row < frame.outputs.length; row += 10) {
      const given = [...frame.outputs.subarray(row, row + 10)];
      answers.add(given.indexOf(Math.max(...given)));
    }
    expect(answers.size).toBe(1);
    expect(frame.heldOut.accuracy).toBeLessThan(0.2);
  });

  test("the pair that is offered first cures it; a remedy alone does not", async () => {
    const [paired, alone] = [open(), open()];
    for (const harness of [paired, alone]) {
      await harness.start(recipe);
      await harness.stepTo(90);
    }
    await paired.treat("recycle", false, "find");
    await alone.treat("recycle", false);
    const [cured, relapsed] = [await paired.stepTo(400), await alone.stepTo(400)];
    expect(cured.settings.rate).toBeLessThan(0.8);
    expect(cured.cure).toMatchObject({ step: 90, deadBefore: 37, diedAgain: 0 });
    expect(cured.heldOut.accuracy).toBeGreaterThan(0.8);
    expect(relapsed.cure!.diedAgain).toBeGreaterThan(10);
    expect(relapsed.heldOut.accuracy).toBeLessThan(0.6);
  });
});

describe("the spiral", () => {
  test("a death with its step, cause and the rate at which that step had not killed", async () => {
    const harness = open();
    const started = await harness.start();
    expect(started.recipe).toEqual(DEFAULTS);
    const frame = await harness.stepTo(400);
    expect(frame.deaths.filter(({ layer }) => layer === 0)).toMatchObject([
      { layer: 0, unit: 6, step: 314, cause: "learningRate" },
    ]);
    expect(frame.deaths[0].survivesAt).toBeGreaterThan(0.7);
    expect(frame.deaths[0].survivesAt).toBeLessThan(DEFAULTS.rate);
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
    expect(lifted).toMatchObject({
      deaths: [{ ...unit, step: 1, cameBack: { step: 30, by: "bias lifted" } }],
      canUndo: true,
    });
    expect(lifted.figures[4]).toBeGreaterThan(0.05);
    expect(lifted.loss).toBeCloseTo(dead.loss, 6);
    const later = await harness.stepTo(2000, unit);
    expect(later.chosen).not.toEqual(lifted.chosen);
    expect(later.loss).toBeLessThan(dead.loss * 0.5);
    expect(later.deaths).toEqual(lifted.deaths);
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
        {
          step: back.step,
          rate: back.settings.rate,
          activation: back.activation,
          deaths: back.deaths,
          canUndo: back.canUndo,
        },
        remedy,
      ).toEqual({
        step: before.step,
        rate: before.settings.rate,
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
      for (const { layer, unit, cameBack } of later.deaths)
        if (!cameBack) expect(later.states[layer * 10 + unit]).toBe("dead");
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
    await alone.treat("lowerRate", false, DEFAULTS.rate); // ends the fit at the same step, and changes nothing else
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
  expect(frame).toMatchObject({ settings: { rate: 0.05 }, canUndo: true });
  expect(frame.twin!.label).toBe("recycled");
  await Promise.all([harness.send({ kind: "undo" }, "treated"), harness.send({ kind: "undo" }, "treated")]);
  const back = await harness.frame();
  expect(back).toMatchObject({ settings: { rate: 0.3 }, canUndo: false });
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
    const starting = harness.engine.handle({ kind: "start", recipe: DEFAULTS, running: !isRunning, speed: 1000 });
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

  /** Its state after so many steps, and that of the same recipe with one setting changed back. */
  async function withAndWithout(name: string, steps: number, without: Partial<Recipe>): Promise<readonly Frame[]> {
    return Promise.all(
      [{}, without].map(async (changes) => {
        const harness = open();
        await harness.start({ ...preset(name).recipe, ...changes });
        return harness.stepTo(steps);
      }),
    );
  }

  test("a way past dead layers: the ninth starts closed, and the circle is learnt; not without what passes by", async () => {
    const harness = open();
    await harness.start(preset("A way past dead layers").recipe);
    expect((await harness.frame()).states.slice(32, 36)).toEqual(new Array(4).fill("dead"));
    const [passed, plain] = await withAndWithout("A way past dead layers", 1500, { residual: false });
    expect(passed.heldOut.accuracy).toBeGreaterThan(0.98);
    expect(plain.heldOut.accuracy).toBe(0.5);
    expect(plain.states.slice(32, 36)).toEqual(new Array(4).fill("dead"));
  });

  test("deep, with batch normalization: none of 60 units dies; without, 37 and the last layer", async () => {
    const [normalized, plain] = await withAndWithout("Deep, with batch normalization", 1500, { normalization: "none" });
    expect(normalized.deaths).toEqual([]);
    expect(normalized.heldOut.accuracy).toBeGreaterThan(0.98);
    expect(deadOf(plain)).toBe(37);
    expect(plain.states.slice(50)).toEqual(new Array(10).fill("dead"));
    expect(plain.heldOut.accuracy).toBe(0.5);
  });

  test("warmed up: six of forty units die, and 95 % are right; at a constant rate 33 die", async () => {
    const [warm, constant] = await withAndWithout("Warmed up", 1500, { schedule: "constant" });
    expect([deadOf(warm), deadOf(constant)]).toEqual([6, 33]);
    expect(warm.heldOut.accuracy).toBeGreaterThanOrEqual(0.95);
    expect(constant.heldOut.accuracy).toBeLessThan(0.5);
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

  test("all weights zero: all units are one and dead, which the finding says; another start learns", async () => {
    const harness = open();
    const { recipe } = preset("All weights zero");
    await harness.start(recipe);
    const frame = await harness.stepTo(300);
    expect(deadOf(frame)).toBe(14);
    expect(frame.heldOut.accuracy).toBe(0.5);
    const { findings } = await harness.send({ kind: "diagnose" }, "diagnosis");
    expect(findings.map(({ message }) => message).join()).toMatch(/never differ on all 240 samples: .*same weights/);
    await harness.start({ ...recipe, start: "usual" });
    expect((await harness.stepTo(600)).heldOut.accuracy).toBeGreaterThan(0.9);
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
    expect(frame.accuracy).toBe(0.5);
    expect(frame.heldOut.accuracy).toBe(0.5);
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

describe("a link", () => {
  /** All kinds of changes, by hand. */
  async function byHand(harness: EngineHarness): Promise<void> {
    const adjust = (what: LiveName, value: number) => harness.engine.handle({ kind: "adjust", what, value });
    await harness.start({ rate: 1.4, seed: 3 });
    await harness.stepTo(200);
    await adjust("rate", 0.9);
    await harness.stepTo(47);
    await harness.treat("recycle", false);
    await harness.stepTo(30);
    await harness.treat("liftBias", true);
    await harness.stepTo(20);
    await harness.send({ kind: "endTwin", keep: false }, "treated");
    await adjust("batch", 20);
    await harness.stepTo(31);
    await adjust("clip", 0.5);
    await adjust("decay", 0.001);
    await harness.stepTo(40);
    await harness.treat("liftBias", false, 0.2);
    await harness.stepTo(25);
    await harness.treat("leakyRelu", false);
    await harness.stepTo(12);
    await harness.send({ kind: "undo" }, "treated");
    await harness.stepTo(9);
  }

  test("repeats whatever was changed on the way, to the bit, and pauses at its step", async () => {
    const [one, other] = [open(), open()];
    await byHand(one);
    const made = await one.frame();
    expect(made.changes.map(({ what }) => what)).toContain("batch");
    const hash = toHash({ recipe: made.recipe, changes: made.changes, step: made.step });
    const { recipe, changes, step } = fromHash(hash);
    const repeated = await other.follow(recipe, changes, step!);
    expect(repeated).toMatchObject({ step: made.step, running: false, isSettled: true, settings: made.settings });
    expect(repeated.parameters).toEqual(made.parameters);
    expect(repeated.changes).toEqual(made.changes);
    expect(repeated.deaths.map(({ layer, unit, step: at, cameBack }) => ({ layer, unit, at, cameBack }))).toEqual(
      made.deaths.map(({ layer, unit, step: at, cameBack }) => ({ layer, unit, at, cameBack })),
    );
    expect((await other.stepTo(30)).parameters).toEqual((await one.stepTo(30)).parameters);
  });

  test("without a step makes its changes when it gets there", async () => {
    const harness = open();
    const changes = [{ step: 20, what: "rate", value: 0.1 } as const];
    await harness.send({ kind: "start", recipe: DEFAULTS, running: true, speed: 600, changes }, "started");
    expect((await harness.frame()).pending).toEqual(changes);
    await harness.runTo(25);
    const frame = await harness.frame();
    expect(frame).toMatchObject({ pending: [], changes, settings: { rate: 0.1 }, running: true });
  });

  test("is left where somebody does something else", async () => {
    const harness = open();
    await harness.send(
      {
        kind: "start",
        recipe: DEFAULTS,
        running: false,
        speed: 1,
        changes: [{ step: 50_000, what: "recycle" }],
        until: 60_000,
      },
      "started",
    );
    await harness.treat("lowerRate", false, 0.1);
    const frame = await harness.frame();
    expect(frame).toMatchObject({ pending: [], running: false, isSettled: true });
    expect(frame.step).toBeLessThan(50_000);
    expect(frame.until).toBeUndefined();
  });
});

test("settings change while it trains: the next step has the new rate, and no step is repeated", async () => {
  const [one, other] = [open(), open()];
  await one.start();
  await other.start();
  await one.stepTo(100);
  await other.stepTo(100);
  await one.engine.handle({ kind: "adjust", what: "rate", value: 0.05 });
  const [adjusted, plain] = [await one.stepTo(1), await other.stepTo(1)];
  expect(adjusted).toMatchObject({ step: 101, settings: { rate: 0.05 }, recipe: { rate: DEFAULTS.rate } });
  const before = (await one.frame(undefined, 100)).parameters;
  const moved = (frame: { parameters: Float32Array }) =>
    Math.hypot(...frame.parameters.map((value, i) => value - before[i]));
  expect(moved(adjusted)).toBeCloseTo((moved(plain) * 0.05) / DEFAULTS.rate, 4);
});

describe("no end, and nothing while nothing changes", () => {
  test("full speed goes on beyond 100,000 epochs", async () => {
    const harness = open();
    await harness.start({ ...preset("The textbook's unit").recipe, rate: 0.01 });
    await harness.engine.handle({ kind: "run", running: true, speed: Infinity });
    await harness.runTo(100_100);
    const frame = await harness.frame();
    expect(frame).toMatchObject({ running: true });
    expect(frame.stopped).toBeUndefined();
    expect(frame.curves!.steps.length).toBeLessThanOrEqual(360);
  });

  test("full speed ends after very many steps, and it goes on at 600 a second", async () => {
    const harness = new EngineHarness(digits(), 3000);
    harnesses.push(harness);
    await harness.start();
    await harness.engine.handle({ kind: "run", running: true, speed: Infinity });
    await harness.runTo(3000);
    const started = performance.now();
    const from = (await harness.frame()).step;
    await harness.runTo(from + 200);
    const frame = await harness.frame();
    expect(frame.isSlowed).toBe(true);
    expect(((frame.step - from) / (performance.now() - started)) * 1000).toBeLessThan(900);
  });

  test("paused it is settled, and sets no timer; running it is not settled", async () => {
    const harness = open();
    await harness.start();
    await harness.engine.handle({ kind: "run", running: true, speed: 120 });
    await harness.runTo(20);
    expect((await harness.frame()).isSettled).toBe(false);
    await harness.engine.handle({ kind: "run", running: false, speed: 120 });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect((await harness.frame()).isSettled).toBe(true);
    const timers = vi.spyOn(globalThis, "setTimeout");
    const immediate = vi.spyOn(globalThis, "setImmediate");
    const post = vi.spyOn(MessagePort.prototype, "postMessage");
    const started = performance.now();
    while (performance.now() - started < 300) await new Promise((resolve) => queueMicrotask(() => resolve(undefined)));
    const calls = [timers, immediate, post].map((spy) => spy.mock.calls.length);
    for (const spy of [timers, immediate, post]) spy.mockRestore();
    expect(calls).toEqual([0, 0, 0]);
    await harness.engine.handle({ kind: "run", running: true, speed: 120 });
    await harness.runTo((await harness.frame()).step + 5);
  });

  test("a twin that has caught up is settled with it", async () => {
    const harness = open();
    await harness.start();
    await harness.stepTo(60);
    await harness.treat("lowerRate", true, 0.1);
    await vi.waitFor(async () => expect((await harness.frame()).isSettled).toBe(true));
    expect((await harness.frame()).twin!.step).toBe(60);
  });
});

describe("the register of deaths", () => {
  test("keeps a unit that came back by itself, and one that a cure brought back and that died again", async () => {
    const harness = open();
    await harness.start({ rate: 1.4, seed: 3 });
    const dead = await harness.stepTo(855);
    await harness.treat("liftBias", false);
    const lifted = await harness.frame();
    for (const { layer, unit } of dead.deaths)
      expect(lifted.deaths).toContainEqual(expect.objectContaining({ layer, unit }));
    expect(lifted.deaths.filter(({ cameBack }) => cameBack?.by === "bias lifted").length).toBeGreaterThan(2);
    const later = await harness.stepTo(600);
    const again = later.deaths.filter(
      (death) =>
        death.step > 855 &&
        later.deaths.some((old) => old.cameBack?.step === 855 && old.unit === death.unit && old.layer === death.layer),
    );
    expect(again.length).toBeGreaterThan(0);
    expect(later.cure).toMatchObject({ label: "bias lifted", step: 855 });
    expect(later.cure!.diedAgain).toBeGreaterThan(0);
    for (const { layer, unit, cameBack } of later.deaths)
      if (!cameBack) expect(later.states[layer * 10 + unit]).toBe("dead");
    expect(later.deaths.filter(({ cameBack }) => !cameBack).length).toBeLessThanOrEqual(deadOf(later));
  });

  test("in the spiral a unit comes back by itself", async () => {
    const harness = open();
    await harness.start();
    const { deaths } = await harness.stepTo(2000);
    const back = deaths.filter(({ cameBack }) => cameBack?.by === "itself");
    expect(back.length).toBeGreaterThan(0);
    for (const { step, cameBack } of back) expect(cameBack!.step).toBeGreaterThan(step);
  });
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

describe("the forecast of rates", () => {
  async function forecastOf(changes: Partial<Recipe>): Promise<ForecastMessage[]> {
    const harness = open();
    await harness.start(changes);
    await harness.send({ kind: "forecast" }, "forecast");
    return harness.messages.filter((message) => message.kind === "forecast");
  }

  test("comes in parts, start after start; what it says of a rate is what a training at that rate does", async () => {
    const parts = await forecastOf({});
    expect(parts.map(({ rates }) => rates.length)).toEqual([22, 22, 22]); // its own rate too
    expect(parts.map(({ rates }) => [...new Set(rates.map(({ runs }) => runs))])).toEqual([[1], [2], [3]]);
    expect(parts.map(({ isDone }) => isDone)).toEqual([false, false, true]);
    const { rates, steps } = parts[2];
    const { rates: first } = parts[0];
    expect(rates.map(({ rate }) => rate)).toEqual(rates.map(({ rate }) => rate).sort((a, b) => a - b));
    const [least, most] = [rates[0].rate, rates.at(-1)!.rate];
    expect(least).toBeCloseTo(1e-4, 6);
    expect(most).toBeCloseTo(10, 1);
    expect(rates.map(({ rate }) => rate)).toContain(DEFAULTS.rate);
    for (const { rate, layers } of [first[8], first[16], first[18]]) {
      const harness = open();
      await harness.start({ rate });
      const { states } = await harness.stepTo(steps);
      const count = (layer: readonly string[]) => layer.filter((state) => state === "dead").length;
      expect(
        layers.map(({ median }) => median),
        `rate ${rate}`,
      ).toEqual([count(states.slice(0, 10)), count(states.slice(10))]);
    }
    expect(rates[0].deadFraction.high).toBeLessThan(0.12); // born dead
    expect(rates[18].deadFraction.median).toBeGreaterThan(0.3);
  });

  test("units that are born dead are dead at the lowest rate too", async () => {
    const [{ rates }] = await forecastOf(preset("Negative bias").recipe);
    expect(rates[0].layers.map(({ median }) => median)).toEqual([3, 4]);
  });

  test("says which runs diverge", async () => {
    const parts = await forecastOf({ data: "regression" });
    const { rates } = parts.at(-1)!;
    expect(rates[0].diverged).toBe(0);
    expect(rates.at(-1)!.diverged).toBeGreaterThan(0);
  });

  test("the network of one unit starts with the weights that the page gives it", async () => {
    const { recipe } = preset("The textbook's unit");
    const parts = await forecastOf(recipe);
    const { rates, steps, sample } = parts.at(-1)!;
    expect(sample).toBeUndefined();
    expect(steps).toBeGreaterThan(200); // all 1500 where the budget of time allows it
    expect(rates[0].deadFraction.high).toBe(0);
    expect(rates.find(({ rate }) => rate === recipe.rate)!.deadFraction).toEqual({ low: 1, median: 1, high: 1 });
  });

  test("is not made before it is asked for; a new one ends the last", async () => {
    const harness = open();
    await harness.start();
    await harness.stepTo(20);
    expect(harness.messages.some(({ kind }) => kind === "forecast")).toBe(false);
    const first = harness.engine.handle({ kind: "forecast" });
    await harness.start({ seed: 9 });
    await harness.send({ kind: "forecast" }, "forecast");
    await first;
    const made = harness.messages.filter((message) => message.kind === "forecast");
    expect(made.filter(({ isDone }) => isDone).map(({ recipe }) => recipe.seed)).toEqual([9]);
  });
});

describe("the verdict on the learning", () => {
  const verdictOf = async (harness: EngineHarness) => harness.send({ kind: "diagnose" }, "diagnosis");

  test("says what is learned beside a constant, on training and held-out rows", async () => {
    const harness = open();
    await harness.start(preset("Healthy sparsity").recipe);
    const before = await verdictOf(harness);
    expect(before.verdict).toMatch(
      /[Ii]t is worse than a constant: loss 0.8\d+, and 0\.6931 for always saying the classes' shares/,
    );
    expect(before.constantLoss).toBeCloseTo(Math.LN2, 6);
    await harness.stepTo(1400);
    const after = await verdictOf(harness);
    expect(after.verdict).toMatch(/^It has learned \(9\d.*held-out rows loss .*accuracy/);
  });

  test("a ruined network is no better than a constant", async () => {
    const harness = open();
    await harness.start();
    await harness.start(OPENING);
    await harness.stepTo(400);
    const { verdict, constantLoss } = await verdictOf(harness);
    expect(verdict).toMatch(/[Ii]t is no better than a constant: loss 2\.3\d+, and 2\.297 .* accuracy 10/);
    expect(constantLoss).toBeCloseTo(2.297, 3);
  });

  test("a softmax over one unit: what the finding says, and no accuracy of the labels that it was given", async () => {
    const harness = open();
    await harness.start(preset("Softmax over one unit").recipe);
    const { verdict, constantLoss, findings } = await verdictOf(harness);
    const { message, advice } = findings.find(({ kind }) => kind === "singleUnitSoftmax")!;
    expect(verdict).toBe(`${message} ${advice}`);
    expect(verdict).not.toMatch(/accuracy|100/);
    expect(constantLoss).toBeUndefined();
  });

  test("a training that diverged is told as one", async () => {
    const harness = open();
    await harness.start({ data: "regression", rate: 100 });
    await harness.engine.handle({ kind: "run", running: true, speed: Infinity });
    await vi.waitFor(async () => expect((await harness.frame()).stopped).toBe("diverged"));
    const { findings } = await verdictOf(harness);
    expect(findings.map(({ kind }) => kind)).toContain("divergence");
  });
});

describe("how it goes, told while it trains", () => {
  const kindsWhileRunning = async (harness: EngineHarness, step: number) => {
    await harness.engine.handle({ kind: "run", running: true, speed: Infinity });
    await harness.runTo(step);
    const diagnosis = await harness.send({ kind: "diagnose" }, "diagnosis");
    expect((await harness.frame()).running).toBe(true);
    return diagnosis.findings;
  };

  /** Numbers at random, and a class that has nothing to do with them. */
  function noise(): TableFile {
    const random = mulberry32(5);
    const line = (_: unknown, row: number) => [...Array.from({ length: 6 }, () => random().toFixed(3)), row % 2].join();
    return { name: "noise.csv", contents: `a,b,c,d,e,f,y\n${Array.from({ length: 60 }, line).join("\n")}\n` };
  }

  test("overfitting, with the epoch in which the held-out rows did best", async () => {
    const harness = open();
    await harness.start({ data: "csv", layers: [40], optimizer: "adam", rate: 0.02, batch: 8 }, noise());
    const found = (await kindsWhileRunning(harness, 2000)).find(({ kind }) => kind === "overfitting")!;
    expect(found.message).toMatch(/knows its own rows better/);
    expect(found.figures!.skill - found.figures!.heldOutSkill).toBeGreaterThan(0.5);
  });

  test("a best epoch is of the whole training: a changed setting does not begin it anew", async () => {
    const harness = open();
    await harness.start({ data: "digits", layers: [24], optimizer: "adam", rate: 0.01, batch: 32, seed: 5 });
    await harness.stepTo(100);
    await harness.engine.handle({ kind: "adjust", what: "batch", value: 16 });
    await harness.stepTo(100);
    const { findings } = await harness.send({ kind: "diagnose" }, "diagnosis");
    expect(findings.map(({ kind }) => kind)).not.toContain("overfitting");
  });

  test("a loss that still falls; not of a training that has come to its end", async () => {
    const harness = open();
    await harness.start({ data: "circle", rate: 0.02, seed: 4 });
    await harness.stepTo(400);
    const before = await harness.send({ kind: "diagnose" }, "diagnosis");
    const found = before.findings.find(({ kind }) => kind === "stillLearning" || kind === "stepsTooSmall")!;
    expect(found.kind).toBe("stillLearning");
    expect(found.message).toMatch(/^The loss is still falling after \d+ epochs: as many again would raise the score/);
    await harness.engine.handle({ kind: "adjust", what: "rate", value: 0.3 });
    const kinds = (await kindsWhileRunning(harness, 12_000)).map(({ kind }) => kind);
    for (const kind of ["stillLearning", "overfitting", "stepsTooSmall", "highRate"]) expect(kinds).not.toContain(kind);
  });
});

describe("a death's blow and last straw", () => {
  test("of the spiral's units; the history of the unit shows both falls", async () => {
    const harness = open();
    await harness.start();
    await harness.stepTo(1000);
    const { deaths } = await harness.frame();
    const death = deaths.find(({ blow, step, cameBack }) => blow && blow.step < step && !cameBack)!;
    expect(death).toBeDefined();
    const blow = death.blow!;
    expect(blow.openAfter).toBeLessThan(blow.openBefore / 2);
    const { chosenHistory } = await harness.frame(death);
    const { steps, open: share } = chosenHistory!;
    expect(share).toHaveLength(steps.length);
    const at = (step: number) => share[steps.findLastIndex((each) => each <= step)];
    expect(at(death.step + 10)).toBe(0);
    expect(at(death.step - 10)).toBeGreaterThan(0);
    expect(at(blow.step - 10)).toBeGreaterThan(at((blow.lastStep ?? blow.step) + 10));
    expect((await harness.frame()).chosenHistory).toBeUndefined();
  });
});
