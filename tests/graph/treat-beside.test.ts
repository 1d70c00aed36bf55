// A bias is lifted only where nothing beside the activation sees it.
import { expect, test } from "vitest";
import { describeGraph } from "../../src/graph/describe-graph.js";
import { treatGraph } from "../../src/graph/treat-graph.js";
import { onnxModel, type ModelSpec, type NodeSpec } from "../support/onnx.js";
import { ort } from "./graphs.js";

const ROWS = [
  [1, 2],
  [0.5, 1],
  [2, 0.1],
];
const SPEC: Omit<ModelSpec, "nodes" | "outputs"> = {
  tensors: {
    w: { shape: [2, 2], data: [-1, 1, -1, 1] },
    b: { shape: [2], data: [0, 0] },
    ones: { shape: [2], data: [1, 2] },
    v: { shape: [2, 1], data: [1, 1] },
    large: { shape: [2, 1], data: [10000, 0] },
  },
  inputs: { x: { axes: ["n", 2] } },
};
const dense = (name: string, x: string, w = "v"): NodeSpec => ({ op: "MatMul", name, inputs: [x, w] });
const UNTIL: readonly NodeSpec[] = [
  { op: "Gemm", name: "p", inputs: ["x", "w", "b"] },
  { op: "Mul", name: "z", inputs: ["p", "ones"] },
  { op: "Relu", name: "a", inputs: ["z"] },
  dense("y", "a"),
];
const treated = (nodes: readonly NodeSpec[], outputs: readonly string[]) =>
  treatGraph(onnxModel({ ...SPEC, nodes, outputs }), ROWS, "liftBias", { ort });

test("nothing beside: it is", async () => {
  const { lifted, outputs } = await treated(UNTIL, ["y"]);
  expect(lifted).toMatchObject([{ unit: 0, isRevived: true }]);
  expect(outputs.largestChange).toBe(0);
});

test.each<[string, readonly NodeSpec[], readonly string[]]>([
  ["another product", [dense("y2", "z"), dense("y3", "x", "large")], ["y", "y2", "y3"]],
  ["a product of what comes before a factor", [dense("y2", "p")], ["y", "y2"]],
  ["an output of its own", [], ["y", "z"]],
  ["a way round", [{ op: "Neg", name: "n", inputs: ["z"] }, dense("y2", "n")], ["y2", "y"]],
])("%s takes the preactivations too: it is not", async (_what, more, outputs) => {
  const { lifted, untreated, outputs: change } = await treated([...UNTIL, ...more], outputs);
  expect(lifted).toEqual([]);
  expect(untreated).toMatchObject([{ unit: 0, reason: expect.stringContaining("past the activation") as string }]);
  expect(change.largestChange).toBe(0);
});

test("both signs of a value: these are left, others are lifted", async () => {
  const nodes = [
    ...UNTIL.slice(0, 3),
    { op: "Neg", name: "n", inputs: ["z"] },
    { op: "Relu", name: "a2", inputs: ["n"] },
    { op: "Add", name: "sum", inputs: ["a", "a2"] },
    { op: "Gemm", name: "q", inputs: ["sum", "w", "b2"] },
    { op: "Relu", name: "top", inputs: ["q"] },
    dense("y", "top"),
  ];
  const tensors = { ...SPEC.tensors, b2: { shape: [2], data: [-1, 0] } };
  const { lifted, untreated } = await treatGraph(
    onnxModel({ ...SPEC, tensors, nodes, outputs: ["y"] }),
    ROWS,
    "liftBias",
    { ort },
  );
  expect(lifted).toMatchObject([{ name: "top", unit: 0 }]);
  expect(untreated.map(({ name }) => name)).toEqual(["a", "a2"]);
});

test("pieces of one activation are not beside it", async () => {
  const nodes = [
    UNTIL[0],
    { op: "Clip", name: "c", inputs: ["shifted", "low", "high"] },
    { op: "Add", name: "shifted", inputs: ["p", "three"] },
    { op: "Div", name: "g", inputs: ["c", "high"] },
    { op: "Mul", name: "a", inputs: ["p", "g"] },
    dense("y", "a"),
  ];
  const scalar = (value: number) => ({ shape: [], data: [value] });
  const tensors = {
    ...SPEC.tensors,
    b: { shape: [2], data: [-9, 0] },
    low: scalar(0),
    high: scalar(6),
    three: scalar(3),
  };
  const ordered = [nodes[0], nodes[2], nodes[1], ...nodes.slice(3)];
  const { lifted, before } = await treatGraph(
    onnxModel({ ...SPEC, tensors, nodes: ordered, outputs: ["y"] }),
    ROWS,
    "liftBias",
    { ort },
  );
  expect(before.layers.map(({ activation }) => activation)).toEqual(["hardSwish"]);
  expect(lifted).toMatchObject([{ unit: 0 }]);
});

test("where nothing is lifted the model needs no other files either", async () => {
  const tensors = {
    ...SPEC.tensors,
    w: { shape: [2, 2], external: { location: "w.bin" } },
    b: { shape: [2], data: [9, 9] },
  };
  const files = { "w.bin": new Uint8Array(Float32Array.of(1, 0, 0, 1).buffer) };
  const model = onnxModel({ ...SPEC, tensors, nodes: UNTIL, outputs: ["y"] });
  const result = await treatGraph(model, ROWS, "liftBias", { ort, files });
  expect(result.lifted).toEqual([]);
  expect(describeGraph(result.model).nodes).toBe(4);
});
