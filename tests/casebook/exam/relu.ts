// R: programs in which relu is the fault or its victim.
import { times } from "../case.js";
import { classes, curve, draws, inputsStandardized, steps, sums } from "./data.js";
import {
  binary,
  byAdam,
  byRms,
  lastLayer,
  linear,
  N,
  plain,
  type Program,
  relu,
  says,
  saysOf,
  sigmoid,
  squared,
  U,
} from "./program.js";

const silentOutput = saysOf(-1, "deadOutputUnits", "closedSamples", "bottleneck");

const SEVENTEEN = [
  [2.468, 0.07, 0.68],
  [1.638, 2.03, 0.078],
  [0.266, 1.796, 2.033],
  [1.292, 0.701, 0.334],
  [1.131, 0.471, 0.617],
  [2.712, -0.092, -0.826],
  [0.73, 0.796, 1.145],
  [0.228, -1.043, -0.141],
  [0.36, 1.778, 0.053],
  [0.735, 2.049, -0.064],
  [0.424, -0.51, 1.638],
  [0.122, 1.745, 0.081],
  [0.366, 0.172, 0.45],
  [-1.053, -0.814, 0.475],
  [1.729, 0.75, 1.712],
  [0.266, 1.745, 1.229],
  [2.053, 0.379, 0.181],
];

const FIVE = [
  [2, 2, 1, 8, 4],
  [1, 2, 6, 1, 9],
  [4, 7, 3, 1, 4],
  [3, 3, 1, 6, 10],
  [5, 3, 2, 7, 5],
];
const FIVE_TARGETS = [
  [3, 3, 1, 0],
  [3, 3, 3, 0],
  [3, 3, 4, 0],
  [3, 3, 1, 0],
  [3, 3, 4, 0],
];

/** Addresses, ports and counts of a network's traffic; the first eight rows of one kind, the rest of the other. */
function traffic(seed: number) {
  const { whole } = draws(seed);
  const x = times(21, (row) => [
    3232235778 + whole(-5, 5),
    3232235779,
    6,
    128,
    ...(row < 8 ? [524032 + 256 * whole(0, 6), 502, 0, 0, 0, 0, 0] : [8192, 56000, 12, 61, 6, 0, 206]),
  ]);
  return { x, y: times(21, (row) => Number(row >= 8)) };
}

const parabola = (seed: number) => {
  const { normal } = draws(seed);
  return curve(steps(0, 0.1, 50), (value) => 5 * value ** 2 + normal() ** 3);
};

export const RELU: readonly Program[] = [
  {
    post: 44758894,
    note: "relu on the output of a classifier. Mended: sigmoid, binary cross-entropy; rate 0.1 and 100 epochs, as sgd needs them",
    answers: [lastLayer, silentOutput],
    B: "00000",
    faulty: {
      layers: [relu(16), relu(1)],
      loss: squared,
      data: (seed) => classes(seed, 1000, 7, 2),
      optimizer: plain(),
      epochs: 5,
    },
    repair: { layers: [relu(16), sigmoid(1)], loss: binary, optimizer: plain(0.1), epochs: 100 },
    bar: 0.7,
  },
  {
    post: 48251943,
    note: "a relu output cannot say negative targets. Mended: linear; four units are few: 16, Adam .01, 1000 epochs",
    answers: [lastLayer, silentOutput],
    A: "00000",
    B: "00000",
    faulty: {
      layers: [relu(4), relu(1)],
      loss: squared,
      data: () => ({ x: SEVENTEEN.map((row) => row.slice(1)), y: SEVENTEEN.map((row) => row[0]) }),
      optimizer: plain(),
      batchSize: 10,
      epochs: 500,
    },
    repair: { layers: [relu(16), linear(1)], optimizer: byAdam(0.01), epochs: 1000 },
    bar: 0.5,
  },
  {
    post: 51185079,
    note: "relu output of a classifier. Mended: sigmoid; 10 epochs",
    answers: [lastLayer, silentOutput],
    B: "00101",
    faulty: {
      layers: [relu(512), relu(200), relu(200), relu(200), relu(128), relu(1)],
      loss: binary,
      data: (seed) => classes(seed, 1000, 34, 2),
      optimizer: byRms(),
      batchSize: 200,
      epochs: 2,
    },
    repair: {
      layers: [relu(512), relu(200), relu(200), relu(200), relu(128), sigmoid(1)],
      epochs: 10,
    },
    bar: 0.8,
  },
  {
    post: 56452176,
    note: "one-unit relu layers. Mended: linear; 500 epochs",
    answers: [says("bottleneck"), silentOutput],
    B: "00001",
    faulty: {
      layers: [relu(1), relu(9), relu(1)],
      loss: squared,
      data: () => ({ x: [[0.5], [1], [0.4], [5], [25]], y: [0.25, 0.5, 0.2, 2.5, 12.5] }),
      optimizer: byAdam(0.01),
      epochs: 10,
    },
    repair: { layers: [linear(1), relu(9), linear(1)], epochs: 500 },
    bar: 0.9,
  },
  {
    post: 59758722,
    note: "relu output, half of the targets negative. Mended: linear; rate .01 and 100 epochs, as the targets are large",
    answers: [lastLayer, silentOutput],
    isDisputed: true,
    B: "00000",
    faulty: {
      layers: [relu(30), relu(30), relu(1)],
      loss: squared,
      data: (seed) => sums(seed, 1000, 4, 1),
      optimizer: byRms(),
      batchSize: 128,
      epochs: 13,
    },
    repair: { layers: [relu(30), relu(30), linear(1)], optimizer: byRms(0.01), epochs: 100 },
    bar: 0.9,
  },
  {
    post: 60801900,
    note: "a relu output cannot say negative targets; a 25th of the rows, a tenth of the batch. Mended: linear",
    answers: [lastLayer, silentOutput],
    B: "00000",
    faulty: {
      layers: [relu(128), relu(64), relu(32), relu(64), relu(128), relu(3)],
      loss: squared,
      data: (seed) => {
        const { between } = draws(seed);
        const x = times(1720, () => times(3, () => between(-1.92, 1.92)));
        return { x, y: x };
      },
      optimizer: byAdam(),
      batchSize: 86,
      epochs: 15,
    },
    repair: { layers: [relu(128), relu(64), relu(32), relu(64), relu(128), linear(3)] },
    bar: 0.9,
  },
  {
    post: 62313327,
    note: "a sigmoid cannot say [-1, 1], and the single relu loses half; 10 000 rows. Mended: linear output, 16 relu, 10 epochs",
    answers: [lastLayer, saysOf(0, "bottleneck")],
    B: "00001",
    faulty: {
      layers: [relu(1), sigmoid(1)],
      loss: squared,
      data: (seed) => {
        const { between } = draws(seed);
        const x = times(10_000, () => times(30, () => between(-1, 1)));
        return { x, y: x.map(([first]) => first) };
      },
      optimizer: byAdam(0.01),
      epochs: 200,
    },
    repair: { layers: [relu(16), linear(1)], epochs: 10 },
    bar: 0.9,
  },
  {
    post: 64395424,
    note: "binary cross-entropy of a raw output. Mended: sigmoid, eight units, as two are born closed in 1/16",
    answers: [lastLayer],
    B: "10100",
    faulty: {
      layers: [relu(2), relu(128), linear(1)],
      loss: binary,
      data: () => ({
        x: [
          [0, 0],
          [0, 1],
          [1, 0],
          [1, 1],
        ],
        y: [0, 0, 0, 1],
      }),
      optimizer: byAdam(),
      epochs: 1000,
    },
    repair: { layers: [relu(8), relu(128), sigmoid(1)] },
    bar: 0.9,
  },
  {
    post: 68458462,
    note: "targets up to 4 from a sigmoid. Mended: linear; hidden layers of two: 16; 1000 epochs",
    answers: [lastLayer, says("bottleneck")],
    isDisputed: true,
    B: "00001",
    faulty: {
      layers: [relu(2), relu(2), sigmoid(4)],
      loss: squared,
      data: () => ({ x: FIVE, y: FIVE_TARGETS }),
      optimizer: byAdam(),
      batchSize: 16,
      epochs: 100,
    },
    repair: { layers: [relu(16), relu(16), linear(4)], epochs: 1000 },
    bar: 0.9,
  },
  {
    post: 69787272,
    note:
      "relu output of a classifier behind one relu unit. Mended: sigmoid, 16 units; rate .1, batches of 50 and 100 " +
      "epochs, as sgd needs them",
    answers: [lastLayer, silentOutput, says("bottleneck")],
    B: "00001",
    faulty: {
      layers: [relu(31), relu(1), relu(1)],
      loss: binary,
      data: (seed) => classes(seed, 1000, 31, 2),
      optimizer: plain(),
      batchSize: 500,
      epochs: 10,
    },
    repair: { layers: [relu(31), relu(16), sigmoid(1)], optimizer: plain(0.1), batchSize: 50, epochs: 100 },
    bar: 0.8,
  },
  {
    post: 44066044,
    note: "inputs not scaled. Mended: standardized; sigmoid output",
    answers: [says("unscaledInputs", "uncenteredInputs", "outlierInputs")],
    A: "10001",
    faulty: {
      layers: [relu(12, N), relu(12, N), relu(1, N)],
      loss: binary,
      data: traffic,
      optimizer: byAdam(),
      batchSize: 5,
      epochs: 100,
    },
    repair: {
      layers: [relu(12, N), relu(12, N), sigmoid(1, N)],
      data: (seed) => inputsStandardized(traffic(seed)),
    },
    bar: 0.95,
  },
  {
    post: 48934338,
    note: "rate too high: it blows up. Mended: 1e-4",
    answers: [says("divergence", "highRate")],
    A: "10011",
    faulty: {
      layers: [relu(50), relu(30, U), linear(1)],
      loss: squared,
      data: parabola,
      optimizer: plain(0.1),
      epochs: 1000,
    },
    repair: { optimizer: plain(1e-4) },
    bar: 0.9,
  },
];
