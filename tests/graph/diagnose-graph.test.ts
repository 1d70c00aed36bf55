import { rowsThatFit } from "../../src/graph/observe-graph.js";
import { describe, expect, test } from "vitest";
import { diagnoseGraph } from "../../src/graph/diagnose-graph.js";
import type { GraphRows } from "../../src/graph/feeds.js";
import type { OnnxRuntime } from "../../src/graph/runtime.js";
import { expectError } from "../support/errors.js";
import { onnxGraph, onnxModel, type ModelSpec, type NodeSpec } from "../support/onnx.js";
import { startWatch } from "../support/stopwatch.js";
import { GRAPHS, ort, readGraphFile } from "./graphs.js";

/** At or below which preactivation an activation is 0. */
const CLOSED: Readonly<Record<string, number>> = { relu: 0, relu6: 0, hardSwish: -3 };

describe.each(GRAPHS)("%s", (name, activations) => {
  test("counts what PyTorch counts, to the unit", async () => {
    const { model, counted } = readGraphFile(name);
    const before = model.slice();
    const diagnosis = await diagnoseGraph(model, counted.inputs, { ort });
    expect(diagnosis.samples).toBe(Object.values(counted.inputs)[0].shape[0]);
    expect(diagnosis.layers.map(({ activation }) => activation)).toEqual(activations);
    Object.values(counted.layers).forEach((layer, index) => {
      const { units, activation } = diagnosis.layers[index];
      expect(units.map(({ activity }) => Math.round(activity * layer.samples))).toEqual(layer.fired);
      for (const { unit, preactivation } of units) {
        expect(preactivation.max).toBeCloseTo(layer.max[unit], 4);
        expect(preactivation.min).toBeCloseTo(layer.min[unit], 4);
        expect(preactivation.mean).toBeCloseTo(layer.mean[unit], 4);
      }
      const dead = units.filter(({ state }) => state === "dead").map(({ unit }) => unit);
      expect(dead).toEqual(layer.max.flatMap((max, unit) => (max <= (CLOSED[activation] ?? -Infinity) ? [unit] : [])));
      for (const unit of layer.bias ? dead : []) {
        const { mechanism, biasToRevive } = units[unit];
        expect(mechanism).toBe(layer.max[unit] > layer.bias![unit] ? "negativeBias" : "negativeWeights");
        expect(biasToRevive).toBeGreaterThanOrEqual(-layer.max[unit] * (1 - 1e-5));
      }
    });
    expect(diagnosis.notes.join(" ")).toMatch(/rows? stand behind/);
    expect(model).toEqual(before);
  });

  test("says the same whatever the batches and the memory are", async () => {
    const { model, counted } = readGraphFile(name);
    const whole = await diagnoseGraph(model, counted.inputs, { ort });
    for (const options of [{ batchSize: 1 }, { batchSize: 4 }, { memory: 1 }, { memory: 4000 }])
      expect((await diagnoseGraph(model, counted.inputs, { ort, ...options })).layers).toEqual(whole.layers);
  });
});

const DENSE: ModelSpec = {
  nodes: [
    { op: "Gemm", name: "z", inputs: ["x", "w", "b"] },
    { op: "Relu", name: "a", inputs: ["z"] },
    { op: "Gemm", name: "y", inputs: ["a", "v"] },
  ],
  tensors: {
    w: { shape: [2, 3], data: [1, -1, 0, 0, 1, 1] },
    b: { shape: [3], data: [0, -5, 0.5] },
    v: { shape: [3, 1], data: [1, 1, 1] },
  },
  inputs: { x: { axes: ["n", 2] } },
  outputs: ["y"],
};
const ROWS = [
  [1, 2],
  [-1, 1],
  [3, -2],
];

const activate = (nodes: ModelSpec["nodes"], tensors: ModelSpec["tensors"] = {}, opset = 13): Uint8Array => {
  const { w, b } = DENSE.tensors!;
  return onnxModel({
    ...DENSE,
    opset,
    nodes: [{ op: "Gemm", name: "z", inputs: ["x", "w", "b"] }, ...nodes],
    tensors: { w, b, ...tensors },
  });
};
const scalar = (data: number) => ({ shape: [], data: [data] });

describe("activations", () => {
  const DIRECT: readonly (readonly [string, NodeSpec, ModelSpec["tensors"]?, number?])[] = [
    ["relu", { op: "Relu", name: "y", inputs: ["z"] }],
    ["leakyRelu", { op: "LeakyRelu", name: "y", inputs: ["z"], floats: { alpha: 0.2 } }],
    ["prelu", { op: "PRelu", name: "y", inputs: ["z", "s"] }, { s: { shape: [3], data: [0.1, 0.2, 0.3] } }],
    ["elu", { op: "Elu", name: "y", inputs: ["z"] }],
    ["selu", { op: "Selu", name: "y", inputs: ["z"] }],
    ["celu", { op: "Celu", name: "y", inputs: ["z"], floats: { alpha: 2 } }],
    ["softplus", { op: "Softplus", name: "y", inputs: ["z"] }],
    ["hardSigmoid", { op: "HardSigmoid", name: "y", inputs: ["z"] }],
    ["hardSwish", { op: "HardSwish", name: "y", inputs: ["z"] }, {}, 14],
    ["thresholdedRelu", { op: "ThresholdedRelu", name: "y", inputs: ["z"], floats: { alpha: 0.5 } }],
    ["gelu", { op: "Gelu", name: "y", inputs: ["z"] }, {}, 20],
    ["mish", { op: "Mish", name: "y", inputs: ["z"] }, {}, 18],
    ["relu6", { op: "Clip", name: "y", inputs: ["z"], floats: { min: 0, max: 6 } }, {}, 9],
    ["relu6", { op: "Clip", name: "y", inputs: ["z", "lo", "hi"] }, { lo: scalar(0), hi: scalar(6) }],
    ["relu", { op: "Clip", name: "y", inputs: ["z", "lo"] }, { lo: scalar(0) }],
    ["relu", { op: "Max", name: "y", inputs: ["zero", "z"] }, { zero: scalar(0) }],
  ];
  const filled = DIRECT.map(
    ([activation, node, tensors = {}, opset = 13]) => [activation, node, tensors, opset] as const,
  );
  test.each(filled)("%s as one operator", async (activation, node, tensors, opset) => {
    const { layers } = await diagnoseGraph(activate([node], tensors, opset), ROWS, { ort });
    expect(layers.map((layer) => [layer.name, layer.activation])).toEqual([["y", activation]]);
  });

  const c = {
    three: scalar(3),
    six: scalar(6),
    zero: scalar(0),
    one: scalar(1),
    half: scalar(0.5),
    root: scalar(Math.SQRT2),
  };
  const k = { k: scalar(Math.sqrt(2 / Math.PI)), cube: scalar(0.044715), "1.702": scalar(1.702) };
  const PIECES: readonly (readonly [string, readonly (readonly [op: string, inputs: string, output: string])[]])[] = [
    [
      "silu",
      [
        ["Sigmoid", "z", "s"],
        ["Mul", "s z", "y"],
      ],
    ],
    [
      "quickGelu",
      [
        ["Mul", "z 1.702", "t"],
        ["Sigmoid", "t", "s"],
        ["Mul", "z s", "y"],
      ],
    ],
    [
      "mish",
      [
        ["Softplus", "z", "s"],
        ["Tanh", "s", "t"],
        ["Mul", "z t", "y"],
      ],
    ],
    [
      "hardSwish",
      [
        ["Add", "z three", "t"],
        ["Clip", "t zero six", "c"],
        ["Mul", "z c", "p"],
        ["Div", "p six", "y"],
      ],
    ],
    [
      "hardSwish",
      [
        ["Add", "z three", "t"],
        ["Clip", "t zero six", "c"],
        ["Div", "c six", "p"],
        ["Mul", "z p", "y"],
      ],
    ],
    [
      "gelu",
      [
        ["Div", "z root", "t"],
        ["Erf", "t", "e"],
        ["Add", "e one", "s"],
        ["Mul", "z s", "p"],
        ["Mul", "p half", "y"],
      ],
    ],
    [
      "gelu",
      [
        ["Div", "z root", "t"],
        ["Erf", "t", "e"],
        ["Add", "one e", "s"],
        ["Mul", "z half", "h"],
        ["Mul", "h s", "y"],
      ],
    ],
    [
      "geluTanh",
      [
        ["Mul", "z z", "q"],
        ["Mul", "q z", "r"],
        ["Mul", "cube r", "u"],
        ["Add", "z u", "v"],
        ["Mul", "v k", "t"],
        ["Tanh", "t", "e"],
        ["Add", "e one", "s"],
        ["Mul", "z half", "h"],
        ["Mul", "h s", "y"],
      ],
    ],
    [
      "relu6",
      [
        ["Max", "z zero", "m"],
        ["Min", "m six", "y"],
      ],
    ],
  ];
  test.each(PIECES)("%s in pieces", async (activation, pieces) => {
    const nodes = pieces.map(([op, inputs, name]) => ({ op, inputs: inputs.split(" "), name }));
    const { layers } = await diagnoseGraph(activate(nodes, { ...c, ...k }), ROWS, { ort });
    expect(layers.map((layer) => layer.activation)).toEqual([activation]);
    expect(layers[0].units[0].preactivation).toMatchObject({ min: -1, max: 3 }); // of z, not of what is made of it
  });

  test("pieces that are none of the known are watched as pieces", async () => {
    const nodes = [
      { op: "Softplus", inputs: ["z"], name: "s" },
      { op: "Mul", inputs: ["s", "z"], name: "y" },
    ];
    const { layers } = await diagnoseGraph(activate(nodes), ROWS, { ort });
    expect(layers.map(({ name, activation }) => [name, activation])).toEqual([["s", "softplus"]]);
  });

  test("two after each other are two", async () => {
    const nodes = [
      { op: "Relu", inputs: ["z"], name: "r" },
      { op: "Sub", inputs: ["r", "one"], name: "t" },
      { op: "HardSwish", inputs: ["t"], name: "h" },
      { op: "Sigmoid", inputs: ["h"], name: "s" },
      { op: "Mul", inputs: ["h", "s"], name: "y" },
    ];
    const { layers } = await diagnoseGraph(activate(nodes, c, 14), ROWS, { ort });
    expect(layers.map(({ activation }) => activation)).toEqual(["relu", "hardSwish", "silu"]);
  });

  test("gates where they are asked for", async () => {
    const model = activate([{ op: "Sigmoid", inputs: ["z"], name: "y" }]);
    await expectError(diagnoseGraph(model, ROWS, { ort }), "unsupported", "the model's graph");
    const { layers } = await diagnoseGraph(model, ROWS, { ort, activations: ["sigmoid"] });
    expect(layers.map(({ activation }) => activation)).toEqual(["sigmoid"]);
  });
});

test("units, mechanism and bias of a dense layer", async () => {
  const { layers, dead } = await diagnoseGraph(onnxModel(DENSE), ROWS, { ort });
  expect(dead).toBe(1);
  expect(layers[0].units.map(({ state }) => state)).toEqual(["alive", "dead", "alive"]);
  expect(layers[0].units[1]).toMatchObject({ mechanism: "negativeBias", permanent: true });
  expect(layers[0].units[1].biasToRevive).toBeCloseTo(3, 4); // -x0 + x1 - 5 is -3 at most
});

test("a unit whose inputs are all silent, behind a pool and a gate", async () => {
  const model = onnxModel({
    nodes: [
      { op: "Conv", name: "z1", inputs: ["x", "w1", "b1"] },
      { op: "Relu", name: "a1", inputs: ["z1"] },
      { op: "MaxPool", name: "p", inputs: ["a1"], ints: { kernel_shape: [2, 2] } },
      { op: "GlobalAveragePool", name: "g", inputs: ["p"] },
      { op: "Sigmoid", name: "s", inputs: ["g"] },
      { op: "Mul", name: "m", inputs: ["p", "s"] },
      { op: "Conv", name: "z2", inputs: ["m", "w2", "b2"], ints: { group: 2 } },
      { op: "Relu", name: "y", inputs: ["z2"] },
    ],
    tensors: {
      w1: { shape: [2, 1, 1, 1], data: [1, -1] },
      b1: { shape: [2], data: [0.5, -100] },
      w2: { shape: [2, 1, 1, 1], data: [1, 1] },
      b2: { shape: [2], data: [-0.1, -0.1] },
    },
    inputs: { x: { axes: ["n", 1, 3, 3] } },
    outputs: ["y"],
  });
  const data = Float32Array.from({ length: 18 }, (_, i) => Math.sin(i));
  const { layers } = await diagnoseGraph(model, { data, shape: [2, 1, 3, 3] }, { ort });
  expect(layers.map(({ units }) => units.map(({ mechanism }) => mechanism))).toEqual([
    [undefined, "negativeBias"],
    [undefined, "silentInputs"],
  ]);
  expect(layers[1].units[1].permanent).toBe(true);
});

describe("rows", () => {
  const model = onnxModel(DENSE);

  test("as a matrix, as rows, as an array with a shape, by the input's name", async () => {
    const data = Float32Array.from(ROWS.flat());
    const { layers } = await diagnoseGraph(model, ROWS, { ort });
    const others: readonly GraphRows[] = [
      { rows: 3, columns: 2, data },
      { data, shape: [3, 2] },
      { x: { data: [...data], shape: [3, 2] } },
    ];
    for (const rows of others) expect((await diagnoseGraph(model, rows, { ort })).layers).toEqual(layers);
  });

  test.each([
    ["too wide", [[1, 2, 3]], "shape", "rows"],
    ["none", { data: new Float32Array(0), shape: [0, 2] }, "shape", "rows"],
    ["not a number", { data: [1, NaN], shape: [1, 2] }, "value", "rows"],
    ["fewer than the shape says", { data: [1, 2, 3], shape: [2, 2] }, "shape", "rows.data"],
    ["of another rank", { data: [1, 2], shape: [1, 1, 2] }, "shape", "rows"],
    ["of no input", { y: { data: [1, 2], shape: [1, 2] } }, "value", "rows.y"],
    ["nothing", undefined, "value", "rows"],
    ["null", null, "value", "rows"],
    ["a text", "abc", "value", "rows"],
    ["a negative size", { data: [], shape: [-1, 2] }, "shape", "rows.shape"],
    ["more than any memory", { data: [], shape: [2 ** 40, 2] }, "memory", "rows.shape"],
  ])("%s", async (_what, rows, code, path) => {
    await expectError(diagnoseGraph(model, rows as never, { ort }), code as "value", path);
  });

  test("flat ones need the sizes that the model leaves open, by name", async () => {
    const spec: ModelSpec = {
      nodes: [
        { op: "Conv", name: "z", inputs: ["x", "w"] },
        { op: "Relu", name: "y", inputs: ["z"] },
      ],
      tensors: { w: { shape: [2, 1, 1, 1], data: [1, -1] } },
      inputs: { x: { axes: ["batch", 1, "height", "width"] } },
      outputs: ["y"],
    };
    const flat = [[1, 2, 3, 4, 5, 6]];
    const error = await expectError(diagnoseGraph(onnxModel(spec), flat, { ort }), "value", "dimensions.height");
    expect(error.hint).toContain("height");
    const dimensions = { height: 2, width: 3 };
    const { layers } = await diagnoseGraph(onnxModel(spec), flat, { ort, dimensions });
    expect(layers[0].units.map(({ activity }) => activity)).toEqual([1, 0]);
    await expectError(
      diagnoseGraph(onnxModel(spec), flat, { ort, dimensions: { height: 4, width: 3 } }),
      "shape",
      "rows",
    );
    await expectError(
      diagnoseGraph(onnxModel(spec), flat, { ort, dimensions: { height: 0 } }),
      "value",
      "dimensions.height",
    );
  });

  test("several inputs need rows for each, of which some may be fixed", async () => {
    const { model: two, counted } = readGraphFile("two.13");
    const { left, right } = counted.inputs;
    await expectError(diagnoseGraph(two, left, { ort }), "value", "rows");
    await expectError(diagnoseGraph(two, { left } as never, { ort }), "value", "rows.right");
    const fewer = { data: [1, 2, 3], shape: [1, 3] };
    await expectError(diagnoseGraph(two, { left, right: fewer }, { ort }), "shape", "rows.right");
    await expectError(
      diagnoseGraph(two, { left: { ...left, fixed: true }, right: { ...right, fixed: true } }, { ort }),
      "value",
      "rows",
    );
    const spec: ModelSpec = {
      nodes: [
        { op: "Add", name: "z", inputs: ["x", "shift"] },
        { op: "Relu", name: "y", inputs: ["z"] },
      ],
      inputs: { x: { axes: ["n", 2] }, shift: { axes: [2] } },
      outputs: ["y"],
    };
    const rows = { x: { data: ROWS.flat(), shape: [3, 2] }, shift: { data: [0, -9], shape: [2], fixed: true } };
    const { layers } = await diagnoseGraph(onnxModel(spec), rows, { ort });
    expect(layers[0].units.map(({ state }) => state)).toEqual(["alive", "dead"]);
  });

  test("whole numbers where the model takes such", async () => {
    const { model: gelu, counted } = readGraphFile("gelu.13");
    const { data, shape } = counted.inputs.ids;
    const big = { data: BigInt64Array.from(data as number[], BigInt), shape };
    expect((await diagnoseGraph(gelu, big, { ort })).dead).toBe(2);
    await expectError(diagnoseGraph(gelu, { data: [0.5, 1], shape: [1, 2] }, { ort }), "value", "rows");
  });
});

describe("float16", () => {
  const halfs = (...bits: number[]) => new Uint8Array(Uint16Array.from(bits).buffer);
  const model = onnxModel({
    nodes: [
      { op: "Gemm", name: "z", inputs: ["x", "w", "b"] },
      { op: "Relu", name: "y", inputs: ["z"] },
    ],
    tensors: {
      w: { shape: [2, 2], type: 10, raw: halfs(0x3c00, 0xbc00, 0, 0x3c00) }, // 1 -1, 0 1
      b: { shape: [2], type: 10, raw: halfs(0, 0xc500) }, // 0 -5
    },
    inputs: { x: { type: 10, axes: ["n", 2] } },
    outputs: ["y"],
  });

  test("is fed and read", async () => {
    const { layers } = await diagnoseGraph(model, ROWS, { ort });
    expect(layers[0].units.map(({ state }) => state)).toEqual(["alive", "dead"]);
    expect(layers[0].units[1]).toMatchObject({ mechanism: "negativeBias", preactivation: { max: -3, min: -10 } });
  });
});

describe("rows along another axis than the first", () => {
  test("are run one by one", async () => {
    const model = onnxModel({
      nodes: [
        { op: "Transpose", name: "t", inputs: ["x"], ints: { perm: [1, 0, 2] } },
        { op: "MatMul", name: "z", inputs: ["t", "w"] },
        { op: "Relu", name: "y", inputs: ["z"] },
      ],
      tensors: { w: { shape: [2, 2], data: [1, 0, 0, -1] } },
      inputs: { x: { axes: ["n", "t", 2] } },
      outputs: ["y"],
    });
    const data = [1, 1, -1, 2, 3, 1, -2, 4, 0, 1, 1, 3];
    const { layers, notes, samples } = await diagnoseGraph(model, { data, shape: [3, 2, 2] }, { ort });
    expect(samples).toBe(3);
    expect(notes.join(" ")).toContain("one by one");
    expect(layers[0].units.map(({ activity }) => activity)).toEqual([0.5, 0]);
  });

  test("a graph that takes one row at a time", async () => {
    const model = onnxModel({
      nodes: [
        { op: "Reshape", name: "f", inputs: ["x", "shape"] },
        { op: "Relu", name: "y", inputs: ["f"] },
      ],
      tensors: { shape: { shape: [2], type: 7, data: [1, 4] } },
      inputs: { x: { axes: ["n", 2, 2] } },
      outputs: ["y"],
    });
    const data = [1, -1, 2, -2, 3, -3, 4, -4];
    const { layers, notes } = await diagnoseGraph(model, { data, shape: [2, 2, 2] }, { ort });
    expect(notes.join(" ")).toContain("one by one");
    expect(layers[0].units.map(({ activity }) => activity)).toEqual([1, 0, 1, 0]);
  });

  describe("in a fixed batch", () => {
    const data = [-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 5];
    const model = (move: NodeSpec, size = 4) =>
      onnxModel({
        nodes: [move, { op: "MatMul", name: "z", inputs: ["t", "w"] }, { op: "Relu", name: "y", inputs: ["z"] }],
        tensors: { w: { shape: [1, 1], data: [1] } },
        inputs: { x: { axes: [2, size, 1] } },
        outputs: ["y"],
      });
    const turn = { op: "Transpose", name: "t", inputs: ["x"], ints: { perm: [1, 0, 2] } };
    const keep = { op: "Identity", name: "t", inputs: ["x"] };

    test.each([
      ["along the second", turn, true],
      ["along the first", keep, false],
    ] as const)("rows %s axis", async (_what, move, isOneByOne) => {
      const given = { data, shape: [3, 4, 1] };
      const { layers, notes, samples } = await diagnoseGraph(model(move), given, { ort });
      expect(samples).toBe(3);
      expect(layers[0].units).toMatchObject([{ state: "alive", activity: 1 / 12, preactivation: { max: 5 } }]);
      expect(notes.some((note) => note.includes("one by one"))).toBe(isOneByOne);
    });

    test("closed rows are told apart", async () => {
      const given = { data: [-1, -1, 2, 2], shape: [2, 2, 1] };
      for (const move of [turn, keep])
        expect((await diagnoseGraph(model(move, 2), given, { ort })).layers[0].closedRows).toBe(1);
    });
  });
});

describe("memory", () => {
  const model = onnxModel({
    nodes: [
      { op: "MatMul", name: "z", inputs: ["x", "w"] },
      { op: "Relu", name: "a", inputs: ["z"] },
      { op: "MatMul", name: "z2", inputs: ["a", "v"] },
      { op: "Relu", name: "y", inputs: ["z2"] },
    ],
    tensors: {
      w: { shape: [2, 1000], data: Array<number>(2000).fill(1) },
      v: { shape: [1000, 1], data: Array<number>(1000).fill(1) },
    },
    inputs: { x: { axes: ["n", 2] } },
    outputs: ["y"],
  });
  test.each([
    [4000, 2],
    [40_200, 10],
    [2 ** 27, 256],
  ])("of %i bytes bounds the rows of every run, whatever is fetched", async (memory, most) => {
    const rows: number[] = [];
    const create = async (bytes: Uint8Array, options?: object) => {
      const session = await ort.InferenceSession.create(bytes, options);
      const run = (feeds: Record<string, ort.Tensor>, names: string[]) => {
        rows.push(feeds.x.dims[0]);
        return session.run(feeds, names);
      };
      return { run, release: () => session.release() };
    };
    const counting = { Tensor: ort.Tensor, InferenceSession: { create } } as unknown as OnnxRuntime;
    const data = new Float32Array(600).fill(1);
    await diagnoseGraph(model, { data, shape: [300, 2] }, { ort: counting, memory });
    expect(Math.max(...rows)).toBe(most); // two to learn the shapes
  });
});

describe("activations that are not judged as they are", () => {
  const gemm = DENSE.nodes[0];
  const odd = (op: string, floats: Readonly<Record<string, number>>): Uint8Array =>
    onnxModel({
      ...DENSE,
      nodes: [gemm, { op, name: "odd", inputs: ["z"], floats }, { op: "Relu", name: "y", inputs: ["odd"] }],
    });

  test.each([
    ["LeakyRelu", { alpha: -0.1 }],
    ["Elu", { alpha: -1 }],
    ["ThresholdedRelu", { alpha: -1 }],
    ["Celu", { alpha: 1e-9 }],
    ["HardSigmoid", { alpha: -0.2 }],
    ["HardSigmoid", { beta: 0.4 }],
  ])("%s %j is left out with a note, and the others are", async (op, floats) => {
    const { layers, notes } = await diagnoseGraph(odd(op, floats), ROWS, { ort });
    expect(layers.map(({ name }) => name)).toEqual(["y"]);
    expect(notes.some((note) => note.includes("left out") && note.endsWith(": odd"))).toBe(true);
  });

  test("one alone", async () => {
    const model = onnxModel({
      ...DENSE,
      nodes: [gemm, { op: "Elu", name: "y", inputs: ["z"], floats: { alpha: -1 } }],
    });
    await expectError(diagnoseGraph(model, ROWS, { ort }), "unsupported");
  });

  test.each([
    [6, "relu6", false],
    [1, "relu", true],
    [Infinity, "relu", false],
  ])("Clip from 0 to %d", async (high, name, isNoted) => {
    const nodes = [gemm, { op: "Clip", name: "y", inputs: ["z", "low", "high"] }];
    const tensors = { ...DENSE.tensors, low: scalar(0), high: scalar(high) };
    const { layers, notes } = await diagnoseGraph(onnxModel({ ...DENSE, nodes, tensors }), ROWS, { ort });
    expect(layers[0].activation).toBe(name);
    expect(notes.some((note) => note.includes("cut off above"))).toBe(isNoted);
  });
});

test("findings call layers by their nodes' names", async () => {
  const nodes = [{ op: "Relu", name: "encoder/relu", inputs: ["z"] }];
  const model = onnxModel({ ...DENSE, nodes: [DENSE.nodes[0], ...nodes], outputs: ["encoder/relu"] });
  const { findings } = await diagnoseGraph(model, [...ROWS, [-9, -9]], { ort });
  expect(findings.map(({ message }) => message).join(" ")).toContain("layer encoder/relu is closed");
});

describe("external data", () => {
  const numbers = Float32Array.of(9, 9, 1, -1, 0, 0, 1, 1);
  const files = { "weights.bin": new Uint8Array(numbers.buffer) };
  const withExternal = (external: Record<string, string | number>) =>
    onnxModel({ ...DENSE, tensors: { ...DENSE.tensors, w: { shape: [2, 3], external } } });

  test("is put in, from the files that were given", async () => {
    const model = withExternal({ location: "weights.bin", offset: 8, length: 24 });
    const { layers } = await diagnoseGraph(model, ROWS, { ort, files });
    expect(layers).toEqual((await diagnoseGraph(onnxModel(DENSE), ROWS, { ort })).layers);
  });

  test.each([
    ["a file that was not given", { location: "other.bin" }, "format"],
    ["a path that leads elsewhere", { location: "../weights.bin" }, "unsupported"],
    ["the root", { location: "/etc/passwd" }, "unsupported"],
    ["beyond the file's end", { location: "weights.bin", offset: 16, length: 24 }, "format"],
  ])("%s is refused before anything runs", async (_what, external, code) => {
    await expectError(diagnoseGraph(withExternal(external as never), ROWS, { ort: never(), files }), code as "format");
  });

  test("of another length than the shape's is for the runtime to refuse", async () => {
    const model = withExternal({ location: "weights.bin", length: 20 });
    await expectError(diagnoseGraph(model, ROWS, { ort, files }), "unsupported", "the model");
  });

  test("of a node's own and of inner graphs is refused", async () => {
    const external = { location: "weights.bin" };
    const constant = { op: "Constant", name: "c", inputs: [], tensors: { value: { shape: [3], external } } };
    const branch = onnxGraph({ nodes: [constant], inputs: {}, outputs: ["c"] });
    const held = onnxGraph({ nodes: [], tensors: { c: { shape: [3], external } }, inputs: {}, outputs: ["c"] });
    const nodes = [
      [constant],
      [{ op: "If", name: "i", inputs: ["x"], graphs: { then_branch: branch, else_branch: branch } }],
      [{ op: "If", name: "i", inputs: ["x"], graphs: { then_branch: held } }],
    ];
    for (const more of nodes)
      await expectError(
        diagnoseGraph(onnxModel({ ...DENSE, nodes: [...DENSE.nodes, ...more] }), ROWS, { ort: never(), files }),
        "unsupported",
        "the model's external data",
      );
  });
});

/** A runtime that must not be asked. */
function never(): OnnxRuntime {
  const refuse = () => {
    throw new Error("the runtime was asked");
  };
  return { InferenceSession: { create: refuse }, Tensor: ort.Tensor } as never;
}

/** Counts sessions and tensors that were not given back. */
function counting() {
  const open = { sessions: 0, most: 0, runs: 0, bytes: 0 };
  const runtime = {
    Tensor: ort.Tensor,
    InferenceSession: {
      async create(...given: Parameters<typeof ort.InferenceSession.create>) {
        const session = await ort.InferenceSession.create(...given);
        open.most = Math.max(open.most, ++open.sessions);
        return {
          async run(...args: Parameters<typeof session.run>) {
            open.runs++;
            const results = await session.run(...args);
            const sizes = Object.values(results).map(({ size, type }) => (type === "float32" ? size * 4 : 0));
            open.bytes = Math.max(
              open.bytes,
              sizes.reduce((sum, each) => sum + each, 0),
            );
            return results;
          },
          async release() {
            open.sessions--;
            await session.release();
          },
        };
      },
    },
  };
  return { open, runtime: runtime as unknown as OnnxRuntime };
}

describe("the runtime", () => {
  const { model, counted } = readGraphFile("block.9");

  test("has one session at a time, and gets all back", async () => {
    const { open, runtime } = counting();
    await diagnoseGraph(model, counted.inputs, { ort: runtime });
    expect([open.sessions, open.most]).toEqual([0, 1]);
  });

  test("gives no more at once than the memory allows, where one value of a row does", async () => {
    const { open, runtime } = counting();
    const memory = 8 * 64 * 4; // the largest value of one row
    await diagnoseGraph(model, counted.inputs, { ort: runtime, memory });
    expect(open.bytes).toBeGreaterThan(0);
    expect(open.bytes).toBeLessThanOrEqual(memory);
  });

  test.each([
    undefined,
    null,
    {},
    { InferenceSession: {} },
    { InferenceSession: { create() {} } },
    5,
    "onnxruntime-web",
  ])("%j is none", async (given) => {
    await expectError(diagnoseGraph(model, counted.inputs, { ort: given as never }), "value", "ort");
  });

  test("that gives something else is told", async () => {
    const session = (results: unknown) => ({
      Tensor: ort.Tensor,
      InferenceSession: { create: async () => ({ run: async () => results }) },
    });
    for (const results of [{}, undefined, { relumine_shape_0: { data: [1], dims: [1] } }])
      await expect(diagnoseGraph(model, counted.inputs, { ort: session(results) as never })).rejects.toMatchObject({
        name: "RelumineError",
      });
    const broken = { Tensor: ort.Tensor, InferenceSession: { create: async () => ({}) } };
    await expectError(diagnoseGraph(model, counted.inputs, { ort: broken as never }), "value");
  });

  test("what it throws becomes an error of this package, and sessions are released", async () => {
    const { open, runtime } = counting();
    const unknown = onnxModel({
      ...DENSE,
      nodes: [...DENSE.nodes, { op: "NoSuchOperator", name: "n", inputs: ["a"] }],
    });
    await expectError(diagnoseGraph(unknown, ROWS, { ort: runtime }), "unsupported", "the model");
    const wide = { x: { data: new Float32Array(3 * 4).fill(1), shape: [1, 3, 2, 2] } };
    await diagnoseGraph(model, wide, { ort: runtime });
    expect(open.sessions).toBe(0);
  });
});

describe("the pace", () => {
  const { model, counted } = readGraphFile("block.9");

  test("is heard, and ends with 1", async () => {
    const heard: number[] = [];
    await diagnoseGraph(model, counted.inputs, { ort, batchSize: 1, onProgress: (share) => heard.push(share) });
    expect(heard.at(-1)).toBe(1);
    expect(heard).toEqual([...heard].sort((a, b) => a - b));
  });

  test("an aborted signal ends it, before and amid the runs", async () => {
    const { open, runtime } = counting();
    const aborted = AbortSignal.abort();
    await expectError(diagnoseGraph(model, counted.inputs, { ort: runtime, signal: aborted }), "value", "signal");
    const amid = new AbortController();
    const slow = {
      ...runtime,
      InferenceSession: {
        async create(...given: Parameters<OnnxRuntime["InferenceSession"]["create"]>) {
          const session = await runtime.InferenceSession.create(...given);
          const run: typeof session.run = async (...args) => {
            if (open.runs === 3) amid.abort();
            return session.run(...args);
          };
          return { run, release: () => session.release!() };
        },
      },
    };
    const call = diagnoseGraph(model, counted.inputs, { ort: slow, signal: amid.signal, batchSize: 1 });
    await expectError(call, "value", "signal");
    expect(open.sessions).toBe(0);
    expect(open.runs).toBeLessThan(6);
  });
});

describe("options", () => {
  const model = onnxModel(DENSE);
  test.each([
    [{ batchSize: 0 }, "batchSize"],
    [{ memory: NaN }, "memory"],
    [{ rareBelow: 2 }, "rareBelow"],
    [{ dormantBelow: -1 }, "dormantBelow"],
    [{ files: 5 }, "files"],
    [{ activations: ["relux"] }, "activations[0]"],
    [{ activations: "sigmoid" }, "activations"],
    [{ dimensions: 5 }, "dimensions"],
    [{ session: 5 }, "session"],
    [{ orts: 1 }, "diagnoseGraph.orts"],
  ])("%j", async (options, path) => {
    await expectError(diagnoseGraph(model, ROWS, { ort, ...options } as never), "value", path);
  });

  test("thresholds are the caller's", async () => {
    const states = async (rareBelow: number) =>
      (await diagnoseGraph(model, ROWS, { ort, rareBelow })).layers[0].units.map(({ state }) => state);
    expect(await states(0.9)).toEqual(["rare", "dead", "rare"]);
  });

  test("the model is to be bytes", async () => {
    await expectError(diagnoseGraph("model.onnx" as never, ROWS, { ort }), "value", "model");
  });
});

describe("hostile files", () => {
  const files: readonly (readonly [string, Uint8Array, string])[] = [
    ["no bytes", new Uint8Array(0), "format"],
    ["random ones", Uint8Array.from({ length: 200 }, (_, i) => (i * 89) % 256), "format"],
    ["cut short", onnxModel(DENSE).subarray(0, 90), "format"],
    ["two graphs", new Uint8Array([...onnxModel(DENSE), ...onnxModel(DENSE)]), "format"],
    [
      "a value made twice",
      onnxModel({ ...DENSE, nodes: [...DENSE.nodes, { op: "Relu", name: "a", inputs: ["z"] }] }),
      "format",
    ],
    ["no nodes", onnxModel({ ...DENSE, nodes: [] }), "unsupported"],
    ["no inputs", onnxModel({ ...DENSE, inputs: {} }), "unsupported"],
    ["a circle", onnxModel({ ...DENSE, nodes: [{ op: "Relu", name: "a", inputs: ["a"] }] }), "unsupported"],
    [
      "a circle of sums",
      onnxModel({
        ...DENSE,
        nodes: [
          { op: "Add", name: "p", inputs: ["q", "q"] },
          { op: "Add", name: "q", inputs: ["p", "p"] },
          { op: "Relu", name: "y", inputs: ["q"] },
        ],
      }),
      "unsupported",
    ],
    ["an input of texts", onnxModel({ ...DENSE, inputs: { x: { type: 8, axes: ["n", 2] } } }), "unsupported"],
  ];
  test.each(files)("%s", async (_what, model, code) => {
    const elapsed = startWatch();
    await expectError(diagnoseGraph(model, ROWS, { ort }), code as "format");
    expect(elapsed()).toBeLessThan(2000);
  });

  test("names of objects' own are names like others", async () => {
    const model = onnxModel({
      ...DENSE,
      nodes: [
        { op: "Gemm", name: "valueOf", inputs: ["constructor", "w", "b"] },
        { op: "Relu", name: "toString", inputs: ["valueOf"] },
      ],
      inputs: { constructor: { axes: ["n", 2] } },
      outputs: ["toString"],
    });
    const { layers } = await diagnoseGraph(model, ROWS, { ort });
    expect(layers[0].name).toBe("toString");
    expect(layers[0].dead).toBe(1);
    expect(({} as { data?: unknown }).data).toBeUndefined();
  });

  test("graphs within graphs end", async () => {
    let inner = onnxGraph({ nodes: [], inputs: {}, outputs: [] });
    for (let depth = 0; depth < 60; depth++)
      inner = onnxGraph({
        nodes: [{ op: "If", name: "i", inputs: [], graphs: { then_branch: inner } }],
        inputs: {},
        outputs: [],
      });
    const nodes = [...DENSE.nodes, { op: "If", name: "i", inputs: ["x"], graphs: { then_branch: inner } }];
    await expectError(diagnoseGraph(onnxModel({ ...DENSE, nodes }), ROWS, { ort: never() }), "format");
  });

  test("constants made of each other many times over take no time", async () => {
    const wide = { shape: [2 ** 16], data: Array<number>(2 ** 16).fill(0) };
    const nodes = Array.from({ length: 40 }, (_, i) => ({ op: "Add", name: `c${i + 1}`, inputs: [`c${i}`, `c${i}`] }));
    const all = [...nodes, { op: "Mul", name: "t", inputs: ["x", "c15"] }, { op: "Relu", name: "y", inputs: ["t"] }];
    const model = onnxModel({ ...DENSE, nodes: all, tensors: { c0: wide } });
    const elapsed = startWatch();
    await expectError(diagnoseGraph(model, ROWS, { ort }), "unsupported");
    expect(elapsed()).toBeLessThan(5000);
  });
});

test("rows of many numbers are run few at a time, so that a signal is heard soon", () => {
  const watched = (size: number) =>
    ({ places: [{ size, value: { name: "a" } }], feeds: { rows: 400, numbersOfRow: 0 } }) as never;
  const memory = 2 ** 30;
  const rows = (size: number, batchSize?: number) => rowsThatFit(watched(size), { memory, batchSize });
  expect([rows(10), rows(2 ** 19), rows(2 ** 30)]).toEqual([256, 16, 1]);
  expect([rows(2 ** 19, 300), rows(10, 1)]).toEqual([300, 1]);
});
