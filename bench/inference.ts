// What a trained network does: predict one row (the weights stream past once) and many, diagnose; and the forecast
// before it is trained.
import { diagnose, forecast } from "../src/index.js";
import { forward } from "../tests/reference/network.js";
import { measure, type Case, type Context, type Figure, type Result } from "./measure.js";
import { create, rowsOf, specOf, toReference } from "./networks.js";
import { byTurns, summarize } from "./turns.js";
import { samples, stretch, WORKLOADS, type Samples, type Workload } from "./workloads.js";

const W3 = WORKLOADS[2]!;
const DIAGNOSED_ROWS = 512;
const FORECAST_ROWS = 2000;
const FORECAST_MILLISECONDS = 1; // the least number of turns takes seconds
const DISTINCT_ROWS = 16; // of those that are checked, which repeat them: float64 needs only these
const TOLERANCE = 1e-5; // of the largest value: sums of 784 terms, two layers deep

const largest = (values: Iterable<number>): number => Math.max(...Array.from(values, Math.abs));

/** The largest |given - exact| over what TOLERANCE allows. */
function residual(given: readonly number[], exact: readonly number[]): number {
  return largest(given.map((value, i) => value - exact[i]!)) / (TOLERANCE * largest(exact));
}

async function runPredict(workload: Workload, rows: number, context: Context): Promise<Result> {
  const { core } = context;
  const network = await create(workload, context);
  const { x } = samples(workload, rows);
  const operations = 2 * rows * network.parameterCount;
  const timing = await measure(() => void network.predict(x, { logits: true }), rows === 1 ? {} : { core, operations });
  const distinct = samples(workload, Math.min(rows, DISTINCT_ROWS));
  const given = [...network.predict(stretch(distinct, rows).x, { logits: true }).data];
  const logits = forward(toReference(network), rowsOf(distinct.x)).at(-1)!.a;
  const exact = Array.from({ length: rows }, (_, row) => logits[Math.floor((row * logits.length) / rows)]!).flat();
  network.dispose();
  const speed =
    rows === 1
      ? { rate: (4e-9 * network.parameterCount) / timing.seconds, unit: "GB/s" as const }
      : { rate: (1e-9 * operations) / timing.seconds, unit: "GFLOP/s" as const };
  return { ...timing, ...speed, residual: residual(given, exact), tolerance: "1e-5 of the largest logit" };
}

async function runDiagnose(workload: Workload, context: Context): Promise<Result> {
  const network = await create(workload, context);
  const { x } = samples(workload, DIAGNOSED_ROWS);
  const operations = 2 * DIAGNOSED_ROWS * network.parameterCount;
  const timing = await measure(() => void diagnose(network, x), { core: context.core, operations });
  const distinct = samples(workload, DISTINCT_ROWS);
  const given = diagnose(network, stretch(distinct, DIAGNOSED_ROWS).x).layers.flatMap(({ units }) =>
    units.map(({ preactivation }) => preactivation.max),
  );
  const layers = forward(toReference(network), rowsOf(distinct.x)).slice(0, -1);
  const exact = layers.flatMap(({ z }) => z[0]!.map((_, unit) => Math.max(...z.map((row) => row[unit]!))));
  network.dispose();
  return {
    ...timing,
    rate: (1e-9 * operations) / timing.seconds,
    unit: "GFLOP/s",
    residual: residual(given, exact),
    tolerance: "1e-5 of the largest preactivation",
  };
}

async function runForecast(workload: Workload, { x, y }: Samples): Promise<Figure> {
  let chance = 1;
  const turns = await byTurns(
    [
      () => {
        chance = forecast(specOf(workload), x, { targets: y }).bornDeadNetwork.high;
      },
    ],
    FORECAST_MILLISECONDS,
  );
  return {
    ...summarize(turns.map(([seconds]) => seconds!)),
    unit: "s",
    note: `born dead with a chance of at most ${chance.toExponential(0)}`,
  };
}

export function inferenceCases(context: Context): Case[] {
  return [
    { name: "predict W3, 1 row", run: () => runPredict(W3, 1, context) },
    { name: "predict W3, 256 rows", run: () => runPredict(W3, 256, context) },
    { name: `diagnose W3, ${DIAGNOSED_ROWS} rows`, run: () => runDiagnose(W3, context) },
    {
      name: `forecast W3, ${FORECAST_ROWS} rows`,
      onDemand: true,
      run: () => runForecast(W3, samples(W3, FORECAST_ROWS)),
    },
  ];
}
