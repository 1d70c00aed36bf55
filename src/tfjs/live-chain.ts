// A model of TensorFlow.js as a chain of dense layers, with the weights that it has now: its own configuration goes
// through the reader of TensorFlow.js files, its weights come from its variables.
import type { Layer, LayerWeight, Model, TensorFlow } from "./tensorflow.js";
import { describe } from "../core/checks.js";
import { RelumineError } from "../core/errors.js";
import { mulberry32 } from "../core/random.js";
import type { HeadedValue } from "../models/chain/head.js";
import { type ImportedLayer, layersOf } from "../models/chain/layers.js";
import { type LayerConfig, layerPath, readConfig } from "../models/read/keras/config.js";
import type { JsonObject } from "../core/strict-json.js";
import { checkKnown, epsilonOf, valueOfLayers, type WeightSource } from "../models/read/keras/layers.js";

/** A weight of a layer by its part: kernel, bias, gamma ... */
export interface LiveWeight {
  readonly part: string;
  readonly variable: LayerWeight;
  readonly data: Float32Array;
}

/** By the layers' names. */
export type LiveWeights = ReadonlyMap<string, readonly LiveWeight[]>;

/** One weight of a layer by its part; undefined where there is none. */
export function weightOf(weights: LiveWeights, layer: string, part: string): LiveWeight | undefined {
  return weights.get(layer)?.find((each) => each.part === part);
}

/** The same weights with other numbers. */
export function withData(weights: LiveWeights, dataOf: (weight: LiveWeight) => LiveWeight["data"]): LiveWeights {
  return new Map([...weights].map(([name, all]) => [name, all.map((each) => ({ ...each, data: dataOf(each) }))]));
}

/** @throws RelumineError "value" for what is no model of this TensorFlow.js */
export function checkModel(tf: TensorFlow, model: unknown): Model {
  if (model instanceof tf.LayersModel) return model;
  const looksLikeOne = typeof (model as Partial<Model> | null)?.getLayer === "function";
  throw new RelumineError(
    "value",
    "model",
    "to be a tf.Sequential or tf.LayersModel",
    looksLikeOne ? "one of another copy of TensorFlow.js" : describe(model),
    looksLikeOne ? "Use the functions of bind(tf), with the tf that made the model" : "",
  );
}

const partOf = ({ originalName }: LayerWeight): string => originalName.slice(originalName.lastIndexOf("/") + 1);

/** One of a layer's weights; makes no tensor. */
export async function readWeight(layer: Layer, variable: LayerWeight): Promise<LiveWeight> {
  const data = await variable.read().data();
  const part = partOf(variable);
  if (data instanceof Float32Array) return { part, variable, data };
  const path = `the ${part} of layer ${describe(layer.name)}`;
  throw new RelumineError("unsupported", path, "to be float32", variable.dtype);
}

async function readLayer(layer: Layer): Promise<[string, readonly LiveWeight[]]> {
  return [layer.name, await Promise.all(layer.weights.map((variable) => readWeight(layer, variable)))];
}

/** @throws RelumineError "value" */
function checkFinite(part: string, layer: string, data: Float32Array): void {
  for (let i = 0; i < data.length; i++) {
    if (Number.isFinite(data[i])) continue;
    const path = `the ${part} of layer ${describe(layer)}`;
    throw new RelumineError(
      "value",
      path,
      "to hold finite numbers",
      `${data[i]} at ${i}`,
      "Has the training diverged?",
    );
  }
}

function sourceOf(weights: LiveWeights): WeightSource {
  return ({ name }, wanted) =>
    wanted.map(({ name: part, shape }) => {
      const { variable, data } = weightOf(weights, name, part) ?? {};
      if (variable && data && variable.shape.join() === shape.join()) {
        checkFinite(part, name, data);
        return { shape, data: new Float64Array(data) };
      }
      throw new RelumineError(
        "unsupported",
        `the ${part} of layer ${describe(name)}`,
        `to have the shape [${shape.join(", ")}]`,
        variable ? `[${variable.shape.join(", ")}]` : "none",
        "Is the model built?",
      );
    });
}

/** Layers whose numbers are folded into others', or that have slopes of their own. */
const FOLDED: ReadonlySet<string> = new Set([
  "BatchNormalization",
  "LayerNormalization",
  "Normalization",
  "PReLU",
  "Rescaling",
]);

/** Those of models within the model too. */
function layersByName(model: Model, known = new Map<string, Layer>()): ReadonlyMap<string, Layer> {
  for (const layer of model.layers) {
    if (Array.isArray((layer as Partial<Model>).layers)) layersByName(layer as Model, known);
    else if (known.has(layer.name))
      throw new RelumineError(
        "unsupported",
        "model",
        "to have layers of different names",
        `${describe(layer.name)} twice`,
      );
    else known.set(layer.name, layer);
  }
  return known;
}

const ACTIVATIONS: ReadonlySet<string> = new Set(["Activation", "ELU", "LeakyReLU", "PReLU", "ReLU", "Softmax"]);

/** Between a Dense layer and its activation, by their names. */
export interface Normalizations {
  /** A batch normalization whose shift is the last thing before the activation, or before `rows`. */
  readonly batch?: string | undefined;
  /** A layer normalization. */
  readonly rows?: string;
  /** A batch normalization behind that one, whose shift is the last thing before the activation. */
  readonly last?: string | undefined;
  /** Nothing scales behind `rows`. */
  readonly isRowsLast?: boolean;
  /** Of `last`, where it is all that scales behind `rows`. */
  readonly lastEpsilon?: number | undefined;
}

/** So much of a number, or of a thousandth, is it changed by at most to see what hangs on the numbers. */
const NUDGE = 0.01;
const NUDGED_ALWAYS = 1e-3;

/** The same with each number a little larger, all of them by other shares: variances stay at least 0. */
function nudged(weights: LiveWeights): LiveWeights {
  const random = mulberry32(1);
  const nudge = (value: number) => value + NUDGE * random() * Math.max(Math.abs(value), NUDGED_ALWAYS);
  return withData(weights, ({ data }) => data.map(nudge));
}

/** The layers of a model, read once: they stay as they are while it trains. */
export class LiveChain {
  private readonly chain: readonly LayerConfig[];
  private readonly byName: ReadonlyMap<string, Layer>;
  /** Those that have weights. */
  private readonly layers: readonly Layer[];
  private readonly isFolded: boolean;

  /** @throws RelumineError "unsupported" for what is no chain of dense layers */
  constructor(readonly model: Model) {
    this.chain = readConfig(model.toJSON(undefined, false), checkKnown);
    this.byName = layersByName(model);
    this.layers = this.chain.map(({ name }) => this.layer(name)).filter(({ weights }) => weights.length > 0);
    this.isFolded = this.chain.some(({ className }) => FOLDED.has(className));
  }

  private layer(name: string): Layer {
    return this.byName.get(name)!;
  }

  /** The layers that it is a chain of. */
  get chained(): readonly Layer[] {
    return this.chain.map(({ name }) => this.layer(name));
  }

  /** The weights as they are now. */
  async weights(): Promise<LiveWeights> {
    return new Map(await Promise.all(this.layers.map(readLayer)));
  }

  /** Those that the layers below the last have something of, for `again`. */
  async weightsBelow(last: ImportedLayer): Promise<LiveWeights> {
    if (this.isFolded) return this.weights();
    return new Map(await Promise.all(this.layers.filter(({ name }) => name !== last.name).map(readLayer)));
  }

  /**
   * What the model computes with these weights.
   * @throws RelumineError "unsupported"; "value" for numbers that are not finite
   */
  value(weights: LiveWeights): HeadedValue {
    return valueOfLayers(this.chain, sourceOf(weights));
  }

  /**
   * What a sum makes of it must not hang on the numbers that the weights have now, as with two normalizations that are
   * equal until training parts them, one on each side.
   * @param layers the model's, with these weights
   * @throws RelumineError "unsupported"
   */
  checkStructure(weights: LiveWeights, layers: readonly ImportedLayer[]): void {
    const sum = this.chain.find(({ className }) => className === "Add");
    if (sum === undefined) return;
    const shown = (all: readonly ImportedLayer[]) =>
      JSON.stringify(all.map(({ name, activation, residual }) => [name, activation.name, residual]));
    let path = layerPath(sum);
    try {
      if (shown(layersOf(this.value(nudged(weights)).value).layers) === shown(layers)) return;
    } catch (error) {
      if (!(error instanceof RelumineError) || error.code !== "unsupported") throw error;
      path = error.path;
    }
    const expected = "to be a sum of a layer and what it is fed, whatever numbers training gives the weights";
    throw new RelumineError("unsupported", path, expected, "one by the numbers that they have now alone");
  }

  /**
   * The layers as they are with these weights; where nothing folds, the weights themselves, and layers of which none
   * were read as they were.
   * @param before as they were with others
   * @throws RelumineError "value" or "format" for numbers that are not finite
   */
  again(before: readonly ImportedLayer[], weights: LiveWeights): readonly ImportedLayer[] {
    if (this.isFolded) return layersOf(this.value(weights).value).layers;
    return before.map((layer) => {
      const name = layer.name!;
      if (!weights.has(name)) return layer;
      const [kernel, bias] = ["kernel", "bias"].map((part) => weightOf(weights, name, part)?.data);
      return { ...layer, kernel: kernel!, bias: bias ?? layer.bias };
    });
  }

  /** A layer's configuration, in the words of Keras. */
  configOf(name: string): JsonObject {
    return this.chain.find((layer) => layer.name === name)!.config;
  }

  /** What a Dense layer's numbers go through up to the next Dense layers and sums, in the chain's order. */
  private behind(name: string): readonly LayerConfig[] {
    const { chain } = this;
    const start = chain.findIndex((layer) => layer.name === name);
    const reached = new Set([chain[start].path]);
    return chain.slice(start + 1).filter(({ className, feeders, path }) => {
      if (className === "Dense" || className === "Add" || !feeders.some((each) => reached.has(each))) return false;
      reached.add(path);
      return true;
    });
  }

  private isLinear(name: string): boolean {
    const { activation = "linear" } = this.configOf(name);
    return activation === null || activation === "linear";
  }

  /** The layer whose field `activation` is that of a Dense layer: itself, or an Activation behind it. */
  activationBehind(name: string): Layer {
    if (!this.isLinear(name)) return this.layer(name);
    const all = this.behind(name).filter(({ className }) => ACTIVATIONS.has(className));
    const bent = all.filter((layer) => layer.className !== "Activation" || !this.isLinear(layer.name));
    const [found, ...more] = bent.length > 0 ? bent : all.slice(0, 1);
    if (found?.className === "Activation" && more.length === 0) return this.layer(found.name);
    throw new RelumineError(
      "unsupported",
      `the activation of layer ${describe(name)}`,
      "to be its own, or that of an Activation layer",
      more.length > 0 ? `those of ${more.length + 1} layers` : (found?.className ?? "none"),
      "Build the model with another layer there, and give that the weights: twin.setWeights(model.getWeights())",
    );
  }

  /** The layers whose shifts can be written that lie between a Dense layer and its activation. */
  normalizationsBehind(name: string): Normalizations {
    if (!this.isLinear(name)) return {};
    const behind = this.behind(name);
    const end = behind.findIndex(({ className }) => ACTIVATIONS.has(className));
    const between = behind.slice(0, end < 0 ? undefined : end).filter(({ className }) => FOLDED.has(className));
    const place = between.findIndex(({ className }) => className === "LayerNormalization");
    const batchAtEnd = (layers: readonly LayerConfig[]): string | undefined =>
      layers.at(-1)?.className === "BatchNormalization" ? layers.at(-1)!.name : undefined;
    if (place < 0) return { batch: batchAtEnd(between) };
    const [{ name: rows }, scales] = [between[place], between.slice(place + 1)];
    const last = batchAtEnd(scales);
    const lastEpsilon = last !== undefined && scales.length === 1 ? epsilonOf(scales[0]) : undefined;
    return { batch: batchAtEnd(between.slice(0, place)), rows, last, isRowsLast: scales.length === 0, lastEpsilon };
  }

  /** The slopes of the PReLU behind a Dense layer. */
  slopesBehind(name: string, weights: LiveWeights): LiveWeight {
    const layer = this.behind(name).find(({ className }) => className === "PReLU")!;
    return weightOf(weights, layer.name, "alpha")!;
  }
}
