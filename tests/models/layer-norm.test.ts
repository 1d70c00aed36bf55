// Layer normalization of ONNX graphs: the operator, and the pieces that exporters write, as onnxruntime computes them;
// what is only like it is refused.
import { describe, expect, test } from "vitest";
import { readModel } from "../../src/models/read-model.js";
import { writeModel } from "../../src/models/write-model.js";
import { expectError } from "../support/errors.js";
import { OnnxFile } from "../support/onnx-file.js";
import { expectNear, readRightly, runOnnx } from "./run-onnx.js";

const [INPUTS, UNITS, ROWS] = [5, 6, 8];
const x = Float32Array.from({ length: ROWS * INPUTS }, (_, i) => 2 * Math.sin(3 * i + 1));
const numbers = (count: number, seed: number) => Float32Array.from({ length: count }, (_, i) => Math.cos(5 * i + seed));
const gamma = numbers(UNITS, 1);
const beta = numbers(UNITS, 2);

/** The normalization of z in the file. */
type Norm = (file: OnnxFile, z: string) => string;

function fileOf(norm: Norm, { opset = 17, activation = "Relu" } = {}): { bytes: Uint8Array; output: string } {
  const file = new OnnxFile(INPUTS);
  const dense = (from: string, inputs: number, units: number, seed: number) =>
    file.node("Gemm", [
      from,
      file.constant({ shape: [inputs, units], data: numbers(inputs * units, seed) }),
      file.vector(numbers(units, seed + 1)),
    ]);
  const n = norm(file, dense("x", INPUTS, UNITS, 3));
  const output = dense(activation === "" ? n : file.node(activation, [n]), UNITS, 3, 7);
  return { bytes: file.bytes([output], { opset }), output };
}

const mean = (file: OnnxFile, of: string) => file.node("ReduceMean", [of], { axes: [-1] });

interface Choices {
  readonly square?: "Pow" | "Mul";
  readonly last?: "Div" | "Reciprocal" | "inverse";
  readonly axis?: number;
  readonly power?: number;
  readonly of?: (file: OnnxFile, z: string) => string;
}

/** gamma·(z - mean)/sqrt(variance + epsilon) + beta, as it is written in pieces. */
const inPieces =
  ({ square = "Pow", last = "Div", power = 2, of = (_file, z) => z }: Choices): Norm =>
  (file, z) => {
    const centered = file.node("Sub", [z, mean(file, of(file, z))]);
    const squares = file.node(square, [centered, square === "Pow" ? file.constant(power) : centered]);
    const variance = file.node("Add", [mean(file, squares), file.constant(0.01)]);
    const root = () => file.node("Sqrt", [variance]);
    const quotients = {
      Div: () => file.node("Div", [centered, root()]),
      Reciprocal: () => file.node("Mul", [centered, file.node("Reciprocal", [root()])]),
      inverse: () => file.node("Mul", [file.node("Pow", [variance, file.constant(-0.5)]), centered]),
    };
    const quotient = quotients[last]();
    return file.node("Add", [file.node("Mul", [quotient, file.vector(gamma)]), file.vector(beta)]);
  };

const asOperator =
  (attributes: Record<string, number | { float: number }>, hasBeta = true): Norm =>
  (file, z) =>
    file.node(
      "LayerNormalization",
      [z, file.vector(gamma), ...(hasBeta ? [file.vector(beta)] : [])],
      attributes as Record<string, number>,
    );

const READ: [string, Norm][] = [
  ["the operator", asOperator({ epsilon: { float: 0.01 } })],
  ["the operator without a shift, along the axis 1", asOperator({ axis: 1 }, false)],
  ["pieces as PyTorch writes them", inPieces({})],
  ["pieces with a product for the square", inPieces({ square: "Mul", last: "Reciprocal" })],
  ["pieces with a power for the root", inPieces({ last: "inverse" })],
];

describe.each(READ)("%s", (_name, norm) => {
  test.each(["Relu", "Elu", "LeakyRelu", ""])("before %s", async (activation) => {
    const file = fileOf(norm, { activation });
    const model = await readRightly({ ...file, x, shape: [ROWS, INPUTS] }, async (network) => {
      // and so it is written again
      const bytes = (await writeModel(network, "onnx")).get("model.onnx")!;
      const [again] = (await runOnnx(bytes, x, [ROWS, INPUTS])).values();
      expectNear(again, network.predict({ rows: ROWS, columns: INPUTS, data: x }).data);
    });
    expect(model?.spec.layers[0].normalization).toMatchObject({ kind: "layer" });
    expect(model?.spec.layers.length).toBe(2);
  });
});

test("gamma and beta are the file's own", async () => {
  using network = await (await readModel(fileOf(inPieces({})).bytes)).toNetwork();
  expect(network.layers[0].getWeights()).toMatchObject({ gamma, beta });
  expect(network.spec.layers[0].normalization).toEqual({ kind: "layer", epsilon: Math.fround(0.01) });
});

const behindRelu =
  (norm: Norm): Norm =>
  (file, z) =>
    norm(file, file.node("Relu", [z]));

const REFUSED: [string, Norm][] = [
  ["behind an activation", behindRelu(asOperator({}))],
  ["behind an activation, in pieces", behindRelu(inPieces({}))],
  ["of another", (file, z) => asOperator({})(file, asOperator({})(file, z))],
  ["over the whole batch", asOperator({ axis: 0 })],
  ["an epsilon of 0", asOperator({ epsilon: { float: 0 } })],
  ["an epsilon below 0", asOperator({ epsilon: { float: -1 } })],
  ["an epsilon that is none", asOperator({ epsilon: { float: NaN } })],
  ["a cube instead of a square", inPieces({ power: 3 })],
  ["the mean of something else", inPieces({ of: (file, z) => file.node("Relu", [z]) })],
  ["the mean alone", (file, z) => file.node("Sub", [z, mean(file, z)])],
  ["a mean over the rows", (file, z) => file.node("Sub", [z, file.node("ReduceMean", [z], { axes: [0] })])],
  [
    "no epsilon",
    (file, z) => {
      const centered = file.node("Sub", [z, mean(file, z)]);
      const variance = mean(file, file.node("Mul", [centered, centered]));
      return file.node("Div", [centered, file.node("Sqrt", [variance])]);
    },
  ],
];

test.each(REFUSED)("%s is refused", async (_name, norm) => {
  await expectError(readModel(fileOf(norm).bytes), "unsupported", /the model/);
});

test("gammas of another number are refused", async () => {
  const norm: Norm = (file, z) => file.node("LayerNormalization", [z, file.vector(numbers(UNITS + 1, 1))]);
  await expectError(readModel(fileOf(norm).bytes), "unsupported", /the model/);
});

test("gammas that are no numbers are refused", async () => {
  const norm: Norm = (file, z) => file.node("LayerNormalization", [z, file.vector(new Float32Array(UNITS).fill(NaN))]);
  await expectError(readModel(fileOf(norm).bytes), "format", /constant/);
});
