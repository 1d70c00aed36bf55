// Graphs within graphs: what they take of the graph around them is told by name, and units that lead there are left;
// all others are treated as if there were none.
import { describe, expect, test } from "vitest";
import { diagnoseGraph } from "../../src/graph/diagnose-graph.js";
import { Graph } from "../../src/graph/graph.js";
import { treatGraph } from "../../src/graph/treat-graph.js";
import { type ModelSpec, type NodeSpec, onnxGraph, onnxModel, type TensorSpec } from "../support/onnx.js";
import { ort } from "./graphs.js";

const INT64 = 7;
const BOOL = 9;
/** Of the first and the last of these the score is above a half. */
const ROWS = [
  [1, 2],
  [-1, 1],
  [3, -2],
  [-3, -1],
  [2, 2],
];
/** Rows that open the units that are dead on those. */
const OTHERS = [
  [9, 9],
  [-9, 12],
];

const TENSORS: Readonly<Record<string, TensorSpec>> = {
  w: { shape: [2, 3], data: [1, 1, 0, 0, 0, 1] },
  b: { shape: [3], data: [0, -5, 0.5] },
  v: { shape: [3, 1], data: [1, 7, 1] },
  w2: { shape: [2, 3], data: [1, 0, 1, 1, 1, 0] },
  b2: { shape: [3], data: [0, -6, 0] },
  v2: { shape: [3, 1], data: [0.5, 3, -1] },
  limit: { shape: [], data: [2] },
};

type Branch = Pick<ModelSpec, "nodes" | "tensors"> & { readonly output: string };
const graph = ({ output, ...own }: Branch, inputs: ModelSpec["inputs"] = {}) =>
  onnxGraph({ inputs, outputs: [output], ...own });
const unary = (op: string, name: string, from: string): NodeSpec => ({ op, name, inputs: [from] });
const whole = (name: string, from: string): Branch => ({ nodes: [unary("Neg", name, from)], output: name });
const choose = (name: string, thenBranch: Branch, elseBranch: Branch, condition = "c"): NodeSpec => ({
  op: "If",
  name,
  inputs: [condition],
  graphs: { then_branch: graph(thenBranch), else_branch: graph(elseBranch) },
});

/** Two layers, "a" and "a2", of which the second unit is dead on the rows; y asks the score of the first layer. */
const LAYERS: readonly NodeSpec[] = [
  { op: "Gemm", name: "z", inputs: ["x", "w", "b"] },
  unary("Relu", "a", "z"),
  { op: "Gemm", name: "p", inputs: ["a", "v"] },
  { op: "Gemm", name: "z2", inputs: ["x", "w2", "b2"] },
  unary("Relu", "a2", "z2"),
  { op: "Gemm", name: "p2", inputs: ["a2", "v2"] },
  { op: "Greater", name: "g", inputs: ["p", "limit"] },
  { op: "Reshape", name: "c", inputs: ["g", "scalar"] },
];
const modelOf = (nodes: readonly NodeSpec[], tensors: Readonly<Record<string, TensorSpec>> = {}) =>
  onnxModel({
    nodes: [...LAYERS, ...nodes],
    tensors: { ...TENSORS, scalar: { shape: [0], type: INT64, data: [] }, ...tensors },
    inputs: { x: { axes: [1, 2] } },
    outputs: ["y"],
    opset: 17,
  });

/** What the model gives, row by row. */
async function outputsOf(model: Uint8Array, rows: readonly (readonly number[])[]): Promise<number[]> {
  const session = await ort.InferenceSession.create(model);
  const outputs: number[] = [];
  for (const row of rows) {
    const { y } = await session.run({ x: new ort.Tensor("float32", Float32Array.from(row), [1, 2]) });
    outputs.push(...(y.data as Float32Array));
  }
  await session.release();
  return outputs;
}

/** Treats a model, and sees that it gives the same on the rows. */
async function treat(model: Uint8Array) {
  const result = await treatGraph(model, ROWS, "liftBias", { ort });
  expect(result.before.layers.map(({ name, dead }) => [name, dead])).toEqual([
    ["a", 1],
    ["a2", 1],
  ]);
  expect(await outputsOf(result.model, ROWS)).toEqual(await outputsOf(model, ROWS));
  expect(result.outputs.largestChange).toBe(0);
  expect(result.lifted.every(({ isRevived }) => isRevived)).toBe(true);
  const left = result.untreated.map(({ name, reason }) => [name, reason]);
  return { ...result, left, names: result.lifted.map(({ name }) => name) };
}

const relu = (value: number) => Math.max(value, 0);

test("each row's score chooses, and nothing but scores goes into the branches: all is lifted", async () => {
  const model = modelOf([choose("y", whole("q", "p"), whole("r", "p2"))]);
  const byHand = ROWS.map(([x0, x1]) => {
    const [score, other] = [relu(x0) + relu(x1 + 0.5), relu(x0 + x1) / 2 - relu(x0)];
    return score > 2 ? -score : -other;
  });
  expect(await outputsOf(model, ROWS)).toEqual(byHand.map(Math.fround));
  const { names, left, notes, after, model: treated } = await treat(model);
  expect([names, left, after.dead]).toEqual([["a", "a2"], [], 0]);
  expect(notes).toContain("what is inside of If is left as it is");
  expect(treated.length).toBe(model.length); // four numbers are others
  expect(await outputsOf(treated, OTHERS)).not.toEqual(await outputsOf(model, OTHERS));
});

/** A sum over the units of a value, within a branch. */
const summed = (name: string, from: string): Branch => ({
  nodes: [{ op: "ReduceSum", name, inputs: [from], ints: { keepdims: 1 } }],
  output: name,
});

describe("a layer that a branch takes is left, the other lifted", () => {
  const PASSED = "what its bias reaches leads to a graph within If y too, past the activation";
  const LED = "it leads to a graph within If y, whose result would change";
  /** In a branch, which is the one of those that has a name of its own for a value. */
  const nested = (inner: Branch, own: readonly NodeSpec[] = []): Branch => ({
    nodes: [...own, unary("Identity", "m0", "p"), choose("m", inner, whole("k", "m0"))],
    output: "m",
  });

  test.each<[string, Branch, string]>([
    ["its activations", summed("q", "a"), LED],
    ["its preactivations", summed("q", "z"), PASSED],
    [
      "both, of which the first that is met is told",
      { nodes: [{ op: "Mul", name: "s", inputs: ["a", "z"] }, ...summed("q", "s").nodes], output: "q" },
      PASSED,
    ],
    ["its activations, in a branch of a branch", nested(summed("q", "a")), LED],
    [
      "them, before it has a value of that name itself",
      nested(summed("q", "a"), [unary("Identity", "first", "a")]),
      LED,
    ],
  ])("%s", async (_what, branch, reason) => {
    for (const isThen of [true, false]) {
      const branches = [branch, whole("r", "p2")] as const;
      const node = isThen ? choose("y", ...branches) : choose("y", branches[1], branches[0]);
      const { names, left } = await treat(modelOf([node]));
      expect([names, left]).toEqual([["a2"], [["a", reason]]]);
    }
  });

  test("where it is asked for a score as well", async () => {
    const nodes = [
      { op: "ReduceSum", name: "t", inputs: ["a2"], ints: { keepdims: 0 } },
      { op: "Greater", name: "c2", inputs: ["t", "limit"] },
      choose("y", whole("q", "p"), whole("r", "p2"), "c2"),
    ];
    const { names, left } = await treat(modelOf(nodes));
    expect([names, left]).toEqual([["a"], [["a2", "it leads to ReduceSum t, whose result would change"]]]);
  });
});

describe("a name that a branch has itself is its own", () => {
  const own = { shape: [1, 3], data: [1, -2, 4] };
  const takersOf = (model: Uint8Array, name: string) =>
    new Graph(model, new Map()).consumers(name).map((node) => node.op);

  test("an initializer's", async () => {
    const model = modelOf([choose("y", { ...summed("q", "a"), tensors: { a: own } }, whole("r", "p2"))]);
    expect(await outputsOf(model, ROWS.slice(0, 1))).toEqual([3]); // onnxruntime sees it so, too
    expect(takersOf(model, "a")).toEqual(["Gemm"]);
    const { names, left } = await treat(model);
    expect([names, left]).toEqual([["a", "a2"], []]);
  });

  test("that of an initializer, for the branch's own branches too", async () => {
    const inner: Branch = {
      nodes: [unary("Identity", "m0", "p"), choose("q", summed("k", "a"), whole("l", "m0"))],
      tensors: { a: own },
      output: "q",
    };
    const model = modelOf([choose("y", inner, whole("r", "p2"))]);
    expect(await outputsOf(model, ROWS.slice(0, 1))).toEqual([3]);
    const { names, left } = await treat(model);
    expect([names, left]).toEqual([["a", "a2"], []]);
  });

  // which onnxruntime refuses to run
  test("a node's, from there on", () => {
    const before = [unary("Neg", "a", "x"), ...summed("q", "a").nodes];
    const takers = (nodes: readonly NodeSpec[]) =>
      takersOf(modelOf([choose("y", { nodes, output: "q" }, whole("r", "p2"))]), "a");
    expect(takers(before)).toEqual(["Gemm"]);
    expect(takers(before.toReversed())).toEqual(["Gemm", "If"]);
    expect(takers([before[0], choose("q", summed("k", "a"), whole("l", "p"))])).toEqual(["Gemm"]);
    expect(takers([choose("q", summed("k", "a"), whole("l", "p")), before[0]])).toEqual(["Gemm", "If"]);
    // of one branch it is not the other's
    expect(takersOf(modelOf([choose("y", { nodes: before, output: "q" }, summed("r", "a"))]), "a")).toEqual([
      "Gemm",
      "If",
    ]);
  });

  test("an output that no node of the branch makes is taken", () => {
    const model = modelOf([choose("y", { nodes: [], output: "a" }, whole("r", "p2"))]);
    expect(takersOf(model, "a")).toEqual(["Gemm", "If"]);
  });
});

describe("weights that a branch shares", () => {
  const product = (output: string, weights: string, tensors?: Branch["tensors"]): Branch => ({
    nodes: [{ op: "MatMul", name: output, inputs: ["ones", weights] }],
    ...(tensors && { tensors }),
    output,
  });
  const ones = { ones: { shape: [1, 3], data: [1, 1, 1] } };

  test("are copied, whether they lead to a layer or away", async () => {
    const branch: Branch = {
      nodes: [
        { op: "MatMul", name: "s", inputs: ["ones", "v"] },
        { op: "ReduceSum", name: "t", inputs: ["b"], ints: { keepdims: 0 } },
        { op: "Add", name: "q", inputs: ["s", "t"] },
      ],
      output: "q",
    };
    const model = modelOf([choose("y", branch, whole("r", "p2"))], ones);
    const { names, left, model: treated } = await treat(model);
    expect([names, left]).toEqual([["a", "a2"], []]);
    expect(treated.length).toBeGreaterThan(model.length);
    expect(await outputsOf(treated, [ROWS[0], ROWS[2]])).toEqual([9 - 4.5, 9 - 4.5]);
  });

  test("are changed in their place where the branch has others of the name", async () => {
    const model = modelOf(
      [choose("y", product("q", "v", { v: { shape: [3, 1], data: [1, 2, 4] } }), whole("r", "p2"))],
      ones,
    );
    const { names, model: treated } = await treat(model);
    expect(names).toEqual(["a", "a2"]);
    expect(treated.length).toBe(model.length);
    expect(await outputsOf(treated, ROWS.slice(0, 1))).toEqual([7]);
  });

  test("a copy's name is none of a branch's", async () => {
    const branch: Branch = {
      nodes: [unary("Identity", "b_relumine", "v"), ...product("q", "v_relumine").nodes],
      tensors: { v_relumine: { shape: [3, 1], data: [1, 2, 4] } },
      output: "q",
    };
    const model = modelOf([choose("y", branch, product("r", "v"))], ones);
    const { names, model: treated } = await treat(model);
    expect(names).toEqual(["a", "a2"]);
    expect(await outputsOf(treated, ROWS.slice(0, 2))).toEqual([7, 9]);
    expect(new Graph(treated, new Map()).producer("v_relumine_")?.op).toBe("Constant");
  });

  test("by a Constant, which stays", async () => {
    const constant = { op: "Constant", name: "k", inputs: [], tensors: { value: TENSORS.v } };
    const nodes = [
      constant,
      { op: "Gemm", name: "p3", inputs: ["a", "k"] },
      { op: "Add", name: "p4", inputs: ["p", "p3"] },
    ];
    const model = modelOf([...nodes, choose("y", product("q", "k"), whole("r", "p4"))], ones);
    const { names, model: treated } = await treat(model);
    expect(names).toEqual(["a", "a2"]);
    expect(await outputsOf(treated, ROWS.slice(0, 1))).toEqual([9]);
  });
});

test.each(["a", "p"])("the body of a loop that takes %s", async (taken) => {
  const scalar = (type: number) => ({ type, axes: [] });
  const body = onnxGraph({
    nodes: [
      unary("Identity", "go", "going"),
      { op: "ReduceSum", name: "s", inputs: [taken], ints: { keepdims: 1 } },
      { op: "Add", name: "sum", inputs: ["carried", "s"] },
    ],
    inputs: { count: scalar(INT64), going: scalar(BOOL), carried: { axes: [1, 1] } },
    outputs: ["go", "sum"],
  });
  const loop = { op: "Loop", name: "y", inputs: ["times", "", "p2"], graphs: { body } };
  const model = modelOf([loop], { times: { shape: [], type: INT64, data: [3] } });
  const { names, left, notes } = await treat(model);
  const isLeft = taken === "a";
  expect(names).toEqual(isLeft ? ["a2"] : ["a", "a2"]);
  expect(left.map(([name]) => name)).toEqual(isLeft ? ["a"] : []);
  expect(notes).toContain("what is inside of Loop is left as it is");
});

test("where nothing is lifted it is told, too", async () => {
  const model = modelOf([choose("y", summed("q", "a"), summed("r", "a2"))]);
  const { lifted, model: same, notes } = await treatGraph(model, ROWS, "liftBias", { ort });
  expect(lifted).toEqual([]);
  expect(same).toEqual(model);
  expect(notes).toEqual(["no dead unit can be lifted without a change", "what is inside of If is left as it is"]);
});

describe("permanent", () => {
  const permanentOf = async (branch: Branch) => {
    const model = modelOf([choose("y", branch, whole("r", "p2"))], { ones: { shape: [1, 2], data: [1, 1] } });
    const { layers } = await diagnoseGraph(model, ROWS, { ort });
    return layers.map(({ units }) => units[1].permanent);
  };

  test("is said where branches take neither weights nor preactivations of a layer", async () => {
    expect(await permanentOf(whole("q", "p"))).toEqual([true, true]);
    expect(await permanentOf(summed("q", "a"))).toEqual([true, true]); // no gradient comes through a closed unit
    expect(await permanentOf({ ...summed("q", "w"), tensors: { w: { shape: [1, 1], data: [1] } } })).toEqual([
      true,
      true,
    ]);
  });

  test.each([
    ["its preactivations", summed("q", "z")],
    [
      "its weights",
      { nodes: [{ op: "MatMul", name: "k", inputs: ["ones", "w"] }, ...summed("q", "k").nodes], output: "q" },
    ],
    ["its bias", { nodes: [{ op: "Add", name: "k", inputs: ["p", "b"] }, ...summed("q", "k").nodes], output: "q" }],
  ])("is not, where one takes %s", async (_what, branch) => {
    expect(await permanentOf(branch)).toEqual([undefined, true]);
  });
});

test("what an If makes of an input hangs on it, though a constant chooses", async () => {
  const nodes = [
    choose("i", whole("q", "x"), whole("r", "x"), "yes"),
    unary("Relu", "third", "i"),
    { op: "Concat", name: "y", inputs: ["p", "p2", "third"], ints: { axis: 1 } },
  ];
  const model = modelOf(nodes, { yes: { shape: [], type: BOOL, raw: Uint8Array.of(1) } });
  const { layers } = await diagnoseGraph(model, ROWS, { ort });
  expect(layers.map(({ name }) => name)).toEqual(["a", "a2", "third"]);
});
