// Which array of a file holds the rows, and which the targets: the caller says so, or names and sizes do.
import type { FileArray } from "./file-array.js";
import { shapeText } from "./numbers.js";
import { describe } from "../core/checks.js";
import { RelumineError } from "../core/errors.js";
import { suggestion } from "../core/suggestion.js";

/** A file's arrays by name; in place of one that is none of numbers, why. */
export type Arrays = ReadonlyMap<string, FileArray | RelumineError>;

/** What people call an array of inputs, in the order in which one is taken; then of targets. */
const INPUT_NAMES = ["x", "inputs", "input", "data", "features", "images", "arr_0"];
const TARGET_NAMES = ["y", "labels", "label", "targets", "target", "classes", "arr_1"];
/** Parts of a data set, likewise. */
const PARTS = ["", "train", "training", "valid", "val", "validation", "test"];
const PART =
  /^(?:(training|train|validation|valid|val|test)[_.-]?(.+)|(.+?)[_.-]?(training|train|validation|valid|val|test))$/;

/** `X_train`: "x" and "train". */
function partsOf(name: string): { readonly stem: string; readonly part: string } {
  const lower = name.toLowerCase();
  const [, before = "", after, stem = after ?? lower, part = before] = PART.exec(lower) ?? [];
  return { stem, part };
}

/** A target's name without that of the part that it belongs to: `y` of `y_train`. */
export function targetName(name: string): string {
  const { stem, part } = partsOf(name);
  return part === "" || !TARGET_NAMES.includes(stem) ? name : stem;
}

/** Whether an array is called as inputs mostly are. */
export function isInputName(name: string): boolean {
  return INPUT_NAMES.includes(partsOf(name).stem);
}

export interface ArrayChoice {
  /** How many numbers a row has to have. */
  readonly inputs?: number;
  /** The array of the rows, by name. */
  readonly array?: string;
  /** That of the targets; false for none. */
  readonly target?: string | false;
}

/** `x [1797, 8, 8], y [1797]` */
function listOf(arrays: Iterable<FileArray>): string {
  const texts = [...arrays].map(({ name, shape }) => `${name} ${shapeText(shape)}`.trim());
  return [...texts.slice(0, 8), ...(texts.length > 8 ? ["…"] : [])].join(", ") || "none";
}

/** Whether a file has an array, and of numbers. */
export function isNumbers(array: FileArray | RelumineError | undefined): array is FileArray {
  return array !== undefined && !(array instanceof Error);
}

/**
 * The array of a name.
 * @param path of the option that names it
 * @throws RelumineError "value" with the nearest name, or what its own header was refused with
 */
function named(arrays: Arrays, name: string, path: string): FileArray {
  const array = arrays.get(name);
  if (array instanceof Error) throw array;
  if (array) return array;
  const all = [...arrays.values()].filter(isNumbers);
  throw new RelumineError(
    "value",
    path,
    `to be one of ${listOf(all)}`,
    describe(name),
    suggestion(name, [...arrays.keys()]),
  );
}

function rank({ name }: FileArray): number {
  const { stem, part } = partsOf(name);
  const place = INPUT_NAMES.indexOf(stem);
  return place < 0 ? Infinity : place * PARTS.length + PARTS.indexOf(part);
}

/** A row for each size along the first axis; a list of numbers is a row of one each. */
function fits({ shape, rowSize }: FileArray, inputs: number | undefined): boolean {
  return shape.length > 0 && (inputs === undefined ? shape.length > 1 : rowSize === inputs);
}

function chooseRows(all: readonly FileArray[], inputs: number | undefined): FileArray {
  const fitting = all.filter((array) => fits(array, inputs));
  const best = fitting.toSorted((a, b) => rank(a) - rank(b))[0];
  if (fitting.length === 1 || (best && rank(best) < Infinity)) return best;
  const wanted =
    inputs === undefined ? "of rows of numbers" : `whose rows have ${inputs} numbers, as the model has inputs`;
  if (fitting.length > 1)
    throw new RelumineError("value", "array", `to name one of ${listOf(fitting)}`, "none", "None is called x.");
  const isRow = all.some(({ shape: [size, ...rest] }) => size === inputs && rest.length === 0);
  const hint = isRow ? "An array of one axis is no row: x[None] makes one of it." : "";
  throw new RelumineError("shape", "the file", `to hold an array ${wanted}`, listOf(all), hint);
}

function chooseTargets(all: readonly FileArray[], x: FileArray): FileArray | undefined {
  const { stem, part } = partsOf(x.name);
  const isNumbered = stem === "arr_0";
  return TARGET_NAMES.flatMap((name) =>
    all.filter((array) => {
      const own = partsOf(array.name);
      const isPartner = own.stem === name && own.part === part && (own.stem === "arr_1") === isNumbered;
      return isPartner && array !== x && array.rows === x.rows && (!isNumbered || array.rowSize === 1);
    }),
  )[0];
}

/** The name of the array that a target's name means: its own, or with the part of the data set that x is of. */
export function targetArray(arrays: Arrays, x: FileArray, target: string): string | undefined {
  if (arrays.has(target)) return target;
  const { part } = partsOf(x.name);
  return [...arrays.keys()].find((name) => targetName(name) === target && partsOf(name).part === part);
}

/** The rows and, where the file has them, their targets. */
export interface ChosenArrays {
  readonly x: FileArray;
  readonly y?: FileArray;
  readonly notes: readonly string[];
}

function findTargets(
  arrays: Arrays,
  all: readonly FileArray[],
  x: FileArray,
  target: string | false | undefined,
): FileArray | undefined {
  if (typeof target === "string") return named(arrays, targetArray(arrays, x, target) ?? target, "target");
  return target === false ? undefined : chooseTargets(all, x);
}

/**
 * By name where the caller gives one; else the array whose rows have as many numbers as the model has inputs, of
 * several that which is called as inputs mostly are: x, inputs, data, features, images, with _train, _val or _test; the
 * targets are those of such a name for the same part (y, labels, targets) with as many rows.
 * @throws RelumineError "value" for a name that is not there, "shape" for rows of another size
 */
export function chooseArrays(arrays: Arrays, { inputs, array, target }: ArrayChoice): ChosenArrays {
  const all = [...arrays.values()].filter(isNumbers);
  if (all.length === 0) for (const refused of arrays.values()) throw refused as RelumineError;
  const x = array === undefined ? chooseRows(all, inputs) : named(arrays, array, "array");
  if (!fits(x, inputs)) {
    const expected = inputs === undefined ? "to have two axes or more" : `to have rows of ${inputs} numbers`;
    throw new RelumineError("shape", x.what, expected, `the shape ${shapeText(x.shape)}`);
  }
  const y = findTargets(arrays, all, x, target);
  const isAlone = arrays.size === 1;
  return {
    x,
    ...(y && { y }),
    notes: isAlone ? [] : [`rows: the array ${describe(x.name)}${y ? `; targets: ${describe(y.name)}` : ""}`],
  };
}
