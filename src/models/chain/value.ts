// What a model computes, as an expression in float64: each value is a·t + b, unit by unit, of a term t; a term is the
// input, a dense product, or a function of one such value. Scalings and shifts thus gather beside the terms, and
// layers.ts folds them into the dense layers before and behind.
import type { ActivationName } from "../../activations/activations.js";
import { RelumineError } from "../../core/errors.js";
import type { KernelInitializer } from "../../network/initializer-spec.js";

/** a·term + b; either has one number a unit, or one for all. */
export interface Affine {
  readonly a: Float64Array;
  readonly b: Float64Array;
  readonly term: Term;
}

/** Of a kink: what it was written as. */
export type KinkName = "relu" | "leakyRelu" | "prelu";
/** Functions that are a layer's activation by themselves; kinks are terms of their own kind. */
export type SmoothName = Exclude<ActivationName, "linear" | KinkName>;

/** The model's input. */
export interface InputTerm {
  readonly kind: "input";
  /** NaN while nobody has said. */
  readonly units: number;
}

/** input · kernel, inputs x units, row-major. */
export interface DenseTerm {
  readonly kind: "dense";
  readonly units: number;
  /** Of the model's layer, where those have names. */
  readonly name?: string;
  readonly input: Affine;
  readonly inputs: number;
  readonly kernel: Float64Array;
  readonly kernelInitializer?: KernelInitializer;
}

/** v where v > 0, below·v elsewhere: ReLU, Leaky ReLU, PReLU. */
export interface KinkTerm {
  readonly kind: "kink";
  readonly units: number;
  readonly argument: Affine;
  readonly below: Float64Array;
  /** It was a PReLU. */
  readonly learns: boolean;
}

/** A smooth activation, or the error function, which is a piece of one. */
export interface SmoothTerm {
  readonly kind: "smooth";
  readonly units: number;
  readonly argument: Affine;
  readonly name: SmoothName | "erf";
  readonly alpha?: number;
}

/** (v - mean) / sqrt(variance + epsilon) over the units of each row: layer normalization without gamma and beta. */
export interface NormTerm {
  readonly kind: "norm";
  readonly units: number;
  readonly argument: Affine;
  readonly epsilon: number;
}

/**
 * (v - mean) / sqrt(variance + epsilon) by running statistics: a batch normalization that is kept, without gamma and
 * beta.
 */
export interface BatchTerm {
  readonly kind: "batch";
  readonly units: number;
  /** Of a dense term. */
  readonly argument: Affine;
  readonly mean: Float64Array;
  readonly variance: Float64Array;
  readonly epsilon: number;
  readonly momentum: number;
}

/** Its argument, some of whose units training sets to 0: dropout that is kept, of a layer's activations. */
export interface DropoutTerm {
  readonly kind: "dropout";
  readonly units: number;
  readonly argument: Affine;
  readonly share: number;
}

/** What a layer gives, and what it is fed, which passes it by: a residual layer. */
export interface SumTerm {
  readonly kind: "sum";
  readonly units: number;
  readonly branch: Affine;
  readonly passed: Affine;
}

export type Term = InputTerm | DenseTerm | KinkTerm | SmoothTerm | NormTerm | BatchTerm | DropoutTerm | SumTerm;

const ONE = Float64Array.of(1);
const ZERO = Float64Array.of(0);

export function identity(term: Term): Affine {
  return { a: ONE, b: ZERO, term };
}

export function isIdentity({ a, b }: Affine): boolean {
  return a.every((value) => value === 1) && b.every((value) => value === 0);
}

/** Whether nothing was added or multiplied, be it 0 or 1. */
export function isUntouched({ a, b }: Affine): boolean {
  return a === ONE && b === ZERO;
}

export function isSmooth(term: Term, name: SmoothTerm["name"]): term is SmoothTerm {
  return term.kind === "smooth" && term.name === name;
}

export function at(vector: Float64Array, unit: number): number {
  return vector.length === 1 ? vector[0] : vector[unit];
}

/** f of each unit's numbers, of as many units as the longest has; of three vectors at most. */
export function zip(
  f: (x: number, y: number, z: number) => number,
  x: Float64Array,
  y: Float64Array = ZERO,
  z: Float64Array = ZERO,
): Float64Array {
  const result = new Float64Array(Math.max(1, x.length, y.length, z.length));
  for (let unit = 0; unit < result.length; unit++) result[unit] = f(at(x, unit), at(y, unit), at(z, unit));
  return result;
}

/** scale·value + shift. */
export function scale(value: Affine, factor: Float64Array | number, shift: Float64Array | number = 0): Affine {
  const by = typeof factor === "number" ? Float64Array.of(factor) : factor;
  const plus = typeof shift === "number" ? Float64Array.of(shift) : shift;
  return {
    a: zip((a, f) => a * f, value.a, by),
    b: zip((b, f, s) => b * f + s, value.b, by, plus),
    term: value.term,
  };
}

export interface NormNumbers {
  readonly gamma?: Float64Array | undefined;
  readonly beta?: Float64Array | undefined;
  readonly mean: Float64Array;
  readonly variance: Float64Array;
}

/** gamma·(value - mean) / sqrt(variance + epsilon) + beta as a·value + b. */
export function foldNorm(
  { gamma = ONE, beta = ZERO, mean, variance }: NormNumbers,
  epsilon: number,
): Omit<Affine, "term"> {
  const a = zip((g, v) => g / Math.sqrt(v + epsilon), gamma, variance);
  return { a, b: zip((shift, m, each) => shift - m * each, beta, mean, a) };
}

/** The same outside of training: what stands before a dropout. */
export function withoutDropout(value: Affine): Affine {
  let result = value;
  while (result.term.kind === "dropout") {
    const { argument } = result.term;
    result = isUntouched(result) ? argument : scale(argument, result.a, result.b);
  }
  return result;
}

/** The same numbers with a batch normalization folded in. */
export function withoutBatch(value: Affine): Affine {
  const { term } = value;
  if (term.kind !== "batch") return value;
  const { a, b } = foldNorm(term, term.epsilon);
  return scale(scale(term.argument, a, b), value.a, value.b);
}

/**
 * The same numbers, whatever made them.
 * @param isEither one of the two is left: products by equal weights are the same then, else each learns for itself
 */
export function isSame(x: Affine, y: Affine, isEither = false): boolean {
  return (
    x === y ||
    (isSameTerm(x.term, y.term, isEither ? DEEP : SHALLOW, isEither) && isAlike(x.a, y.a) && isAlike(x.b, y.b))
  );
}

const isAlike = (x: Float64Array, y: Float64Array): boolean => zip((a, b) => Number(a === b), x, y).every(Boolean);

const SHALLOW = 4; // terms that equal each other without being one are pieces of a single activation
const DEEP = 64;

export function isSameTerm(x: Term, y: Term, depth = SHALLOW, isEither = false): boolean {
  if (x === y) return true;
  if (depth === 0 || x.kind !== y.kind || x.units !== y.units) return false;
  const isSameArgument = (p: Affine, q: Affine) =>
    isSameTerm(p.term, q.term, depth - 1, isEither) && isAlike(p.a, q.a) && isAlike(p.b, q.b);
  if (x.kind === "smooth" && y.kind === "smooth")
    return x.name === y.name && x.alpha === y.alpha && isSameArgument(x.argument, y.argument);
  if (x.kind === "kink" && y.kind === "kink")
    return isAlike(x.below, y.below) && isSameArgument(x.argument, y.argument);
  if (isEither && x.kind === "dense" && y.kind === "dense")
    return x.inputs === y.inputs && isAlike(x.kernel, y.kernel) && isSameArgument(x.input, y.input);
  // a dropout draws its own, and so does each batch normalization
  if (x.kind === "norm" && y.kind === "norm") return x.epsilon === y.epsilon && isSameArgument(x.argument, y.argument);
  return false;
}

/** Numbers that a model may hold: each is finite, also as float32. */
export function checkWeights(path: string, numbers: ArrayLike<number>): void {
  for (let i = 0; i < numbers.length; i++) {
    if (Number.isFinite(Math.fround(numbers[i]))) continue;
    throw new RelumineError("format", path, "to hold numbers in the range of float32", `${numbers[i]} at ${i}`);
  }
}
