// What the input columns show: constant, repeated, far from centred, of very different sizes.
import { countOf, formatCount, formatNumber, plural } from "../../text/numbers.js";
import { listNames, type Naming } from "../../text/naming.js";
import { closedLayer, type Evidence, type Found, groupsOf, isConstant, varyingColumns } from "./evidence.js";
import type { NormalizationKind } from "../../network/normalization.js";
import type { Observation } from "../../inspect/observation.js";
import { measureColumns } from "../inputs/columns.js";
import { type ColumnStatistics, type FirstLayer, type InputJudgement, judgeInputs } from "../inputs/judge-inputs.js";
import { findOutlierColumns, type OutlierColumn } from "../inputs/outliers.js";
import { hasLearnedMuch } from "./learned.js";
import { NARROW } from "../forecast/born-dead.js";
import { columnVaries, type Matrix } from "../../core/matrix.js";
import { isSparse, repeatedSparse } from "../../core/sparse.js";

type Inputs = NonNullable<Observation["inputs"]>;

/** From the kernels' counters, unless their float32 squares left its range. */
function statisticsOf({ columns, x }: Inputs): ColumnStatistics {
  const isLost = columns.some((column) => !(column.variance > 0 && column.variance < Infinity) && !isConstant(column));
  const { mean, spread } = isLost
    ? measureColumns(x)
    : { mean: columns.map((column) => column.mean), spread: columns.map(({ variance }) => Math.sqrt(variance)) };
  return { mean, spread, min: columns.map(({ min }) => min), max: columns.map(({ max }) => max) };
}

/**
 * Columns that are equal to an earlier one in every row: those with the same statistics are compared number by number.
 */
function repeatedColumns({ x, all, columns }: Inputs, among: readonly number[], isSample: boolean): number[] {
  if (all && isSparse(all)) return repeatedSparse(all, among);
  const { rows, columns: width, data } = x;
  const isEqual = (a: number, b: number) => {
    for (let row = 0; row < rows; row++) if (data[row * width + a] !== data[row * width + b]) return false;
    return true;
  };
  const repeated = (group: readonly number[]) =>
    group.filter((column, i) => group.slice(0, i).some((earlier) => isEqual(earlier, column)));
  const keyOf = (column: number) => `${columns[column].mean} ${columns[column].variance}`;
  // columns that hardly ever change agree on most samples
  const telling = isSample ? among.filter((column) => columnVaries(x, column)) : among;
  return groupsOf(telling, keyOf)
    .flatMap(repeated)
    .sort((a, b) => a - b);
}

/** What constant columns do, `zero` of which are always 0. */
function effectOfConstant(constant: number, zero: number): string {
  if (zero === constant) return `always 0, so that ${plural(zero, "its", "their")} weights get no gradient`;
  if (zero === 0) return `${plural(constant, "it acts", "they act")} as a second bias`;
  return `${formatCount(zero)} of them always 0, the others act as a second bias`;
}

function findConstant({ x, columns }: Inputs, rows: number, naming: Naming): Found[] {
  const constant = [...columns.keys()].filter((column) => isConstant(columns[column]));
  if (constant.length === 0) return [];
  const zero = constant.filter((column) => x.data[column] === 0).length;
  return [
    {
      kind: "constantInputs",
      message:
        `${formatCount(constant.length)} of ${countOf(x.columns, "input column")} never ` +
        `${plural(constant.length, "changes", "change")} on these ${countOf(rows, "sample")} ` +
        `(${effectOfConstant(constant.length, zero)}): ${listNames(constant, naming.column)}.`,
      advice:
        "Leave them out, or check that the samples are what they should be: what never changes tells nothing apart.",
    },
  ];
}

function findDuplicate(inputs: Inputs, rows: number, varying: readonly number[], naming: Naming): Found[] {
  const repeated = repeatedColumns(inputs, varying, inputs.x.rows < rows);
  if (repeated.length === 0) return [];
  return [
    {
      kind: "duplicateInputs",
      message:
        `${countOf(repeated.length, "input column")} of ${formatCount(inputs.x.columns)} ` +
        `${plural(repeated.length, "repeats", "repeat")} an earlier one on all ` +
        `${countOf((inputs.all ?? inputs.x).rows, "sample")}: ${listNames(repeated, naming.column)}.`,
      advice: "Leave the copies out: what they say is said already, and it counts twice in every update.",
    },
  ];
}

/** What the first layer shows of the inputs: its preactivations' size, and units that no bias would open. */
function firstLayerOf({ hidden, observation }: Evidence): FirstLayer | undefined {
  const [layer] = hidden;
  const units = observation.layers[0]?.units ?? [];
  if (!layer || units.length === 0) return undefined;
  const bias = observation.spec?.layers[0].biasInitializer;
  const startsLow = typeof bias === "number" && bias < 0; // which closes units whatever the inputs
  const closed = startsLow ? 0 : layer.units.filter(({ mechanism }) => mechanism === "negativeWeights").length;
  const size = Math.sqrt(units.reduce((sum, { mean, variance }) => sum + mean ** 2 + variance, 0) / units.length);
  const spread = Math.sqrt(units.reduce((sum, { variance }) => sum + variance, 0) / units.length);
  return { units: units.length, closed: closed === 1 && units.length > 1 ? 0 : closed, size, spread };
}

/**
 * Dividing by the spread is done after subtracting the mean, and a spread that comes from a few rows is theirs: where
 * both are seen, one is the cause.
 */
function roleOf(isMild: boolean, isExplained: boolean): Pick<Found, "role"> {
  if (isMild) return { role: "remark" };
  return isExplained ? { role: "symptom" } : {};
}

function tellUncentered(
  { distance, size, worst, closed, isMild }: NonNullable<InputJudgement["uncentered"]>,
  { mean, spread }: ColumnStatistics,
  units: number,
  isBoth: boolean,
  naming: Naming,
): Found {
  const units0 =
    closed > 0
      ? `: ${formatCount(closed)} of ${countOf(units, "unit")} of layer ${naming.layer(0)} ` +
        `${plural(closed, "is", "are")} closed on every row by ${plural(closed, "its", "their")} weights alone`
      : ", which lets units start and stay on one side of 0";
  return {
    kind: "uncenteredInputs",
    ...roleOf(isMild, isBoth),
    message:
      `The inputs are ${distance >= 2 ? "far from" : "not"} centred: their mean is ${formatNumber(distance)} times ` +
      `their spread in size (column ${naming.column(worst)}: mean ${formatNumber(mean[worst])}, ` +
      `spread ${formatNumber(spread[worst])})${units0}.`,
    advice: "Subtract each column's mean on the training rows, and divide by its spread.",
    figures: { distance, size, column: worst, mean: mean[worst], spread: spread[worst], closed },
  };
}

function tellUnscaled(
  found: NonNullable<InputJudgement["unscaled"]>,
  { spread }: ColumnStatistics,
  outliers: readonly OutlierColumn[],
  naming: Naming,
): Found {
  const advice = "Divide each column by its spread on the training rows, after subtracting its mean.";
  if (found.kind === "unequal") {
    const { ratio, large, small } = found;
    return {
      kind: "unscaledInputs",
      ...roleOf(
        false,
        outliers.some(({ column }) => column === large),
      ),
      message:
        `The inputs' spreads differ by a factor of ${formatNumber(ratio)}: ` +
        `${formatNumber(spread[large])} in column ${naming.column(large)}, ` +
        `${formatNumber(spread[small])} in column ${naming.column(small)}.`,
      advice,
      figures: { ratio, large: spread[large], small: spread[small] },
    };
  }
  const { typical, size, isMild } = found;
  return {
    kind: "unscaledInputs",
    ...roleOf(isMild, outliers.length > 0),
    message:
      `The inputs' spread is ${formatNumber(typical)} (root mean square over the columns that change) and their size ` +
      `${formatNumber(size)}: initializers and usual learning rates suppose about 1.`,
    advice,
    figures: { spread: typical, size },
  };
}

function tellOutliers(columns: readonly OutlierColumn[], x: Matrix, naming: Naming): Found[] {
  if (columns.length === 0) return [];
  const worst = columns.reduce((a, b) => (b.spread / b.rest > a.spread / a.rest ? b : a));
  const others = columns.length === 1 ? "" : `; the same in ${countOf(columns.length - 1, "other column")}`;
  const row = naming.row(worst.row);
  return [
    {
      kind: "outlierInputs",
      message:
        `Column ${naming.column(worst.column)} has a spread of ${formatNumber(worst.spread)}, which comes from ` +
        `${countOf(worst.rows, "row")} of ${formatCount(x.rows)} ` +
        `(${row === undefined ? "" : `row ${row}: `}${formatNumber(worst.value)}); ` +
        `without ${plural(worst.rows, "it", "them")} it is ${formatNumber(worst.rest)}${others}.`,
      advice:
        "Check these rows (a slip of the decimal point, a code for a missing value?); if they are true, take " +
        "logarithms or clip the column.",
      figures: { column: worst.column, rows: worst.rows, row: worst.row, value: worst.value, rest: worst.rest },
    },
  ];
}

/** From this spread of the inputs on epsilon is next to nothing beside a unit's variance. */
const SEEN_BESIDE_EPSILON = 0.01;

/**
 * What the first layer's normalization leaves of it: over a batch neither a mean nor a size in common goes on to the
 * units, over a row no size does.
 */
function throughNormalization({ uncentered, unscaled }: InputJudgement, kind: NormalizationKind): InputJudgement {
  const isUndone = unscaled?.kind === "size" && unscaled.typical >= SEEN_BESIDE_EPSILON;
  return {
    ...(uncentered && kind === "layer" && { uncentered }),
    ...(unscaled && !isUndone && { unscaled }),
  };
}

/**
 * What closes a narrow layer, or a layer as a whole, is told by other findings; and while a layer is closed nothing
 * goes by the units of the first.
 */
const isToldElsewhere = (evidence: Evidence, { units }: FirstLayer) => units <= NARROW || closedLayer(evidence) >= 0;

/** @param isMisfit targets, loss and last layer do not fit: what units do says nothing of the inputs */
export function findInputs(evidence: Evidence, isMisfit: boolean): Found[] {
  const { naming, observation } = evidence;
  const { inputs } = observation;
  if (!inputs || inputs.x.rows < 2) return [];
  const { columns, x } = inputs;
  const varying = varyingColumns(columns);
  const constant = findConstant(inputs, observation.rows, naming);
  // rows that are all alike give no answer but one, whatever is trained
  if (varying.length === 0) return constant.map((found) => ({ ...found, ...(evidence.learning && { role: "cause" }) }));
  const statistics = statisticsOf(inputs);
  const first = firstLayerOf(evidence);
  const learned = hasLearnedMuch(evidence);
  const seen = first && (learned || isMisfit || isToldElsewhere(evidence, first) ? { ...first, closed: 0 } : first);
  const judged = judgeInputs(statistics, varying, seen, isMisfit ? undefined : learned);
  const { normalized } = observation.layers[0];
  const { uncentered, unscaled } = normalized ? throughNormalization(judged, normalized) : judged;
  const isSample = x.rows < observation.rows; // which holds few of the rows that lie far out
  const outliers = isSample ? [] : findOutlierColumns(x, statistics, varying);
  const isBoth = unscaled?.kind === "size" && !unscaled.isMild;
  return [
    ...constant,
    ...findDuplicate(inputs, observation.rows, varying, naming),
    ...(uncentered ? [tellUncentered(uncentered, statistics, first?.units ?? 0, isBoth, naming)] : []),
    ...(unscaled ? [tellUnscaled(unscaled, statistics, outliers, naming)] : []),
    ...tellOutliers(outliers, x, naming),
  ];
}
