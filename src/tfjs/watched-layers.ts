// The layers of a model that is no chain of dense ones whose units can be judged: what goes into their activations, and
// the weights that make it.
import { readWeight } from "./live-chain.js";
import { checkOwn } from "./own-classes.js";
import type { Layer, Model, Tensor, TensorFlow } from "./tensorflow.js";
import type { ObservedActivation } from "../activations/observed.js";
import { describe } from "../core/checks.js";
import { RelumineError } from "../core/errors.js";
import type { BlockLayer } from "../diagnosis/activations/layers.js";
import { rowsByUnit } from "../inspect/kernel-rows.js";

/** A layer whose activation is judged. */
export interface Judged {
  readonly layer: Layer;
  readonly activation: ObservedActivation;
  /** The layer whose product goes into the activation: itself, or one right before it. */
  readonly product: Layer | undefined;
  /** Its own activation is left out to see what goes into it. */
  readonly isFused: boolean;
}

type Fields = Readonly<Record<string, unknown>>;

/** In the words of this package; undefined for what closes no unit by itself. */
const NAMES: ReadonlyMap<unknown, ObservedActivation | undefined> = new Map<unknown, ObservedActivation | undefined>([
  ["linear", undefined],
  ["softmax", undefined],
  ["logSoftmax", undefined],
  ["relu", "relu"],
  ["relu6", "relu6"],
  ["elu", "elu"],
  ["selu", "selu"],
  ["gelu", "gelu"],
  ["gelu_new", "geluTanh"],
  ["swish", "silu"],
  ["softplus", "softplus"],
  ["sigmoid", "sigmoid"],
  ["tanh", "tanh"],
  ["hardSigmoid", { name: "hardSigmoid", alpha: 0.2 }],
  ["softsign", "softsign"],
  ["mish", "mish"],
]);

/** Layers that multiply by weights and apply an activation of their own. */
const PRODUCTS: ReadonlySet<string> = new Set([
  "Conv1D",
  "Conv2D",
  "Conv2DTranspose",
  "Conv3D",
  "Conv3DTranspose",
  "Dense",
  "DepthwiseConv2D",
  "SeparableConv2D",
]);

function refuse(layer: Layer, given: string): RelumineError {
  return new RelumineError(
    "unsupported",
    `the model's layer ${describe(layer.name)} (${layer.getClassName()})`,
    "to be one whose units can be judged",
    given,
    "Give its preactivations to diagnoseActivations of relumine",
  );
}

function namedActivation(layer: Layer): ObservedActivation | undefined {
  const { activation } = layer as unknown as { activation?: { getClassName(): string } };
  const name = activation?.getClassName() ?? "linear";
  if (NAMES.has(name)) return NAMES.get(name);
  throw refuse(layer, `the activation ${name.slice(0, 60)}`);
}

const numberIn = (fields: Fields, name: string, otherwise: number): number =>
  typeof fields[name] === "number" ? (fields[name] as number) : otherwise;

/** By the class of a layer that is an activation by itself. */
const ACTIVATIONS: Readonly<Record<string, (layer: Layer) => ObservedActivation | undefined>> = {
  Activation: namedActivation,
  ELU: (layer) => ({ name: "elu", alpha: numberIn(layer as unknown as Fields, "alpha", 1) }),
  LeakyReLU: (layer) => ({ name: "leakyRelu", alpha: numberIn(layer as unknown as Fields, "alpha", 0.3) }),
  ReLU: (layer) => {
    const { maxValue } = layer as unknown as Fields;
    if (maxValue === null || maxValue === undefined) return "relu";
    if (maxValue === 6) return "relu6";
    throw refuse(layer, `a ReLU with maxValue ${describe(maxValue)}`);
  },
  ThresholdedReLU: (layer) => ({
    name: "thresholdedRelu",
    alpha: numberIn(layer as unknown as Fields, "theta", 1),
  }),
};

const isModel = (layer: Layer): boolean => Array.isArray((layer as Partial<Model>).layers);

/** The only layer that feeds one. */
export function feederOf(layer: Layer): Layer | undefined {
  const [{ inboundLayers }] = layer.inboundNodes;
  return inboundLayers.length === 1 ? inboundLayers[0] : undefined;
}

function judgedOf(layer: Layer): Judged[] {
  const className = layer.getClassName();
  if (PRODUCTS.has(className)) {
    const activation = namedActivation(layer);
    return activation === undefined ? [] : [{ layer, activation, product: layer, isFused: true }];
  }
  const activation = ACTIVATIONS[className]?.(layer);
  if (activation === undefined) return [];
  const before = feederOf(layer);
  const isProduct = before && PRODUCTS.has(before.getClassName()) && namedActivation(before) === undefined;
  return [{ layer, activation, product: isProduct ? before : undefined, isFused: false }];
}

/**
 * The layers of a model whose units can be judged, in the model's order; not those that are its outputs.
 * @throws RelumineError "unsupported" by the name of a layer that is used twice, is a model, has an unknown
 *   activation, or is of another class than its name says
 */
export function judgedLayers(tf: TensorFlow, model: Model): Judged[] {
  checkOwn(tf, model.layers);
  for (const layer of model.layers) {
    if (isModel(layer)) throw refuse(layer, "a model within the model");
    if (layer.inboundNodes.length !== 1) throw refuse(layer, "a layer that is used more than once");
    if (/first/i.test(String((layer as unknown as Fields).dataFormat))) throw refuse(layer, "channels before places");
  }
  const outputs = new Set(model.outputs.map(({ name }) => name));
  const isOutput = ({ output }: Layer) => !Array.isArray(output) && outputs.has(output.name);
  return model.layers.filter((layer) => !isOutput(layer)).flatMap(judgedOf);
}

/** Layers behind which a channel that was 0 everywhere is so still. */
const PASSING: ReadonlySet<string> = new Set([
  "AveragePooling1D",
  "AveragePooling2D",
  "Dropout",
  "Flatten",
  "GlobalAveragePooling2D",
  "GlobalMaxPooling2D",
  "MaxPooling1D",
  "MaxPooling2D",
]);

/** The judged layer that feeds a product. */
function judgedBefore(product: Layer, judged: readonly Judged[]): Judged | undefined {
  for (let layer = feederOf(product); layer; layer = feederOf(layer)) {
    const found = judged.find((each) => each.layer === layer);
    if (found || !PASSING.has(layer.getClassName()) || layer.inboundNodes[0]?.inboundLayers.length !== 1) return found;
  }
  return undefined;
}

/** Numbers along the last axis of what a layer gives. */
export function unitsOf({ output }: Layer): number {
  return Array.isArray(output) ? NaN : (output.shape.at(-1) as number);
}

/** Of which each unit takes all inputs. */
const FULL: ReadonlySet<string> = new Set(["Conv1D", "Conv2D", "Conv3D", "Dense"]);

/** Kernel and bias, and who feeds it, where they are known. */
async function weightsOf(
  { product }: Judged,
  judged: readonly Judged[],
): Promise<Pick<BlockLayer, "bias" | "inputs" | "kernel">> {
  if (product === undefined || !FULL.has(product.getClassName())) return {};
  const weights = await Promise.all(product.weights.map((variable) => readWeight(product, variable)));
  const dataOf = (wanted: string) => weights.find(({ part }) => part === wanted)?.data;
  const [kernel, bias] = [dataOf("kernel"), dataOf("bias")];
  if (kernel === undefined) return {};
  const units = unitsOf(product);
  const before = judgedBefore(product, judged);
  const isDense = product.getClassName() === "Dense";
  const inputs = kernel.length / units;
  const channels = isDense ? inputs : (weights[0].variable.shape.at(-2) as number);
  const fed = before && inputs % unitsOf(before.layer) === 0 ? unitsOf(before.layer) : channels;
  return {
    kernel: rowsByUnit(kernel, fed, units),
    ...(bias && { bias }),
    ...(before && fed === unitsOf(before.layer) && { inputs: before.layer.name }),
  };
}

/** What diagnoseActivations is told of the layers. */
export function describeLayers(judged: readonly Judged[]): Promise<BlockLayer[]> {
  return Promise.all(
    judged.map(async (each, index) => ({
      name: each.layer.name,
      activation: each.activation,
      channels: "last" as const,
      ...(await weightsOf(each, judged.slice(0, index))),
    })),
  );
}

/** What goes into the activation, of what goes into the layer. */
export function preactivations(tf: TensorFlow, { layer, isFused }: Judged, input: Tensor): Tensor {
  if (!isFused) return input;
  const linear = (tf.layers.activation({ activation: "linear" }) as unknown as Fields).activation;
  // the layer as it is, but for its activation
  const bare = Object.create(layer, { activation: { value: linear } }) as Layer;
  const result = bare.call(input, {});
  return Array.isArray(result) ? result[0] : result;
}
