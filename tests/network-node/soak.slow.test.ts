// Rounds of everything with networks, data and options drawn from the run's seed: memory stays flat, no worker is left,
// and the same rounds once more give the same bits. RELUMINE_SOAK=43200 goes on for as many seconds, twice: a day.
import { expect, inject, it } from "vitest";
import { checksumOf } from "../../src/core/checksum.js";
import {
  adam,
  calibrate,
  continualBackprop,
  createNetwork,
  diagnose,
  earlyStopping,
  exportNetwork,
  type FitOptions,
  importNetwork,
  type Network,
  type NetworkSpec,
  prescribe,
  preventDeaths,
  prove,
  recordActivity,
  recycleDormant,
  selfNormalizedResets,
  type RelumineError,
  type Remedy,
  rmsprop,
  sgd,
  traceDeaths,
  treat,
} from "../../src/index.js";
import { ACTIVATION_NAMES } from "../../src/wasm/abi.js";
import { getRuntime } from "../../src/wasm/runtime.js";
import * as remote from "../../src/worker.js";
import { javaScriptBytes, settle } from "../support/memory.js";
import { weightsOf } from "../support/networks.js";
import { integer, seededRandom } from "../support/random.js";
import { sectors, waves } from "../support/samples.js";

const SECONDS = Number(process.env["RELUMINE_SOAK"] ?? 6);
const PRESCRIBED = 50; // one round of so many, as it takes as long as many
const ELSEWHERE = 25; // one of so many in a worker besides
const FEWEST = 20;
const MOST_BYTES = 3e6; // of the JavaScript heap for compiled code and caches, whatever the number of rounds
const REMEDIES: readonly Remedy[] = [
  { kind: "liftBias" },
  { kind: "recycle", dormantBelow: 0.2 },
  { kind: "reinitialize" },
  { kind: "replaceActivation", activation: "leakyRelu" },
  { kind: "prune" },
  { kind: "openSamples" },
];
const DURING = {
  nothing: () => [],
  recycleDormant: () => [recycleDormant({ everySteps: 3 })],
  continualBackprop: () => [continualBackprop({ replacementRate: 0.05, maturity: 2 })],
  selfNormalizedResets: () => [selfNormalizedResets({ threshold: 0.3 })],
  preventDeaths: () => [preventDeaths()],
  earlyStopping: () => [earlyStopping({ patience: 1, restoreBest: true })],
};

const { heap } = await getRuntime();

type Draw = <T>(choices: readonly T[]) => T;

interface Round {
  readonly spec: NetworkSpec;
  readonly data: { readonly x: readonly (readonly number[])[]; readonly y: readonly number[] };
  readonly fit: FitOptions;
  readonly remedy: Remedy;
  readonly during: keyof typeof DURING;
  /** Deaths that are explained unasked; the others are then asked for. */
  readonly explain: number;
  readonly isCalibrated: boolean;
  readonly isProved: boolean;
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
  return {
    spec,
    data: spec.loss === "crossEntropy" ? sectors(rows) : waves(rows),
    fit,
    remedy: draw(REMEDIES),
    during: draw(Object.keys(DURING) as (keyof typeof DURING)[]),
    explain: draw([0, 1, Infinity]),
    isCalibrated: random() < 0.2,
    isProved: random() < 0.2,
  };
}

/** What came of it, or what refused it: of a network that exploded, "value" may. */
async function orRefusal<T>(work: () => Promise<T>): Promise<T | string> {
  try {
    return await work();
  } catch (error) {
    if ((error as RelumineError).code !== "value") throw error;
    return String(error);
  }
}

type Told = string[];

async function train(network: Network, { data, fit, during, explain }: Round): Promise<Told> {
  const trace = traceDeaths({ explain });
  const activity = recordActivity(data.x);
  const { epochs, stopped, diverged } = await network.fit(data, {
    ...fit,
    callbacks: [...DURING[during](), trace, activity],
  });
  await trace.explain();
  const told = [`${stopped}`, ...[epochs.map(({ loss }) => loss), trace.deaths, activity.frames, diverged].map(toJson)];
  if (diverged) network.restoreEpochStart();
  return told;
}

const toJson = (value: unknown) => JSON.stringify(value) ?? "";

async function look(network: Network, { data, isProved }: Round, seed: number): Promise<Told> {
  const blocks = () => [data.x.slice(0, 5), data.x.slice(5)];
  const inBlocks = await diagnose(network, { rows: data.x.length, blocks });
  const proof = isProved && (await prove(network, data.x, { budget: 1e5, threads: 1 }));
  return [
    String(diagnose(network, data.x, { targets: data.y, proofs: seed % 4 === 0 })),
    String(inBlocks),
    toJson(proof),
  ];
}

async function treatCopy(network: Network, { data, remedy }: Round, isUndone: boolean): Promise<Told> {
  using copy = await network.clone();
  const weights: Told = [];
  const treated = await orRefusal(async () => {
    const treatment = await treat(copy, data.x, remedy, { targets: data.y });
    weights.push(String(weightsOf(treatment.network)));
    if (isUndone) treatment.undo();
    treatment.network.dispose();
    return toJson(treatment.treated);
  });
  return [treated, ...weights];
}

/** Out, in again, and on from there. */
async function store(network: Network, { data, fit }: Round): Promise<Told> {
  const bytes = await exportNetwork(network, "safetensors");
  using stored = await importNetwork(await exportNetwork(network, "safetensors", { training: true }));
  await stored.fit(data, { ...fit, epochs: 1 });
  return [checksumOf([], [bytes]), String(weightsOf(stored))];
}

/** The same training in a worker. */
async function trainElsewhere({ spec, data, fit, explain }: Round): Promise<Told> {
  const network = await remote.createNetwork(spec);
  const trace = remote.traceDeaths({ explain });
  const { epochs } = await network.fit(data, { ...fit, callbacks: [trace] });
  const explained = await trace.explain();
  const diagnosis = await remote.diagnose(network, data.x);
  await network.dispose();
  return [toJson(epochs.map(({ loss }) => loss)), toJson(explained), String(diagnosis)];
}

/** Everything with one network; a checksum of all that came out. */
async function run(seed: number): Promise<string> {
  const round = drawRound(seed);
  const { spec, data, fit } = round;
  const network = await createNetwork(spec);
  const told: Told = [];
  if (round.isCalibrated) told.push(await orRefusal(async () => toJson(await calibrate(network, data.x))));
  told.push(...(await train(network, round)));
  const views = [Float32Array.from(weightsOf(network)), network.predict(data.x).data.slice()];
  told.push(...(await look(network, round, seed)), ...(await treatCopy(network, round, seed % 2 === 1)));
  told.push(...(await store(network, round)));
  network.dispose();
  if (seed % PRESCRIBED === 0) {
    const { trials } = await prescribe(spec, data, fit, { workers: 1, trials: 3, repeats: 1 });
    told.push(toJson(trials.map(({ name, metrics, deadFraction }) => [name, metrics, deadFraction])));
  }
  if (seed % ELSEWHERE === 1) told.push(...(await trainElsewhere(round)));
  return checksumOf(told, views);
}

/** Threads and what talks to them. */
async function workersLeft(): Promise<number> {
  await settle();
  return process.getActiveResourcesInfo().filter((kind) => /Worker|MessagePort/.test(kind)).length;
}

it(
  "the same rounds twice",
  async () => {
    const first = inject("seed");
    const sums: string[] = [];
    const deadline = performance.now() + 1000 * SECONDS;
    while (sums.length < FEWEST || performance.now() < deadline) sums.push(await run(first + sums.length));
    const workers = await workersLeft();
    const before = await javaScriptBytes();
    const { used } = heap;
    const { byteLength } = heap.memory.buffer;
    for (const [round, sum] of sums.entries())
      expect(await run(first + round), `RELUMINE_SEED=${first}, round ${round}`).toBe(sum);
    expect((await javaScriptBytes()) - before).toBeLessThan(MOST_BYTES);
    expect(await workersLeft()).toBe(workers);
    expect(heap.used).toBe(used);
    expect(heap.memory.buffer.byteLength).toBe(byteLength);
    expect(new Set(sums).size).toBeGreaterThan(0.95 * sums.length); // that they were different rounds
  },
  10_000 + 10_000 * SECONDS,
);
