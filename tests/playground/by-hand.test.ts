// What is done to one unit: cures for it alone, its bias and weights written by hand; as a link and as code.
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { codeFor } from "../../site/workshop/state/code/code.js";
import { changeText, readChange } from "../../site/training/change-text.js";
import type { Change } from "../../site/training/changes.js";
import { forUnit, offersFor } from "../../site/workshop/state/remedy-offers.js";
import { fromHash, toHash } from "../../site/training/url.js";
import type { Frame } from "../../site/workshop/engine/types.js";
import { countDead } from "../../site/workshop/state/units.js";
import { EngineHarness } from "./engine-harness.js";

const harnesses: EngineHarness[] = [];
afterAll(() => harnesses.forEach((harness) => harness.engine.dispose()));
function open(): EngineHarness {
  const harness = new EngineHarness();
  harnesses.push(harness);
  return harness;
}

const RECIPE = { rate: 1.4, seed: 3 };
const deadOf = ({ deaths }: Frame) => deaths.filter(({ cameBack }) => !cameBack);

describe("in a link", () => {
  const read = (text: string) => readChange(text, Number, (_name, value) => Number(value));

  test.each<[string, Change]>([
    ["855:liftBias:2-3", { step: 855, what: "liftBias", unit: { layer: 1, unit: 2 } }],
    ["0:recycle", { step: 0, what: "recycle" }],
    ["9:setBias:1-10:-0.25", { step: 9, what: "setBias", unit: { layer: 0, unit: 9 }, value: -0.25 }],
    ["9:setWeight:3-1-8:1e-7", { step: 9, what: "setWeight", unit: { layer: 2, unit: 0 }, input: 7, value: 1e-7 }],
    ["9:rate:0.3", { step: 9, what: "rate", value: 0.3 }],
  ])("%s", (text, change) => {
    expect(changeText(change)).toBe(text);
    expect(read(text)).toEqual(change);
  });

  test.each([
    "5:liftBias:0-1",
    "5:liftBias:1",
    "5:liftBias:1-2-3",
    "5:liftBias:1-2:3",
    "5:leakyRelu:1-2",
    "5:break:1-2",
    "5:setBias:1-2",
    "5:setBias:1-2:",
    "5:setBias:1-2:x",
    "5:setBias:1-2:1e10",
    "5:setBias:1-2-3:1",
    "5:setWeight:1-2:1",
    "5:setWeight:1-2-3:1:1",
    "5:setWeight:1-2-9999999:1",
  ])("%s can't be read", (text) => expect(read(text)).toBeUndefined());

  test("of units that the network has not is left out, and it is said", async () => {
    const harness = open();
    const { recipe } = await harness.start();
    const changes: Change[] = [
      { step: 5, what: "setBias", unit: { layer: 0, unit: 10 }, value: 1 },
      { step: 5, what: "liftBias", unit: { layer: 2, unit: 0 } },
      { step: 5, what: "setWeight", unit: { layer: 2, unit: 0 }, input: 8, value: 1 },
      { step: 6, what: "setWeight", unit: { layer: 2, unit: 0 }, input: 7, value: 1 },
    ];
    const start = { kind: "start", recipe, running: false, speed: 1, changes, until: 10 } as const;
    const { message } = await harness.send(start, "failed");
    expect(message).toMatch(/units of this network/);
    await harness.runTo(10);
    expect((await harness.frame()).changes).toEqual(changes.slice(3));
  });
});

describe("by hand", () => {
  async function byHand(harness: EngineHarness): Promise<Frame> {
    const edit = (layer: number, unit: number, value: number, input?: number) =>
      harness.send(
        input === undefined
          ? { kind: "edit", what: "setBias", unit: { layer, unit }, value }
          : { kind: "edit", what: "setWeight", unit: { layer, unit }, input, value },
        "treated",
      );
    await harness.start(RECIPE);
    await edit(0, 3, 0.75);
    const frame = await harness.stepTo(300);
    const [first] = deadOf(frame);
    await harness.send({ kind: "treat", remedy: "liftBias", onTwin: false, unit: first }, "treated");
    await edit(1, 2, 0.3, 4);
    await edit(1, 2, 0.1, 4); // in the place of the one before
    await harness.stepTo(33);
    await edit(2, 0, -0.2);
    return harness.stepTo(20);
  }

  test("the numbers are those that were written, one unit is lifted, and undo brings back what was", async () => {
    const harness = open();
    const { layout } = await harness.start(RECIPE);
    const before = await harness.frame();
    await harness.send({ kind: "edit", what: "setBias", unit: { layer: 1, unit: 5 }, value: -0.125 }, "treated");
    await harness.send(
      { kind: "edit", what: "setWeight", unit: { layer: 1, unit: 5 }, input: 3, value: 0.1 },
      "treated",
    );
    const after = await harness.frame();
    const expected = before.parameters.slice();
    expected[layout[1].bias + 5] = -0.125;
    expected[layout[1].kernel + 3 * 8 + 5] = 0.1;
    expect(after.parameters).toEqual(expected);
    for (let i = 0; i < 2; i++) await harness.send({ kind: "undo" }, "treated");
    expect((await harness.frame()).parameters).toEqual(before.parameters);
  });

  test("a cure for one of several dead units leaves the others dead", async () => {
    const harness = open();
    await harness.start(RECIPE);
    const frame = await harness.stepTo(855);
    const dead = deadOf(frame);
    expect(dead.length).toBeGreaterThan(2);
    const { message } = await harness.send(
      { kind: "treat", remedy: "liftBias", onTwin: false, unit: dead[1], rate: 0.3 },
      "treated",
    );
    expect(message).toMatch(/^layer \d+, unit \d+: bias lifted, rate 0\.3: /);
    const after = await harness.frame();
    expect(countDead(after.states)).toBe(countDead(frame.states) - 1);
    expect(after.settings.rate).toBe(0.3);
    expect(deadOf(after).map(({ layer, unit }) => [layer, unit])).toEqual(
      dead.filter((each) => each !== dead[1]).map(({ layer, unit }) => [layer, unit]),
    );
  });

  test("a link repeats it to the bit, and so does the code", async () => {
    const [one, other] = [open(), open()];
    const made = await byHand(one);
    expect(made.changes.map(({ what }) => what)).toEqual(["setBias", "liftBias", "setWeight", "setBias"]);
    const { recipe, changes, step, unread } = fromHash(toHash(made));
    expect(unread).toEqual([]);
    const repeated = await other.follow(recipe, changes, step!);
    expect(repeated.parameters).toEqual(made.parameters);
    const started = await open().start(RECIPE);
    const folder = fileURLToPath(new URL("../../.cache/by-hand-code/", import.meta.url));
    mkdirSync(folder, { recursive: true });
    const print = "console.log(JSON.stringify(network.layers.map((layer) => [...layer.getWeights().kernel])));";
    writeFileSync(`${folder}program.mjs`, `${codeFor("relumine", made, started)}${print}\n`);
    const lines = execFileSync(process.execPath, [`${folder}program.mjs`], { encoding: "utf8" })
      .trim()
      .split("\n");
    const sizes = [20, 80, 8];
    const kernels = started.layout.map(({ kernel }, layer) => [
      ...made.parameters.subarray(kernel, kernel + sizes[layer]),
    ]);
    expect(JSON.parse(lines.at(-1)!)).toEqual(kernels);
  });

  test("in Python each number is written, and the cure is for the unit", async () => {
    const started = await open().start(RECIPE);
    const changes: Change[] = [
      { step: 10, what: "liftBias", unit: { layer: 1, unit: 2 } },
      { step: 10, what: "setBias", unit: { layer: 0, unit: 3 }, value: 0.75 },
      { step: 10, what: "setWeight", unit: { layer: 2, unit: 0 }, input: 7, value: -0.5 },
    ];
    const frame = { recipe: started.recipe, changes, step: 20 };
    const pytorch = codeFor("pytorch", frame, started);
    for (const line of [
      "def lift_bias(only=None):",
      "for place, (layer, activation, following) in enumerate(zip(model[0::2], model[1::2], model[2::2])):",
      "dead &= torch.tensor([(place, unit) == only for unit in range(len(dead))])",
      "lift_bias((1, 2))  # after step 10",
      "model[0].bias.data[3] = 0.75  # after step 10",
      "model[4].weight.data[0, 7] = -0.5  # after step 10",
    ])
      expect(pytorch).toContain(line);
    const keras = codeFor("keras", frame, started);
    for (const line of [
      "dead &= [(place, unit) == only for unit in range(len(dead))]",
      "lift_bias((1, 2))  # after step 10",
      "kernel, bias = map(np.array, model.layers[2].get_weights())  # after step 10\nkernel[7, 0] = -0.5\n",
    ])
      expect(keras).toContain(line);
  });
});

test("for a unit alone there are the remedies that can be for one, and the pair", () => {
  const settings = { rate: 0.8, batch: 16, decay: 0, clip: 0 };
  const unit = { layer: 1, unit: 2 };
  const offers = forUnit(
    offersFor({ ...unit, step: 5, cause: "learningRate", explanation: "" }, undefined, settings),
    unit,
  );
  expect(offers.map(({ cure }) => cure)).toEqual([
    { remedy: "liftBias", rate: "find", unit },
    { remedy: "liftBias", unit },
    { remedy: "recycle", unit },
  ]);
});
