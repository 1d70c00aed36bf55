import * as tf from "@tensorflow/tfjs";
import * as ort from "onnxruntime-web";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readHeader, readTensors } from "../../src/formats/safetensors.js";
import { readModel, type ReadModelOptions } from "../../src/models/read-model.js";
import { writeModel } from "../../src/models/write-model.js";
import { createNetwork } from "../../src/network/network.js";
import type { Loss } from "../../src/network/losses.js";
import type { Network } from "../../src/network/types.js";
import { ACTIVATION_NAMES, type ActivationName } from "../../src/wasm/abi.js";
import { expectError } from "../support/errors.js";

const ACTIVATIONS = ACTIVATION_NAMES.filter((name) => name !== "linear");
/** TensorFlow.js has no hardSwish, and no reader takes its pieces. */
const READ_BACK = ACTIVATIONS.filter((name) => name !== "hardSwish");
const LOSSES: Loss[] = ["meanSquaredError", "crossEntropy", "binaryCrossEntropy"];

function make(activation: ActivationName, loss: Loss): Promise<Network> {
  const layers = [{ units: 6, activation, biasInitializer: { normal: 0.5 } }, { units: 5, activation }, { units: 3 }];
  return createNetwork({ inputs: 4, layers, loss, seed: 3 }, { arithmetic: "reproducible" });
}

const ROWS = 16;
const x = Float32Array.from({ length: ROWS * 4 }, (_, i) => 3 * Math.sin(7 * i + 1));
const rows = { rows: ROWS, columns: 4, data: x };

function expectNear(given: ArrayLike<number>, expected: ArrayLike<number>): void {
  expect(given.length).toBe(expected.length);
  for (let i = 0; i < given.length; i++) expect(Math.abs(given[i] - expected[i])).toBeLessThan(1e-5);
}

ort.env.wasm.numThreads = 1;

test.each(ACTIVATIONS.flatMap((name) => LOSSES.map((loss): [ActivationName, Loss] => [name, loss])))(
  "ONNX of %s under %s gives the same in onnxruntime",
  async (name, loss) => {
    using network = await make(name, loss);
    const bytes = (await writeModel(network, "onnx")).get("model.onnx")!;
    const session = await ort.InferenceSession.create(bytes);
    const { [session.outputNames[0]]: output } = await session.run({ x: new ort.Tensor("float32", x, [ROWS, 4]) });
    expectNear(output.data as Float32Array, network.predict(rows).data);
  },
);

test("a log-softmax that a model ended with is written where it is named", async () => {
  using network = await make("relu", "crossEntropy");
  const wanted = network.predict(rows).data.map(Math.log);
  const bytes = (await writeModel(network, "onnx", { head: "logSoftmax" })).get("model.onnx")!;
  const session = await ort.InferenceSession.create(bytes);
  const { [session.outputNames[0]]: output } = await session.run({ x: new ort.Tensor("float32", x, [ROWS, 4]) });
  expectNear(output.data as Float32Array, wanted);
  const files = await writeModel(network, "tfjs", { head: "logSoftmax" });
  for (const read of [await readModel(bytes), await readModel(files.get("model.json")!, { files })])
    expect(read.head).toBe("logSoftmax");
  expect(
    new TextDecoder().decode((await writeModel(network, "torch", { head: "logSoftmax" })).get("load.py")),
  ).toContain("log_softmax");
  await expectError(writeModel(network, "onnx", { head: "argmax" as "softmax" }), "value", "head");
});

test.each(READ_BACK)("ONNX of %s is read back", async (name) => {
  using network = await make(name, "crossEntropy");
  const model = await readModel((await writeModel(network, "onnx")).get("model.onnx")!);
  using same = await model.toNetwork({ arithmetic: "reproducible" });
  expect([model.writer, model.head]).toEqual(["relumine", "softmax"]);
  expectNear(same.predict(rows).data, network.predict(rows).data);
});

test.each(READ_BACK.flatMap((name) => LOSSES.map((loss): [ActivationName, Loss] => [name, loss])))(
  "a LayersModel of %s under %s gives the same in TensorFlow.js, and is read back",
  async (name, loss) => {
    using network = await make(name, loss);
    const files = await writeModel(network, "tfjs");
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
    const output = loaded.predict(tf.tensor2d(x, [ROWS, 4])) as tf.Tensor;
    const expected = network.predict(rows).data;
    expectNear(await output.data(), expected);
    using same = await (await readModel(files.get("model.json")!, { files })).toNetwork({ arithmetic: "reproducible" });
    expectNear(same.predict(rows).data, expected);
  },
);

test.each(["logits", "probabilities"] as const)(
  "a last softmax under a loss of %s: what predict gives",
  async (from) => {
    const layers = [{ units: 6 }, { units: 3, activation: "softmax" }] as const;
    const loss = { name: "crossEntropy", from } as const;
    using network = await createNetwork({ inputs: 4, layers, loss, seed: 3 });
    const expected = network.predict(rows).data;
    const bytes = (await writeModel(network, "onnx")).get("model.onnx")!;
    const session = await ort.InferenceSession.create(bytes);
    const outputs = await session.run({ [session.inputNames[0]]: new ort.Tensor("float32", x, [ROWS, 4]) });
    expectNear(outputs[session.outputNames[0]].data as Float32Array, expected);
    const own = await readModel((await writeModel(network, "relumine")).get("model.safetensors")!);
    expect(own.head).toBe(from === "logits" ? "softmax" : "none"); // behind the last layer
  },
);

test("what TensorFlow.js has not is refused", async () => {
  using network = await make("hardSwish", "meanSquaredError");
  await expectError(writeModel(network, "tfjs"), "unsupported", "layers[0].activation");
});

test.each(["relu", "prelu"] as const)("PyTorch's names of %s are read back, to the bit", async (name) => {
  using network = await make(name, "crossEntropy");
  const bytes = (await writeModel(network, "torch")).get("model.safetensors")!;
  using same = await (await readModel(bytes, { activation: name, head: "softmax" })).toNetwork();
  expect(same.layers.map((layer) => layer.getWeights())).toEqual(network.layers.map((layer) => layer.getWeights()));
});

test("the package's own, and no other", async () => {
  using network = await make("relu", "crossEntropy");
  const bytes = (await writeModel(network, "relumine")).get("model.safetensors")!;
  expect((await readModel(bytes)).format).toBe("relumine");
  await expectError(writeModel(network, "pickle" as never), "value", "format");
});

describe("ONNX by the names of its input and output", () => {
  const run = async (bytes: Uint8Array, input: string) => {
    const session = await ort.InferenceSession.create(bytes);
    const { [session.outputNames[0]]: output } = await session.run({
      [input]: new ort.Tensor("float32", x, [ROWS, 4]),
    });
    return { names: [...session.inputNames, ...session.outputNames], data: output.data as Float32Array };
  };

  test.each([
    ["image", "scores"],
    ["gemm_0", "number_1"], // what values within the graph are called
    ["inner_gemm_0", "gemm_0"],
    ["layers.0.kernel", "layers.1.bias"],
    ["y", "x"],
  ])("%s and %s", async (input, output) => {
    using network = await make("gelu", "crossEntropy");
    const bytes = (await writeModel(network, "onnx", { ends: { input, output } })).get("model.onnx")!;
    const { names, data } = await run(bytes, input);
    expect(names).toEqual([input, output]);
    expectNear(data, network.predict(rows).data);
    expect((await readModel(bytes)).ends).toEqual({ input, output });
  });

  test("are x and y where nothing is said", async () => {
    using network = await make("relu", "meanSquaredError");
    const bytes = (await writeModel(network, "onnx")).get("model.onnx")!;
    expect((await run(bytes, "x")).names).toEqual(["x", "y"]);
  });

  test.each([[{ input: "x" }], [{ input: "x", output: "x" }], [{ input: "", output: "y" }], ["x"], [null]])(
    "%j is refused",
    async (ends) => {
      using network = await make("relu", "meanSquaredError");
      await expectError(writeModel(network, "onnx", { ends: ends as never }), "value", "ends");
    },
  );
});

describe("a state_dict in the names of the model that it came from", () => {
  const read = async (name: string, options: object) =>
    readModel(readFileSync(new URL(`../fixtures/models/torch/${name}`, import.meta.url)), { name, ...options });
  const tensorsOf = (bytes: Uint8Array) => [...readTensors(readHeader(bytes)).keys()];

  test.each([
    ["named-against-alphabet.safetensors", { activation: "relu" }],
    ["named-fc.safetensors", { activation: "relu" }],
    ["prefixed.safetensors", { activation: "relu", head: "softmax" }],
    ["prelu.safetensors", { activation: "prelu" }],
    ["no-bias.safetensors", { activation: "relu" }],
    ["relu-dead.state.pt", { activation: "relu" }],
  ])("%s", async (name, options) => {
    const model = await read(name, options);
    using network = await model.toNetwork({ arithmetic: "reproducible" });
    const files = await writeModel(network, "torch", { parameters: model.parameters });
    const bytes = files.get("model.safetensors")!;
    expect(tensorsOf(bytes).sort()).toEqual([...model.parameters!].sort());
    expect([...files.keys()]).toEqual(["model.safetensors"]);
    const again = await readModel(bytes, { ...options, name } as ReadModelOptions);
    using same = await again.toNetwork({ arithmetic: "reproducible" });
    same.layers.forEach((layer, index) => expect(layer.getWeights()).toEqual(network.layers[index].getWeights()));
    expect(again.parameters).toEqual(model.parameters);
  });

  test("is not had of what is folded", async () => {
    expect((await read("bn-relu.safetensors", { activation: "relu" })).parameters).toBeUndefined();
  });

  test("names of other layers are refused", async () => {
    using network = await make("relu", "crossEntropy");
    const write = (...parameters: string[]) => writeModel(network, "torch", { parameters });
    const names = ["a.weight", "a.bias", "b.weight", "b.bias", "c.weight", "c.bias"];
    expect((await write(...names)).size).toBe(1);
    for (const wrong of [
      names.slice(1),
      names.slice(0, 4),
      [...names, "d.weight"],
      [...names.slice(0, 5), "a.bias"],
      [],
    ])
      await expectError(write(...wrong), "value", "parameters");
  });
});

test("load.py makes the Sequential whose parameters are in the file", async () => {
  using network = await make("leakyRelu", "crossEntropy");
  const files = await writeModel(network, "torch");
  const program = new TextDecoder().decode(files.get("load.py"));
  expect(program).toContain(
    "nn.Sequential(nn.Linear(4, 6), nn.LeakyReLU(0.01), nn.Linear(6, 5), nn.LeakyReLU(0.01), nn.Linear(5, 3))",
  );
  expect(program).toContain('load_file("model.safetensors")');
});
