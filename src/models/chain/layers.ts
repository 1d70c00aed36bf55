// From a value to the dense layers that compute it: one chain, its scalings folded into the layers in float64 and
// rounded to float32 once.
import type { ResolvedActivation } from "../../activations/activations.js";
import type { KernelInitializer } from "../../network/initializer-spec.js";
import type { ResolvedNormalization } from "../../network/normalization.js";
import type { Weights } from "../../network/types.js";
import { formatNumber } from "../../text/numbers.js";
import { refuse } from "./refuse.js";
import {
  type Affine,
  at,
  type BatchTerm,
  checkWeights,
  type DenseTerm,
  type DropoutTerm,
  foldNorm,
  identity,
  isIdentity,
  isUntouched,
  type KinkTerm,
  type NormTerm,
  scale,
  type SmoothTerm,
  type Term,
  withoutBatch,
  withoutDropout,
} from "./value.js";

/** A dense layer as it goes into a network; the kernel is inputs x units, row-major. */
export interface ImportedLayer extends Weights {
  /** Of the model's dense layer that it was, where those have names. */
  readonly name?: string;
  readonly inputs: number;
  readonly units: number;
  readonly activation: ResolvedActivation;
  /** What lies between its bias and its activation; the numbers are those of Weights. */
  readonly normalization?: ResolvedNormalization;
  /** What it is fed is added to its activations. */
  readonly residual?: boolean;
  /** What training sets to 0 of its activations. */
  readonly dropout?: number;
  /** false: it has no bias, which is 0 here. */
  readonly useBias?: boolean;
  /** Where its kernel started, if the file says so. */
  readonly kernelInitializer?: KernelInitializer;
}

/** Of a diagonal layer that an output's scaling becomes: units x units numbers. */
const MOST_DIAGONAL = 4096;
const SCALE_ROWS = "Export the model without it, and give it rows that are scaled";

type Function = Pick<ImportedLayer, "activation" | "alpha">;

function functionOf(term: KinkTerm | SmoothTerm): Function {
  if (term.kind === "smooth") {
    if (term.name === "erf") throw refuse("the model", "Erf by itself, which is no GELU");
    if (term.alpha !== undefined && term.alpha < 0) throw refuse("the model", `${term.name} of a negative alpha`);
    return { activation: { name: term.name, ...(term.alpha !== undefined && { alpha: Math.fround(term.alpha) }) } };
  }
  const { below, units, learns } = term;
  checkWeights("the slopes of the model's PReLU", below);
  if (below.every((slope) => slope === 0) && !learns) return { activation: { name: "relu" } };
  const slope = Math.fround(below[0]);
  if (!learns && below.every((each) => Math.fround(each) === slope) && slope >= 0)
    return { activation: { name: "leakyRelu", alpha: slope } };
  return { activation: { name: "prelu" }, alpha: Float32Array.from({ length: units }, (_, unit) => at(below, unit)) };
}

/** Folded shifts of so many times the numbers that come out of the scaling are told, and refused. */
const TOLD_SHIFT = 64;
const MOST_SHIFT = 1024;

interface Folded extends Pick<ImportedLayer, "kernel" | "bias"> {
  /**
   * How large the shift before the layer is, beside numbers of about 1 that the scaling gives: as large are the
   * products that cancel each other in float32 once it is folded.
   */
  readonly shift: number;
}

/** The kernel and bias of after(before(x) · kernel), rounded. */
function fold({ kernel, inputs, units }: DenseTerm, before: Affine, after: Affine): Folded {
  const folded = new Float32Array(inputs * units);
  const [sums, shifts, largest] = [new Float64Array(units), new Float64Array(units), new Float64Array(units)];
  for (let input = 0; input < inputs; input++) {
    const [a, b] = [at(before.a, input), at(before.b, input)];
    for (let unit = 0; unit < units; unit++) {
      const weight = kernel[input * units + unit];
      if (b !== 0) sums[unit] += b * weight;
      shifts[unit] = Math.max(shifts[unit], Math.abs(b * weight));
      largest[unit] = Math.max(largest[unit], Math.abs(weight));
      folded[input * units + unit] = a * weight * at(after.a, unit);
    }
  }
  const bias = Float32Array.from(sums, (sum, unit) => sum * at(after.a, unit) + at(after.b, unit));
  checkWeights("the model's weights", folded);
  checkWeights("the model's biases", bias);
  const shift = shifts.reduce((most, each, unit) => (each === 0 ? most : Math.max(most, each / largest[unit])), 0);
  return { kernel: folded, bias, shift };
}

function diagonal(value: Affine): Affine {
  const { units } = value.term;
  if (units > MOST_DIAGONAL) throw refuse("the model's output", "a scaling of so many outputs behind an activation");
  const kernel = new Float64Array(units * units);
  for (let unit = 0; unit < units; unit++) kernel[unit * units + unit] = 1;
  return identity({ kind: "dense", units, inputs: units, input: value, kernel });
}

/** activation(norm(after(before(x) · kernel))): before is a·x + b of what the layer is fed. */
export interface Step {
  readonly dense: DenseTerm;
  readonly before: Affine;
  readonly after: Affine;
  /** A normalization, where there is one: gamma·norm + beta. */
  readonly norm?: Normalized;
  readonly applied: Function;
  readonly dropout?: DropoutTerm;
  /** What passes it by, where it is residual. */
  readonly passed?: Affine;
}

type Normalized = Affine & { readonly term: NormTerm | BatchTerm };

const isNormalized = (value: Affine): value is Normalized => value.term.kind === "norm" || value.term.kind === "batch";

/** What a value does before its activation: of a dense layer, normalized perhaps. */
function preactivation(given: Affine): Pick<Step, "dense" | "after" | "norm"> | undefined {
  const value = withoutDropout(given);
  const { term } = value;
  if (term.kind === "dense") return { dense: term, after: value };
  if (!isNormalized(value)) return undefined;
  const after = withoutBatch(withoutDropout(value.term.argument));
  if (after.term.kind === "dense") return { dense: after.term, after, norm: value };
  const activation = "an activation";
  const what = {
    input: "the input",
    kink: activation,
    smooth: activation,
    dropout: activation,
    norm: "another",
    batch: "another",
    sum: "a residual sum",
  };
  throw refuse(
    "the model",
    `a layer normalization of ${what[after.term.kind]}, where it has to stand between a dense layer and its activation`,
  );
}

/**
 * A dropout before an activation that bends at 0 alone, f(c·v) = c·f(v) for all c >= 0, is one behind it; not with a
 * shift between the two.
 */
function dropoutBefore({ kind, argument }: KinkTerm | SmoothTerm): Pick<Step, "dropout"> {
  const { term, b } = argument;
  return kind === "kink" && term.kind === "dropout" && b.every((each) => each === 0) ? { dropout: term } : {};
}

/** The last layer of a value: what it multiplies, and what follows. */
function lastStep(value: Affine): Omit<Step, "before"> {
  const { term } = value;
  if (term.kind === "sum") return { ...lastStep(term.branch), passed: term.passed };
  if (term.kind === "dropout") return { ...lastStep(term.argument), dropout: term };
  const linear = preactivation(value);
  if (linear) return { ...linear, applied: { activation: { name: "linear" } } };
  if (term.kind === "input") throw refuse("the model", "one without a dense layer (Gemm, MatMul, Linear or Dense)");
  const of = term as KinkTerm | SmoothTerm;
  const applied = functionOf(of);
  const argument = withoutDropout(of.argument);
  const found = preactivation(argument);
  if (found) return { ...found, applied, ...dropoutBefore(of) };
  if (argument.term.kind === "input")
    throw refuse(
      "the model",
      `one whose first layer is an activation (${applied.activation.name}), before any dense layer`,
    );
  if (argument.term.kind === "sum")
    throw refuse("the model", `${applied.activation.name} behind a residual sum, which only a dense layer may follow`);
  throw refuse(
    "the model",
    `two activations in a row, ${functionOf(argument.term as KinkTerm | SmoothTerm).activation.name} and ${applied.activation.name}`,
  );
}

function checkShift(shift: number): string | undefined {
  const given = `a scaling that takes away ${formatNumber(shift)} times what it leaves`;
  if (shift > MOST_SHIFT)
    throw refuse("the model", `${given}: folded into a layer it would lose too many digits`, SCALE_ROWS);
  if (shift <= TOLD_SHIFT) return undefined;
  return `It holds ${given}: folded into a layer it loses digits (float32 keeps seven).`;
}

/**
 * The dense layers that compute the value from the input, first to last, with what lies around each.
 * @throws RelumineError "unsupported" for what is no chain of dense layers
 */
export function stepsOf(given: Affine): Step[] {
  const steps: Step[] = [];
  const takesScale = (value: Affine) => value.term.kind === "dense" || isNormalized(value);
  const output = withoutDropout(given);
  if (output.term.kind === "sum")
    throw refuse("the model's output", "a residual sum, behind which no dense layer stands");
  let value = takesScale(output) || output.term.kind === "input" || isIdentity(output) ? output : diagonal(output);
  do {
    const { dropout, ...rest } = lastStep(value);
    // a last layer has none
    const step = { ...rest, ...(dropout && steps.length > 0 && { dropout }) };
    const input = step.passed ?? step.dense.input;
    steps.push({ ...step, before: takesScale(input) ? identity(input.term) : input });
    value = input;
  } while (value.term.kind !== "input");
  return steps.reverse();
}

const WORDS = { norm: "layer normalization", batch: "batch normalization" };

/** A normalization with a number for each unit. */
function normalizationOf({ a, b, term }: Normalized): Partial<ImportedLayer> {
  const { units, epsilon } = term;
  const vector = (part: string, numbers: Float64Array): Float32Array => {
    const found = Float32Array.from({ length: units }, (_, unit) => at(numbers, unit));
    checkWeights(`the ${part} of the model's ${WORDS[term.kind]}`, found);
    return found;
  };
  const [gamma, beta] = [vector("gamma", a), vector("beta", b)];
  if (term.kind === "norm") return { normalization: { kind: "layer", epsilon }, gamma, beta };
  const normalization = { kind: "batch", momentum: term.momentum, epsilon } as const;
  const [runningMean, runningVariance] = [vector("mean", term.mean), vector("variance", term.variance)];
  return { normalization, gamma, beta, runningMean, runningVariance };
}

/** Whether the file has no bias there, and none came of what is folded. */
function isWithoutBias({ after, before }: Step): boolean {
  return isUntouched(after) && before.b.every((each) => each === 0);
}

/** The layers of a value. */
export interface LayersOf {
  /** First to last. */
  readonly layers: ImportedLayer[];
  /** What a person should know of them. */
  readonly warnings: string[];
  /** Batch normalizations and dropouts that they have. */
  readonly kept: ReadonlySet<Term>;
}

function layerOf(step: Step): ImportedLayer & { readonly shift: number } {
  const { dense, before, after, norm, applied, dropout, passed } = step;
  const { inputs, units, name, kernelInitializer } = dense;
  return {
    ...(name !== undefined && { name }),
    ...(kernelInitializer !== undefined && { kernelInitializer }),
    inputs,
    units,
    ...applied,
    ...fold(dense, before, after),
    ...(norm && normalizationOf(norm)),
    ...(dropout && { dropout: dropout.share }),
    ...(passed && { residual: true }),
    ...(isWithoutBias(step) && { useBias: false }),
  };
}

/**
 * The layers that compute the value from the input.
 * @throws RelumineError "unsupported" for what is no chain of dense layers, "format" for weights that are not finite
 */
export function layersOf(output: Affine): LayersOf {
  const warnings: string[] = [];
  const kept = new Set<Term>();
  const layers = stepsOf(output).map((step): ImportedLayer => {
    const { shift, ...layer } = layerOf(step);
    const warning = checkShift(shift);
    if (warning !== undefined) warnings.push(warning);
    for (const term of [step.norm?.term, step.dropout]) if (term) kept.add(term);
    return layer;
  });
  return { layers, warnings, kept };
}

/**
 * A layer whose batch normalization, by its running statistics, is part of its kernel and bias.
 * @throws RelumineError "format" where they leave float32's range
 */
export function foldedBatch(layer: ImportedLayer): ImportedLayer {
  const { normalization, gamma, beta, runningMean, runningVariance, useBias: _useBias, ...rest } = layer;
  if (normalization?.kind !== "batch") return layer;
  const [g, shift, mean, variance] = [gamma!, beta!, runningMean!, runningVariance!].map((each) =>
    Float64Array.from(each),
  );
  const { a, b } = foldNorm({ gamma: g, beta: shift, mean, variance }, normalization.epsilon);
  const kernel = Float64Array.from(layer.kernel);
  const { inputs, units } = layer;
  const dense = identity({ kind: "dense", units, inputs, kernel, input: identity({ kind: "input", units: inputs }) });
  const after = scale(scale(dense, 1, Float64Array.from(layer.bias)), a, b);
  const [folded] = layersOf(after).layers;
  return { ...rest, kernel: folded.kernel, bias: folded.bias };
}
