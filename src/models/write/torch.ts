// A network as a state_dict of PyTorch: the parameters of an nn.Sequential, or of a model whose names are known; and
// the program that loads them into an nn.Sequential.
import { describe } from "../../core/checks.js";
import { RelumineError } from "../../core/errors.js";
import type { Tensor } from "../../formats/safetensors.js";
import type { Head } from "../chain/head.js";
import type { ImportedLayer } from "../chain/layers.js";

/** Weights are units x inputs there. */
function weightOf({ inputs, units, kernel }: ImportedLayer): Tensor {
  const data = Float32Array.from(kernel, (_, i) => kernel[(i % inputs) * units + Math.floor(i / inputs)]);
  return { shape: [units, inputs], data };
}

const PARTS = { weight: ".weight", bias: ".bias" };

/** Names of a layer's parameters; its activation's slopes come behind it. */
interface LayerNames {
  readonly stem: string;
  readonly hasBias: boolean;
  readonly slopes?: string;
}

/** As nn.Sequential counts Linear layers with an activation behind each but where there is none. */
function sequentialNames(layers: readonly ImportedLayer[]): LayerNames[] {
  let place = 0;
  return layers.map(({ activation, alpha }) => {
    const stem = String(place);
    place += activation.name === "linear" ? 1 : 2;
    return { stem, hasBias: true, ...(alpha && { slopes: `${place - 1}${PARTS.weight}` }) };
  });
}

function mismatch(layers: readonly ImportedLayer[], given: readonly string[]): RelumineError {
  const expected = `to name the weights, biases and slopes of ${layers.length} layers, one after another`;
  return new RelumineError("value", "parameters", expected, describe(given));
}

/** The names that were given, taken apart by layers. */
function givenNames(layers: readonly ImportedLayer[], parameters: readonly string[]): LayerNames[] {
  const rest = [...parameters];
  const names = layers.map(({ alpha }) => {
    const weight = rest.shift() ?? "";
    if (!`.${weight}`.endsWith(PARTS.weight)) throw mismatch(layers, parameters);
    const stem = weight.slice(0, -PARTS.weight.length);
    const hasBias = rest[0] === nameOf(stem, PARTS.bias);
    if (hasBias) rest.shift();
    return { stem, hasBias, ...(alpha && { slopes: rest.shift() }) };
  });
  if (rest.length > 0 || new Set(parameters).size < parameters.length) throw mismatch(layers, parameters);
  return names;
}

/** A model that is one layer itself has no name before its parts. */
function nameOf(stem: string, part: string): string {
  return stem === "" ? part.slice(1) : stem + part;
}

/**
 * The tensors by name. A bias of zeros is left out where the names have none.
 * @param parameters as ReadModel has them; default: those of an nn.Sequential
 * @throws RelumineError "value" for names of other layers
 */
export function torchTensors(layers: readonly ImportedLayer[], parameters?: readonly string[]): Map<string, Tensor> {
  const names = parameters ? givenNames(layers, parameters) : sequentialNames(layers);
  const tensors = new Map<string, Tensor>();
  layers.forEach((layer, index) => {
    const { stem, hasBias, slopes } = names[index];
    tensors.set(nameOf(stem, PARTS.weight), weightOf(layer));
    if (hasBias || layer.bias.some((value) => value !== 0))
      tensors.set(nameOf(stem, PARTS.bias), { shape: [layer.units], data: layer.bias });
    if (slopes !== undefined) tensors.set(slopes, { shape: [layer.units], data: layer.alpha! });
  });
  return tensors;
}

type ModuleOf = (layer: ImportedLayer) => string;

const MODULES: Readonly<Record<string, ModuleOf>> = {
  relu: () => "nn.ReLU()",
  leakyRelu: ({ activation: { alpha } }) => `nn.LeakyReLU(${alpha})`,
  prelu: ({ units }) => `nn.PReLU(${units})`,
  elu: ({ activation: { alpha } }) => `nn.ELU(${alpha})`,
  selu: () => "nn.SELU()",
  gelu: () => "nn.GELU()",
  silu: () => "nn.SiLU()",
  softplus: () => "nn.Softplus()",
  sigmoid: () => "nn.Sigmoid()",
  tanh: () => "nn.Tanh()",
  hardSwish: () => "nn.Hardswish()",
  softmax: () => "nn.Softmax(dim=1)",
};

const OUTPUTS: Readonly<Record<Head, string>> = {
  softmax: "its outputs are logits: nn.CrossEntropyLoss takes them so, softmax(dim=1) gives probabilities",
  logSoftmax: "its outputs are logits: log_softmax(dim=1) gives what the model gave",
  sigmoid: "its outputs are logits: nn.BCEWithLogitsLoss takes them so, sigmoid() gives probabilities",
  none: "its outputs are those of the model",
};

/**
 * Python that loads the tensors of an nn.Sequential.
 * @param file of the tensors
 */
export function torchProgram(layers: readonly ImportedLayer[], head: Head, file: string): string {
  const modules = layers.map((layer) => {
    const linear = `nn.Linear(${layer.inputs}, ${layer.units})`;
    const module = MODULES[layer.activation.name];
    return module ? `${linear}, ${module(layer)}` : linear;
  });
  return [
    "from safetensors.torch import load_file",
    "from torch import nn",
    `model = nn.Sequential(${modules.join(", ")})`,
    `model.load_state_dict(load_file(${JSON.stringify(file)}))`,
    `model.eval()  # ${OUTPUTS[head]}`,
  ].join("\n");
}
