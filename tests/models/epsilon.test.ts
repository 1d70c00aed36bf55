// The epsilon of batch normalizations, which PyTorch's weights alone do not hold: taken from the caller, held against
// onnxruntime with the same epsilon in the file; else PyTorch's own, which is told.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { writeSafetensors } from "../../src/formats/safetensors.js";
import { readModel, type ReadModelOptions } from "../../src/models/read-model.js";
import { writeModel } from "../../src/models/write-model.js";
import { createNetwork } from "../../src/network/network.js";
import type { Network } from "../../src/network/types.js";
import { expectError } from "../support/errors.js";
import { expectNear, runOnnx } from "./run-onnx.js";

const [INPUTS, UNITS, ROWS, EPSILON] = [4, 6, 16, 0.02];
const x = Float32Array.from({ length: ROWS * INPUTS }, (_, i) => 3 * Math.sin(7 * i + 1));
const rows = { rows: ROWS, columns: INPUTS, data: x };
const RELU: ReadModelOptions = { activation: "relu" };

async function make(epsilon: number): Promise<Network> {
  const layer = { units: UNITS, activation: "relu", normalization: { kind: "batch", epsilon } } as const;
  const layers = [layer, layer, { units: 3 }];
  const network = await createNetwork({ inputs: INPUTS, layers, loss: "meanSquaredError", seed: 3 });
  for (const each of network.layers.slice(0, 2))
    each.setWeights({
      // as small as epsilon, so that it matters
      runningVariance: Float32Array.from({ length: UNITS }, (_, unit) => 0.01 + 0.01 * unit),
      runningMean: Float32Array.from({ length: UNITS }, (_, unit) => Math.sin(unit)),
      beta: Float32Array.from({ length: UNITS }, (_, unit) => Math.cos(unit)),
    });
  return network;
}

const stateDictOf = async (network: Network) => (await writeModel(network, "torch")).get("model.safetensors")!;
const epsilonNotes = ({ notes }: { notes: readonly string[] }) => notes.filter((note) => note.includes("epsilon"));

async function predictOf(bytes: Uint8Array, options: ReadModelOptions): Promise<Float32Array> {
  using network = await (await readModel(bytes, options)).toNetwork({ arithmetic: "reproducible" });
  return network.predict(rows).data;
}

test("said by the caller it is that of the model", async () => {
  using network = await make(EPSILON);
  const onnx = (await writeModel(network, "onnx")).get("model.onnx")!;
  const [truth] = (await runOnnx(onnx, x, [ROWS, INPUTS])).values();
  const bytes = await stateDictOf(network);
  for (const more of [{}, { normalization: "keep" }] as const)
    expectNear(await predictOf(bytes, { ...RELU, ...more, epsilon: EPSILON }), truth);
  // with PyTorch's own it is another model
  const other = await predictOf(bytes, RELU);
  expect(other.some((value, i) => Math.abs(value - truth[i]) > 0.1)).toBe(true);
});

test("is kept with the normalizations", async () => {
  using network = await make(EPSILON);
  const { spec } = await readModel(await stateDictOf(network), { ...RELU, normalization: "keep", epsilon: EPSILON });
  expect(spec.layers[0].normalization).toMatchObject({ kind: "batch", epsilon: EPSILON });
});

test("PyTorch's own is told once a model, and not where the caller says it or nothing is normalized", async () => {
  using network = await make(1e-5);
  const bytes = await stateDictOf(network);
  expect(epsilonNotes(await readModel(bytes, RELU))).toEqual([expect.stringContaining("1e-5")]);
  expect(epsilonNotes(await readModel(bytes, { ...RELU, epsilon: 1e-5 }))).toEqual([]);
  expect(await predictOf(bytes, { ...RELU, epsilon: 1e-5 })).toEqual(await predictOf(bytes, RELU));
  using plain = await createNetwork({ inputs: 2, layers: [{ units: 3 }, { units: 1 }], loss: "meanSquaredError" });
  expect(epsilonNotes(await readModel(await stateDictOf(plain), { activation: "linear" }))).toEqual([]);
});

test("numbers that are none are refused before the file is read", async () => {
  for (const epsilon of [-1, NaN, Infinity, 1e39, "1e-3", null] as number[])
    await expectError(readModel(new Uint8Array(9), { ...RELU, epsilon }), "value", "epsilon");
});

test("0 serves where nothing trains, with variances above it", async () => {
  using network = await make(1e-12);
  const bytes = await stateDictOf(network);
  expectNear(await predictOf(bytes, { ...RELU, epsilon: 0 }), network.predict(rows).data);
  await expectError(readModel(bytes, { ...RELU, epsilon: 0, normalization: "keep" }), "unsupported", '"1"');
});

test("is refused where the file says it, or has no batch normalization", async () => {
  using network = await make(EPSILON);
  for (const format of ["onnx", "tfjs", "relumine"] as const) {
    const files = await writeModel(network, format);
    const [bytes] = [files.get("model.onnx") ?? files.get("model.json") ?? files.get("model.safetensors")!];
    await expectError(readModel(bytes, { files, epsilon: 1e-3 }), "value", "epsilon");
  }
  const whole = readFileSync(new URL("../fixtures/torch/whole-many.pt", import.meta.url));
  await expectError(readModel(whole, { epsilon: 1e-3 }), "value", "epsilon");
  const tensors = new Map([["0.weight", { shape: [2, 3], data: new Float32Array(6).fill(1) }]]);
  await expectError(readModel(writeSafetensors(tensors, {}), { epsilon: 1e-3, order: ["0"] }), "value", "epsilon");
});
