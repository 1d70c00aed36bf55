// Which learning rate to begin with, and which ones kill: a range test on a copy of the network.
import { type RangeSetup, runRangeTest } from "./range-test.js";
import { drawRates, rateSentences } from "./rates-text.js";
import { chooseRate, readCurve, readDeaths } from "./suggest.js";
import type { LearningRateOptions, LearningRateTest } from "./types.js";
import { checkFunction, checkInteger, checkNumber, checkOptions } from "../../core/checks.js";
import { RelumineError } from "../../core/errors.js";
import type { SampleRows } from "../../core/matrix.js";
import { type DataSet, type PreparedData, toPlain } from "../../network/data.js";
import { stateOf } from "../../network/state/state.js";
import { adam, checkOptimizer, rebuildOptimizer } from "../../network/training/optimizers.js";
import { makePlan, stepsPerEpoch } from "../../network/training/plan.js";
import type { FitOptions, Network } from "../../network/types.js";
import { roundTo } from "../../text/numbers.js";

const OPTIONS = [
  "low",
  "high",
  "steps",
  "smoothing",
  "rows",
  "batchSize",
  "accumulate",
  "optimizer",
  "clipNorm",
  "classWeights",
  "shuffle",
  "signal",
  "onProgress",
] as const satisfies readonly (keyof LearningRateOptions)[];

const FEWEST_STEPS = 20;
const MOST_STEPS = 2 ** 20;
const STEPS = 200;
const SMOOTHING = 0.98;
const ROWS = 2048;
/** Ends of the range, as parts of the optimizer's own rate. */
const RANGE = 1000;

/** Rows that count, evenly spaced where there are more than wanted. */
function shownRows(data: PreparedData, most: number): SampleRows {
  const { rows, weights, x } = data;
  const all = Uint32Array.from({ length: rows }, (_, row) => row).filter((row) => !weights || weights[row] > 0);
  if (all.length <= most && all.length === rows) return x;
  const count = Math.min(most, all.length);
  return toPlain(
    data,
    Uint32Array.from({ length: count }, (_, i) => all[Math.floor((i * all.length) / count)]),
  ).x;
}

/** The test of a network that nobody else needs: it is trained, and spoilt. Beside `findLearningRate`: callbacks. */
export async function testRange(
  network: Network,
  data: DataSet,
  options: (LearningRateOptions & Pick<FitOptions, "callbacks">) | undefined,
): Promise<LearningRateTest> {
  const given = checkOptions("options", options, [...OPTIONS, "callbacks"]);
  const recipe = checkOptimizer(given.optimizer ?? adam());
  const usual = recipe.learningRate;
  const low = checkNumber("low", given.low ?? roundTo(usual / RANGE, 3), { low: 0, openLow: true });
  const high = checkNumber("high", given.high ?? roundTo(usual * RANGE, 3), { low: 0, openLow: true });
  if (high <= low) throw new RelumineError("value", "high", `to be above low, ${low}`, `${high}`);
  const steps = checkInteger("steps", given.steps ?? STEPS, { low: FEWEST_STEPS, high: MOST_STEPS });
  const smoothing = checkNumber("smoothing", given.smoothing ?? SMOOTHING, { low: 0, high: 1, openHigh: true });
  const most = given.rows === Infinity ? Infinity : checkInteger("rows", given.rows ?? ROWS, { low: 1 });
  const { batchSize, accumulate, clipNorm, classWeights, shuffle, callbacks, signal, onProgress } = given;
  if (onProgress !== undefined) checkFunction("onProgress", onProgress);
  const fit: RangeSetup["fit"] = {
    optimizer: rebuildOptimizer({ name: recipe.name, options: recipe.options }), // with moments of its own
    ...(batchSize !== undefined && { batchSize }),
    ...(accumulate !== undefined && { accumulate }),
    ...(clipNorm !== undefined && { clipNorm }),
    ...(classWeights !== undefined && { classWeights }),
    ...(shuffle !== undefined && { shuffle }),
    ...(callbacks !== undefined && { callbacks }),
    ...(signal !== undefined && { signal }),
  };
  const plan = makePlan(stateOf(network), data, fit);
  const shown = shownRows(plan.data, most);
  const { points, looks, born, units, stopped } = await runRangeTest(network, {
    low,
    high,
    steps,
    smoothing,
    fit,
    data: toPlain(plan.data),
    perEpoch: stepsPerEpoch(plan),
    shown,
    ...(onProgress && { onProgress }),
  });
  const curve = readCurve(points, steps);
  const rate = chooseRate(curve.suggested, { looks, born, units });
  const told = {
    points,
    ...curve,
    ...(rate !== undefined && { rate }),
    units,
    born,
    looks,
    ...readDeaths({ looks, born, units }),
    rows: shown.rows,
    ...(stopped && { stopped }),
  };
  const test = { ...told, sentences: rateSentences(told) };
  return Object.defineProperty(test, "toString", { value: () => drawRates(test), enumerable: false });
}

/**
 * Which learning rate to begin with, and which ones kill: the range test of Smith (2015), one training of a copy whose
 * rate grows by the same factor from update to update, from `low` to `high`, until the smoothed loss is four times the
 * lowest. The rates that its curve speaks for are those of fastai's rules "steep" (where the loss falls most steeply)
 * and "minimum" (a tenth of the rate at which it is lowest); both leave out the first tenth of the updates, which are
 * of few batches, and the last five. Beside them it tells what no such test does: at which rates hidden units die.
 *
 * Each rate is tried for a few updates: a long training may kill at lower ones, which `forecastTraining` tries out. The
 * network is left as it is; the copy starts with its weights, and with an optimizer that has no moments yet.
 * @param data rows x inputs, and a target a row
 * @param options low, high, steps; optimizer, batchSize, accumulate, clipNorm, classWeights, shuffle as in fit
 * @cost `steps` training steps, 200 by default, and about forty forward passes over at most `rows` rows; a copy of the
 *   network while it runs
 * @throws RelumineError "value", "shape", "memory" or "disposed" (as a rejection)
 * @example
 * const { rate, killsFrom } = await findLearningRate(network, { x, y }, { optimizer: sgd() });
 * await network.fit({ x, y }, { optimizer: sgd({ learningRate: rate }) });
 */
export async function findLearningRate(
  network: Network,
  data: DataSet,
  options?: LearningRateOptions,
): Promise<LearningRateTest> {
  stateOf(network);
  const given = checkOptions("options", options, OPTIONS);
  using copy = await network.clone();
  return await testRange(copy, data, given);
}
