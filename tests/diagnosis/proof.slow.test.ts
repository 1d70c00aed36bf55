// Proofs and waking inputs: truths by construction, soundness on random networks, how much is
// decided, bad boxes. RELUMINE_LONG=5 tries 400 networks.
import { describe, expect, test } from "vitest";
import { findContradictions, type Interval } from "./contradictions.js";
import { expectRefusal } from "../support/errors.js";
import { expectUntouched, withNetwork } from "../support/networks.js";
import { integer, randomRows, seededRandom } from "../support/random.js";
import { sectors } from "../support/samples.js";
import { someOf } from "../support/times.js";
import { type Activation, diagnose, type Diagnosis, type Network, type NetworkSpec, sgd } from "../../src/index.js";
import type { Rows } from "../reference/network.js";

interface HandLayer {
  readonly activation?: Activation;
  readonly kernel: Rows;
  readonly bias: number[];
}

/** The layers by hand and an output that sums. */
async function withLayers<T>(layers: readonly HandLayer[], use: (network: Network) => T | Promise<T>): Promise<T> {
  const hidden = layers.map(({ activation = "relu", bias }) => ({ units: bias.length, activation }));
  return withNetwork(
    { inputs: layers[0]!.kernel.length, layers: [...hidden, { units: 1 }], loss: "meanSquaredError" },
    (network) => {
      layers.forEach(({ kernel, bias }, l) =>
        network.layers[l]!.setWeights({ kernel: Float32Array.from(kernel.flat()), bias: Float32Array.from(bias) }),
      );
      return use(network);
    },
  );
}

function unitOf(diagnosis: Diagnosis, layer: number, unit: number) {
  return diagnosis.layers[layer]!.units[unit]!;
}

const proofsOf = (diagnosis: Diagnosis) =>
  diagnosis.layers.flatMap(({ units }) => units.flatMap(({ proof }) => (proof ? [proof] : [])));

describe("the first layer is decided exactly", () => {
  test.each<[string, Rows, number[], Rows, Interval | undefined, "provenDead" | "refuted", number[] | undefined]>([
    [
      "weights against the box",
      [[-1], [-2]],
      [0],
      [
        [1, 1],
        [2, 3],
      ],
      undefined,
      "provenDead",
      undefined,
    ],
    ["it touches 0 at the corner", [[1]], [-3], [[1], [2], [3]], undefined, "provenDead", undefined],
    [
      "it touches 0 at the corner, two inputs",
      [[1], [1]],
      [-2],
      [
        [0, 0],
        [1, 0],
        [0, 1],
      ],
      { low: [0, 0], high: [1, 1] },
      "provenDead",
      undefined,
    ],
    ["all weights and the bias 0", [[0], [0]], [0], [[1, 1]], undefined, "provenDead", undefined],
    [
      "only the corner of the samples' range opens it",
      [[1], [-1]],
      [-1.5],
      [
        [0, 0],
        [1, 1],
      ],
      undefined,
      "provenDead",
      undefined,
    ],
    [
      "the same with a smaller bias",
      [[1], [-1]],
      [-0.5],
      [
        [0, 0],
        [1, 1],
      ],
      undefined,
      "refuted",
      [1, 0],
    ],
    [
      "a box wider than the samples",
      [[1]],
      [-3],
      [[1], [2]],
      { low: [0], high: [3.0001] },
      "refuted",
      [Math.fround(3.0001)],
    ],
    ["a box of one point", [[1]], [-3], [[1]], { low: [1], high: [1] }, "provenDead", undefined],
  ])("%s", (_name, kernel, bias, x, inputBox, proof, wakingInput) =>
    withLayers([{ kernel, bias }], (network) => {
      const unit = unitOf(diagnose(network, x, { proofs: true, ...(inputBox && { inputBox }) }), 0, 0);
      expect(unit.proof).toBe(proof);
      expect(unit.wakingInput && [...unit.wakingInput]).toEqual(wakingInput);
    }),
  );

  test.each([1, 2, 3, 4])(
    "of random units, those whose best corner is above 0 are refuted and no other (seed %d)",
    async (seed) => {
      const random = seededRandom(seed);
      const kernel = randomRows(random, 7, 60),
        bias = randomRows(random, 1, 60, 3)[0]!;
      await withLayers([{ kernel, bias }], (network) => {
        const diagnosis = diagnose(network, [Array<number>(7).fill(0)], {
          proofs: true,
          inputBox: { low: Array(7).fill(-0.5), high: Array(7).fill(1) },
        });
        let dead = 0;
        diagnosis.layers[0]!.units.forEach(({ state, proof }, j) => {
          if (state !== "dead") return expect(proof).toBeUndefined();
          const best = kernel.reduce((sum, row) => sum + Math.max(row[j]!, -0.5 * row[j]!), bias[j]!);
          expect(proof).toBe(best > 0 ? "refuted" : "provenDead");
          dead++;
        });
        expect(dead).toBeGreaterThan(10);
      });
    },
  );
});

describe("deeper layers, by construction", () => {
  const both = { kernel: [[1, -1]], bias: [0, 0] }; // relu(x) and relu(-x)
  test.each<[string, HandLayer[], Rows, Interval | undefined, "provenDead" | "refuted"]>([
    [
      "no weight above 0 behind relus",
      [both, { kernel: [[-1], [-1]], bias: [0] }],
      [[-1], [1]],
      undefined,
      "provenDead",
    ],
    ["|x| - 2 within [-1, 1]", [both, { kernel: [[1], [1]], bias: [-2] }], [[-1], [1]], undefined, "provenDead"],
    [
      "|x| - 1 within [-1, 1] touches 0 at either end",
      [both, { kernel: [[1], [1]], bias: [-1] }],
      [[-1], [1]],
      undefined,
      "provenDead",
    ],
    [
      "|x| - 2 where the box goes to -3",
      [both, { kernel: [[1], [1]], bias: [-2] }],
      [[-1], [1]],
      { low: [-3], high: [1] },
      "refuted",
    ],
    [
      "a tent's top between the samples",
      [
        { kernel: [[1, 1]], bias: [0, -0.5] },
        { kernel: [[1], [-2]], bias: [-0.4] },
      ],
      [[0], [1]],
      undefined,
      "refuted",
    ],
    [
      "a tent that does not reach",
      [
        { kernel: [[1, 1]], bias: [0, -0.5] },
        { kernel: [[1], [-2]], bias: [-0.51] },
      ],
      [[0], [1]],
      undefined,
      "provenDead",
    ],
    [
      "x - x, which intervals cannot see",
      [
        { kernel: [[1, 1]], bias: [1, 1] },
        { kernel: [[1], [-1]], bias: [-0.01] },
      ],
      [[0], [1]],
      undefined,
      "provenDead",
    ],
    [
      "behind a silent layer",
      [
        { kernel: [[-1]], bias: [0] },
        { kernel: [[5]], bias: [-1] },
      ],
      [[1], [2]],
      undefined,
      "provenDead",
    ],
    [
      "three layers",
      [both, { kernel: [[1], [1]], bias: [-0.5] }, { kernel: [[1]], bias: [-0.51] }],
      [[-1], [1]],
      undefined,
      "provenDead",
    ],
    [
      "three layers, opened at an end of the box",
      [both, { kernel: [[1], [1]], bias: [-0.5] }, { kernel: [[1]], bias: [-0.49] }],
      [[-0.9], [0.9]],
      { low: [-1], high: [1] },
      "refuted",
    ],
    [
      "behind tanh, whose reach is 1",
      [
        { activation: "tanh", kernel: [[3]], bias: [0] },
        { kernel: [[1]], bias: [-1.01] },
      ],
      [[-9], [9]],
      undefined,
      "provenDead",
    ],
    [
      "behind tanh, within its reach",
      [
        { activation: "tanh", kernel: [[3]], bias: [0] },
        { kernel: [[1]], bias: [-0.9] },
      ],
      [[-9], [0.1]],
      { low: [-9], high: [9] },
      "refuted",
    ],
  ])("%s", (_name, layers, x, inputBox, proof) =>
    withLayers(layers, (network) => {
      const unit = unitOf(diagnose(network, x, { proofs: true, ...(inputBox && { inputBox }) }), layers.length - 1, 0);
      expect(unit.state).toBe("dead");
      expect(unit.proof).toBe(proof);
    }),
  );

  test("gelu far in its tail: closed only where output and slope are 0", () =>
    withLayers([{ activation: "gelu", kernel: [[1, 1, 1]], bias: [-40, -16.5, -30] }], (network) => {
      const units = diagnose(network, [[0], [1]], { proofs: true, inputBox: { low: [0], high: [20] } }).layers[0]!
        .units;
      expect(units.map(({ state, proof }) => [state, proof])).toEqual([
        ["dead", "provenDead"],
        ["dead", "refuted"],
        ["dead", "open"],
      ]);
    }));

  test("hardSwish and sigmoid: closed only where output and slope are 0", async () => {
    const verdicts = (activation: Activation, bias: number[]) =>
      withLayers([{ activation, kernel: [[1, 1, 1]], bias }], (network) =>
        diagnose(network, [[0], [1]], { proofs: true, inputBox: { low: [0], high: [20] } }).layers[0]!.units.map(
          ({ proof }) => proof,
        ),
      );
    expect(await verdicts("hardSwish", [-23.5, -22, -4.5])).toEqual(["provenDead", "open", "refuted"]);
    expect(await verdicts("sigmoid", [-125, -123, -110])).toEqual(["provenDead", "open", "open"]);
  });

  test("within float32's rounding of 0, nothing is claimed that sampling could contradict", () =>
    withLayers([{ kernel: [[0.1], [0.2], [0.7]], bias: [-1] }], (network) => {
      const box = { low: [0, 0, 0], high: [1, 1, 1] };
      expect(
        findContradictions(
          network,
          box,
          diagnose(network, [[0, 0, 0]], { proofs: true, inputBox: box }),
          seededRandom(1),
        ),
      ).toEqual([]);
    }));
});

const HIDDEN: readonly Activation[] = [
  "relu",
  "relu",
  "relu",
  "leakyRelu",
  { name: "leakyRelu", alpha: 2 },
  "prelu",
  "elu",
  { name: "elu", alpha: 3 },
  "selu",
  "gelu",
  "silu",
  "softplus",
  "sigmoid",
  "tanh",
  "hardSwish",
  "linear",
];
const SCALES = [1, 1, 1, 0.3, 5, 1e-4, 1e4, 1e-18, 1e12];

/** Draws weights, a box, and samples in a corner of it. */
async function tryRandom(
  seed: number,
  trials: number,
  visit: (network: Network, box: Interval, diagnosis: Diagnosis) => void,
): Promise<void> {
  const random = seededRandom(seed);
  const pick = <T>(items: readonly T[]) => items[integer(random, 0, items.length - 1)]!;
  const inputs = integer(random, 1, 4);
  const depth = integer(random, 1, 4);
  const hidden = Array.from({ length: depth }, (_, l) => ({
    units: integer(random, 1, 7),
    activation: l === depth - 1 ? ("relu" as const) : pick(HIDDEN),
  }));
  await withNetwork({ inputs, layers: [...hidden, { units: 1 }], loss: "meanSquaredError", seed }, (network) => {
    for (let trial = 0; trial < trials; trial++) {
      for (const layer of network.layers) {
        const scale = pick(SCALES),
          shift = pick([0, 0, -1, -2]);
        const draw = () => (random() < 0.1 ? 0 : scale * (2 * random() - 1));
        const round =
          random() < 0.2 ? (value: number) => scale * Math.round((2 * value) / scale) : (value: number) => value; // many exact zeros
        layer.setWeights({
          kernel: Float32Array.from({ length: layer.inputs * layer.units }, () => round(draw())),
          bias: Float32Array.from({ length: layer.units }, () => round(draw() + shift * scale)),
          ...(layer.activation.name === "prelu" && {
            alpha: Float32Array.from({ length: layer.units }, () => 4 * random() - 2),
          }),
        });
      }
      const width = pick([1, 1, 0.01, 100, 1e-20]);
      const low = Array.from({ length: inputs }, () => Math.fround(width * (2 * random() - 1.5)));
      const high = low.map((value) => (random() < 0.1 ? value : Math.fround(value + width * random() * 2)));
      const x = Array.from({ length: integer(random, 1, 5) }, () =>
        low.map((value, i) => Math.min(high[i]!, Math.fround(value + 0.3 * random() * (high[i]! - value)))),
      );
      visit(network, { low, high }, diagnose(network, x, { proofs: true, inputBox: { low, high } }));
    }
  });
}

test("no proofs are tried unless they are asked for; nothing else of the verdicts changes", () =>
  withNetwork(
    { inputs: 2, layers: [{ units: 4, biasInitializer: -9 }, { units: 1 }], loss: "meanSquaredError" },
    async (network) => {
      const x = [
        [0, 1],
        [1, 0],
        [0.5, 0.5],
      ];
      const without = diagnose(network, x);
      expect(without.dead).toBe(4);
      expect(String(without)).toContain("not tried");
      const withProofs = diagnose(network, x, { proofs: true });
      expect(withProofs.layers[0].units.every(({ proof }) => proof === "provenDead")).toBe(true);
      const strip = withProofs.layers[0].units.map(({ proof: _proof, wakingInput: _input, ...rest }) => rest);
      expect(without.layers[0].units).toEqual(strip);
      await expectRefusal(() => diagnose(network, x, { proofs: 1 as never }), "value", "proofs");
    },
  ));

describe("soundness", () => {
  test.each(someOf([...Array(10).keys()], 2))(
    "random networks, block %d: no proof is contradicted, every waking input wakes",
    async (block) => {
      const random = seededRandom(block);
      let proved = 0,
        refuted = 0;
      for (let seed = 40 * block; seed < 40 * block + 40; seed++) {
        await tryRandom(seed, 6, (network, box, diagnosis) => {
          expect(findContradictions(network, box, diagnosis, random), `seed ${seed}`).toEqual([]);
          proved += proofsOf(diagnosis).filter((proof) => proof === "provenDead").length;
          refuted += proofsOf(diagnosis).filter((proof) => proof === "refuted").length;
        });
      }
      expect(proved).toBeGreaterThan(50);
      expect(refuted).toBeGreaterThan(50);
    },
  );

  test("negative control: proofs claimed of units that open, and waking inputs that open nothing, are caught", async () => {
    let forged = 0,
      caught = 0,
      misled = 0,
      found = 0;
    const random = seededRandom(99);
    for (let seed = 0; seed < 60; seed++) {
      await tryRandom(seed, 3, (network, box, diagnosis) => {
        const alter = (change: (unit: Diagnosis["layers"][0]["units"][0]) => object): Diagnosis => ({
          ...diagnosis,
          layers: diagnosis.layers.map((layer) => ({
            ...layer,
            units: layer.units.map((unit) => ({ ...unit, ...change(unit) })),
          })),
        });
        forged += proofsOf(diagnosis).filter((proof) => proof === "refuted").length;
        caught += findContradictions(
          network,
          box,
          alter(({ proof }) => (proof === "refuted" ? { proof: "provenDead", wakingInput: undefined } : {})),
          random,
        ).length;
        misled += proofsOf(diagnosis).filter((proof) => proof === "provenDead").length;
        found += findContradictions(
          network,
          box,
          alter(({ proof }) =>
            proof === "provenDead" ? { proof: "refuted", wakingInput: Float32Array.from(box.low) } : {},
          ),
          random,
        ).length;
      });
    }
    expect(forged).toBeGreaterThan(50);
    expect(caught).toBeGreaterThan(0.9 * forged);
    expect(found).toBeGreaterThanOrEqual(misled);
  });
});

describe("how much is decided on two hidden layers", () => {
  const trained = (inputs: number, width: number, biasInitializer: number, seed: number): NetworkSpec => ({
    inputs,
    layers: [{ units: width, biasInitializer }, { units: width, biasInitializer }, { units: 3 }],
    loss: "crossEntropy",
    seed,
  });

  test.each<[string, number, number, number, number]>([
    ["2 inputs, a lethal rate", 2, 32, 0, 3],
    ["2 inputs, a negative bias", 2, 32, -0.5, 0.5],
    ["6 inputs, a lethal rate", 6, 32, 0, 1.5],
    ["40 inputs, a lethal rate", 40, 48, 0, 1],
    ["40 inputs, a negative bias", 40, 48, -0.8, 0.1],
  ])("%s: at least nine in ten", async (_name, inputs, width, bias, learningRate) => {
    let dead = 0,
      decided = 0;
    for (const seed of [1, 2, 3]) {
      await withNetwork(trained(inputs, width, bias, seed), async (network) => {
        const { x: plane, y } = sectors(300, 3, seed);
        const random = seededRandom(seed);
        const x = plane.map(([a, b]) => Array.from({ length: inputs }, (_, i) => (i % 2 ? a! : b!) * (0.5 + random())));
        await network.fit({ x, y }, { epochs: 3, batchSize: 16, optimizer: sgd({ learningRate }) });
        const proofs = proofsOf(diagnose(network, x, { proofs: true }));
        dead += proofs.length;
        decided += proofs.filter((proof) => proof !== "open").length;
      });
    }
    expect(dead).toBeGreaterThan(20);
    expect(decided, `of ${dead}`).toBeGreaterThanOrEqual(0.9 * dead);
  });
});

describe("the box", () => {
  const use = (inputBox: unknown, x: Rows, code: "shape" | "value", ...words: (string | RegExp)[]) =>
    withLayers([{ kernel: [[1], [1]], bias: [-9] }], (network) =>
      expectUntouched(network, () => diagnose(network, x, { inputBox: inputBox as Interval }), code, ...words),
    );

  test.each<[string, unknown, "shape" | "value", (string | RegExp)[]]>([
    ["low of another width", { low: [0], high: [1, 1] }, "shape", ["inputBox.low", "1"]],
    ["high of another width", { low: [0, 0], high: [1, 1, 1] }, "shape", ["inputBox.high", "3"]],
    ["low above high", { low: [0, 2], high: [1, 1] }, "value", ["inputBox.low[1]"]],
    ["NaN", { low: [0, NaN], high: [1, 1] }, "value", ["inputBox.low[1]", "NaN"]],
    ["infinite", { low: [0, 0], high: [Infinity, 1] }, "value", ["inputBox.high[0]", "Infinity"]],
    ["beyond float32", { low: [0, 0], high: [1e39, 1] }, "value", ["inputBox.high[0]"]],
    ["words", { low: ["0", 0], high: [1, 1] }, "value", ["inputBox.low[0]"]],
    ["a hole", { low: [0, , 0].slice(0, 2), high: [1, 1] }, "value", ["inputBox.low[1]", "undefined"]], // oxlint-disable-line no-sparse-arrays
    ["no high", { low: [0, 0] }, "value", ["inputBox.high", "undefined"]],
    ["null", null, "value", ["inputBox", "null"]],
    [
      "a list",
      [
        [0, 0],
        [1, 1],
      ],
      "value",
      ["inputBox"],
    ],
    ["a name that is not known", { low: [0, 0], hihg: [1, 1] }, "value", ["inputBox.hihg", "hihg", "high"]],
    ["a sample outside", { low: [0, 0], high: [1, 0.25] }, "value", ["x", "row 1", "column 1", "0.5"]],
  ])("%s is refused", (_name, inputBox, code, words) =>
    use(
      inputBox,
      [
        [0, 0],
        [0.5, 0.5],
      ],
      code,
      ...words,
    ),
  );

  test("is rounded to float32, as samples are", () =>
    withLayers([{ kernel: [[1]], bias: [-9] }], (network) => {
      expect(
        unitOf(diagnose(network, [[0.1], [0.7]], { proofs: true, inputBox: { low: [0.1], high: [0.7] } }), 0, 0).proof,
      ).toBe("provenDead");
    }));

  test("by default each feature's range in x", () =>
    withLayers([{ kernel: [[1], [1]], bias: [-1.9] }], (network) => {
      expect([
        ...unitOf(
          diagnose(
            network,
            [
              [1, 0],
              [0, 1],
            ],
            { proofs: true },
          ),
          0,
          0,
        ).wakingInput!,
      ]).toEqual([1, 1]);
    }));
});

test("the same verdicts and the same inputs every time", () =>
  withNetwork(
    {
      inputs: 12,
      layers: [{ units: 24, biasInitializer: -0.7 }, { units: 24, biasInitializer: -0.7 }, { units: 2 }],
      loss: "crossEntropy",
      seed: 4,
    },
    (network) => {
      const x = randomRows(seededRandom(1), 80, 12);
      const run = () => diagnose(network, x, { proofs: true }).layers;
      expect(proofsOf(diagnose(network, x, { proofs: true })).length).toBeGreaterThan(10);
      expect(run()).toEqual(run());
    },
  ));
