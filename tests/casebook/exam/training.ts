// T: the training, the data, the depth.
import { times } from "../case.js";
import { bothStandardized, classes, curve, type Data, digits, draws, images, oneHot, steps } from "./data.js";
import {
  absolute,
  binary,
  byAdam,
  byRms,
  elu,
  entropy,
  lastLayer,
  linear,
  N,
  plain,
  type Program,
  relu,
  says,
  sigmoid,
  softmax,
  squared,
} from "./program.js";

const tooFew = says("stillLearning", "stepsTooSmall");

const XOR: Data = {
  x: [
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ],
  y: [0, 1, 1, 0],
};

const bits = (value: number, count: number) => times(count, (bit) => Math.floor(value / 2 ** bit) % 2);

const bytes = (seed: number): Data => {
  const x = times(256, (value) => bits(value, 8));
  return { x, y: draws(seed).shuffle(x) };
};

const quintic = (): Data =>
  curve(
    steps(0, 0.05, 200),
    (v) => 0.05 * (15.728 * v - 7.2739 * v ** 2 + 1.4912 * v ** 3 - 0.13846 * v ** 4 + 0.0047436 * v ** 5),
  );

const patches = (seed: number): Data => {
  const { between } = draws(seed);
  return {
    x: times(400, (row) => times(2, () => (row % 2 === 0 ? between(0.2, 0.4) : between(0.5, 0.7)))),
    y: times(400, (row) => row % 2),
  };
};

const fives = (): Data => curve(steps(1, 1 / 99, 100), (value) => 5 * value);

const fourths = (): Data => curve(steps(-100, 0.5, 400), (value) => value ** 4);

const remainders = (rows: number): Data => ({
  x: times(rows, (value) => bits(value, 20)),
  y: times(rows, (value) => bits(value % 7, 20)),
});

const wholes = (seed: number): Data => {
  const { whole } = draws(seed);
  return { x: times(50, () => times(10, () => whole(50, 2000))), y: times(50, () => whole(600, 4000)) };
};

const ofLengthOne = (rows: number): Data => {
  const { x, y } = digits(rows);
  return {
    x: x.map((row) => {
      const length = Math.hypot(...row);
      return row.map((pixel) => pixel / length);
    }),
    y,
  };
};

export const TRAINING: readonly Program[] = [
  {
    post: 31556268,
    note: "XOR, the wrong loss, rate and optimizer, too few epochs. Mended: eight hidden units, binary cross-entropy, Adam .05",
    answers: [tooFew, lastLayer],
    A: "10011",
    faulty: {
      layers: [sigmoid(4), sigmoid(1)],
      loss: absolute,
      data: () => XOR,
      optimizer: plain(0.05, 0.11),
      batchSize: 4,
      epochs: 1000,
    },
    repair: { layers: [sigmoid(8), sigmoid(1)], loss: binary, optimizer: byAdam(0.05) },
    bar: 0.99,
  },
  {
    post: 39217567,
    note:
      "bytes to other bytes through sigmoids. Mended: relu, batches of 8, and Adam and width, without which nothing " +
      "tells them apart; 150 epochs",
    answers: [says("vanishingGradient", "stepsTooSmall")],
    A: "00001",
    faulty: {
      layers: [sigmoid(8, N), sigmoid(8, N), sigmoid(8, N)],
      loss: squared,
      data: bytes,
      optimizer: plain(),
      batchSize: 50,
      epochs: 1000,
    },
    repair: {
      layers: [relu(128), relu(128), linear(8)],
      optimizer: byAdam(),
      batchSize: 8,
      epochs: 150,
    },
    bar: 0.9,
  },
  {
    post: 44164749,
    note: "five steps. Mended: rate .05, batches of 20, 40 epochs, layers of 500 and 60 units",
    answers: [tooFew],
    A: "00111",
    B: "11001",
    faulty: {
      layers: [relu(5000), relu(600), softmax(2)],
      loss: "crossEntropy",
      data: (seed) => classes(seed, 100, 10, 2),
      optimizer: plain(0.01, 0.9),
      batchSize: 2000,
      epochs: 5,
    },
    repair: { layers: [relu(500), relu(60), softmax(2)], optimizer: plain(0.05, 0.9), batchSize: 20, epochs: 40 },
    bar: 0.85,
  },
  {
    post: 48385830,
    note: "2000 images. Mended: sigmoid, softmax, cross-entropy, rate .1",
    answers: [says("divergence", "highRate", "linearNetwork"), lastLayer],
    A: "11111",
    B: "11000",
    faulty: {
      layers: [
        { ...linear(30, { normal: 1 }), biasInitializer: { normal: 1 } },
        { ...linear(10, { normal: 1 }), biasInitializer: { normal: 1 } },
      ],
      loss: squared,
      data: () => oneHot(images(2000), 10),
      optimizer: plain(3),
      batchSize: 10,
      epochs: 30,
    },
    repair: {
      layers: [
        { ...sigmoid(30, { normal: 1 }), biasInitializer: { normal: 1 } },
        { ...softmax(10, { normal: 1 }), biasInitializer: { normal: 1 } },
      ],
      loss: entropy,
      optimizer: plain(0.1),
    },
    bar: 0.9,
  },
  {
    post: 48486598,
    note: "no hidden bend. Mended: two layers of 32 relu, rate .003, 300 epochs",
    answers: [says("linearNetwork")],
    B: "00001",
    faulty: {
      layers: [linear(1), linear(5), linear(1)],
      loss: absolute,
      data: quintic,
      optimizer: byAdam(),
      batchSize: 10,
      epochs: 150,
    },
    repair: { layers: [relu(32), relu(32), linear(1)], optimizer: byAdam(0.003), epochs: 300 },
    bar: 0.9,
  },
  {
    post: 50306988,
    note: "rate too low, five epochs. Mended: .1, 50 epochs",
    answers: [tooFew],
    A: "01010",
    B: "11000",
    faulty: {
      layers: [sigmoid(2), softmax(2)],
      loss: "crossEntropy",
      data: patches,
      optimizer: byAdam(),
      epochs: 5,
    },
    repair: { optimizer: byAdam(0.1), epochs: 50 },
    bar: 0.98,
  },
  {
    post: 51181393,
    note: "rate too low. Mended: .1",
    answers: [says("stepsTooSmall")],
    A: "00011",
    faulty: {
      layers: [linear(1)],
      loss: squared,
      data: fives,
      optimizer: byRms(),
      epochs: 200,
    },
    repair: { optimizer: byRms(0.1) },
    bar: 0.95,
  },
  {
    post: 52800582,
    note: "neither inputs nor targets scaled. Mended: both standardized, rate .01",
    answers: [says("unscaledInputs", "unscaledTargets")],
    A: "10000",
    faulty: {
      layers: [sigmoid(50), elu(50), linear(1)],
      loss: squared,
      data: fourths,
      optimizer: byAdam(),
      batchSize: 400,
      epochs: 1000,
    },
    repair: { data: () => bothStandardized(fourths()), optimizer: byAdam(0.01) },
    bar: 0.95,
  },
  {
    post: 55328966,
    note: "500 images from 0 to 255. Mended: divided by 255, softmax, Adam",
    answers: [says("unscaledInputs"), lastLayer],
    A: "11011",
    B: "00001",
    faulty: {
      layers: [linear(784), relu(50), sigmoid(10)],
      loss: entropy,
      data: () => oneHot(digits(500), 10),
      optimizer: plain(1e-4),
      epochs: 10,
    },
    repair: {
      layers: [linear(784), relu(50), softmax(10)],
      data: () => oneHot(images(500), 10),
      optimizer: byAdam(),
    },
    bar: 0.95,
  },
  {
    post: 56380303,
    note:
      "several labels a row on a softmax, whose loss has no floor, at a high rate. Mended: sigmoids, binary " +
      "cross-entropy, Adam .003, 128 and 64 units, 40 epochs",
    answers: [says("divergence", "highRate")],
    A: "00001",
    faulty: {
      layers: [relu(20), relu(20), softmax(20)],
      loss: entropy,
      data: () => remainders(10_000),
      optimizer: plain(),
      batchSize: 50,
      epochs: 10,
    },
    repair: {
      layers: [relu(128), relu(64), sigmoid(20)],
      loss: binary,
      optimizer: byAdam(0.003),
      epochs: 40,
    },
    bar: 0.9,
  },
  {
    post: 65777704,
    note: "10 000 images six times instead of 60 000 once. Mended: relu; 4000 of them 15 times, in batches of 50",
    answers: [says("vanishingGradient")],
    isDisputed: true,
    B: "00001",
    faulty: {
      layers: [sigmoid(8), sigmoid(16), sigmoid(32), sigmoid(64), sigmoid(128), linear(10)],
      loss: "crossEntropy",
      data: () => ofLengthOne(10_000),
      optimizer: byAdam(),
      batchSize: 500,
      epochs: 6,
    },
    repair: {
      layers: [relu(8), relu(16), relu(32), relu(64), relu(128), linear(10)],
      data: () => ofLengthOne(4000),
      batchSize: 50,
      epochs: 15,
    },
    bar: 0.85,
  },
  {
    post: 69901379,
    note: "neither inputs nor targets scaled, rate too low. Mended: both standardized, rate .003",
    answers: [says("unscaledInputs", "unscaledTargets", "stepsTooSmall")],
    isDisputed: true,
    B: "00001",
    faulty: {
      layers: [relu(16), relu(16), relu(16), relu(16), linear(1)],
      loss: squared,
      data: wholes,
      optimizer: byAdam(1e-4),
      epochs: 1000,
    },
    repair: { data: (seed) => bothStandardized(wholes(seed)), optimizer: byAdam(0.003) },
    bar: 0.9,
  },
];
