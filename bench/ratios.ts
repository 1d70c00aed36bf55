// Figures that compare: what the counters cost, what closed units save, what a second thread brings, how near predict comes to a plain sum.
import { adam, type Callback, continualBackprop, preventDeaths, recycleDormant, sgd, type Network } from "../src/index.js";
import { stateOf } from "../src/network/state.js";
import { alternate, type Case, type Context, type Figure } from "./measure.js";
import { create } from "./networks.js";
import { SKIP_FROM_UNITS } from "../src/network/skipping.js";
import { compilePlainSum } from "./plain-sum.js";
import { samples, shorten, stepsPerRun, WORKLOADS, type Workload } from "./workloads.js";

const W3 = WORKLOADS[2]!;
const LEARNING_RATE = 1e-3;

/** Some steps inside fit, as one call. */
function trainer(network: Network, workload: Workload): () => Promise<unknown> {
  const data = samples(workload, workload.batch * stepsPerRun(workload));
  const optimizer = sgd({ learningRate: LEARNING_RATE });
  return () => network.fit(data, { epochs: 1, batchSize: workload.batch, shuffle: false, optimizer });
}

/** The activations' passes over one batch, with counters and their folding, or without. */
function forwardPasses(network: Network, workload: Workload, counted: boolean): () => void {
  const { buffers, runtime: { kernels, heap }, spec } = stateOf(network);
  const totals = spec.layers.map(({ units }) => heap.allocate(units * 8, "the benchmark's totals"));
  return () => spec.layers.forEach(({ units }, layer) => {
    const z = buffers.preactivations(layer);
    kernels.activationForward(layer < spec.layers.length - 1 ? 1 : 0, 0, 0, workload.batch, units, z, z, buffers.activations(layer), counted ? buffers.counters(layer) : 0);
    if (!counted || layer === spec.layers.length - 1) return;
    if (units >= SKIP_FROM_UNITS) kernels.listOpen(units, buffers.counters(layer), buffers.open(layer));
    kernels.addFired(units, buffers.counters(layer), totals[layer]!);
  });
}

async function counterShare(workload: Workload, context: Context): Promise<Figure> {
  const network = await create(workload, context);
  const train = trainer(network, workload);
  await train();
  const many = (call: () => void) => () => { for (let i = 0; i < 50; i++) call(); };
  const { first, second } = await alternate(many(forwardPasses(network, workload, false)), many(forwardPasses(network, workload, true)), 600);
  const step = (await alternate(train, train, 600)).first / stepsPerRun(workload);
  network.dispose();
  const isLarge = workload.name === "W3" || workload.name === "W5";
  return { value: (100 * (second - first)) / 50 / step, unit: "% of a step", wanted: { atMost: isLarge ? 2 : 5 } };
}

/** W3 with every other hidden unit closed by its bias, against all open. */
async function closedShare(context: Context): Promise<Figure> {
  const [alive, half] = [await create(W3, context), await create(W3, context)];
  for (const layer of half.layers.slice(0, -1)) {
    layer.setWeights({ bias: Float32Array.from({ length: layer.units }, (_, unit) => (unit % 2 ? 0 : -1e4)) });
  }
  const { ratio } = await alternate(trainer(alive, W3), trainer(half, W3));
  alive.dispose();
  half.dispose();
  return { value: 100 * ratio, unit: "% of the time", wanted: { atMost: 65 } };
}

const EPOCHS = 4; // so that a fit's beginning counts little

/** What a callback costs of a step, where it changes nothing or next to nothing. */
async function callbackShare(workload: Workload, make: () => Callback, optimizer: ReturnType<typeof sgd>, context: Context): Promise<Figure> {
  const [without, having] = [await create(workload, context), await create(workload, context)];
  const data = samples(workload, workload.batch * stepsPerRun(workload));
  const remedy = make();
  const idle: Callback = { onBatchEnd: () => {} };
  const run = (network: Network, callback: Callback) => () => network.fit(data, { epochs: EPOCHS, batchSize: workload.batch, shuffle: false, optimizer, callbacks: [callback] });
  const { ratio } = await alternate(run(without, idle), run(having, remedy), 3000);
  without.dispose();
  having.dispose();
  return { value: 100 * (ratio - 1), unit: "% of a step", wanted: { atMost: 3 } };
}

const REMEDIES: readonly { readonly name: string; make(): Callback }[] = [
  { name: "continualBackprop", make: () => continualBackprop() },
  { name: "recycleDormant", make: () => recycleDormant({ tau: 0 }) },
  { name: "preventDeaths", make: () => preventDeaths() },
];

function remedyCases(context: Context): Case[] {
  return WORKLOADS.slice(1, 4).flatMap((workload) => REMEDIES.flatMap(({ name, make }) => [sgd({ learningRate: LEARNING_RATE }), adam({ learningRate: 1e-4 })].map((optimizer): Case => ({
    name: `${name} ${workload.name}, ${optimizer.name}`, run: () => callbackShare(workload, make, optimizer, context),
  }))));
}

async function threadGain(workload: Workload, context: Context): Promise<Figure> {
  const [one, two] = [await create(workload, context), await create(workload, context, 2)];
  const { ratio } = await alternate(trainer(one, workload), trainer(two, workload));
  const isSame = one.layers.every((layer, index) => layer.getWeights().kernel.every((weight, i) => weight === two.layers[index]!.getWeights().kernel[i]));
  const { threads } = two.runtime;
  one.dispose();
  two.dispose();
  const isLarge = workload.name === "W3" || workload.name === "W5";
  const note = isSame ? `${threads} threads, the same bits on both` : "THE BITS DIFFER";
  return { value: isSame ? 1 / ratio : Number.NaN, unit: "times as fast", wanted: { atLeast: isLarge ? 1.75 : 1 }, note };
}

async function predictShare(context: Context): Promise<Figure> {
  const network = await create(W3, context);
  const { x } = samples(W3, 1);
  const { runtime: { heap }, parameters, parameterFloats } = stateOf(network);
  const sum = await compilePlainSum(heap.memory);
  const bytes = parameterFloats * 4 & ~127;
  const repeat = (call: () => unknown) => () => { for (let i = 0; i < 10; i++) call(); };
  const { ratio } = await alternate(repeat(() => network.predict(x, { logits: true })), repeat(() => sum(parameters, parameters + bytes)), 800);
  network.dispose();
  return { value: 100 * ratio, unit: "% of a sum's rate", wanted: { atLeast: 70 } };
}

export function ratioCases(context: Context): Case[] {
  const workloads = WORKLOADS.filter(({ name }) => context.all || name !== "W5");
  return [
    ...workloads.map((workload) => ({ name: `counters ${workload.name} ${shorten(workload.widths)}`, run: () => counterShare(workload, context) })),
    ...remedyCases(context),
    { name: "half closed W3, step", run: () => closedShare(context) },
    ...workloads.map((workload) => ({ name: `threads ${workload.name} ${shorten(workload.widths)}, 2 for 1`, run: () => threadGain(workload, context) })),
    { name: "predict W3, 1 row, against a plain sum", run: () => predictShare(context) },
  ];
}
