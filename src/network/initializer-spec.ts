// How weights may start: the user's words, checked, and what they say of one number.
import { checkName, checkNumber, checkOptions } from "../core/checks.js";
import { RelumineError } from "../core/errors.js";

export const KERNEL_INITIALIZER_NAMES = [
  "heNormal",
  "heUniform",
  "glorotNormal",
  "glorotUniform",
  "lecunNormal",
  "orthogonal",
  "asymmetric",
  "zeros",
  "torchLinear",
] as const satisfies readonly KernelInitializer[];
type KernelInitializerName = (typeof KERNEL_INITIALIZER_NAMES)[number];

/** All of them one number. */
export interface ConstantWeights {
  /** It. */
  readonly constant: number;
}

/** Drawn from a normal distribution around 0. */
export interface NormalWeights {
  /** Its standard deviation. */
  readonly normal: number;
}

/** Drawn from a uniform distribution around 0. */
export interface UniformWeights {
  /** Its limit on either side. */
  readonly uniform: number;
}

type Distribution = ConstantWeights | NormalWeights | UniformWeights;

/**
 * Where a layer's initial kernel comes from: He et al. 2015, Glorot and Bengio 2010, LeCun et al. 1998, orthonormal
 * directions (Saxe et al. 2014); "asymmetric": randomized asymmetric initialization, Lu et al. 2019, which draws the
 * biases too; "torchLinear": PyTorch's default, uniform up to 1 / sqrt(inputs), for the biases too where they are not
 * said; or numbers of your own.
 */
export type KernelInitializer =
  | "heNormal"
  | "heUniform"
  | "glorotNormal"
  | "glorotUniform"
  | "lecunNormal"
  | "orthogonal"
  | "asymmetric"
  | "zeros"
  | "torchLinear"
  | ConstantWeights
  | NormalWeights
  | UniformWeights;

/** Where a layer's initial biases come from: a number is a constant; for the others see KernelInitializer. */
export type BiasInitializer = number | "zeros" | "torchLinear" | ConstantWeights | NormalWeights | UniformWeights;

/** A bias that starts as a constant is a number. */
export type ResolvedBias = number | "torchLinear" | NormalWeights | UniformWeights;

const DISTRIBUTIONS = ["constant", "normal", "uniform"] as const;

/** An object with one of the three. */
function checkDistribution(path: string, given: object): Distribution {
  const options = checkOptions<Partial<Record<(typeof DISTRIBUTIONS)[number], unknown>>>(path, given, DISTRIBUTIONS);
  const [[name, value] = [], another] = Object.entries(options);
  if (name === undefined || another) {
    const expected = `to have one of ${DISTRIBUTIONS.join(", ")}`;
    throw new RelumineError("value", path, expected, another ? "more than one" : "none");
  }
  const number = checkNumber(`${path}.${name}`, value, name === "constant" ? {} : { low: 0 });
  return Object.freeze({ [name]: number }) as unknown as Distribution;
}

export function checkKernelInitializer(path: string, given: unknown): KernelInitializer {
  if (typeof given === "object" && given !== null) return checkDistribution(path, given);
  return checkName(path, given, KERNEL_INITIALIZER_NAMES);
}

export function checkBiasInitializer(path: string, given: unknown): ResolvedBias {
  if (typeof given === "object" && given !== null) {
    const distribution = checkDistribution(path, given);
    return "constant" in distribution ? distribution.constant : distribution;
  }
  if (typeof given !== "string") return checkNumber(path, given);
  return checkName(path, given, ["zeros", "torchLinear"]) === "zeros" ? 0 : "torchLinear";
}

/** The constant that all biases of a layer start with; 0 where they are drawn, around 0. */
export function constantBias(bias: ResolvedBias): number {
  return typeof bias === "number" ? bias : 0;
}

/** Of a kernel's elements. */
type Variance = (fanIn: number, fanOut: number) => number;

export const HE: Variance = (fanIn) => 2 / fanIn;
const GLOROT: Variance = (fanIn, fanOut) => 2 / (fanIn + fanOut);
const LECUN: Variance = (fanIn) => 1 / fanIn;
/** The "asymmetric" initializer's deviation, times the root of the fan-in. */
export const ASYMMETRIC = 0.6007;

/** Of those that draw each number by itself and follow the fan. */
export const VARIANCES: Readonly<Partial<Record<KernelInitializerName, Variance>>> = {
  heNormal: HE,
  heUniform: HE,
  glorotNormal: GLOROT,
  glorotUniform: GLOROT,
  lecunNormal: LECUN,
};

/**
 * What each number of a kernel is drawn from; undefined for "orthogonal" and "asymmetric", which take several together.
 */
export function distributionOf(
  initializer: KernelInitializer,
  fanIn: number,
  fanOut: number,
): Distribution | undefined {
  if (typeof initializer === "object") return initializer;
  if (initializer === "zeros") return { constant: 0 };
  if (initializer === "torchLinear") return { uniform: torchLimit(fanIn) };
  const variance = VARIANCES[initializer]?.(fanIn, fanOut);
  if (variance === undefined) return undefined;
  return initializer.endsWith("Uniform") ? { uniform: Math.sqrt(3 * variance) } : { normal: Math.sqrt(variance) };
}

/** What each bias is drawn from. */
export function biasDistributionOf(bias: ResolvedBias, fanIn: number): Distribution {
  if (typeof bias === "number") return { constant: bias };
  return bias === "torchLinear" ? { uniform: torchLimit(fanIn) } : bias;
}

/** He et al. 2015's uniform with a slope of sqrt(5), as torch.nn.Linear has it. */
function torchLimit(fanIn: number): number {
  return 1 / Math.sqrt(fanIn);
}

/**
 * A kernel's distribution stays as it is when a unit's weights, or those of an input, change sign, and 0 is no part of
 * it.
 */
export function isSymmetric(initializer: KernelInitializer): boolean {
  if (typeof initializer === "string") return initializer !== "asymmetric" && initializer !== "zeros";
  return !("constant" in initializer) && Object.values(initializer).every((size) => size > 0);
}
