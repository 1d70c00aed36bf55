// Whole training steps inside fit: forward, loss, backward and update of plain SGD; the counters for diagnosis run
// along, as they always do.
import { sgd, type Network } from "../src/index.js";
import { gradients } from "../tests/reference/network.js";
import { measureRun, type Case, type Context, type Result } from "./measure.js";
import { create, rowsOf, toReference } from "./networks.js";
import { WORKLOADS, operationsPerStep, samples, shorten, stepsPerRun, stretch, type Workload } from "./workloads.js";

const MILLISECONDS = 1500;
const LEARNING_RATE = 1e-3; // small: the weights stay what they were, and no unit dies
const RESIDUAL_RATE = 1; // of the one step that is checked, so that the change is not lost in the weights' own rounding
// Of the checked batch, which repeats them: float64 needs only these, since a loss is a mean over rows.
const DISTINCT_ROWS = 8;

const weightsOf = (network: Network): number[] => network.layers.flatMap((layer) => [...layer.getWeights().kernel]);
const norm = (values: readonly number[]): number => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));

/** One step on one batch: the distance of the kernels' change from float64's, relative to that change, over 1e-4. */
async function residual(workload: Workload, context: Context, threads: number): Promise<number> {
  const network = await create(workload, context, threads);
  const distinct = samples(workload, DISTINCT_ROWS);
  const before = weightsOf(network);
  const exact = gradients(toReference(network), rowsOf(distinct.x), [...distinct.y], workload.loss).layers.flatMap(
    ({ kernel }) => kernel.flat(),
  );
  await network.fit(stretch(distinct, workload.batch), {
    epochs: 1,
    batchSize: workload.batch,
    shuffle: false,
    optimizer: sgd({ learningRate: RESIDUAL_RATE }),
  });
  const error = weightsOf(network).map((weight, i) => weight - (before[i]! - RESIDUAL_RATE * exact[i]!));
  network.dispose();
  return norm(error) / norm(exact) / 1e-4;
}

async function run(workload: Workload, context: Context, threads: number): Promise<Result> {
  const network = await create(workload, context, threads);
  const steps = stepsPerRun(workload);
  const data = samples(workload, workload.batch * steps);
  const optimizer = sgd({ learningRate: LEARNING_RATE });
  const operations = operationsPerStep(workload);
  const train = () => network.fit(data, { epochs: 1, batchSize: workload.batch, shuffle: false, optimizer });
  const timing = await measureRun(train, steps, { milliseconds: MILLISECONDS, core: context.core, operations });
  network.dispose();
  const { wantedShare } = workload;
  return {
    ...timing,
    rate: operations / timing.seconds / 1e9,
    unit: "GFLOP/s",
    ...(wantedShare !== undefined && threads === 1 && { wanted: { atLeast: wantedShare } }),
    residual: await residual(workload, context, threads),
    tolerance: "1e-4 of the update",
  };
}

export function trainingCases(context: Context): Case[] {
  const workloads = WORKLOADS.filter(({ name }) => context.all || name !== "W5");
  return [1, 2]
    .filter((threads) => threads <= context.cores)
    .flatMap((threads) =>
      workloads.map((workload) => ({
        name:
          `step ${workload.name} ${shorten(workload.widths)}, batch ${workload.batch}` +
          (threads > 1 ? `, ${threads} threads` : ""),
        run: () => run(workload, context, threads),
      })),
    );
}
