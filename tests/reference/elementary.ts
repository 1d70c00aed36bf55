// Naive float64 references for the elementary functions that JavaScript lacks. Relative error at most 1e-13 (checked in
// tests/assembly/math.test.ts).

/**
 * 2/√π · Σ (-1)^k x^(2k+1) / (k! (2k+1)), in its form without cancellation: e^-x² · Σ 2^k x^(2k+1) / (1·3·5···(2k+1)).
 */
function erfSeries(x: number): number {
  let term = x;
  let sum = x;
  for (let k = 1; Math.abs(term) > 1e-18 * Math.abs(sum); k++) {
    term *= (2 * x * x) / (2 * k + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

/**
 * erfc(x) for x >= 2 by the continued fraction e^-x²/√π · 1/(x + (1/2)/(x + 1/(x + (3/2)/(x + ...)))), from the
 * innermost term out.
 */
function erfcFraction(x: number): number {
  let denominator = x;
  for (let k = 120; k >= 1; k--) denominator = x + k / 2 / denominator;
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / denominator;
}

export function erfc(x: number): number {
  if (x >= 2) return x > 40 ? 0 : erfcFraction(x);
  return 1 - erf(x);
}

export function erf(x: number): number {
  if (Math.abs(x) < 2) return erfSeries(x);
  if (Number.isNaN(x)) return x;
  return x > 0 ? 1 - erfc(x) : erfc(-x) - 1;
}

/** Φ(x): the standard normal distribution function. */
export function normalCdf(x: number): number {
  return erfc(-x / Math.SQRT2) / 2;
}

/** φ(x): the standard normal density. */
function normalDensity(x: number): number {
  return Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
}

export function sigmoid(x: number): number {
  return x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x));
}

export function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

/**
 * f(z) and f'(z) in float64, by the definitions; a unit is open where z > 0, and at 0 the slope is the closed side's.
 */
export interface ActivationReference {
  readonly name: string;
  readonly value: (z: number, alpha: number) => number;
  readonly slope: (z: number, alpha: number) => number;
}

const SELU_SCALE = 1.0507009873554805;
const SELU_ALPHA = 1.6732632423543772;

/** `inner(z)`, or at ±infinity the given limits, where the formula would say 0·infinity. */
const withLimits = (inner: (z: number) => number, atMinus: number, atPlus: number) => (z: number) => {
  if (z === Number.NEGATIVE_INFINITY) return atMinus;
  return z === Number.POSITIVE_INFINITY ? atPlus : inner(z);
};

/** 1 above 0, `below` at and below it; NaN stays. */
function slopes(z: number, below: number): number {
  if (Number.isNaN(z)) return z;
  return z > 0 ? 1 : below;
}

/** In the order of the kernels' kinds. */
export const activations: readonly ActivationReference[] = [
  { name: "linear", value: (z) => z, slope: () => 1 },
  { name: "relu", value: (z) => (z <= 0 ? 0 : z), slope: (z) => slopes(z, 0) },
  {
    name: "leakyRelu",
    value: (z, alpha) => (z > 0 ? z : alpha * z),
    slope: slopes,
  },
  {
    name: "prelu",
    value: (z, alpha) => (z > 0 ? z : alpha * z),
    slope: slopes,
  },
  {
    name: "elu",
    value: (z, alpha) => (z > 0 ? z : alpha * Math.expm1(z)),
    slope: (z, alpha) => (z > 0 ? 1 : alpha * Math.exp(z)),
  },
  {
    name: "selu",
    value: (z) => SELU_SCALE * (z > 0 ? z : SELU_ALPHA * Math.expm1(z)),
    slope: (z) => SELU_SCALE * (z > 0 ? 1 : SELU_ALPHA * Math.exp(z)),
  },
  {
    name: "gelu",
    value: withLimits((z) => z * normalCdf(z), 0, Number.POSITIVE_INFINITY),
    slope: withLimits((z) => normalCdf(z) + z * normalDensity(z), 0, 1),
  },
  {
    name: "silu",
    value: withLimits((z) => z * sigmoid(z), 0, Number.POSITIVE_INFINITY),
    slope: withLimits((z) => sigmoid(z) + z * sigmoid(z) * sigmoid(-z), 0, 1),
  },
  { name: "softplus", value: softplus, slope: sigmoid },
  { name: "sigmoid", value: sigmoid, slope: (z) => sigmoid(z) * sigmoid(-z) },
  { name: "tanh", value: Math.tanh, slope: (z) => 4 * sigmoid(2 * z) * sigmoid(-2 * z) },
  {
    name: "hardSwish",
    value: withLimits((z) => (z * Math.min(Math.max(z + 3, 0), 6)) / 6, 0, Number.POSITIVE_INFINITY),
    slope: (z) => (Math.abs(z) >= 3 ? Number(z > 0) : (2 * z + 3) / 6),
  },
];
