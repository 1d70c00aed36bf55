// What is known of learning rates without training at all of them, beside a line that did: a range test, and short
// trainings of a sample; and how near those came.
import { draftedTrial, type Draft } from "../plan/base.js";
import type { MapCell, MapForecast } from "./types.js";
import { mean } from "../../core/statistics.js";
import { forecastTraining } from "../../diagnosis/forecast/training.js";
import { testRange } from "../../diagnosis/rates/find-learning-rate.js";
import type { LearningRateTest } from "../../diagnosis/rates/types.js";
import type { PlainSet } from "../../network/data.js";
import { createNetwork } from "../../network/network.js";
import { rebuildOptimizer } from "../../network/training/optimizers.js";
import { callbackOf } from "../../treatment/callbacks.js";

const STEPS = 200;
/** Callbacks that change nothing in a step: one ends trainings that no longer improve, as each of these does. */
const BESIDE = ["earlyStopping", "traceDeaths"];
const SAMPLE = 500;
const STARTS = 3;
const MOST_EPOCHS = 10;
const MOST_RATES = 12;
/** Its limit is not time, so that the same plan says the same. */
const UNLIMITED = 1e9;

interface Situation {
  readonly draft: Draft;
  readonly rows: PlainSet;
  readonly arithmetic: "fast" | "reproducible";
  readonly signal?: AbortSignal | undefined;
}

/** One training in which the rate grows by the same factor each step, from `low` to `high`; an epoch at least. */
export async function rangeTestOf(
  { draft, rows, arithmetic, signal }: Situation,
  low: number,
  high: number,
): Promise<LearningRateTest> {
  const { settings, seed } = draftedTrial(draft);
  const { spec, batchSize, accumulate, clipNorm, classWeights, shuffle, optimizer, callbacks } = settings;
  using network = await createNetwork({ ...spec, seed }, { arithmetic });
  return await testRange(network, rows, {
    low,
    high,
    steps: Math.max(STEPS, Math.ceil(rows.x.rows / (batchSize * (accumulate ?? 1)))),
    batchSize,
    ...(accumulate !== undefined && { accumulate }),
    shuffle,
    optimizer: rebuildOptimizer(optimizer),
    ...(clipNorm !== undefined && { clipNorm }),
    ...(classWeights !== undefined && { classWeights }),
    ...(signal && { signal }),
    callbacks: callbacks.filter(({ name }) => !BESIDE.includes(name)).map(callbackOf),
  });
}

/** So many of them, the ends among them. */
function some<T>(all: readonly T[], most: number): T[] {
  if (all.length <= most) return [...all];
  return Array.from({ length: most }, (_, i) => all[Math.round((i * (all.length - 1)) / (most - 1))]);
}

/** Forecasts some of the line's rates, and compares. Undefined where it has none to compare with. */
export async function forecastLine(
  { draft, rows, arithmetic, signal }: Situation,
  cells: readonly MapCell[],
): Promise<MapForecast | undefined> {
  const { settings, seed, epochs } = draftedTrial(draft);
  const { spec, batchSize, accumulate = 1, clipNorm, optimizer } = settings;
  const compared = some(
    cells.filter(({ dead }) => dead !== undefined),
    MOST_RATES,
  );
  if (compared.length === 0) return undefined;
  const passes = Math.round((epochs * rows.x.rows) / Math.min(SAMPLE, rows.x.rows));
  const forecast = await forecastTraining({ ...spec, seed }, rows, {
    rates: compared.map(({ x }) => x as number),
    optimizer: rebuildOptimizer(optimizer),
    epochs: Math.max(1, Math.min(MOST_EPOCHS, passes)),
    batchSize: batchSize * accumulate,
    rows: SAMPLE,
    seeds: STARTS,
    seconds: UNLIMITED,
    arithmetic,
    ...(clipNorm !== undefined && { clipNorm }),
    ...(signal && { signal }),
  });
  const rates = forecast.rates.map(({ rate, deadFraction }) => ({ rate, ...deadFraction }));
  const pairs = rates.map((band) => ({ band, cell: compared.find(({ x }) => x === band.rate)! }));
  if (pairs.length === 0) return undefined;
  return {
    rates: rates.map(({ rate, low, median, high }) => ({ rate, low, median, high })),
    meanError: mean(pairs.map(({ band, cell }) => Math.abs(band.median - cell.dead!))),
    agreeing: mean(
      pairs.map(({ band, cell: { deadRange } }) => Number(band.low <= deadRange!.high && band.high >= deadRange!.low)),
    ),
    ...(forecast.deadlyFrom !== undefined && { deadlyFrom: forecast.deadlyFrom }),
    rows: forecast.rows,
    epochs: forecast.epochs,
  };
}
