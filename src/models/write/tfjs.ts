// A network as a LayersModel of TensorFlow.js: model.json and weights.bin, as model.save writes them. A Sequential, or,
// where something passes a layer by, a functional model.
import { concatBytes } from "../../core/bytes.js";
import { RelumineError } from "../../core/errors.js";
import type { Head } from "../chain/head.js";
import type { ImportedLayer } from "../chain/layers.js";

interface Layer {
  readonly class_name: string;
  readonly config: Readonly<Record<string, unknown>>;
}

interface Weight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Activations that TensorFlow.js has by name, as it calls them. */
export const TFJS_NAMES: Readonly<Record<string, string>> = {
  linear: "linear",
  relu: "relu",
  selu: "selu",
  gelu: "gelu",
  silu: "swish",
  softplus: "softplus",
  sigmoid: "sigmoid",
  tanh: "tanh",
  softmax: "softmax",
};

function refuse(index: number, given: string): RelumineError {
  const hint = 'ONNX has it: writeModel(network, "onnx")';
  return new RelumineError(
    "unsupported",
    `layers[${index}].activation`,
    "to be one that TensorFlow.js has",
    given,
    hint,
  );
}

/** What TensorFlow.js calls the activation that is the Dense layer's own. */
function ownActivation({ activation: { name }, normalization }: ImportedLayer): string {
  return normalization ? "linear" : (TFJS_NAMES[name] ?? "linear");
}

/** The layer that is an activation by itself, if TensorFlow.js has it as one. */
function activationLayer(layer: ImportedLayer, index: number): Layer | undefined {
  const { name, alpha } = layer.activation;
  if (name === "linear" || ownActivation(layer) !== "linear") return undefined;
  const config = { name: `activation_${index}`, trainable: true };
  if (TFJS_NAMES[name] !== undefined)
    return { class_name: "Activation", config: { activation: TFJS_NAMES[name], ...config } };
  if (name === "leakyRelu") return { class_name: "LeakyReLU", config: { alpha, ...config } };
  if (name === "prelu") return { class_name: "PReLU", config: { shared_axes: null, ...config } };
  if (name === "elu" && alpha === 1) return { class_name: "ELU", config: { alpha, ...config } };
  throw refuse(index, name === "elu" ? `elu with an alpha of ${alpha}` : name);
}

/** Keras' momentum is the share that stays. */
function normalizationLayer({ normalization }: ImportedLayer, index: number): Layer | undefined {
  if (normalization === undefined) return undefined;
  const { kind, epsilon, momentum = 0 } = normalization;
  const config = { axis: -1, epsilon, center: true, scale: true, name: `normalization_${index}`, trainable: true };
  if (kind === "layer") return { class_name: "LayerNormalization", config: { ...config, axis: [-1] } };
  return { class_name: "BatchNormalization", config: { ...config, momentum: 1 - momentum } };
}

function dropoutLayer({ dropout }: ImportedLayer, index: number): Layer | undefined {
  if (dropout === undefined) return undefined;
  return { class_name: "Dropout", config: { rate: dropout, name: `dropout_${index}`, trainable: true } };
}

function layersOf(layer: ImportedLayer, index: number): Layer[] {
  const behind = [normalizationLayer(layer, index), activationLayer(layer, index), dropoutLayer(layer, index)];
  const dense: Layer = {
    class_name: "Dense",
    config: {
      units: layer.units,
      activation: ownActivation(layer),
      use_bias: layer.useBias !== false,
      name: `dense_${index}`,
      trainable: true,
      ...(index === 0 && { batch_input_shape: [null, layer.inputs], dtype: "float32" }),
    },
  };
  return [dense, ...behind.filter((each) => each !== undefined)];
}

/** As Keras calls the numbers of a normalization, in its order. */
const NORMALIZATION_PARTS = [
  ["gamma", "gamma"],
  ["beta", "beta"],
  ["moving_mean", "runningMean"],
  ["moving_variance", "runningVariance"],
] as const;

function weightsOf(layer: ImportedLayer, index: number): Weight[] {
  const { inputs, units, kernel, bias, useBias, alpha } = layer;
  const ofNormalization = NORMALIZATION_PARTS.flatMap(([part, name]) => {
    const data = layer[name];
    return data ? [{ name: `normalization_${index}/${part}`, shape: [units], data }] : [];
  });
  return [
    { name: `dense_${index}/kernel`, shape: [inputs, units], data: kernel },
    ...(useBias === false ? [] : [{ name: `dense_${index}/bias`, shape: [units], data: bias }]),
    ...ofNormalization,
    ...(alpha ? [{ name: `activation_${index}/alpha`, shape: [units], data: alpha }] : []),
  ];
}

function headLayer(head: Head): Layer[] {
  if (head === "none") return [];
  return [{ class_name: "Activation", config: { activation: head, name: "head", trainable: true } }];
}

interface Config {
  readonly name: string;
  readonly layers: readonly object[];
  readonly input_layers?: readonly unknown[];
  readonly output_layers?: readonly unknown[];
}

/** A functional model of a chain, with a layer that adds to a residual layer's activations what it is fed. */
function functional(layers: readonly ImportedLayer[], head: Head): Config {
  const input = { name: "input", batch_input_shape: [null, layers[0].inputs], dtype: "float32", sparse: false };
  const nodes: object[] = [{ class_name: "InputLayer", name: input.name, config: input, inbound_nodes: [] }];
  const add = ({ class_name, config }: Layer, ...feeders: readonly string[]): string => {
    const name = config.name as string;
    const inbound = [feeders.map((each) => [each, 0, 0, {}])];
    nodes.push({ class_name, name, config, inbound_nodes: inbound });
    return name;
  };
  const behind = (each: readonly Layer[], from: string): string => each.reduce((name, layer) => add(layer, name), from);
  let last = input.name;
  layers.forEach((layer, index) => {
    const h = behind(layersOf(layer, index), last);
    const sum = { class_name: "Add", config: { name: `add_${index}`, trainable: true } };
    last = layer.residual ? add(sum, h, last) : h;
  });
  last = behind(headLayer(head), last);
  return { name: "network", layers: nodes, input_layers: [[input.name, 0, 0]], output_layers: [[last, 0, 0]] };
}

function topologyOf(layers: readonly ImportedLayer[], head: Head): { class_name: string; config: Config } {
  if (layers.some(({ residual }) => residual)) return { class_name: "Model", config: functional(layers, head) };
  const sequence = [...layers.flatMap(layersOf), ...headLayer(head)];
  return { class_name: "Sequential", config: { name: "network", layers: sequence } };
}

/** The files by their names. */
export function writeLayersModel(layers: readonly ImportedLayer[], head: Head): Map<string, Uint8Array> {
  const weights = layers.flatMap(weightsOf);
  // little-endian, as all that run WebAssembly
  const parts = weights.map(({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  const model = {
    format: "layers-model",
    generatedBy: "relumine",
    convertedBy: null,
    modelTopology: {
      ...topologyOf(layers, head),
      keras_version: "tfjs-layers 4.22.0",
      backend: "tensor_flow.js",
    },
    weightsManifest: [
      { paths: ["weights.bin"], weights: weights.map(({ name, shape }) => ({ name, shape, dtype: "float32" })) },
    ],
  };
  return new Map([
    ["model.json", new TextEncoder().encode(JSON.stringify(model))],
    ["weights.bin", concatBytes(parts)],
  ]);
}
