// Rounds of everything with networks, data and options drawn from the run's seed: memory stays flat, and the same
// rounds once more give the same bits. RELUMINE_SOAK=3600 goes on for as many seconds, twice.
import { expect, inject, it } from "vitest";
import { checksumOf } from "../../src/core/checksum.js";
import {
  adam,
  createNetwork,
  diagnose,
  type FitOptions,
  type NetworkSpec,
  prescribe,
  type RelumineError,
  type Remedy,
  rmsprop,
  sgd,
  traceDeaths,
  treat,
} from "../../src/index.js";
import { ACTIVATION_NAMES } from "../../src/wasm/abi.js";
import { getRuntime } from "../../src/wasm/runtime.js";
import { javaScriptBytes } from "../support/memory.js";
import { weightsOf } from "../support/networks.js";
import { integer, seededRandom } from "../support/random.js";
import { sectors, waves } from "../support/samples.js";

const SECONDS = Number(process.env["RELUMINE_SOAK"] ?? 6);
const PRESCRIBED = 50; // one round of so many, as it takes as long as many
const FEWEST = 20;
const MOST_BYTES = 3e6; // of the JavaScript heap for compiled code and caches, whatever the number of rounds
const REMEDIES: readonly Remedy[] = [
  { kind: "liftBias" },
  { kind: "recycle", dormantBelow: 0.2 },
  { kind: "reinitialize" },
  { kind: "replaceActivation", activation: "leakyRelu" },
  { kind: "prune" },
];

const { heap } = await getRuntime();

type Draw = <T>(choices: readonly T[]) => T;

interface Round {
  readonly spec: NetworkSpec;
  readonly data: { readonly x: readonly (readonly number[])[]; readonly y: readonly number[] };
  readonly fit: FitOptions;
  readonly remedy: Remedy;
}

function drawSpec(draw: Draw, random: () => number, seed: number): NetworkSpec {
  const isClassifier = random() < 0.5;
  const hidden = Array.from({ length: integer(random, 1, 3) }, () => ({
    units: integer(random, 1, 24),
    activation: random() < 0.6 ? ("relu" as const) : draw(ACTIVATION_NAMES),
    biasInitializer: draw([0, 0, -0.5]),
  }));
  const loss = isClassifier ? "crossEntropy" : draw(["meanSquaredError", "huber"] as const);
  return { inputs: 2, layers: [...hidden, { units: isClassifier ? 3 : 1 }], loss, seed };
}

function drawRound(seed: number): Round {
  const random = seededRandom(seed);
  const draw: Draw = (choices) => choices[integer(random, 0, choices.length - 1)];
  const spec = drawSpec(draw, random, seed);
  const rows = integer(random, 8, 80);
  const learningRate = draw([0.001, 0.01, 0.1, 1, 30]); // some explode
  const fit = {
    epochs: integer(random, 1, 3),
    batchSize: integer(random, 1, 40),
    optimizer: draw([sgd, adam, rmsprop])({ learningRate }),
    validation: draw([0, 0.25]),
    ...(random() < 0.3 && { clipNorm: 1 }),
  };
  return { spec, data: spec.loss === "crossEntropy" ? sectors(rows) : waves(rows), fit, remedy: draw(REMEDIES) };
}

/** Everything with one network; a checksum of all that came out. */
async function run(seed: number): Promise<string> {
  const { spec, data, fit, remedy } = drawRound(seed);
  const network = await createNetwork(spec);
  const trace = traceDeaths();
  const { epochs, stopped } = await network.fit(data, { ...fit, callbacks: [trace] });
  const told = [JSON.stringify(epochs.map(({ loss }) => loss)), `${stopped}`, JSON.stringify(trace.deaths)];
  told.push(String(diagnose(network, data.x, { targets: data.y, proofs: seed % 4 === 0 })));
  const copy = await network.clone();
  const views = [Float32Array.from(weightsOf(network)), network.predict(data.x).data.slice()];
  try {
    const treatment = await treat(copy, data.x, remedy);
    told.push(JSON.stringify(treatment.treated));
    views.push(Float32Array.from(weightsOf(treatment.network)));
    if (seed % 2) treatment.undo();
    treatment.network.dispose();
  } catch (error) {
    if ((error as RelumineError).code !== "value") throw error;
    told.push(String(error)); // of a network that exploded
  }
  copy.dispose();
  network.dispose();
  if (seed % PRESCRIBED === 0) {
    const { trials } = await prescribe(spec, data, fit, { workers: 1, trials: 3, repeats: 1 });
    told.push(JSON.stringify(trials.map(({ name, metrics, deadFraction }) => [name, metrics, deadFraction])));
  }
  return checksumOf(told, views);
}

it(
  "the same rounds twice",
  async () => {
    const first = inject("seed");
    const sums: string[] = [];
    const deadline = performance.now() + 1000 * SECONDS;
    while (sums.length < FEWEST || performance.now() < deadline) sums.push(await run(first + sums.length));
    const before = await javaScriptBytes();
    const { used } = heap;
    const { byteLength } = heap.memory.buffer;
    for (const [round, sum] of sums.entries())
      expect(await run(first + round), `RELUMINE_SEED=${first}, round ${round}`).toBe(sum);
    expect((await javaScriptBytes()) - before).toBeLessThan(MOST_BYTES);
    expect(heap.used).toBe(used);
    expect(heap.memory.buffer.byteLength).toBe(byteLength);
    expect(new Set(sums).size).toBeGreaterThan(0.95 * sums.length); // that they were different rounds
  },
  10_000 + 10_000 * SECONDS,
);
