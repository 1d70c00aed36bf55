// A network as a LayersModel of TensorFlow.js: model.json and weights.bin, as model.save writes them.
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

/** The layer that is an activation by itself, if TensorFlow.js has it as one. */
function activationLayer({ activation: { name, alpha } }: ImportedLayer, index: number): Layer | undefined {
  if (TFJS_NAMES[name] !== undefined) return undefined;
  const config = { name: `activation_${index}`, trainable: true };
  if (name === "leakyRelu") return { class_name: "LeakyReLU", config: { alpha, ...config } };
  if (name === "prelu") return { class_name: "PReLU", config: { shared_axes: null, ...config } };
  if (name === "elu" && alpha === 1) return { class_name: "ELU", config: { alpha, ...config } };
  throw refuse(index, name === "elu" ? `elu with an alpha of ${alpha}` : name);
}

function layersOf(layer: ImportedLayer, index: number): Layer[] {
  const behind = activationLayer(layer, index);
  const dense: Layer = {
    class_name: "Dense",
    config: {
      units: layer.units,
      activation: TFJS_NAMES[layer.activation.name] ?? "linear",
      use_bias: true,
      name: `dense_${index}`,
      trainable: true,
      ...(index === 0 && { batch_input_shape: [null, layer.inputs], dtype: "float32" }),
    },
  };
  return behind ? [dense, behind] : [dense];
}

function weightsOf({ inputs, units, kernel, bias, alpha }: ImportedLayer, index: number): Weight[] {
  return [
    { name: `dense_${index}/kernel`, shape: [inputs, units], data: kernel },
    { name: `dense_${index}/bias`, shape: [units], data: bias },
    ...(alpha ? [{ name: `activation_${index}/alpha`, shape: [units], data: alpha }] : []),
  ];
}

function headLayer(head: Head): Layer[] {
  if (head === "none") return [];
  return [{ class_name: "Activation", config: { activation: head, name: "head", trainable: true } }];
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
      class_name: "Sequential",
      config: { name: "network", layers: [...layers.flatMap(layersOf), ...headLayer(head)] },
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
