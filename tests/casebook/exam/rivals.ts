// The rules of two tools that have sat the exam, short enough to run here: what they say is counted on the mended
// programs, of which nobody has published it.
import { asRows, columnsOf, type Data, mean } from "./data.js";
import type { Training } from "./program.js";
import type { History, Network } from "../../../src/index.js";
import { factsOf, nameOf } from "../../../src/network/losses.js";

/** What a judge may look at. */
export interface Trained extends Data {
  readonly training: Training;
  readonly network: Network;
  readonly history: History;
}

/**
 * UMLAUT (BerkeleyHCI/umlaut, umlaut/heuristics.py at 68c2a02). A softmax as the last layer's activation is taken for
 * the softmax layer that it asks for, after a linear one. Left out: whole numbers and NaN as inputs, dropout, and what
 * is asked of a validation set (there is none here).
 */
export function umlaut({ training, network, x }: Trained): string[] {
  const last = network.layers.at(-1)!.activation.name;
  const takesLogits = isEntropy(training) && factsOf(training.loss).from === "logits";
  const { learningRate } = training.optimizer;
  const found: Record<string, boolean> = {
    "input below -1 or above 1": x.some((row) => row.some((value) => value < -1 || value > 1)),
    "last layer not softmax": last !== "softmax" && !takesLogits,
    "last layer has an activation": last !== "softmax" && last !== "linear",
    "hidden layer linear": network.layers.slice(0, -1).some(({ activation }) => activation.name === "linear"),
    "learning rate above .01 or below 1e-7": learningRate > 0.01 || learningRate < 1e-7,
  };
  return Object.keys(found).filter((name) => found[name]);
}

const isEntropy = (training: Training) => /[eE]ntropy$/.test(nameOf(training.loss));

const GOOD_ACCURACY = 0.7; // Theta
const LITTLE_GAIN = 0.01; // delta
const SWING = 0.03; // zeta
const SWINGS = 0.2; // eta, of the epochs

/** By epoch; of numbers, whose accuracy Keras would count by equality, the share of the targets' spread. */
function accuraciesOf({ training, history, y }: Trained): number[] {
  const isSquared = nameOf(training.loss) === "meanSquaredError";
  const columns = columnsOf(asRows(y));
  const spread = mean(
    columns.map((values) => {
      const middle = mean(values);
      return mean(values.map((value) => (isSquared ? (value - middle) ** 2 : Math.abs(value - middle))));
    }),
  );
  return history.epochs.map(({ accuracy, loss }) => accuracy ?? Math.max(0, 1 - loss / spread));
}

function swings(accuracies: readonly number[]): number {
  const inner = accuracies.slice(1, -1).map((value, i) => ({ value, before: accuracies[i], after: accuracies[i + 2] }));
  const highs = inner.filter(({ value, before, after }) => value >= before && value >= after);
  const lows = inner.filter(({ value, before, after }) => value <= before && value <= after);
  return highs.slice(0, lows.length).filter(({ value }, i) => value - lows[i].value >= SWING).length;
}

const norm = (values: Float32Array) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));

/** Of a batch: its gradient's entries that are 0, and the size of the first kernel's beside the last one's. */
function gradientOf({ network, x, y, training }: Trained) {
  const rows = Math.min(x.length, training.batchSize ?? 32);
  const { layers } = network.gradients({ x: x.slice(0, rows), y: y.slice(0, rows) as Data["y"] });
  const blocks = layers.flatMap(({ kernel, bias }) => [kernel, bias]);
  const sizes = blocks.map(({ length }) => length);
  const zeros = blocks.map((block) => block.filter((value) => value === 0).length);
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const first = norm(layers[0].kernel);
  return {
    zeros: sum(zeros) / sum(sizes),
    first,
    ratio: first / norm(layers.at(-1)!.kernel),
    isFinite: blocks.every((block) => block.every(Number.isFinite)),
  };
}

/**
 * AutoTrainer (shiningrain/AUTOTRAINER, utils/monitor.py at 04f4033, with its default parameters), asked once, at the
 * end, and of the training rows, as there is no test set.
 */
export function autoTrainer(trained: Trained): string[] {
  const { epochs, stopped } = trained.history;
  const losses = epochs.map(({ loss }) => loss);
  const accuracies = accuraciesOf(trained);
  const gradient = gradientOf(trained);
  if (stopped === "diverged" || losses.some(Number.isNaN) || losses.at(-1)! >= 1e5 || !gradient.isFinite)
    return ["explode"];
  const hasGained = accuracies.some((value, i) => i > 0 && value - accuracies[i - 1] >= LITTLE_GAIN);
  if (Math.max(...accuracies) >= GOOD_ACCURACY && hasGained)
    return swings(accuracies) >= SWINGS * epochs.length ? ["unstable"] : [];
  if (gradient.zeros >= 0.7) return ["dying relu"];
  if (gradient.ratio > 70) return ["explode"];
  if (gradient.ratio < 1e-3 && gradient.first < 1e-4) return ["vanish"];
  return hasGained ? [] : ["not converging"];
}
