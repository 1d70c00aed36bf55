// The configuration of a Keras model, as Keras 2, Keras 3 and TensorFlow.js write it: a Sequential, or a functional
// model whose layers are one chain.
import { describe } from "../../../core/checks.js";
import { RelumineError } from "../../../core/errors.js";
import { checkObject, type JsonObject } from "../../../core/strict-json.js";
import { refuse } from "../../chain/layers.js";

/** A layer in the order of the chain. */
export interface LayerConfig {
  readonly className: string;
  readonly name: string;
  readonly config: JsonObject;
}

export interface ModelConfig {
  /** In the chain's order. */
  readonly chain: readonly LayerConfig[];
  /** In the file's order, by which Keras 3 counts them. */
  readonly listed: readonly LayerConfig[];
}

const MOST_LAYERS = 10_000;
const CHAINS = ["Sequential", "Functional", "Model"];
/** Written by what of Keras came with its own package, or of TensorFlow's. */
const OWN_MODULE = /^(keras|tf_keras|tensorflow\.(python\.)?keras)(\.|$)/;

export function layerPath({ className, name }: LayerConfig): string {
  return `the model's layer ${describe(name)} (${className.slice(0, 60)})`;
}

function isOwn(layer: JsonObject): boolean {
  const { module, registered_name: registered } = layer;
  if (typeof registered === "string" && registered.includes(">") && !registered.startsWith("keras>")) return false;
  return module === undefined || module === null || (typeof module === "string" && OWN_MODULE.test(module));
}

function readLayer(value: unknown): LayerConfig {
  const layer = checkObject("the model's layer", value);
  const config = checkObject("the model's layer's config", layer.config);
  const { class_name: className } = layer;
  const name = config.name ?? layer.name;
  if (typeof className !== "string" || typeof name !== "string")
    throw new RelumineError("format", "the model's layer", "to have a class and a name", describe(className));
  const read = { className, name, config };
  if (isOwn(layer)) return read;
  throw refuse(layerPath(read), `${className.slice(0, 60)}, a class of its own`, "Export the model as ONNX");
}

/** Names of the layers that feed one, in the format of Keras 2 and TensorFlow.js ([[[name, 0, 0, {}]]]) or Keras 3. */
function feedersOf(layer: LayerConfig, nodes: unknown): string[] {
  const list = Array.isArray(nodes) ? (nodes as unknown[]) : [];
  if (list.length > 1) throw refuse(layerPath(layer), "a layer that is used more than once");
  const [node] = list;
  if (node === undefined) return [];
  return Array.isArray(node)
    ? node.map((each) => olderFeeder(layer, each))
    : newerFeeders(layer, checkObject("the model's node", node));
}

const isPlain = (words: unknown): boolean =>
  words === undefined ||
  (typeof words === "object" &&
    words !== null &&
    Object.values(words).every((each) => each === null || each === false));

function checkWords(layer: LayerConfig, words: unknown): void {
  if (!isPlain(words)) throw refuse(layerPath(layer), "a call with arguments of its own, as training=True");
}

function checkName(layer: LayerConfig, history: readonly unknown[]): string {
  const [name, node, tensor] = history;
  if (typeof name !== "string" || node !== 0 || tensor !== 0)
    throw refuse(layerPath(layer), "an input of a layer that is used more than once");
  return name;
}

function olderFeeder(layer: LayerConfig, given: unknown): string {
  if (!Array.isArray(given)) throw refuse(layerPath(layer), "an input that is no layer");
  checkWords(layer, given[3] as unknown);
  return checkName(layer, given);
}

function newerFeeders(layer: LayerConfig, { args, kwargs }: JsonObject): string[] {
  checkWords(layer, kwargs);
  const tensors = Array.isArray(args) ? (args as unknown[]).flat(1) : [];
  return tensors.map((tensor) => {
    const { class_name: className, config } = checkObject("the model's input tensor", tensor);
    const history =
      className === "__keras_tensor__" ? checkObject("the model's input tensor", config).keras_history : undefined;
    if (!Array.isArray(history)) throw refuse(layerPath(layer), "an input that is no layer");
    return checkName(layer, history);
  });
}

/** The one name of input_layers or output_layers. */
function endOf(what: string, value: unknown): string {
  const list = Array.isArray(value) && value.length === 1 && Array.isArray(value[0]) ? (value[0] as unknown[]) : value;
  if (Array.isArray(list) && typeof list[0] === "string" && !Array.isArray(list[1])) return list[0];
  throw refuse(`the model's ${what}`, "several, or none");
}

function chainOfFunctional(
  config: JsonObject,
  listed: readonly LayerConfig[],
  nodes: readonly unknown[],
): LayerConfig[] {
  const next = new Map<string, LayerConfig>();
  const inputs: LayerConfig[] = [];
  listed.forEach((layer, index) => {
    const feeders = feedersOf(layer, nodes[index]);
    if (feeders.length === 0) inputs.push(layer);
    else if (feeders.length > 1)
      throw refuse(layerPath(layer), `${layer.className} of ${feeders.length} values: a branch or skip connection`);
    else if (next.has(feeders[0])) throw refuse(layerPath(layer), "a branch: two layers fed by one");
    else next.set(feeders[0], layer);
  });
  if (inputs.length !== 1 || endOf("inputs", config.input_layers) !== inputs[0].name)
    throw refuse("the model's inputs", `${inputs.length} inputs`);
  const chain: LayerConfig[] = [];
  for (
    let layer: LayerConfig | undefined = inputs[0];
    layer && chain.length <= listed.length;
    layer = next.get(layer.name)
  )
    chain.push(layer);
  const output = endOf("outputs", config.output_layers);
  if (chain.length === listed.length && chain.at(-1)!.name === output) return chain;
  throw refuse("the model's layers", "layers beside the chain that leads to the output");
}

/**
 * The layers of a model.
 * @param known whether a class of layers is one that a chain may have
 * @throws RelumineError "unsupported" for what is no chain, "format"
 */
export function readConfig(value: unknown, known: (layer: LayerConfig) => void): ModelConfig {
  const model = checkObject("the model's config", value);
  const className = String(model.class_name);
  if (!CHAINS.includes(className) || !isOwn(model))
    throw refuse("the model", `${className.slice(0, 60)}, a class of its own`);
  // Keras before 2.3 wrote a Sequential's layers as the config itself
  const config = Array.isArray(model.config)
    ? { layers: model.config as unknown[] }
    : checkObject("the model's config", model.config);
  const layers = (config as JsonObject).layers;
  if (!Array.isArray(layers) || layers.length > MOST_LAYERS)
    throw new RelumineError("format", "the model's layers", "to be a list", describe(layers));
  const listed = layers.map(readLayer);
  if (new Set(listed.map(({ name }) => name)).size !== listed.length)
    throw new RelumineError("format", "the model's layers", "to have different names", "one name twice");
  listed.forEach(known);
  if (className === "Sequential") return { chain: listed, listed };
  const nodes = layers.map((layer) => (layer as JsonObject).inbound_nodes);
  return { chain: chainOfFunctional(config as JsonObject, listed, nodes), listed };
}
