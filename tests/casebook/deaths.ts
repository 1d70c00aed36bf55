// Trainings in which units die, of each cause, and such in which they only seem to.
import { column, type HandLayer, relu, sum, times, units } from "./case.js";
import type { Training } from "./replay.js";
import type { Loss } from "../../src/index.js";
import type { Rows } from "../reference/network.js";

export interface DeathCase {
  readonly name: string;
  readonly why: string;
  readonly layers: readonly HandLayer[];
  readonly loss?: Loss;
  readonly x: Rows;
  readonly targets: readonly number[];
  readonly training: Training;
  readonly expected: {
    readonly deaths: readonly {
      readonly layer: number;
      readonly unit: number;
      readonly step: number;
      /** Of the last straw. */
      readonly cause: string;
      /** Default: the last straw, where its cause is not "born" or "drift"; null: none. */
      readonly blow?: { readonly step: number; readonly lastStep?: number; readonly cause: string } | null;
    }[];
    /** Units that are closed for a while and come back. */
    readonly closedForAWhile?: readonly (readonly [layer: number, unit: number])[];
  };
}

const output = (...weights: readonly number[]): HandLayer => ({ kernel: weights.map((weight) => [weight]), bias: [0] });
const sgd = (learningRate: number, more: object = {}) => ({ name: "sgd", learningRate, ...more }) as const;
const first = (step: number, cause: string) => [{ layer: 0, unit: 0, step, cause }];

/**
 * A unit z = x on eight rows from 0.1 to 0.8 that says what is wanted, until a step from which on its targets lie off by
 * so much.
 */
function steered(
  steps: number,
  off: (step: number) => number,
  from: number,
  momentum = 0,
): Pick<DeathCase, "layers" | "x" | "targets" | "training"> {
  const value = (row: number) => 0.1 + 0.1 * (row % 8);
  const offAt = (step: number) => (step < from ? 0 : off(step));
  return {
    layers: [relu([1, 0]), sum(1)],
    x: column(...times(8 * steps, value)),
    targets: times(8 * steps, (row) => value(row) + offAt(1 + Math.floor(row / 8))),
    training: { optimizer: sgd(0.05, { momentum }), batchSize: 8, epochs: 1, window: 20 },
  };
}

/** Forty rows along the unit's line, and a constant gradient that takes one after the other. */
function rowByRow(momentum: number): Pick<DeathCase, "layers" | "loss" | "x" | "targets" | "training"> {
  return {
    layers: [relu([0.5, 0.6]), output(1)],
    loss: "meanAbsoluteError",
    x: column(...times(40, (row) => (row - 19.5) / 20)),
    targets: times(40, () => -100),
    training: { optimizer: sgd(0.03, { momentum }), batchSize: 40, epochs: 120 },
  };
}

export const DEATHS: readonly DeathCase[] = [
  {
    name: "closed before the first step",
    why: "no sample opens it, so no gradient ever moves it",
    layers: [relu([-1, 0], [1, 0]), sum(2)],
    x: column(1, 2),
    targets: [1, 2.5],
    training: { optimizer: sgd(0.01), batchSize: 2, epochs: 30 },
    expected: { deaths: first(0, "born") },
  },
  {
    name: "one step too large",
    why: "a target of -10 gives a gradient that takes the weight from 0.5 to about -2.8 in one step",
    layers: [relu([0.5, 0.1]), sum(1)],
    x: column(1, 2),
    targets: [-10, -10],
    training: { optimizer: sgd(0.1), batchSize: 2, epochs: 5 },
    expected: { deaths: first(1, "learningRate") },
  },
  {
    name: "closed by the training's very last update",
    why: "the same, and no batch comes after it",
    layers: [relu([0.5, 0.1]), sum(1)],
    x: column(1, 2),
    targets: [-10, -10],
    training: { optimizer: sgd(0.1), batchSize: 2, epochs: 1 },
    expected: { deaths: first(1, "learningRate") },
  },
  {
    name: "the textbook's unit",
    why: "preactivations of 0.1 ± 0.02 that fit the targets, until one batch with a target far off comes at step 30",
    layers: [relu([0.1, 0]), sum(1)],
    x: column(...times(120, (row) => 0.7 + 0.2 * (row % 4))),
    targets: times(120, (row) => (row >= 116 ? -2 : 0.1 * (0.7 + 0.2 * (row % 4)))),
    training: { optimizer: sgd(0.05), batchSize: 4, epochs: 1 },
    expected: { deaths: first(30, "learningRate") },
  },
  {
    name: "one step too large for the second unit only",
    why: "the first unit's outgoing weight is small, so that it hardly moves",
    layers: [relu([0.5, 0.1], [0.5, 0.1]), output(0.01, 1)],
    x: column(1, 2),
    targets: [-10, -10],
    training: { optimizer: sgd(0.03), batchSize: 2, epochs: 3 },
    expected: { deaths: [{ layer: 0, unit: 1, step: 1, cause: "learningRate" }] },
  },
  {
    name: "Adam's first step at a rate of a half",
    why: "Adam's first step moves each weight by the rate, whatever the gradient: 0.2 becomes -0.3",
    layers: [relu([0.2, 0.1]), sum(1)],
    x: column(1, 2),
    targets: [-1, -1],
    training: { optimizer: { name: "adam", learningRate: 0.5 }, batchSize: 2, epochs: 3 },
    expected: { deaths: first(1, "learningRate") },
  },
  {
    name: "RMSprop's first step",
    why: "RMSprop's first step moves each weight by ten times the rate: 0.2 becomes -0.8",
    layers: [relu([0.2, 0.1]), sum(1)],
    x: column(1, 2),
    targets: [-1, -1],
    training: { optimizer: { name: "rmsprop", learningRate: 0.1 }, batchSize: 2, epochs: 3 },
    expected: { deaths: first(1, "learningRate") },
  },
  {
    name: "carried over the edge by momentum",
    why: "four steps in one direction have built up a velocity; the last gradient alone would have left the unit open",
    layers: [relu([0, 0.7]), sum(1)],
    loss: "meanAbsoluteError",
    x: column(-1, 1),
    targets: [-10, -10],
    training: { optimizer: sgd(0.1, { momentum: 0.9 }), batchSize: 2, epochs: 8 },
    expected: { deaths: first(4, "momentum") },
  },
  {
    name: "carried over the edge against the gradient",
    why: "the last batch's gradient would raise the unit; the velocity of the batches before closes it",
    layers: [relu([0, 0.83]), sum(1)],
    loss: "meanAbsoluteError",
    x: column(...times(8, (row) => (row % 2 ? 1 : -1))),
    targets: [-10, -10, -10, -10, -10, -10, 10, 10],
    training: { optimizer: sgd(0.15, { momentum: 0.9 }), batchSize: 2, epochs: 1 },
    expected: { deaths: first(4, "momentum") },
  },
  {
    name: "momentum that is there and not to blame",
    why: "the first step has no velocity yet: the plain gradient closes it",
    layers: [relu([0.5, 0.1]), sum(1)],
    x: column(1, 2),
    targets: [-10, -10],
    training: { optimizer: sgd(0.1, { momentum: 0.9 }), batchSize: 2, epochs: 4 },
    expected: { deaths: first(1, "learningRate") },
  },
  {
    name: "weight decay takes the last part",
    why: "the gradient takes nine tenths of the preactivation and decay three tenths: without decay a tenth remains",
    layers: [relu([0, 1]), sum(1)],
    loss: "meanAbsoluteError",
    x: column(-1, 1),
    targets: [-10, -10],
    training: { optimizer: sgd(0.9, { weightDecay: 1 / 3 }), batchSize: 2, epochs: 4 },
    expected: { deaths: first(1, "weightDecay") },
  },
  {
    name: "AdamW's decay takes the last part",
    why: "Adam's step takes 0.45 of the bias of 0.5 and decay another 0.0675",
    layers: [relu([0, 0.5]), sum(1)],
    loss: "meanAbsoluteError",
    x: column(-1, 1),
    targets: [-10, -10],
    training: { optimizer: { name: "adamW", learningRate: 0.45, weightDecay: 0.3 }, batchSize: 2, epochs: 4 },
    expected: { deaths: first(1, "weightDecay") },
  },
  {
    name: "weight decay that is there and not to blame",
    why: "the gradient's step is six times the preactivation, with decay or without",
    layers: [relu([0.5, 0.1]), sum(1)],
    x: column(1, 2),
    targets: [-10, -10],
    training: { optimizer: sgd(0.1, { weightDecay: 0.01 }), batchSize: 2, epochs: 4 },
    expected: { deaths: first(1, "learningRate") },
  },
  {
    name: "closed from below",
    why: "a step halves what the first layer says, and 5·0.05 - 0.4 is below 0; the unit's own weights hardly move",
    layers: [relu([0.01, 0]), relu([5, -0.4]), sum(1)],
    loss: "meanAbsoluteError",
    x: column(9, 11),
    targets: [-10, -10],
    training: { optimizer: sgd(0.0001), batchSize: 2, epochs: 5 },
    expected: { deaths: [{ layer: 1, unit: 0, step: 1, cause: "upstream" }] },
  },
  {
    name: "a chain: the unit below dies and takes the upper one along",
    why: "the first unit's own step closes it, and without it the second has nothing but its bias of -0.4",
    layers: [relu([0.01, 0]), relu([5, -0.4]), sum(1)],
    loss: "meanAbsoluteError",
    x: column(9, 11),
    targets: [-10, -10],
    training: { optimizer: sgd(0.0005), batchSize: 2, epochs: 5 },
    expected: {
      deaths: [
        { layer: 0, unit: 0, step: 1, cause: "learningRate" },
        { layer: 1, unit: 0, step: 1, cause: "upstream" },
      ],
    },
  },
  {
    name: "a long slide",
    why: "a constant gradient takes a fiftieth of the way at each step: no single update is to blame",
    layers: [relu([0, 0.505]), output(1)],
    loss: "meanAbsoluteError",
    x: column(-1, 1),
    targets: [-100, -100],
    training: { optimizer: sgd(0.01), batchSize: 2, epochs: 80 },
    expected: { deaths: first(56, "drift") },
  },
  {
    name: "a slide of few steps",
    why: "five steps of a fifth each: the last one made far more than a tenth of the fall",
    layers: [relu([0, 0.5]), output(1)],
    loss: "meanAbsoluteError",
    x: column(-1, 1),
    targets: [-100, -100],
    training: { optimizer: sgd(0.11), batchSize: 2, epochs: 10 },
    expected: { deaths: first(5, "learningRate") },
  },
  {
    name: "closed row by row",
    why: "forty rows along the unit's line, and a constant gradient that takes one after the other: no update stands out",
    ...rowByRow(0),
    expected: { deaths: first(88, "drift") },
  },
  {
    name: "closed row by row, with momentum",
    why: "the same at twice the speed: forty-two updates, each of which takes a row or two",
    ...rowByRow(0.5),
    expected: { deaths: first(42, "drift") },
  },
  {
    name: "decay from below, row by row",
    why: "nothing is learnt, and decay shrinks the product of two weights faster than the bias of -0.4",
    layers: [relu([1, 0]), relu([1, -0.4]), output(0)],
    x: column(...times(20, (row) => 0.6 + row / 20)),
    targets: times(20, () => 0),
    training: { optimizer: sgd(0.1, { weightDecay: 0.1 }), batchSize: 20, epochs: 200 },
    expected: { deaths: [{ layer: 1, unit: 0, step: 135, cause: "upstream", blow: null }] },
  },
  {
    name: "a blow, and the last straw fifty-seven steps later",
    why: "one batch of targets far off takes six of eight rows; a slow pull takes the other two",
    ...steered(160, (step) => (step === 30 ? -5 : -0.8 - 0.05 * (step - 30)), 30),
    expected: { deaths: [{ ...first(87, "drift")[0], blow: { step: 30, cause: "learningRate" } }] },
  },
  {
    name: "a blow, recovery, and relapse",
    why: "six of eight rows close at step 20 and open again; six of seven close at step 110 and do not",
    ...steered(
      160,
      (step) => {
        if (step === 20) return -5;
        if (step < 110) return step < 80 ? 0.5 : 0;
        return step === 110 ? -5.5 : -1 - 0.06 * (step - 110);
      },
      20,
    ),
    expected: { deaths: [{ ...first(130, "drift")[0], blow: { step: 110, cause: "learningRate" } }] },
  },
  {
    name: "two blows far apart",
    why: "four of eight rows close at step 20, and the other four, seventy steps later, in one: no remainder",
    ...steered(
      160,
      (step) => {
        if (step < 90) return step === 20 ? -4.2 : -0.55 - 0.015 * (step - 20);
        return step === 90 ? -8 : -2 - 0.06 * (step - 90);
      },
      20,
    ),
    expected: { deaths: first(90, "learningRate") },
  },
  {
    name: "two blows near each other",
    why: "four of eight rows close at step 30, three at step 34: neither took most, the run of both did",
    ...steered(120, (step) => ({ 30: -4, 34: -5 })[step] ?? -0.7 - 0.06 * (step - 30), 30),
    expected: { deaths: [{ ...first(70, "drift")[0], blow: { step: 30, lastStep: 34, cause: "learningRate" } }] },
  },
  {
    name: "two updates that took most together",
    why: "three of eight rows, and two; one of them comes back for a while",
    ...steered(120, (step) => (step <= 31 ? -3 : -0.7 - 0.06 * (step - 30)), 30),
    expected: { deaths: [{ ...first(75, "drift")[0], blow: { step: 30, lastStep: 31, cause: "learningRate" } }] },
  },
  {
    name: "carried through a run of updates by momentum",
    why: "two batches pull; their velocity takes most of the rows in the two updates of which the second has no such pull",
    ...steered(120, (step) => (step <= 31 ? -1.5 : -0.7), 30, 0.9),
    expected: { deaths: [{ ...first(33, "momentum")[0], blow: { step: 31, lastStep: 32, cause: "momentum" } }] },
  },
  {
    name: "closed at the start, opened by the layer below",
    why: "1 - h is closed while h is above 1, and h is on its way down",
    layers: [relu([0, 1.2]), relu([-1, 1], [1, 0.5]), output(0.01, 5)],
    loss: "meanAbsoluteError",
    x: column(-1, 1),
    targets: [-30, -30],
    training: { optimizer: sgd(0.002), batchSize: 2, epochs: 50, window: 10 },
    expected: { deaths: [], closedForAWhile: [[1, 0]] },
  },
  {
    name: "closed for forty steps and back again",
    why: "h rises above 1.5 while the targets are high, and falls again when they are low",
    layers: [relu([0, 1.2]), relu([-1, 1.5], [1, 0]), output(0.001, 1)],
    loss: "meanAbsoluteError",
    x: column(...times(160, (row) => (row % 2 ? 0.5 : -0.5))),
    targets: times(160, (row) => (row < 60 ? 30 : -30)),
    training: { optimizer: sgd(0.01), batchSize: 1, epochs: 1, window: 10 },
    expected: { deaths: [], closedForAWhile: [[1, 0]] },
  },
  {
    name: "open on one batch of thirty",
    why: "it is silent for 29 batches and fires on the thirtieth: rare, and never dead",
    layers: [relu([1, -5], [1, 0]), output(0.1, 0.1)],
    x: column(...times(60, (row) => (row === 31 ? 6 : 1 + (row % 3) / 2))),
    targets: times(60, () => 0.2),
    training: { optimizer: sgd(0.0001), batchSize: 2, epochs: 3, window: 5 },
    expected: { deaths: [] },
  },
  {
    name: "leaky units that fall below 0",
    why: 'the same step as in "one step too large", but a leaky unit goes on learning',
    layers: [units("leakyRelu", [0.5, 0.1]), sum(1)],
    x: column(1, 2),
    targets: [-10, -10],
    training: { optimizer: sgd(0.1), batchSize: 2, epochs: 5 },
    expected: { deaths: [] },
  },
];
