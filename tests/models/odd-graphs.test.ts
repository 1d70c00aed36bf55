// ONNX graphs that lead readers astray: each is read rightly, as onnxruntime-web says, or refused.
import { describe, expect, test } from "vitest";
import { BOOL, FLOAT, HALF, INT64, OnnxFile, type OnnxOptions } from "../support/onnx-file.js";
import { seededRandom } from "../support/random.js";
import { readRightly } from "./run-onnx.js";

const ROWS = 24;
const INPUTS = 4;
const random = seededRandom(7);
const draw = (length: number): number[] => Array.from({ length }, () => Math.fround(2 * random() - 1));

type Make = (file: OnnxFile, z: string) => string;
interface Case {
  readonly make: Make;
  readonly options?: OnnxOptions;
  /** Of the rows; they are Gaussian-like, times this, plus that. */
  readonly scale?: number;
  readonly shift?: number;
  readonly rowShape?: readonly number[];
  /** The graph begins with the input itself. */
  readonly isRaw?: true;
}

function dense(file: OnnxFile, value: string, inputs: number, units: number): string {
  const weights = file.constant({ shape: [inputs, units], data: draw(inputs * units) });
  return file.node("Gemm", [value, weights, file.vector(draw(units))]);
}

const int = (file: OnnxFile, ...data: readonly number[]) => file.constant({ shape: [data.length], data, type: INT64 });
/** Of a scalar. */
const number = (file: OnnxFile, value: number) => file.constant(value);

/** Between two dense layers of 5 units. */
const between =
  (make: Make): Make =>
  (file, z) =>
    dense(file, make(file, z), 5, 3);

const READ: Readonly<Record<string, Case>> = {
  "a sigmoid before a softmax": { make: (file, z) => file.node("Softmax", [file.node("Sigmoid", [z])]) },
  "a ReLU before a log-softmax": { make: (file, z) => file.node("LogSoftmax", [file.node("Relu", [z])]) },
  "a ReLU before a sigmoid": { make: (file, z) => file.node("Sigmoid", [dense(file, file.node("Relu", [z]), 5, 2)]) },
  "two sigmoids, a layer between": {
    make: (file, z) => file.node("Sigmoid", [dense(file, file.node("Sigmoid", [z]), 5, 1)]),
  },
  "a leaky slope of 1": { make: between((file, z) => file.node("LeakyRelu", [z], { alpha: { float: 1 } })) },
  "a leaky slope of 3": { make: between((file, z) => file.node("LeakyRelu", [z], { alpha: { float: 3 } })) },
  "a leaky slope of -0.5": { make: between((file, z) => file.node("LeakyRelu", [z], { alpha: { float: -0.5 } })) },
  "an ELU of alpha 0": { make: between((file, z) => file.node("Elu", [z], { alpha: { float: 0 } })) },
  "ELU by masks, as tf2onnx writes it": {
    make: between((file, z) => {
      const above = file.node("Greater", [z, number(file, 0)]);
      const [positive, negative] = [above, file.node("Not", [above])].map((each) =>
        file.node("Cast", [each], { to: FLOAT }),
      );
      const elu = file.node("Elu", [z]);
      const below = file.node("Mul", [file.node("Mul", [number(file, 0.7), elu]), negative]);
      return file.node("Add", [file.node("Mul", [positive, elu]), below]);
    }),
  },
  "ELU by a choice, negated": {
    make: between((file, z) => {
      const below = file.node("Mul", [file.node("Elu", [z]), number(file, -0.4)]);
      return file.node("Where", [file.node("LessOrEqual", [z, number(file, 0)]), below, file.node("Neg", [z])]);
    }),
  },
  "z + z": { make: between((file, z) => file.node("Relu", [file.node("Add", [z, z])])) },
  "z - z": { make: between((file, z) => file.node("Relu", [file.node("Sub", [z, z])])) },
  "max(z, -z)": { make: between((file, z) => file.node("Max", [z, file.node("Neg", [z])])) },
  "z times 0": { make: between((file, z) => file.node("Relu", [file.node("Mul", [z, number(file, 0)])])) },
  "relu(z) times 0": { make: between((file, z) => file.node("Mul", [file.node("Relu", [z]), number(file, 0)])) },
  "z sigmoid(1.702 z)": {
    make: between((file, z) =>
      file.node("Mul", [z, file.node("Sigmoid", [file.node("Mul", [z, number(file, 1.702)])])]),
    ),
  },
  "GELU with another constant": {
    make: between((file, z) => {
      const erf = file.node("Erf", [file.node("Div", [z, number(file, 1.4)])]);
      return file.node("Mul", [z, file.node("Add", [erf, number(file, 1)])]);
    }),
  },
  "a Clip from below": { make: between((file, z) => file.node("Clip", [z, number(file, 0.25)])) },
  "a Clip without limits": {
    make: between((file, z) =>
      file.node("Relu", [file.node("Clip", [z, number(file, -3.4e38), number(file, 3.4e38)])]),
    ),
  },
  "a bias of one row": { make: (file, z) => file.node("Add", [z, file.constant({ shape: [1, 5], data: draw(5) })]) },
  "a scaling that negates, behind a ReLU": {
    make: between((file, z) => file.node("Sub", [file.vector(draw(5)), file.node("Relu", [z])])),
  },
  "weights cast to half": {
    make: (file, z) => {
      const weights = file.constant({ shape: [5, 3], data: draw(15).map((each) => 300 * each) });
      const half = file.node("Cast", [weights], { to: HALF });
      return file.node("MatMul", [file.node("Relu", [z]), file.node("Cast", [half], { to: FLOAT })]);
    },
  },
  "a part of a constant's shape": {
    make: (file, z) => {
      const size = file.node("Shape", [file.constant({ shape: [7, 5], data: draw(35) })], { start: 1 });
      return file.node("Relu", [file.node("Reshape", [z, file.node("Concat", [int(file, -1), size], { axis: 0 })])]);
    },
  },
  "rows of two axes, a bias along the last": {
    isRaw: true,
    rowShape: [2, 3],
    options: { shape: ["rows", 2, 3] },
    make: (file, x) => {
      const scaled = file.node("Mul", [
        file.node("Add", [x, file.vector(draw(3))]),
        file.constant({ shape: [2, 1], data: draw(2) }),
      ]);
      return dense(file, file.node("Flatten", [scaled]), 6, 3);
    },
  },
  "inputs far from 0, by a little": {
    isRaw: true,
    shift: 20,
    make: (file, x) => dense(file, file.node("Sub", [x, number(file, 20)]), INPUTS, 3),
  },
};

const REFUSED: Readonly<Record<string, Case>> = {
  "an ELU of alpha -1": { make: between((file, z) => file.node("Elu", [z], { alpha: { float: -1 } })) },
  "a Clip from infinity": { make: between((file, z) => file.node("Clip", [z, number(file, Infinity)])) },
  "a Clip to minus infinity": { make: between((file, z) => file.node("Clip", [z, "", number(file, -Infinity)])) },
  "a Clip from 3.4e38": { make: between((file, z) => file.node("Clip", [z, number(file, 3.4e38)])) },
  "relu(6 - relu(z))": {
    make: between((file, z) => file.node("Relu", [file.node("Sub", [number(file, 6), file.node("Relu", [z])])])),
  },
  "min(relu(z), 6)": { make: between((file, z) => file.node("Min", [file.node("Relu", [z]), number(file, 6)])) },
  "z times z": { make: between((file, z) => file.node("Mul", [z, z])) },
  "z by z": { make: between((file, z) => file.node("Div", [z, z])) },
  "1 by z": { make: between((file, z) => file.node("Div", [number(file, 1), z])) },
  "|z|": { make: between((file, z) => file.node("Abs", [z])) },
  "GELU by tanh": { make: between((file, z) => file.node("Gelu", [z], { approximate: "tanh" })) },
  "softplus from a low threshold on": {
    make: between((file, z) =>
      file.node("Where", [file.node("Greater", [z, number(file, 2)]), z, file.node("Softplus", [z])]),
    ),
  },
  "softplus by a comparison with no number": {
    make: between((file, z) =>
      file.node("Where", [file.node("Less", [z, number(file, NaN)]), file.node("Softplus", [z]), z]),
    ),
  },
  "softplus where it is its argument": {
    make: between((file, z) =>
      file.node("Where", [file.node("Less", [z, number(file, 20)]), z, file.node("Softplus", [z])]),
    ),
  },
  "ELU with its pieces the other way round": {
    make: between((file, z) => {
      const elu = file.node("Elu", [z]);
      const other = file.node("Mul", [elu, number(file, 0.7)]);
      return file.node("Where", [file.node("Greater", [z, number(file, 0)]), other, z]);
    }),
  },
  "ELU's pieces at another place": {
    make: between((file, z) => {
      const elu = file.node("Mul", [file.node("Elu", [z]), number(file, 0.7)]);
      return file.node("Where", [file.node("Greater", [z, number(file, 0.5)]), z, elu]);
    }),
  },
  "one piece alone": {
    make: between((file, z) =>
      file.node("Mul", [z, file.node("Cast", [file.node("Greater", [z, number(file, 0)])], { to: FLOAT })]),
    ),
  },
  "two pieces of the same side": {
    make: between((file, z) => {
      const mask = file.node("Cast", [file.node("Greater", [z, number(file, 0)])], { to: FLOAT });
      return file.node("Add", [file.node("Mul", [z, mask]), file.node("Mul", [file.node("Elu", [z]), mask])]);
    }),
  },
  "a condition of three axes": {
    make: (file, z) => {
      const above = file.node("Greater", [z, file.constant({ shape: [1, 1, 1], data: [20] })]);
      return file.node("Where", [above, z, file.node("Softplus", [z])]);
    },
  },
  "a bias for each row": {
    make: (file, z) => file.node("Add", [z, file.constant({ shape: [ROWS, 5], data: draw(5 * ROWS) })]),
  },
  "a bias of one for each row": {
    make: (file, z) => file.node("Add", [z, file.constant({ shape: [ROWS, 1], data: draw(ROWS) })]),
  },
  "rows cut in two": { make: (file, z) => file.node("Reshape", [dense(file, z, 5, 4), int(file, -1, 2)]) },
  "rows put together": { make: (file, z) => file.node("Reshape", [dense(file, z, 5, 4), int(file, -1, 8)]) },
  "rows that become columns": { make: (file, z) => file.node("Transpose", [z]) },
  "everything in one row": { make: (file, z) => file.node("Flatten", [z], { axis: 0 }) },
  "a softmax over the rows": { make: (file, z) => file.node("Softmax", [z], { axis: 0 }) },
  "a layer behind a softmax": { make: (file, z) => dense(file, file.node("Softmax", [z]), 5, 2) },
  "two softmaxes": { make: (file, z) => file.node("Softmax", [file.node("Softmax", [z])]) },
  "a skip connection of the input": {
    make: (file, z) => file.node("Add", [dense(file, file.node("Relu", [z]), 5, 5), z]),
  },
  "a gate": {
    make: (file, z) => file.node("Mul", [dense(file, z, 5, 5), file.node("Sigmoid", [dense(file, z, 5, 5)])]),
  },
  maxout: { make: (file, z) => file.node("Max", [dense(file, z, 5, 5), dense(file, z, 5, 5)]) },
  "a sum of differing ReLUs": {
    make: (file, z) =>
      file.node("Add", [file.node("Relu", [z]), file.node("Relu", [file.node("Sub", [z, number(file, 0.5)])])]),
  },
  "a normalization of the batch itself": {
    options: { opset: 9 },
    make: (file, z) => {
      const four = [draw(5), draw(5), draw(5), [1, 2, 3, 4, 5]].map((each) => file.vector(each));
      return file.node("BatchNormalization", [z, ...four], {}, { more: ["mean", "variance", "m", "v"] });
    },
  },
  "a normalization without mean and variance": {
    make: (file, z) => file.node("BatchNormalization", [z, file.vector(draw(5)), file.vector(draw(5))]),
  },
  "weights of which some are dropped": {
    make: (file, z) => {
      const training = file.constant({ shape: [], data: [1], type: BOOL });
      const weights = file.constant({ shape: [5, 3], data: draw(15) });
      return file.node("MatMul", [z, file.node("Dropout", [weights, number(file, 0.5), training])]);
    },
  },
  "inputs so far from 0 that float32 can't tell them apart": {
    isRaw: true,
    shift: 1e6,
    make: (file, x) => dense(file, file.node("Sub", [x, number(file, 1e6)]), INPUTS, 3),
  },
  "an input that hardly varies": {
    isRaw: true,
    shift: 5,
    scale: 1e-7,
    make: (file, x) =>
      dense(file, file.node("Mul", [file.node("Sub", [x, number(file, 5)]), number(file, 1e7)]), INPUTS, 3),
  },
};

async function check({ make, options, rowShape = [INPUTS], isRaw, scale = 2, shift = 0 }: Case) {
  const inputs = rowShape.reduce((product, size) => product * size, 1);
  const file = new OnnxFile(inputs);
  const output = make(file, isRaw ? "x" : dense(file, "x", inputs, 5));
  const x = Float32Array.from(draw(ROWS * inputs), (each) => scale * each + shift);
  return readRightly({ bytes: file.bytes([output], options), x, shape: [ROWS, ...rowShape], output });
}

describe("graphs that are read", () => {
  test.each(Object.entries(READ))("%s", async (_name, given) => {
    expect(await check(given)).toBeDefined();
  });
});

describe("graphs that are refused", () => {
  test.each(Object.entries(REFUSED))("%s", async (_name, given) => {
    expect(await check(given)).toBeUndefined();
  });
});
