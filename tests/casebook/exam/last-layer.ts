// L: a last layer and a loss, or labels, that do not fit.
import { times } from "../case.js";
import {
  asRows,
  bothStandardized,
  classes,
  curve,
  type Data,
  draws,
  images,
  inputsStandardized,
  iris,
  oneHot,
  scaled,
  steps,
  sums,
  targetsStandardized,
} from "./data.js";
import {
  absolute,
  binary,
  byAdam,
  byRms,
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
  tanh,
  U,
} from "./program.js";

const unsaid = says("lossMismatch");

const ELEVEN: Data = {
  x: [
    [0.5, 1, 1],
    [0.9, 1, 2],
    [0.8, 0, 1],
    [0.3, 1, 1],
    [0.6, 1, 2],
    [0.4, 0, 1],
    [0.9, 1, 7],
    [0.5, 1, 4],
    [0.1, 0, 1],
    [0.6, 1, 0],
    [1, 0, 0],
  ],
  y: [1, 1, 1, 2, 2, 2, 3, 3, 3, 0, 0],
};

const shares = (seed: number): Data => {
  const { x, y } = sums(seed, 1000, 28, 6);
  return {
    x,
    y: asRows(y).map((row) => {
      const total = row.reduce((sum, value) => sum + Math.abs(value), 0);
      return row.map((value) => Math.abs(value) / total);
    }),
  };
};

const parabola = (): Data => curve(steps(-10, 0.1, 201), (value) => value ** 2 + 3);

const cars = (seed: number): Data => {
  const { uniform, normal } = draws(seed);
  const x = times(963, () => times(5, uniform));
  const price = ([a, b, c, d, e]: readonly number[]) => 29_000 * (0.35 * a + 0.3 * b * c + 0.2 * d + 0.15 * e * e);
  return { x, y: x.map((row) => Math.min(29_926, Math.max(500, price(row) + 800 * normal()))) };
};

const squares = (): Data => curve(steps(0, 0.01, 1000), (value) => value ** 2);

const triples = (seed: number): Data => {
  const { whole } = draws(seed);
  const a = times(44, () => whole(26, 488));
  return { x: a.map((value) => [value, 2 * value]), y: a.map((value) => 3 * value) };
};

const wide = [relu(100, N), relu(150, N), relu(200, N), relu(200, N), relu(200, N)];
const deep = [28, 200, 300, 300, 150];

export const LAST_LAYER: readonly Program[] = [
  {
    post: 34673164,
    note: "squared error on a softmax. Mended: cross-entropy, whose gradient is larger: rate .01; 100 epochs",
    answers: [lastLayer],
    A: "01001",
    B: "00001",
    faulty: {
      layers: [tanh(64, U), tanh(64, U), softmax(2, U)],
      loss: squared,
      data: (seed) => oneHot(classes(seed, 1000, 14, 2), 2),
      optimizer: plain(0.1, 0.9),
      batchSize: 16,
      epochs: 20,
    },
    repair: { loss: entropy, optimizer: plain(0.01, 0.9), epochs: 100 },
    bar: 0.85,
  },
  {
    post: 41596619,
    note: "four classes on one sigmoid. Mended: 4 softmax, 16 hidden units, Adam .01, 1000 epochs",
    answers: [lastLayer],
    B: "10010",
    faulty: {
      layers: [relu(3, U), sigmoid(1, U)],
      loss: binary,
      data: () => ELEVEN,
      optimizer: plain(0.001),
      epochs: 150,
    },
    repair: { layers: [relu(16), softmax(4)], loss: entropy, optimizer: byAdam(0.01), epochs: 1000 },
    bar: 0.9,
  },
  {
    post: 41823068,
    note: "sigmoid under categorical cross-entropy. Mended: softmax",
    answers: [lastLayer],
    B: "10011",
    faulty: {
      layers: [relu(256), sigmoid(5)],
      loss: entropy,
      data: (seed) => oneHot(classes(seed, 900, 10, 5, 5), 5),
      optimizer: byRms(),
      epochs: 50,
    },
    repair: { layers: [relu(256), softmax(5)] },
    bar: 0.75,
  },
  {
    post: 41999686,
    note: "the same. Mended: softmax, Glorot's start, 10 epochs: from N the signal dies on its way up",
    answers: [lastLayer],
    B: "10011",
    faulty: {
      layers: [...wide, sigmoid(4, N)],
      loss: entropy,
      data: (seed) => oneHot(classes(seed, 1000, 283, 4, 4), 4),
      optimizer: plain(0.01, 0.9),
      epochs: 5,
    },
    repair: {
      layers: [relu(100), relu(150), relu(200), relu(200), relu(200), softmax(4)],
      epochs: 10,
    },
    bar: 0.9,
  },
  {
    post: 42472447,
    note:
      "the same. Mended: softmax, two hidden layers of 64 from Glorot's start, 60 epochs: from U the signal dies on " +
      "its way up",
    answers: [lastLayer],
    B: "10011",
    faulty: {
      layers: [relu(33, U), relu(50, U), relu(33, U), relu(33, U), relu(33, U), sigmoid(122, U)],
      loss: entropy,
      data: (seed) => oneHot(classes(seed, 1000, 33, 122, 20), 122),
      optimizer: byAdam(),
      batchSize: 20,
      epochs: 35,
    },
    repair: { layers: [relu(64), relu(64), softmax(122)], epochs: 60 },
    bar: 0.9,
  },
  {
    post: 51930566,
    note: "the same, on iris. Mended: softmax, 8 hidden units from Glorot's start, 100 epochs",
    answers: [lastLayer],
    A: "00000",
    B: "10001",
    faulty: {
      layers: [relu(4, N), sigmoid(3, N)],
      loss: entropy,
      data: () => oneHot(iris(), 3),
      optimizer: byAdam(),
      batchSize: 5,
      epochs: 50,
    },
    repair: { layers: [relu(8), softmax(3)], epochs: 100 },
    bar: 0.93,
  },
  {
    post: 59278771,
    note: "the same, inputs from 0 to 1. Mended: softmax",
    answers: [lastLayer],
    A: "10011",
    B: "10001",
    faulty: {
      layers: [relu(4, N), sigmoid(3, N)],
      loss: entropy,
      data: () => oneHot({ ...iris(), x: scaled(iris().x) }, 3),
      optimizer: byAdam(),
      batchSize: 5,
      epochs: 200,
    },
    repair: { layers: [relu(4, N), softmax(3, N)] },
    bar: 0.93,
  },
  {
    post: 70650848,
    note: "three classes on one sigmoid; inputs standardized in place of the batch norm. Mended: 3 softmax, rate .1",
    answers: [lastLayer],
    B: "00001",
    faulty: {
      layers: [relu(4), relu(4), sigmoid(1)],
      loss: entropy,
      data: () => inputsStandardized(iris()),
      optimizer: plain(),
      batchSize: 16,
      epochs: 200,
    },
    repair: {
      layers: [relu(4), relu(4), softmax(3)],
      data: () => oneHot(inputsStandardized(iris()), 3),
      optimizer: plain(0.1),
    },
    bar: 0.93,
  },
  {
    post: 66602662,
    note: "five classes on one sigmoid. Mended: 5 softmax, 60 epochs",
    answers: [lastLayer],
    B: "00010",
    faulty: {
      layers: [relu(32), relu(16), relu(8), sigmoid(1)],
      loss: entropy,
      data: (seed) => classes(seed, 1000, 5, 5, 4),
      optimizer: byAdam(),
      batchSize: 24,
      epochs: 20,
    },
    repair: {
      layers: [relu(32), relu(16), relu(8), softmax(5)],
      data: (seed) => oneHot(classes(seed, 1000, 5, 5, 4), 5),
      epochs: 60,
    },
    bar: 0.7,
  },
  {
    post: 50555434,
    note:
      "shares of 1 on sigmoids; sizes of the targets over their sum; 200 epochs. Mended: softmax, cross-entropy, two " +
      "hidden layers of 64 from Glorot's start",
    answers: [lastLayer],
    B: "00010",
    faulty: {
      layers: [relu(20, N), relu(15, N), relu(6, N), sigmoid(6, N)],
      loss: absolute,
      data: shares,
      optimizer: byAdam(),
      epochs: 200,
    },
    repair: { layers: [relu(64), relu(64), softmax(6)], loss: entropy },
    bar: 0.6,
  },
  {
    post: 57326611,
    note: "one label for two softmax outputs under binary cross-entropy; 2000 rows. Mended: cross-entropy",
    answers: [lastLayer],
    B: "01100",
    faulty: {
      layers: [relu(50), softmax(2)],
      loss: binary,
      data: (seed) => classes(seed, 2000, 5, 2),
      optimizer: byAdam(),
      epochs: 20,
    },
    repair: { loss: "crossEntropy" },
    bar: 0.8,
  },
  {
    post: 57407973,
    note: "binary cross-entropy of a raw output; 5 epochs. Mended: sigmoid at the end, relu before, as five sigmoids from N pass nothing on",
    answers: [lastLayer],
    B: "01101",
    faulty: {
      layers: [...deep.map((units) => sigmoid(units, N)), linear(1, N)],
      loss: binary,
      data: (seed) => classes(seed, 1000, 28, 2),
      optimizer: byAdam(),
      epochs: 5,
    },
    repair: { layers: [...deep.map((units) => relu(units)), sigmoid(1)] },
    bar: 0.85,
  },
  {
    post: 64387251,
    note: "the same behind a frozen layer; 1300 units, 500 images. Mended: sigmoid, 50 epochs",
    answers: [lastLayer],
    B: "01101",
    faulty: {
      layers: [{ ...relu(1300), frozen: true }, linear(1)],
      loss: binary,
      data: () => images(500, 255, 2),
      optimizer: byAdam(),
      batchSize: 500,
    },
    repair: { layers: [{ ...relu(1300), frozen: true }, sigmoid(1)], epochs: 50 },
    bar: 0.95,
  },
  {
    post: 68101077,
    note: "cross-entropy of raw outputs; 1000 images. Mended: from logits",
    answers: [lastLayer],
    B: "11011",
    faulty: {
      layers: [relu(128), linear(10)],
      loss: { name: "crossEntropy", from: "probabilities" },
      data: () => images(1000),
      optimizer: byAdam(),
      epochs: 10,
    },
    repair: { loss: "crossEntropy" },
    bar: 0.95,
  },
  {
    post: 48221692,
    note: "a parabola on a sigmoid. Mended: linear, 5000 epochs",
    answers: [unsaid],
    A: "10001",
    B: "10000",
    faulty: {
      layers: [sigmoid(5), sigmoid(1)],
      loss: squared,
      data: parabola,
      optimizer: plain(),
      batchSize: 201,
      epochs: 1000,
    },
    repair: { layers: [sigmoid(5), linear(1)], epochs: 5000 },
    bar: 0.85,
  },
  {
    post: 48976413,
    note: "prices on a sigmoid. Mended: linear, targets standardized",
    answers: [unsaid],
    B: "10000",
    faulty: {
      layers: [relu(12, N), relu(8), sigmoid(1)],
      loss: squared,
      data: cars,
      optimizer: byAdam(),
      batchSize: 50,
      epochs: 150,
    },
    repair: { layers: [relu(12, N), relu(8), linear(1)], data: (seed) => targetsStandardized(cars(seed)) },
    bar: 0.9,
  },
  {
    post: 52566823,
    note: "a regression on a sigmoid. Mended: linear, targets standardized",
    answers: [unsaid],
    B: "00000",
    faulty: {
      layers: [sigmoid(5), sigmoid(4), sigmoid(1)],
      loss: squared,
      data: (seed) => sums(seed, 1000, 5, 1),
      optimizer: plain(0.1),
      epochs: 100,
      shuffle: false,
    },
    repair: {
      layers: [sigmoid(5), sigmoid(4), linear(1)],
      data: (seed) => targetsStandardized(sums(seed, 1000, 5, 1)),
    },
    bar: 0.9,
  },
  {
    post: 53749895,
    note: "a regression on a softmax; 500 columns. Mended: linear, targets standardized",
    answers: [unsaid],
    B: "01000",
    faulty: {
      layers: [relu(32), softmax(3)],
      loss: squared,
      data: (seed) => sums(seed, 1000, 500, 3),
      optimizer: plain(0.01, 0.9),
      epochs: 20,
    },
    repair: {
      layers: [relu(32), linear(3)],
      data: (seed) => targetsStandardized(sums(seed, 1000, 500, 3)),
    },
    bar: 0.9,
  },
  {
    post: 56774954,
    note: "the same under Poisson's loss. Mended: linear, squared error, targets standardized, 60 epochs",
    answers: [unsaid],
    B: "00000",
    faulty: {
      layers: [sigmoid(100), sigmoid(80), softmax(3)],
      loss: "poisson",
      data: (seed) => sums(seed, 1000, 10, 3),
      optimizer: byAdam(),
      epochs: 30,
    },
    repair: {
      layers: [sigmoid(100), sigmoid(80), linear(3)],
      loss: squared,
      data: (seed) => targetsStandardized(sums(seed, 1000, 10, 3)),
      epochs: 60,
    },
    bar: 0.9,
  },
  {
    post: 59078187,
    note: "x² on ten softmax outputs. Mended: one linear output, rate .01, 100 epochs",
    answers: [lastLayer],
    B: "01000",
    faulty: {
      layers: [relu(128), softmax(10)],
      loss: { name: "meanSquaredError", targets: "any" },
      data: squares,
      optimizer: byAdam(),
      epochs: 5,
    },
    repair: { layers: [relu(128), linear(1)], loss: squared, optimizer: byAdam(0.01), epochs: 100 },
    bar: 0.95,
  },
  {
    post: 60766775,
    note: "a regression on a softmax; 20 epochs. Mended: linear, targets standardized",
    answers: [unsaid],
    B: "01000",
    faulty: {
      layers: [sigmoid(32), sigmoid(20), sigmoid(15), softmax(4)],
      loss: squared,
      data: (seed) => sums(seed, 1000, 8, 4),
      optimizer: plain(0.01, 0.87),
      batchSize: 1,
      epochs: 20,
    },
    repair: {
      layers: [sigmoid(32), sigmoid(20), sigmoid(15), linear(4)],
      data: (seed) => targetsStandardized(sums(seed, 1000, 8, 4)),
    },
    bar: 0.9,
  },
  {
    post: 66840108,
    note: "y = 3a on a sigmoid. Mended: linear, squared error, both standardized, 100 epochs",
    answers: [lastLayer],
    B: "11000",
    faulty: {
      layers: [relu(196), relu(128), sigmoid(1)],
      loss: binary,
      data: triples,
      optimizer: byAdam(),
      batchSize: 10,
      epochs: 600,
    },
    repair: {
      layers: [relu(196), relu(128), linear(1)],
      loss: squared,
      data: (seed) => bothStandardized(triples(seed)),
      epochs: 100,
    },
    bar: 0.95,
  },
];
