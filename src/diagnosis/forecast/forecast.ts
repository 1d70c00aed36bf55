// What to expect of a network before any of it is trained: whether it is born dead, how many units, which learning
// rates kill.
import { isRectifier } from "../../activations/activations.js";
import { checkInteger, checkNumber, checkOptions, describe } from "../../core/checks.js";
import { RelumineError } from "../../core/errors.js";
import {
  type Matrix,
  type SampleRows,
  type Samples,
  shownMatrix,
  shownRows,
  takeRows,
  toSomeSamples,
} from "../../core/matrix.js";
import { countOf, formatCount } from "../../text/numbers.js";
import { type PreparedTargets, prepareTargets, takeTargets, type Targets } from "../../network/data.js";
import { type NetworkSpec, resolveSpec, type ResolvedSpec } from "../../network/spec.js";
import { advise, drawForecast } from "./advice.js";
import { firstLayerChance, forecastLayersOf, isHomogeneous } from "./born-dead.js";
import { isSymmetric } from "../../network/initializer-spec.js";
import { drawingCost, drawLayers, type Random, randomFrom } from "./draw.js";
import { type Census, expectation, type Kept, takeCensus } from "./expected.js";
import { makeClosingRates } from "./lethal.js";
import type { ChanceBounds, Forecast, ForecastOptions, LayerForecast, LethalRate } from "./types.js";

/** Inputs drawn where none are given. */
const SAMPLE_ROWS = 256;
const GRADIENT_ROWS = 128;
const GRADIENT_BUDGET = 6e7;
const SHARES = [0, 0.1, 0.5];

/** Rows in random order: the first of them stand for all where there are too many. */
function shuffled(rows: number, random: Random): Int32Array {
  const order = Int32Array.from({ length: rows }, (_, r) => r);
  for (let r = rows - 1; r > 0; r--) {
    const other = Math.floor(random.uniform() * (r + 1));
    [order[r], order[other]] = [order[other], order[r]];
  }
  return order;
}

/** On one dimension, without biases, 1 and -1 stand for all of the real line. */
function standIn(spec: ResolvedSpec, random: Random): { x: Matrix; inputs: string } {
  if (spec.inputs === 1 && isHomogeneous(spec))
    return { x: { rows: 2, columns: 1, data: Float32Array.of(1, -1) }, inputs: "the whole real line" };
  const rows = Math.max(1, Math.min(SAMPLE_ROWS, Math.floor(1e7 / spec.inputs)));
  return {
    x: { rows, columns: spec.inputs, data: Float32Array.from({ length: rows * spec.inputs }, random.normal) },
    inputs: `${rows} inputs drawn from the standard normal`,
  };
}

function boundsOf({ chance, isCertain }: Census): ChanceBounds {
  if (chance.low === chance.high) return { ...chance, method: "exact" };
  return { ...chance, method: isCertain ? "bounds" : "monteCarlo" };
}

/**
 * @param isDrawn whether x is standard normal: then each row closes a unit without bias with probability 1/2, on its
 * own
 */
function firstChance(spec: ResolvedSpec, x: Matrix, isDrawn: boolean): number | undefined {
  const { activation, biasInitializer, kernelInitializer } = spec.layers[0];
  const isNormal =
    isDrawn &&
    isRectifier(activation.name) &&
    biasInitializer === 0 &&
    isSymmetric(kernelInitializer) &&
    spec.inputs > 1;
  return isNormal ? 2 ** -x.rows : firstLayerChance(spec, x);
}

function forecastLayers(spec: ResolvedSpec, x: Matrix, isDrawn: boolean, { dead }: Census): LayerForecast[] {
  return forecastLayersOf(spec).map(({ units, activation }, layer) => {
    let chance: number | undefined = 0;
    if (isRectifier(activation.name)) chance = layer === 0 ? firstChance(spec, x, isDrawn) : undefined;
    if (chance !== undefined)
      return { layer, units, expectedDeadUnits: units * chance, standardError: 0, method: "exact" };
    const { mean, standardError } = expectation(dead.map((counts) => counts[layer]));
    return { layer, units, expectedDeadUnits: mean, standardError, method: "monteCarlo" };
  });
}

/** Elements of all kernels. */
function sizeOf({ inputs, layers }: ResolvedSpec): number {
  return layers.reduce((sum, { units }, l) => sum + units * (l === 0 ? inputs : layers[l - 1].units), 0);
}

/** The rate at which each share of one network's open units is closed; a share of 0 stands for the first. */
function ratesOf(rates: readonly Float64Array[]): { units: number; open: number; rate: number }[] {
  const sorted = rates.flatMap((layer) => [...layer].filter((rate) => !Number.isNaN(rate))).sort((a, b) => a - b);
  return SHARES.map((share) => {
    const units = Math.max(1, Math.ceil(share * sorted.length - 1e-9));
    return { units, open: sorted.length, rate: sorted.length === 0 ? Number.POSITIVE_INFINITY : sorted[units - 1] };
  });
}

/** Of networks that cost next to nothing: single ones lie a factor of 4 apart in the middle half (1-32-1, measured). */
const MOST_RATE_DRAWS = 15;

/** Networks whose rates are worked out. Odd: of each rate the median is taken. */
function drawsForRates(spec: ResolvedSpec, rows: number): number {
  const cost = drawingCost(spec, spec.layers.length) + 4 * rows * sizeOf(spec);
  if (cost > GRADIENT_BUDGET * 3) return 1;
  if (cost > GRADIENT_BUDGET) return 3;
  return MOST_RATE_DRAWS * cost > GRADIENT_BUDGET ? 5 : MOST_RATE_DRAWS;
}

/** @param kept hidden layers of networks that were drawn for the counts */
function forecastRates(
  spec: ResolvedSpec,
  x: Matrix,
  targets: PreparedTargets,
  random: Random,
  draws: number,
  kept: readonly Kept[],
): LethalRate[] {
  const ratesFor = makeClosingRates(x, targets, spec.loss);
  const seen = Array.from({ length: draws }, (_, i) =>
    ratesOf(ratesFor(drawLayers(spec, spec.layers.length, random, kept[i]?.layers), kept[i]?.passes)),
  );
  const medians = SHARES.map((_, i) => seen.map((one) => one[i]).sort((a, b) => a.rate - b.rate)[(draws - 1) / 2]);
  const finite = medians.filter(
    ({ rate, units }, i) => Number.isFinite(rate) && (i === 0 || units > medians[i - 1].units),
  );
  return finite.map(({ units, open, rate }) => ({ units, share: units / open, rate }));
}

/** Fewer rows for large networks. */
function gradientRows(spec: ResolvedSpec, rows: number): number {
  return Math.min(rows, GRADIENT_ROWS, Math.max(16, Math.floor(GRADIENT_BUDGET / sizeOf(spec) / 3)));
}

function checkRows(spec: ResolvedSpec, x: Samples | undefined): SampleRows | undefined {
  if (x === undefined) return undefined;
  return toSomeSamples("x", x, spec.inputs);
}

/** Those of the rows that are shown. */
function readTargets({ layers, loss }: ResolvedSpec, all: SampleRows, targets: Targets): PreparedTargets {
  const prepared = prepareTargets("targets", targets, all.rows, layers[layers.length - 1].units, loss);
  const shown = shownRows(all);
  return shown ? takeTargets(prepared, shown) : prepared;
}

/** What is drawn and reckoned here are chains of plain layers. */
function refuseOthers({ layers }: ResolvedSpec): void {
  const hint = "forecastTraining trains the network itself.";
  for (const option of ["residual", "normalization"] as const) {
    const layer = layers.findIndex((each) => each[option]);
    if (layer < 0) continue;
    const given = describe(layers[layer][option]);
    throw new RelumineError("unsupported", `layers[${layer}].${option}`, "to be left out for a forecast", given, hint);
  }
}

/**
 * Forecasts, before any training, how units will die: the chance that the network is born dead, the units of each layer
 * that start closed, and with targets the learning rates whose first step kills.
 *
 * "Every input" means the rows of x (float32, `spec.inputs` numbers each). Without x: the real line, for one input and
 * hidden layers without bias that are linear on each side of 0; otherwise 256 inputs drawn from the standard normal, as
 * a standardized table would be. `inputs` says which, and how many rows if a large network left time for only some: of
 * those the counts are then true, and of all rows they are upper estimates. Initial networks are drawn as the
 * initializers do, from `seed` alone; the lethal rates are those of the first that were counted, at 128 rows of x at
 * most. Plain arithmetic in float64, under half a second for 784-512-512-10 on 2000 rows; orthogonal kernels of
 * hundreds of units take a few.
 *
 * Sources: Lu et al. 2019 (born dead), Clopper and Pearson 1934 (bounds from draws).
 * @param spec as for createNetwork
 * @param x rows x inputs; without it see above. Of sparse rows that have more than 16 million numbers, zeros included,
 *   up to 1024 are looked at
 * @cost about a tenth of a second for 256-256-256-10 on 4096 rows; it trains nothing
 * @throws RelumineError "unsupported" for a network with residual or normalized layers; "shape" or "value" if the spec,
 *   x, the targets or an option is not as wanted
 * @example
 * const layers = [...Array(10).fill({ units: 2 }), { units: 1 }];
 * const { bornDeadNetwork, advice } = forecast({ inputs: 1, layers, loss: "meanSquaredError" });
 * console.log(bornDeadNetwork.low, bornDeadNetwork.high, advice[0]);
 */
export function forecast(spec: NetworkSpec, x?: Samples, options?: ForecastOptions): Forecast {
  const resolved = resolveSpec(spec);
  refuseOthers(resolved);
  const given = checkOptions("options", options, ["targets", "learningRate", "draws", "seed"]);
  const learningRate =
    given.learningRate === undefined
      ? undefined
      : checkNumber("learningRate", given.learningRate, { low: 0, openLow: true });
  const asked = given.draws === undefined ? undefined : checkInteger("draws", given.draws, { low: 2, high: 1e6 });
  const random = randomFrom(checkInteger("seed", given.seed ?? 0, { low: 0 }));
  const all = checkRows(resolved, x);
  if (given.targets !== undefined && all === undefined)
    throw new RelumineError("value", "x", "to hold the row of inputs of each target", "targets without x");
  const targets = all && given.targets !== undefined ? readTargets(resolved, all, given.targets) : undefined;
  const matrix = all && shownMatrix(all);
  const { x: source, inputs } = matrix ? { x: matrix, inputs: "" } : standIn(resolved, random);
  const order = shuffled(source.rows, random);
  const rows = takeRows(source, order);
  const few = order.subarray(0, gradientRows(resolved, source.rows));
  const gradientX: Matrix = {
    rows: few.length,
    columns: rows.columns,
    data: rows.data.subarray(0, few.length * rows.columns),
  };
  const draws = targets ? drawsForRates(resolved, few.length) : 0;
  const census = takeCensus(resolved, rows, random, asked, { count: draws, x: gradientX });
  const rowCount = all?.rows ?? rows.rows;
  const partly = census.rows < rowCount ? `${formatCount(census.rows)} of ` : "";
  const found = {
    bornDeadNetwork: boundsOf(census),
    layers: forecastLayers(resolved, rows, matrix === undefined, census),
    ...(targets && {
      lethalRates: forecastRates(resolved, gradientX, takeTargets(targets, few), random, draws, census.kept),
    }),
  };
  const result: Forecast = {
    ...found,
    inputs: partly + (inputs || countOf(rowCount, "row")),
    draws: census.draws,
    advice: advise(resolved, matrix, found, learningRate),
    toString: () => drawForecast(result),
  };
  Object.defineProperty(result, "toString", { enumerable: false });
  return result;
}
