// Figures that compare: what the counters cost, what closed units save, what a second thread brings, how near predict
// comes to a plain sum.
import {
  adam,
  type Callback,
  type PackageCallback,
  continualBackprop,
  preventDeaths,
  recycleDormant,
  selfNormalizedResets,
  sgd,
  type Network,
} from "../src/index.js";
import { hiddenUnits } from "../src/network/training/evaluate.js";
import type { Counting } from "../src/network/state/passes.js";
import { stateOf } from "../src/network/state/state.js";
import { SilentUnits } from "../src/network/training/silent-units.js";
import { callsPerSample, times, warmUp, type Case, type Context, type Figure } from "./measure.js";
import { create } from "./networks.js";
import { SKIP_FROM_UNITS } from "../src/network/state/closed-units.js";
import { compilePlainSum } from "./plain-sum.js";
import { byTurns, ratios, summarize } from "./turns.js";
import { samples, shorten, stepsPerRun, WORKLOADS, type Workload } from "./workloads.js";

const W3 = WORKLOADS[2]!;
const LEARNING_RATE = 1e-3;
const PASSES_SECONDS = 5e-3;

/** Some steps inside fit, as one call. */
function trainer(network: Network, workload: Workload): () => Promise<unknown> {
  const data = samples(workload, workload.batch * stepsPerRun(workload));
  const optimizer = sgd({ learningRate: LEARNING_RATE });
  return () => network.fit(data, { epochs: 1, batchSize: workload.batch, shuffle: false, optimizer });
}

/**
 * The activations' passes over one batch, with what each step counts and does with it, with all that a trace reads
 * besides, or without.
 */
function forwardPasses(network: Network, workload: Workload, counting: Counting): () => void {
  const {
    arena,
    buffers,
    runtime: { kernels, heap },
    spec,
  } = stateOf(network);
  const silent = new SilentUnits(hiddenUnits(spec), kernels, heap, arena);
  silent.reset();
  const counted = counting !== "none",
    all = Number(counting === "all");
  const pass = ({ units }: (typeof spec.layers)[number], layer: number) => {
    const z = buffers.preactivations(layer);
    kernels.activationForward(
      layer < spec.layers.length - 1 ? 1 : 0,
      0,
      0,
      workload.batch,
      units,
      z,
      z,
      buffers.activations(layer),
      counted ? buffers.counters(layer) : 0,
      all,
    );
    if (!counted || layer === spec.layers.length - 1) return;
    if (units >= SKIP_FROM_UNITS) kernels.listOpen(units, buffers.counters(layer), buffers.open(layer));
  };
  return () => {
    spec.layers.forEach(pass);
    if (counted) silent.note(buffers);
  };
}

async function counterShare(workload: Workload, counting: Counting, context: Context): Promise<Figure> {
  const network = await create(workload, context);
  const train = trainer(network, workload);
  const [bare, counted] = [forwardPasses(network, workload, "none"), forwardPasses(network, workload, counting)];
  await train(); // fills the buffers
  const passes = await callsPerSample(bare, PASSES_SECONDS);
  await warmUp(counted);
  const turns = await byTurns([times(bare, passes), times(counted, passes), train]);
  network.dispose();
  const share = ([without, having, training]: readonly number[]) =>
    (having! - without!) / passes / (training! / stepsPerRun(workload));
  const isLarge = workload.name === "W3" || workload.name === "W5";
  return {
    ...summarize(turns.map((turn) => 100 * share(turn))),
    unit: "% of a step",
    ...(counting === "fired" && { wanted: { atMost: isLarge ? 2 : 5 } }),
  };
}

/** W3 with every other hidden unit closed by its bias, against all open. */
async function closedShare(context: Context): Promise<Figure> {
  const [alive, half] = [await create(W3, context), await create(W3, context)];
  for (const layer of half.layers.slice(0, -1)) {
    layer.setWeights({ bias: Float32Array.from({ length: layer.units }, (_, unit) => (unit % 2 ? 0 : -1e4)) });
  }
  const found = await ratios(trainer(alive, W3), trainer(half, W3));
  alive.dispose();
  half.dispose();
  return { ...summarize(found.map((ratio) => 100 * ratio)), unit: "% of the time", wanted: { atMost: 65 } };
}

const EPOCHS = 4; // so that a fit's beginning counts little

/** What a callback costs of a step, where it changes nothing or next to nothing. */
async function callbackShare(
  workload: Workload,
  { make, wanted }: Remedy,
  optimizer: ReturnType<typeof sgd>,
  context: Context,
): Promise<Figure> {
  const [without, having] = [await create(workload, context), await create(workload, context)];
  const data = samples(workload, workload.batch * stepsPerRun(workload));
  const remedy = make();
  const idle: Callback = { onBatchEnd: () => {} };
  const run = (network: Network, callback: Callback | PackageCallback) => () =>
    network.fit(data, { epochs: EPOCHS, batchSize: workload.batch, shuffle: false, optimizer, callbacks: [callback] });
  const found = await ratios(run(without, idle), run(having, remedy), 3000);
  without.dispose();
  having.dispose();
  return { ...summarize(found.map((ratio) => 100 * (ratio - 1))), unit: "% of a step", ...(wanted && { wanted }) };
}

interface Remedy extends Pick<Figure, "wanted"> {
  readonly name: string;
  make(): PackageCallback;
}

const REMEDIES: readonly Remedy[] = [
  { name: "continualBackprop", make: () => continualBackprop(), wanted: { atMost: 3 } },
  { name: "recycleDormant", make: () => recycleDormant({ dormantBelow: 0 }), wanted: { atMost: 3 } },
  { name: "selfNormalizedResets", make: () => selfNormalizedResets({ threshold: 1e-9 }), wanted: { atMost: 3 } },
  { name: "preventDeaths", make: () => preventDeaths() },
];

function remedyCases(context: Context): Case[] {
  return WORKLOADS.slice(1, 4).flatMap((workload) =>
    REMEDIES.flatMap((remedy) =>
      [sgd({ learningRate: LEARNING_RATE }), adam({ learningRate: 1e-4 })].map((optimizer): Case => ({
        name: `${remedy.name} ${workload.name}, ${optimizer.name}`,
        onDemand: true,
        run: () => callbackShare(workload, remedy, optimizer, context),
      })),
    ),
  );
}

async function threadGain(workload: Workload, context: Context): Promise<Figure> {
  const [one, two] = [await create(workload, context), await create(workload, context, 2)];
  const found = await ratios(trainer(two, workload), trainer(one, workload));
  const isSame = one.layers.every((layer, index) => {
    const others = two.layers[index]!.getWeights().kernel; // a copy of all
    return layer.getWeights().kernel.every((weight, i) => weight === others[i]);
  });
  const { threads } = two.runtime;
  one.dispose();
  two.dispose();
  const isLarge = workload.name === "W3" || workload.name === "W5";
  const note = isSame ? `${threads} threads, the same bits on both` : "THE BITS DIFFER";
  return {
    ...summarize(isSame ? found : [Number.NaN]),
    unit: "times as fast",
    wanted: { atLeast: isLarge ? 1.75 : 1 },
    note,
  };
}

/** All weights positive, so that no hidden unit is closed and no row of weights left out. */
function openAll(network: Network): void {
  for (const layer of network.layers) layer.setWeights({ kernel: layer.getWeights().kernel.map(Math.abs) });
}

/** The sum reads all weights; predict leaves out those whose input is 0. */
async function predictShare(isOpen: boolean, context: Context): Promise<Figure> {
  const network = await create(W3, context);
  const { x } = samples(W3, 1);
  if (isOpen) openAll(network);
  const row = isOpen ? { ...x, data: x.data.map((value) => Math.abs(value)) } : x;
  const {
    runtime: { heap },
    parameters,
    parameterFloats,
  } = stateOf(network);
  const sum = await compilePlainSum(heap.memory);
  const bytes = (parameterFloats * 4) & ~127;
  const found = await ratios(
    times(() => network.predict(row, { logits: true }), 10),
    times(() => sum(parameters, parameters + bytes), 10),
    800,
  );
  network.dispose();
  const note = isOpen ? "no input and no hidden unit is 0" : "weights of hidden units at 0, about half, are not read";
  return { ...summarize(found.map((ratio) => 100 * ratio)), unit: "% of a sum's rate", wanted: { atLeast: 70 }, note };
}

export function ratioCases(context: Context): Case[] {
  const workloads = WORKLOADS.filter(({ name }) => context.all || name !== "W5");
  return [
    ...workloads.map((workload) => ({
      name: `counters ${workload.name} ${shorten(workload.widths)}`,
      run: () => counterShare(workload, "fired", context),
    })),
    ...workloads.map((workload) => ({
      name: `counters ${workload.name} ${shorten(workload.widths)}, all that a trace reads`,
      run: () => counterShare(workload, "all", context),
    })),
    ...remedyCases(context),
    { name: "half closed W3, step", run: () => closedShare(context) },
    ...(context.cores > 1 ? workloads : []).map((workload) => ({
      name: `threads ${workload.name} ${shorten(workload.widths)}, 2 for 1`,
      run: () => threadGain(workload, context),
    })),
    { name: "predict W3, 1 row, against a plain sum", run: () => predictShare(false, context) },
    { name: "predict W3, 1 row, no zeros, against a sum", run: () => predictShare(true, context) },
  ];
}
