// Claim 2: sparsity saves work. Three networks of one shape: all open, zeros scattered as ReLU makes them, and half of the units closed as a whole.
import type { Experiment, Judgement } from "../claim.js";
import type { Lab } from "../lab.js";
import { figure, percent, ratio, short, spread } from "../spread.js";
import { mean, median } from "../../statistics.js";
import type { Network, Optimizer } from "../../../index.js";

const WIDTH = 512;
const ROWS = 256;
const BATCH_SIZE = 32;
const FAR = 100; // a bias that no preactivation makes up for
/** A step that is cheaper by less saves nothing worth the word. */
const WORTHWHILE = 1.1;

const KINDS = ["open", "scattered", "closed"] as const;
type Kind = (typeof KINDS)[number];

const BIAS: Record<Kind, (unit: number) => number> = { open: () => FAR, scattered: () => 0, closed: (unit) => (unit % 2 === 0 ? FAR : -FAR) };
const WORDS: Record<Kind, string> = { open: "every unit open on every row", scattered: "zeros scattered over the units", closed: "half of the units closed on all rows" };

export interface Savings {
  /** Microseconds a step, by repeat. */
  readonly times: Record<Kind, number[]>;
  /** The share of hidden activations that are 0. */
  readonly zeros: Record<Kind, number>;
}

async function build(lab: Lab, kind: Kind): Promise<Network> {
  const network = await lab.library.createNetwork(lab.digitsSpec([WIDTH, WIDTH], "relu", lab.seed));
  for (const layer of network.layers.slice(0, -1)) layer.setWeights({ bias: Float32Array.from({ length: WIDTH }, (_, unit) => BIAS[kind](unit)) });
  return network;
}

async function timeStep(lab: Lab, network: Network, optimizer: Optimizer): Promise<number> {
  const { epochs } = await network.fit(lab.someRows(ROWS), { epochs: 3, batchSize: BATCH_SIZE, shuffle: false, optimizer });
  return (median(epochs.map(({ seconds }) => seconds)) * 1e6) / (ROWS / BATCH_SIZE);
}

function zerosOf(lab: Lab, network: Network): number {
  const { layers } = lab.library.diagnose(network, lab.training.x, { proofs: false });
  return 1 - mean(layers.flatMap(({ units }) => units.map(({ activity }) => activity)));
}

async function measure(lab: Lab): Promise<Savings> {
  const networks: Network[] = [];
  for (const kind of KINDS) networks.push(await build(lab, kind));
  const optimizer = lab.library.sgd({ learningRate: 0 }); // they stay what they are
  const times: Savings["times"] = { open: [], scattered: [], closed: [] };
  for (let repeat = -1; repeat < lab.repeats; repeat++) { // the first warms up
    await lab.pause("timing open and closed units");
    for (const [i, kind] of KINDS.entries()) {
      const time = await timeStep(lab, networks[i], optimizer);
      if (repeat >= 0) times[kind].push(time);
    }
  }
  const [open, scattered, closed] = networks.map((network) => zerosOf(lab, network));
  for (const network of networks) network.dispose();
  return { times, zeros: { open, scattered, closed } };
}

function judge({ times, zeros }: Savings): Judgement {
  const gains = { scattered: ratio(times.open, times.scattered), closed: ratio(times.open, times.closed) };
  const saves = (kind: "scattered" | "closed"): boolean => gains[kind].low > 1 && gains[kind].median >= WORTHWHILE;
  const sentence = `With ${percent(zeros.scattered)} of the activations 0 here and there, a step is ${short(gains.scattered.median)} times as fast as with none; with ${percent(zeros.closed)} of them 0 since whole units are closed on the batch, it is ${short(gains.closed.median)} times as fast: dense products can leave out a unit, not single zeros.`;
  if (saves("scattered") && saves("closed")) return { verdict: "holds", sentence };
  if (saves("closed")) return { verdict: "holds when whole units are closed on a batch", sentence };
  if (saves("scattered")) return { verdict: "holds when the zeros are scattered", sentence };
  return { verdict: "does not hold here", sentence };
}

export const sparsity: Experiment<Savings> = {
  claim: "Sparsity saves work",
  experiment: "Training steps of 64-512-512-10 on batches of 32 digits, by turns: biases of +100 (all open), biases of 0 (ReLU's own zeros), biases of +100 and −100 (every other unit closed). The package leaves units out of its products that a batch closed. Saved counts what makes the step at least 1.1 times as fast, and faster in every repeat.",
  measure,
  judge,
  show: ({ times, zeros }) => ({
    figures: KINDS.flatMap((kind) => [figure(`step, ${WORDS[kind]}`, spread(times[kind]), "µs"), { name: `activations that are 0, ${WORDS[kind]}`, value: zeros[kind] }]),
    plots: [{
      kind: "bars", title: "A training step by where the zeros are", axis: { label: "microseconds" },
      bars: KINDS.map((kind) => {
        const { median, low, high } = spread(times[kind]);
        return { name: `${WORDS[kind]} (${percent(zeros[kind])} zeros)`, value: median, low, high, isAccent: kind === "closed" };
      }),
    }],
  }),
};
