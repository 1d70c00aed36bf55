// Trainings that mix all that a network and a fit can be told, and what holds of every one of them.
import { expect } from "vitest";
import { memoryOf } from "../treatment/promises.js";
import { forward } from "../reference/network.js";
import { expectRefusal } from "../support/errors.js";
import { toReference } from "../support/networks.js";
import { drawSparse, withZeros } from "../support/sparse.js";
import { randomRows, seededRandom } from "../support/random.js";
import fc from "../support/property.js";
import {
  adam,
  adamW,
  createNetwork,
  type DataSet,
  type DenseSpec,
  diagnose,
  exportNetwork,
  type FitOptions,
  type History,
  importNetwork,
  type LossSpec,
  type Matrix,
  type Network,
  type NetworkSpec,
  rmsprop,
  sgd,
  traceDeaths,
  treat,
} from "../../src/index.js";
import { ACTIVATION_NAMES } from "../../src/wasm/abi.js";

const MOST_EPOCHS = 3;
/** Sums of squares of larger numbers leave float32. */
const NEAR_OVERFLOW = 1e15;
const INITIALIZERS = ["heNormal", "heUniform", "glorotNormal", "glorotUniform", "lecunNormal", "orthogonal"] as const;
const rate = fc.constantFrom(1e-3, 1e-2, 0.1, 1, 100);
const ofTen = (tenths: number) => fc.integer({ min: 0, max: 9 }).map((drawn) => drawn < tenths);

const hidden: fc.Arbitrary<DenseSpec> = fc.record(
  {
    units: fc.integer({ min: 1, max: 12 }),
    activation: fc.oneof(fc.constant("relu" as const), fc.constantFrom(...ACTIVATION_NAMES)),
    kernelInitializer: fc.constantFrom(...INITIALIZERS),
    frozen: ofTen(2),
  },
  { requiredKeys: ["units"] },
);
/** Biases, which a layer may be without. */
const withBiases = (layer: fc.Arbitrary<DenseSpec>) =>
  fc
    .tuple(layer, fc.constantFrom({}, {}, { useBias: false }, { biasInitializer: 0.2 }, { biasInitializer: -0.5 }))
    .map(([spec, bias]): DenseSpec => ({ ...spec, ...bias }));

const smoothing = fc.constantFrom({}, {}, { labelSmoothing: 0.1 }, { labelSmoothing: 0.5 });
/** A loss with the last layer that suits it, and whether its targets are classes, shares or numbers. */
const output = fc.oneof(
  fc.tuple(fc.constantFrom("linear", "softmax"), smoothing).map(([activation, more]) => ({
    activation: activation as DenseSpec["activation"],
    loss: { name: "crossEntropy", ...more } as LossSpec,
  })),
  fc.tuple(fc.constantFrom("linear", "sigmoid"), smoothing).map(([activation, more]) => ({
    activation: activation as DenseSpec["activation"],
    loss: {
      name: "binaryCrossEntropy",
      from: activation === "sigmoid" ? "probabilities" : "logits",
      ...more,
    } as LossSpec,
  })),
  fc.constantFrom("meanSquaredError", "meanAbsoluteError", "huber").map((name) => ({
    activation: "linear" as DenseSpec["activation"],
    loss: { name } as LossSpec,
  })),
);

const spec: fc.Arbitrary<NetworkSpec> = fc
  .record({
    inputs: fc.integer({ min: 1, max: 9 }),
    layers: fc.array(withBiases(hidden), { maxLength: 3 }),
    units: fc.integer({ min: 1, max: 4 }),
    output,
    seed: fc.nat(1e6),
  })
  .map(({ layers, units, output: { activation, loss }, ...rest }) => ({
    ...rest,
    layers: [...layers, { units: loss.name === "crossEntropy" ? units + 1 : units, activation }],
    loss,
  }));

/** Made anew for each training: an optimizer object goes on with its moments. */
const optimizer = fc.oneof(
  fc.tuple(rate, fc.constantFrom({}, { momentum: 0.9 }, { momentum: 0.5, nesterov: true }, { weightDecay: 0.01 })).map(
    ([learningRate, more]) =>
      () =>
        sgd({ learningRate, ...more }),
  ),
  fc.tuple(rate, fc.constantFrom(adam, adamW, rmsprop)).map(
    ([learningRate, make]) =>
      () =>
        make({ learningRate }),
  ),
);

const fit = fc.record(
  {
    epochs: fc.integer({ min: 2, max: MOST_EPOCHS }),
    batchSize: fc.integer({ min: 1, max: 16 }),
    clipNorm: fc.constantFrom(0.01, 1),
    shuffle: fc.boolean(),
    validation: fc.constantFrom(0, 0.3),
  },
  { requiredKeys: ["epochs", "batchSize"] },
);

/** Rows in one of the forms that they may have, with targets of any form, and weights. */
function drawData({ inputs, layers, loss }: NetworkSpec, seed: number, rows: number): DataSet & { dense: Matrix } {
  const random = seededRandom(seed);
  const isSparse = random() < 0.3;
  const sparse = isSparse ? drawSparse(rows, inputs, 0.4, seed + 1) : undefined;
  const dense = sparse
    ? withZeros(sparse)
    : { rows, columns: inputs, data: Float32Array.from(randomRows(random, rows, inputs).flat()) };
  const { units } = layers.at(-1)!;
  const { name } = loss as LossSpec;
  const each = <T>(of: () => T): T[] => Array.from({ length: rows }, of);
  const number = { binaryCrossEntropy: () => Math.round(random()) }[name as string] ?? (() => 4 * random() - 2);
  const label = () => Math.min(units - 1, Math.floor(random() * units));
  const row = () => Array.from({ length: units }, () => Math.fround(number()));
  const oneHot = () => {
    const own = label();
    return Array.from({ length: units }, (_, c) => Number(c === own));
  };
  const classes = () => (random() < 0.7 ? each(label) : each(oneHot));
  const y = name === "crossEntropy" ? classes() : each(row);
  const weights = random() < 0.3 ? { weights: each(() => Math.floor(3 * random())).with(0, 1) } : {};
  return { x: sparse ?? dense, y, ...weights, dense };
}

export interface Mixed {
  readonly spec: NetworkSpec;
  readonly fit: FitOptions;
  readonly optimizer: () => NonNullable<FitOptions["optimizer"]>;
  readonly seed: number;
  readonly rows: number;
  readonly arithmetic: "fast" | "reproducible";
}

export const mixed: fc.Arbitrary<Mixed> = fc.record({
  spec,
  fit,
  optimizer,
  seed: fc.nat(1e6),
  rows: fc.integer({ min: 4, max: 40 }),
  arithmetic: fc.constantFrom("fast", "reproducible"),
});

/** The optimizer's recipe is an object of its own in each training. */
const bitsOf = (network: Network) => ({ ...(memoryOf(network) as object), optimizer: undefined });
const withoutTime = ({ epochs, ...rest }: History) => ({
  ...rest,
  epochs: epochs.map(({ seconds: _, ...log }) => log),
});

/** What may have been seen, so that a test can say that its runs were not all of one kind. */
export interface Seen {
  diverged: number;
  deaths: number;
  treated: number;
}

async function trainOnce({ spec: given, fit: options, optimizer: make, arithmetic }: Mixed, data: DataSet) {
  const network = await createNetwork(given, { arithmetic });
  const trace = traceDeaths();
  const history = await network.fit(data, { ...options, optimizer: make(), callbacks: [trace] });
  return { network, history, trace };
}

/** Each epoch's loss is a number unless the training says that it diverged, and weights always are. */
function expectNumbers(network: Network, { epochs, stopped }: History): void {
  for (const layer of network.layers)
    for (const values of Object.values(layer.getWeights()) as Float32Array[])
      expect(values.every(Number.isFinite)).toBe(true);
  if (stopped === "diverged") return;
  expect(epochs.every(({ loss }) => Number.isFinite(loss))).toBe(true);
}

/** Stops after its first epoch, is stored, read again, and goes on. */
async function expectResumed(given: Mixed, data: DataSet, whole: Network, wanted: History): Promise<void> {
  const { spec: of, fit: options, optimizer: make, arithmetic } = given;
  using network = await createNetwork(of, { arithmetic });
  const first = { onEpochEnd: (_log: unknown, { stop }: { stop(): void }) => stop() };
  await network.fit(data, { ...options, optimizer: make(), callbacks: [traceDeaths(), first] });
  const bytes = await exportNetwork(network, "safetensors", { training: true });
  using again = await importNetwork(bytes, { arithmetic });
  const callbacks = [traceDeaths(), { onEpochEnd: () => undefined }];
  const history = await again.fit(data, { ...options, optimizer: make(), callbacks, resume: true });
  expect(withoutTime(history)).toEqual(withoutTime(wanted));
  expect(bitsOf(again)).toEqual(bitsOf(whole));
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** What each unit did, against a naive pass in float64. */
function expectDiagnosed(network: Network, { x, y, dense }: DataSet & { dense: Matrix }): void {
  const before = network.evaluate({ x, y });
  const weights = bitsOf(network);
  const { layers } = diagnose(network, x, { targets: y });
  expect(bitsOf(network)).toEqual(weights);
  expect(network.evaluate({ x, y })).toEqual(before);
  const rows = Array.from({ length: dense.rows }, (_, r) => [
    ...dense.data.subarray(r * dense.columns, (r + 1) * dense.columns),
  ]);
  const last = network.layers.length - 1;
  const reference = toReference(network).map((layer, l) =>
    l === last ? { ...layer, activation: { name: "linear" } } : layer,
  );
  const passes = forward(reference, rows);
  const isBeyond = passes.some(({ z }) => z.flat().some((value) => !(Math.abs(value) < NEAR_OVERFLOW)));
  if (isBeyond) return; // any-network.test.ts is of numbers that float32 does not hold
  for (const { layer, units } of layers)
    units.forEach(({ activity, preactivation }, unit) => {
      const z = passes[layer].z.map((row) => row[unit]);
      // what cancels in a sum of float32 is as large as its terms, of this layer and those below
      const size = passes.slice(0, layer + 1).reduce((most, pass) => Math.max(most, ...pass.z.flat().map(Math.abs)), 1);
      const error = 1e-3 * size;
      expect(Math.abs(preactivation.mean - mean(z))).toBeLessThanOrEqual(error);
      const fires = (over: number) => mean(z.map((value) => Number(value > over)));
      expect(activity).toBeGreaterThanOrEqual(fires(error) - 1e-6);
      expect(activity).toBeLessThanOrEqual(fires(-error) + 1e-6);
    });
}

/** liftBias and prune leave what the network says as it was. */
async function expectTreated(network: Network, { x }: DataSet, seen: Seen): Promise<void> {
  for (const kind of ["liftBias", "prune"] as const) {
    using copy = await network.clone();
    const outputs = copy.predict(x, { logits: true }).data;
    if (!outputs.every(Number.isFinite)) {
      // finite weights whose outputs overflow, as the last update may leave them: that is said
      await expectRefusal(() => treat(copy, x, { kind }), "value", /^layers/);
      continue;
    }
    const treatment = await treat(copy, x, { kind });
    seen.treated += treatment.treated.length;
    const size = outputs.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
    const now = treatment.network.predict(x, { logits: true }).data;
    const change = now.reduce((most, value, i) => Math.max(most, Math.abs(value - outputs[i])), 0);
    expect(change, kind).toBeLessThanOrEqual(kind === "liftBias" ? 0 : 1e-4 * size);
    if (treatment.network !== copy) treatment.network.dispose();
  }
}

/** All of it. */
export async function expectSound(given: Mixed, seen: Seen): Promise<void> {
  const { dense, ...data } = drawData(given.spec, given.seed, given.rows);
  const { network, history, trace } = await trainOnce(given, data);
  using first = network;
  expectNumbers(network, history);
  const twin = await trainOnce(given, data);
  using second = twin.network;
  expect(bitsOf(second)).toEqual(bitsOf(first));
  expect(withoutTime(twin.history)).toEqual(withoutTime(history));
  expect(twin.trace.deaths).toEqual(trace.deaths);
  seen.deaths += trace.deaths.length;
  expect(trace.deaths.filter(({ cause }) => cause === "unknown")).toEqual([]); // a replay that is not faithful says so
  using read = await importNetwork(await exportNetwork(network, "safetensors"), { arithmetic: given.arithmetic });
  expect(read.spec).toEqual(network.spec);
  expect(read.layers.map((layer) => layer.getWeights())).toEqual(network.layers.map((layer) => layer.getWeights()));
  expect(read.predict(data.x)).toEqual(network.predict(data.x));
  if (history.stopped === "diverged") {
    seen.diverged++;
    return;
  }
  await expectResumed(given, data, network, history);
  expectDiagnosed(network, { ...data, dense });
  await expectTreated(network, data, seen);
}
