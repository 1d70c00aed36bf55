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
  /** Where its units are; undefined where they are its last axis. */
  readonly places: UnitAxis | undefined;
}

type Shape = readonly (number | null)[];

/** Where the units of a product are in what a layer behind it gives. */
interface UnitAxis {
  /** A layout of the same numbers, rows first, of which one axis is the units. */
  readonly view: Shape;
  readonly axis: number;
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

const shapeOf = ({ output }: Layer): Shape => (Array.isArray(output) ? output[0] : output).shape;

/** Layers whose units are the last axis of what they give, whatever goes in. */
const LAST: ReadonlySet<string> = new Set([
  ...PRODUCTS,
  "Bidirectional",
  "ConvLSTM2D",
  "Embedding",
  "GRU",
  "LSTM",
  "SimpleRNN",
]);

/** Layers that leave each number where it is. */
const IN_PLACE: ReadonlySet<string> = new Set([
  ...Object.keys(ACTIVATIONS),
  "Add",
  "AlphaDropout",
  "Average",
  "BatchNormalization",
  "Dropout",
  "GaussianDropout",
  "GaussianNoise",
  "Maximum",
  "Minimum",
  "Multiply",
  "PReLU",
  "SpatialDropout1D",
]);

const sizeOf = (sizes: Shape): number => sizes.reduce<number>((product, size) => product * (size ?? NaN), 1);

/** The same layout as a tensor of this shape has it, where one of its axes is the units. */
function aligned({ view, axis }: UnitAxis, shape: Shape): UnitAxis {
  const before = sizeOf(view.slice(1, axis));
  const found = shape.findIndex((size, i) => i > 0 && size === view[axis] && sizeOf(shape.slice(1, i)) === before);
  return found < 0 ? { view, axis } : { view: shape, axis: found };
}

/** Behind a layer that only moves numbers; undefined for one that does something else. */
function moved(layer: Layer, from: UnitAxis): UnitAxis | undefined {
  const shape = shapeOf(layer);
  const className = layer.getClassName();
  if (className === "Flatten" || className === "Reshape")
    return from.view.slice(1).includes(null) ? undefined : aligned(from, shape);
  if (className !== "Permute" || from.view.length !== shape.length) return undefined;
  const given = shapeOf(feederOf(layer)!);
  if (from.view.some((size, axis) => size !== given[axis])) return undefined;
  const { dims } = layer as unknown as { dims: readonly number[] };
  return { view: shape, axis: dims.indexOf(from.axis) + 1 };
}

const isLast = ({ view, axis }: UnitAxis, shape: Shape): boolean =>
  axis === shape.length - 1 && view.length === shape.length;

/**
 * Where the units are behind a layer; undefined where no product says, and the last axis is taken.
 * @throws RelumineError "unsupported" for a layer that does something unknown to units of another axis
 */
function unitAxisBehind(layer: Layer, known: Map<Layer, UnitAxis | undefined>): UnitAxis | undefined {
  if (known.has(layer)) return known.get(layer);
  const found = findUnitAxis(layer, known);
  known.set(layer, found);
  return found;
}

function findUnitAxis(layer: Layer, known: Map<Layer, UnitAxis | undefined>): UnitAxis | undefined {
  const shape = shapeOf(layer);
  const className = layer.getClassName();
  const last = { view: shape, axis: shape.length - 1 };
  if (LAST.has(className)) return last;
  const before = layer.inboundNodes[0].inboundLayers;
  const given = before.map((each) => unitAxisBehind(each, known)).filter((each) => each !== undefined);
  if (given.length === 0) return undefined;
  const [first] = given;
  const agree = given.every(({ view, axis }) => axis === first.axis && view.join() === first.view.join());
  if (IN_PLACE.has(className) && agree) return first;
  const behind = before.length === 1 ? moved(layer, first) : undefined;
  if (behind) return behind;
  // others go over the axes before the last
  if (before.every((each, i) => given[i] === undefined || isLast(given[i], shapeOf(each)))) return last;
  throw refuse(layer, "units of which it can't be said where they are behind it");
}

/** The product before an activation, past layers that only move its numbers. */
function productBefore(layer: Layer): Layer | undefined {
  let before = feederOf(layer);
  while (before && ["Flatten", "Permute", "Reshape"].includes(before.getClassName())) before = feederOf(before);
  return before && PRODUCTS.has(before.getClassName()) && namedActivation(before) === undefined ? before : undefined;
}

function judgedOf(layer: Layer, known: Map<Layer, UnitAxis | undefined>): Judged[] {
  const className = layer.getClassName();
  if (PRODUCTS.has(className)) {
    const activation = namedActivation(layer);
    return activation === undefined ? [] : [{ layer, activation, product: layer, isFused: true, places: undefined }];
  }
  const activation = ACTIVATIONS[className]?.(layer);
  if (activation === undefined) return [];
  const places = unitAxisBehind(layer, known);
  const product = productBefore(layer);
  const isUsual = places === undefined || isLast(places, shapeOf(layer));
  return [{ layer, activation, product, isFused: false, places: isUsual ? undefined : places }];
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
  const known = new Map<Layer, UnitAxis | undefined>();
  return model.layers.filter((layer) => !isOutput(layer)).flatMap((layer) => judgedOf(layer, known));
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

/** How many units a judged layer has, one after the other; NaN where they are apart. */
function unitsTogether({ layer, places }: Judged): number {
  if (places === undefined) return unitsOf(layer);
  return places.axis === places.view.length - 1 ? (places.view[places.axis] ?? NaN) : NaN;
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
  const together = before ? unitsTogether(before) : NaN;
  const fed = inputs % together === 0 ? together : channels;
  return {
    kernel: rowsByUnit(kernel, fed, units),
    ...(bias && { bias }),
    ...(before && fed === together && { inputs: before.layer.name }),
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

const only = (result: Tensor | Tensor[]): Tensor => (Array.isArray(result) ? result[0] : result);

/** What goes into the activation, of what goes into the layer; its units are the last axis. */
export function preactivations(tf: TensorFlow, { layer, isFused, places }: Judged, input: Tensor): Tensor {
  if (places) return unitsLast(tf, places, input);
  if (!isFused) return input;
  const linear = (tf.layers.activation({ activation: "linear" }) as unknown as Fields).activation;
  // the layer as it is, but for its activation
  const bare = Object.create(layer, { activation: { value: linear } }) as Layer;
  return only(bare.call(input, {}));
}

function unitsLast(tf: TensorFlow, { view, axis }: UnitAxis, input: Tensor): Tensor {
  // a name of their own, so that they take none that the caller's next layer is to have
  const name = "relumine";
  const sizes = view.slice(1);
  const laid =
    view.length === input.shape.length
      ? input
      : only(tf.layers.reshape({ targetShape: sizes as number[], name }).call(input, {}));
  if (axis === view.length - 1) return laid;
  const dims = [...sizes.map((_, i) => i + 1).filter((i) => i !== axis), axis];
  return only(tf.layers.permute({ dims, name }).call(laid, {}));
}
