// Activations as other programs name them, for judging what their units did: by preactivations, or, where these are not
// known, by what the activations alone tell.
import {
  type Activation,
  ACTIVATION_NAMES,
  type ActivationName,
  type JudgedActivationName,
  type ObservedActivationName,
  resolveActivation,
} from "./activations.js";
import { activate, firesAbove, type JudgedActivation } from "./analysis.js";
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

const JUDGED = Object.keys(ALPHAS) as JudgedActivationName[];
const NAMES: readonly (ActivationName | JudgedActivationName)[] = [...ACTIVATION_NAMES, ...JUDGED];

const isJudged = (name: ObservedActivationName): name is JudgedActivationName => Object.hasOwn(ALPHAS, name);

/** @throws RelumineError "value" */
export function resolveObserved(where: string, given: ObservedActivation): JudgedActivation {
  const { name: givenName, alpha } =
    typeof given === "object" ? checkOptions(where, given, ["name", "alpha"]) : { name: given, alpha: undefined };
  const name = checkName(where, givenName, NAMES);
  if (!isJudged(name)) return resolveActivation(where, { name, ...(alpha !== undefined && { alpha }) });
  const facts = ALPHAS[name];
  if (facts) return { name, alpha: checkNumber(`${where}.alpha`, alpha ?? facts.default, { low: facts.low }) };
  if (alpha === undefined) return { name };
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
  selu: (a) => (a > 0 ? 1.05 : Math.max(0, a + 1.7580993408473766)),
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
 * The slope at a value; of those that fall and rise (gelu, silu ...) a value of 0 may be one of a closed unit, or of z =
 * 0 where the slope is 1/2: for them 1, which leaves it open.
 */
export function slopeOfValue({ name, alpha = 0 }: JudgedActivation): (a: number) => number {
  const slope = SLOPES[name] ?? (() => 1);
  return (a) => slope(a, alpha);
}

/** A unit fires where its activation is above this. */
export function valueAtFiring(activation: JudgedActivation): number {
  const { name, alpha = 0 } = activation;
  return Math.fround(activate(name, firesAbove(activation), alpha));
}
