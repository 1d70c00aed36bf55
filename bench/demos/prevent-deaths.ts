// npm run demo:prevent: preventDeaths beside plain training, clipping and half the rate, on the digits at rates that
// kill. 64-128-128-10, SGD, batch 32, 10 epochs, five seeds.
import { parseArgs } from "node:util";
import { interruption, Terminal } from "../../src/cli/terminal.js";
import { createNetwork, diagnose, type FitOptions, preventDeaths, sgd } from "../../src/index.js";
import { markdownTable, measuredOn, replaceBetweenMarkers } from "../documents.js";
import { loadDigits } from "../../tests/support/digits.js";

const RATES = [0.4, 0.8, 1];
const SEEDS = [1, 2, 3, 4, 5];

const WAYS: Record<string, (rate: number) => FitOptions> = {
  plain: (rate) => ({ optimizer: sgd({ learningRate: rate }) }),
  "clipNorm 1": (rate) => ({ optimizer: sgd({ learningRate: rate }), clipNorm: 1 }),
  "half the rate": (rate) => ({ optimizer: sgd({ learningRate: rate / 2 }) }),
  preventDeaths: (rate) => ({ optimizer: sgd({ learningRate: rate }), callbacks: [preventDeaths()] }),
  "preventDeaths, activity 0.1": (rate) => ({
    optimizer: sgd({ learningRate: rate }),
    callbacks: [preventDeaths({ activity: 0.1 })],
  }),
};

interface Outcome {
  readonly seed: number;
  readonly diverged: boolean;
  readonly accuracy: number;
  /** Hidden units dead on the training rows, by layer, of 128 each. */
  readonly dead: readonly number[];
}

async function train(way: (rate: number) => FitOptions, rate: number, seed: number): Promise<Outcome> {
  const { training, heldOut } = loadDigits(0, "src/cli/digits.csv.gz");
  using network = await createNetwork({
    inputs: 64,
    layers: [{ units: 128 }, { units: 128 }, { units: 10 }],
    loss: "crossEntropy",
    seed,
  });
  const { stopped } = await network.fit(training, { epochs: 10, batchSize: 32, ...way(rate) });
  const diverged = stopped === "diverged";
  const dead = diverged ? [] : diagnose(network, training.x, { proofs: false }).layers.map((layer) => layer.dead);
  return { seed, diverged, accuracy: network.evaluate(heldOut).accuracy!, dead };
}

function line(name: string, outcomes: readonly Outcome[]): string {
  const layer = (index: number) =>
    outcomes.map(({ diverged, dead }) => (diverged ? "-" : String(dead[index]))).join(" ");
  const accuracies = outcomes.map(({ diverged, accuracy }) => (diverged ? "diverged" : accuracy.toFixed(3)));
  return `${name.padEnd(28)} accuracy ${accuracies.join(" ")}; dead, layer 1: ${layer(0)}; layer 2: ${layer(1)}`;
}

const numberRange = (values: readonly number[]): string =>
  Math.min(...values) === Math.max(...values) ? String(values[0]) : `${Math.min(...values)}-${Math.max(...values)}`;

function cells({ rate, way, outcomes }: { rate: number; way: string; outcomes: readonly Outcome[] }): string[] {
  const kept = outcomes.filter(({ diverged }) => !diverged);
  const range = (of: (outcome: Outcome) => number) => (kept.length === 0 ? "" : numberRange(kept.map(of)));
  return [
    String(rate),
    way,
    range(({ dead }) => dead[0]!),
    range(({ dead }) => dead[1]!),
    range(({ accuracy }) => Number(accuracy.toFixed(3))),
    String(outcomes.length - kept.length),
  ];
}

const FLAG = { type: "boolean", default: false } as const;
const {
  values: { json, write },
} = parseArgs({ options: { json: FLAG, write: FLAG } });
const terminal = new Terminal(json);
const signal = interruption();
const rows: { rate: number; way: string; outcomes: Outcome[] }[] = [];
for (const rate of RATES) {
  terminal.tell(`rate ${rate}`);
  for (const [way, options] of Object.entries(WAYS)) {
    const outcomes: Outcome[] = [];
    for (const seed of SEEDS) if (!signal.aborted) outcomes.push(await train(options, rate, seed));
    if (signal.aborted) break;
    rows.push({ rate, way, outcomes });
    terminal.tell(line(way, outcomes));
  }
}
if (json) terminal.document({ interrupted: signal.aborted, rows });
if (signal.aborted) process.exitCode = 1;
else if (write) {
  const heading = ["rate", "way", "dead, layer 1", "layer 2", "accuracy", `diverged, of ${SEEDS.length}`];
  replaceBetweenMarkers("docs/demonstrations.md", "prevent", markdownTable(heading, rows.map(cells)) + measuredOn());
}
