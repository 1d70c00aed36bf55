// How many dead units of networks trained on MNIST `prove` decides in five minutes, on the box of all pixels from 0 to
// 1: of the sizes of Serra et al. 2021 (arXiv 2102.07804), at rates that kill. What is proved is held against samples,
// what is refuted against the network.
import {
  adam,
  createNetwork,
  diagnose,
  type Network,
  type NetworkProof,
  type Optimizer,
  prove,
  sgd,
} from "../src/index.js";
import { seededRandom } from "../tests/support/random.js";
import { firstRows, PIXELS, readMnist } from "./demos/mnist-data.js";
import type { Case, Context, Figure } from "./measure.js";

const ROWS = 10_000;
const SECONDS = 300;
const BUDGET = 1e13; // more than any machine does in that time
const WANTED = 0.95;
const SAMPLES = 20_000;

interface Trained {
  readonly name: string;
  readonly widths: readonly number[];
  readonly epochs: number;
  optimizer(): Optimizer;
}

const NETWORKS: readonly Trained[] = [
  {
    name: "5 x 100, adam 0.02",
    widths: [100, 100, 100, 100, 100],
    epochs: 3,
    optimizer: () => adam({ learningRate: 0.02 }),
  },
  { name: "2 x 800, adam 0.02", widths: [800, 800], epochs: 2, optimizer: () => adam({ learningRate: 0.02 }) },
  {
    name: "5 x 100, beyond float32",
    widths: [100, 100, 100, 100, 100],
    epochs: 3,
    optimizer: () => sgd({ learningRate: 0.7 }),
  },
  { name: "2 x 800, exploded", widths: [800, 800], epochs: 3, optimizer: () => sgd({ learningRate: 3 }) },
];

/** What samples of the box say against the verdicts. */
function contradiction(network: Network, { units }: NetworkProof): string | undefined {
  const random = seededRandom(1);
  const data = Float32Array.from({ length: SAMPLES * PIXELS }, (_, i) =>
    Math.floor(i / PIXELS) % 2 === 0 ? random() : Math.round(random()),
  );
  const { layers } = diagnose(network, { rows: SAMPLES, columns: PIXELS, data });
  const lies = units.filter(
    ({ layer, unit, proof }) => proof === "provenDead" && layers[layer].units[unit].preactivation.max > 0,
  );
  if (lies.length > 0) return `${lies.length} units that are proved closed open on samples`;
  const woken = units.filter(({ wakingInput }) => wakingInput);
  if (woken.length === 0) return undefined;
  const seen = diagnose(
    network,
    woken.map(({ wakingInput }) => wakingInput!),
  ).layers;
  const asleep = woken.filter(({ layer, unit }) => !(seen[layer].units[unit].preactivation.max > 0));
  return asleep.length > 0 ? `${asleep.length} units are opened by no input that refutes` : undefined;
}

async function shareDecided({ widths, epochs, optimizer }: Trained, threads: number): Promise<Figure> {
  const { training } = readMnist(ROWS / 60_000);
  const x = firstRows(training, ROWS);
  const layers = [...widths.map((units) => ({ units })), { units: 10 }];
  using network = await createNetwork({ inputs: PIXELS, layers, loss: "crossEntropy", seed: 1 });
  await network.fit({ x, y: training.y }, { epochs, batchSize: 64, optimizer: optimizer() });
  const box = { low: new Float32Array(PIXELS), high: new Float32Array(PIXELS).fill(1) };
  const begun = performance.now();
  const before = process.cpuUsage();
  const proof = await prove(network, { x, box }, { budget: BUDGET, seconds: SECONDS, threads });
  const seconds = (performance.now() - begun) / 1000;
  const processors = process.cpuUsage(before).user / 1e6;
  const { provenDead, refuted, open, units, work } = proof;
  const wrong = contradiction(network, proof);
  return {
    value: 1 - open / Math.max(1, units.length),
    unit: "of the dead",
    wanted: { atLeast: WANTED },
    note:
      `${provenDead} proved, ${refuted} refuted, ${open} open in ${seconds.toFixed(0)} s on ${threads} threads, ` +
      `${processors.toFixed(0)} s of processor time, ` +
      `${work.toExponential(1)} multiplications`,
    ...(wrong !== undefined && { wrong }),
  };
}

export function provingCases({ cores }: Context): Case[] {
  return NETWORKS.map((network): Case => ({
    name: `proving: ${network.name}`,
    onDemand: true,
    run: () => shareDecided(network, Math.min(2, cores)),
  }));
}
