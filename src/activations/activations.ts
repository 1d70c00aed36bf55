// The activations' names, their numbers in the kernels' ABI, and their parameters.
import { checkName, checkNumber, checkOptions } from "../core/checks.js";
import { RelumineError } from "../core/errors.js";

/** In the order of the kernels' numbers. */
export const ACTIVATION_NAMES = [
  "linear",
  "relu",
  "leakyRelu",
  "prelu",
  "elu",
  "selu",
  "gelu",
  "silu",
  "softplus",
  "sigmoid",
  "tanh",
] as const;

export type ActivationName = (typeof ACTIVATION_NAMES)[number];

/** alpha: the slope (leakyRelu 0.01, prelu 0.25 to start with) or the scale (elu 1) on the negative side. */
export type Activation = ActivationName | { readonly name: ActivationName; readonly alpha?: number };

/** An activation with its default alpha filled in. */
export interface ResolvedActivation {
  readonly name: ActivationName;
  readonly alpha?: number;
}

const DEFAULT_ALPHA: Partial<Record<ActivationName, number>> = { leakyRelu: 0.01, prelu: 0.25, elu: 1 };

/** The slope depends on the sign of the preactivation alone, which the activation keeps: it may overwrite it. */
const IN_PLACE: readonly ActivationName[] = ["linear", "relu", "leakyRelu"];

export function resolveActivation(where: string, activation: Activation): ResolvedActivation {
  const given =
    typeof activation === "object" ? checkOptions(where, activation, ["name", "alpha"]) : { name: activation };
  const name = checkName(where, given.name, ACTIVATION_NAMES);
  const defaultAlpha = DEFAULT_ALPHA[name];
  if (defaultAlpha === undefined) {
    if (given.alpha !== undefined)
      throw new RelumineError(
        "value",
        `${where}.alpha`,
        `to be left out, as only ${Object.keys(DEFAULT_ALPHA).join(", ")} take one`,
        `one for ${name}`,
      );
    return { name };
  }
  const low = name === "prelu" ? undefined : 0; // a slope that learns may start anywhere
  return { name, alpha: checkNumber(`${where}.alpha`, given.alpha ?? defaultAlpha, { low }) };
}

/** The activation's number in the kernels' ABI. */
export function activationCode(name: ActivationName): number {
  return ACTIVATION_NAMES.indexOf(name);
}

export function worksInPlace({ name }: ResolvedActivation): boolean {
  return IN_PLACE.includes(name);
}
