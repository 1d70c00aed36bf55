// Forecasts against formulas, against networks as they really start, and lethal rates against steps really taken.
import { describe, expect, test } from "vitest";
import { expectRefusal } from "../support/errors.js";
import { toReference, withNetwork } from "../support/networks.js";
import { integer, randomRows, seededRandom } from "../support/random.js";
import { sectors } from "../support/samples.js";
import {
  type Activation,
  createNetwork,
  type DenseSpec,
  diagnose,
  forecast,
  type KernelInitializer,
  type Loss,
  type Matrix,
  type NetworkSpec,
  sgd,
  type Targets,
} from "../../src/index.js";
import { makeClosingRates } from "../../src/diagnosis/forecast/lethal.js";
import { drawLayers, randomFrom } from "../../src/diagnosis/forecast/draw.js";
import { rateInterval } from "../../src/diagnosis/units/firing-rate-bound.js";
import { toMatrix } from "../../src/core/matrix.js";
import { prepareTargets } from "../../src/network/data.js";
import { KERNEL_INITIALIZER_NAMES } from "../../src/network/initializer-spec.js";
import { resolveSpec } from "../../src/network/spec.js";
import { forward, type Rows } from "../reference/network.js";
import type { ErrorCode } from "../../src/core/errors.js";

const net = (
  inputs: number,
  hidden: readonly (number | DenseSpec)[],
  loss: Loss = "meanSquaredError",
): NetworkSpec => ({
  inputs,
  layers: [...hidden.map((layer) => (typeof layer === "number" ? { units: layer } : layer)), { units: 1 }],
  loss,
});
const XOR = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
];
const corners = (d: number): Rows =>
  Array.from({ length: 2 ** d }, (_, i) => Array.from({ length: d }, (__, k) => (i >> k) & 1));

/** How often a hidden layer is silent, and the dead units by layer, of networks as createNetwork starts them. */
async function measure(spec: NetworkSpec, x: Rows, seeds: number): Promise<{ silent: number; dead: number[] }> {
  let silent = 0;
  const dead = spec.layers.slice(0, -1).map(() => 0);
  for (let seed = 0; seed < seeds; seed++) {
    const network = await createNetwork({ ...spec, seed });
    const { layers } = diagnose(network, x);
    network.dispose();
    if (layers.some(({ dead: count, units }) => count === units.length)) silent++;
    layers.forEach(({ dead: count }, l) => (dead[l] += count / seeds));
  }
  return { silent: silent / seeds, dead };
}

describe("a relu output is a layer that can be closed", () => {
  const withOutput = (widths: readonly number[], activation: Activation): NetworkSpec => ({
    inputs: 1,
    layers: widths.map((units, l) => ({ units, ...(l === widths.length - 1 && { activation }) })),
    loss: "meanSquaredError",
  });

  test("of one unit on x = 1..4: exactly a half, with what to do", () => {
    const { bornDeadNetwork, layers, advice } = forecast(withOutput([1], "relu"), [[1], [2], [3], [4]]);
    expect(bornDeadNetwork).toEqual({ low: 0.5, high: 0.5, method: "exact" });
    expect(layers).toEqual([{ layer: 0, units: 1, expectedDeadUnits: 0.5, standardError: 0, method: "exact" }]);
    expect(advice[0]).toMatch(/50\.0 %: it has a relu output of 1 unit\. Make the last layer linear/);
  });

  test.each([[[4, 2, 1]], [[16, 16, 1]]])("%j: as often as networks start so", async (widths) => {
    const x = [[-1], [0], [1], [2], [3], [4], [5]];
    let zero = 0;
    for (let seed = 0; seed < 400; seed++)
      await withNetwork({ ...withOutput(widths, "relu"), seed }, (network) => {
        if (network.predict(x).data.every((value) => value === 0)) zero++;
      });
    const { low, high } = forecast(withOutput(widths, "relu"), x).bornDeadNetwork;
    const measured = rateInterval(zero, 400, 0.999);
    expect(measured.high).toBeGreaterThan(low);
    expect(measured.low).toBeLessThan(high);
    expect(high - low).toBeLessThan(0.1);
  });

  test.each<[Activation]>([["linear"], ["softplus"], ["sigmoid"], ["leakyRelu"]])("%s cannot be closed", (last) => {
    const { bornDeadNetwork, layers, advice } = forecast(withOutput([1], last), [[1], [2], [3], [4]]);
    expect([bornDeadNetwork.high, layers]).toEqual([0, []]);
    expect(advice[0]).toBe("The network has no layers that can be closed: nothing in it can die.");
  });
});

describe("formulas", () => {
  test.each([
    ["x = 1..4", 1, [[1], [2], [3], [4]], 1 / 2],
    ["XOR", 2, XOR, 1 / 4],
    ["corners of [0,1]^5", 5, corners(5), 1 / 32],
  ])("one relu unit on %s", (_, inputs, x, chance) => {
    const {
      layers: [layer],
      bornDeadNetwork: { low, high },
    } = forecast(net(inputs, [1]), x);
    expect(layer).toEqual({ layer: 0, units: 1, expectedDeadUnits: chance, standardError: 0, method: "exact" });
    expect(low).toBeLessThanOrEqual(chance);
    expect(high).toBeGreaterThanOrEqual(chance);
  });

  test("the same by draws, where no formula is asked: rows that span no orthant exactly", () => {
    const x = [...XOR.slice(0, 1), [1, 1e-6], [1e-6, 1]];
    const {
      layers: [{ method, expectedDeadUnits, standardError }],
    } = forecast(net(2, [50]), x);
    expect(method).toBe("monteCarlo");
    expect(standardError).toBeLessThan(0.2);
    expect(Math.abs(expectedDeadUnits - 12.5)).toBeLessThan(4 * standardError);
  });

  test.each([1, 2, 3, 5])("two layers of %d on the real line: 4^-N (3 - 2^(1-N))", (N) => {
    const { bornDeadNetwork, inputs } = forecast(net(1, [N, N]));
    const exact = 4 ** -N * (3 - 2 ** (1 - N));
    expect(inputs).toBe("the whole real line");
    expect(bornDeadNetwork.method).toBe("exact");
    expect(bornDeadNetwork.low).toBeCloseTo(exact, 12);
    expect(bornDeadNetwork.high).toBeCloseTo(exact, 12);
  });

  test("three layers and more: between the recursion and the formula of one point", () => {
    for (const [N, H] of [
      [2, 3],
      [2, 10],
      [3, 4],
    ]) {
      const { low, high } = forecast(net(1, Array(H).fill(N) as number[])).bornDeadNetwork;
      const q = 2 ** -N;
      let [both, one, dead] = [1 - 2 * q, 2 * q, 0];
      for (let h = 1; h < H; h++)
        [dead, one, both] = [
          dead + both * q * q + one * q,
          2 * both * (q - q * q) + one * (1 - q),
          both * (1 - 2 * q + q * q),
        ];
      expect(low).toBeGreaterThanOrEqual(dead - 1e-12);
      expect(high).toBeLessThanOrEqual(1 - (1 - q) ** H + 1e-12);
      expect(low).toBeLessThan(high);
    }
  });

  test("one row: the formula of one point, for any widths", () => {
    const { low, high, method } = forecast(net(3, [2, 5, 1]), [[1, -2, 0.5]]).bornDeadNetwork;
    expect(method).toBe("exact");
    expect(low).toBeCloseTo(1 - (3 / 4) * (31 / 32) * (1 / 2), 12);
    expect(high).toBe(low);
  });

  test("look-alikes that cannot die: 0", () => {
    for (const activation of ["leakyRelu", "elu", "sigmoid", "tanh"] as Activation[]) {
      const { bornDeadNetwork, layers } = forecast(
        net(2, [
          { units: 2, activation },
          { units: 2, activation },
        ]),
        XOR,
      );
      expect(bornDeadNetwork).toEqual({ low: 0, high: 0, method: "exact" });
      expect(layers.map(({ expectedDeadUnits, method }) => [expectedDeadUnits, method])).toEqual([
        [0, "exact"],
        [0, "exact"],
      ]);
    }
    const lifted = forecast(net(2, [{ units: 8, biasInitializer: 100 }]), XOR);
    expect(lifted.layers[0].expectedDeadUnits).toBe(0);
    expect(lifted.bornDeadNetwork.high).toBeLessThan(0.01);
    expect(lifted.advice).toEqual(["Nothing here is likely to kill many units at the start."]);
    expect(forecast({ inputs: 2, layers: [{ units: 1 }], loss: "meanSquaredError" }).layers).toEqual([]);
  });

  test("and the control: a large negative bias closes all", () => {
    const { bornDeadNetwork, layers, advice } = forecast(net(2, [{ units: 8, biasInitializer: -100 }]), XOR);
    expect(bornDeadNetwork.low).toBeGreaterThan(0.9);
    expect(layers[0].expectedDeadUnits).toBe(8);
    expect(advice[0]).toMatch(/^The bias of -100 starts 8 of 8 units of layer 0 closed/);
  });
});

test("the interval of Clopper and Pearson: published ends, and its mirror image", () => {
  const { low, high } = rateInterval(4, 20, 0.95); // (0.0573, 0.4366)
  expect(low).toBeCloseTo(0.0573, 4);
  expect(high).toBeCloseTo(0.4366, 4);
  const mirror = rateInterval(16, 20, 0.95);
  expect(mirror.low).toBeCloseTo(1 - high, 9);
  expect(rateInterval(0, 10, 0.95).low).toBe(0);
  expect(rateInterval(10, 10, 0.95).high).toBe(1);
});

test("bounds are at most 0.25 apart, within 0 and 1, whatever the spec", () => {
  const random = seededRandom(3);
  for (let i = 0; i < 30; i++) {
    const inputs = integer(random, 1, 6);
    const hidden = Array.from({ length: integer(random, 1, 6) }, (): DenseSpec => ({
      units: integer(random, 1, 5),
      activation: random() < 0.8 ? "relu" : (["tanh", "leakyRelu", "sigmoid"] as const)[integer(random, 0, 2)],
      kernelInitializer: KERNEL_INITIALIZER_NAMES[integer(random, 0, 6)],
      biasInitializer: random() < 0.5 ? 0 : random() - 0.6,
    }));
    const x = random() < 0.5 ? undefined : randomRows(random, integer(random, 1, 60), inputs);
    const {
      bornDeadNetwork: { low, high },
      layers,
    } = forecast(net(inputs, hidden), x, { draws: integer(random, 2, 60) });
    expect(low).toBeGreaterThanOrEqual(0);
    expect(high).toBeLessThanOrEqual(1);
    expect(high - low).toBeGreaterThanOrEqual(0);
    expect(high - low).toBeLessThanOrEqual(0.25);
    for (const { units, expectedDeadUnits } of layers)
      expect(expectedDeadUnits >= 0 && expectedDeadUnits <= units).toBe(true);
  }
});

describe("how many networks are drawn", () => {
  const wide = net(2, [16, 16]);
  const rows = randomRows(seededRandom(8), 100, 2);

  test("no more than narrow standard errors take, and the same ones whatever is asked besides", () => {
    const { draws, layers } = forecast(wide, rows);
    expect(draws).toBeGreaterThanOrEqual(350);
    expect(draws).toBeLessThan(1000);
    for (const { units, standardError } of layers) expect(standardError).toBeLessThanOrEqual(0.003 * units);
    expect(forecast(wide, rows, { draws }).layers).toEqual(layers);
    expect(forecast(wide, rows, { targets: rows.map(([a]) => a) }).layers).toEqual(layers);
  });

  test("control: as many as are asked for, and all where the errors stay wide", () => {
    expect(forecast(wide, rows, { draws: 1000 }).draws).toBe(1000);
    expect(forecast(net(2, [4, 4]), rows).draws).toBe(1000);
  });
});

describe("networks as they really start", () => {
  const initializers: KernelInitializer[] = [
    "asymmetric",
    "orthogonal",
    "glorotUniform",
    "torchLinear",
    "zeros",
    { normal: 0.05 },
    { uniform: 0.05 },
    { constant: 0.1 },
  ];
  test.each<[string, NetworkSpec, Rows]>([
    ["deep and narrow", net(1, [2, 2, 2, 2, 2]), [[-1], [0.5], [1]]],
    [
      "a negative bias",
      net(2, [
        { units: 6, biasInitializer: -1 },
        { units: 4, biasInitializer: -0.5 },
      ]),
      randomRows(seededRandom(1), 20, 2),
    ],
    ...initializers.map((kernelInitializer): [string, NetworkSpec, Rows] => [
      JSON.stringify(kernelInitializer),
      net(3, [
        { units: 4, kernelInitializer },
        { units: 3, kernelInitializer },
      ]),
      randomRows(seededRandom(2), 8, 3).map((row) => row.map(Math.abs)),
    ]),
  ])("%s: chance and counts", async (_, spec, x) => {
    const seeds = 150;
    const { silent, dead } = await measure(spec, x, seeds);
    const {
      bornDeadNetwork: { low, high },
      layers,
    } = forecast(spec, x);
    const noise = 3 * Math.sqrt((silent * (1 - silent)) / seeds) + 1 / seeds;
    expect(silent).toBeGreaterThan(low - noise);
    expect(silent).toBeLessThan(high + noise);
    layers.forEach(({ units, expectedDeadUnits, standardError }, l) =>
      expect(Math.abs(dead[l] - expectedDeadUnits)).toBeLessThan(
        4 * Math.hypot(standardError, units / 2 / Math.sqrt(seeds)),
      ),
    );
  });

  const NAMES: KernelInitializer[] = [
    "heNormal",
    "heUniform",
    "glorotNormal",
    "glorotUniform",
    "lecunNormal",
    "orthogonal",
    "torchLinear",
    "zeros",
    { normal: 0.3 },
    { uniform: 0.6 },
    { constant: 0.5 },
  ];
  test("the drawn kernels have the initializers' variances", () => {
    const variances = NAMES.map((kernelInitializer) => {
      const spec = resolveSpec({ inputs: 60, layers: [{ units: 40, kernelInitializer }, { units: 1 }], loss: "huber" });
      const { kernel } = drawLayers(spec, 1, randomFrom(1))[0];
      return Float64Array.from(kernel, (w) => w * w).reduce((sum, square) => sum + square) / kernel.length;
    });
    const wanted = [2 / 60, 2 / 60, 2 / 100, 2 / 100, 1 / 60, 1 / 60, 1 / 180, 0, 0.09, 0.12, 0.25];
    wanted.forEach((variance, i) => expect(Math.abs(variances[i] - variance)).toBeLessThanOrEqual(0.1 * variance));
  });
});

describe("rates that kill", () => {
  const cases: [Loss, Targets][] = [
    ["meanSquaredError", [3, 1, -2, 4]],
    ["meanAbsoluteError", [3, 1, -2, 4]],
    ["huber", [3, 1, -2, 4]],
    ["binaryCrossEntropy", [0, 1, 1, 0]],
    ["crossEntropy", [0, 1, 2, 0]],
  ];
  const x = [
    [1, 0.5],
    [0.3, 1],
    [-0.5, 1],
    [1, 1],
  ];

  test.each(cases)("%s: one step really taken, a little below and above", async (loss, y) => {
    const outputs = loss === "crossEntropy" ? 3 : 1;
    const spec: NetworkSpec = { inputs: 2, layers: [{ units: 16 }, { units: outputs }], loss, seed: 4 };
    const stepped = (rate: number) =>
      withNetwork(spec, async (network) => {
        await network.fit(
          { x, y },
          { epochs: 1, batchSize: 4, shuffle: false, optimizer: sgd({ learningRate: rate }) },
        );
        return forward(toReference(network), x)[0].z;
      });
    const layers = await withNetwork(spec, (network) =>
      network.layers
        .map((layer) => ({
          name: layer.activation.name,
          inputs: layer.inputs,
          units: layer.units,
          alpha: new Float64Array(layer.units),
          ...layer.getWeights(),
        }))
        .map((layer) => ({ ...layer, alpha: new Float64Array(layer.units) })),
    );
    const [rates] = makeClosingRates(toMatrix("x", x), prepareTargets("y", y, 4, outputs, loss), loss)(layers);
    const finite = [...rates.entries()].filter(([, rate]) => Number.isFinite(rate));
    expect(finite.length).toBeGreaterThan(0);
    for (const [unit, rate] of finite) {
      const opens = (z: Rows) => z.some((row) => row[unit] > 0);
      expect(opens(await stepped(rate * 0.999))).toBe(true);
      expect(opens(await stepped(rate * 1.001))).toBe(false);
    }
    for (const [unit, rate] of rates.entries()) {
      if (rate !== Number.POSITIVE_INFINITY) continue;
      for (const tried of [0.1, 1, 10]) expect((await stepped(tried)).some((row) => row[unit] > 0)).toBe(true);
    }
  });

  test("rise with the share, warn above, and are silent below", () => {
    const { x: rows, y } = sectors(100);
    const spec: NetworkSpec = { inputs: 2, layers: [{ units: 32 }, { units: 16 }, { units: 3 }], loss: "crossEntropy" };
    const { lethalRates } = forecast(spec, rows, { targets: y });
    const rates = lethalRates!.map(({ rate }) => rate);
    expect(rates.length).toBeGreaterThan(0);
    expect(rates.every((rate) => rate > 0 && Number.isFinite(rate))).toBe(true);
    expect([...rates].sort((a, b) => a - b)).toEqual(rates);
    expect(forecast(spec, rows, { targets: y, learningRate: rates[0] * 2 }).advice.join(" ")).toMatch(
      /The learning rate of .* is likely to kill/,
    );
    expect(forecast(spec, rows, { targets: y, learningRate: rates[0] / 2 }).advice.join(" ")).not.toMatch(
      /learning rate/,
    );
    expect(forecast(spec, rows).lethalRates).toBeUndefined();
  });
});

describe("advice and text", () => {
  test("names the cause, and not where there is none", () => {
    expect(forecast(net(1, Array(10).fill(2) as number[])).advice[0]).toMatch(
      /^The network is born dead with a chance of/,
    );
    const rows = randomRows(seededRandom(5), 200, 2);
    expect(
      forecast(
        net(2, [16]),
        rows.map((row) => row.map((value) => value + 20)),
      ).advice[0],
    ).toMatch(/^The inputs are not centred \(no input is below 0, their mean is/);
    expect(forecast(net(2, [16]), rows).advice).toEqual(["Nothing here is likely to kill many units at the start."]);
  });

  test("fits 80 columns, repeats bit for bit, differs by seed", () => {
    const { x, y } = sectors(60);
    const spec: NetworkSpec = {
      inputs: 2,
      layers: [{ units: 3 }, { units: 3 }, { units: 3 }, { units: 3 }],
      loss: "crossEntropy",
    };
    const one = forecast(spec, x, { targets: y, learningRate: 100 });
    expect(
      Math.max(
        ...String(one)
          .split("\n")
          .map(({ length }) => length),
      ),
    ).toBeLessThanOrEqual(80);
    expect(String(one)).toMatch(/^Forecast over \d/);
    expect(JSON.stringify(forecast(spec, x, { targets: y, learningRate: 100 }))).toBe(JSON.stringify(one));
    expect(JSON.stringify(forecast(spec, x, { targets: y, learningRate: 100, seed: 1 }))).not.toBe(JSON.stringify(one));
  });

  test("a large network on 2000 rows: it cannot be born dead, and the draws are told", () => {
    const random = randomFrom(1);
    const x: Matrix = {
      rows: 2000,
      columns: 784,
      data: Float32Array.from({ length: 2000 * 784 }, () => Math.max(0, random.normal())),
    };
    const spec: NetworkSpec = {
      inputs: 784,
      layers: [{ units: 512 }, { units: 512 }, { units: 10 }],
      loss: "crossEntropy",
    };
    const { bornDeadNetwork, draws } = forecast(spec, x, { targets: Array.from({ length: 2000 }, (_, r) => r % 10) });
    expect(bornDeadNetwork.high).toBeLessThan(1e-9);
    expect(draws).toBeGreaterThanOrEqual(2);
  });
});

test("bad input is refused", async () => {
  const spec = net(2, [3]);
  const refused: [() => unknown, ErrorCode, path: string, ...given: string[]][] = [
    [() => forecast({ ...spec, inputs: 0 }), "value", "inputs", "0"],
    [() => forecast(undefined as never), "value", "spec", "undefined"],
    [() => forecast(spec, [[1]]), "shape", "x", "1"],
    [() => forecast(spec, []), "shape", "x", "0"],
    [() => forecast(spec, [[1, Number.NaN]]), "value", "x", "NaN"],
    [() => forecast(spec, undefined, { targets: [1] }), "value", "x", "targets"],
    [() => forecast(spec, XOR, { targets: [1] }), "shape", "targets", "1"],
    [() => forecast(spec, XOR, { learningRate: 0 }), "value", "learningRate", "0"],
    [() => forecast(spec, XOR, { draws: 1 }), "value", "draws", "1"],
    [() => forecast(spec, XOR, { seed: -1 }), "value", "seed", "-1"],
    [() => forecast(spec, XOR, { sed: 1 } as never), "value", "options.sed", '"seed"'],
  ];
  for (const [call, code, path, ...given] of refused) await expectRefusal(call, code, path, ...given);
});
