// Normalized layers, and residual ones and dropout beside them, in what a training offers: running statistics are kept,
// put back and left as parameters are.
import { describe, expect, test } from "vitest";
import { memoryOf } from "../treatment/promises.js";
import { evaluateLayers } from "../support/evaluated.js";
import { withNetwork } from "../support/networks.js";
import { randomRows, seededRandom } from "../support/random.js";
import { drawSparse, withZeros } from "../support/sparse.js";
import { trainingGradient } from "../support/training-gradient.js";
import {
  adam,
  type DenseSpec,
  earlyStopping,
  type FitOptions,
  type Network,
  type NetworkSpec,
  type Samples,
  sgd,
  type Weights,
} from "../../src/index.js";
import { toMatrix } from "../../src/core/matrix.js";

const ROWS = 64;
const x = randomRows(seededRandom(4), ROWS, 3, 2);
const y = x.map(([a, b]) => [a * b, a]);
const data = { x, y };

const hidden: readonly DenseSpec[] = [
  { units: 8, normalization: "batch", dropout: 0.2 },
  { units: 8, normalization: { kind: "batch", momentum: 0.3 }, residual: true, useBias: false },
  { units: 8, normalization: "layer", residual: true, activation: "prelu" },
];
const specOf = (layers: readonly DenseSpec[] = hidden, more: DenseSpec = { units: 2 }, inputs = 3): NetworkSpec => ({
  inputs,
  layers: [...layers, more],
  loss: "meanSquaredError",
  seed: 6,
});

const weightsOf = ({ layers }: Network): Weights[] => layers.map((layer) => layer.getWeights());
const bitsOf = (network: Network) => ({ ...(memoryOf(network) as object), optimizer: undefined });

describe("frozen", () => {
  const froze = (frozen: readonly number[]) =>
    specOf(hidden.map((layer, l) => ({ ...layer, dropout: 0, frozen: frozen.includes(l) })));

  test.each([[[0]], [[1]], [[2]], [[0, 1]], [[0, 1, 2]]])("layers %j: nothing of them moves", (frozen) =>
    withNetwork(froze(frozen), async (network) => {
      await network.fit(data, { epochs: 1 }); // running statistics of the others are not those of the start
      const before = weightsOf(network);
      for (const optimizer of [adam({ learningRate: 0.05 }), sgd({ momentum: 0.9, weightDecay: 0.1 })])
        await network.fit(data, { epochs: 2, batchSize: 9, clipNorm: 1, optimizer });
      weightsOf(network).forEach((weights, l) => {
        if (frozen.includes(l)) return void expect(weights).toEqual(before[l]);
        for (const name of ["kernel", "gamma", "beta", "runningMean", "runningVariance"] as const)
          if (weights[name]) expect(weights[name], `${l} ${name}`).not.toEqual(before[l][name]);
      });
    }),
  );

  test("their running statistics are what a step takes, and gradients pass", async () => {
    const lossesOf = (frozen: readonly number[]) =>
      withNetwork(froze(frozen), async (network) => {
        for (const layer of network.layers.slice(0, 2))
          layer.setWeights({
            runningMean: new Float32Array(8).fill(0.5),
            runningVariance: new Float32Array(8).fill(2),
          });
        const { layers, loss } = trainingGradient(network, data);
        return { step: loss, evaluated: network.evaluate(data).loss, first: layers[0].kernel };
      });
    const all = await lossesOf([0, 1]);
    expect(all.step).toBeCloseTo(all.evaluated, 6);
    for (const some of [[], [0], [1]]) {
      const { step, evaluated } = await lossesOf(some);
      expect(Math.abs(step - evaluated)).toBeGreaterThan(1e-3);
    }
    expect((await lossesOf([1])).first.some((value) => value !== 0)).toBe(true);
  });
});

/** All weights at the start, and after each epoch. */
function epochsOf(network: Network) {
  const seen = [weightsOf(network)];
  return { seen, callback: { onEpochEnd: () => void seen.push(weightsOf(network)) } };
}

test("the best weights of early stopping are its running statistics too", () =>
  withNetwork(specOf(), async (network) => {
    const { seen, callback } = epochsOf(network);
    const { epochs } = await network.fit(data, {
      epochs: 9,
      batchSize: 8,
      optimizer: adam(),
      learningRate: (_step, epoch) => (epoch < 4 ? 0.01 : 1),
      validation: data,
      callbacks: [callback, earlyStopping({ patience: 3, restoreBest: true })],
    });
    const losses = epochs.map(({ validation }) => validation!.loss);
    const best = losses.indexOf(Math.min(...losses)) + 1;
    expect(best).toBeLessThan(epochs.length);
    expect(weightsOf(network)).toEqual(seen[best]);
    expect(network.evaluate(data).loss).toBe(losses[best - 1]);
    expect(weightsOf(network)[0].runningMean).not.toEqual(seen.at(-1)![0].runningMean);
  }));

describe("a training that fails", () => {
  test("diverged, goes back to an epoch's start with its running statistics", () =>
    withNetwork(specOf(), async (network) => {
      const { seen, callback } = epochsOf(network);
      const { diverged } = await network.fit(data, {
        epochs: 9,
        batchSize: 4,
        optimizer: sgd({ momentum: 0.5 }),
        learningRate: (step) => (step < 54 ? 0.01 : 1e18),
        callbacks: [callback],
      });
      for (const weights of weightsOf(network))
        for (const values of Object.values(weights) as Float32Array[]) expect(values.every(Number.isFinite)).toBe(true);
      network.restoreEpochStart();
      const { epoch, loss } = diverged!.epochStart!;
      expect(epoch).toBe(4);
      expect(weightsOf(network)).toEqual(seen[epoch - 1]);
      expect(weightsOf(network)[0].runningMean).not.toEqual(seen[epoch - 2][0].runningMean);
      expect(network.evaluate(data).loss).toBeCloseTo(loss!, 5);
      await network.fit(data, { epochs: 1, batchSize: 4, optimizer: sgd() });
    }));

  test.each([1, 6, 11])("by a callback in step %i, keeps what was learnt so far", async (at) => {
    const stopped = async (end: (controller: AbortController) => void) =>
      withNetwork(specOf(), async (network) => {
        const controller = new AbortController();
        const onBatchEnd = ({ step }: { step: number }) => (step === at ? end(controller) : undefined);
        const options: FitOptions = { epochs: 3, batchSize: 8, signal: controller.signal, callbacks: [{ onBatchEnd }] };
        await network.fit(data, options).catch((error: unknown) => expect(error).toMatchObject({ message: "gone" }));
        const bits = bitsOf(network);
        await network.fit(data, { epochs: 1, batchSize: 8 });
        return [bits, bitsOf(network)];
      });
    const thrown = await stopped(() => {
      throw new Error("gone");
    });
    expect(thrown).toEqual(await stopped((controller) => controller.abort()));
  });
});

test("a batch of one row: its own statistics say beta, the running mean moves, the running variance stays", () =>
  withNetwork(specOf([{ units: 8, normalization: { kind: "batch", momentum: 0.25 } }]), async (network) => {
    const beta = Float32Array.from({ length: 8 }, (_, unit) => 0.3 * unit - 1);
    network.layers[0].setWeights({ beta });
    const before = weightsOf(network);
    const one = { x: x.slice(0, 1), y: y.slice(0, 1) };
    const [{ z }] = evaluateLayers(network, one.x);
    const { loss, layers } = trainingGradient(network, one);
    const outputs = [0, 1].map((output) =>
      beta.reduce((sum, b, unit) => sum + Math.max(0, b) * before[1].kernel[2 * unit + output], before[1].bias[output]),
    );
    expect(loss).toBeCloseTo(
      outputs.reduce((sum, out, i) => sum + (out - one.y[0][i]) ** 2 / 2, 0),
      5,
    );
    for (const part of ["kernel", "bias", "gamma"] as const) expect(layers[0][part]!.every((g) => g === 0)).toBe(true);
    expect(layers[0].beta!.some((g) => g !== 0)).toBe(true);
    await network.fit(one, { epochs: 1, optimizer: sgd({ learningRate: 0.1 }) });
    const after = weightsOf(network)[0];
    expect(after.runningVariance).toEqual(new Float32Array(8).fill(1));
    after.runningMean!.forEach((mean, unit) => expect(mean).toBeCloseTo(0.25 * z[0][unit], 6));
    expect(after.kernel).toEqual(before[0].kernel);
    expect(after.beta).not.toEqual(before[0].beta);
  }));

test("the last batch of an epoch may be one row, and others with it", () =>
  withNetwork(specOf(), async (network) => {
    const { epochs } = await network.fit({ x: x.slice(0, 33), y: y.slice(0, 33) }, { epochs: 3, batchSize: 32 });
    for (const { loss } of epochs) expect(Number.isFinite(loss)).toBe(true);
    await network.fit(data, { epochs: 2, batchSize: 1 });
    expect(Number.isFinite(network.evaluate(data).loss)).toBe(true);
  }));

describe("rows of other forms train to the bits of float32 ones", () => {
  const wide = drawSparse(ROWS, 30, 0.1, 3);
  const bytes = Uint8Array.from({ length: ROWS * 30 }, (_, i) => (i * i) % 256);
  const halves = Uint16Array.from({ length: ROWS * 30 }, (_, i) => 0x3800 + ((i * 37) % 0x800));
  const withMatrix = (given: Samples): [Samples, Samples] => [given, toMatrix("x", given)];
  const shape = { rows: ROWS, columns: 30 };
  const forms: Readonly<Record<string, readonly [Samples, Samples]>> = {
    sparse: [wide, withZeros(wide)],
    uint8: withMatrix({ ...shape, data: bytes, scale: 1 / 255 }),
    float16: withMatrix({ ...shape, data: halves, type: "float16" }),
  };
  test.each(Object.entries(forms))("%s", async (_name, [given, matrix]) => {
    const run = (samples: Samples) =>
      withNetwork(specOf(hidden, { units: 2, normalization: "batch" }, 30), async (network) => {
        const { epochs } = await network.fit(
          { x: samples, y, weights: y.map((_, r) => r % 3) },
          { epochs: 2, batchSize: 9 },
        );
        return { bits: bitsOf(network), losses: epochs.map(({ loss }) => loss), outputs: network.predict(samples) };
      });
    expect(await run(given)).toEqual(await run(matrix));
  });
});
