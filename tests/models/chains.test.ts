// Random chains as files of ONNX, run by onnxruntime-web: what is read gives the same outputs, hidden activations and
// dead units; what is refused is refused as unsupported. The pieces are what exporters write, and what the format
// allows besides.
import { describe, expect, test } from "vitest";
import { forward } from "../reference/network.js";
import { OnnxFile } from "../support/onnx-file.js";
import { toReference } from "../support/networks.js";
import { integer, seededRandom } from "../support/random.js";
import { seedOfRun } from "../support/seed.js";
import { expectNear, readRightly, runOnnx } from "./run-onnx.js";

const SEED = seedOfRun();
const CHAINS = 200;
const ROWS = 40;

type Random = () => number;

/** Signed, away from 0. */
const some = (random: Random): number => Math.fround((random() < 0.5 ? -1 : 1) * (0.3 + random()));
const pick = <T>(random: Random, list: readonly T[]): T => list[Math.floor(random() * list.length)];
const numbers = (random: Random, length: number): Float32Array => Float32Array.from({ length }, () => some(random));

/** A number for all units, or one for each, in a shape that is broadcast. */
function vector(file: OnnxFile, random: Random, units: number): string {
  const kind = integer(random, 0, 3);
  if (kind === 0) return file.constant(some(random));
  if (kind === 1) return file.constant({ shape: [1], data: [some(random)] });
  const data = numbers(random, units);
  return file.constant({ shape: kind === 2 ? [units] : [1, units], data });
}

type Piece = (file: OnnxFile, value: string, units: number, random: Random) => string;

const AFFINE: readonly Piece[] = [
  (file, value, units, random) => file.node("Add", [value, vector(file, random, units)]),
  (file, value, units, random) => file.node("Add", [vector(file, random, units), value]),
  (file, value, units, random) => file.node("Sub", [value, vector(file, random, units)]),
  (file, value, units, random) => file.node("Sub", [vector(file, random, units), value]),
  (file, value, units, random) => file.node("Mul", [value, vector(file, random, units)]),
  (file, value, units, random) => file.node("Div", [value, vector(file, random, units)]),
  (file, value) => file.node("Neg", [value]),
  (file, value) => file.node("Identity", [value]),
  (file, value, units, random) => {
    const [gamma, beta, mean] = [0, 1, 2].map(() => file.vector(numbers(random, units)));
    const variance = file.vector(numbers(random, units).map((each) => each * each));
    return file.node("BatchNormalization", [value, gamma, beta, mean, variance], { epsilon: { float: 0.01 } });
  },
  (file, value, units) => file.node("Reshape", [value, file.constant({ shape: [2], data: [-1, units], type: 7 })]),
  (file, value) => {
    const axes = file.constant({ shape: [1], data: [1], type: 7 });
    return file.node("Squeeze", [file.node("Unsqueeze", [value, axes]), axes]);
  },
  // a unit or two that are nothing any more
  (file, value, units, random) =>
    file.node("Mul", [value, file.vector(numbers(random, units).map((each) => (random() < 0.2 ? 0 : each)))]),
];

const half = (file: OnnxFile) => file.constant(0.5);
const relu: Piece = (file, value) => file.node("Relu", [value]);

const ACTIVATIONS: readonly Piece[] = [
  relu,
  relu,
  relu,
  (file, value, _units, random) =>
    file.node("LeakyRelu", [value], { alpha: { float: pick(random, [0.01, 0.3, 0, -0.2]) } }),
  (file, value, units, random) => file.node("PRelu", [value, vector(file, random, units)]),
  (file, value, _units, random) => file.node("Elu", [value], { alpha: { float: pick(random, [1, 0.4, 2]) } }),
  (file, value) => file.node("Selu", [value]),
  (file, value) => file.node("Gelu", [value]),
  (file, value) => file.node("Sigmoid", [value]),
  (file, value) => file.node("Tanh", [value]),
  (file, value) => file.node("Softplus", [value]),
  (file, value) => file.node("Clip", [value, file.constant(0)]),
  (file, value) => file.node("Max", [value, file.constant(0)]),
  (file, value) => file.node("Neg", [file.node("Min", [file.node("Neg", [value]), file.constant(0)])]),
  // Max(z, a z), also of others than leaky ones
  (file, value, units, random) => {
    const other = file.node("Mul", [value, vector(file, random, units)]);
    return file.node(pick(random, ["Max", "Min"]), random() < 0.5 ? [value, other] : [other, value]);
  },
  (file, value, units, random) => {
    const turned = file.node("Add", [
      file.node("Mul", [value, vector(file, random, units)]),
      vector(file, random, units),
    ]);
    return file.node("Max", [value, turned]);
  },
  // PReLU of two ReLUs, as tf2onnx writes it
  (file, value, units, random) => {
    const below = file.node("Relu", [file.node("Neg", [value])]);
    return file.node("Add", [file.node("Relu", [value]), file.node("Mul", [below, vector(file, random, units)])]);
  },
  // two ReLUs of any scales, at one place or at two
  (file, value, units, random) => {
    const scaled = file.node("Mul", [value, vector(file, random, units)]);
    const one = file.node("Mul", [file.node("Relu", [scaled]), vector(file, random, units)]);
    return file.node(pick(random, ["Add", "Sub"]), [one, file.node("Relu", [value])]);
  },
  (file, value, units, random) =>
    file.node("Add", [file.node("Relu", [value]), file.node("Mul", [value, vector(file, random, units)])]),
  (file, value, _units, random) => {
    const sigmoid = file.node("Sigmoid", [value]);
    return file.node("Mul", random() < 0.5 ? [value, sigmoid] : [sigmoid, value]);
  },
  (file, value) => {
    const erf = file.node("Erf", [file.node("Div", [value, file.constant(Math.SQRT2)])]);
    return file.node("Mul", [half(file), file.node("Mul", [value, file.node("Add", [erf, file.constant(1)])])]);
  },
  (file, value) => {
    const erf = file.node("Erf", [file.node("Mul", [value, file.constant(Math.SQRT1_2)])]);
    const gate = file.node("Add", [file.node("Mul", [erf, half(file)]), half(file)]);
    return file.node("Mul", [gate, value]);
  },
  (file, value) => {
    const gate = file.node("Sub", [
      file.constant(1),
      file.node("Erf", [file.node("Mul", [value, file.constant(-Math.SQRT1_2)])]),
    ]);
    return file.node("Mul", [file.node("Mul", [value, half(file)]), gate]);
  },
  (file, value, _units, random) => {
    const beta = file.constant(pick(random, [1, 2, 0.5]));
    const scaled = file.node("Mul", [value, beta]);
    const soft = file.node("Div", [file.node("Softplus", [scaled]), beta]);
    return file.node("Where", [file.node("Greater", [scaled, file.constant(20)]), value, soft]);
  },
];

function dense(file: OnnxFile, value: string, inputs: number, units: number, random: Random): string {
  const data = numbers(random, inputs * units).map((each) => each / Math.sqrt(inputs));
  const kind = integer(random, 0, 3);
  if (kind < 2) {
    const product = file.node("MatMul", [value, file.constant({ shape: [inputs, units], data })]);
    return kind === 0 ? product : file.node("Add", [product, file.vector(numbers(random, units))]);
  }
  const isTurned = kind === 3;
  const weights = file.constant({ shape: isTurned ? [units, inputs] : [inputs, units], data });
  const bias = random() < 0.7 ? [file.vector(numbers(random, units))] : [];
  const [alpha, beta] = random() < 0.5 ? [1, 1] : numbers(random, 2);
  const attributes = { transB: Number(isTurned), alpha: { float: alpha }, beta: { float: beta } };
  return file.node("Gemm", [value, weights, ...bias], attributes);
}

interface Chain {
  readonly file: OnnxFile;
  readonly output: string;
  /** What ReLUs give, by the number of the dense layer before them. */
  readonly relus: ReadonlyMap<number, string>;
}

function chain(random: Random): Chain {
  const inputs = integer(random, 1, 5);
  const file = new OnnxFile(inputs);
  let [value, size] = ["x", inputs];
  const some = (most: number): void => {
    for (let count = integer(random, 0, most); count > 0; count--)
      value = pick(random, AFFINE)(file, value, size, random);
  };
  const relus = new Map<number, string>();
  const layers = integer(random, 1, 4);
  for (let layer = 0; layer < layers; layer++) {
    some(2);
    const units = integer(random, 1, 6);
    value = dense(file, value, size, units, random);
    size = units;
    some(2);
    if (layer === layers - 1 && random() < 0.8) break;
    const activation = pick(random, ACTIVATIONS);
    value = activation(file, value, size, random);
    if (activation === relu) relus.set(layer, value);
  }
  some(1);
  const head = integer(random, 0, 5);
  if (head === 0 && size > 1) value = file.node("Softmax", [value], { axis: 1 });
  if (head === 1) value = file.node("Sigmoid", [value]);
  return { file, output: value, relus };
}

/** Whether it was read; what was is right. */
async function isRead({ file, output, relus }: Chain, random: Random): Promise<boolean> {
  const x = Float32Array.from({ length: ROWS * file.inputs }, () => 3 * (2 * random() - 1));
  const shape = [ROWS, file.inputs];
  const model = await readRightly({ bytes: file.bytes([output]), x, shape, output }, async (network) => {
    const truth = await runOnnx(file.bytes([output, ...relus.values()]), x, shape);
    const rows = Array.from({ length: ROWS }, (_, row) => [...x.subarray(row * file.inputs, (row + 1) * file.inputs)]);
    const hidden = forward(toReference(network), rows);
    for (const [layer, name] of relus) {
      expect(network.layers[layer].activation.name).toBe("relu");
      expectNear(hidden[layer].a.flat(), truth.get(name)!);
    }
  });
  return model !== undefined;
}

test("the comparison sees a wrong number", async () => {
  const { file, output } = chain(seededRandom(1));
  const x = new Float32Array(file.inputs).fill(0.5);
  const truth = (await runOnnx(file.bytes([output]), x, [1, file.inputs])).get(output)!;
  expectNear(truth, truth);
  expect(() =>
    expectNear(
      truth.map((each) => each + 2e-4 * Math.max(1, Math.abs(each))),
      truth,
    ),
  ).toThrow();
});

describe("random chains", () => {
  test(`${CHAINS} of them, from the seed ${SEED}`, async () => {
    let read = 0;
    for (let index = 0; index < CHAINS; index++) {
      const random = seededRandom(SEED + index);
      const made = chain(random);
      const isOne = await isRead(made, random).catch((error: unknown) => {
        throw new Error(`the chain of the seed ${SEED + index}`, { cause: error });
      });
      if (isOne) read++;
    }
    expect(read).toBeGreaterThan(CHAINS / 2);
  });
});
