// Rows and targets that are tensors, or what the package takes itself.
import { isTensor, type Tensor, type TensorFlow } from "./tensorflow.js";
import { productOf } from "../arrays/numbers.js";
import { RelumineError } from "../core/errors.js";
import { type Matrix, type Samples, takeSamples, denseRows, toSomeSamples } from "../core/matrix.js";
import type { Targets } from "../network/data.js";

/** Rows of a model's inputs: a tensor whose first axis counts rows, or samples as the package takes them. */
export type ModelRows = Tensor | Samples;
/** As `fit` of TensorFlow.js takes them, or as the package does. */
export type ModelTargets = Tensor | Targets;

/** The numbers of a tensor, not copied where they are float32 already. */
export async function numbersOf(tensor: Tensor): Promise<Float32Array> {
  const data = await tensor.data();
  return data instanceof Float32Array ? data : Float32Array.from(data);
}

/** @throws RelumineError "disposed" */
export function checkKept(path: string, { isDisposed }: Tensor): void {
  if (isDisposed) throw new RelumineError("disposed", path, "to be a tensor that is kept", "one that was disposed of");
}

function widthOf(path: string, tensor: Tensor, columns: number): number {
  const { shape, dtype } = tensor;
  checkKept(path, tensor);
  const [rows, ...sizes] = shape;
  const width = productOf(sizes);
  if (dtype === "string" || dtype === "complex64")
    throw new RelumineError("value", path, "to be a tensor of numbers", dtype);
  if (sizes.length > 0 && rows > 0 && width === columns) return width;
  throw new RelumineError(
    "shape",
    path,
    `to have rows of ${columns} numbers`,
    `a tensor of shape [${shape.join(", ")}]`,
  );
}

/**
 * Rows that a network takes: those of more axes as a Flatten layer lays them.
 * @throws RelumineError "shape" or "value"
 */
export async function toSamples(path: string, x: ModelRows, columns: number): Promise<Samples> {
  if (!isTensor(x)) return x;
  const width = widthOf(path, x, columns);
  return { rows: x.shape[0], columns: width, data: await numbersOf(x) };
}

/** Indices of so many of the rows, evenly apart; of all where there are no more. */
function spaced(rows: number, count: number): Int32Array {
  return Int32Array.from({ length: Math.min(rows, count) }, (_, i) => Math.floor((i * rows) / Math.min(rows, count)));
}

/** At most so many rows, evenly apart, copied; of a tensor no others are read. */
export async function takeSpaced(
  tf: TensorFlow,
  path: string,
  x: ModelRows,
  columns: number,
  count: number,
): Promise<Matrix> {
  if (!isTensor(x)) {
    const samples = toSomeSamples(path, x, columns);
    return denseRows(takeSamples(samples, spaced(samples.rows, count)));
  }
  widthOf(path, x, columns);
  const indices = spaced(x.shape[0], count);
  const taken = tf.tidy(() => tf.gather(x, tf.tensor(indices, [indices.length], "int32")));
  try {
    const data = (await numbersOf(taken)).slice();
    return toSomeSamples(path, { rows: indices.length, columns, data }, columns) as Matrix;
  } finally {
    taken.dispose();
  }
}

/** One column is labels, or one number a row. */
export async function toTargets(path: string, y: ModelTargets): Promise<Targets> {
  if (!isTensor(y)) return y;
  checkKept(path, y);
  const shape: readonly number[] = y.shape;
  if (shape.length < 1 || shape.length > 2)
    throw new RelumineError("shape", path, "to have one or two axes", `a tensor of shape [${shape.join(", ")}]`);
  const data = await numbersOf(y);
  return shape.length === 1 || shape[1] === 1 ? data : { rows: shape[0], columns: shape[1]!, data };
}
