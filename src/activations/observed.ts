// Activations as other programs name them, for judging what their units did: by preactivations, or, where these are not
// known, by what the activations alone tell. CELU: Barron 2017; Mish: Misra 2019; squared ReLU: So et al. 2021.
import {
  type Activation,
  ACTIVATION_NAMES,
  type ActivationName,
  type JudgedActivationName,
  type ObservedActivationName,
  resolveActivation,
} from "./activations.js";
import {
  type AnalysisFacts,
  analysisOf,
  centralDifference,
  factsOf,
  firesAbove,
  type JudgedActivation,
  never,
  SELU_LOW,
  sigmoid,
  TAIL,
} from "./analysis.js";
import { checkName, checkNumber, checkOptions } from "../core/checks.js";
import { RelumineError } from "../core/errors.js";

/** An activation that a network of another program may have: by its name, or with an alpha of its own. */
export type ObservedActivation =
  | Activation
  | JudgedActivationName
  | {
      /** Which one. */
      readonly name: ActivationName | JudgedActivationName;
      /** Also: the threshold of thresholdedRelu (1), the slope of hardSigmoid (1/6), the scale of celu (1). */
      readonly alpha?: number;
    };

/** Of those that no kernel computes: their alphas, where they have one. */
const ALPHAS: Readonly<Record<JudgedActivationName, { readonly default: number; readonly low: number } | undefined>> = {
  relu6: undefined,
  reluSquared: undefined,
  thresholdedRelu: { default: 1, low: 0 },
  hardSigmoid: { default: 1 / 6, low: 1e-6 },
  hardTanh: undefined,
  celu: { default: 1, low: 1e-6 },
  mish: undefined,
  geluTanh: undefined,
  quickGelu: undefined,
  softsign: undefined,
  logSigmoid: undefined,
};

const GELU_TANH = 0.7978845608028654; // sqrt(2 / π)
const GELU_CUBE = 0.044715;
/** z / 2 · (1 + tanh(u)), which is z · sigmoid(2u). */
const geluTanh = (z: number) => z * sigmoid(2 * GELU_TANH * (z + GELU_CUBE * z ** 3));
const quickGelu = (z: number) => z * sigmoid(1.702 * z);
/** tanh(softplus(z)): (1 + e^z)^2 is n + 1 above and below, n = e^z (e^z + 2). */
function mish(z: number): number {
  const e = Math.exp(-Math.abs(z));
  const [above, below] = z > 0 ? [1 + 2 * e, 1 + 2 * e + 2 * e * e] : [e * (e + 2), e * (e + 2) + 2];
  return z * (above / below);
}

/** Of what only other programs compute; what the kernels do stands in analysis.ts. */
const FACTS: Readonly<Record<JudgedActivationName, AnalysisFacts>> = {
  relu6: {
    value: (z) => (z > 0 ? Math.min(z, 6) : 0),
    slope: (z) => (z > 0 && z < 6 ? 1 : 0),
    largestSlope: (_high, _alpha, nearest) => (nearest < 6 ? 1 : 0),
    closedUpTo: () => 0,
    range: () => [0, 6],
    isGate: true,
    isTwoSided: true,
    isNonNegative: true,
  },
  reluSquared: {
    value: (z) => (z > 0 ? z * z : 0),
    slope: (z) => (z > 0 ? 2 * z : 0),
    largestSlope: (high) => (high > 0 ? 2 * high : 0),
    closedUpTo: () => 0,
    range: () => [0, Infinity],
    isGate: true,
    isNonNegative: true,
  },
  /** alpha is the threshold. */
  thresholdedRelu: {
    value: (z, alpha) => (z > alpha ? z : 0),
    slope: (z, alpha) => (z > alpha ? 1 : 0),
    largestSlope: (high, alpha) => (high > alpha ? 1 : 0),
    closedUpTo: (alpha) => alpha,
    firesAbove: (alpha) => alpha,
    range: () => [0, Infinity],
    isGate: true,
    isLinearWhenOpen: true,
    isNonNegative: true,
  },
  /** alpha is the slope; 1/2 at 0. */
  hardSigmoid: {
    value: (z, alpha) => Math.max(0, Math.min(1, alpha * z + 0.5)),
    slope: (z, alpha) => (Math.abs(alpha * z) < 0.5 ? alpha : 0),
    largestSlope: (_high, alpha, nearest) => (alpha * nearest < 0.5 ? alpha : 0),
    closedUpTo: (alpha) => -0.5 / alpha,
    range: () => [0, 1],
    isTwoSided: true,
    isNonNegative: true,
  },
  hardTanh: {
    value: (z) => Math.max(-1, Math.min(1, z)),
    slope: (z) => (Math.abs(z) < 1 ? 1 : 0),
    largestSlope: (_high, _alpha, nearest) => (nearest < 1 ? 1 : 0),
    closedUpTo: never,
    range: () => [-1, 1],
    isTwoSided: true,
  },
  celu: {
    value: (z, alpha) => (z > 0 ? z : alpha * Math.expm1(z / alpha)),
    slope: (z, alpha) => (z > 0 ? 1 : Math.exp(z / alpha)),
    largestSlope: (high, alpha) => (high > 0 ? 1 : Math.exp(high / alpha)),
    closedUpTo: never,
    range: (alpha) => [-alpha, Infinity],
    isGate: true,
    isLinearWhenOpen: true,
  },
  mish: {
    value: mish,
    slope: (z) => centralDifference(mish, z),
    largestSlope: (high) => (high < TAIL ? Math.exp(high) * (1 - high) : 1), // a bound
    closedUpTo: () => -110,
    range: () => [-0.3089, Infinity],
    isGate: true,
    dip: { at: -1.1924, value: -0.30885 },
  },
  geluTanh: {
    value: geluTanh,
    slope: (z) => centralDifference(geluTanh, z),
    largestSlope: (high) => (high < TAIL ? (-high + 1) * Math.exp((-high * high) / 2) : 1), // a bound
    closedUpTo: () => -15,
    range: () => [-0.1701, Infinity],
    isGate: true,
    dip: { at: -0.7525, value: -0.17004 },
  },
  quickGelu: {
    value: quickGelu,
    slope: (z) => centralDifference(quickGelu, z),
    largestSlope: (high) => (high < TAIL ? (1 - 1.702 * high) * Math.exp(1.702 * high) : 1), // a bound
    closedUpTo: () => -65,
    range: () => [-0.1637, Infinity],
    isGate: true,
    dip: { at: -0.7512, value: -0.16362 },
  },
  softsign: {
    value: (z) => z / (1 + Math.abs(z)),
    slope: (z) => 1 / (1 + Math.abs(z)) ** 2,
    largestSlope: (_high, _alpha, nearest) => 1 / (1 + nearest) ** 2,
    closedUpTo: never,
    range: () => [-1, 1],
    isTwoSided: true,
  },
  logSigmoid: {
    value: (z) => Math.min(z, 0) - Math.log1p(Math.exp(-Math.abs(z))),
    slope: (z) => sigmoid(-z),
    largestSlope: () => 1, // by the lowest z
    closedUpTo: never,
    range: () => [-Infinity, 0],
    isTwoSided: true,
  },
};

const JUDGED = Object.keys(ALPHAS) as JudgedActivationName[];
const NAMES: readonly (ActivationName | JudgedActivationName)[] = [...ACTIVATION_NAMES, ...JUDGED];

const isJudged = (name: ObservedActivationName): name is JudgedActivationName => Object.hasOwn(ALPHAS, name);

/** f(z), of any of them. */
export function activateObserved(name: ObservedActivationName, z: number, alpha: number): number {
  return (isJudged(name) ? FACTS[name] : analysisOf(name)).value(z, alpha);
}

/** @throws RelumineError "value" */
export function resolveObserved(where: string, given: ObservedActivation): JudgedActivation {
  const { name: givenName, alpha } =
    typeof given === "object" ? checkOptions(where, given, ["name", "alpha"]) : { name: given, alpha: undefined };
  const name = checkName(where, givenName, NAMES);
  if (!isJudged(name)) return resolveActivation(where, { name, ...(alpha !== undefined && { alpha }) });
  const range = ALPHAS[name];
  const own = { name, facts: FACTS[name] };
  if (range) return { ...own, alpha: checkNumber(`${where}.alpha`, alpha ?? range.default, { low: range.low }) };
  if (alpha === undefined) return own;
  throw new RelumineError("value", `${where}.alpha`, "to be left out, as it has none", `one for ${name}`);
}

/** f'(z) by f(z), where each value has one slope. */
type SlopeOfValue = (a: number, alpha: number) => number;

const ofSign: SlopeOfValue = (a) => (a > 0 ? 1 : 0);

const SLOPES: Readonly<Partial<Record<ObservedActivationName, SlopeOfValue>>> = {
  linear: () => 1,
  relu: ofSign,
  leakyRelu: (a, alpha) => (a > 0 ? 1 : alpha),
  prelu: () => 1, // its slope learns
  elu: (a, alpha) => (a > 0 ? 1 : Math.max(0, a + alpha)),
  selu: (a) => (a > 0 ? 1.05 : Math.max(0, a - SELU_LOW)),
  softplus: (a) => -Math.expm1(-a),
  sigmoid: (a) => a * (1 - a),
  tanh: (a) => 1 - a * a,
  relu6: (a) => (a > 0 && a < 6 ? 1 : 0),
  reluSquared: (a) => (a > 0 ? 2 * Math.sqrt(a) : 0),
  thresholdedRelu: ofSign,
  hardSigmoid: (a, alpha) => (a > 0 && a < 1 ? alpha : 0),
  hardTanh: (a) => (Math.abs(a) < 1 ? 1 : 0),
  celu: (a, alpha) => (a > 0 ? 1 : Math.max(0, 1 + a / alpha)),
  softsign: (a) => (1 - Math.abs(a)) ** 2,
  logSigmoid: (a) => -Math.expm1(a),
};

/**
 * The slope at a value; of those that fall and rise (gelu, silu ...) a value of 0 may be one of a closed unit, or of
 * z = 0 where the slope is 1/2: for them 1, which leaves it open.
 */
export function slopeOfValue({ name, alpha = 0 }: JudgedActivation): (a: number) => number {
  const slope = SLOPES[name] ?? (() => 1);
  return (a) => slope(a, alpha);
}

/** A unit fires where its activation is above this. */
export function valueAtFiring(activation: JudgedActivation): number {
  return Math.fround(factsOf(activation).value(firesAbove(activation), activation.alpha ?? 0));
}
