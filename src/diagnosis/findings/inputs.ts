// What the input columns show: constant, repeated, far from centred, of very different sizes.
import { countOf, formatCount, formatNumber, listIndices, plural } from "../../text/numbers.js";
import { type Evidence, type Found, groupsOf, isConstant } from "./evidence.js";
import type { Observation } from "../../inspect/observation.js";
import { measureColumns } from "./columns.js";

/**
 * |mean|/spread of the inputs (Simon 2026) from which centring is advised. A unit with random weights and no bias has a
 * preactivation of mean/spread N(0, 1) times this: at 2, one in fifteen stays three spreads below 0. Pixels of digits
 * lie at 1.5, U[0, 1] at 1.7.
 */
const UNCENTERED_FROM = 2;
/** The largest column over the small ones. */
const UNEQUAL_FROM = 100;
/**
 * Columns that count as small ones: the tenth from below, since border pixels that hardly ever light up are no fault of
 * scale.
 */
const SMALL_QUANTILE = 0.1;
/**
 * Initializers suppose inputs of size 1; a size s multiplies the first layer's learning rate by s²: at 30 a
 * thousandfold.
 */
const UNSCALED_FROM = 30;

type Inputs = NonNullable<Observation["inputs"]>;

interface ColumnStatistics {
  readonly mean: readonly number[];
  readonly spread: readonly number[];
  readonly range: readonly number[];
}

/** From the kernels' counters, unless their float32 squares left its range. */
function statisticsOf({ columns, x }: Inputs): ColumnStatistics {
  const isLost = columns.some((column) => !(column.variance > 0 && column.variance < Infinity) && !isConstant(column));
  const { mean, spread } = isLost
    ? measureColumns(x)
    : { mean: columns.map((column) => column.mean), spread: columns.map(({ variance }) => Math.sqrt(variance)) };
  return { mean, spread, range: columns.map(({ min, max }) => max - min) };
}

/**
 * Columns that are equal to an earlier one in every row: those with the same statistics are compared number by number.
 */
function repeatedColumns({ x: { rows, columns: width, data }, columns }: Inputs, among: readonly number[]): number[] {
  const isEqual = (a: number, b: number) => {
    for (let row = 0; row < rows; row++) if (data[row * width + a] !== data[row * width + b]) return false;
    return true;
  };
  const repeated = (group: readonly number[]) =>
    group.filter((column, i) => group.slice(0, i).some((earlier) => isEqual(earlier, column)));
  const keyOf = (column: number) => `${columns[column].mean} ${columns[column].variance}`;
  return groupsOf(among, keyOf)
    .flatMap(repeated)
    .sort((a, b) => a - b);
}

/** What constant columns do, `zero` of which are always 0. */
function effectOfConstant(constant: number, zero: number): string {
  if (zero === constant) return `always 0, so that ${plural(zero, "its", "their")} weights get no gradient`;
  if (zero === 0) return `${plural(constant, "it acts", "they act")} as a second bias`;
  return `${formatCount(zero)} of them always 0, the others act as a second bias`;
}

function findConstant({ x, columns }: Inputs): Found[] {
  const constant = [...columns.keys()].filter((column) => isConstant(columns[column]));
  if (constant.length === 0) return [];
  const zero = constant.filter((column) => x.data[column] === 0).length;
  return [
    {
      kind: "constantInputs",
      message:
        `${formatCount(constant.length)} of ${countOf(x.columns, "input column")} never ` +
        `${plural(constant.length, "changes", "change")} on these ${countOf(x.rows, "sample")} ` +
        `(${effectOfConstant(constant.length, zero)}): ${listIndices(constant)}.`,
      advice:
        "Leave them out, or check that the samples are what they should be: what never changes tells nothing apart.",
    },
  ];
}

function findDuplicate(inputs: Inputs, varying: readonly number[]): Found[] {
  const repeated = repeatedColumns(inputs, varying);
  if (repeated.length === 0) return [];
  return [
    {
      kind: "duplicateInputs",
      message:
        `${countOf(repeated.length, "input column")} of ${formatCount(inputs.x.columns)} ` +
        `${plural(repeated.length, "repeats", "repeat")} an earlier one on all ` +
        `${countOf(inputs.x.rows, "sample")}: ${listIndices(repeated)}.`,
      advice: "Leave the copies out: what they say is said already, and it counts twice in every update.",
    },
  ];
}

const norm = (columns: readonly number[], values: readonly number[]) =>
  Math.sqrt(columns.reduce((sum, column) => sum + values[column] ** 2, 0));

function findUncentered({ mean, spread }: ColumnStatistics, varying: readonly number[]): Found[] {
  const means = norm(varying, mean),
    spreads = norm(varying, spread);
  if (!(means >= UNCENTERED_FROM * spreads)) return [];
  const worst = varying.reduce((a, b) => (Math.abs(mean[b]) > Math.abs(mean[a]) ? b : a));
  return [
    {
      kind: "uncenteredInputs",
      message:
        `The inputs are far from centred: their mean is ${formatNumber(means / spreads)} times their spread in size ` +
        `(column ${worst}: mean ${formatNumber(mean[worst])}, spread ${formatNumber(spread[worst])}), ` +
        "which lets units start and stay on one side of 0.",
      advice: "Subtract each column's mean on the training rows, and divide by its spread.",
    },
  ];
}

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

function findUnscaled({ spread, range }: ColumnStatistics, varying: readonly number[]): Found[] {
  const { ratio, small, large } = unevenness(varying, spread);
  const typical = norm(varying, spread) / Math.sqrt(varying.length);
  const advice = "Divide each column by its spread on the training rows, after subtracting its mean.";
  // By range as well: a column that is mostly one number has a small spread, whatever its scale.
  if (ratio > UNEQUAL_FROM && unevenness(varying, range).ratio > UNEQUAL_FROM) {
    return [
      {
        kind: "unscaledInputs",
        message:
          `The inputs' spreads differ by a factor of ${formatNumber(ratio)}: ` +
          `${formatNumber(spread[large])} in column ${large}, ${formatNumber(spread[small])} in column ${small}.`,
        advice,
      },
    ];
  }
  if (typical <= UNSCALED_FROM && typical >= 1 / UNSCALED_FROM) return [];
  return [
    {
      kind: "unscaledInputs",
      message:
        `The inputs' spread is ${formatNumber(typical)} (root mean square over the columns that change): ` +
        "initializers and usual learning rates suppose about 1.",
      advice,
    },
  ];
}

export function findInputs({ observation: { inputs } }: Evidence): Found[] {
  if (!inputs || inputs.x.rows < 2) return [];
  const { columns } = inputs;
  const varying = [...columns.keys()].filter((column) => !isConstant(columns[column]));
  const constant = findConstant(inputs);
  if (varying.length === 0) return constant;
  const statistics = statisticsOf(inputs);
  return [
    ...constant,
    ...findDuplicate(inputs, varying),
    ...findUncentered(statistics, varying),
    ...findUnscaled(statistics, varying),
  ];
}
