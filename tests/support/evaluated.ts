// A network's forward pass in float64 from its spec and weights, without dropout: normalization by running statistics
// or by rows, or as a training step takes it; layers that something passes by. Beside each number stands how far
// float32 may be from it: the rounding of its own sum, and what the layers below leave.
import { activate } from "../reference/network.js";
import type { Network, Weights } from "../../src/index.js";
import type { ResolvedSpec } from "../../src/network/spec.js";

/** Numbers, rows x units, and how far off each may be in float32. */
export interface Rounded {
  readonly values: number[][];
  readonly errors: number[][];
}

export interface EvaluatedLayer {
  /** X·W + b. */
  readonly z: number[][];
  /** What goes into the activation. */
  readonly n: number[][];
  /** The activations; those of a last layer's softmax or sigmoid are left out, as in logits. */
  readonly h: number[][];
  /** What feeds the next layer. */
  readonly o: number[][];
  readonly nErrors: number[][];
  readonly hErrors: number[][];
  readonly oErrors: number[][];
}

/** What is looked at: a network, or one as it might be taken for. */
export type Evaluated = Pick<Network, "spec" | "layers">;

/** Four units of float32's last place: for sums in any order, and functions that are not rounded rightly. */
const UNIT = 2 ** -22;
/** Float32's smallest number: of each rounding, what may be lost below it. */
const LEAST = 2 ** -149;
/** At least the steepest slope of any activation without an alpha. */
const STEEPEST = 1.8;

const transpose = (rows: readonly number[][]) => rows[0]!.map((_, c) => rows.map((row) => row[c]!));
const largest = (values: readonly number[]) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
/** The same for each element of two matrices. */
const zip = (a: readonly number[][], b: readonly number[][], make: (a: number, b: number, column: number) => number) =>
  a.map((row, r) => row.map((value, c) => make(value, b[r]![c]!, c)));

function product({ values, errors }: Rounded, { kernel, bias }: Weights): Rounded {
  const units = bias.length;
  const sum = (row: readonly number[], of: (value: number, w: number) => number, unit: number) =>
    row.reduce((total, value, i) => total + of(value, kernel[i * units + unit]!), 0);
  const each = (make: (r: number, unit: number) => number) =>
    values.map((_, r) => Array.from(bias, (_, unit) => make(r, unit)));
  return {
    values: each((r, unit) => bias[unit]! + sum(values[r]!, (value, w) => value * w, unit)),
    errors: each((r, unit) => {
      const size = Math.abs(bias[unit]!) + sum(values[r]!, (value, w) => Math.abs(value * w), unit);
      const carried = sum(errors[r]!, (error, w) => error * Math.abs(w), unit);
      return carried + (values[r]!.length + 1) * (UNIT * size + LEAST);
    }),
  };
}

/** Each row less its mean, over its standard deviation. */
function standardizeRows({ values, errors }: Rounded, epsilon: number): Rounded {
  const rows = values.map((row, r) => {
    const mean = row.reduce((sum, value) => sum + value, 0) / row.length;
    const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / row.length;
    const deviation = Math.sqrt(variance + epsilon);
    const off = largest(errors[r]!) + UNIT * largest(row); // and so much may the deviation be off
    const standardized = row.map((value) => (value - mean) / deviation);
    const most = 2 * Math.sqrt(row.length); // none is larger than half of it
    const error = (value: number) => Math.min(most, ((2 + Math.abs(value)) * off) / Math.max(0, deviation - off));
    return { standardized, errors: standardized.map((value) => error(value) + UNIT * Math.abs(value) + LEAST) };
  });
  return { values: rows.map(({ standardized }) => standardized), errors: rows.map((row) => row.errors) };
}

function standardizeColumns({ values, errors }: Rounded, epsilon: number): Rounded {
  const columns = standardizeRows({ values: transpose(values), errors: transpose(errors) }, epsilon);
  return { values: transpose(columns.values), errors: transpose(columns.errors) };
}

function standardizeByRunning({ values, errors }: Rounded, epsilon: number, weights: Weights): Rounded {
  const { bias } = weights;
  const [means, variances] = [weights.runningMean!, weights.runningVariance!];
  const deviation = (unit: number) => Math.sqrt(variances[unit]! + epsilon);
  return {
    values: zip(values, errors, (value, _, unit) => (value - means[unit]!) / deviation(unit)),
    errors: zip(values, errors, (value, error, unit) => {
      const size = Math.abs(value) + Math.abs(means[unit]!) + Math.abs(bias[unit]!);
      return (error + 4 * UNIT * size + LEAST) / deviation(unit) + LEAST;
    }),
  };
}

function scale({ values, errors }: Rounded, gamma: Float32Array, beta: Float32Array): Rounded {
  return {
    values: zip(values, errors, (value, _, unit) => gamma[unit]! * value + beta[unit]!),
    errors: zip(values, errors, (value, error, unit) => {
      const size = Math.abs(gamma[unit]! * value) + Math.abs(beta[unit]!);
      return Math.abs(gamma[unit]!) * error + 2 * (UNIT * size + LEAST);
    }),
  };
}

function normalize(
  z: Rounded,
  weights: Weights,
  { normalization, frozen }: ResolvedSpec["layers"][number],
  isTraining: boolean,
): Rounded {
  if (!normalization) return z;
  const { kind, epsilon } = normalization;
  const ofBatch = isTraining && !frozen ? standardizeColumns : standardizeByRunning;
  const standardized = kind === "layer" ? standardizeRows(z, epsilon) : ofBatch(z, epsilon, weights);
  return scale(standardized, weights.gamma!, weights.beta!);
}

/** @param isLast then softmax and sigmoid are left out */
function activateAll(
  { values, errors }: Rounded,
  { alpha: slopes }: Weights,
  { activation: { name, alpha } }: ResolvedSpec["layers"][number],
  isLast: boolean,
): Rounded {
  if (isLast && (name === "softmax" || name === "sigmoid")) return { values, errors };
  const alphaOf = (unit: number) => slopes?.[unit] ?? alpha;
  return {
    values: zip(values, errors, (value, _, unit) => activate(name, value, alphaOf(unit))),
    errors: zip(values, errors, (value, error, unit) => {
      const steepest = Math.max(STEEPEST, Math.abs(alphaOf(unit) ?? 0));
      const size = Math.abs(activate(name, value, alphaOf(unit))) + Math.min(1, Math.abs(value));
      return steepest * error + 4 * (UNIT * size + LEAST);
    }),
  };
}

const add = (a: Rounded, b: Rounded): Rounded => ({
  values: zip(a.values, b.values, (value, other) => value + other),
  errors: zip(
    zip(a.errors, b.errors, (value, other) => value + other),
    a.values,
    (error, value) => error + UNIT * Math.abs(value),
  ),
});

/**
 * By layer.
 * @param isTraining batch normalization that learns takes the statistics of these rows
 */
export function evaluateLayers(
  { spec, layers }: Evaluated,
  x: readonly (readonly number[])[],
  { isTraining = false } = {},
): EvaluatedLayer[] {
  const inputs = x.map((row) => row.map(Math.fround));
  let input: Rounded = { values: inputs, errors: inputs.map((row) => row.map(() => 0)) };
  return (spec as ResolvedSpec).layers.map((layer, l) => {
    const weights = layers[l]!.getWeights();
    const z = product(input, weights);
    const n = normalize(z, weights, layer, isTraining);
    const h = activateAll(n, weights, layer, l === layers.length - 1);
    const o = layer.residual ? add(h, input) : h;
    input = o;
    return {
      z: z.values,
      n: n.values,
      h: h.values,
      o: o.values,
      nErrors: n.errors,
      hErrors: h.errors,
      oErrors: o.errors,
    };
  });
}
