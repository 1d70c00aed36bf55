// The activations: what building and training a network has to know of each. What diagnosis, proofs and forecasts ask
// besides is in analysis.ts, which an application that only trains does not load; the names and their numbers in the
// kernels are in wasm/abi.ts.
import { checkName, checkNumber, checkOptions } from "../core/checks.js";
import { RelumineError } from "../core/errors.js";
import { ACTIVATION_NAMES, type ActivationName } from "../wasm/abi.js";

export { ACTIVATION_NAMES, type ActivationName } from "../wasm/abi.js";

/** An activation by its name, with its default alpha, or with an alpha of your own. */
export type Activation =
  | ActivationName
  | {
      /** Which one. */
      readonly name: ActivationName;
      /**
       * The slope (leakyRelu 0.01, prelu 0.25 to start with) or the scale (elu 1) on the negative side; the others have
       * none.
       */
      readonly alpha?: number;
    };

/** "softmax" is a last layer's alone: it takes a row's outputs together. */
export type LayerActivationName = ActivationName | "softmax";

/** Activations of other programs, which diagnosis knows and no kernel computes. */
export type JudgedActivationName =
  | "relu6"
  | "reluSquared"
  | "thresholdedRelu"
  | "hardSigmoid"
  | "hardTanh"
  | "celu"
  | "mish"
  | "geluTanh"
  | "quickGelu"
  | "softsign"
  | "logSigmoid";

/** An activation that can be judged. */
export type ObservedActivationName = LayerActivationName | JudgedActivationName;

/** An activation with its default alpha filled in. */
export interface ResolvedActivation {
  /** Which one. */
  readonly name: LayerActivationName;
  /** The slope or scale on the negative side; absent where it has none. */
  readonly alpha?: number;
}

/**
 * linear: z; rectifier: z where z > 0, and value and slope exactly 0 elsewhere; leaky: z where z > 0, alpha·z
 * elsewhere; smooth: anything else, piecewise polynomials included.
 */
export type Shape = "linear" | "rectifier" | "leaky" | "smooth";

interface TrainingFacts {
  readonly shape: Shape;
  /** Whose initial kernel suits it by default (He et al. 2015, LeCun et al. 1998, Glorot and Bengio 2010). */
  readonly initializer: "he" | "lecun" | "glorot";
  readonly alpha?: {
    readonly default: number;
    /** The least that it may be; any number where absent. */
    readonly low?: number;
    /** A parameter of each unit, trained with the weights. */
    readonly learns?: true;
  };
}

const TRAINING: Readonly<Record<LayerActivationName, TrainingFacts>> = {
  linear: { shape: "linear", initializer: "glorot" },
  relu: { shape: "rectifier", initializer: "he" },
  leakyRelu: { shape: "leaky", initializer: "he", alpha: { default: 0.01, low: 0 } },
  prelu: { shape: "leaky", initializer: "he", alpha: { default: 0.25, learns: true } },
  elu: { shape: "smooth", initializer: "he", alpha: { default: 1, low: 0 } },
  selu: { shape: "smooth", initializer: "lecun" },
  gelu: { shape: "smooth", initializer: "he" },
  silu: { shape: "smooth", initializer: "he" },
  softplus: { shape: "smooth", initializer: "glorot" },
  sigmoid: { shape: "smooth", initializer: "glorot" },
  tanh: { shape: "smooth", initializer: "glorot" },
  hardSwish: { shape: "smooth", initializer: "he" },
  softmax: { shape: "smooth", initializer: "glorot" },
};

/** Of a last layer. */
export function resolveOutputActivation(where: string, activation: Activation | "softmax"): ResolvedActivation {
  const name = typeof activation === "object" && activation !== null ? activation.name : activation;
  if (name !== "softmax") return resolveActivation(where, activation as Activation);
  if (typeof activation === "object") checkOptions(where, activation, ["name"]);
  return { name };
}

export function resolveActivation(where: string, activation: Activation): ResolvedActivation {
  const given =
    typeof activation === "object" ? checkOptions(where, activation, ["name", "alpha"]) : { name: activation };
  if ((given.name as string) === "softmax")
    throw new RelumineError("value", where, "to be another one, as softmax is for the last layer", '"softmax"');
  const name = checkName(where, given.name, ACTIVATION_NAMES);
  const { alpha } = TRAINING[name];
  if (alpha === undefined) {
    if (given.alpha !== undefined) throw refuseAlpha(where, name);
    return { name };
  }
  return { name, alpha: checkNumber(`${where}.alpha`, given.alpha ?? alpha.default, { low: alpha.low }) };
}

function refuseAlpha(where: string, name: ActivationName): RelumineError {
  const takers = ACTIVATION_NAMES.filter((each) => TRAINING[each].alpha);
  const expected = `to be left out, as only ${takers.join(", ")} take one`;
  return new RelumineError("value", `${where}.alpha`, expected, `one for ${name}`);
}

/** Undefined for what no kernel computes. */
function factsOf(name: ObservedActivationName): TrainingFacts | undefined {
  return TRAINING[name as LayerActivationName];
}

/** Of one that no kernel computes: "smooth", anything else. */
export function shapeOf(name: ObservedActivationName): Shape {
  return factsOf(name)?.shape ?? "smooth";
}

/**
 * Value and slope are exactly 0 wherever the preactivation is not above 0, whatever the alpha: closed units can be left
 * out.
 */
export function isRectifier(name: ObservedActivationName): boolean {
  return shapeOf(name) === "rectifier";
}

/** f(z) = z. */
export function isLinear(name: ObservedActivationName): boolean {
  return shapeOf(name) === "linear";
}

/** f(z) = slope·z on either side of 0. */
export function isPiecewiseLinear(name: ObservedActivationName): boolean {
  return shapeOf(name) !== "smooth";
}

export function learnsAlpha(name: ObservedActivationName): boolean {
  return factsOf(name)?.alpha?.learns === true;
}

/** The slope depends on the sign of the preactivation alone, which the activation keeps: it may overwrite it. */
export function worksInPlace({ name }: ResolvedActivation): boolean {
  return isPiecewiseLinear(name) && !learnsAlpha(name);
}

export function initializerFamilyOf(name: LayerActivationName): "he" | "lecun" | "glorot" {
  return TRAINING[name].initializer;
}
