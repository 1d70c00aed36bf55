// From a prepared table to a network's spec, and from its loss to a score that people read.
import type { PreparedTable } from "./dataset.js";
import { inputWidth } from "./inputs.js";
import { mean, variance } from "./statistics.js";
import { RelumineError } from "../core/errors.js";
import type { Activation, Diagnosis, Matrix, Metrics, Network, NetworkSpec } from "../index.js";

export interface ModelOptions {
  readonly hidden: readonly number[];
  readonly activation: Activation;
  readonly bias: number;
  readonly seed: number;
}

/** Cross-entropy over the classes, or mean squared error of the standardized target. */
export function specFor({ preprocessing: { inputs, target } }: PreparedTable, { hidden, activation, bias, seed }: ModelOptions): NetworkSpec {
  const output = { units: target.kind === "classes" ? target.classes.length : 1 };
  return {
    inputs: inputWidth(inputs),
    layers: [...hidden.map((units) => ({ units, activation, biasInitializer: bias })), output],
    loss: target.kind === "classes" ? "crossEntropy" : "meanSquaredError",
    seed,
  };
}

/** The diagnosis, or why there is none: preactivations may overflow after a divergence. */
export function tryDiagnose(diagnose: typeof import("../index.js").diagnose, network: Network, x: Matrix): Diagnosis | string {
  try {
    return diagnose(network, x);
  } catch (error) {
    if (error instanceof RelumineError) return error.message;
    throw error;
  }
}

/** Accuracy for classes; R², 1 - loss / variance of the held-out targets, for numbers (NaN if those do not vary, -Infinity if the loss overflows). */
export function scoreOf({ heldOut }: PreparedTable, { loss, accuracy }: Metrics): number {
  if (accuracy !== undefined) return accuracy;
  const spread = variance(heldOut.y);
  if (spread === 0) return Number.NaN;
  return Number.isFinite(loss) ? 1 - loss / spread : Number.NEGATIVE_INFINITY;
}

/** Errors of a target of numbers, in its own units. */
export interface RegressionErrors {
  readonly r2?: number;
  readonly meanAbsoluteError: number;
  readonly rootMeanSquaredError: number;
}

/** @param predicted standardized predictions for the held-out rows */
export function regressionErrors(prepared: PreparedTable, predicted: ArrayLike<number>): RegressionErrors | undefined {
  const { preprocessing: { target }, heldOut } = prepared;
  if (target.kind !== "number") return undefined;
  const errors = heldOut.y.map((value, row) => predicted[row] - value);
  const meanSquared = mean(errors.map((error) => error ** 2));
  const r2 = scoreOf(prepared, { loss: meanSquared });
  return {
    ...(Number.isFinite(r2) && { r2 }),
    meanAbsoluteError: mean(errors.map(Math.abs)) * target.scale,
    rootMeanSquaredError: Math.sqrt(meanSquared) * target.scale,
  };
}
