// What is said of what feeds a unit: nothing that the rest of the graph may make untrue.
import { describe, expect, test } from "vitest";
import { diagnoseGraph } from "../../src/graph/diagnose-graph.js";
import { treatGraph } from "../../src/graph/treat-graph.js";
import type { GraphRows } from "../../src/graph/feeds.js";
import { onnxGraph, onnxModel, type ModelSpec, type NodeSpec, type TensorSpec } from "../support/onnx.js";
import { ort } from "./graphs.js";

const ROWS = [
  [1, 2],
  [0.5, 1],
  [2, 0.1],
];
const vector = (...data: number[]): TensorSpec => ({ shape: [data.length], data });
const matrix = (rows: number, ...data: number[]): TensorSpec => ({ shape: [rows, data.length / rows], data });
const gemm = (name: string, x: string, w: string, b: string): NodeSpec => ({ op: "Gemm", name, inputs: [x, w, b] });
const relu = (name: string, z: string): NodeSpec => ({ op: "Relu", name, inputs: [z] });

const TENSORS = {
  open: matrix(2, 1, 0, 0, 1),
  shut: matrix(2, -1, 0, 0, -1),
  down: matrix(2, -5, -5),
  down2: matrix(2, -5, -5),
  up: matrix(2, 1, 1),
  zeros: vector(0, 0),
  zero: vector(0),
  zero2: vector(0),
  one: vector(-1),
};

async function topOf(nodes: readonly NodeSpec[], more: Partial<ModelSpec> = {}, rows: GraphRows = ROWS) {
  const { tensors, ...others } = more;
  const [last] = nodes.slice(-1);
  const spec = { nodes, inputs: { x: { axes: ["n", 2] } }, outputs: [last.name!], ...others };
  const diagnosis = await diagnoseGraph(onnxModel({ ...spec, tensors: { ...TENSORS, ...tensors } }), rows, { ort });
  const { name, units } = diagnosis.layers.at(-1)!;
  expect(name).toBe(last.name);
  expect(units[0].state).toBe("dead");
  return { ...units[0], notes: diagnosis.notes.join(" ") };
}

describe("permanent", () => {
  test("is said of a unit that the rows feed by weights of its own", async () => {
    const { permanent, notes } = await topOf([gemm("z", "x", "down", "one"), relu("top", "z")]);
    expect(permanent).toBe(true);
    expect(notes).toContain("permanent holds for the graph as it stands");
  });

  test("is said through batch norm, and of numbers turned before they are multiplied", async () => {
    const nodes = [
      { op: "Transpose", name: "turned", inputs: ["flat"] },
      { op: "MatMul", name: "p", inputs: ["x", "turned"] },
      { op: "BatchNormalization", name: "z", inputs: ["p", "scale", "shift", "mean", "variance"] },
      relu("top", "z"),
    ];
    const tensors = {
      flat: matrix(1, -5, -5),
      scale: vector(2),
      shift: vector(-1),
      mean: vector(0),
      variance: vector(1),
    };
    expect((await topOf(nodes, { tensors })).permanent).toBe(true);
    const shared = [...nodes.slice(0, 3), { op: "Neg", name: "n", inputs: ["scale"] }, relu("top", "z")];
    expect((await topOf(shared, { tensors })).permanent).toBeUndefined();
  });

  const hidden = [gemm("h", "x", "open", "zeros"), relu("a", "h"), gemm("z2", "a", "down", "zero")];
  test.each([["z1", "z2"] as const, ["z2", "z1"] as const])("is not, of a sum of branches %s %s", async (...inputs) => {
    const nodes = [...hidden, gemm("z1", "x", "up", "one"), { op: "Add", name: "z", inputs }, relu("top", "z")];
    const { permanent, mechanism, biasToRevive } = await topOf(nodes);
    expect(permanent).toBeUndefined();
    expect(mechanism).toBeUndefined();
    expect(biasToRevive).toBeGreaterThan(0);
  });

  test("is not, nor silentInputs, of a sum with a silent branch", async () => {
    const nodes = [
      gemm("h", "x", "shut", "zeros"),
      relu("a", "h"),
      gemm("z2", "a", "down", "zero"),
      gemm("z1", "x", "down2", "zero2"),
      { op: "Add", name: "z", inputs: ["z2", "z1"] },
      relu("top", "z"),
    ];
    const { permanent, mechanism } = await topOf(nodes);
    expect([permanent, mechanism]).toEqual([undefined, undefined]);
  });

  test.each([
    ["weights", gemm("z0", "turned", "down", "zero")],
    ["a bias", gemm("z0", "turned", "down2", "one")],
    ["weights by another name", { op: "MatMul", name: "z0", inputs: ["turned", "same"] }],
  ])("is not, where another node takes its %s", async (_what, other) => {
    const nodes = [
      { op: "Neg", name: "turned", inputs: ["x"] },
      { op: "Identity", name: "same", inputs: ["down"] },
      ...(other.name === "z0" ? [other] : []),
      gemm("z", "x", "down", "one"),
      relu("top", "z"),
    ];
    const used = nodes.filter(({ name }) => name !== "same" || other.inputs.includes("same"));
    expect((await topOf(used, { outputs: ["z0", "top"] })).permanent).toBeUndefined();
  });

  test.each([
    ["its preactivations", [{ op: "Neg", name: "z0", inputs: ["z"] }]],
    ["what a bias is added to", [{ op: "Neg", name: "z0", inputs: ["p"] }]],
  ])("is not, where another node takes %s: a gradient comes by it", async (_what, others) => {
    const nodes = [
      { op: "MatMul", name: "p", inputs: ["x", "down"] },
      { op: "Add", name: "z", inputs: ["p", "one"] },
      ...others,
      relu("top", "z"),
    ];
    expect((await topOf(nodes, { outputs: ["z0", "top"] })).permanent).toBeUndefined();
    expect((await topOf(nodes, { outputs: ["top"] })).permanent).toBe(true); // which leads nowhere
  });

  test("is not, where a number that all units share scales it", async () => {
    const nodes = (by: string) => [
      gemm("p", "x", "shut", "zeros"),
      { op: "Mul", name: "z", inputs: ["p", by] },
      relu("top", "z"),
    ];
    const tensors = { s: { shape: [], data: [2] }, own: vector(2, 3) };
    expect((await topOf(nodes("s"), { tensors })).permanent).toBeUndefined();
    expect((await topOf(nodes("own"), { tensors })).permanent).toBe(true);
  });

  test.each([
    ["a gate", [gemm("h", "x", "open", "zeros"), { op: "Tanh", name: "g", inputs: ["h"] }], "g"],
    ["a constant", [], "zeros2"],
  ] as const)("is not, where %s multiplies the rows", async (_what, before, factor) => {
    const nodes = [
      ...before,
      { op: "Mul", name: "m", inputs: ["x", factor] },
      gemm("z", "m", "down", "one"),
      relu("top", "z"),
    ];
    expect((await topOf(nodes, { tensors: { zeros2: vector(1, 2) } })).permanent).toBeUndefined();
  });

  test("is not, where a graph within the graph may take its weights", async () => {
    const inner = onnxGraph({
      nodes: [{ op: "Identity", name: "i", inputs: ["down"] }],
      inputs: {},
      outputs: ["i"],
    });
    const nodes = [
      { op: "If", name: "u", inputs: ["yes"], graphs: { then_branch: inner, else_branch: inner } },
      gemm("z", "x", "down", "one"),
      relu("top", "z"),
    ];
    const tensors = { yes: { shape: [], type: 9, raw: Uint8Array.of(1) } };
    expect((await topOf(nodes, { tensors, outputs: ["u", "top"] })).permanent).toBeUndefined();
  });
});

describe("mechanisms", () => {
  test("where no product is known, negativeWeights is not said", async () => {
    const norm = { op: "LayerNormalization", name: "n", inputs: ["x", "gains"] };
    const nodes = (shift: string) => [norm, { op: "Add", name: "z", inputs: ["n", shift] }, relu("top", "z")];
    const tensors = { gains: vector(1, 1), low: vector(-5, 0), high: vector(0.5, 0) };
    const first = (gain: number) => ({ tensors: { ...tensors, gains: vector(gain, 1) }, opset: 17 });
    expect(await topOf(nodes("low"), first(1))).toMatchObject({ mechanism: "negativeBias" });
    const rows = [
      [0, 2],
      [0, 3],
    ];
    const { mechanism, biasToRevive } = await topOf(nodes("high"), first(1), rows);
    expect(mechanism).toBeUndefined();
    expect(biasToRevive).toBeCloseTo(0.5, 4);
  });

  const image = (channels: number, height: number, width: number) => ({
    inputs: { x: { axes: ["n", channels, height, width] } },
  });
  const conv = (w: string): NodeSpec[] => [{ op: "Conv", name: "c", inputs: ["x", w] }, relu("a", "c")];
  const kernel = { shape: [2, 2, 1, 1], data: [1, 0, 0, 1] };
  /** The first of two channels is negative throughout. */
  const signed = Float32Array.from({ length: 16 }, (_, i) => ((i >> 2) % 2 === 0 ? -1 : 1) * (1 + i / 10));

  test("a flatten keeps channels together", async () => {
    const nodes = (w: string) => [
      ...conv("k"),
      { op: "Flatten", name: "f", inputs: ["a"] },
      gemm("z", "f", w, "one"),
      relu("top", "z"),
    ];
    const tensors = {
      k: kernel,
      ofSilent: matrix(8, -1, -1, -1, -1, 0, 0, 0, 0),
      ofBoth: matrix(8, -1, -1, -1, 0, -1, 0, 0, 0),
    };
    const rows = { data: signed, shape: [2, 2, 2, 2] };
    const given = { ...image(2, 2, 2), tensors };
    expect((await topOf(nodes("ofSilent"), given, rows)).mechanism).toBe("silentInputs");
    expect((await topOf(nodes("ofBoth"), given, rows)).mechanism).toBe("negativeWeights");
  });

  test("a reshape that makes rows of channels is no flatten", async () => {
    const nodes = [
      ...conv("k"),
      { op: "Reshape", name: "f", inputs: ["a", "shape"] },
      gemm("z", "f", "w", "one"),
      relu("top", "z"),
    ];
    const shape = { shape: [2], data: [-1, 4], type: 7 };
    const tensors = { k: kernel, shape, w: matrix(4, -1, -1, 0, 0) };
    const found = await topOf(nodes, { ...image(2, 2, 2), tensors }, { data: signed, shape: [2, 2, 2, 2] });
    expect(found.mechanism).not.toBe("silentInputs");
    expect(found.permanent).toBeUndefined();
  });

  test.each([
    [[1, 2], undefined],
    [[2, 3], "silentInputs"],
    [[-1, -2], "silentInputs"],
  ] as const)("a mean over axes %j", async (axes, expected) => {
    const nodes = [
      ...conv("k"),
      { op: "ReduceMean", name: "m", inputs: ["a"], ints: { axes, keepdims: 0 } },
      gemm("z", "m", "w", "one"),
      relu("top", "z"),
    ];
    const tensors = { k: { ...kernel, data: [-1, 0, 0, 1] }, w: matrix(2, -1, 0) };
    const rows = { data: new Float32Array(8).fill(1), shape: [2, 2, 1, 2] };
    const { mechanism } = await topOf(nodes, { ...image(2, 1, 2), tensors }, rows);
    if (expected) expect(mechanism).toBe(expected);
    else expect(mechanism).not.toBe("silentInputs");
  });

  test("features of several places that a flatten sets side by side", async () => {
    const nodes = (w: string) => [
      { op: "MatMul", name: "p", inputs: ["x", "by"] },
      relu("a", "p"),
      { op: "Flatten", name: "f", inputs: ["a"] },
      gemm("z", "f", w, "one"),
      relu("top", "z"),
    ];
    const tensors = { by: matrix(2, -1, 0, 0, 1), ofSilent: matrix(4, -1, 0, -1, 0), ofBoth: matrix(4, -1, -1, 0, 0) };
    const given = { inputs: { x: { axes: ["n", 2, 2] } }, tensors };
    const rows = { data: [1, 2, 3, 4, 5, 6, 7, 8], shape: [2, 2, 2] };
    expect((await topOf(nodes("ofSilent"), given, rows)).mechanism).toBe("silentInputs");
    expect((await topOf(nodes("ofBoth"), given, rows)).mechanism).toBe("negativeWeights");
    const model = onnxModel({
      nodes: [...nodes("ofBoth").slice(0, 3), { op: "MatMul", name: "y", inputs: ["f", "w"] }],
      tensors: { ...tensors, by: matrix(2, -1, 0, 0, 1), w: matrix(4, 1, 2, 3, 4) },
      inputs: given.inputs,
      outputs: ["y"],
    });
    const { outputs, untreated } = await treatGraph(model, rows, "liftBias", { ort });
    expect(outputs.largestChange).toBe(0);
    expect(untreated).toHaveLength(1); // a MatMul without a bias
  });
});
