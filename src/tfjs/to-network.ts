// A model of TensorFlow.js as a network of this package: made of its configuration and weights, and held against what
// the model itself predicts. Probabilities are compared as logits, where no head hides a difference.
import { compiledLoss } from "./loss.js";
import { checkOwn } from "./own-classes.js";
import { checkModel, LiveChain, type LiveWeights } from "./live-chain.js";
import { type ModelRows, takeSpaced } from "./rows.js";
import type { Model, Tensor, TensorFlow } from "./tensorflow.js";
import { RelumineError } from "../core/errors.js";
import type { Matrix } from "../core/matrix.js";
import { mulberry32 } from "../core/random.js";
import { chainOfHeaded, type Head, type ReadChain } from "../models/chain/head.js";
import { networkOfLayers, fitChain } from "../models/chain/network.js";
import type { Loss, LossSpec } from "../network/losses.js";
import type { Network } from "../network/types.js";
import { formatNumber } from "../text/numbers.js";
import type { RuntimeOptions } from "../wasm/runtime.js";

/** Options of `toNetwork`. */
export interface ToNetworkOptions extends RuntimeOptions {
  /** Instead of the one that the model was compiled with, or that suits its last activation. */
  readonly loss?: Loss | LossSpec;
}

/** A network beside the model that it was made of. */
export interface Twin {
  readonly live: LiveChain;
  /** The model's weights of which it was made. */
  readonly weights: LiveWeights;
  readonly chain: ReadChain;
  readonly network: Network;
}

const CHECKED_ROWS = 16;
/** Of how far outputs spread: float32 sums of other orders differ by less, on GPUs of half precision too. */
const TOLERANCE = 0.01;
/** Of the largest output: a half's own precision. */
const ROUNDING = 1e-3;
/** Log-probabilities, of probabilities that are halves, are known as well as this; numbers without a head better. */
const LEAST = { probabilities: 1e-3, numbers: 1e-6 };
/** Log-probabilities and logits from which on probabilities of float32 tell nothing more. */
const MOST_LOG = { softmax: 60, sigmoid: 8 };

/** What the model's predict gives for the rows, flat. */
async function predict(tf: TensorFlow, model: Model, { rows, data }: Matrix): Promise<Float32Array> {
  const shape = model.inputs[0].shape.slice(1) as number[];
  const output = tf.tidy(() => model.predict(tf.tensor(data, [rows, ...shape]), { batchSize: rows }) as Tensor);
  try {
    return (await output.data()) as Float32Array;
  } finally {
    output.dispose();
  }
}

const clip = (value: number, most: number): number => Math.min(most, Math.max(-most, value));

/** log softmax of each row, in float64. */
function logSoftmax({ columns, data }: Matrix): Float64Array {
  const result = Float64Array.from(data);
  for (let start = 0; start < data.length; start += columns) {
    const row = result.subarray(start, start + columns);
    const most = row.reduce((a, b) => Math.max(a, b), -Infinity);
    const rest = Math.log(row.reduce((sum, value) => sum + Math.exp(value - most), 0));
    row.forEach((value, i) => (row[i] = value - most - rest));
  }
  return result;
}

/** A head's outputs as logits, or log-probabilities. */
function unhead(head: Head, outputs: Float32Array): Float64Array {
  if (head === "softmax") return Float64Array.from(outputs, (value) => Math.max(Math.log(value), -MOST_LOG.softmax));
  if (head !== "sigmoid") return Float64Array.from(outputs);
  return Float64Array.from(outputs, (value) => clip(Math.log(value) - Math.log1p(-value), MOST_LOG.sigmoid));
}

/** The same of what a network's last layer gives; its loss may have left the head to that. */
function unheadedOf(head: Head, network: Network, rows: Matrix): Float64Array {
  if (network.layers.at(-1)!.activation.name === head) return unhead(head, network.predict(rows).data);
  const logits = network.predict(rows, { logits: true });
  if (head === "logSoftmax") return logSoftmax(logits);
  if (head === "softmax") return logSoftmax(logits).map((value) => Math.max(value, -MOST_LOG.softmax));
  return Float64Array.from(logits.data, (value) => (head === "sigmoid" ? clip(value, MOST_LOG.sigmoid) : value));
}

/** How far numbers lie from their mean at most. */
function spreadOf(numbers: Float64Array): number {
  const mean = numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
  return numbers.reduce((most, value) => Math.max(most, Math.abs(value - mean)), 0);
}

/** How far outputs that are the same may differ. */
function allowedOf(head: Head, outputs: Float64Array): number {
  if (head !== "none") return TOLERANCE * spreadOf(outputs) + LEAST.probabilities;
  const largest = outputs.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return Math.max(TOLERANCE * spreadOf(outputs), ROUNDING * largest) + LEAST.numbers;
}

/** @throws RelumineError "unsupported" where the network does not compute what the model does */
async function checkSame(tf: TensorFlow, { live, chain: { head }, network }: Twin, rows: Matrix): Promise<void> {
  const given = unhead(head, await predict(tf, live.model, rows));
  const expected = unheadedOf(head, network, rows);
  const worst = given.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i])), 0);
  if (given.length === expected.length && worst <= allowedOf(head, expected)) return; // NaN is no number within it
  throw new RelumineError(
    "unsupported",
    "model",
    "to compute what its layers say",
    `outputs that differ from theirs by ${formatNumber(worst)}`,
    "Has it layers of classes of its own, under names of TensorFlow.js?",
  );
}

/** Rows in the range of usual data, where the caller gave none. */
function drawRows(columns: number): Matrix {
  const random = mulberry32(1);
  return {
    rows: CHECKED_ROWS,
    columns,
    data: Float32Array.from({ length: CHECKED_ROWS * columns }, () => 2 * random() - 1),
  };
}

/** A model that is a chain of dense layers, with its weights. */
export type ReadTwin = Omit<Twin, "network">;

/** @throws RelumineError "unsupported" for what is no chain of dense layers */
export async function readTwin(tf: TensorFlow, model: Model): Promise<ReadTwin> {
  const live = new LiveChain(model);
  checkOwn(tf, live.chained);
  const weights = await live.weights();
  const chain = chainOfHeaded(live.value(weights));
  live.checkStructure(weights, chain.layers);
  return { live, weights, chain };
}

/**
 * The network of a model, to be disposed of.
 * @param x rows on which it is held against the model
 */
export async function twinOf(
  tf: TensorFlow,
  read: ReadTwin,
  { loss, ...runtime }: ToNetworkOptions = {},
  x?: ModelRows,
): Promise<Twin> {
  const { live, chain } = read;
  const { inputs } = chain.layers[0];
  const rows = x === undefined ? drawRows(inputs) : await takeSpaced(tf, "x", x, inputs, CHECKED_ROWS);
  const { spec, layers } = fitChain(chain, loss, compiledLoss(live.model));
  const network = await networkOfLayers(spec, layers, runtime);
  try {
    const twin = { ...read, network };
    await checkSame(tf, twin, rows);
    return twin;
  } catch (error) {
    network.dispose();
    throw error;
  }
}

/** readTwin and twinOf. */
export async function makeTwin(
  tf: TensorFlow,
  given: unknown,
  options: ToNetworkOptions = {},
  x?: ModelRows,
): Promise<Twin> {
  return twinOf(tf, await readTwin(tf, checkModel(tf, given)), options, x);
}
