// How a table becomes a network's inputs and targets: plain data, learnt from the training rows and good for any later
// table. Numbers are imputed by the median and scaled, (value - mean) / scale; dates are numbers of days, with a sine
// and a cosine for each cycle that they span; words are one-hot, one input per category.
import type { Cycle, DateNotation } from "./reading/dates.js";
import type { NumberNotation } from "./reading/number-notation.js";

interface Scaling {
  readonly mean: number;
  readonly scale: number;
}

export interface NumberEncoding extends Scaling {
  readonly kind: "number";
  readonly column: string;
  /** Stands in for a missing value. */
  readonly median: number;
  /** How the cells are written, where that is not plain decimal notation. */
  readonly notation?: NumberNotation;
}

/** One input for the days since 1970-01-01, standardized, and two for each cycle. */
export interface DateEncoding extends Scaling {
  readonly kind: "date";
  readonly column: string;
  readonly median: number;
  readonly notation: DateNotation;
  readonly cycles: readonly Cycle[];
}

export interface CategoryEncoding {
  readonly kind: "category";
  readonly column: string;
  /** One input each, in this order; "" is the missing value. A word that is not here gives zeros. */
  readonly categories: readonly string[];
}

export type InputEncoding = NumberEncoding | DateEncoding | CategoryEncoding;

export interface ClassTarget {
  readonly kind: "classes";
  readonly column: string;
  /** The name of label 0, of label 1 ... */
  readonly classes: readonly string[];
}

/** A target of numbers, standardized: (value - mean) / scale. Dates are days since 1970-01-01. */
export interface NumberTarget extends Scaling {
  readonly kind: "number";
  readonly column: string;
  readonly notation?: NumberNotation;
  readonly date?: DateNotation;
}

export type TargetEncoding = ClassTarget | NumberTarget;

/** With it any later table is encoded in the same way. Plain data: it survives JSON. */
export interface TableEncoding {
  readonly inputs: readonly InputEncoding[];
  readonly target: TargetEncoding;
}

export function widthOf(encoding: InputEncoding): number {
  if (encoding.kind === "category") return encoding.categories.length;
  return encoding.kind === "number" ? 1 : 1 + 2 * encoding.cycles.length;
}

/** How many inputs a network needs. */
export function inputWidth(inputs: readonly InputEncoding[]): number {
  return inputs.reduce((width, encoding) => width + widthOf(encoding), 0);
}

function namesOf(encoding: InputEncoding): string[] {
  const { column } = encoding;
  if (encoding.kind === "number") return [column];
  if (encoding.kind === "category")
    return encoding.categories.map((category) => `${column} = ${category || "missing"}`);
  return [
    column,
    ...encoding.cycles.flatMap((cycle) => [`${column}, ${cycle} (sine)`, `${column}, ${cycle} (cosine)`]),
  ];
}

/** A name for each input: `age`, `island = Dream`, `date, season (sine)`. */
export function inputNames(inputs: readonly InputEncoding[]): string[] {
  return inputs.flatMap(namesOf);
}
