// What a hidden layer of a state_dict computes: its activation, which the caller says, and its normalization, whose
// place the numbers in names tell.
import type { Activation } from "../../activations/activations.js";
import { resolveActivation } from "../../activations/activations.js";
import { transposed } from "../../arrays/tensor.js";
import { describe } from "../../core/checks.js";
import { RelumineError } from "../../core/errors.js";
import { add, kink, smooth } from "../chain/combine.js";
import { refuse } from "../chain/refuse.js";
import type { TrainingParts } from "../chain/training-parts.js";
import { type Affine, identity, scale, type SmoothName } from "../chain/value.js";
import { DEFAULT_MOMENTUM } from "../../network/normalization.js";
import { type Linear, type Module, type Norm, numbersIn, residualOf, WEIGHTS } from "./state-modules.js";

/** PyTorch's own, where nobody says. */
const EPSILON = 1e-5;

/** An activation by its name on a value. */
export function activate(value: Affine, given: Activation, slopes?: Float64Array): Affine {
  const { name, alpha } = resolveActivation("activation", given);
  if (name === "linear") return value;
  if (name === "relu") return kink(value, 0);
  if (name === "prelu" || name === "leakyRelu") return kink(value, slopes ?? alpha!, name === "prelu");
  return smooth(name as SmoothName, value, alpha);
}

function slopesFor(layer: Linear, between: readonly Module[], activation: Activation): Float64Array | undefined {
  const found = between.filter((module) => module.kind === "slopes");
  const name = typeof activation === "string" ? activation : activation.name;
  if (found.length === 0 && name !== "prelu") return undefined;
  if (found.length !== 1 || name !== "prelu")
    throw refuse(
      WEIGHTS,
      `${found.length} tensors of slopes behind ${describe(layer.name)}`,
      'They are those of a PReLU: { activation: "prelu" }',
    );
  const [{ slopes }] = found;
  if (slopes.length === 1 || slopes.length === layer.units) return slopes;
  throw new RelumineError("format", WEIGHTS, "to hold one slope a unit", `${slopes.length} for ${layer.units}`);
}

const ASK_NORM =
  "Whether a batch normalization (BN) stands before or behind the activation is not in the file: export it as ONNX";

/** The place within a residual layer. */
const innerOf = ({ name }: Module): number => Number(name.slice(name.lastIndexOf(".") + 1));

/**
 * Before the activation where the module numbers leave no other place: Linear n, BN n + 1, and a module without
 * parameters (the activation) before the next Linear; behind it for Linear n, BN n + 2, Linear n + 3.
 */
function normIsBefore(norm: Norm, layer: Linear, next: Linear | undefined, all: readonly Module[]): boolean {
  if (residualOf(layer) !== undefined) return innerOf(norm) === innerOf(layer) + 1;
  const numbers = numbersIn(all);
  const number = (module: Module) => numbers![all.indexOf(module)];
  if (numbers === undefined || next === undefined)
    throw refuse(WEIGHTS, `the batch normalization ${describe(norm.name)}`, ASK_NORM);
  const [first, place, end] = [number(layer), number(norm), number(next)];
  if (place === first + 1 && end > place + 1) return true;
  if (place === first + 2 && end === place + 1) return false;
  throw refuse(WEIGHTS, `the batch normalization ${describe(norm.name)}`, ASK_NORM);
}

export function applyNorm(value: Affine, { name, numbers }: Norm, placed: Pick<Placed, "parts" | "epsilon">): Affine {
  const { parts, epsilon = EPSILON } = placed;
  const { length } = numbers.mean;
  const constants = { epsilon, momentum: DEFAULT_MOMENTUM };
  if (length === value.term.units) return parts.batchNorm(value, name, describe(name), numbers, constants);
  const expected = `to have ${value.term.units} numbers`;
  throw new RelumineError("format", `the file's BatchNorm ${describe(name)}`, expected, `${length}`);
}

/** Weights of units x inputs as a layer of a value. */
export function dense(input: Affine, { weight, bias, inputs, units }: Omit<Linear, "kind" | "name">): Affine {
  const { data: kernel } = transposed({ shape: [units, inputs], data: weight });
  const value = identity({ kind: "dense", units, input, inputs, kernel });
  return bias ? scale(value, 1, bias) : value;
}

/** Layers of a state_dict, and what takes their normalizations. */
export interface Placed {
  readonly modules: readonly Module[];
  readonly parts: TrainingParts;
  /** Of the normalizations, as the caller says. */
  readonly epsilon?: number;
}

/** A hidden layer: its modules, and the layer behind it. */
export interface Hidden {
  readonly layer: Linear;
  readonly behind: readonly Module[];
  readonly next: Linear;
  readonly activation: Activation;
}

function activated(z: Affine, { layer, behind, next, activation }: Hidden, placed: Placed): Affine {
  const norms = behind.filter((module) => module.kind === "norm");
  if (norms.length > 1) throw refuse(WEIGHTS, `${norms.length} normalizations behind ${describe(layer.name)}`);
  const slopes = slopesFor(layer, behind, activation);
  const [norm] = norms;
  if (norm === undefined) return activate(z, activation, slopes);
  const isBefore =
    slopes === undefined
      ? normIsBefore(norm, layer, next, placed.modules)
      : behind.indexOf(norm) < behind.findIndex(({ kind }) => kind === "slopes");
  if (isBefore) return activate(applyNorm(z, norm, placed), activation, slopes);
  return applyNorm(activate(z, activation, slopes), norm, placed);
}

/** The value behind a hidden layer: its activation and normalization, and what passes it by. */
export function hiddenValue(fed: Affine, hidden: Hidden, placed: Placed): Affine {
  const { layer, behind, next } = hidden;
  const residual = residualOf(layer);
  const stray = behind.find((module) => residualOf(module) !== residual);
  if (stray) throw refuse(WEIGHTS, `${describe(stray.name)}, in another residual layer than ${describe(layer.name)}`);
  const h = activated(dense(fed, layer), hidden, placed);
  if (residual === undefined) return h;
  const isAlone = residualOf(next) !== residual;
  const sum = isAlone && layer.units === layer.inputs ? add(h, fed) : undefined;
  if (sum) return sum;
  throw refuse(WEIGHTS, `${describe(layer.name)}, a residual layer that is none of one dense layer and its activation`);
}
