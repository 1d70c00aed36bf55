// A network as a state_dict of PyTorch: the parameters of an nn.Sequential, or of a model whose names are known; and
// the program that loads them into an nn.Sequential.
import { describe } from "../../core/checks.js";
import { RelumineError } from "../../core/errors.js";
import type { Tensor } from "../../formats/safetensors.js";
import type { Head } from "../chain/head.js";
import { foldedBatch, type ImportedLayer } from "../chain/layers.js";

/** Weights are units x inputs there. */
function weightOf({ inputs, units, kernel }: ImportedLayer): Tensor {
  const data = Float32Array.from(kernel, (_, i) => kernel[(i % inputs) * units + Math.floor(i / inputs)]);
  return { shape: [units, inputs], data };
}

const PARTS = { weight: ".weight", bias: ".bias" };

/** Names of a layer's parameters; those of its normalization, and its activation's slopes, come behind it. */
interface LayerNames {
  readonly stem: string;
  readonly hasBias: boolean;
  readonly normalization?: string;
  readonly slopes?: string;
}

/**
 * As nn.Sequential counts Linear layers, with a normalization, an activation and dropout behind each that has them. A
 * residual layer is one module, in which they are counted anew.
 */
function sequentialNames(layers: readonly ImportedLayer[]): LayerNames[] {
  let place = 0;
  return layers.map(({ activation, alpha, normalization, residual, dropout, useBias }) => {
    const stemOf = (inner: number) => (residual ? `${place}.${RESIDUAL}.${inner}` : String(place + inner));
    let count = 1;
    const norm = normalization && stemOf(count++);
    const slopes = alpha && `${stemOf(count)}${PARTS.weight}`;
    if (activation.name !== "linear") count++;
    if (dropout !== undefined) count++;
    const names = { stem: stemOf(0), hasBias: useBias !== false };
    place += residual ? 1 : count;
    return { ...names, ...(norm !== undefined && { normalization: norm }), ...(slopes !== undefined && { slopes }) };
  });
}

function mismatch(layers: readonly ImportedLayer[], given: readonly string[]): RelumineError {
  const expected = `to name the weights, biases and slopes of ${layers.length} layers, one after another`;
  return new RelumineError("value", "parameters", expected, describe(given));
}

/** What a model of Linear layers and activations alone can't hold. */
function checkPlain(layers: readonly ImportedLayer[]): void {
  const index = layers.findIndex(({ normalization, residual }) => normalization?.kind === "layer" || residual);
  if (index < 0) return;
  const expected = "to be left out, as they name weights, biases and slopes alone";
  const given = `layers[${index}] ${layers[index].residual ? "is residual" : "has layer normalization"}`;
  throw new RelumineError("unsupported", "parameters", expected, given);
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

/** Of a module of batch normalization; PyTorch counts its batches itself where a file does not. */
const NORMALIZATION_PARTS = [
  ["weight", "gamma"],
  ["bias", "beta"],
  ["running_mean", "runningMean"],
  ["running_var", "runningVariance"],
] as const;

/**
 * The tensors by name. A bias of zeros is left out where the names have none; names that were given have no place for a
 * batch normalization: it is folded into its layer.
 * @param parameters as ReadModel has them; default: those of an nn.Sequential
 * @throws RelumineError "value" for names of other layers, "unsupported" for layers that have no such names
 */
export function torchTensors(given: readonly ImportedLayer[], parameters?: readonly string[]): Map<string, Tensor> {
  if (parameters) checkPlain(given);
  const layers = parameters ? given.map(foldedBatch) : given;
  const names = parameters ? givenNames(layers, parameters) : sequentialNames(layers);
  const tensors = new Map<string, Tensor>();
  layers.forEach((layer, index) => {
    const { stem, hasBias, normalization, slopes } = names[index];
    tensors.set(nameOf(stem, PARTS.weight), weightOf(layer));
    if (hasBias || layer.bias.some((value) => value !== 0))
      tensors.set(nameOf(stem, PARTS.bias), { shape: [layer.units], data: layer.bias });
    for (const [part, name] of NORMALIZATION_PARTS) {
      const data = layer[name];
      if (data) tensors.set(nameOf(normalization!, `.${part}`), { shape: [layer.units], data });
    }
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

/** The part of a residual layer's module that is added to what it is fed; readers see it in the parameters' names. */
const RESIDUAL = "residual";
const RESIDUAL_CLASS = [
  "class Residual(nn.Module):",
  "    def __init__(self, *modules):",
  "        super().__init__()",
  `        self.${RESIDUAL} = nn.Sequential(*modules)`,
  "    def forward(self, x):",
  `        return x + self.${RESIDUAL}(x)`,
];

function normalizationModule({ units, normalization }: ImportedLayer): string[] {
  if (normalization === undefined) return [];
  const { kind, epsilon, momentum } = normalization;
  return [
    kind === "layer"
      ? `nn.LayerNorm(${units}, eps=${epsilon})`
      : `nn.BatchNorm1d(${units}, eps=${epsilon}, momentum=${momentum})`,
  ];
}

function modulesOf(layer: ImportedLayer): string {
  const activation = MODULES[layer.activation.name]?.(layer);
  const modules = [
    `nn.Linear(${layer.inputs}, ${layer.units}${layer.useBias === false ? ", bias=False" : ""})`,
    ...normalizationModule(layer),
    ...(activation === undefined ? [] : [activation]),
    ...(layer.dropout === undefined ? [] : [`nn.Dropout(${layer.dropout})`]),
  ].join(", ");
  return layer.residual ? `Residual(${modules})` : modules;
}

/**
 * Python that loads the tensors of an nn.Sequential.
 * @param file of the tensors
 */
export function torchProgram(layers: readonly ImportedLayer[], head: Head, file: string): string {
  return [
    "from safetensors.torch import load_file",
    "from torch import nn",
    ...(layers.some(({ residual }) => residual) ? RESIDUAL_CLASS : []),
    `model = nn.Sequential(${layers.map(modulesOf).join(", ")})`,
    `model.load_state_dict(load_file(${JSON.stringify(file)}))`,
    `model.eval()  # ${OUTPUTS[head]}`,
  ].join("\n");
}
