// Layers without biases: theirs are 0 to the bit whatever trains or treats the network, count as no parameters, and
// what only a bias could do is refused, or said to be left.
import { describe, expect, test } from "vitest";
import { expectError } from "../support/errors.js";
import {
  ARITHMETICS,
  expectUntouched,
  numbersOf,
  toOptimizer,
  toReference,
  weightsOf,
  withNetwork,
} from "../support/networks.js";
import { sectors } from "../support/samples.js";
import { gradients } from "../reference/network.js";
import {
  adamW,
  calibrate,
  continualBackprop,
  createNetwork,
  diagnose,
  exportNetwork,
  importNetwork,
  type Network,
  type NetworkSpec,
  preventDeaths,
  recycleDormant,
  type Remedy,
  sgd,
  standardize,
  traceDeaths,
  treat,
} from "../../src/index.js";
import { stateOf } from "../../src/network/state/state.js";

const { x, y } = sectors(96);
const spec: NetworkSpec = {
  inputs: 2,
  layers: [{ units: 9, useBias: false }, { units: 7, activation: "prelu" }, { units: 6, useBias: false }, { units: 3 }],
  loss: "crossEntropy",
  seed: 3,
};

const NONE = [0, 2];

/** Not even -0. */
function expectNoBiases(network: Network, layers: readonly number[] = NONE): void {
  for (const layer of layers)
    for (const value of network.layers[layer].getWeights().bias) expect(Object.is(value, 0)).toBe(true);
}

describe.each(ARITHMETICS)("arithmetic %s", (arithmetic) => {
  test.each([
    [{ name: "sgd", learningRate: 0.1 }],
    [{ name: "sgd", learningRate: 0.1, momentum: 0.9, nesterov: true, weightDecay: 0.05 }],
    [{ name: "adam", learningRate: 0.01 }],
    [{ name: "adamW", learningRate: 0.01, weightDecay: 0.1 }],
    [{ name: "rmsprop", learningRate: 0.01, momentum: 0.5 }],
  ] as const)("%j leaves them 0, and moves those of the others", (optimizer) =>
    withNetwork(
      spec,
      async (network) => {
        const before = network.layers[1].getWeights().bias;
        await network.fit({ x, y }, { epochs: 3, batchSize: 16, clipNorm: 1, optimizer: toOptimizer(optimizer) });
        expectNoBiases(network);
        expect(network.layers[1].getWeights().bias).not.toEqual(before);
      },
      { arithmetic },
    ),
  );

  test("gradients are those of the reference, but 0 by what is not there", () =>
    withNetwork(
      spec,
      (network) => {
        const wanted = gradients(toReference(network), x, y, "crossEntropy").layers;
        const given = network.gradients({ x, y }).layers;
        given.forEach(({ kernel, bias, alpha }, layer) => {
          const { kernel: rows, bias: biases, alpha: slopes } = wanted[layer];
          kernel.forEach((value, i) => expect(value).toBeCloseTo(rows.flat()[i], 6));
          alpha?.forEach((value, i) => expect(value).toBeCloseTo(slopes![i], 6));
          bias.forEach((value, i) => expect(value).toBeCloseTo(NONE.includes(layer) ? 0 : biases[i], 6));
          expect(biases.some((value) => Math.abs(value) > 1e-4)).toBe(true); // what is left out is not 0 anyway
        });
      },
      { arithmetic },
    ));
});

test("nothing is drawn for them, and their initializer is refused", async () => {
  for (const kernelInitializer of ["torchLinear", "asymmetric", "orthogonal"] as const) {
    using network = await createNetwork({
      ...spec,
      layers: spec.layers.map((each) => ({ ...each, kernelInitializer })),
    });
    expectNoBiases(network);
  }
  const layers = [{ units: 3, useBias: false, biasInitializer: 0.1 }, { units: 3 }];
  await expectError(createNetwork({ ...spec, layers }), "value", "layers[0].biasInitializer");
  const wrong = [{ units: 3, useBias: 0 as unknown as boolean }];
  await expectError(createNetwork({ ...spec, layers: wrong }), "value", "layers[0].useBias");
});

test("counts, summary, spec, and what setWeights takes", () =>
  withNetwork(spec, async (network) => {
    expect(network.parameterCount).toBe(2 * 9 + (9 * 7 + 7 + 7) + 7 * 6 + (6 * 3 + 3));
    expect(network.summary()).toContain("no bias");
    expect(network.spec.layers.map((layer) => "useBias" in layer)).toEqual([true, false, true, false]);
    await expectUntouched(
      network,
      () => network.layers[0].setWeights({ bias: Float32Array.from({ length: 9 }, (_, i) => Number(i === 4)) }),
      "value",
      "bias[4]",
      "1",
    );
    network.layers[0].setWeights({ bias: new Float32Array(9).fill(-0) });
    expectNoBiases(network);
  }));

test("a clone, a file and a file with a training keep it; one with biases is refused", async () => {
  using network = await createNetwork(spec);
  await network.fit({ x, y }, { epochs: 1, optimizer: adamW() });
  using clone = await network.clone();
  const bytes = await exportNetwork(network, "safetensors", { training: true });
  using read = await importNetwork(bytes);
  for (const one of [clone, read]) {
    expect(one.spec).toEqual(network.spec);
    expect(numbersOf(one.layers.map((layer) => layer.getWeights()))).toEqual(
      numbersOf(network.layers.map((layer) => layer.getWeights())),
    );
  }
  const plain = await exportNetwork(network, "safetensors");
  const length = Number(new DataView(plain.buffer, plain.byteOffset).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(plain.subarray(8, 8 + length))) as Record<
    string,
    { data_offsets: [number, number] }
  >;
  const at = 8 + length + header["layers.2.bias"].data_offsets[0];
  new DataView(plain.buffer, plain.byteOffset).setFloat32(at + 8, 0.25, true);
  await expectError(importNetwork(plain), "format", /layers\.2\.bias/);
});

test.each(["sgd", "adam", "adamW", "nadam", "adamax", "rmsprop", "adagrad", "lion"] as const)(
  "a training by %s goes on from a file, unless that would move them",
  async (name) => {
    const options = { learningRate: 0.01, ...((name === "sgd" || name === "rmsprop") && { momentum: 0.9 }) };
    const make = () => ({ epochs: 4, batchSize: 16, optimizer: toOptimizer({ name, ...options }) });
    using whole = await createNetwork(spec);
    await whole.fit({ x, y }, { ...make(), callbacks: [traceDeaths()] });
    using half = await createNetwork(spec);
    const stop = { onEpochEnd: (_: unknown, context: { stop(): void }) => context.stop() };
    await half.fit({ x, y }, { ...make(), callbacks: [traceDeaths(), stop] });
    using again = await importNetwork(await exportNetwork(half, "safetensors", { training: true }));
    await again.fit({ x, y }, { ...make(), callbacks: [traceDeaths()], resume: true });
    expect(weightsOf(again)).toEqual(weightsOf(whole));
    expectNoBiases(again);

    const state = stateOf(half);
    const { velocity } = state;
    expect(velocity === undefined).toBe(name === "adagrad");
    if (velocity === undefined) return;
    state.layer(0, velocity).bias[4] = 0.5;
    const bytes = await exportNetwork(half, "safetensors", { training: true });
    await expectError(importNetwork(bytes), "format", /^the file's training\.moments\.slots/);
  },
);

test("remedies during a training leave them, and a trace explains", async () => {
  const layers = [
    { units: 24, useBias: false },
    { units: 24, useBias: false },
    { units: 3, useBias: false },
  ];
  using network = await createNetwork({ ...spec, layers });
  const trace = traceDeaths();
  const callbacks = [
    continualBackprop({ replacementRate: 0.01, maturity: 5 }),
    recycleDormant({ everySteps: 4 }),
    preventDeaths(),
    trace,
  ];
  const optimizer = sgd({ learningRate: 0.8, momentum: 0.9 });
  await network.fit({ x, y }, { epochs: 12, batchSize: 16, optimizer, callbacks });
  expectNoBiases(network, [0, 1, 2]);
  expect(callbacks[0]).toHaveProperty("replaced", expect.arrayContaining([expect.any(Number)]));
});

/** Units 1 and 3 of both hidden layers never fire. */
async function withDead<T>(hasNoBias: readonly boolean[], use: (network: Network) => Promise<T>): Promise<T> {
  const layers = hasNoBias.map((none, l) => ({ units: [6, 5, 3][l], ...(none && { useBias: false }) }));
  return withNetwork({ ...spec, layers }, async (network) => {
    const { kernel } = network.layers[1].getWeights();
    for (let i = 0; i < 6; i++) for (const unit of [1, 3]) kernel[i * 5 + unit] = -Math.abs(kernel[i * 5 + unit]);
    network.layers[1].setWeights({ kernel });
    return use(network);
  });
}

test("a diagnosis names no bias that revives, where there is none", () =>
  withDead([true, true, true], async (network) => {
    const units = diagnose(network, x).layers[1].units.filter(({ state }) => state === "dead");
    expect(units.length).toBeGreaterThanOrEqual(2);
    for (const unit of units) {
      expect(unit.biasToRevive).toBeUndefined();
      expect(unit.mechanism).not.toBe("negativeBias");
    }
    return withDead([true, false, true], async (other) => {
      for (const unit of diagnose(other, x).layers[1].units)
        if (unit.state === "dead") expect(unit.biasToRevive).toBeGreaterThan(0);
    });
  }));

const REMEDIES: readonly Remedy[] = ["liftBias", "openSamples", "recycle", "reinitialize", "prune"].map(
  (kind) => ({ kind }) as Remedy,
);

test.each(REMEDIES)("treat: $kind leaves them 0", (remedy) =>
  withDead([true, true, true], async (network) => {
    const treatment = await treat(network, x, remedy);
    expectNoBiases(treatment.network, [0, 1, 2]);
    if (remedy.kind === "prune") {
      expect(treatment.outputChange).toBeLessThan(1e-6);
      treatment.network.dispose();
    }
  }),
);

test("liftBias says whom it left", () =>
  withDead([true, true, true], async (network) => {
    const before = numbersOf(network.layers.map((layer) => layer.getWeights()));
    const { findings, treated } = await treat(network, x, { kind: "liftBias" });
    expect(findings.map(({ kind, layer }) => [kind, layer])).toContainEqual(["hasNoBias", 1]);
    expect(treated).toEqual([]);
    expect(numbersOf(network.layers.map((layer) => layer.getWeights()))).toEqual(before);
    return withDead([true, false, false], async (other) => {
      const treatment = await treat(other, x, { kind: "liftBias" });
      expect(treatment.treated.length).toBeGreaterThanOrEqual(2); // the control
      expect(treatment.findings.map(({ kind }) => kind)).not.toContain("hasNoBias");
    });
  }));

test("prune folds nothing into a layer that has none", async () => {
  for (const none of [true, false])
    await withNetwork(
      { ...spec, layers: [{ units: 4 }, { units: 5, ...(none && { useBias: false }) }, { units: 3 }] },
      async (network) => {
        const weights = network.layers[0].getWeights();
        for (const at of [2, 6]) weights.kernel[at] = 0; // unit 2 says 0.5 on every row
        weights.bias[2] = 0.5;
        network.layers[0].setWeights(weights);
        const { network: smaller, treated, outputChange } = await treat(network, x, { kind: "prune" });
        expect(treated.some(({ layer, unit }) => layer === 0 && unit === 2)).toBe(!none);
        expect(outputChange).toBeLessThan(1e-5);
        if (smaller !== network) smaller.dispose();
      },
    );
});

test("calibrate scales such layers, and sets the others' biases", () =>
  withNetwork(spec, async (network) => {
    const { layers } = await calibrate(network, x);
    expectNoBiases(network);
    expect(layers.map(({ activity }) => activity !== undefined)).toEqual([false, true, false, false]);
    for (const { std } of layers) expect(Math.abs(std - 1)).toBeLessThanOrEqual(0.1);
  }));

test("means are not folded into a first layer without biases", () =>
  withNetwork(spec, async (network) => {
    const inputs = standardize(x.map((row) => row.map((value) => value + 3)));
    await expectUntouched(network, () => inputs.foldInto(network), "value", "layers[0]");
  }));
