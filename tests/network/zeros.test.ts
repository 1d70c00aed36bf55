// Zeros that the products leave out do not show: a training, what it predicts and what a diagnosis sees have the bits
// of the one that multiplies them, on any number of threads.
import { afterEach, describe, expect, it } from "vitest";
import { adam, createNetwork, diagnose, sgd, type Network } from "../../src/index.js";
import { stateOf } from "../../src/network/state/state.js";
import type { KernelExports } from "../../src/wasm/exports.js";
import type { Runtime } from "../../src/wasm/runtime.js";
import { expectSameNumbers } from "../support/arrays.js";
import { multiplyingZeros } from "../support/kernels.js";
import { weightsOf } from "../support/networks.js";
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

/**
 * Runs `use` with kernels that multiply zeros, or with those of the network; returns how many products multiplied them,
 * too.
 */
async function using<T>(
  network: Network,
  multiplies: boolean,
  use: () => Promise<T>,
): Promise<T & { multiplied: number }> {
  const runtime = stateOf(network).runtime as Runtime & { kernels: KernelExports };
  const { kernels } = runtime;
  let multiplied = 0;
  const gemm = (...operands: Parameters<KernelExports["gemm"]>) => {
    multiplied++;
    kernels.gemm(...operands);
  };
  if (multiplies) runtime.kernels = multiplyingZeros({ ...kernels, gemm });
  try {
    return { ...(await use()), multiplied };
  } finally {
    runtime.kernels = kernels;
  }
}

async function train(threads: number, multiplies: boolean, optimizer: ReturnType<typeof sgd>) {
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
  return using(network, multiplies, async () => {
    const { epochs } = await network.fit(data, { epochs: 4, batchSize: 64, optimizer });
    const units = diagnose(network, data.x).layers.flatMap((layer) => layer.units.map(({ activity }) => activity));
    return {
      losses: epochs.map(({ loss }) => loss),
      weights: weightsOf(network),
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
    const wanted = await train(1, true, optimizer);
    expect(wanted.multiplied).toBeGreaterThan(50);
    expect(wanted.losses.at(-1)).toBeLessThan(wanted.losses[0]!);
    for (const threads of [1, 2, 3]) {
      const got = await train(threads, false, optimizer);
      expect(got.multiplied).toBe(0);
      expectSameNumbers(got.weights, wanted.weights, `${threads} threads`);
      expectSameNumbers(got.predicted, wanted.predicted);
      expect({ losses: got.losses, loss: got.loss, units: got.units }).toEqual({
        losses: wanted.losses,
        loss: wanted.loss,
        units: wanted.units,
      });
    }
  });
});
