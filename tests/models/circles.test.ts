// Graphs with a circle in them: refused, whatever the format writes its edges as, without a hang or a deep stack.
import { describe, expect, test } from "vitest";
import { readConfig } from "../../src/models/read/keras/config.js";
import { checkKnown } from "../../src/models/read/keras/layers.js";
import { readModel } from "../../src/models/read-model.js";
import { expectError } from "../support/errors.js";
import { OnnxFile } from "../support/onnx-file.js";

/** A layer by its class, and the names of those that it is fed. */
type Edges = readonly (readonly [name: string, className: string, ...from: string[]])[];

const older = (from: readonly string[]) => (from.length === 0 ? [] : [from.map((name) => [name, 0, 0, {}])]);
const newer = (from: readonly string[]) => {
  const tensors = from.map((name) => ({ class_name: "__keras_tensor__", config: { keras_history: [name, 0, 0] } }));
  return from.length === 0 ? [] : [{ args: tensors.length === 1 ? tensors : [tensors], kwargs: {} }];
};

function configOf(edges: Edges, nodes: typeof older | typeof newer, output = edges.at(-1)![0]): object {
  const layers = edges.map(([name, className, ...from]) => ({
    class_name: className,
    name,
    config: { name, ...(className === "Dense" && { units: 4, activation: "relu" }), batch_input_shape: [null, 4] },
    inbound_nodes: nodes(from),
  }));
  const config = { name: "model", layers, input_layers: [[edges[0][0], 0, 0]], output_layers: [[output, 0, 0]] };
  return { class_name: "Model", config };
}

const chain: Edges = [
  ["in", "InputLayer"],
  ["a", "Dense", "in"],
  ["b", "Dense", "a"],
];

const CIRCLES: [string, Edges, string?][] = [
  [
    "a layer that feeds itself",
    [
      ["in", "InputLayer"],
      ["a", "Dense", "a"],
      ["b", "Dense", "a"],
    ],
  ],
  ["a last layer that feeds itself", [...chain, ["c", "Dense", "c"]]],
  [
    "an input that a layer feeds",
    [
      ["in", "InputLayer", "b"],
      ["a", "Dense", "in"],
      ["b", "Dense", "a"],
    ],
  ],
  [
    "two layers that feed each other",
    [
      ["in", "InputLayer"],
      ["a", "Dense", "b"],
      ["b", "Dense", "a"],
    ],
    "a",
  ],
  ["a circle beside the chain", [...chain, ["c", "Dense", "d"], ["d", "Dense", "c"]], "b"],
  ["a sum of a layer and itself", [...chain, ["sum", "Add", "b", "sum"], ["out", "Dense", "sum"]]],
  ["a sum of itself alone", [...chain, ["sum", "Add", "sum", "sum"], ["out", "Dense", "sum"]]],
  [
    "a sum of what is made of it",
    [...chain, ["sum", "Add", "b", "back"], ["back", "Dense", "sum"], ["out", "Dense", "back"]],
  ],
  [
    "a circle of ten thousand layers",
    [
      ["in", "InputLayer"],
      ...Array.from({ length: 9_998 }, (_, i) => [`d${i}`, "Dense", `d${(i + 9_997) % 9_998}`] as const),
      ["out", "Dense", "d0"],
    ],
  ],
];

describe.each([
  ["Keras 2 and TensorFlow.js", older],
  ["Keras 3", newer],
] as const)("edges as %s writes them", (_name, nodes) => {
  test("a chain, and one that is passed by, are read", () => {
    expect(readConfig(configOf(chain, nodes), checkKnown).map(({ name }) => name)).toEqual(["in", "a", "b"]);
    const passed: Edges = [...chain, ["sum", "Add", "a", "b"], ["out", "Dense", "sum"]];
    expect(readConfig(configOf(passed, nodes), checkKnown)).toHaveLength(5);
  });

  test.each(CIRCLES)("%s", async (_circle, edges, output) => {
    await expectError(() => readConfig(configOf(edges, nodes, output), checkKnown), "unsupported", /the model/);
  });
});

test.each(CIRCLES)("%s, as a file of TensorFlow.js", async (_circle, edges, output) => {
  const json = { modelTopology: configOf(edges, older, output), weightsManifest: [] };
  const bytes = new TextEncoder().encode(JSON.stringify(json));
  await expectError(readModel(bytes, { name: "model.json" }), "unsupported", /the model/);
});

test("names with a slash in them are no places within a model", () => {
  const inner = configOf(
    [
      ["i", "InputLayer"],
      ["b", "Dense", "i"],
    ],
    older,
  ) as { config: object };
  const outer = configOf(
    [
      ["in", "InputLayer"],
      ["m/b", "Dense", "in"],
      ["m", "Model", "m/b"],
      ["sum", "Add", "m/b", "m"],
      ["out", "Dense", "sum"],
    ],
    older,
  ) as { config: { layers: object[] } };
  outer.config.layers[2] = { ...outer.config.layers[2], ...inner, config: { ...inner.config, name: "m" } };
  const paths = readConfig(outer, checkKnown).map(({ path }) => path);
  expect(new Set(paths).size).toBe(paths.length);
});

describe("nodes of ONNX", () => {
  // constants and nodes are counted: constant_0, MatMul_1, constant_2, MatMul_3
  const dense = (file: OnnxFile, from: string, more: readonly string[] = []): string => {
    const data = Float32Array.from({ length: 16 }, (_, i) => Math.sin(i));
    return file.node("MatMul", [from, file.constant({ shape: [4, 4], data })], {}, { more });
  };
  const MAKE: [string, (file: OnnxFile) => string][] = [
    ["one that is fed what it gives", (file) => dense(file, "MatMul_1")],
    [
      "two that feed each other",
      (file) => {
        dense(file, "MatMul_3");
        return dense(file, "MatMul_1");
      },
    ],
    ["one that gives the input again", (file) => dense(file, "x", ["x"])],
    ["a sum of a value and itself", (file) => file.node("Add", [dense(file, "x"), "Add_2"])],
  ];
  test.each(MAKE)("%s", async (_name, make) => {
    const file = new OnnxFile(4);
    const output = make(file);
    await expectError(readModel(file.bytes([output])), "format", /the/);
  });

  test("in a row they are read", async () => {
    const file = new OnnxFile(4);
    const output = dense(file, dense(file, "x"));
    expect(output).toBe("MatMul_3");
    expect((await readModel(file.bytes([output]))).spec.layers).toHaveLength(2);
  });
});
