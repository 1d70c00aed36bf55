// If nodes of ONNX graphs: the branch that a constant chooses is read, as onnxruntime runs it; of one that the rows
// choose that which the caller names, or else it is refused.
import { describe, expect, test } from "vitest";
import { readModel, type ReadModelOptions } from "../../src/models/read-model.js";
import { expectError } from "../support/errors.js";
import { type NodeSpec, onnxGraph, onnxModel, type TensorSpec } from "../support/onnx.js";
import { expectNear, readRightly, runOnnx } from "./run-onnx.js";

const [INPUTS, UNITS, ROWS] = [4, 5, 12];
const x = Float32Array.from({ length: ROWS * INPUTS }, (_, i) => 2 * Math.sin(5 * i + 1));
const numbers = (count: number, seed: number) => Array.from({ length: count }, (_, i) => Math.cos(3 * i + seed));
const [BOOL, INT64] = [9, 7];

const branch = (output: string, nodes: readonly NodeSpec[], tensors: Readonly<Record<string, TensorSpec>> = {}) =>
  onnxGraph({ nodes, tensors, inputs: {}, outputs: [output] });
const relu = (name: string, from = "z"): NodeSpec => ({ op: "Relu", name, inputs: [from] });
const elu = (name: string, from = "z"): NodeSpec => ({ op: "Elu", name, inputs: [from] });

interface Choices {
  /** Nodes that make "c". */
  readonly condition: readonly NodeSpec[];
  readonly whenTrue?: Uint8Array;
  readonly whenFalse?: Uint8Array;
  readonly tensors?: Readonly<Record<string, TensorSpec>>;
  /** What the layer behind it is fed, by default the If. */
  readonly behind?: string;
}

const THEN = branch("p", [relu("p")]);
const OTHERWISE = branch("q", [elu("q")]);

/** A dense layer, an If, and another. */
function modelOf({
  condition,
  whenTrue = THEN,
  whenFalse = OTHERWISE,
  tensors = {},
  behind = "i",
}: Choices): Uint8Array {
  return onnxModel({
    nodes: [
      { op: "Gemm", name: "z", inputs: ["x", "w", "b"] },
      ...condition,
      { op: "If", name: "i", inputs: ["c"], graphs: { then_branch: whenTrue, else_branch: whenFalse } },
      { op: "Gemm", name: "y", inputs: [behind, "v"] },
    ],
    tensors: {
      w: { shape: [INPUTS, UNITS], data: numbers(INPUTS * UNITS, 1) },
      b: { shape: [UNITS], data: numbers(UNITS, 2) },
      v: { shape: [UNITS, 2], data: numbers(UNITS * 2, 3) },
      one: { shape: [], data: [1], type: INT64 },
      five: { shape: [], data: [5], type: INT64 },
      ...tensors,
    },
    inputs: { x: { axes: ["rows", INPUTS] } },
    outputs: ["y"],
    opset: 17,
  });
}

const constant = (value: number): Choices => ({
  condition: [],
  tensors: { c: { shape: [], raw: Uint8Array.of(value), type: BOOL } },
});
const ints = (value: number): NodeSpec["ints"] => ({ axis: value });
/** How large an axis is, and whether that is a number. */
const axis = (of: "one" | "five"): readonly NodeSpec[] => [
  { op: "Shape", name: "s", inputs: ["z"] },
  { op: "Gather", name: "g", inputs: ["s", "one"], ints: ints(0)! },
  { op: "Equal", name: "c", inputs: ["g", of] },
];

const half: TensorSpec = { shape: [], data: [0.5] };
/** Decided by the rows, one truth value a batch. */
const BY_LARGEST: readonly NodeSpec[] = [
  { op: "ReduceMax", name: "t", inputs: ["z"], ints: { keepdims: 0 } },
  { op: "Greater", name: "c", inputs: ["t", "half"] },
];

const read = (bytes: Uint8Array) => readRightly({ bytes, x, shape: [ROWS, INPUTS], output: "y" });

const activationOf = async (bytes: Uint8Array) => {
  using network = await (await readModel(bytes)).toNetwork();
  return network.layers[0].activation.name;
};

describe("a condition that is a constant", () => {
  const READ: [string, Choices, string][] = [
    ["true", constant(1), "relu"],
    ["false", constant(0), "elu"],
    ["a size that it asks for", { condition: axis("five") }, "relu"],
    ["a size of another axis", { condition: axis("one") }, "elu"],
    [
      "its opposite, cast",
      {
        condition: [
          ...axis("five").map((node) => (node.name === "c" ? { ...node, name: "e" } : node)),
          { op: "Not", name: "n", inputs: ["e"] },
          { op: "Cast", name: "c", inputs: ["n"], ints: { to: BOOL } },
        ],
      },
      "elu",
    ],
    [
      "a branch with weights of its own",
      {
        ...constant(1),
        whenTrue: branch(
          "p",
          [
            { op: "Gemm", name: "own", inputs: ["z", "u"] },
            { op: "Relu", name: "p", inputs: ["own"] },
          ],
          { u: { shape: [UNITS, UNITS], data: numbers(UNITS * UNITS, 5) } },
        ),
      },
      "linear",
    ],
    [
      "a branch that hands on what stands before it",
      { ...constant(1), whenTrue: branch("p", [{ op: "Identity", name: "p", inputs: ["z"] }]) },
      "linear",
    ],
    [
      "a branch within a branch",
      {
        ...constant(1),
        whenTrue: branch("p", [
          {
            op: "If",
            name: "p",
            inputs: ["c"],
            graphs: { then_branch: branch("r", [relu("r")]), else_branch: branch("t", [elu("t")]) },
          },
        ]),
      },
      "relu",
    ],
  ];
  test.each(READ)("%s", async (_name, choices, activation) => {
    const model = await read(modelOf(choices));
    expect(model?.spec.layers[0].activation).toMatchObject({ name: activation });
  });
});

describe("is refused", () => {
  const BY_ROWS: [string, readonly NodeSpec[]][] = [
    ["the largest of a batch", BY_LARGEST],
    // as openWakeWord's hey_jarvis asks a second network where the first is sure
    [
      "a score",
      [
        { op: "Sigmoid", name: "s", inputs: ["z"] },
        { op: "GreaterOrEqual", name: "e", inputs: ["s", "half"] },
        { op: "Cast", name: "c", inputs: ["e"], ints: { to: BOOL } },
      ],
    ],
    ["class numbers", [{ op: "ArgMax", name: "c", inputs: ["z"], ints: { axis: 1, keepdims: 0 } }]],
    ["a number that is no truth value", [{ op: "Identity", name: "c", inputs: ["half"] }]],
  ];
  test.each(BY_ROWS)("a condition by %s, by a word of what to do", async (_name, condition) => {
    const bytes = modelOf({ condition, tensors: { half } });
    const { message } = await expectError(readModel(bytes), "unsupported", 'the model\'s node "i" (If)');
    expect(message).toMatch(/two branches, of which a condition chooses one.*Export the one that is meant/);
  });

  test("how many rows there are is none", async () => {
    const condition: NodeSpec[] = [
      { op: "Shape", name: "s", inputs: ["z"] },
      { op: "Gather", name: "g", inputs: ["s", "zero"], ints: ints(0)! },
      { op: "Equal", name: "c", inputs: ["g", "five"] },
    ];
    const tensors = { zero: { shape: [], data: [0], type: INT64 } };
    await expectError(readModel(modelOf({ condition, tensors })), "unsupported");
  });

  test("a chosen branch that no chain has, and not one that is not chosen", async () => {
    const odd = branch("p", [{ op: "Sin", name: "p", inputs: ["z"] }]);
    await expectError(readModel(modelOf({ ...constant(1), whenTrue: odd })), "unsupported", /Sin/);
    expect(await read(modelOf({ ...constant(0), whenTrue: odd }))).toBeDefined();
  });

  test("conditions and branches that are none", async () => {
    const two: TensorSpec = { shape: [2], raw: Uint8Array.of(1, 0), type: BOOL };
    await expectError(readModel(modelOf({ condition: [], tensors: { c: two } })), "unsupported", /"i" \(If\)/);
    const seven: TensorSpec = { shape: [], data: [7], type: INT64 };
    await expectError(readModel(modelOf({ condition: [], tensors: { c: seven } })), "unsupported", /"i" \(If\)/);
    const BAD: [Uint8Array, RegExp][] = [
      [branch("nothing", [relu("p")]), /branch of the model's node "i"/],
      [onnxGraph({ nodes: [], inputs: {}, outputs: [] }), /"i" \(If\)/],
      [branch("p", [relu("z", "x"), relu("p")]), /"z" \(Relu\)/], // a name of the graph around it
      [branch("p", [relu("p")], { w: { shape: [1], data: [1] } }), /"i" \(If\)/],
      [branch("p", [relu("p", "later")]), /"p" \(Relu\)/],
      [Uint8Array.of(255), /branch/],
    ];
    for (const [whenTrue, path] of BAD)
      await expectError(readModel(modelOf({ ...constant(1), whenTrue })), "format", path);
    // the one that is not chosen is not asked
    for (const [whenFalse] of BAD) expect(await activationOf(modelOf({ ...constant(1), whenFalse }))).toBe("relu");
  });

  test("names of a branch are not known behind it", async () => {
    const bytes = modelOf({
      ...constant(1),
      whenTrue: branch("p", [relu("inner"), relu("p", "inner")]),
      behind: "inner",
    });
    await expectError(readModel(bytes), "format", /"y" \(Gemm\)/);
  });

  test("branches in each other beyond a limit, however deep", async () => {
    expect(await activationOf(modelOf({ ...constant(1), whenTrue: nested(15) }))).toBe("relu");
    await expectError(readModel(modelOf({ ...constant(1), whenTrue: nested(16) })), "unsupported", /\(If\)/);
    await expectError(readModel(modelOf({ ...constant(1), whenTrue: nested(200) })), "unsupported", /\(If\)/);
    await expectError(
      readModel(modelOf({ condition: BY_LARGEST, tensors: { half }, whenTrue: nested(200) })),
      "unsupported",
    );
  });
});

/** An If in an If, so many times, around a relu. */
function nested(depth: number): Uint8Array {
  let whenTrue = branch("p0", [relu("p0")]);
  for (let i = 1; i <= depth; i++) {
    const graphs = { then_branch: whenTrue, else_branch: branch("q", [elu("q")]) };
    whenTrue = branch(`p${i}`, [{ op: "If", name: `p${i}`, inputs: ["c"], graphs }]);
  }
  return whenTrue;
}

describe("two branches that are the same, whatever chooses", () => {
  const dense = (last: string, weights: string): NodeSpec[] => [
    { op: "Gemm", name: "own", inputs: ["z", weights] },
    { op: "Dropout", name: "d", inputs: ["own"] },
    relu(last, "d"),
  ];
  const u: TensorSpec = { shape: [UNITS, UNITS], data: numbers(UNITS * UNITS, 5) };
  const other: TensorSpec = {
    shape: [UNITS, UNITS],
    data: numbers(UNITS * UNITS, 5).map((w, i) => (i === 7 ? w + 1 : w)),
  };
  const byRows = (whenTrue: Uint8Array, whenFalse: Uint8Array) =>
    modelOf({ condition: BY_LARGEST, tensors: { half, outer: u }, whenTrue, whenFalse });

  test("one is read, and what it holds told once", async () => {
    const bytes = byRows(branch("p", dense("p", "u"), { u }), branch("q", dense("q", "outer")));
    const model = await read(bytes);
    expect(model?.spec.layers.map(({ units }) => units)).toEqual([UNITS, UNITS, 2]);
    expect(model?.changes).toMatchObject([{ part: "dropout", became: "dropped" }]);
  });

  test("a weight, or a function, apart they are two", async () => {
    const pairs = [
      [branch("p", dense("p", "u"), { u }), branch("q", dense("q", "u"), { u: other })],
      [branch("p", [relu("p")]), branch("q", [elu("q")])],
    ];
    for (const [whenTrue, whenFalse] of pairs)
      await expectError(readModel(byRows(whenTrue, whenFalse)), "unsupported", 'the model\'s node "i" (If)');
  });
});

test("each output of a branch", async () => {
  const two = (first: string, second: string) =>
    onnxGraph({ nodes: [relu(first), elu(second)], inputs: {}, outputs: [first, second] });
  const bytes = (value: number) =>
    onnxModel({
      nodes: [
        { op: "Gemm", name: "z", inputs: ["x", "w"] },
        {
          op: "If",
          outputs: ["", "i"],
          inputs: ["c"],
          graphs: { then_branch: two("p", "q"), else_branch: two("r", "s") },
        },
        { op: "Gemm", name: "y", inputs: ["i", "v"] },
      ],
      tensors: {
        w: { shape: [INPUTS, UNITS], data: numbers(INPUTS * UNITS, 1) },
        v: { shape: [UNITS, 2], data: numbers(UNITS * 2, 3) },
        ...constant(value).tensors,
      },
      inputs: { x: { axes: ["rows", INPUTS] } },
      outputs: ["y"],
      opset: 17,
    });
  for (const value of [0, 1]) expect(await activationOf(bytes(value))).toBe("elu");
});

describe("a branch that the caller names, where the rows choose", () => {
  /** A dense layer with a layer normalization in pieces, as PyTorch 1 exports it. */
  const normalized = (prefix: string, from: string, weights: string): NodeSpec[] => [
    { op: "Gemm", name: `${prefix}z`, inputs: [from, weights, `${weights}b`] },
    { op: "ReduceMean", name: `${prefix}m`, inputs: [`${prefix}z`], ints: { axes: [-1] } },
    { op: "Sub", name: `${prefix}c`, inputs: [`${prefix}z`, `${prefix}m`] },
    { op: "Pow", name: `${prefix}s`, inputs: [`${prefix}c`, "two"] },
    { op: "ReduceMean", name: `${prefix}v`, inputs: [`${prefix}s`], ints: { axes: [-1] } },
    { op: "Add", name: `${prefix}e`, inputs: [`${prefix}v`, "epsilon"] },
    { op: "Sqrt", name: `${prefix}d`, inputs: [`${prefix}e`] },
    { op: "Div", name: `${prefix}h`, inputs: [`${prefix}c`, `${prefix}d`] },
    { op: "Mul", name: `${prefix}g`, inputs: [`${prefix}h`, `${weights}g`] },
    { op: "Add", name: `${prefix}n`, inputs: [`${prefix}g`, `${weights}s`] },
    relu(`${prefix}a`, `${prefix}n`),
  ];
  const weightsOf = (name: string, units: number, seed: number): Record<string, TensorSpec> => ({
    [name]: { shape: [INPUTS, units], data: numbers(INPUTS * units, seed) },
    [`${name}b`]: { shape: [units], data: numbers(units, seed + 1) },
    [`${name}g`]: { shape: [units], data: numbers(units, seed + 2).map((each) => 1 + each / 2) },
    [`${name}s`]: { shape: [units], data: numbers(units, seed + 3) },
    [`${name}v`]: { shape: [units, 1], data: numbers(units, seed + 4) },
  });
  const score = (prefix: string, name: string, from: string, weights: string): NodeSpec[] => [
    ...normalized(prefix, from, weights),
    { op: "Gemm", name: `${prefix}p`, inputs: [`${prefix}a`, `${weights}v`] },
    { op: "Sigmoid", name, inputs: [`${prefix}p`] },
  ];
  /** As hey_jarvis of openWakeWord: where the score of one network is a half or more, that of a second is given. */
  const verified = (second: Uint8Array = branch("p", score("k", "p", "x", "u"))): Uint8Array =>
    onnxModel({
      nodes: [
        ...score("f", "first", "x", "w"),
        { op: "GreaterOrEqual", name: "e", inputs: ["first", "half"] },
        { op: "Cast", name: "c", inputs: ["e"], ints: { to: BOOL } },
        {
          op: "If",
          name: "y",
          inputs: ["c"],
          graphs: { then_branch: second, else_branch: branch("q", [{ op: "Identity", name: "q", inputs: ["first"] }]) },
        },
      ],
      tensors: {
        ...weightsOf("w", 5, 1),
        ...weightsOf("u", 3, 7),
        half,
        two: { shape: [], data: [2] },
        epsilon: { shape: [], data: [1e-5] },
      },
      inputs: { x: { axes: [1, INPUTS] } },
      outputs: ["y"],
    });
  const MANY = 40;
  const rows = Float32Array.from({ length: MANY * INPUTS }, (_, i) => 2 * Math.sin(5 * i + 1));
  const rowsOf = (data: Float32Array) =>
    Array.from({ length: MANY }, (_, row) => data.subarray(row * INPUTS, (row + 1) * INPUTS));

  async function predictOf(bytes: Uint8Array, options: ReadModelOptions): Promise<Float32Array> {
    using network = await (await readModel(bytes, options)).toNetwork({ arithmetic: "reproducible" });
    return network.predict({ rows: MANY, columns: INPUTS, data: rows }).data;
  }

  test.each(["fold", "keep"] as const)(
    "each is a network, right on the rows that take it (%s)",
    async (normalization) => {
      const bytes = verified();
      const truth: number[] = [];
      for (const row of rowsOf(rows)) truth.push((await runOnnx(bytes, row, [1, INPUTS])).get("y")![0]);
      const [second, first] = [
        await predictOf(bytes, { branch: "then", normalization }),
        await predictOf(bytes, { branch: "else", normalization }),
      ];
      const takes = [...first].map((value) => value >= 0.5);
      const of = (values: ArrayLike<number>, isThen: boolean) =>
        Array.from(values).filter((_, row) => takes[row] === isThen);
      expect(of(truth, true).length).toBeGreaterThan(5);
      expect(of(truth, false).length).toBeGreaterThan(5);
      expectNear(of(second, true), of(truth, true));
      expectNear(of(first, false), of(truth, false));
      // on the others it is another's
      expect(of(second, false).every((value, i) => Math.abs(value - of(truth, false)[i]) > 1e-3)).toBe(true);
      expect(of(first, true).every((value, i) => Math.abs(value - of(truth, true)[i]) > 1e-3)).toBe(true);
    },
  );

  test("with its layer normalizations, and told", async () => {
    const read = await readModel(verified(), { branch: "then", normalization: "keep" });
    expect(read.spec.layers).toMatchObject([{ units: 3, normalization: { kind: "layer" } }, { units: 1 }]);
    expect(read.changes).toEqual([{ part: "branch", name: "y", branch: "then", became: "taken" }]);
    expect(read.notes.filter((note) => note.includes("then branch"))).toHaveLength(1);
    const other = await readModel(verified(), { branch: "else" });
    expect(other.spec.layers.map(({ units }) => units)).toEqual([5, 1]);
    expect(other.changes).toMatchObject([{ branch: "else" }]);
  });

  test("without it the refusal says which can be read", async () => {
    const hintOf = async (second?: Uint8Array) =>
      (await expectError(readModel(verified(second)), "unsupported", 'the model\'s node "y" (If)')).hint;
    expect(await hintOf()).toContain('{ branch: "then" } or { branch: "else" }');
    const odd = branch("p", [{ op: "Sin", name: "p", inputs: ["first"] }]);
    const hint = await hintOf(odd);
    expect(hint).toContain('read it alone: { branch: "else" }');
    expect(hint).not.toContain("then");
    await expectError(readModel(verified(odd), { branch: "then" }), "unsupported", /"p" \(Sin\)/);
  });

  const byRows = (choices: Partial<Choices>) => modelOf({ condition: BY_LARGEST, tensors: { half }, ...choices });

  test("Ifs within a branch are read by it, too; what the other holds is not told", async () => {
    const dropped = (name: string): NodeSpec[] => [
      { op: "Dropout", name: `d${name}`, inputs: ["z"] },
      relu(name, `d${name}`),
    ];
    const inner = {
      op: "If",
      name: "p",
      inputs: ["c"],
      graphs: { then_branch: branch("r", dropped("r")), else_branch: branch("o", [elu("o")]) },
    };
    const bytes = byRows({ whenTrue: branch("p", [inner]), whenFalse: branch("q", dropped("q")) });
    const changesOf = async (name: "then" | "else") =>
      (await readModel(bytes, { branch: name })).changes.map((each) => [each.part, each.name, each.branch]);
    expect(await changesOf("then")).toEqual([
      ["dropout", "dr", undefined],
      ["branch", "p", "then"],
      ["branch", "i", "then"],
    ]);
    expect(await changesOf("else")).toEqual([
      ["dropout", "dq", undefined],
      ["branch", "i", "else"],
    ]);
    const { notes } = await readModel(bytes, { branch: "then" });
    expect(notes.join(" ")).toMatch(/Of the If "p", "i" the then branch/);
  });

  test("two that are the same only as an If within one is read are two", async () => {
    const graphs = { then_branch: branch("r", [relu("r")]), else_branch: branch("o", [elu("o")]) };
    const inner = branch("p", [{ op: "If", name: "p", inputs: ["c"], graphs }]);
    for (const [whenTrue, whenFalse] of [
      [inner, branch("q", [elu("q")])],
      [branch("q", [elu("q")]), inner],
    ]) {
      const { changes } = await readModel(byRows({ whenTrue, whenFalse }), { branch: "else" });
      expect(changes.at(-1)).toEqual({ part: "branch", name: "i", branch: "else", became: "taken" });
    }
  });

  test("is refused where nothing asks the rows, and for other words", async () => {
    const same = byRows({ whenFalse: branch("q", [relu("q")]) });
    for (const bytes of [modelOf(constant(1)), same])
      for (const name of ["then", "else"] as const)
        await expectError(readModel(bytes, { branch: name }), "value", "branch");
    for (const name of ["both", true, ""])
      await expectError(readModel(byRows({}), { branch: name as never }), "value", "branch");
  });
});
