// What the article tells of starts, measured with the package: measured.json. `relumine textbook` measures the rest:
// textbook.json. site/build/measure.mjs writes both, tests/site holds them against the package.
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

export async function measure(starts = STARTS): Promise<Record<string, number>> {
  return {
    "xor: starts": starts,
    "xor: share dead": await shareConstant(xorUnit, XOR_INPUTS, starts),
    "narrow: starts": starts,
    "narrow: share constant": await shareConstant(deep(2), LINE, starts),
    "wide: share constant": await shareConstant(deep(16), LINE, starts),
  };
}
