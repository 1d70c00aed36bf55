// Rows and targets as a trial trains on them: as they are, or brought to mean 0 and spread 1 by column, with what was
// learned folded back into the network afterwards.
import type { RowSets } from "./rows.js";
import type { TrialSettings } from "./trial.js";
import { classesOf } from "./task.js";
import { foldInputs, foldTargets } from "../start/standardize.js";
import {
  type ColumnFigures,
  figuresOf,
  standardized,
  type TargetScaling,
  targetScaling,
} from "../start/column-scaling.js";
import { RelumineError } from "../../core/errors.js";
import { type Matrix, type Matrix64, toRows64 } from "../../core/matrix.js";
import type { PlainSet } from "../../network/data.js";
import type { Network, Weights } from "../../network/types.js";

export interface ScaledRows {
  readonly training: PlainSet;
  readonly validation: PlainSet;
  readonly inputs?: ColumnFigures;
  readonly targets?: TargetScaling;
}

/** By the figures of the rows that train. */
export function scaleRows(
  { training, validation, exact }: RowSets,
  { standardize = {}, takesClasses }: Pick<TrialSettings, "standardize" | "takesClasses">,
): ScaledRows {
  const { inputs: scalesInputs, targets: scalesTargets } = standardize;
  const rows = scalesInputs ? (exact?.training ?? toRows64("x", training.x)) : undefined;
  const inputs = rows && figuresOf(rows, true);
  const targets = scalesTargets && !(training.y instanceof Int32Array) ? targetScaling(training.y) : undefined;
  const scale = (set: PlainSet, x: Matrix64 | undefined): PlainSet => ({
    ...set,
    ...(inputs && { x: standardized("samples", x ?? toRows64("samples", set.x, undefined, 0), inputs) }),
    ...(targets && { y: targets.apply(set.y as Matrix) }),
    ...(takesClasses && { y: classesOf(set.y) }),
  });
  if (!inputs && !targets && !takesClasses) return { training, validation };
  return {
    training: scale(training, rows),
    validation: scale(validation, exact?.validation),
    ...(inputs && { inputs }),
    ...(targets && { targets }),
  };
}

/** What the means bring goes into the biases, or into the mean that batch normalization subtracts. */
function takeScaledInputs({ kernel, bias, runningMean }: Weights, { mean, scale }: ColumnFigures): void {
  const units = bias.length;
  const shifts = new Float64Array(units);
  const shifted = Float64Array.from(bias);
  const to = runningMean ? shifts : shifted;
  for (let i = 0; i < kernel.length; i++) {
    const input = Math.floor(i / units);
    to[i % units] += mean[input] * kernel[i];
    kernel[i] *= scale[input];
  }
  if (runningMean) shifts.forEach((shift, unit) => (runningMean[unit] -= shift));
  else bias.set(shifted);
}

function answerScaled({ kernel, bias, gamma, beta }: Weights, { mean, scale }: ColumnFigures): void {
  const [factors, terms] = [gamma ?? kernel, beta ?? bias];
  for (let i = 0; i < factors.length; i++) factors[i] /= scale[i % bias.length];
  for (let unit = 0; unit < terms.length; unit++) terms[unit] = (terms[unit] - mean[unit]) / scale[unit];
}

/** Weights that do on scaled rows what these do on the rows as they are: to go on with a network that knows those. */
export function startOnScaled(start: readonly Weights[], { inputs, targets }: ScaledRows): Weights[] {
  const layers = start.map((weights) => structuredClone(weights));
  if (inputs) takeScaledInputs(layers[0], inputs);
  if (targets) answerScaled(layers[layers.length - 1], targets);
  return layers;
}

/**
 * Folds the scaling into the network, which then takes the rows and answers in the targets' units as they are. False
 * where float32 rows that far from 0 would lose what tells them apart: inputs have to be scaled then as before.
 */
export function foldScaling(network: Network, { inputs, targets }: ScaledRows): boolean {
  if (targets) foldTargets(network, targets);
  try {
    if (inputs) foldInputs(network, inputs);
    return true;
  } catch (error) {
    if (error instanceof RelumineError && error.code === "value") return false;
    throw error;
  }
}
