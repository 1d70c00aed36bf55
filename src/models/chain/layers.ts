// From a value to the dense layers that compute it: one chain, its scalings folded into the layers in float64 and
// rounded to float32 once.
import type { ResolvedActivation } from "../../activations/activations.js";
import { RelumineError } from "../../core/errors.js";
import { type Affine, at, checkWeights, type DenseTerm, identity, isIdentity, type Term } from "./value.js";

/** A dense layer as it goes into a network; the kernel is inputs x units, row-major. */
export interface ImportedLayer {
  readonly inputs: number;
  readonly units: number;
  readonly activation: ResolvedActivation;
  readonly kernel: Float32Array;
  readonly bias: Float32Array;
  readonly alpha?: Float32Array;
}

/** Of a diagonal layer that an output's scaling becomes: units x units numbers. */
const MOST_DIAGONAL = 4096;
const CHAIN = "one chain of dense layers, each with one activation";

/** Not the kind of model that can be read. */
export function refuse(path: string, given: string, hint = ""): RelumineError {
  return new RelumineError("unsupported", path, `to be ${CHAIN}`, given, hint);
}

type Function = Pick<ImportedLayer, "activation" | "alpha">;

function functionOf(term: Exclude<Term, { kind: "input" | "dense" }>): Function {
  if (term.kind === "smooth") {
    if (term.name === "erf") throw refuse("the model", "Erf by itself, which is no GELU");
    return { activation: { name: term.name, ...(term.alpha !== undefined && { alpha: Math.fround(term.alpha) }) } };
  }
  const { below, units, learns } = term;
  checkWeights("the slopes of the model's PReLU", below);
  if (below.every((slope) => slope === 0) && !learns) return { activation: { name: "relu" } };
  if (!learns && below.every((slope) => slope === below[0]) && below[0] >= 0)
    return { activation: { name: "leakyRelu", alpha: Math.fround(below[0]) } };
  return { activation: { name: "prelu" }, alpha: Float32Array.from({ length: units }, (_, unit) => at(below, unit)) };
}

/** The kernel and bias of after(before(x) · kernel), rounded. */
function fold(
  { kernel, inputs, units }: DenseTerm,
  before: Affine,
  after: Affine,
): Pick<ImportedLayer, "kernel" | "bias"> {
  const folded = new Float32Array(inputs * units);
  const sums = new Float64Array(units);
  for (let input = 0; input < inputs; input++) {
    const [a, b] = [at(before.a, input), at(before.b, input)];
    for (let unit = 0; unit < units; unit++) {
      const weight = kernel[input * units + unit];
      if (b !== 0) sums[unit] += b * weight;
      folded[input * units + unit] = a * weight * at(after.a, unit);
    }
  }
  const bias = Float32Array.from(sums, (sum, unit) => sum * at(after.a, unit) + at(after.b, unit));
  checkWeights("the model's weights", folded);
  checkWeights("the model's biases", bias);
  return { kernel: folded, bias };
}

function diagonal(value: Affine): Affine {
  const { units } = value.term;
  if (units > MOST_DIAGONAL) throw refuse("the model's output", "a scaling of so many outputs behind an activation");
  const kernel = new Float64Array(units * units);
  for (let unit = 0; unit < units; unit++) kernel[unit * units + unit] = 1;
  return identity({ kind: "dense", units, inputs: units, input: value, kernel });
}

interface Step {
  readonly dense: DenseTerm;
  readonly after: Affine;
  readonly applied: Function;
}

/** The last layer of a value: what it multiplies, and what follows. */
function lastStep(value: Affine): Step {
  const { term } = value;
  if (term.kind === "dense") return { dense: term, after: value, applied: { activation: { name: "linear" } } };
  if (term.kind === "input") throw refuse("the model", "one without a dense layer (Gemm, MatMul, Linear or Dense)");
  const applied = functionOf(term);
  const { argument } = term;
  if (argument.term.kind === "dense") return { dense: argument.term, after: argument, applied };
  if (argument.term.kind === "input")
    throw refuse(
      "the model",
      `one whose first layer is an activation (${applied.activation.name}), before any dense layer`,
    );
  throw refuse(
    "the model",
    `two activations in a row, ${functionOf(argument.term).activation.name} and ${applied.activation.name}`,
  );
}

/**
 * The layers that compute the value from the input, first to last.
 * @throws RelumineError "unsupported" for what is no chain of dense layers, "format" for weights that are not finite
 */
export function layersOf(output: Affine): ImportedLayer[] {
  const layers: ImportedLayer[] = [];
  let value =
    output.term.kind === "dense" || output.term.kind === "input" || isIdentity(output) ? output : diagonal(output);
  do {
    const { dense, after, applied } = lastStep(value);
    const before = dense.input.term.kind === "dense" ? identity(dense.input.term) : dense.input;
    const { inputs, units } = dense;
    layers.push({ inputs, units, ...applied, ...fold(dense, before, after) });
    value = dense.input;
  } while (value.term.kind !== "input");
  return layers.reverse();
}
