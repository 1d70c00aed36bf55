// If nodes of ONNX graphs, which are not looked into: refused by name, whatever their condition is.
import { expect, test } from "vitest";
import { readModel } from "../../src/models/read-model.js";
import { expectError } from "../support/errors.js";
import { type NodeSpec, onnxGraph, onnxModel } from "../support/onnx.js";

const branch = (output: string, op: string) =>
  onnxGraph({ nodes: [{ op, name: output, inputs: ["z"] }], inputs: {}, outputs: [output] });

const BOOL = 9;
const CONDITIONS: [string, readonly NodeSpec[]][] = [
  // as openWakeWord's hey_jarvis asks a second network where the first is sure
  [
    "a score",
    [
      { op: "Sigmoid", name: "p", inputs: ["z"] },
      { op: "GreaterOrEqual", name: "e", inputs: ["p", "half"] },
      { op: "Cast", name: "c", inputs: ["e"], ints: { to: BOOL } },
    ],
  ],
  ["a number of the file", [{ op: "Identity", name: "c", inputs: ["half"] }]],
  ["class numbers", [{ op: "ArgMax", name: "c", inputs: ["z"], ints: { axis: 1, keepdims: 0 } }]],
];

test.each(CONDITIONS)("a condition by %s", async (_name, condition) => {
  const graphs = { then_branch: branch("t", "Relu"), else_branch: branch("f", "Identity") };
  const bytes = onnxModel({
    nodes: [
      { op: "Gemm", name: "z", inputs: ["x", "w"] },
      ...condition,
      { op: "If", name: "y", inputs: ["c"], graphs },
    ],
    tensors: { w: { shape: [3, 2], data: [1, -2, 3, -4, 5, -6] }, half: { shape: [], data: [0.5] } },
    inputs: { x: { axes: ["rows", 3] } },
    outputs: ["y"],
    opset: 17,
  });
  const { message } = await expectError(readModel(bytes), "unsupported", 'the model\'s node "y" (If)');
  expect(message).toMatch(/two branches, of which a condition chooses one.*Export the one that is meant/);
});
