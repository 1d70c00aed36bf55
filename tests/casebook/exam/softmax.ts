// S: a softmax over one unit, which is always 1.
import { times } from "../case.js";
import { bothStandardized, breastCancer, classes, curve, type Data, draws, inputsStandardized, sums } from "./data.js";
import {
  absolute,
  binary,
  byAdam,
  byRms,
  entropy,
  lastLayer,
  linear,
  N,
  oneUnit,
  plain,
  type Program,
  relu,
  says,
  sigmoid,
  softmax,
  squared,
  tanh,
  U,
} from "./program.js";

const XOR: Data = {
  x: [
    [1, 1],
    [0, 0],
    [1, 0],
    [0, 1],
    [1, 1],
    [0, 0],
  ],
  y: [0, 0, 1, 1, 0, 0],
};

const volumes = (seed: number): Data => {
  const { whole } = draws(seed);
  return curve(
    times(1000, () => whole(15_000, 25_000)),
    (value) => Number(value < 20_000),
  );
};

const prices = (seed: number): Data => {
  const { between } = draws(seed);
  const x = times(1000, () => times(3, () => between(0, 10_000)));
  return { x, y: x.map(([a, b, c]) => [2 * a + b + c / 2 + 2.2]) };
};

export const SOFTMAX: readonly Program[] = [
  {
    post: 31880720,
    note: "rows of ones and rows of zeros, a tenth of them. Mended: sigmoid",
    answers: [oneUnit],
    A: "00011",
    B: "10111",
    faulty: {
      layers: [relu(128), relu(50), softmax(1)],
      loss: binary,
      data: () => ({ x: times(2000, (row) => times(128, () => row % 2)), y: times(2000, (row) => row % 2) }),
      optimizer: byRms(),
      batchSize: 24,
      epochs: 5,
    },
    repair: { layers: [relu(128), relu(50), sigmoid(1)] },
    bar: 0.99,
  },
  {
    post: 33969059,
    note: "a regression, also not scaled; 1000 rows. Mended: linear, inputs and targets standardized",
    answers: [oneUnit],
    A: "00001",
    B: "00100",
    faulty: {
      layers: [tanh(3, U), tanh(2, U), softmax(1, U)],
      loss: squared,
      data: prices,
      optimizer: plain(0.1, 0.9, true),
      epochs: 20,
    },
    repair: {
      layers: [tanh(3, U), tanh(2, U), linear(1, U)],
      data: (seed) => bothStandardized(prices(seed)),
    },
    bar: 0.9,
  },
  {
    post: 34311586,
    note: "XOR. Mended: sigmoid, binary cross-entropy, eight hidden units each, Adam .05, 1000 epochs",
    answers: [oneUnit],
    A: "00111",
    B: "10100",
    faulty: {
      layers: [sigmoid(2, U), sigmoid(3, U), softmax(1, U)],
      loss: squared,
      data: () => XOR,
      optimizer: plain(0.001, 0.9),
      epochs: 20,
    },
    repair: {
      layers: [sigmoid(8), sigmoid(8), sigmoid(1)],
      loss: binary,
      optimizer: byAdam(0.05),
      epochs: 1000,
    },
    bar: 0.99,
  },
  {
    post: 45337371,
    note: "1000 rows, labels by their sum. Mended: sigmoid, 30 epochs",
    answers: [oneUnit],
    A: "00011",
    faulty: {
      layers: [relu(60), relu(50), softmax(1)],
      loss: binary,
      data: (seed) => {
        const { uniform } = draws(seed);
        const x = times(1000, () => times(5, uniform));
        return { x, y: x.map((row) => Number(row.reduce((sum, value) => sum + value) > 2.5)) };
      },
      optimizer: byAdam(),
    },
    repair: { layers: [relu(60), relu(50), sigmoid(1)], epochs: 30 },
    bar: 0.95,
  },
  {
    post: 45442843,
    note:
      "1000 rows. The labels say loss, optimizer, activation, epochs; the post's answer: normalise. Mended: all of " +
      "them but the epochs",
    answers: [oneUnit, lastLayer, says("unscaledInputs", "uncenteredInputs")],
    A: "10010",
    B: "00000",
    faulty: {
      layers: [sigmoid(1, N), softmax(1, N)],
      loss: absolute,
      data: volumes,
      optimizer: byRms(),
      batchSize: 200,
      epochs: 100,
    },
    repair: {
      layers: [sigmoid(1, N), sigmoid(1, N)],
      loss: binary,
      data: (seed) => inputsStandardized(volumes(seed)),
      optimizer: byAdam(0.05),
    },
    bar: 0.95,
  },
  {
    post: 54738769,
    note: "a regression. Mended: linear, inputs and targets standardized, 200 epochs",
    answers: [oneUnit],
    B: "01100",
    faulty: {
      layers: [tanh(18), relu(36), relu(72), relu(72), relu(32), relu(16), softmax(1)],
      loss: squared,
      data: (seed) => sums(seed, 100, 18, 1),
      optimizer: byAdam(),
      batchSize: 35,
      epochs: 100,
    },
    repair: {
      layers: [tanh(18), relu(36), relu(72), relu(72), relu(32), relu(16), linear(1)],
      data: (seed) => bothStandardized(sums(seed, 100, 18, 1)),
      epochs: 200,
    },
    bar: 0.9,
  },
  {
    post: 56218256,
    note: "500 columns instead of 19 900. Mended: sigmoid, binary cross-entropy, batches of 100, 5 epochs",
    answers: [oneUnit],
    B: "01001",
    faulty: {
      layers: [relu(1000), relu(64), relu(32), softmax(1)],
      loss: entropy,
      data: (seed) => classes(seed, 1000, 500, 2),
      optimizer: byAdam(),
      batchSize: 1000,
    },
    repair: { layers: [relu(1000), relu(64), relu(32), sigmoid(1)], loss: binary, batchSize: 100, epochs: 5 },
    bar: 0.9,
  },
  {
    post: 57397440,
    note: "standardized, in place of the batch norm, which is left out. Mended: sigmoid, 30 epochs",
    answers: [oneUnit],
    B: "00101",
    faulty: {
      layers: [relu(30), relu(60), softmax(1)],
      loss: binary,
      data: () => inputsStandardized(breastCancer()),
      optimizer: byAdam(),
      epochs: 6,
    },
    repair: { layers: [relu(30), relu(60), sigmoid(1)], epochs: 30 },
    bar: 0.97,
  },
  {
    post: 58055105,
    note: "Mended: sigmoid, rate 1e-3",
    answers: [oneUnit],
    B: "01001",
    faulty: {
      layers: [relu(48), softmax(1)],
      loss: binary,
      data: (seed) => classes(seed, 1000, 22, 2),
      optimizer: byAdam(1e-4),
      batchSize: 5,
      epochs: 20,
    },
    repair: { layers: [relu(48), sigmoid(1)], optimizer: byAdam() },
    bar: 0.8,
  },
  {
    post: 66087653,
    note: "ten rows of 150 through one layer of 32: here a layer of 320 without shared weights. Mended: sigmoid, batches of 20, 5 epochs",
    answers: [oneUnit],
    B: "00101",
    faulty: {
      layers: [relu(320), relu(128), relu(128), softmax(1)],
      loss: binary,
      data: (seed) => classes(seed, 1000, 1500, 2),
      optimizer: byAdam(),
      batchSize: 2,
    },
    repair: { layers: [relu(320), relu(128), relu(128), sigmoid(1)], batchSize: 20, epochs: 5 },
    bar: 0.9,
  },
  {
    post: 66407123,
    note: "Mended: sigmoid, rate .1",
    answers: [oneUnit],
    B: "11101",
    faulty: {
      layers: [relu(32), relu(32), softmax(1)],
      loss: binary,
      data: (seed) => classes(seed, 1000, 5, 2),
      optimizer: plain(),
      batchSize: 64,
      epochs: 100,
    },
    repair: { layers: [relu(32), relu(32), sigmoid(1)], optimizer: plain(0.1) },
    bar: 0.8,
  },
  {
    post: 68751439,
    note: "Mended: sigmoid, binary cross-entropy",
    answers: [oneUnit],
    B: "11011",
    faulty: {
      layers: [relu(64), relu(128), relu(64), softmax(1)],
      loss: entropy,
      data: (seed) => classes(seed, 100, 14, 2),
      optimizer: byAdam(),
      epochs: 100,
    },
    repair: { layers: [relu(64), relu(128), relu(64), sigmoid(1)], loss: binary },
    bar: 0.9,
  },
];
