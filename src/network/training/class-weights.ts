// Classes that count more than others in a training.
import type { PreparedTargets } from "../data.js";
import { factsOf } from "../losses.js";
import type { ResolvedSpec } from "../spec.js";
import { checkName, checkNumber, describe } from "../../core/checks.js";
import { RelumineError } from "../../core/errors.js";

/**
 * By class, numbers from 0 up; "balanced": for each class rows / (classes·its rows), so that all classes count the
 * same.
 */
export type ClassWeights = "balanced" | readonly number[];

/** One output of binaryCrossEntropy stands for two classes, those of crossEntropy for one each. */
function countClasses({ layers, loss }: ResolvedSpec): number {
  const { name, takesAnyTargets } = factsOf(loss);
  const { units } = layers[layers.length - 1];
  if (takesAnyTargets)
    throw new RelumineError("value", "classWeights", "to be left out where targets are any numbers", 'targets: "any"');
  if (name === "crossEntropy") return units;
  if (name === "binaryCrossEntropy" && units === 1) return 2;
  const given = name === "binaryCrossEntropy" ? `${name} of ${units} outputs` : name;
  throw new RelumineError("value", "classWeights", "to be left out where a row has no one class", given);
}

export function checkClassWeights(spec: ResolvedSpec, given: unknown): ClassWeights | undefined {
  if (given === undefined) return undefined;
  const classes = countClasses(spec);
  if (typeof given === "string") return checkName("classWeights", given, ["balanced"] as const);
  if (typeof given !== "object" || given === null || typeof (given as ArrayLike<unknown>).length !== "number") {
    const expected = 'to be "balanced" or a list of numbers, one for each class';
    throw new RelumineError("value", "classWeights", expected, describe(given));
  }
  const list = Array.from(given as ArrayLike<unknown>);
  if (list.length !== classes)
    throw new RelumineError(
      "shape",
      "classWeights",
      `to have ${classes} numbers, one for each class`,
      `${list.length}`,
    );
  const weights = list.map((weight, label) => checkNumber(`classWeights[${label}]`, weight, { low: 0 }));
  if (weights.every((weight) => weight === 0))
    throw new RelumineError("value", "classWeights", "to have a number above 0", "none");
  return weights;
}

/** As a training's record keeps them: "balanced", or numbers by class with commas between. */
export function readClassWeights(stored: string): ClassWeights {
  return stored === "balanced" ? stored : stored.split(",").map(Number);
}

/** Calls `visit` with each class that has a share in a row. */
function visitClasses(targets: PreparedTargets, row: number, visit: (label: number, share: number) => void): void {
  if (targets.kind === "labels") return visit(targets.labels[row], 1);
  const { data, columns } = targets;
  if (columns > 1) for (let c = 0; c < columns; c++) visit(c, data[row * columns + c]);
  else {
    visit(0, 1 - data[row]);
    visit(1, data[row]);
  }
}

/**
 * For each class that occurs, rows / (classes that occur·its rows).
 * @param counts by class, how many of the rows
 */
export function balancedWeights(counts: readonly (number | undefined)[], rows: number): number[] {
  const occurring = counts.filter((count = 0) => count > 0).length;
  return Array.from(counts, (count = 0) => (count > 0 ? rows / (occurring * count) : 0));
}

function balance(targets: PreparedTargets, rows: Uint32Array): number[] {
  const counts: number[] = [];
  for (const row of rows) visitClasses(targets, row, (label, share) => (counts[label] = (counts[label] ?? 0) + share));
  return balancedWeights(counts, rows.length);
}

/**
 * The weight of each row by its class, times that which it has.
 * @param rows those that train: the others' weights are not asked for
 */
export function weighByClass(
  classWeights: ClassWeights,
  targets: PreparedTargets,
  rows: Uint32Array,
  given: Float32Array | undefined,
  count: number,
): Float32Array {
  const byClass = classWeights === "balanced" ? balance(targets, rows) : classWeights;
  const weights = new Float32Array(count);
  for (const row of rows) {
    let weight = 0;
    visitClasses(targets, row, (label, share) => (weight += share * (byClass[label] ?? 0)));
    weights[row] = weight * (given ? given[row] : 1);
  }
  return weights;
}
