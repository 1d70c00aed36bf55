// Claim 8: a closed unit gets no gradient and stays, while sigmoid and tanh keep a small one. Every other unit starts
// with a bias far below 0.
import type { Experiment, Judgement } from "../claim.js";
import type { DigitRuns } from "../digit-runs.js";
import { figure, short } from "../figure-text.js";
import { type Spread, spread } from "../../../core/statistics.js";
import { listWords, formatPercent } from "../../../text/numbers.js";
import { median, sum } from "../../../core/statistics.js";
import type { Network } from "../../../index.js";

const NAMES = ["relu", "sigmoid", "tanh"] as const;
const BOUNDED = ["sigmoid", "tanh"] as const;
const UNITS = 64;
const SHIFTS = [-5, -10, -20];
const EPOCHS = 10;

type Name = (typeof NAMES)[number];
const isLowered = (unit: number): boolean => unit % 2 === 1;

/** One activation at one bias of the lowered units, in one repeat. */
export interface LoweredUnits {
  readonly activation: Name;
  readonly bias: number;
  readonly seed: number;
  /** Of the lowered units: how many no row opens. */
  readonly closed: number;
  readonly lowered: number;
  /** Median norm of the gradient by a unit's own weights, lowered units over the others. */
  readonly gradient: number;
  /** Of the lowered units: how many have a gradient that is not exactly 0. */
  readonly withGradient: number;
  /** After training: how many have a weight or bias whose bits have changed; the largest change of a bias. */
  readonly moved: number;
  readonly farthest: number;
}

/** A unit's incoming weights and its bias. */
function unitNorms(
  kernel: Float32Array | Float64Array,
  bias: Float32Array | Float64Array,
  chosen: (unit: number) => boolean,
): number[] {
  const squares = Float64Array.from(bias, (value) => value ** 2);
  kernel.forEach((value, i) => (squares[i % UNITS] += value ** 2));
  return Array.from(squares, Math.sqrt).filter((_, unit) => chosen(unit));
}

async function build(digits: DigitRuns, activation: Name, bias: number, seed: number): Promise<Network> {
  const network = await digits.library.createNetwork(digits.digitsSpec([UNITS], activation, seed));
  network.layers[0].setWeights({
    bias: Float32Array.from({ length: UNITS }, (_, unit) => (isLowered(unit) ? bias : 0)),
  });
  return network;
}

async function observe(digits: DigitRuns, activation: Name, bias: number, seed: number): Promise<LoweredUnits> {
  await digits.pause(`${activation} with every other unit at bias ${bias}, seed ${seed}`);
  using network = await build(digits, activation, bias, seed);
  const activity = digits.library
    .diagnose(network, digits.training.x, { proofs: false })
    .layers[0].units.filter(({ unit }) => isLowered(unit));
  const [own] = network.gradients(digits.training).layers;
  const gradients = unitNorms(own.kernel, own.bias, isLowered);
  const before = network.layers[0].getWeights();
  await network.fit(digits.training, {
    epochs: EPOCHS,
    batchSize: 32,
    optimizer: digits.library.sgd({ learningRate: 0.1 }),
  });
  const after = network.layers[0].getWeights();
  const changes = unitNorms(
    after.kernel.map((value, i) => value - before.kernel[i]),
    after.bias.map((value, unit) => value - before.bias[unit]),
    isLowered,
  );
  return {
    activation,
    bias,
    seed,
    closed: activity.filter((unit) => unit.activity === 0).length,
    lowered: activity.length,
    gradient: median(gradients) / median(unitNorms(own.kernel, own.bias, (unit) => !isLowered(unit))),
    withGradient: gradients.filter((value) => value !== 0).length,
    moved: changes.filter((value) => value !== 0).length,
    farthest: Math.max(
      ...after.bias.map((value, unit) => Math.abs(value - before.bias[unit])).filter((_, unit) => isLowered(unit)),
    ),
  };
}

function pick(observed: readonly LoweredUnits[], activation: Name, bias: number): LoweredUnits[] {
  return observed.filter((one) => one.activation === activation && one.bias === bias);
}

function shareOf(observed: readonly LoweredUnits[]): Spread {
  return spread(observed.map(({ gradient }) => gradient));
}

/**
 * Biases, from the mildest down, at which every lowered unit of the activation has a gradient, and training moves it.
 */
function kept(observed: readonly LoweredUnits[], activation: Name): number[] {
  const lost = SHIFTS.findIndex((bias) =>
    pick(observed, activation, bias).some(
      ({ withGradient, moved, lowered }) => Math.min(withGradient, moved) < lowered,
    ),
  );
  return lost < 0 ? SHIFTS : SHIFTS.slice(0, lost);
}

function judge(observed: readonly LoweredUnits[]): Judgement {
  const relus = observed.filter(({ activation, closed, lowered }) => activation === "relu" && closed === lowered);
  const reluStays = relus.length > 0 && relus.every(({ withGradient, moved }) => withGradient === 0 && moved === 0);
  const shares = BOUNDED.map((name) => `${name} ${short(shareOf(pick(observed, name, SHIFTS[0])).median)}`);
  const totalOf = (key: "withGradient" | "lowered" | "moved"): number => sum(relus.map((one) => one[key]));
  const first =
    `Closed ReLU units: ${totalOf("withGradient")} of ${totalOf("lowered")} had any gradient, and ` +
    `training changed a bit in ${totalOf("moved")} of them. At bias ${short(SHIFTS[0])} the others ` +
    `keep this part of an ordinary unit's gradient: ${listWords(shares)}.`;
  const limits = BOUNDED.map((name) => ({ name, kept: kept(observed, name) }));
  const limited = limits.filter(({ kept }) => kept.length < SHIFTS.length);
  if (!reluStays || limits.some(({ kept }) => kept.length === 0))
    return { verdict: "does not hold here", sentence: first };
  if (limited.length === 0) return { verdict: "holds", sentence: first };
  const where = limited.map(
    ({ name, kept }) => `${name} is at ${short(kept.at(-1)!)}, no longer at ${short(SHIFTS[kept.length])}`,
  );
  return {
    verdict: `holds when the bias is not too far down: ${listWords(where)}`,
    sentence:
      `${first} Farther down there is a gradient yet, but its steps are lost as float32 rounds them ` +
      "off: such a unit is as closed as a ReLU.",
  };
}

export const closedStays: Experiment<readonly LoweredUnits[]> = {
  claim: "A closed unit gets no gradient and stays; sigmoid and tanh keep a small one",
  experiment:
    `Digits, 64-${UNITS}-10: every other hidden unit starts at a bias far below 0. Its gradient over ` +
    "all training rows, beside that of the others, and whether a bit of its weights changes in " +
    `${EPOCHS} epochs at rate 0.1. It holds if closed ReLU units have a gradient of exactly 0 and ` +
    "keep every bit, and every sigmoid and tanh unit has one that changes it.",
  measure: async (digits) => {
    const observed: LoweredUnits[] = [];
    for (const bias of SHIFTS)
      for (const name of NAMES) for (const seed of digits.seeds) observed.push(await observe(digits, name, bias, seed));
    return observed;
  },
  judge,
  show: (observed) => ({
    figures: SHIFTS.flatMap((bias) =>
      NAMES.flatMap((name) => {
        const picked = pick(observed, name, bias);
        const share = (key: "closed" | "withGradient" | "moved") => spread(picked.map((one) => one[key] / one.lowered));
        return [
          ...(name === "relu" ? [figure(`relu at bias ${bias}: share that no row opens`, share("closed"))] : []),
          figure(`${name} at bias ${bias}: gradient, beside an ordinary unit's`, shareOf(picked)),
          figure(`${name} at bias ${bias}: share with any gradient`, share("withGradient")),
          figure(`${name} at bias ${bias}: share that training changed`, share("moved")),
          figure(`${name} at bias ${bias}: farthest that a bias moved`, spread(picked.map(({ farthest }) => farthest))),
        ];
      }),
    ),
    plots: [
      {
        kind: "lines",
        title: "What is left of a unit's gradient, by its bias",
        x: { label: "bias of the lowered units" },
        y: { label: "part of an ordinary unit's gradient", scale: "log" },
        series: NAMES.map((name) => ({
          name,
          points: SHIFTS.map((bias) => [bias, shareOf(pick(observed, name, bias)).median] as const),
          band: SHIFTS.map(
            (bias) => [shareOf(pick(observed, name, bias)).low, shareOf(pick(observed, name, bias)).high] as const,
          ),
        })),
      },
      {
        kind: "bars",
        title: `Lowered units at bias ${short(SHIFTS[0])} that ${EPOCHS} epochs of training changed`,
        axis: { label: "share of the lowered units", high: 1 },
        bars: NAMES.map((name) => {
          const {
            median: value,
            low,
            high,
          } = spread(pick(observed, name, SHIFTS[0]).map(({ moved, lowered }) => moved / lowered));
          return { name, value, low, high, text: formatPercent(value), isAccent: name === "relu" };
        }),
      },
    ],
  }),
};
