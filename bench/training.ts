// Whole training steps inside fit: forward, loss, backward and update of plain SGD; the counters for diagnosis run along, as they always do.
import { createNetwork, sgd, type Matrix, type Network } from "../src/index.js";
import { gradients, type ReferenceLayer } from "../tests/reference.js";
import { measureRun, type Case, type Context, type Result } from "./measure.js";
import { WORKLOADS, operationsPerStep, samples, shorten, stepsPerRun, type Workload } from "./workloads.js";

const LEARNING_RATE = 1e-3; // small: the weights stay what they were, and no unit dies
const RESIDUAL_RATE = 1; // of the one step that is checked, so that the change is not lost in the weights' own rounding
const CHECKED_OPERATIONS = 5e8; // the reference takes seconds for more

function create({ widths, loss }: Workload, { build }: Context): Promise<Network> {
  const [inputs, ...units] = widths;
  const spec = { inputs: inputs!, layers: units.map((count) => ({ units: count })), loss, seed: 1 };
  return createNetwork(spec, { arithmetic: build === "strict" ? "reproducible" : "fast" });
}

function rowsOf({ rows, columns, data }: Matrix): number[][] {
  return Array.from({ length: rows }, (_, i) => [...data.subarray(i * columns, (i + 1) * columns)]);
}

function toReference(network: Network): ReferenceLayer[] {
  return network.layers.map((layer) => {
    const { kernel, bias } = layer.getWeights();
    return { activation: layer.activation, kernel: rowsOf({ rows: layer.inputs, columns: layer.units, data: kernel }), bias: [...bias] };
  });
}

const weightsOf = (network: Network): number[] => network.layers.flatMap((layer) => [...layer.getWeights().kernel]);
const norm = (values: readonly number[]): number => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));

/** One step on one batch: the distance of the kernels' change from float64's, relative to that change, over 1e-4. */
async function residual(workload: Workload, context: Context): Promise<number> {
  const share = Math.min(1, CHECKED_OPERATIONS / operationsPerStep(workload));
  const batch = Math.max(1, Math.floor(workload.batch * share));
  const network = await create(workload, context);
  const { x, y } = samples(workload, batch);
  const before = weightsOf(network);
  const exact = gradients(toReference(network), rowsOf(x), y as number[], workload.loss).layers.flatMap(({ kernel }) => kernel.flat());
  await network.fit({ x, y }, { epochs: 1, batchSize: batch, shuffle: false, optimizer: sgd({ learningRate: RESIDUAL_RATE }) });
  const error = weightsOf(network).map((weight, i) => weight - (before[i]! - RESIDUAL_RATE * exact[i]!));
  network.dispose();
  return norm(error) / norm(exact) / 1e-4;
}

async function run(workload: Workload, context: Context): Promise<Result> {
  const network = await create(workload, context);
  const steps = stepsPerRun(workload);
  const data = samples(workload, workload.batch * steps);
  const optimizer = sgd({ learningRate: LEARNING_RATE });
  const timing = await measureRun(() => network.fit(data, { epochs: 1, batchSize: workload.batch, shuffle: false, optimizer }), steps);
  network.dispose();
  const rate = operationsPerStep(workload) / timing.seconds / 1e9;
  return { ...timing, rate, unit: "GFLOP/s", shareOfR: rate / context.r, residual: await residual(workload, context), tolerance: "1e-4 of the update" };
}

export function trainingCases(context: Context): Case[] {
  return WORKLOADS.filter(({ name }) => context.all || name !== "W5").map((workload) => ({
    name: `step ${workload.name} ${shorten(workload.widths)}, batch ${workload.batch}`,
    run: () => run(workload, context),
  }));
}
