// How a table becomes a network's inputs and targets: plain data, learnt from the training rows and good for any later
// table. Numbers are imputed by the median and scaled, (value - mean) / scale; dates are numbers of days, with a sine
// and a cosine for each cycle that they span; words are one-hot, one input per category, or texts that are hashed.
import type { Cycle, DateNotation } from "./reading/dates.js";
import type { NumberNotation } from "./reading/number-notation.js";

/** A column of numbers: one input, (value - mean) / scale. */
export interface NumberEncoding {
  /** Tells the kinds of encoding apart. */
  readonly kind: "number";
  /** Its name in the table. */
  readonly column: string;
  /** Stands in for a missing value. */
  readonly median: number;
  /** Of the training rows. */
  readonly mean: number;
  /** The standard deviation of the training rows; 1 for a column that never changes. */
  readonly scale: number;
  /** How the cells are written, where that is not plain decimal notation. */
  readonly notation?: NumberNotation;
}

/** A column of dates: one input for the days since 1970-01-01, standardized, and two for each cycle. */
export interface DateEncoding {
  /** Tells the kinds of encoding apart. */
  readonly kind: "date";
  /** Its name in the table. */
  readonly column: string;
  /** Stands in for a missing value, in days; its sines and cosines are 0. */
  readonly median: number;
  /** Of the training rows, in days. */
  readonly mean: number;
  /** The standard deviation of the training rows, in days. */
  readonly scale: number;
  /** How the dates are written. */
  readonly notation: DateNotation;
  /** The cycles that the dates span. */
  readonly cycles: readonly Cycle[];
}

/** A column of words: one input for each category, 1 where the cell is of it and 0 elsewhere. */
export interface CategoryEncoding {
  /** Tells the kinds of encoding apart. */
  readonly kind: "category";
  /** Its name in the table. */
  readonly column: string;
  /** One input each, in this order; "" is the missing value. A word that is not here gives zeros. */
  readonly categories: readonly string[];
  /** Numbers are words as they are written: 02139 is not 2139. */
  readonly literal?: boolean;
}

/**
 * A column of text: each of its words adds 1 to one of so many inputs, which its letters alone decide; a row's numbers
 * are then divided by the root of their sum of squares.
 */
export interface HashEncoding {
  /** Tells the kinds of encoding apart. */
  readonly kind: "hash";
  /** Its name in the table. */
  readonly column: string;
  /** Inputs; words share them where there are more. */
  readonly buckets: number;
}

/** How one column becomes inputs. */
export type InputEncoding = NumberEncoding | DateEncoding | CategoryEncoding | HashEncoding;

/** A target of classes, as labels 0..K-1. */
export interface ClassTarget {
  /** Tells the kinds of target apart. */
  readonly kind: "classes";
  /** Its name in the table. */
  readonly column: string;
  /** The name of label 0, of label 1 ... */
  readonly classes: readonly string[];
  /** Numbers are words as they are written: 02139 is not 2139. */
  readonly literal?: boolean;
}

/** A target of numbers, standardized: (value - mean) / scale. Dates are days since 1970-01-01. */
export interface NumberTarget {
  /** Tells the kinds of target apart. */
  readonly kind: "number";
  /** Its name in the table. */
  readonly column: string;
  /** Of the training rows. */
  readonly mean: number;
  /** The standard deviation of the training rows. */
  readonly scale: number;
  /** How the cells are written, where that is not plain decimal notation. */
  readonly notation?: NumberNotation;
  /** How the cells are written, where they are dates. */
  readonly date?: DateNotation;
}

/**
 * A target of several numbers a row, each standardized by itself: what "relumine train X.npy Y.npy" makes of rows.
 * Classes one-hot, shares of them and several labels a row are such, too, for a cross-entropy, with means of 0 and
 * scales of 1.
 */
export interface NumbersTarget {
  /** Tells the kinds of target apart. */
  readonly kind: "numbers";
  /** What they are called together; in a table the columns `y 1`, `y 2` ... */
  readonly column: string;
  /** In the order of the network's outputs: mean and standard deviation of the training rows, two or more. */
  readonly outputs: readonly Pick<NumberTarget, "mean" | "scale">[];
}

/** How the target becomes labels or numbers. */
export type TargetEncoding = ClassTarget | NumberTarget | NumbersTarget;

/** With it any later table is encoded in the same way. Plain data: it survives JSON. */
export interface TableEncoding {
  /** Columns in the order of the network's inputs. */
  readonly inputs: readonly InputEncoding[];
  /** The column to predict. */
  readonly target: TargetEncoding;
}

/** Of numbers that stay as they are. */
export const UNSCALED = { mean: 0, scale: 1 } as const;

/** Whether the target's numbers are what was written, as those of a cross-entropy are. */
export function isUnscaled(target: NumberTarget | NumbersTarget): boolean {
  const scalings = target.kind === "numbers" ? target.outputs : [target];
  return scalings.every(({ mean, scale }) => mean === UNSCALED.mean && scale === UNSCALED.scale);
}

export function widthOf(encoding: InputEncoding): number {
  if (encoding.kind === "category") return encoding.categories.length;
  if (encoding.kind === "hash") return encoding.buckets;
  return encoding.kind === "number" ? 1 : 1 + 2 * encoding.cycles.length;
}

/** How many outputs a network needs. */
export function outputWidth(target: TargetEncoding): number {
  if (target.kind === "number") return 1;
  return target.kind === "classes" ? target.classes.length : target.outputs.length;
}

/** The columns of a table that hold a target. */
export function targetColumns(target: TargetEncoding): string[] {
  if (target.kind !== "numbers") return [target.column];
  return target.outputs.map((_, place) => `${target.column} ${place + 1}`);
}

/** How many inputs a network needs. */
export function inputWidth(inputs: readonly InputEncoding[]): number {
  return inputs.reduce((width, encoding) => width + widthOf(encoding), 0);
}

/**
 * Rows of which no larger share of inputs is other than 0 are sparse: they then train faster, in less memory
 * (measured).
 */
const SPARSE_UP_TO = 0.1;
/** Of a text, so many words count. */
const WORDS_OF_TEXT = 30;

/** Numbers of a row that are not 0, by what its columns are. */
function usualEntries(encoding: InputEncoding): number {
  if (encoding.kind === "category") return 1;
  return encoding.kind === "hash" ? Math.min(encoding.buckets, WORDS_OF_TEXT) : widthOf(encoding);
}

/** Whether rows of these inputs are sparse, whatever is in them. */
export function areSparse(inputs: readonly InputEncoding[]): boolean {
  const entries = inputs.reduce((sum, encoding) => sum + usualEntries(encoding), 0);
  return entries <= SPARSE_UP_TO * inputWidth(inputs);
}

/** What the reader of a later table is told: the columns that it has to have, and those whose words are literal. */
export function readingOptions({ inputs, target }: TableEncoding): { needed: string[]; literal: string[] } {
  const isLiteral = (encoding: InputEncoding | TargetEncoding): boolean =>
    encoding.kind === "hash" || ("literal" in encoding && !!encoding.literal);
  return {
    needed: inputs.map(({ column }) => column),
    literal: [...inputs, target].filter(isLiteral).map(({ column }) => column),
  };
}

function namesOf(encoding: InputEncoding): string[] {
  const { column } = encoding;
  if (encoding.kind === "number") return [column];
  if (encoding.kind === "category")
    return encoding.categories.map((category) => `${column} = ${category || "missing"}`);
  if (encoding.kind === "hash") return Array.from({ length: encoding.buckets }, (_, bucket) => `${column} #${bucket}`);
  return [
    column,
    ...encoding.cycles.flatMap((cycle) => [`${column}, ${cycle} (sine)`, `${column}, ${cycle} (cosine)`]),
  ];
}

/** A name for each input: `age`, `island = Dream`, `date, season (sine)`. */
export function inputNames(inputs: readonly InputEncoding[]): string[] {
  return inputs.flatMap(namesOf);
}
