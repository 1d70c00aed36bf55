// What a trained network does: predict one row (the weights stream past once) and many, and diagnose.
import { diagnose, type Network } from "../src/index.js";
import { forward } from "../tests/reference.js";
import { measure, type Case, type Context, type Result } from "./measure.js";
import { create, rowsOf, toReference } from "./networks.js";
import { samples, WORKLOADS, type Workload } from "./workloads.js";

const W3 = WORKLOADS[2]!;
const DIAGNOSED_ROWS = 512;
const TOLERANCE = 1e-5; // of the largest value: sums of 784 terms, two layers deep

const weights = (network: Network): number => network.parameterCount;
const largest = (values: Iterable<number>): number => Math.max(...Array.from(values, Math.abs));

/** The largest |given - exact| over what TOLERANCE allows. */
function residual(given: readonly number[], exact: readonly number[]): number {
  return largest(given.map((value, i) => value - exact[i]!)) / (TOLERANCE * largest(exact));
}

async function runPredict(workload: Workload, rows: number, context: Context): Promise<Result> {
  const network = await create(workload, context);
  const { x } = samples(workload, rows);
  const timing = await measure(() => void network.predict(x, { logits: true }));
  const given = [...network.predict(x, { logits: true }).data];
  const exact = forward(toReference(network), rowsOf(x)).at(-1)!.a.flat();
  const perSecond = 1e-9 / timing.seconds;
  network.dispose();
  const speed = rows === 1 ? { rate: 4 * weights(network) * perSecond, unit: "GB/s" as const } : { rate: 2 * rows * weights(network) * perSecond, unit: "GFLOP/s" as const };
  return { ...timing, ...speed, residual: residual(given, exact), tolerance: "1e-5 of the largest logit" };
}

async function runDiagnose(workload: Workload, context: Context): Promise<Result> {
  const network = await create(workload, context);
  const { x } = samples(workload, DIAGNOSED_ROWS);
  const timing = await measure(() => void diagnose(network, x));
  const given = diagnose(network, x).layers.flatMap(({ units }) => units.map(({ preactivation }) => preactivation.max));
  const layers = forward(toReference(network), rowsOf(x)).slice(0, -1);
  const exact = layers.flatMap(({ z }) => z[0]!.map((_, unit) => Math.max(...z.map((row) => row[unit]!))));
  network.dispose();
  const rate = (2 * DIAGNOSED_ROWS * weights(network)) / timing.seconds / 1e9;
  return { ...timing, rate, unit: "GFLOP/s", residual: residual(given, exact), tolerance: "1e-5 of the largest preactivation" };
}

export function inferenceCases(context: Context): Case[] {
  return [
    { name: "predict W3, 1 row", run: () => runPredict(W3, 1, context) },
    { name: "predict W3, 256 rows", run: () => runPredict(W3, 256, context) },
    { name: `diagnose W3, ${DIAGNOSED_ROWS} rows`, run: () => runDiagnose(W3, context) },
  ];
}
