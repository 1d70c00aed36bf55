// Zeros that the products leave out do not show: a training, what it predicts and what a diagnosis sees have the bits of
// the one that multiplies them, on any number of threads.
import { afterEach, describe, expect, it } from "vitest";
import { adam, createNetwork, diagnose, sgd, type Network } from "../../src/index.js";
import { stateOf } from "../../src/network/state/state.js";
import type { KernelExports } from "../../src/wasm/exports.js";
import type { Runtime } from "../../src/wasm/runtime.js";
import { expectSameNumbers } from "../support/arrays.js";
import { congruential } from "../support/random.js";

const INPUTS = 300;
const ROWS = 192;
const CLASSES = 5;

const open: Network[] = [];
afterEach(() => open.splice(0).forEach((network) => network.dispose()));

/** Rows of which nine tenths are 0; the class is among the others. */
function rows(): { x: { rows: number; columns: number; data: Float32Array }; y: number[] } {
  const random = congruential(5);
  const uniform = () => (random() >>> 8) / 2 ** 24;
  const y = Array.from({ length: ROWS }, (_, row) => row % CLASSES);
  const data = Float32Array.from({ length: ROWS * INPUTS }, (_, at) =>
    uniform() < 0.9 && at % INPUTS !== y[Math.floor(at / INPUTS)] ? 0 : uniform(),
  );
  return { x: { rows: ROWS, columns: INPUTS, data }, y };
}

type Counts = Record<"left out" | "multiplied", number>;

/** Runs `use` with kernels that multiply zeros, or that count what they are asked. */
async function using<T>(network: Network, multiplies: boolean, counts: Counts, use: () => Promise<T>): Promise<T> {
  const runtime = stateOf(network).runtime as Runtime & { kernels: KernelExports };
  const { kernels } = runtime;
  runtime.kernels = {
    ...kernels,
    gemmSkippingZeros: (m, n, k, a, rowA, columnA, b, rowB, columnB, accumulate, c, ldc, workspace, columns, ks) => {
      counts[multiplies && columns === 0 && ks === 0 ? "multiplied" : "left out"]++;
      if (multiplies && columns === 0 && ks === 0)
        kernels.gemm(m, n, k, a, rowA, columnA, b, rowB, columnB, accumulate, c, ldc, workspace);
      else
        kernels.gemmSkippingZeros(
          m,
          n,
          k,
          a,
          rowA,
          columnA,
          b,
          rowB,
          columnB,
          accumulate,
          c,
          ldc,
          workspace,
          columns,
          ks,
        );
    },
  };
  try {
    return await use();
  } finally {
    runtime.kernels = kernels;
  }
}

async function train(threads: number, multiplies: boolean, optimizer: ReturnType<typeof sgd>, counts: Counts) {
  const network = await createNetwork(
    {
      inputs: INPUTS,
      layers: [{ units: 100, activation: "relu" }, { units: 68, activation: "relu" }, { units: CLASSES }],
      loss: "crossEntropy",
      seed: 3,
    },
    { threads },
  );
  open.push(network);
  const data = rows();
  return using(network, multiplies, counts, async () => {
    const { epochs } = await network.fit(data, { epochs: 4, batchSize: 64, optimizer });
    const weights = network.layers.flatMap((layer) => {
      const { kernel, bias } = layer.getWeights();
      return [...kernel, ...bias];
    });
    const units = diagnose(network, data.x).layers.flatMap((layer) => layer.units.map(({ activity }) => activity));
    return {
      losses: epochs.map(({ loss }) => loss),
      weights,
      predicted: [...network.predict(data.x).data],
      loss: network.evaluate(data).loss,
      units,
    };
  });
}

describe.each([
  ["sgd", sgd({ learningRate: 0.1 })],
  ["adam", adam({ learningRate: 0.01 }) as unknown as ReturnType<typeof sgd>],
] as const)("%s", (_, optimizer) => {
  it("has the same bits whether zeros are multiplied or left out, on one to three threads", async () => {
    const counts: Counts = { "left out": 0, multiplied: 0 };
    const wanted = await train(1, true, optimizer, counts);
    expect(counts.multiplied).toBeGreaterThan(50);
    expect(wanted.losses.at(-1)).toBeLessThan(wanted.losses[0]!);
    for (const threads of [1, 2, 3]) {
      const got = await train(threads, false, optimizer, counts);
      expectSameNumbers(got.weights, wanted.weights, `${threads} threads`);
      expectSameNumbers(got.predicted, wanted.predicted);
      expect({ losses: got.losses, loss: got.loss, units: got.units }).toEqual({
        losses: wanted.losses,
        loss: wanted.loss,
        units: wanted.units,
      });
    }
    expect(counts["left out"]).toBeGreaterThan(150);
  });
});
