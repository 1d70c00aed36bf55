// What a network is to be: the user's words, checked, with all defaults filled in.
import { type Loss, type LossSpec, resolveLoss } from "./losses.js";
import {
  type Activation,
  initializerFamilyOf,
  type ResolvedActivation,
  resolveOutputActivation,
  resolveActivation,
} from "../activations/activations.js";
import {
  type BiasInitializer,
  checkBiasInitializer,
  checkKernelInitializer,
  type KernelInitializer,
  type ResolvedBias,
} from "./initializer-spec.js";
import { LAYER_OPTION_NAMES, type LayerOptions, resolveLayerOptions } from "./layer-options.js";
import {
  type Normalization,
  type NormalizationKind,
  type ResolvedNormalization,
  resolveNormalization,
} from "./normalization.js";
import { checkBoolean, checkInteger, checkOptions, describe } from "../core/checks.js";
import { RelumineError } from "../core/errors.js";

/** A dense layer: output = activation(n), n = input · kernel + bias, or that normalized. */
export interface DenseSpec extends LayerOptions {
  /** How many it has. */
  readonly units: number;
  /** Default: "relu" on hidden layers, "linear" on the last, which alone may be "softmax". */
  readonly activation?: Activation | "softmax" | ResolvedActivation;
  /** Default: what suits the activation: He for the ReLU family, LeCun for selu, Glorot for the others. */
  readonly kernelInitializer?: KernelInitializer;
  /** Default 0, or "torchLinear" where the kernel's is. */
  readonly biasInitializer?: BiasInitializer;
  /** false: it has no biases; they are 0 and stay so. Default true. */
  readonly useBias?: boolean;
  /**
   * What goes into the activation is normalized before: it becomes gamma · normalized + beta, two numbers a unit that
   * are learnt. Training takes the statistics of each batch, all else the running ones. Not together with a softmax.
   * Default: none.
   */
  readonly normalization?: NormalizationKind | Normalization;
  /**
   * Its weights stay as they are: no update, no weight decay; gradients pass through. Batch normalization takes its
   * running statistics and leaves them. Default false.
   */
  readonly frozen?: boolean;
}

/** A network of dense layers, as plain data. */
export interface NetworkSpec {
  /** Numbers in a sample. */
  readonly inputs: number;
  /** Hidden layers, then the output layer. */
  readonly layers: readonly DenseSpec[];
  /** A cross-entropy by its name takes the output layer for logits, or, where that is a softmax, for probabilities. */
  readonly loss: Loss | LossSpec;
  /** Decides initialization, shuffling and splits, each from its own stream. Default 0. */
  readonly seed?: number;
}

export interface ResolvedDenseSpec extends DenseSpec {
  readonly activation: ResolvedActivation;
  readonly kernelInitializer: KernelInitializer;
  readonly biasInitializer: ResolvedBias;
  readonly normalization?: ResolvedNormalization;
}
export interface ResolvedSpec extends NetworkSpec {
  readonly layers: readonly ResolvedDenseSpec[];
  readonly seed: number;
}

const LAYER_OPTIONS = [
  "units",
  "activation",
  "kernelInitializer",
  "biasInitializer",
  "useBias",
  "normalization",
  "frozen",
  ...LAYER_OPTION_NAMES,
];
const MAX_SIZE = 2 ** 30; // one row of more floats would not fit in WebAssembly's memory
/** Of a kernel of which nothing is said, by its activation's family. */
export const DEFAULT_INITIALIZERS = { he: "heNormal", lecun: "lecunNormal", glorot: "glorotUniform" } as const;

/** Where the biases start, and whether there are any: without them they start at 0 and stay there. */
function resolveBias(
  where: string,
  { biasInitializer, useBias }: DenseSpec,
  kernelInitializer: KernelInitializer,
): Pick<ResolvedDenseSpec, "biasInitializer" | "useBias"> {
  const path = `${where}.biasInitializer`;
  if (checkBoolean(`${where}.useBias`, useBias ?? true)) {
    const bias = biasInitializer ?? (kernelInitializer === "torchLinear" ? "torchLinear" : 0);
    return { biasInitializer: checkBiasInitializer(path, bias) };
  }
  const given = checkBiasInitializer(path, biasInitializer ?? 0);
  if (given === 0) return { biasInitializer: 0, useBias: false };
  throw new RelumineError("value", path, "to be left out, as useBias is false", JSON.stringify(given));
}

function resolveLayerNormalization(
  where: string,
  given: unknown,
  { name }: ResolvedActivation,
): ResolvedNormalization | undefined {
  if (given === undefined) return undefined;
  const path = `${where}.normalization`;
  const resolved = resolveNormalization(path, given);
  if (name === "softmax")
    throw new RelumineError("value", path, "to be left out, as the layer has a softmax", describe(resolved.kind));
  return resolved;
}

function resolveLayer(layer: DenseSpec, index: number, isLast: boolean, inputs: number): ResolvedDenseSpec {
  const where = `layers[${index}]`;
  if (layer === undefined) throw new RelumineError("value", where, "to be an object like { units: 64 }", "undefined");
  const given = checkOptions(where, layer, LAYER_OPTIONS);
  const resolve = isLast ? resolveOutputActivation : resolveActivation;
  const activation = resolve(`${where}.activation`, (given.activation ?? (isLast ? "linear" : "relu")) as Activation);
  const kernelInitializer = checkKernelInitializer(
    `${where}.kernelInitializer`,
    given.kernelInitializer ?? DEFAULT_INITIALIZERS[initializerFamilyOf(activation.name)],
  );
  const units = checkInteger(`${where}.units`, given.units, { low: 1, high: MAX_SIZE });
  const normalization = resolveLayerNormalization(where, given.normalization, activation);
  return Object.freeze({
    units,
    activation: Object.freeze(activation),
    kernelInitializer,
    ...resolveBias(where, given, kernelInitializer),
    ...(normalization && { normalization }),
    ...(checkBoolean(`${where}.frozen`, given.frozen ?? false) && { frozen: true }),
    ...resolveLayerOptions(where, given, { index, isLast, inputs, units }),
  });
}

export function resolveSpec(spec: NetworkSpec): ResolvedSpec {
  if (spec === undefined)
    throw new RelumineError(
      "value",
      "spec",
      'to be an object like { inputs: 2, layers: [{ units: 1 }], loss: "meanSquaredError" }',
      "undefined",
    );
  const given = checkOptions("spec", spec, ["inputs", "layers", "loss", "seed"]);
  const layers = Array.isArray(given.layers) ? Array.from(given.layers as readonly DenseSpec[]) : [];
  const last = layers.length - 1;
  if (last < 0)
    throw new RelumineError("value", "layers", "to be an array with at least the output layer", describe(given.layers));
  const inputs = checkInteger("inputs", given.inputs, { low: 1, high: MAX_SIZE });
  let below = inputs;
  const resolved = layers.map((layer, index) => {
    const made = resolveLayer(layer, index, index === last, below);
    below = made.units;
    return made;
  });
  return Object.freeze({
    inputs,
    layers: Object.freeze(resolved),
    loss: resolveLoss(given.loss, resolved[last].activation.name),
    seed: checkInteger("seed", given.seed ?? 0, { low: 0 }),
  });
}

/**
 * Whether no remedy may change a unit of this layer during a training: its weights, or those that leave it, are frozen,
 * or something passes it by.
 */
export function isHeldStill(spec: ResolvedSpec, layer: number): boolean {
  const { layers } = spec;
  return layers[layer].frozen === true || layers[layer + 1]?.frozen === true || isPassedBy(spec, layer);
}

/**
 * Whether a layer's units are more than their activations to what follows: its inputs pass it by (residual), so that a
 * closed unit hands one of them on, or what it puts out passes the next layer by. No unit can be taken out of it, and
 * weights of 0 behind a unit do not hide it.
 */
export function isPassedBy({ layers }: ResolvedSpec, layer: number): boolean {
  return layers[layer].residual === true || layers[layer + 1]?.residual === true;
}

/** Whether a number is added to all that goes into a layer's activation: the bias, or beta where that is normalized. */
export function hasShift({ useBias, normalization }: ResolvedDenseSpec): boolean {
  return useBias !== false || normalization !== undefined;
}

/** Whether that is the bias, by which units start open or closed: beta starts at 0. */
export function hasOwnShift({ useBias, normalization }: ResolvedDenseSpec): boolean {
  return useBias !== false && normalization === undefined;
}

/**
 * Whether a layer can take up what one of its inputs adds on every row: in the bias, or in the mean that batch
 * normalization subtracts.
 */
export function takesUpConstants({ useBias, normalization }: ResolvedDenseSpec): boolean {
  return useBias !== false || normalization?.kind === "batch";
}

/** Whether all units of a layer share the mean and variance of a row: none can change without the others. */
export function isNormalizedByRows({ normalization }: ResolvedDenseSpec): boolean {
  return normalization?.kind === "layer";
}
