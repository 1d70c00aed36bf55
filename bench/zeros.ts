// What zeros save: a training step on rows that are mostly 0 and one of the same network on dense noise, by turns; and
// a step of a trained network beside the same step with every zero multiplied.
import { sgd, type Network } from "../src/index.js";
import { takeRows } from "../src/core/matrix.js";
import { stateOf } from "../src/network/state/state.js";
import type { KernelExports } from "../src/wasm/exports.js";
import { multiplyingZeros } from "../tests/support/kernels.js";
import { readMnist } from "./demos/mnist-data.js";
import type { Case, Context, Figure } from "./measure.js";
import { filler } from "./numbers.js";
import { create } from "./networks.js";
import { ratios, summarize } from "./turns.js";
import { classifierOf, samples, shorten, stepsPerRun, type Samples, type Workload } from "./workloads.js";

const GENTLE_RATE = 1e-3; // the weights stay what they were
const [TRAINING_RATE, TRAINING_EPOCHS, TRAINING_SHARE] = [0.05, 8, 0.05];
const STEPS = 20;
const MILLISECONDS = 2500;

const SMALL = [784, 128, 10];
const LARGE = [784, 512, 512, 10];

const mnist = (rows: number): Samples => {
  const { x, y } = readMnist(TRAINING_SHARE).training;
  const from = Array.from({ length: rows }, (_, i) => (i * 7919) % x.rows);
  return { x: takeRows(x, from), y: from.map((row) => y[row]!) };
};

/** The same without a zero: each column less its mean, over a deviation of all. */
function standardized(rows: number): Samples {
  const { x, y } = mnist(rows);
  const means = new Float64Array(x.columns);
  x.data.forEach((value, i) => (means[i % x.columns]! += value / rows));
  return { x: { ...x, data: x.data.map((value, i) => (value - means[i % x.columns]!) / 0.3 + 1e-3) }, y };
}

/** Rows x 1000 of zeros, in which `write` sets entries. */
function tableOf(rows: number, write: (row: Float32Array, next: () => number) => void): Samples {
  const next = filler(9);
  const x = { rows, columns: 1000, data: new Float32Array(rows * 1000) };
  for (let r = 0; r < rows; r++) write(x.data.subarray(r * 1000, (r + 1) * 1000), () => (next() + 1) / 2);
  return { x, y: Array.from({ length: rows }, (_, i) => (i * 7) % 10) };
}

/** Ten columns of a hundred categories each, alike frequent. */
const oneHot = (rows: number): Samples =>
  tableOf(rows, (row, next) => {
    for (let first = 0; first < 1000; first += 100) row[first + Math.floor(next() * 100)] = 1;
  });

/** 60 words of 1000, the n-th as frequent as 1/n (Zipf). */
const bagOfWords = (rows: number): Samples =>
  tableOf(rows, (row, next) => {
    for (let word = 0; word < 60; word++) row[Math.min(999, Math.floor(1001 ** next()) - 1)]! += 1;
  });

const percent = (share: number) => `${Math.round(100 * share)} %`;
const zerosIn = (values: Float32Array): number =>
  values.reduce((count, value) => count + Number(value === 0), 0) / values.length;

/** Several epochs: what a fit does once, as the check of its data, is no part of a step. */
function trainer(network: Network, data: Samples, workload: Workload): () => Promise<unknown> {
  const { batch } = workload;
  const epochs = Math.max(1, Math.round((stepsPerRun(workload) * batch) / data.x.rows));
  const optimizer = sgd({ learningRate: GENTLE_RATE });
  return () => network.fit(data, { epochs, batchSize: batch, shuffle: false, optimizer });
}

async function besideDense(
  workload: Workload,
  make: (rows: number) => Samples,
  wanted: number | undefined,
  context: Context,
): Promise<Figure> {
  const rows = workload.batch * STEPS;
  const data = make(rows);
  const [dense, sparse] = [await create(workload, context), await create(workload, context)];
  const found = await ratios(
    trainer(dense, samples(workload, rows), workload),
    trainer(sparse, data, workload),
    MILLISECONDS,
  );
  dense.dispose();
  sparse.dispose();
  return {
    ...summarize(found),
    unit: "x the dense step",
    ...(wanted !== undefined && { wanted: { atMost: wanted } }),
    note: `${percent(zerosIn(data.x.data))} of the inputs are 0`,
  };
}

/** Share of zeros among the activations of each hidden layer, on the last batch of a fit. */
function hiddenZeros(network: Network, batch: number): string {
  const { buffers, runtime, spec } = stateOf(network);
  return spec.layers
    .slice(0, -1)
    .map(({ units }, layer) => {
      const at = buffers.activations(layer) >>> 2;
      return percent(zerosIn(runtime.heap.f32.slice(at, at + batch * units)));
    })
    .join(" and ");
}

async function trained(workload: Workload, make: (rows: number) => Samples, context: Context): Promise<Figure> {
  const network = await create(workload, context);
  await network.fit(make(60_000 * TRAINING_SHARE), {
    epochs: TRAINING_EPOCHS,
    batchSize: workload.batch,
    optimizer: sgd({ learningRate: TRAINING_RATE, momentum: 0.9 }),
  });
  const data = make(workload.batch * STEPS);
  const train = trainer(network, data, workload);
  const runtime = stateOf(network).runtime as { kernels: KernelExports };
  const { kernels } = runtime;
  const dense = multiplyingZeros(kernels);
  const using = (taken: KernelExports) => async () => {
    runtime.kernels = taken;
    await train();
    runtime.kernels = kernels;
  };
  const found = await ratios(using(dense), using(kernels), MILLISECONDS);
  const hidden = hiddenZeros(network, workload.batch);
  const note = `${percent(zerosIn(data.x.data))} of the inputs are 0, ${hidden} of the hidden activations`;
  network.dispose();
  return { ...summarize(found), unit: "x the step with zeros multiplied", note };
}

export function zeroCases(context: Context): Case[] {
  const rows: readonly [string, readonly number[], number, (rows: number) => Samples, number?][] = [
    ["MNIST", SMALL, 32, mnist, 0.5],
    ["MNIST", LARGE, 128, mnist, 0.7],
    ["one-hot table", [1000, 128, 10], 32, oneHot, 0.25],
    ["bag of words", [1000, 128, 10], 32, bagOfWords],
  ];
  const networks: readonly [string, (rows: number) => Samples][] = [
    ["MNIST", mnist],
    ["standardized MNIST", standardized],
  ];
  return [
    ...rows.map(([name, widths, batch, make, wanted]) => ({
      name: `zeros ${name}, step ${shorten(widths)}, batch ${batch}`,
      run: () => besideDense(classifierOf(widths, batch), make, wanted, context),
    })),
    ...networks.map(([name, make]) => ({
      name: `zeros ${name}, trained, step ${shorten(LARGE)}, batch 128`,
      run: () => trained(classifierOf(LARGE, 128), make, context),
    })),
  ];
}
