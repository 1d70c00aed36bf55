// Claim 2: sparsity saves work. Four networks of one shape: all open, zeros scattered as ReLU makes them, most
// activations 0 here and there, and half of the units closed as a whole.
import type { Experiment, Judgement } from "../claim.js";
import { timeSteps, timesAsLong } from "../step-times.js";
import type { DigitRuns } from "../digit-runs.js";
import { figure, short } from "../figure-text.js";
import { spread } from "../../../core/statistics.js";
import { formatPercent } from "../../../text/numbers.js";
import { mean } from "../../../core/statistics.js";
import type { Network } from "../../../index.js";

const WIDTH = 512;
const ROWS = 128;
/**
 * Of the first and the second hidden layer: biases that no preactivation makes up for, and some that few make up for.
 */
const FAR = [10, 100];
const LOW = [-0.8, -0.15];
/** A step that is cheaper by less saves nothing worth the word. */
const WORTHWHILE = 1.1;

const KINDS = ["open", "scattered", "rare", "closed"] as const;
type Kind = (typeof KINDS)[number];

const BIAS: Record<Kind, (unit: number, layer: number) => number> = {
  open: (_, layer) => FAR[layer],
  scattered: () => 0,
  rare: (_, layer) => LOW[layer],
  closed: (unit, layer) => (unit % 2 === 0 ? FAR[layer] : -FAR[layer]),
};
const WORDS: Record<Kind, string> = {
  open: "every unit open on every row",
  scattered: "zeros scattered over the units",
  rare: "most activations 0 here and there",
  closed: "half of the units closed on all rows",
};

export interface Savings {
  /** Microseconds a step, by repeat. */
  readonly times: Record<Kind, number[]>;
  /** The share of hidden activations that are 0. */
  readonly zeros: Record<Kind, number>;
}

async function build(digits: DigitRuns, kind: Kind): Promise<Network> {
  const network = await digits.library.createNetwork(digits.digitsSpec([WIDTH, WIDTH], "relu", digits.seed));
  FAR.forEach((_, layer) =>
    network.layers[layer].setWeights({
      bias: Float32Array.from({ length: WIDTH }, (_, unit) => BIAS[kind](unit, layer)),
    }),
  );
  return network;
}

function zerosOf(digits: DigitRuns, network: Network): number {
  const { layers } = digits.library.diagnose(network, digits.training.x, { proofs: false });
  return 1 - mean(layers.flatMap(({ units }) => units.map(({ activity }) => activity)));
}

async function measure(digits: DigitRuns): Promise<Savings> {
  const networks: Network[] = [];
  for (const kind of KINDS) networks.push(await build(digits, kind));
  const zeros = networks.map((network) => zerosOf(digits, network));
  const times = await timeSteps(digits, networks, ROWS, "timing open and closed units");
  return {
    times: { open: times[0], scattered: times[1], rare: times[2], closed: times[3] },
    zeros: { open: zeros[0], scattered: zeros[1], rare: zeros[2], closed: zeros[3] },
  };
}

function judge({ times, zeros }: Savings): Judgement {
  const gains = {
    scattered: timesAsLong(times.open, times.scattered),
    rare: timesAsLong(times.open, times.rare),
    closed: timesAsLong(times.open, times.closed),
  };
  const saves = (kind: "scattered" | "rare" | "closed"): boolean => gains[kind] >= WORTHWHILE;
  const sentence =
    `A step with ${formatPercent(zeros.open)} of the activations 0 takes ${short(gains.scattered)} ` +
    `times as long as one with ${formatPercent(zeros.scattered)} of them 0 here and there, ` +
    `${short(gains.rare)} times as long as one with ${formatPercent(zeros.rare)}, and ` +
    `${short(gains.closed)} times as long as one with ${formatPercent(zeros.closed)} of them 0 in ` +
    "units that are closed on the whole batch.";
  if (saves("scattered") && saves("closed")) return { verdict: "holds", sentence };
  const most = `holds when ${formatPercent(zeros.rare)} of the activations are 0` as const;
  if (saves("rare") && saves("closed")) return { verdict: `${most}, or whole units are closed on a batch`, sentence };
  if (saves("closed")) return { verdict: "holds when whole units are closed on a batch", sentence };
  if (saves("scattered")) return { verdict: "holds when the zeros are scattered", sentence };
  if (saves("rare")) return { verdict: most, sentence };
  return { verdict: "does not hold here", sentence };
}

export const sparsity: Experiment<Savings> = {
  claim: "Sparsity saves work",
  experiment:
    "Training steps of 64-512-512-10 on batches of 32 digits, by turns: far positive biases (all " +
    "open), biases of 0 (ReLU's own zeros), negative ones (more of them), far positive and far " +
    "negative ones by turns (every other unit closed). The package leaves units out of its products " +
    "that a batch closed, and other zeros where they are many. A repeat keeps " +
    "the fastest step, and the fastest of all repeats are compared, since other work on the machine " +
    "only adds to a time. Saved counts what makes a step at least 1.1 times as fast.",
  measure,
  judge,
  show: ({ times, zeros }) => ({
    figures: KINDS.flatMap((kind) => [
      figure(`step, ${WORDS[kind]}`, spread(times[kind]), "µs"),
      { name: `activations that are 0, ${WORDS[kind]}`, value: zeros[kind] },
    ]),
    plots: [
      {
        kind: "bars",
        title: "A training step by where the zeros are",
        axis: { label: "microseconds" },
        bars: KINDS.map((kind) => {
          const { median, low, high } = spread(times[kind]);
          return {
            name: `${WORDS[kind]} (${formatPercent(zeros[kind])} zeros)`,
            value: median,
            low,
            high,
            isAccent: kind === "closed",
          };
        }),
      },
    ],
  }),
};
