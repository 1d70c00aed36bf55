// The activations as functions of one number z in float64, and what diagnosis, proofs, forecasts and remedies ask about
// each.
//
// ELU: Clevert et al. 2016; SELU: Klambauer et al. 2017; GELU: Hendrycks and Gimpel 2016, the exact form; SiLU: Elfwing
// et al. 2018; hard swish: Howard et al. 2019 (MobileNetV3).
import { isLinear, type LayerActivationName, type ObservedActivationName, shapeOf } from "./activations.js";

/** An activation with its alpha, where it has one. */
export interface JudgedActivation {
  readonly name: ObservedActivationName;
  readonly alpha?: number;
  /** Of one that no kernel computes (observed.ts): others stand in the table. */
  readonly facts?: AnalysisFacts;
}

/** Where `is...` is absent, it is not so. */
export interface AnalysisFacts {
  /** f(z). */
  readonly value: (z: number, alpha: number) => number;
  /** f'(z); of gelu and silu by a difference, which is for searching, not for proofs. */
  readonly slope: (z: number, alpha: number) => number;
  /**
   * The largest |f'(z)| for z <= high, of a two-sided activation for |z| >= nearest, or a bound on it; 1 stands for 1
   * and more.
   */
  readonly largestSlope: (high: number, alpha: number, nearest: number) => number;
  /** At or below this z value and slope are 0, in float32 too; -Infinity where they never are. */
  readonly closedUpTo: (alpha: number) => number;
  /** The smallest and the largest value, or bounds a little outside. */
  readonly range: (alpha: number) => readonly [low: number, high: number];
  /** It lets z through above 0 and holds it back below: a unit that seldom fires is rarely used. */
  readonly isGate?: true;
  /** The identity, up to scale, on every sample that fires. */
  readonly isLinearWhenOpen?: true;
  /** A unit fires where z is above this; default 0. */
  readonly firesAbove?: (alpha: number) => number;
  /** Flat on either side of 0: min and max of z alone don't tell how steep a unit was. */
  readonly isTwoSided?: true;
  /** Whatever the alpha. */
  readonly isNonNegative?: true;
  /** Where it is not monotone: its lowest value, and the place. It falls before and rises after it. */
  readonly dip?: { readonly at: number; readonly value: number };
  /** A bound on the slope everywhere that is itself below 1, as it is told to people. */
  readonly slopeBound?: string;
}

const SELU_SCALE = 1.0507009873554805;
const SELU_ALPHA = 1.6732632423543772;
const SELU_SLOPE = SELU_SCALE * SELU_ALPHA;
/** selu's scale times its alpha, a little beyond. */
export const SELU_LOW = -1.7580993408473766;

/** gelu's slope and silu's fall towards 0 from here on downwards. */
export const TAIL = -2.5;

export function sigmoid(z: number): number {
  return 1 / (1 + Math.exp(-z));
}

/** Phi(z), by the series of positive terms of erf. */
export function normalCdf(z: number): number {
  if (Math.abs(z) > 8) return z > 0 ? 1 : 0;
  let term = z;
  let sum = z;
  for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(sum); n++) {
    term *= (z * z) / (2 * n + 1);
    sum += term;
  }
  return 0.5 + (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * sum;
}

const gelu = (z: number) => z * normalCdf(z);
const silu = (z: number) => z * sigmoid(z);

/** At the corners that of PyTorch: 0 at -3, 1 at 3. */
function hardSwishSlope(z: number): number {
  if (z <= -3) return 0;
  return z >= 3 ? 1 : (2 * z + 3) / 6;
}

function hardSwish(z: number): number {
  if (z <= -3) return 0;
  return z >= 3 ? z : (z * (z + 3)) / 6;
}

export const centralDifference = (f: (z: number) => number, z: number) => (f(z + 1e-4) - f(z - 1e-4)) / 2e-4;

/** An alpha that is 0 in float32 makes the closed side flat. */
const flatBelowZero = (alpha: number) => (Math.fround(alpha) === 0 ? 0 : -Infinity);
export const never = () => -Infinity;
const everything = [-Infinity, Infinity] as const;

/** No calls in it: a bundler keeps what a call might do, for applications that only train too. */
const ANALYSIS: Readonly<Record<LayerActivationName, AnalysisFacts>> = {
  linear: {
    value: (z) => z,
    slope: () => 1,
    largestSlope: () => 1,
    closedUpTo: never,
    range: () => everything,
    isLinearWhenOpen: true,
  },
  relu: {
    value: (z) => (z > 0 ? z : 0),
    slope: (z) => (z > 0 ? 1 : 0),
    largestSlope: (high) => (high > 0 ? 1 : 0),
    closedUpTo: () => 0,
    range: () => [0, Infinity],
    isGate: true,
    isLinearWhenOpen: true,
    isNonNegative: true,
  },
  leakyRelu: {
    value: (z, alpha) => (z > 0 ? z : alpha * z),
    slope: (z, alpha) => (z > 0 ? 1 : alpha),
    largestSlope: (high, alpha) => (high > 0 ? 1 : alpha),
    closedUpTo: flatBelowZero,
    range: (alpha) => [alpha === 0 ? 0 : -Infinity, Infinity],
    isGate: true,
    isLinearWhenOpen: true,
  },
  prelu: {
    value: (z, alpha) => (z > 0 ? z : alpha * z),
    slope: (z, alpha) => (z > 0 ? 1 : alpha),
    largestSlope: () => 1,
    closedUpTo: never, // its slope learns, so that even one of 0 does not kill
    range: () => everything,
    isGate: true,
    isLinearWhenOpen: true,
  },
  elu: {
    value: (z, alpha) => (z > 0 ? z : alpha * Math.expm1(z)),
    slope: (z, alpha) => (z > 0 ? 1 : alpha * Math.exp(z)),
    largestSlope: (high, alpha) => (high > 0 ? 1 : alpha * Math.exp(high)),
    closedUpTo: flatBelowZero,
    range: (alpha) => [-alpha, Infinity],
    isGate: true,
    isLinearWhenOpen: true,
  },
  selu: {
    value: (z) => SELU_SCALE * (z > 0 ? z : SELU_ALPHA * Math.expm1(z)),
    slope: (z) => SELU_SCALE * (z > 0 ? 1 : SELU_ALPHA * Math.exp(z)),
    largestSlope: (high) => (high > 0 ? 1 : SELU_SLOPE * Math.exp(high)),
    closedUpTo: never,
    range: () => [SELU_LOW, Infinity],
    isGate: true,
    isLinearWhenOpen: true,
  },
  gelu: {
    value: gelu,
    slope: (z) => centralDifference(gelu, z),
    largestSlope: (high) => (high < TAIL ? (-high + 1) * Math.exp((-high * high) / 2) : 1), // a bound
    closedUpTo: () => -15,
    range: () => [-0.17, Infinity],
    isGate: true,
    dip: { at: -0.7518, value: -0.16998 },
  },
  silu: {
    value: silu,
    slope: (z) => centralDifference(silu, z),
    largestSlope: (high) => (high < TAIL ? Math.abs(sigmoid(high) * (1 + high * (1 - sigmoid(high)))) : 1),
    closedUpTo: () => -110,
    range: () => [-0.2785, Infinity],
    isGate: true,
    dip: { at: -1.2785, value: -0.278465 },
  },
  softplus: {
    value: (z) => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))),
    slope: sigmoid,
    largestSlope: sigmoid,
    closedUpTo: () => -104,
    range: () => [0, Infinity],
    isNonNegative: true,
  },
  sigmoid: {
    value: sigmoid,
    slope: (z) => sigmoid(z) * sigmoid(-z),
    largestSlope: (_high, _alpha, nearest) => sigmoid(nearest) * sigmoid(-nearest),
    closedUpTo: () => -104,
    range: () => [0, 1],
    isTwoSided: true,
    isNonNegative: true,
    slopeBound: "1/4",
  },
  tanh: {
    value: Math.tanh,
    slope: (z) => 1 / Math.cosh(z) ** 2,
    largestSlope: (_high, _alpha, nearest) => 1 / Math.cosh(nearest) ** 2,
    closedUpTo: never,
    range: () => [-1, 1],
    isTwoSided: true,
  },
  hardSwish: {
    value: hardSwish,
    slope: hardSwishSlope,
    largestSlope: (high) => (high <= -3 ? 0 : Math.max(1 / 2, high >= 3 ? 3 / 2 : hardSwishSlope(high))),
    closedUpTo: () => -3,
    range: () => [-0.375, Infinity],
    isGate: true,
    dip: { at: -1.5, value: -0.375 },
  },
  /**
   * What holds of one unit whatever the others do; `value` and `slope` are those before the row is divided by its sum.
   */
  softmax: {
    value: Math.exp,
    slope: Math.exp,
    largestSlope: () => 1,
    closedUpTo: never,
    range: () => [0, 1],
    isNonNegative: true,
  },
};

/** Of one that kernels compute. */
export function analysisOf(name: ObservedActivationName): AnalysisFacts {
  return ANALYSIS[name as LayerActivationName];
}

export function factsOf({ name, facts }: JudgedActivation): AnalysisFacts {
  return facts ?? analysisOf(name);
}

/** The smallest and the largest value, or bounds a little outside. */
export function rangeOf(activation: JudgedActivation): readonly [low: number, high: number] {
  return factsOf(activation).range(activation.alpha ?? 0);
}

/** It bends nowhere, or is flat on both sides: many layers of it are one, or pass no gradient. */
export function bendsLittle(activation: JudgedActivation): boolean {
  return isLinear(activation.name) || rangeOf(activation).every(Number.isFinite);
}

/** Smooth, above 0 and without an upper bound: what a last layer may be where outputs must be positive. */
export function isSmoothAndPositive(name: ObservedActivationName): boolean {
  const { isNonNegative, range } = analysisOf(name);
  return isNonNegative === true && shapeOf(name) === "smooth" && range(0)[1] === Infinity;
}

/** f(z). */
export function activate(name: ObservedActivationName, z: number, alpha: number): number {
  return analysisOf(name).value(z, alpha);
}

/** f'(z); of gelu and silu by a difference, which is for searching, not for proofs. */
export function slope(name: ObservedActivationName, z: number, alpha: number): number {
  return analysisOf(name).slope(z, alpha);
}

/** At or below this preactivation value and slope are 0, in float32 too; -Infinity where they never are. */
export function closedUpTo(activation: JudgedActivation): number {
  return factsOf(activation).closedUpTo(activation.alpha ?? 0);
}

/** A unit fires where z is above this: 0, but for thresholds of their own. */
export function firesAbove(activation: JudgedActivation): number {
  return factsOf(activation).firesAbove?.(activation.alpha ?? 0) ?? 0;
}

/**
 * A unit that does not fire on any sample passes neither signal nor gradient: relu, and leakyRelu and elu with an alpha
 * of 0.
 */
export function canDie(activation: JudgedActivation): boolean {
  return closedUpTo(activation) === firesAbove(activation);
}
