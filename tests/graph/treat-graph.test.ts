import { describe, expect, test } from "vitest";
import { diagnoseGraph } from "../../src/graph/diagnose-graph.js";
import { treatGraph } from "../../src/graph/treat-graph.js";
import { expectError } from "../support/errors.js";
import { type ModelSpec, type NodeSpec, onnxModel, type TensorSpec } from "../support/onnx.js";
import { GRAPHS, ort, readGraphFile } from "./graphs.js";

/** What the model gives for rows. */
async function outputsOf(
  model: Uint8Array,
  inputs: Readonly<Record<string, { data: unknown; shape: readonly number[] }>>,
) {
  const session = await ort.InferenceSession.create(model);
  const feeds = Object.entries(inputs).map(([name, { data, shape }]) => [
    name,
    new ort.Tensor("float32", Float32Array.from(data as number[]), shape),
  ]);
  const results = await session.run(Object.fromEntries(feeds) as never);
  await session.release();
  return Object.values(results).map(({ data }) => [...(data as Float32Array)]);
}

/** How many dead units of each file can be lifted without a change. */
const LIFTED: Readonly<Record<string, number>> = {
  "block.9": 3, // those of the squeeze-and-excite block; the others lead into sums
  "block.14": 3,
  "block.norms13": 3,
  "gelu.13": 2,
  "silu.11": 0,
  "two.13": 0, // a concatenation
  "two-rows.13": 2,
};

test.each(GRAPHS)("%s: what can be lifted without a change is", async (name) => {
  const { model, counted } = readGraphFile(name);
  const given = model.slice();
  const {
    lifted,
    untreated,
    before,
    after,
    outputs,
    model: treated,
    notes,
  } = await treatGraph(model, counted.inputs, "liftBias", { ort });
  expect(model).toEqual(given);
  expect(lifted.length).toBe(LIFTED[name]);
  expect(lifted.length + untreated.length).toBe(before.dead);
  expect(after.dead).toBe(before.dead - lifted.length);
  expect(lifted.every(({ isRevived }) => isRevived)).toBe(true);
  expect(outputs.largestChange).toBe(0);
  expect(notes.length).toBeGreaterThan(0);
  for (const { layer, unit } of lifted) {
    expect(before.layers[layer].units[unit].state).toBe("dead");
    expect(after.layers[layer].units[unit].activity).toBeGreaterThan(0);
  }
  const again = await diagnoseGraph(treated, counted.inputs, { ort });
  expect(again.layers).toEqual(after.layers);
  if (name === "two-rows.13" || "ids" in counted.inputs) return;
  expect(await outputsOf(treated, counted.inputs)).toEqual(await outputsOf(model, counted.inputs));
});

const ROWS = [
  [1, 2],
  [-1, 1],
  [3, -2],
];

/** A dead unit in the middle: z is x0 - 5 at most. */
const chain = (more: Partial<ModelSpec> = {}, tensors: Readonly<Record<string, TensorSpec>> = {}): Uint8Array =>
  onnxModel({
    nodes: [
      { op: "Gemm", name: "z", inputs: ["x", "w", "b"] },
      { op: "Relu", name: "a", inputs: ["z"] },
      { op: "Gemm", name: "y", inputs: ["a", "v"] },
    ],
    inputs: { x: { axes: ["n", 2] } },
    outputs: ["y"],
    ...more,
    tensors: {
      w: { shape: [2, 3], data: [1, 1, 0, 0, 0, 1] },
      b: { shape: [3], data: [0, -5, 0.5] },
      v: { shape: [3, 1], data: [1, 7, 1] },
      ...tensors,
    },
  });

async function lift(model: Uint8Array, rows: Parameters<typeof treatGraph>[1] = ROWS) {
  const result = await treatGraph(model, rows, "liftBias", { ort });
  const reasons = result.untreated.map(({ reason }) => reason);
  return { ...result, units: result.lifted.map(({ unit }) => unit), reasons };
}

test("the bias of a dense layer is lifted, the weight behind it set to 0", async () => {
  const model = chain();
  const { units, lifted, model: treated, after } = await lift(model);
  expect(units).toEqual([1]);
  expect(lifted[0].lift).toBeCloseTo(2, 4); // one of three rows: x0 is 3 at most
  expect(after.layers[0].units[1].activity).toBeCloseTo(1 / 3);
  expect(after.layers[0].units[1].preactivation.max).toBeGreaterThan(0);
  expect(treated.length).toBe(model.length); // two numbers are others
  const other = { x: { data: [9, 9], shape: [1, 2] } }; // here the unit would fire by far
  expect(await outputsOf(treated, other)).toEqual([[9 + 9.5]]);
  expect(await outputsOf(model, other)).toEqual([[9 + 7 * 4 + 9.5]]);
});

describe("weights as they may lie", () => {
  const DENSE: readonly NodeSpec[] = [
    { op: "Gemm", name: "z", inputs: ["x", "w", "b"] },
    { op: "Relu", name: "a", inputs: ["z"] },
  ];

  test.each<[string, readonly NodeSpec[], Readonly<Record<string, TensorSpec>>?]>([
    [
      "MatMul and Add",
      [
        { op: "MatMul", name: "p", inputs: ["x", "w"] },
        { op: "Add", name: "z", inputs: ["b", "p"] },
        DENSE[1],
        { op: "MatMul", name: "y", inputs: ["a", "v"] },
      ],
    ],
    [
      "transposed",
      [...DENSE, { op: "Gemm", name: "y", inputs: ["a", "v"], ints: { transB: 1 } }],
      { v: { shape: [2, 3], data: [1, 7, 1, 2, 8, 2] } },
    ],
    [
      "a scale behind the bias",
      [
        { op: "Gemm", name: "p", inputs: ["x", "w", "b"] },
        { op: "Mul", name: "z", inputs: ["p", "s"] },
        DENSE[1],
        { op: "Gemm", name: "y", inputs: ["a", "v"] },
      ],
      { s: { shape: [3], data: [1, -2, 1] }, b: { shape: [3], data: [0, 5, 0] } },
    ],
    [
      "beta and alpha",
      [
        { op: "Gemm", name: "z", inputs: ["x", "w", "b"], floats: { alpha: 0.5, beta: 2 } },
        DENSE[1],
        { op: "Gemm", name: "y", inputs: ["a", "v"] },
      ],
    ],
    [
      "a subtrahend",
      [
        { op: "MatMul", name: "p", inputs: ["x", "w"] },
        { op: "Sub", name: "z", inputs: ["p", "s"] },
        DENSE[1],
        { op: "MatMul", name: "y", inputs: ["a", "v"] },
      ],
      { s: { shape: [1, 3], data: [0, 5, 0] } },
    ],
    [
      "a batch norm",
      [
        ...DENSE.slice(0, 1),
        { op: "BatchNormalization", name: "n", inputs: ["z", "g", "s", "m", "r"] },
        { op: "Relu", name: "a", inputs: ["n"] },
        { op: "Gemm", name: "y", inputs: ["a", "v"] },
      ],
      {
        g: { shape: [3], data: [1, 2, 1] },
        s: { shape: [3], data: [0, -9, 0] },
        m: { shape: [3], data: [0, 1, 0] },
        r: { shape: [3], data: [1, 4, 1] },
      },
    ],
    [
      "weights by Constants",
      [
        { op: "Constant", name: "bias", inputs: [], tensors: { value: { shape: [3], data: [0, -5, 0] } } },
        { op: "Constant", name: "kernel", inputs: [], tensors: { value: { shape: [3, 1], data: [1, 7, 1] } } },
        { op: "Gemm", name: "z", inputs: ["x", "w", "bias"] },
        DENSE[1],
        { op: "Gemm", name: "y", inputs: ["a", "kernel"] },
      ],
    ],
    [
      "two layers that take it",
      [
        ...DENSE,
        { op: "Gemm", name: "p", inputs: ["a", "v"] },
        { op: "Gemm", name: "q", inputs: ["a", "u"] },
        { op: "Add", name: "y", inputs: ["p", "q"] },
      ],
      { u: { shape: [3, 1], data: [3, 3, 3] } },
    ],
    [
      "weights of double",
      [
        { op: "Cast", name: "c", inputs: ["x"], ints: { to: 11 } },
        { op: "Gemm", name: "z", inputs: ["c", "w64", "b64"] },
        DENSE[1],
        { op: "Gemm", name: "y", inputs: ["a", "v64"] },
      ],
      {
        w64: { shape: [2, 3], type: 11, data: [1, 1, 0, 0, 0, 1] },
        b64: { shape: [3], type: 11, data: [0, -5, 0.5] },
        v64: { shape: [3, 1], type: 11, data: [1, 7, 1] },
      },
    ],
    [
      "a name of its own twice",
      [
        ...DENSE,
        { op: "Identity", name: "b_relumine", inputs: ["a"] },
        { op: "Gemm", name: "y", inputs: ["b_relumine", "v"] },
      ],
    ],
  ])("%s", async (_what, nodes, tensors) => {
    const { units, reasons, outputs, after } = await lift(chain({ nodes }, tensors));
    expect([units, reasons, outputs.largestChange, after.dead]).toEqual([[1], [], 0, 0]);
  });

  test("shared ones are copied for the node that changes", async () => {
    const nodes: NodeSpec[] = [
      ...DENSE,
      { op: "Gemm", name: "p", inputs: ["a", "v"] },
      { op: "MatMul", name: "q", inputs: ["x3", "v"] },
      { op: "Add", name: "s", inputs: ["x3", "b"] },
      { op: "ReduceSum", name: "t", inputs: ["s"], ints: { keepdims: 1 } },
      { op: "Add", name: "r", inputs: ["p", "q"] },
      { op: "Add", name: "y", inputs: ["r", "t"] },
    ];
    const model = chain({ nodes, inputs: { x: { axes: ["n", 2] }, x3: { axes: ["n", 3] } } });
    const inputs = {
      x: { data: ROWS.flat(), shape: [3, 2] },
      x3: { data: [1, 2, 3, 4, 5, 6, 7, 8, 9], shape: [3, 3] },
    };
    const { units, model: treated } = await lift(model, inputs);
    expect(units).toEqual([1]);
    expect(await outputsOf(treated, inputs)).toEqual(await outputsOf(model, inputs));
  });

  test("external data comes into the file", async () => {
    const numbers = Float32Array.of(1, 1, 0, 0, 0, 1, 0, -5, 0.5, 1, 7, 1);
    const at = (shape: number[], offset: number, length: number) => ({
      shape,
      external: { location: "w.bin", offset, length },
    });
    const model = chain({}, { w: at([2, 3], 0, 24), b: at([3], 24, 12), v: at([3, 1], 36, 12) });
    const files = { "w.bin": new Uint8Array(numbers.buffer) };
    const { lifted, model: treated } = await treatGraph(model, ROWS, "liftBias", { ort, files });
    expect(lifted.map(({ unit }) => unit)).toEqual([1]);
    expect((await diagnoseGraph(treated, ROWS, { ort })).dead).toBe(0); // without the files
  });
});

describe("convolutions", () => {
  const data = Float32Array.from({ length: 3 * 2 * 4 * 4 }, (_, i) => Math.sin(i));
  const rows = { data, shape: [3, 2, 4, 4] };
  const kernels = (count: number) => Array.from({ length: count }, (_, i) => Math.cos(i));
  const conv = (
    next: readonly NodeSpec[],
    more: Readonly<Record<string, TensorSpec>> = {},
    bias: readonly string[] = ["b"],
  ) =>
    onnxModel({
      nodes: [
        { op: "Conv", name: "z", inputs: ["x", "w", ...bias] },
        { op: "Relu", name: "a", inputs: ["z"] },
        ...next,
      ],
      tensors: {
        w: { shape: [4, 2, 1, 1], data: [1, 0, 0, 1, 1, 1, -1, 1] },
        b: { shape: [4], data: [0, -9, 0, -9] },
        ...more,
      },
      inputs: { x: { axes: ["n", 2, 4, 4] } },
      outputs: ["y"],
    });

  test.each<[string, readonly NodeSpec[], Readonly<Record<string, TensorSpec>>]>([
    [
      "a convolution",
      [{ op: "Conv", name: "y", inputs: ["a", "v"] }],
      { v: { shape: [3, 4, 2, 2], data: kernels(48) } },
    ],
    [
      "one in groups",
      [{ op: "Conv", name: "y", inputs: ["a", "v"], ints: { group: 2 } }],
      { v: { shape: [6, 2, 2, 2], data: kernels(48) } },
    ],
    [
      "one by channel",
      [{ op: "Conv", name: "y", inputs: ["a", "v"], ints: { group: 4, pads: [1, 1, 1, 1] } }],
      { v: { shape: [4, 1, 3, 3], data: kernels(36) } },
    ],
    [
      "a transposed one",
      [{ op: "ConvTranspose", name: "y", inputs: ["a", "v"], ints: { strides: [2, 2] } }],
      { v: { shape: [4, 3, 2, 2], data: kernels(48) } },
    ],
    [
      "a pool and a dense layer behind a flatten",
      [
        { op: "MaxPool", name: "p", inputs: ["a"], ints: { kernel_shape: [2, 2], strides: [2, 2] } },
        { op: "Flatten", name: "f", inputs: ["p"] },
        { op: "Gemm", name: "y", inputs: ["f", "v"] },
      ],
      { v: { shape: [16, 2], data: kernels(32) } },
    ],
    [
      "a mean and a dense layer",
      [
        { op: "GlobalAveragePool", name: "p", inputs: ["a"] },
        { op: "Reshape", name: "f", inputs: ["p", "s"] },
        { op: "Gemm", name: "y", inputs: ["f", "v"], ints: { transB: 1 } },
      ],
      { s: { shape: [2], type: 7, data: [-1, 4] }, v: { shape: [3, 4], data: kernels(12) } },
    ],
    [
      "a gate of its own channels",
      [
        { op: "GlobalAveragePool", name: "g", inputs: ["a"] },
        { op: "Conv", name: "r", inputs: ["g", "u"] },
        { op: "Sigmoid", name: "s", inputs: ["r"] },
        { op: "Mul", name: "m", inputs: ["a", "s"] },
        { op: "Conv", name: "y", inputs: ["m", "v"] },
      ],
      { u: { shape: [4, 4, 1, 1], data: kernels(16) }, v: { shape: [2, 4, 1, 1], data: kernels(8) } },
    ],
  ])("%s", async (_what, next, more) => {
    const model = conv(next, more);
    const { units, reasons, after, outputs, model: treated } = await lift(model, rows);
    expect([units, reasons, after.dead, outputs.largestChange]).toEqual([[1, 3], [], 0, 0]);
    const others = { x: { data: data.map((each) => 50 * each), shape: rows.shape } };
    // the first fires here
    expect((await outputsOf(treated, others))[0]).not.toEqual((await outputsOf(model, others))[0]);
  });

  test("a bias that is not there is added", async () => {
    const positive = { data: data.map(Math.abs), shape: rows.shape };
    const w = { shape: [4, 2, 1, 1], data: [1, 0, -1, -1, 1, 1, 0, -2] };
    const v = { v: { shape: [1, 4, 1, 1], data: kernels(4) } };
    const model = conv([{ op: "Conv", name: "y", inputs: ["a", "v"] }], { w, ...v }, []);
    const { units, after, outputs, before } = await lift(model, positive);
    expect([units, after.dead, outputs.largestChange]).toEqual([[1, 3], 0, 0]);
    expect(before.layers[0].units[1].mechanism).toBe("negativeWeights");
  });

  test.each<[string, readonly NodeSpec[]]>([
    ["a sum", [{ op: "Add", name: "y", inputs: ["a", "a"] }]],
    ["a concatenation", [{ op: "Concat", name: "y", inputs: ["a", "x"], ints: { axis: 1 } }]],
    ["an output", [{ op: "Identity", name: "y", inputs: ["a"] }]],
    ["a softmax", [{ op: "Softmax", name: "y", inputs: ["a"] }]],
    [
      "a shift, which is not 0 at 0",
      [
        { op: "Sub", name: "m", inputs: ["a", "one"] },
        { op: "Conv", name: "y", inputs: ["m", "v"] },
      ],
    ],
    ["weights that are computed", [{ op: "Conv", name: "y", inputs: ["a", "x1"] }]],
    ["a dense layer along another axis", [{ op: "MatMul", name: "y", inputs: ["a", "square"] }]],
  ])("what leads to %s stays", async (_what, next) => {
    const more = {
      one: { shape: [], data: [1] },
      v: { shape: [1, 4, 1, 1], data: [1, 1, 1, 1] },
      square: { shape: [4, 4], data: kernels(16) },
    };
    const nodes = next.some(({ inputs }) => inputs.includes("x1"))
      ? [
          { op: "Slice", name: "x1", inputs: ["xx", "zero", "one1"] },
          { op: "Concat", name: "xx", inputs: ["x", "x"], ints: { axis: 1 } },
        ].reverse()
      : [];
    const model = conv([...nodes, ...next], {
      ...more,
      zero: { shape: [1], type: 7, data: [0] },
      one1: { shape: [1], type: 7, data: [1] },
    });
    const same = { data: data.subarray(0, 32), shape: [1, 2, 4, 4] };
    const { units, untreated, model: treated, after } = await lift(model, same);
    expect(units).toEqual([]);
    expect(untreated.map(({ unit, name }) => [unit, name])).toEqual([
      [1, "a"],
      [3, "a"],
    ]);
    expect(treated).toEqual(model);
    expect(after.dead).toBe(2);
  });
});

test("a unit whose bias is multiplied by 0 stays", async () => {
  const nodes: NodeSpec[] = [
    { op: "Gemm", name: "p", inputs: ["x", "w", "b"] },
    { op: "Mul", name: "z", inputs: ["p", "s"] },
    { op: "Relu", name: "a", inputs: ["z"] },
    { op: "Gemm", name: "y", inputs: ["a", "v"] },
  ];
  const { reasons } = await lift(chain({ nodes }, { s: { shape: [3], data: [1, 0, 1] } }));
  expect(reasons).toHaveLength(1);
});

test("other remedies, options and runtimes are refused", async () => {
  const model = chain();
  await expectError(treatGraph(model, ROWS, "recycle" as never, { ort }), "value", "remedy");
  await expectError(treatGraph(model, ROWS, "liftBias", { ort, share: 1 } as never), "value", "treatGraph.share");
  await expectError(treatGraph(model, ROWS, "liftBias", {} as never), "value", "ort");
  await expectError(treatGraph(model, ROWS, "liftBias", { ort, signal: AbortSignal.abort() }), "value", "signal");
});

test("nothing dead, nothing done", async () => {
  const model = chain({}, { b: { shape: [3], data: [1, 1, 1] } });
  const { lifted, untreated, model: treated } = await lift(model);
  expect([lifted, untreated]).toEqual([[], []]);
  expect(treated).toEqual(model);
  expect(treated).not.toBe(model);
});

test("a float16 graph", async () => {
  const halfs = (...bits: number[]) => new Uint8Array(Uint16Array.from(bits).buffer);
  const model = chain(
    { inputs: { x: { type: 10, axes: ["n", 2] } } },
    {
      w: { shape: [2, 3], type: 10, raw: halfs(0x3c00, 0x3c00, 0, 0, 0, 0x3c00) },
      b: { shape: [3], type: 10, raw: halfs(0, 0xc500, 0x3800) },
      v: { shape: [3, 1], type: 10, raw: halfs(0x3c00, 0x4700, 0x3c00) },
    },
  );
  const { units, after, outputs, model: treated } = await lift(model);
  expect([units, after.dead, outputs.largestChange]).toEqual([[1], 0, 0]);
  expect(treated.length).toBe(model.length);
});
