// What the article tells of starts, measured with the package: measured.json. `relumine textbook` measures the rest:
// textbook.json. site/build/measure.mjs writes both, tests/site holds them against the package.
import { START, UnitsEngine } from "../figures/one-unit/engine.js";
import { Pace } from "../figures/parts/pace.js";
import { trainCurve } from "../figures/straight-line/training.js";
import { OPENING } from "../figures/zero-lines/messages.js";
import { ZeroLineTraining } from "../figures/zero-lines/training.js";
import { mean } from "../../src/core/statistics.js";
import { createNetwork, type NetworkSpec } from "../../src/index.js";

/** The same numbers on every machine. */
const OPTIONS = { arithmetic: "reproducible" } as const;
const STARTS = 2000;

/** The share of `starts` random starts whose outputs on the rows differ nowhere. */
export async function shareConstant(spec: NetworkSpec, x: readonly number[][], starts = STARTS): Promise<number> {
  let constant = 0;
  for (let seed = 0; seed < starts; seed++) {
    using network = await createNetwork({ ...spec, seed }, OPTIONS);
    const { data } = network.predict(x as number[][]);
    if (data.every((value) => value === data[0])) constant++;
  }
  return constant / starts;
}

export const XOR_INPUTS = [0, 1, 2, 3].map((i) => [i >> 1, i & 1]);
const LINE = Array.from({ length: 101 }, (_, i) => [((i - 50) / 50) * Math.sqrt(3)]);

/** One ReLU unit that is all of the network: constant on the four inputs just when it is dead on them. */
export const xorUnit: NetworkSpec = { inputs: 2, layers: [{ units: 1, activation: "relu" }], loss: "meanSquaredError" };

/** Nine hidden layers, by He's rule. */
export const deep = (units: number): NetworkSpec => ({
  inputs: 1,
  layers: [...Array.from({ length: 9 }, () => ({ units })), { units: 1 }],
  loss: "meanSquaredError",
});

/** Figure 1 as it opens, and at a rate at which sigmoid and tanh saturate. */
async function oneUnit(): Promise<Record<string, number>> {
  const engine = await UnitsEngine.create();
  const take = async (rate: number) => {
    const reply = await engine.answer({ kind: "start", bias: START.bias, rate });
    return reply.kind === "started" ? reply.units : [];
  };
  const [{ before, after }] = await take(0.2);
  await take(3);
  const train = async (steps: number) => {
    const reply = await engine.answer({ kind: "train", steps });
    return reply.kind === "trained" ? reply.units : [];
  };
  const soon = await train(10);
  const late = await train(10_000);
  return {
    "one unit: samples": before.z.length,
    "one unit: gradient": before.gradient.bias,
    "one unit: bias after": after.weights.bias,
    "one unit: mean z before": mean(Array.from(before.z)),
    "one unit: mean z after": mean(Array.from(after.z)),
    "one unit: samples that open it after": after.z.filter((value) => value > 0).length,
    "one unit: loss before": before.loss,
    "one unit: loss after": after.loss,
    "one unit: output bias after": after.weights.outputBias,
    ...Object.fromEntries(
      engine.units.flatMap(({ activation }, i) => [
        [`one unit, rate 3: slope of ${activation}, 10 steps on`, soon[i].slope],
        [`one unit, rate 3: slope of ${activation}, 10,000 steps on`, late[i].slope],
      ]),
    ),
  };
}

/** The demonstration of the first chapter, with three hidden layers. */
async function straightLine(): Promise<Record<string, number>> {
  const [without, withRelu] = await Promise.all(
    (["linear", "relu"] as const).map((activation) => trainCurve({ activation, layers: 3 })),
  );
  return {
    "line: network without activation": without.looks.at(-1)!.loss,
    "line: least squares": without.line.loss,
    "line: network with ReLU": withRelu.looks.at(-1)!.loss,
  };
}

/** Figure 3 as it opens, to its last step. */
async function zeroLines(): Promise<Record<string, number>> {
  const training = await ZeroLineTraining.create(OPENING);
  const pace = new Pace(Infinity);
  pace.run(true);
  await training.run(pace, () => {});
  const { open, deaths, accuracy, step } = training.frame(false);
  training.dispose();
  const alive = open.filter((share) => share > 0);
  return {
    "zero lines: steps": step,
    "zero lines: units": open.length,
    "zero lines: dead": open.length - alive.length,
    "zero lines: died first at step": Math.min(...deaths.map((death) => death.step)),
    "zero lines: rarest of the living": Math.min(...alive),
    "zero lines: accuracy": accuracy,
  };
}

export async function measure(starts = STARTS): Promise<Record<string, number>> {
  return {
    ...(await straightLine()),
    ...(await oneUnit()),
    ...(await zeroLines()),
    "xor: starts": starts,
    "xor: share dead": await shareConstant(xorUnit, XOR_INPUTS, starts),
    "narrow: starts": starts,
    "narrow: share constant": await shareConstant(deep(2), LINE, starts),
    "wide: share constant": await shareConstant(deep(16), LINE, starts),
  };
}
