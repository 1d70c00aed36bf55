// Are inputs centred and of a usual size? One judgement for the forecast, which knows how many units start closed, and
// for the diagnosis, which knows how many are and whether the network has learned.
import { columnRanges, measureColumns } from "./columns.js";
import type { Matrix } from "../../core/matrix.js";

/**
 * |mean|/spread of the inputs (Simon 2026) from which centring is advised whatever the units do. A unit with random
 * weights and no bias has a preactivation of mean/spread N(0, 1) times this: at 2, one in fifteen stays three spreads
 * below 0. Pixels of digits lie at 1.5, U[0, 1] at 1.7.
 */
const UNCENTERED_FROM = 2;
/**
 * ... and from which on it is a fault whatever the units do: steps are a hundred times too large for the mean's
 * direction.
 */
const REMOTE = 10;
/** From here on units of the first layer that are closed are laid to the inputs, */
const FAR = 1;
/** if they are more of the layer than this. */
const MANY = 0.05;
/** The largest column over the small ones. */
const UNEQUAL_FROM = 100;
/**
 * Columns that count as small ones: the tenth from below, since border pixels that hardly ever light up are no fault of
 * scale.
 */
const SMALL_QUANTILE = 0.1;
/**
 * Initializers suppose inputs of size 1; a size s multiplies the first layer's learning rate by s²: at 30 a
 * thousandfold, ...
 */
const UNSCALED_FROM = 30;
/** ... at 10 a hundredfold, which is named where the network has learned little. */
export const UNSCALED_UNLEARNED = 10;

export interface ColumnStatistics {
  readonly mean: readonly number[];
  readonly spread: readonly number[];
  readonly min: readonly number[];
  readonly max: readonly number[];
}

/** What the first layer shows, where it is known. */
export interface FirstLayer {
  readonly units: number;
  /** Closed on every row because of weights and inputs, whatever the bias; a mean where networks were drawn. */
  readonly closed: number;
  /** Root mean square of the preactivations. */
  readonly size?: number;
  /** The same about their means: what inputs make of them, and no bias. */
  readonly spread?: number;
}

export interface InputJudgement {
  readonly uncentered?: {
    /** Of the means over the spreads, in size. */
    readonly distance: number;
    /** Root mean square of the columns that change. */
    readonly size: number;
    readonly isPositive: boolean;
    /** The column of the largest |mean|. */
    readonly worst: number;
    /** Units of the first layer that speak for it; 0 where the distance does. */
    readonly closed: number;
    /** Worth knowing, and by itself in no one's way. */
    readonly isMild: boolean;
  };
  readonly unscaled?:
    | { readonly kind: "unequal"; readonly ratio: number; readonly large: number; readonly small: number }
    | { readonly kind: "size"; readonly typical: number; readonly size: number; readonly isMild: boolean };
}

export function statisticsOf(x: Matrix): ColumnStatistics {
  const { low, high } = columnRanges(x);
  return { ...measureColumns(x), min: [...low], max: [...high] };
}

const norm = (columns: readonly number[], values: readonly number[]) =>
  Math.sqrt(columns.reduce((sum, column) => sum + values[column] ** 2, 0));

/** Never below 0, or never above it. */
const keepsSign = ({ min, max }: ColumnStatistics, column: number) => min[column] >= 0 || max[column] <= 0;

function judgeCentre(
  statistics: ColumnStatistics,
  varying: readonly number[],
  first: FirstLayer | undefined,
): InputJudgement["uncentered"] {
  const { mean, spread, min } = statistics;
  const distance = norm(varying, mean) / norm(varying, spread);
  const isPositive = varying.every((column) => min[column] >= 0);
  const areClosed = first !== undefined && first.closed > MANY * first.units;
  const blamesInputs = areClosed && (distance > FAR || varying.every((column) => keepsSign(statistics, column)));
  if (!(distance >= UNCENTERED_FROM) && !blamesInputs) return undefined;
  const worst = varying.reduce((a, b) => (Math.abs(mean[b]) > Math.abs(mean[a]) ? b : a));
  const isMild = !blamesInputs && distance < REMOTE;
  return {
    distance,
    size: sizeOf(statistics, varying),
    isPositive,
    worst,
    closed: blamesInputs ? first.closed : 0,
    isMild,
  };
}

/** Root mean square of the columns. */
const sizeOf = ({ mean, spread }: ColumnStatistics, columns: readonly number[]) =>
  Math.hypot(norm(columns, mean), norm(columns, spread)) / Math.sqrt(columns.length);

/** The largest value over the small ones. */
function unevenness(
  columns: readonly number[],
  values: readonly number[],
): { ratio: number; small: number; large: number } {
  const order = columns.toSorted((a, b) => values[a] - values[b]);
  const small = order[Math.floor(SMALL_QUANTILE * (order.length - 1))],
    large = order[order.length - 1];
  return { ratio: values[large] / values[small], small, large };
}

function judgeScale(
  statistics: ColumnStatistics,
  varying: readonly number[],
  first: FirstLayer | undefined,
  hasLearned: boolean | undefined,
): InputJudgement["unscaled"] {
  const { spread, min, max } = statistics;
  const range = max.map((value, column) => value - min[column]);
  const unequal = unevenness(varying, spread);
  // By range as well: a column that is mostly one number has a small spread, whatever its scale.
  if (unequal.ratio > UNEQUAL_FROM && unevenness(varying, range).ratio > UNEQUAL_FROM)
    return { kind: "unequal", ...unequal };
  const typical = norm(varying, spread) / Math.sqrt(varying.length);
  const size = sizeOf(statistics, varying);
  const isFar = typical > UNSCALED_FROM || typical < 1 / UNSCALED_FROM;
  // The preactivations are as large as the inputs where the weights are as they start; larger weights are another
  // fault.
  const reaches = first?.size === undefined || first.size >= UNSCALED_UNLEARNED;
  const isFelt = hasLearned === false && size >= UNSCALED_UNLEARNED && reaches;
  // Small inputs slow down the first layer alone, unless its preactivations vary as little: a bias makes up for none.
  const isMild = typical < 1 && first?.spread !== undefined && first.spread > 1 / UNSCALED_FROM;
  return isFar || isFelt ? { kind: "size", typical, size, isMild } : undefined;
}

/**
 * @param varying the columns that are not the same in every row
 * @param hasLearned undefined where it is not known
 */
export function judgeInputs(
  statistics: ColumnStatistics,
  varying: readonly number[],
  first: FirstLayer | undefined,
  hasLearned: boolean | undefined,
): InputJudgement {
  if (varying.length === 0) return {};
  const uncentered = judgeCentre(statistics, varying, first);
  const unscaled = judgeScale(statistics, varying, first, uncentered && hasLearned === false ? undefined : hasLearned);
  return { ...(uncentered && { uncentered }), ...(unscaled && { unscaled }) };
}
