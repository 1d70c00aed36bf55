// Claim 5: without activations a network is a linear regression. A deep linear network against one matrix and against
// least squares.
import type { Experiment, Judgement } from "../claim.js";
import type { DigitRuns } from "../digit-runs.js";
import { fitLinear, type LinearFit, predictLinear } from "../least-squares.js";
import { figure, short } from "../figure-text.js";
import { type Spread, spread } from "../../../core/statistics.js";
import { formatNumber, formatPercent } from "../../../text/numbers.js";
import { denseRows } from "../../../core/matrix.js";
import type { ActivationName, Matrix, Network } from "../../../index.js";

const HIDDEN = [64, 64];
const EPOCHS = 40;
const FIRST_RATE = 3e-3,
  LAST_RATE = 1e-5;
/**
 * Largest difference between the network and its one matrix that float32 explains: a few hundred roundings of outputs
 * about 1.
 */
const ROUNDING = 1e-4;
/** The network's training loss may lie so far above the least one: training ends some time. */
const CLOSE = 1.05;

export interface LinearRepeat {
  /** Largest difference of any output between the deep network and the product of its kernels. */
  readonly collapse: number;
  /** Mean squared errors on the training rows. */
  readonly leastLoss: number;
  readonly deepLoss: number;
  readonly reluLoss: number;
  /** 1 - (differences of the predictions on the held-out rows)² / (spread of those of least squares)² */
  readonly agreement: number;
  /** Held-out digits that are right. */
  readonly leastAccuracy: number;
  readonly deepAccuracy: number;
  readonly reluAccuracy: number;
}
export type LinearFigures = readonly LinearRepeat[];

function oneHot(labels: readonly number[]): Matrix {
  const data = new Float32Array(labels.length * 10);
  labels.forEach((label, row) => (data[row * 10 + label] = 1));
  return { rows: labels.length, columns: 10, data };
}

async function train(digits: DigitRuns, activation: ActivationName, seed: number, y: Matrix): Promise<Network> {
  const { createNetwork, adam } = digits.library;
  await digits.pause(`${activation} network on squared error, seed ${seed}`);
  const network = await createNetwork({ ...digits.digitsSpec(HIDDEN, activation, seed), loss: "meanSquaredError" });
  const steps = EPOCHS * Math.ceil(y.rows / 32);
  const learningRate = (step: number): number => FIRST_RATE * (LAST_RATE / FIRST_RATE) ** (step / steps);
  await network.fit({ x: digits.training.x, y }, { epochs: EPOCHS, batchSize: 32, optimizer: adam(), learningRate });
  return network;
}

/** All layers multiplied out: one matrix and one constant, in float64. */
function collapse(network: Network): LinearFit {
  const inputs = network.layers[0].inputs;
  let rows = Array.from({ length: inputs + 1 }, (_, i) =>
    Float64Array.from({ length: inputs }, (_, j) => Number(i === j)),
  ); // what each input, and the constant, has become
  network.layers.forEach((layer) => {
    const { kernel, bias } = layer.getWeights();
    rows = rows.map((row, i) =>
      Float64Array.from({ length: layer.units }, (_, j) =>
        row.reduce((sum, value, k) => sum + value * kernel[k * layer.units + j], i === inputs ? bias[j] : 0),
      ),
    );
  });
  return Array.from({ length: rows[0].length }, (_, output) => Float64Array.from(rows, (row) => row[output]));
}

function meanSquared(a: Matrix, b: Matrix): number {
  return a.data.reduce((sum, value, i) => sum + (value - b.data[i]) ** 2, 0) / a.data.length;
}

function largestDifference(a: Matrix, b: Matrix): number {
  return a.data.reduce((most, value, i) => Math.max(most, Math.abs(value - b.data[i])), 0);
}

function accuracy({ columns, data }: Matrix, labels: readonly number[]): number {
  const right = labels.filter((label, row) => {
    const outputs = data.subarray(row * columns, (row + 1) * columns);
    return outputs.indexOf(Math.max(...outputs)) === label;
  });
  return right.length / labels.length;
}

function agreementOf(given: Matrix, expected: Matrix): number {
  const mean = expected.data.reduce((sum, value) => sum + value, 0) / expected.data.length;
  const variance = expected.data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / expected.data.length;
  return 1 - meanSquared(given, expected) / variance;
}

async function repeat(digits: DigitRuns, seed: number, y: Matrix, least: LinearFit): Promise<LinearRepeat> {
  const { training, heldOut } = digits;
  const [x, others] = [training.x, heldOut.x].map((rows) => denseRows(rows));
  using deep = await train(digits, "linear", seed, y);
  using relu = await train(digits, "relu", seed, y);
  const [ofLeast, ofDeep, ofRelu] = [predictLinear(least, others), deep.predict(others), relu.predict(others)];
  return {
    collapse: largestDifference(ofDeep, predictLinear(collapse(deep), others)),
    leastLoss: meanSquared(predictLinear(least, x), y),
    deepLoss: meanSquared(deep.predict(x), y),
    reluLoss: meanSquared(relu.predict(x), y),
    agreement: agreementOf(ofDeep, ofLeast),
    leastAccuracy: accuracy(ofLeast, heldOut.y),
    deepAccuracy: accuracy(ofDeep, heldOut.y),
    reluAccuracy: accuracy(ofRelu, heldOut.y),
  };
}

function over(repeats: LinearFigures, key: keyof LinearRepeat): Spread {
  return spread(repeats.map((one) => one[key]));
}

function judge(repeats: LinearFigures): Judgement {
  const excess = spread(repeats.map(({ deepLoss, leastLoss }) => deepLoss / leastLoss));
  const [deep, least, relu] = (["deepLoss", "leastLoss", "reluLoss"] as const).map((key) =>
    formatNumber(over(repeats, key).median),
  );
  const sentence =
    "Three layers without activations give what one matrix gives, to " +
    `${short(over(repeats, "collapse").high)}. Trained, their squared error is ${deep}, and least ` +
    `squares, which no linear map can beat, has ${least}; the predictions agree to ` +
    `${formatPercent(over(repeats, "agreement").median)} of their variance. The same layers with ` +
    `ReLU reach ${relu}.`;
  const isOneMatrix = over(repeats, "collapse").high <= ROUNDING;
  const beatsLeast = excess.low < 1 - 1e-4;
  if (!isOneMatrix || beatsLeast) return { verdict: "does not hold here", sentence };
  if (excess.high > CLOSE)
    return {
      verdict: "holds when it is trained to the end: here it stays a linear map, short of the best one",
      sentence,
    };
  return { verdict: "holds", sentence };
}

export const linear: Experiment<LinearFigures> = {
  claim: "Without activations a network is a linear regression",
  experiment:
    "Squared error on ten targets, one for each digit. A network 64-64-64-10 without activations " +
    `(Adam, ${EPOCHS} epochs) against the product of its own kernels, and against least squares in ` +
    "closed form; the same network with ReLU. It holds if the product gives the same outputs within " +
    "1e-4, and the training loss lies above the least one by no more than 5 %.",
  measure: async (digits) => {
    const y = oneHot(digits.training.y);
    const least = fitLinear(denseRows(digits.training.x), y);
    const repeats: LinearRepeat[] = [];
    for (const seed of digits.seeds) repeats.push(await repeat(digits, seed, y, least));
    return repeats;
  },
  judge,
  show: (repeats) => {
    const bar = (name: string, key: keyof LinearRepeat, isAccent = false) => {
      const { median, low, high } = over(repeats, key);
      return { name, value: median, low, high, isAccent };
    };
    return {
      figures: [
        figure("network less the product of its kernels, largest", over(repeats, "collapse")),
        figure("agreement with least squares, held-out rows", over(repeats, "agreement")),
        figure("least squares: training loss", over(repeats, "leastLoss")),
        figure("three layers without activations: training loss", over(repeats, "deepLoss")),
        figure("three layers with ReLU: training loss", over(repeats, "reluLoss")),
        figure("least squares: held-out accuracy", over(repeats, "leastAccuracy")),
        figure("three layers without activations: held-out accuracy", over(repeats, "deepAccuracy")),
        figure("three layers with ReLU: held-out accuracy", over(repeats, "reluAccuracy")),
      ],
      plots: [
        {
          kind: "bars",
          title: "Squared error on the training rows",
          axis: { label: "mean squared error" },
          bars: [
            bar("least squares", "leastLoss"),
            bar("three layers without activations", "deepLoss", true),
            bar("the same with ReLU", "reluLoss"),
          ],
        },
      ],
    };
  },
};
