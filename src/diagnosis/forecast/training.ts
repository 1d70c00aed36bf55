// What training does to the units, before it is done in full: short trainings of a sample, a ladder of rates, several
// starts, and the dead units of each layer counted when they end. The first step alone (lethalRates) says which rate
// closes a unit at once; most units die later, at rates far below.
import { checkFunction, checkInteger, checkNumber, checkOptions, describe } from "../../core/checks.js";
import { RelumineError } from "../../core/errors.js";
import { median, spread } from "../../core/statistics.js";
import { alignColumns } from "../../text/columns.js";
import { countOf, formatNumber, formatPercent, formatRange, roundTo } from "../../text/numbers.js";
import { wrap } from "../../text/wrap.js";
import { countDead } from "../../inspect/dead-units.js";
import { createNetwork } from "../../network/network.js";
import type { FitOptions, Network, Weights } from "../../network/types.js";
import type { RuntimeOptions } from "../../wasm/runtime.js";
import { type DataSet, type PlainSet, type PreparedData, toPlain } from "../../network/data.js";
import { type NetworkSpec, resolveSpec, type ResolvedSpec } from "../../network/spec.js";
import {
  checkOptimizer,
  type Optimizer,
  type OptimizerRecipe,
  rebuildOptimizer,
  sgd,
} from "../../network/training/optimizers.js";
import { makePlan } from "../../network/training/plan.js";
import { stateOf } from "../../network/state/state.js";
import { randomFrom } from "./draw.js";

/** Options of `forecastTraining`. */
export interface TrainingForecastOptions {
  /** Learning rates to try; default: from a hundredth of the optimizer's to 30 times it, in half decades. */
  readonly rates?: readonly number[];
  /** With what it trains, but for the rate. Default sgd(). */
  readonly optimizer?: Optimizer;
  /** Passes over the sample in each training. Default 10. */
  readonly epochs?: number;
  /** Default 32. */
  readonly batchSize?: number;
  /** Most rows of the sample, drawn from the spec's seed. Default 500. */
  readonly rows?: number;
  /** Most starts: the spec's seed, the next one and so on. Default 5. */
  readonly seeds?: number;
  /** Time for all: one start of each rate is trained whatever it takes, more of them while there is time. Default 2. */
  readonly seconds?: number;
  /** Scales the gradient down to this global norm, as in fit. */
  readonly clipNorm?: number;
  /** Each layer's weights at the start of every training; starts differ then in the order of the rows alone. */
  readonly startWeights?: readonly Partial<Weights>[];
  /** As for createNetwork. Default "fast". */
  readonly arithmetic?: RuntimeOptions["arithmetic"];
  /** Stops: the forecast holds what was trained so far. */
  readonly signal?: AbortSignal;
  /** Called after each training with what is known of its rate by then. */
  readonly onRate?: (rate: RateForecast) => void;
}

/** The middle of the starts, and the least and the most. */
export interface DeadBand {
  /** The least of any start. */
  readonly low: number;
  /** The median of the starts. */
  readonly median: number;
  /** The most of any start. */
  readonly high: number;
}

/** What came of one learning rate. */
export interface RateForecast {
  /** The learning rate. */
  readonly rate: number;
  /** Starts that were trained. */
  readonly runs: number;
  /** Of these, how many left the finite numbers. */
  readonly diverged: number;
  /** Dead units of each hidden layer at the end, in order. */
  readonly layers: readonly DeadBand[];
  /** The share of all hidden units that is dead. */
  readonly deadFraction: DeadBand;
  /** The mean loss of the last epoch: the median of the starts, NaN where most diverged. */
  readonly loss: number;
}

/** What `forecastTraining` saw. */
export interface TrainingForecast {
  /** Rates from the lowest up. */
  readonly rates: readonly RateForecast[];
  /**
   * The lowest rate at which the median of the starts has lost a tenth of the units that live at the lowest; absent:
   * none.
   */
  readonly deadlyFrom?: number;
  /** Rows of the sample. */
  readonly rows: number;
  /** Passes over them. */
  readonly epochs: number;
  /** For a terminal of 80 columns. */
  toString(): string;
}

const LADDER = [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30];
const DEADLY = 0.1;

interface Run {
  readonly dead: readonly number[];
  readonly share: number;
  readonly loss: number;
  readonly hasDiverged: boolean;
}

function toForecast(rate: number, runs: readonly Run[]): RateForecast {
  return {
    rate,
    runs: runs.length,
    diverged: runs.filter(({ hasDiverged }) => hasDiverged).length,
    layers: runs[0].dead.map((_, layer) => spread(runs.map(({ dead }) => dead[layer]))),
    deadFraction: spread(runs.map(({ share }) => share)),
    loss: median(runs.map(({ loss }) => loss)),
  };
}

function checkRates(given: unknown, usual: number): readonly number[] {
  if (given === undefined) return LADDER.map((factor) => roundTo(factor * usual, 3));
  if (!Array.isArray(given) || given.length === 0)
    throw new RelumineError("value", "rates", "to be a list of learning rates", describe(given));
  const rates = given.map((rate, index) => checkNumber(`rates[${index}]`, rate, { low: 0, openLow: true }));
  return [...new Set(rates)].sort((a, b) => a - b);
}

function draw({ rates, deadlyFrom, rows, epochs }: Omit<TrainingForecast, "toString">): string {
  const band = ({ low, median, high }: DeadBand, format: (value: number) => string) =>
    low === high ? format(median) : `${format(median)} (${formatRange(low, high, format)})`;
  const count = rates[0]?.layers.length ?? 0;
  const cells = rates.map(({ rate, deadFraction, layers, loss, diverged, runs }) => [
    formatNumber(rate, 3),
    band(deadFraction, formatPercent),
    ...layers.map((layer) => band(layer, (value) => formatNumber(value, 3))),
    formatNumber(loss),
    diverged > 0 ? `${diverged} of ${runs} diverged` : "",
  ]);
  const titles = ["rate", "dead", ...Array.from({ length: count }, (_, layer) => `layer ${layer}`), "loss", ""];
  const end =
    deadlyFrom === undefined
      ? "No rate here closes a tenth of the units."
      : `From a rate of ${formatNumber(deadlyFrom, 3)} on a tenth of the units dies, or more.`;
  return [
    wrap(
      `Dead units after ${countOf(epochs, "epoch")} on ${countOf(rows, "row")}: ` +
        "the median of the starts, and the range",
    ),
    "",
    ...alignColumns([titles, ...cells], [0]),
    "",
    wrap(end),
  ].join("\n");
}

interface Checked {
  readonly recipe: OptimizerRecipe;
  readonly rates: readonly number[];
  readonly epochs: number;
  readonly batchSize: number;
  /** At most. */
  readonly rows: number;
  readonly seeds: number;
  readonly seconds: number;
  readonly clipNorm: number | undefined;
  readonly startWeights: readonly Partial<Weights>[];
  readonly arithmetic: RuntimeOptions["arithmetic"];
  readonly signal: AbortSignal | undefined;
  readonly onRate: TrainingForecastOptions["onRate"];
}

function checkForecast(options: TrainingForecastOptions | undefined): Checked {
  const given = checkOptions("options", options, [
    "rates",
    "optimizer",
    "epochs",
    "batchSize",
    "rows",
    "seeds",
    "seconds",
    "clipNorm",
    "startWeights",
    "arithmetic",
    "signal",
    "onRate",
  ]);
  const recipe = checkOptimizer(given.optimizer ?? sgd());
  return {
    recipe,
    rates: checkRates(given.rates, recipe.learningRate),
    epochs: checkInteger("epochs", given.epochs ?? 10, { low: 1 }),
    batchSize: checkInteger("batchSize", given.batchSize ?? 32, { low: 1 }),
    rows: checkInteger("rows", given.rows ?? 500, { low: 1 }),
    seeds: checkInteger("seeds", given.seeds ?? 5, { low: 1 }),
    seconds: checkNumber("seconds", given.seconds ?? 2, { low: 0 }),
    clipNorm: given.clipNorm,
    startWeights: given.startWeights ?? [],
    arithmetic: given.arithmetic ?? "fast",
    signal: given.signal,
    onRate: given.onRate === undefined ? undefined : checkFunction("onRate", given.onRate),
  };
}

/** As every training starts it, but for the seed. */
async function startNetwork(spec: ResolvedSpec, { arithmetic, startWeights }: Checked): Promise<Network> {
  const network = await createNetwork(spec, { arithmetic });
  try {
    startWeights.forEach((weights, layer) => network.layers[layer].setWeights(weights));
    return network;
  } catch (error) {
    network.dispose();
    throw error;
  }
}

/** Rows of the data, drawn from the seed where there are more than wanted; none that counts nothing. */
function sample(data: PreparedData, most: number, seed: number): PlainSet {
  const { rows, weights } = data;
  const order = Uint32Array.from({ length: rows }, (_, row) => row).filter((row) => !weights || weights[row] > 0);
  if (order.length <= most) return toPlain(data, order.length < rows ? order : undefined);
  const random = randomFrom(seed);
  for (let i = 0; i < most; i++) {
    const other = i + Math.floor(random.uniform() * (order.length - i));
    [order[i], order[other]] = [order[other], order[i]];
  }
  return toPlain(data, order.subarray(0, most));
}

function fitOptions({ epochs, batchSize, clipNorm, signal }: Checked): FitOptions {
  return { epochs, batchSize, ...(clipNorm !== undefined && { clipNorm }), ...(signal && { signal }) };
}

async function sampleFor(spec: ResolvedSpec, data: DataSet, checked: Checked): Promise<PlainSet> {
  const { rows, startWeights } = checked;
  if (!Array.isArray(startWeights) || (startWeights.length > 0 && startWeights.length !== spec.layers.length))
    throw new RelumineError(
      "shape",
      "startWeights",
      `to be weights of ${spec.layers.length} layers`,
      describe(startWeights),
    );
  using network = await startNetwork(spec, checked);
  return sample(makePlan(stateOf(network), data, fitOptions(checked)).data, rows, spec.seed);
}

/** Undefined where it was aborted. */
async function train(spec: ResolvedSpec, few: PlainSet, rate: number, checked: Checked): Promise<Run | undefined> {
  const { recipe } = checked;
  using network = await startNetwork(spec, checked);
  const optimizer = rebuildOptimizer({ name: recipe.name, options: { ...recipe.options, learningRate: rate } });
  const history = await network.fit(few, { ...fitOptions(checked), optimizer });
  if (history.stopped === "aborted") return undefined;
  const { dead, units, layers } = countDead(network, few.x);
  const hasDiverged = history.stopped === "diverged";
  const loss = hasDiverged ? Number.NaN : history.epochs[history.epochs.length - 1].loss;
  return { dead: layers.map((layer) => layer.dead), share: units === 0 ? 0 : dead / units, loss, hasDiverged };
}

/** By rate: one start of each, then more of them while there is time. */
async function trainAll(spec: ResolvedSpec, few: PlainSet, checked: Checked): Promise<ReadonlyMap<number, Run[]>> {
  const { rates, seeds, seconds, signal, onRate } = checked;
  const started = performance.now();
  const runs = new Map<number, Run[]>(rates.map((rate) => [rate, []]));
  for (let turn = 0; turn < seeds; turn++)
    for (const rate of rates) {
      const isLate = performance.now() - started > seconds * 1000;
      if (signal?.aborted || (turn > 0 && isLate)) break;
      const run = await train({ ...spec, seed: spec.seed + turn }, few, rate, checked);
      if (!run) continue;
      runs.get(rate)!.push(run);
      onRate?.(toForecast(rate, runs.get(rate)!));
    }
  return runs;
}

/**
 * Forecasts what training will do to the units: dead units of each layer against the learning rate, with the range over
 * starts, from short trainings on a sample of the rows. A rate that shows no deaths here may still kill in a longer
 * training; one that does will.
 * @param spec as for createNetwork
 * @param data rows x inputs, and a target a row
 * @param options what to try, and for how long
 * @cost `seconds` (2 by default), or the time of one short training a rate if that is more
 * @throws RelumineError "value" or "shape" (as a rejection)
 * @example
 * const { rates, deadlyFrom } = await forecastTraining(spec, { x, y }, { optimizer: sgd({ learningRate: 0.5 }) });
 * console.log(deadlyFrom, rates.map(({ rate, deadFraction }) => [rate, deadFraction.median]));
 */
export async function forecastTraining(
  spec: NetworkSpec,
  data: DataSet,
  options?: TrainingForecastOptions,
): Promise<TrainingForecast> {
  const checked = checkForecast(options);
  const resolved = resolveSpec(spec);
  const few = await sampleFor(resolved, data, checked);
  const runs = await trainAll(resolved, few, checked);
  const seen = [...runs].filter(([, each]) => each.length > 0).map(([rate, each]) => toForecast(rate, each));
  const least = seen[0]?.deadFraction.median ?? 0;
  const deadly = seen.find(({ deadFraction }) => deadFraction.median >= least + DEADLY * (1 - least));
  const forecast = {
    rates: seen,
    ...(deadly && { deadlyFrom: deadly.rate }),
    rows: few.x.rows,
    epochs: checked.epochs,
  };
  return Object.defineProperty(forecast, "toString", { value: () => draw(forecast), enumerable: false });
}
