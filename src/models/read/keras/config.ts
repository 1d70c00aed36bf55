// The configuration of a Keras model, as Keras 2, Keras 3 and TensorFlow.js write it: a Sequential, or a functional
// model whose layers are one chain, some of which may be passed by; either may hold further ones as layers.
import { describe } from "../../../core/checks.js";
import { RelumineError } from "../../../core/errors.js";
import { checkObject, type JsonObject } from "../../../core/strict-json.js";
import { refuse } from "../../chain/refuse.js";

/** A layer in the order of the chain. */
export interface LayerConfig {
  readonly className: string;
  readonly name: string;
  readonly config: JsonObject;
  /** Where Keras 3 keeps its weights: "layers" and a name, once for each model that it is in. */
  readonly groups: readonly string[];
  /** Names of it and the models that it is in. */
  readonly path: string;
  /** The paths of what it is fed: none for the first, several for a sum. */
  readonly feeders: readonly string[];
}

type Listed = Pick<LayerConfig, "className" | "name" | "config">;

/** As Keras 3 names groups after classes: BatchNormalization is batch_normalization, PReLU p_re_lu. */
function snakeCase(name: string): string {
  return name
    .replace(/\W+/g, "")
    .replace(/(.)([A-Z][a-z]+)/g, "$1_$2")
    .replace(/([a-z])([A-Z])/g, "$1_$2")
    .toLowerCase();
}

/** Groups of Keras 3: by class, counted in the model's order. */
function groupNames(listed: readonly Listed[]): Map<string, string> {
  const counts = new Map<string, number>();
  return new Map(
    listed.map(({ className, name }) => {
      const base = snakeCase(className);
      const count = counts.get(base) ?? 0;
      counts.set(base, count + 1);
      return [name, count === 0 ? base : `${base}_${count}`];
    }),
  );
}

const MOST_LAYERS = 10_000;
const MOST_DEPTH = 10;
const CHAINS = ["Sequential", "Functional", "Model"];
/** Written by what of Keras came with its own package, or of TensorFlow's. */
const OWN_MODULE = /^(keras|tf_keras|tensorflow\.(python\.)?keras)(\.|$)/;

export function layerPath({ className, name }: Listed): string {
  return `the model's layer ${describe(name)} (${className.slice(0, 60)})`;
}

function isOwn(layer: JsonObject): boolean {
  const { module, registered_name: registered } = layer;
  if (typeof registered === "string" && registered.includes(">") && !registered.startsWith("keras>")) return false;
  return module === undefined || module === null || (typeof module === "string" && OWN_MODULE.test(module));
}

function readLayer(value: unknown): Listed {
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
function feedersOf(layer: Listed, nodes: unknown): string[] {
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

function checkWords(layer: Listed, words: unknown): void {
  if (!isPlain(words)) throw refuse(layerPath(layer), "a call with arguments of its own, as training=True");
}

function checkName(layer: Listed, history: readonly unknown[]): string {
  const [name, node, tensor] = history;
  if (typeof name !== "string" || node !== 0 || tensor !== 0)
    throw refuse(layerPath(layer), "an input of a layer that is used more than once");
  return name;
}

function olderFeeder(layer: Listed, given: unknown): string {
  if (!Array.isArray(given)) throw refuse(layerPath(layer), "an input that is no layer");
  checkWords(layer, given[3] as unknown);
  return checkName(layer, given);
}

function newerFeeders(layer: Listed, { args, kwargs }: JsonObject): string[] {
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

/** A layer of a functional model, and the names of those that feed it. */
interface Fed {
  readonly layer: Listed;
  readonly from: readonly string[];
}

/** The layer of several inputs that a chain may have: a residual layer's sum. */
const SUM = "Add";

/** Each behind those that feed it; what is in a circle is left out. */
function inOrder(fed: readonly Fed[], first: string): Fed[] {
  const waiting = new Map(fed.map((each) => [each.layer.name, new Set(each.from).size]));
  const feeds = new Map<string, Fed[]>();
  for (const each of fed) for (const name of new Set(each.from)) feeds.set(name, [...(feeds.get(name) ?? []), each]);
  const order = fed.filter(({ layer }) => layer.name === first);
  // grows while it is gone through
  for (const { layer } of order)
    for (const next of feeds.get(layer.name) ?? []) {
      const left = waiting.get(next.layer.name)! - 1;
      waiting.set(next.layer.name, left);
      if (left === 0) order.push(next);
    }
  return order;
}

function chainOfFunctional(config: JsonObject, listed: readonly Listed[], nodes: readonly unknown[]): Fed[] {
  const fed = listed.map((layer, index): Fed => ({ layer, from: feedersOf(layer, nodes[index]) }));
  const used = new Set<string>();
  const hasSums = listed.some(({ className }) => className === SUM);
  for (const { layer, from } of fed) {
    if (from.length > 1 && (layer.className !== SUM || from.length > 2))
      throw refuse(layerPath(layer), `${layer.className} of ${from.length} values: a branch or skip connection`);
    if (!hasSums && from.some((name) => used.has(name)))
      throw refuse(layerPath(layer), "a branch: two layers fed by one");
    for (const name of from) used.add(name);
  }
  const inputs = fed.filter(({ from }) => from.length === 0);
  if (inputs.length !== 1 || endOf("inputs", config.input_layers) !== inputs[0].layer.name)
    throw refuse("the model's inputs", `${inputs.length} inputs`);
  const order = inOrder(fed, inputs[0].layer.name);
  const ends = order.filter(({ layer }) => !used.has(layer.name));
  const output = endOf("outputs", config.output_layers);
  if (order.length === listed.length && ends.length === 1 && ends[0].layer.name === output) return order;
  throw refuse("the model's layers", "layers beside the chain that leads to the output");
}

const inSequence = (listed: readonly Listed[]): Fed[] =>
  listed.map((layer, index) => ({ layer, from: index === 0 ? [] : [listed[index - 1].name] }));

/** Where a model stands that is a layer of another. */
interface Place {
  readonly groups: readonly string[];
  readonly path: string;
  readonly feeders: readonly string[];
}

const OUTERMOST: Place = { groups: [], path: "", feeders: [] };

/** A model's layers as it lists them, what it says of each, and an order in which each is behind those that feed it. */
interface ReadLayers {
  readonly listed: readonly Listed[];
  readonly given: ReadonlyMap<string, unknown>;
  readonly order: readonly Fed[];
}

function readLayers(value: unknown, known: (layer: Listed) => void): ReadLayers {
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
  const given = new Map(listed.map(({ name }, index) => [name, layers[index] as unknown]));
  if (given.size !== listed.length)
    throw new RelumineError("format", "the model's layers", "to have different names", "one name twice");
  listed.filter((layer) => !CHAINS.includes(layer.className)).forEach(known);
  const nodes = layers.map((layer) => (layer as JsonObject).inbound_nodes);
  const isSequence = className === "Sequential";
  const order = isSequence ? inSequence(listed) : chainOfFunctional(config as JsonObject, listed, nodes);
  return { listed, given, order };
}

/**
 * The layers of a model, each behind those that feed it, those of models within it among them.
 * @param known whether a class of layers is one that a chain may have
 * @throws RelumineError "unsupported" for what is no chain, "format"
 */
export function readConfig(value: unknown, known: (layer: Listed) => void, place = OUTERMOST): LayerConfig[] {
  const { listed, given, order } = readLayers(value, known);
  const names = groupNames(listed);
  const ends = new Map<string, string>();
  return order.flatMap(({ layer, from }) => {
    const groups = [...place.groups, "layers", names.get(layer.name)!];
    const path = `${place.path}/${JSON.stringify(layer.name)}`; // a name may have a slash in it
    const feeders = from.length === 0 ? place.feeders : from.map((name) => ends.get(name)!);
    ends.set(layer.name, path);
    if (!CHAINS.includes(layer.className)) return [{ ...layer, groups, path, feeders }];
    if (groups.length > 2 * MOST_DEPTH) throw refuse(layerPath(layer), "models within each other, too deep");
    const inner = readConfig(given.get(layer.name), known, { groups, path, feeders });
    ends.set(layer.name, inner.at(-1)?.path ?? feeders[0] ?? path);
    return inner;
  });
}
