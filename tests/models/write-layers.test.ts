// Normalized and residual layers, and those with dropout, as files of other programs: what runs the file gives what the
// network gives, or the file is not written.
import * as tf from "@tensorflow/tfjs";
import * as ort from "onnxruntime-web";
import { beforeEach, describe, expect, test } from "vitest";
import { mulberry32 } from "../../src/core/random.js";
import { readHeader, readTensors } from "../../src/formats/safetensors.js";
import { readModel } from "../../src/models/read-model.js";
import { writeModel } from "../../src/models/write-model.js";
import type { Loss } from "../../src/network/losses.js";
import { createNetwork } from "../../src/network/network.js";
import type { DenseSpec } from "../../src/network/spec.js";
import type { Network, Weights } from "../../src/network/types.js";
import { expectError } from "../support/errors.js";

ort.env.wasm.numThreads = 1;

const [INPUTS, UNITS, ROWS] = [4, 6, 16];
const x = Float32Array.from({ length: ROWS * INPUTS }, (_, i) => 3 * Math.sin(7 * i + 1));
const rows = { rows: ROWS, columns: INPUTS, data: x };

let random = mulberry32(5);
beforeEach(() => {
  random = mulberry32(5);
});

/** Numbers such that leaving one of them out shows. */
function numbersOf(name: string, count: number): Float32Array {
  const low = name === "runningVariance" ? 0.2 : -1;
  return Float32Array.from({ length: count }, () => low + 2 * random());
}

async function make(layers: readonly DenseSpec[], loss: Loss = "meanSquaredError"): Promise<Network> {
  const spec = { inputs: INPUTS, layers: [...layers, { units: 3 }], loss, seed: 3 };
  const network = await createNetwork(spec, { arithmetic: "reproducible" });
  for (const layer of network.layers) {
    const given = Object.entries(layer.getWeights()) as [keyof Weights, Float32Array][];
    const kept = given.filter(([name]) => name !== "kernel" && name !== "bias");
    layer.setWeights(Object.fromEntries(kept.map(([name, { length }]) => [name, numbersOf(name, length)])));
  }
  return network;
}

const hidden = (more: Partial<DenseSpec>): DenseSpec => ({
  units: UNITS,
  activation: "relu",
  biasInitializer: { normal: 0.5 },
  ...more,
});
const batch = { kind: "batch", epsilon: 0.01, momentum: 0.3 } as const;
const layer = { kind: "layer", epsilon: 0.02 } as const;

const NETWORKS: [string, readonly DenseSpec[]][] = [
  ["batch normalization", [hidden({ normalization: batch }), hidden({ normalization: "batch", activation: "tanh" })]],
  ["layer normalization", [hidden({ normalization: layer }), hidden({ normalization: "layer", activation: "gelu" })]],
  ["one behind the other", [hidden({ normalization: batch }), hidden({ normalization: layer })]],
  ["normalization before slopes", [hidden({ normalization: batch, activation: "prelu" })]],
  ["normalization before a leak", [hidden({ normalization: layer, activation: { name: "leakyRelu", alpha: 0.2 } })]],
  ["normalization without an activation", [hidden({ normalization: layer, activation: "linear" }), hidden({})]],
  ["a residual layer", [hidden({}), hidden({ residual: true })]],
  [
    "residual layers that are normalized",
    [
      hidden({ normalization: batch }),
      hidden({ residual: true, normalization: batch }),
      hidden({ residual: true, normalization: layer, activation: "prelu" }),
    ],
  ],
  [
    "residual layers behind each other, and a plain one",
    [
      hidden({}),
      hidden({ residual: true, activation: "leakyRelu" }),
      hidden({ residual: true, activation: "linear" }),
      hidden({}),
    ],
  ],
  [
    "dropout, penalties and norms",
    [
      hidden({ dropout: 0.5, kernelRegularizer: { l2: 0.1 } }),
      hidden({ dropout: 0.2, activityRegularizer: { l1: 0.1 }, maxNorm: 1, useBias: false, biasInitializer: 0 }),
    ],
  ],
];

function expectNear(given: ArrayLike<number>, expected: ArrayLike<number>): void {
  expect(given.length).toBe(expected.length);
  for (let i = 0; i < given.length; i++) expect(Math.abs(given[i] - expected[i])).toBeLessThan(1e-5);
}

async function byOnnxRuntime(bytes: Uint8Array): Promise<Float32Array> {
  const session = await ort.InferenceSession.create(bytes);
  const { [session.outputNames[0]]: output } = await session.run({ x: new ort.Tensor("float32", x, [ROWS, INPUTS]) });
  await session.release();
  return output.data as Float32Array;
}

async function byTensorFlow(files: ReadonlyMap<string, Uint8Array>): Promise<Float32Array> {
  const json = JSON.parse(new TextDecoder().decode(files.get("model.json"))) as {
    modelTopology: object;
    weightsManifest: { weights: tf.io.WeightsManifestEntry[] }[];
  };
  const artifacts = {
    modelTopology: json.modelTopology,
    weightSpecs: json.weightsManifest[0].weights,
    weightData: files.get("weights.bin")!.slice().buffer,
  };
  const loaded = await tf.loadLayersModel(tf.io.fromMemory(artifacts));
  return (await (loaded.predict(tf.tensor2d(x, [ROWS, INPUTS])) as tf.Tensor).data()) as Float32Array;
}

describe.each(NETWORKS)("%s", (_name, layers) => {
  test.each(["meanSquaredError", "crossEntropy"] as const)("in onnxruntime, under %s", async (loss) => {
    using network = await make(layers, loss);
    expectNear(await byOnnxRuntime((await writeModel(network, "onnx")).get("model.onnx")!), network.predict(rows).data);
  });

  test.each(["meanSquaredError", "binaryCrossEntropy"] as const)("in TensorFlow.js, under %s", async (loss) => {
    using network = await make(layers, loss);
    expectNear(await byTensorFlow(await writeModel(network, "tfjs")), network.predict(rows).data);
  });

  test("in the package's own file, read as one of any program", async () => {
    using network = await make(layers);
    const model = await readModel((await writeModel(network, "relumine")).get("model.safetensors")!);
    using same = await model.toNetwork({ arithmetic: "reproducible" });
    expect(same.spec).toEqual(network.spec);
    expect(same.layers.map((each) => each.getWeights())).toEqual(network.layers.map((each) => each.getWeights()));
    expect(same.predict(rows).data).toEqual(network.predict(rows).data);
  });

  test("what is read of it gives the same, or is refused", async () => {
    using network = await make(layers);
    const expected = network.predict(rows).data;
    const tfjs = await writeModel(network, "tfjs");
    const onnx = (await writeModel(network, "onnx")).get("model.onnx")!;
    const reads = [() => readModel(onnx), () => readModel(tfjs.get("model.json")!, { files: tfjs })];
    for (const read of reads) {
      const model = await read().catch((error: unknown) => {
        expect(error).toMatchObject({ code: "unsupported" });
      });
      if (model === undefined) continue;
      using same = await model.toNetwork({ arithmetic: "reproducible" });
      expectNear(same.predict(rows).data, expected);
    }
  });
});

test.each([batch, layer])(
  "a sigmoid stays on a normalized last layer where the loss takes probabilities",
  async (normalization) => {
    const loss = { name: "binaryCrossEntropy", from: "probabilities" } as const;
    const layers: DenseSpec[] = [hidden({}), { units: 3, activation: "sigmoid", normalization }];
    using network = await createNetwork({ inputs: INPUTS, layers, loss, seed: 3 }, { arithmetic: "reproducible" });
    const tfjs = await writeModel(network, "tfjs");
    const onnx = (await writeModel(network, "onnx")).get("model.onnx")!;
    for (const read of [readModel(onnx, { loss }), readModel(tfjs.get("model.json")!, { files: tfjs, loss })]) {
      using same = await (await read).toNetwork({ arithmetic: "reproducible" });
      expect(same.spec.loss).toEqual(loss);
      expectNear(same.predict(rows).data, network.predict(rows).data);
    }
  },
);

test("a normalization left out of the file shows", async () => {
  const layers = [hidden({ normalization: batch })];
  using network = await make(layers);
  const bytes = (await writeModel(network, "onnx")).get("model.onnx")!;
  network.layers[0].setWeights({ runningMean: new Float32Array(UNITS) });
  const expected = network.predict(rows).data;
  const given = await byOnnxRuntime(bytes);
  expect(given.some((each, i) => Math.abs(each - expected[i]) > 0.01)).toBe(true);
});

describe("PyTorch", () => {
  const namesOf = (bytes: Uint8Array) => [...readTensors(readHeader(bytes)).keys()].sort();

  test("has modules of its own for normalizations and residual layers", async () => {
    using network = await make([
      hidden({ normalization: batch }),
      hidden({ residual: true, normalization: layer, activation: "prelu" }),
    ]);
    const files = await writeModel(network, "torch");
    expect(new TextDecoder().decode(files.get("load.py"))).toContain(
      "nn.Sequential(nn.Linear(4, 6), nn.BatchNorm1d(6, eps=0.01, momentum=0.3), nn.ReLU(), " +
        "Residual(nn.Linear(6, 6), nn.LayerNorm(6, eps=0.02), nn.PReLU(6)), nn.Linear(6, 3))",
    );
    const norm = ["weight", "bias", "running_mean", "running_var"].map((part) => `1.${part}`);
    const residual = ["0.weight", "0.bias", "1.weight", "1.bias", "2.weight"].map((part) => `3.residual.${part}`);
    const names = ["0.weight", "0.bias", ...norm, ...residual, "4.weight", "4.bias"];
    expect(namesOf(files.get("model.safetensors")!)).toEqual(names.sort());
  });

  const parameters = ["a.weight", "a.bias", "b.weight", "b.bias"];

  test("names of a plain model: a batch normalization is folded", async () => {
    using network = await make([hidden({ normalization: batch })]);
    const bytes = (await writeModel(network, "torch", { parameters })).get("model.safetensors")!;
    expect(namesOf(bytes)).toEqual([...parameters].sort());
    using same = await (await readModel(bytes, { activation: "relu" })).toNetwork({ arithmetic: "reproducible" });
    expectNear(same.predict(rows).data, network.predict(rows).data);
  });

  test.each([
    ["layer normalization", [hidden({ normalization: layer })], parameters],
    ["a residual layer", [hidden({}), hidden({ residual: true })], [...parameters, "c.weight", "c.bias"]],
  ])("names of a plain model: %s is refused", async (_name, layers, given) => {
    using network = await make(layers);
    await expectError(writeModel(network, "torch", { parameters: given }), "unsupported", "parameters");
  });
});
