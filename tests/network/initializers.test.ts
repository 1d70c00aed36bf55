// Initial weights that are said as a distribution, and PyTorch's default: bounds, moments, what the resolved spec keeps.
import { describe, expect, test } from "vitest";
import { expectError } from "../support/errors.js";
import { withNetwork } from "../support/networks.js";
import {
  type BiasInitializer,
  createNetwork,
  exportNetwork,
  importNetwork,
  type KernelInitializer,
  type NetworkSpec,
  treat,
} from "../../src/index.js";

const INPUTS = 90;
const UNITS = 400;
const specOf = (kernelInitializer: KernelInitializer, biasInitializer?: BiasInitializer, seed = 3): NetworkSpec => ({
  inputs: INPUTS,
  layers: [
    { units: UNITS, kernelInitializer, ...(biasInitializer !== undefined && { biasInitializer }) },
    { units: 2 },
  ],
  loss: "meanSquaredError",
  seed,
});
const firstLayer = (...spec: Parameters<typeof specOf>) =>
  withNetwork(specOf(...spec), ({ layers }) => layers[0].getWeights());

const varianceOf = (values: Float32Array) => values.reduce((sum, value) => sum + value * value, 0) / values.length;
const largest = (values: Float32Array) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

/** Uniform up to the limit and no further, with the variance of such. */
function expectUniform(values: Float32Array, limit: number): void {
  expect(largest(values)).toBeLessThanOrEqual(limit * (1 + 1e-6));
  expect(largest(values)).toBeGreaterThan(limit * 0.95);
  expect(Math.abs(varianceOf(values) / (limit ** 2 / 3) - 1)).toBeLessThan(4 * Math.sqrt(0.8 / values.length));
  expect(Math.abs(values.reduce((a, b) => a + b, 0) / values.length)).toBeLessThan(
    (4 * limit) / Math.sqrt(3 * values.length),
  );
}

test("torchLinear draws kernel and biases up to 1 / sqrt(inputs)", async () => {
  const { kernel, bias } = await firstLayer("torchLinear");
  expectUniform(kernel, 1 / Math.sqrt(INPUTS));
  expectUniform(bias, 1 / Math.sqrt(INPUTS));
  expect(new Set(bias).size).toBeGreaterThan(UNITS * 0.99);
});

test("biases that are said go before those that torchLinear would draw", async () => {
  const { bias } = await firstLayer("torchLinear", 0.25);
  expect(new Set(bias)).toEqual(new Set([0.25]));
  expectUniform((await firstLayer("heNormal", "torchLinear")).bias, 1 / Math.sqrt(INPUTS));
});

test("numbers of one's own", async () => {
  expect(new Set((await firstLayer("zeros")).kernel)).toEqual(new Set([0]));
  expect(new Set((await firstLayer({ constant: -0.5 }, { constant: 2 })).kernel)).toEqual(new Set([-0.5]));
  const uniform = await firstLayer({ uniform: 0.05 }, { uniform: 0.3 });
  expectUniform(uniform.kernel, 0.05);
  expectUniform(uniform.bias, 0.3);
  const normal = await firstLayer({ normal: 0.05 }, { normal: 1 });
  expect(Math.abs(varianceOf(normal.kernel) / 0.0025 - 1)).toBeLessThan(4 * Math.sqrt(2 / normal.kernel.length));
  expect(Math.abs(varianceOf(normal.bias) - 1)).toBeLessThan(4 * Math.sqrt(2 / UNITS));
  expect(largest(normal.kernel)).toBeGreaterThan(0.15);
});

test("the seed decides, and biases do not repeat the kernel", async () => {
  const one = await firstLayer("torchLinear");
  expect(await firstLayer("torchLinear")).toEqual(one);
  expect(await firstLayer("torchLinear", undefined, 4)).not.toEqual(one);
  expect([...one.kernel.subarray(0, 20)]).not.toEqual([...one.bias.subarray(0, 20)]);
});

test("a file keeps what was said", async () => {
  for (const kernelInitializer of ["torchLinear", "zeros", { uniform: 0.5 }, { constant: -0 }] as const) {
    using network = await createNetwork(specOf(kernelInitializer, { normal: 0.25 }));
    using copy = await importNetwork(await exportNetwork(network, "safetensors"));
    expect(copy.spec).toEqual(network.spec);
    expect(copy.spec.layers[0].biasInitializer).toEqual({ normal: 0.25 });
    expect(network.summary()).toContain(
      typeof kernelInitializer === "string" ? kernelInitializer : Object.keys(kernelInitializer)[0],
    );
  }
});

test("constants are numbers in the resolved spec", async () => {
  using network = await createNetwork(specOf("zeros", "zeros"));
  expect(network.spec.layers[0].biasInitializer).toBe(0);
  using torch = await createNetwork(specOf("torchLinear"));
  expect(torch.spec.layers[0].biasInitializer).toBe("torchLinear");
});

describe("units that are drawn anew", () => {
  test.each([
    ["zeros", 2 / INPUTS],
    [{ constant: 0.1 }, 2 / INPUTS],
    [{ normal: 0.3 }, 0.09],
    [{ uniform: 0.3 }, 0.03],
    ["torchLinear", 1 / INPUTS / 3],
  ] as const)("from %j they have weights of their own", async (kernelInitializer, variance) => {
    using network = await createNetwork(specOf(kernelInitializer));
    network.layers[0].setWeights({ bias: new Float32Array(UNITS).fill(-1e6) });
    const x = Array.from({ length: 8 }, (_, r) => Array.from({ length: INPUTS }, (_, c) => Math.sin(r * 7 + c)));
    const { before, after } = await treat(network, x, { kind: "reinitialize" });
    expect([before.dead, after.dead]).toEqual([UNITS, 0]);
    const { kernel } = network.layers[0].getWeights();
    expect(new Set(kernel).size).toBeGreaterThan(kernel.length * 0.9);
    expect(Math.abs(varianceOf(kernel) / variance - 1)).toBeLessThan(0.1);
  });
});

test.each([
  [{ layers: [{ units: 2, kernelInitializer: "heNormall" }] }, "layers[0].kernelInitializer"],
  [{ layers: [{ units: 2, kernelInitializer: { normal: -1 } }] }, "layers[0].kernelInitializer.normal"],
  [{ layers: [{ units: 2, kernelInitializer: { std: 1 } }] }, "layers[0].kernelInitializer.std"],
  [{ layers: [{ units: 2, kernelInitializer: {} }] }, "layers[0].kernelInitializer"],
  [{ layers: [{ units: 2, kernelInitializer: { normal: 1, uniform: 1 } }] }, "layers[0].kernelInitializer"],
  [{ layers: [{ units: 2, biasInitializer: "ones" }] }, "layers[0].biasInitializer"],
  [{ layers: [{ units: 2, biasInitializer: { constant: NaN } }] }, "layers[0].biasInitializer.constant"],
])("refuses %j", async (part, path) => {
  await expectError(createNetwork({ inputs: 2, loss: "huber", ...part } as NetworkSpec), "value", path);
});
