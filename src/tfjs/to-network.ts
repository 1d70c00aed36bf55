// A model of TensorFlow.js as a network of this package: made of its configuration and weights, and held against what
// the model itself predicts, so that a class of the caller's own under a known name is not taken for what it is not.
import { compiledLoss } from "./loss.js";
import { checkModel, LiveChain, type LiveWeights } from "./live-chain.js";
import { type ModelRows, takeSpaced } from "./rows.js";
import type { Model, Tensor, TensorFlow } from "./tensorflow.js";
import { RelumineError } from "../core/errors.js";
import type { Matrix } from "../core/matrix.js";
import { mulberry32 } from "../core/random.js";
import { chainOfHeaded, type Head, type ReadChain } from "../models/chain/head.js";
import { networkOfLayers, specOfChain } from "../models/chain/network.js";
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
/** Between float32 sums of other orders, on GPUs of half precision too. */
const TOLERANCE = 0.01;

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

/** What a network predicts as the model's head would give it. */
function expectedOf(network: Network, head: Head, rows: Matrix): Float32Array {
  const { data } = network.predict(rows);
  return head === "logSoftmax" ? data.map(Math.log) : data;
}

/** @throws RelumineError "unsupported" where the network does not compute what the model does */
async function checkSame(tf: TensorFlow, { live, chain, network }: Twin, rows: Matrix): Promise<void> {
  const given = await predict(tf, live.model, rows);
  const expected = expectedOf(network, chain.head, rows);
  const scale = given.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  const worst = given.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i])), 0);
  if (given.length === expected.length && worst <= TOLERANCE * scale) return; // NaN is no number within it
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

/**
 * The network of a model, to be disposed of.
 * @param x rows on which it is held against the model
 */
export async function makeTwin(
  tf: TensorFlow,
  given: unknown,
  { loss, ...runtime }: ToNetworkOptions = {},
  x?: ModelRows,
): Promise<Twin> {
  const live = new LiveChain(checkModel(tf, given));
  const weights = await live.weights();
  const chain = chainOfHeaded(live.value(weights));
  const { inputs } = chain.layers[0];
  const rows = x === undefined ? drawRows(inputs) : await takeSpaced(tf, "x", x, inputs, CHECKED_ROWS);
  const spec = specOfChain(chain, loss, compiledLoss(live.model));
  const network = await networkOfLayers(spec, chain.layers, runtime);
  try {
    const twin = { live, weights, chain, network };
    await checkSame(tf, twin, rows);
    return twin;
  } catch (error) {
    network.dispose();
    throw error;
  }
}
