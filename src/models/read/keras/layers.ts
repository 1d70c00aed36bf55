// Keras layers as a chain: what each of them does to the values, with weights from wherever they lie.
import { describe } from "../../../core/checks.js";
import { RelumineError } from "../../../core/errors.js";
import { Budget, LEAST_BUDGET } from "../../chain/budget.js";
import { add, kink, layerNorm, smooth } from "../../chain/combine.js";
import { chainOfHeaded, type Head, type HeadedValue, type ReadChain, withHead } from "../../chain/head.js";
import { refuse } from "../../chain/refuse.js";
import { type Keep, momentumOf, TrainingParts } from "../../chain/training-parts.js";
import { type Affine, checkWeights, identity, scale, zip } from "../../chain/value.js";
import { productOf } from "../../../arrays/numbers.js";
import type { NamedTensor } from "../../../arrays/tensor.js";
import { kernelInitializerOf } from "./training.js";
import { type LayerConfig, layerPath } from "./config.js";

/** A weight that a layer must have. */
export interface Wanted {
  readonly name: string;
  readonly shape: readonly number[];
}

/** Where the weights lie: all that are wanted, and no more, in their order. */
export type WeightSource = (layer: LayerConfig, wanted: readonly Wanted[]) => readonly NamedTensor[];

interface State {
  readonly value: Affine;
  /** Of a row. */
  readonly shape: readonly number[];
  readonly head?: Head;
  readonly budget: Budget;
  readonly parts: TrainingParts;
}

type Apply = (layer: LayerConfig, state: State, weights: WeightSource) => State;

/** Of a layer that says nothing: Keras' own. */
const LEAKY = { layer: 0.3, byName: 0.2 };
const EPSILON = 1e-3;
const MOMENTUM = 0.99;
const MOST_UNITS = 2 ** 30;
/** Numbers that are made for each unit that is scaled: factors and shifts, and those of the value that they go into. */
const WORK = 4;

function numberOf({ config, ...layer }: LayerConfig, names: readonly string[], otherwise: number): number {
  const name = names.find((each) => config[each] !== undefined && config[each] !== null);
  const value = name === undefined ? otherwise : config[name];
  if (typeof value === "number" && Number.isFinite(Math.fround(value))) return value;
  // Keras 3 writes arrays as objects of a class
  throw refuse(layerPath({ config, ...layer }), `${name} that is no number`);
}

function activate(layer: LayerConfig, name: unknown, state: State): State {
  const { value } = state;
  const by = (result: Affine): State => ({ ...state, value: result });
  switch (name) {
    case "linear":
    case null:
    case undefined:
      return state;
    case "relu":
      return by(kink(value, 0));
    case "leaky_relu":
      return by(kink(value, LEAKY.byName));
    case "elu":
      return by(smooth("elu", value, 1));
    case "selu":
    case "gelu":
    case "softplus":
    case "sigmoid":
    case "tanh":
      return by(smooth(name, value));
    case "silu":
    case "swish":
      return by(smooth("silu", value));
    case "softmax":
      return { ...state, head: "softmax" };
    case "log_softmax":
    case "logSoftmax":
      return { ...state, head: "logSoftmax" };
    default: {
      const words = typeof name === "string" ? name : JSON.stringify(name).slice(0, 120);
      throw refuse(
        layerPath(layer),
        `the activation ${words}`,
        "Train with an activation that is there: relu, leakyRelu, elu, gelu, silu",
      );
    }
  }
}

function unitsOf(layer: LayerConfig): number {
  const { units } = layer.config;
  if (Number.isSafeInteger(units) && (units as number) > 0 && (units as number) <= MOST_UNITS) return units as number;
  throw new RelumineError(
    "format",
    `the units of ${layerPath(layer)}`,
    "to be an integer of at least 1",
    describe(units),
  );
}

/** The axis, of one or a list of one, is the last. */
function checkLast(layer: LayerConfig, { shape }: State): void {
  const { axis = -1 } = layer.config;
  const [only, ...more] = Array.isArray(axis) ? (axis as unknown[]) : [axis];
  if (more.length > 0 || (only !== -1 && only !== shape.length))
    throw refuse(layerPath(layer), `the axis ${describe(axis)}, which is not the last`);
}

const tile = (vector: Float64Array, count: number): Float64Array => {
  const tiled = new Float64Array(vector.length * count);
  for (let i = 0; i < count; i++) tiled.set(vector, i * vector.length);
  return tiled;
};

/** How often numbers of the last axis stand behind each other in a row. */
function timesOf({ shape, budget }: State): number {
  const times = productOf(shape.slice(0, -1));
  budget.spend(WORK * times * shape.at(-1)!);
  return times;
}

/** (v - mean)/sqrt(variance) and the like, along the last axis. */
function scaled(layer: LayerConfig, state: State, a: Float64Array, b: Float64Array): State {
  const times = timesOf(state);
  checkWeights(`the numbers of ${layerPath(layer)}`, a);
  checkWeights(`the numbers of ${layerPath(layer)}`, b);
  return { ...state, value: scale(state.value, tile(a, times), tile(b, times)) };
}

const dense: Apply = (layer, state, weights) => {
  const { config } = layer;
  if (state.shape.length !== 1)
    throw refuse(
      layerPath(layer),
      `values of ${state.shape.length + 1} axes: a dense layer along the last of them`,
      "Flatten the rows first",
    );
  if (config.quantization_config || config.lora_rank)
    throw refuse(layerPath(layer), "quantized or adapted weights (int8, LoRA)");
  const [inputs, units] = [state.shape[0], unitsOf(layer)];
  const hasBias = config.use_bias !== false;
  const wanted = [{ name: "kernel", shape: [inputs, units] }, ...(hasBias ? [{ name: "bias", shape: [units] }] : [])];
  const [kernel, bias] = weights(layer, wanted);
  const kernelInitializer = kernelInitializerOf(config);
  const value = identity({
    kind: "dense",
    units,
    name: layer.name,
    input: state.value,
    inputs,
    kernel: kernel.data,
    ...(kernelInitializer !== undefined && { kernelInitializer }),
  });
  return activate(layer, config.activation, {
    ...state,
    shape: [units],
    value: bias ? scale(value, 1, bias.data) : value,
  });
};

/** Of a normalization. */
export const epsilonOf = (layer: LayerConfig): number => numberOf(layer, ["epsilon"], EPSILON);

const batchNormalization: Apply = (layer, state, weights) => {
  checkLast(layer, state);
  const { config } = layer;
  const shape = [state.shape.at(-1)!];
  const parts = [
    config.scale !== false && "gamma",
    config.center !== false && "beta",
    "moving_mean",
    "moving_variance",
  ];
  const names = parts.filter((name) => name !== false);
  const found = new Map(
    weights(
      layer,
      names.map((name) => ({ name, shape })),
    ).map(({ data }, index) => [names[index], data]),
  );
  const times = timesOf(state);
  const along = (name: string) => found.get(name) && tile(found.get(name)!, times);
  const [mean, variance] = [along("moving_mean")!, along("moving_variance")!];
  const numbers = { gamma: along("gamma"), beta: along("beta"), mean, variance };
  const epsilon = epsilonOf(layer);
  const momentum = momentumOf(numberOf(layer, ["momentum"], MOMENTUM));
  const path = layerPath(layer);
  return { ...state, value: state.parts.batchNorm(state.value, layer.name, path, numbers, { epsilon, momentum }) };
};

const dropout: Apply = (layer, state) => {
  const { noise_shape: shape, rate } = layer.config;
  const isPlain = state.shape.length === 1 && (shape ?? null) === null; // a shape says what is set to 0 together
  const share = isPlain && typeof rate === "number" ? rate : NaN;
  return { ...state, value: state.parts.dropout(state.value, layer.name, share) };
};

const noise: Apply = (layer, state) => {
  state.parts.noise(layer.name);
  return state;
};

const layerNormalization: Apply = (layer, state, weights) => {
  checkLast(layer, state);
  const { config } = layer;
  if (state.shape.length !== 1) throw refuse(layerPath(layer), `values of ${state.shape.length + 1} axes`);
  if (config.rms_scaling) throw refuse(layerPath(layer), "a normalization by the root mean square (rms_scaling)");
  const wanted = [...(config.scale === false ? [] : ["gamma"]), ...(config.center === false ? [] : ["beta"])];
  const shape = [state.shape[0]];
  const found = weights(
    layer,
    wanted.map((name) => ({ name, shape })),
  );
  const numbers = Object.fromEntries(wanted.map((name, index) => [name, found[index].data]));
  for (const data of Object.values(numbers)) checkWeights(`the numbers of ${layerPath(layer)}`, data);
  return { ...state, value: layerNorm(state.value, { epsilon: epsilonOf(layer), ...numbers }) };
};

/** The smallest deviation that Keras divides by. */
const LEAST_DEVIATION = 1e-7;

const normalization: Apply = (layer, state, weights) => {
  checkLast(layer, state);
  const { config } = layer;
  if (config.invert) throw refuse(layerPath(layer), "an inverted normalization");
  const isGiven = (config.mean ?? null) !== null || (config.variance ?? null) !== null;
  if (isGiven) throw refuse(layerPath(layer), "a normalization by numbers of its config");
  const shape = [state.shape.at(-1)!];
  const [mean, variance] = weights(layer, [
    { name: "mean", shape },
    { name: "variance", shape },
  ]);
  const a = variance.data.map((each) => 1 / Math.max(Math.sqrt(each), LEAST_DEVIATION));
  return scaled(
    layer,
    state,
    a,
    zip((m, each) => -m * each, mean.data, a),
  );
};

const rescaling: Apply = (layer, state) => {
  state.budget.spend(WORK * Math.max(state.value.a.length, state.value.b.length));
  return {
    ...state,
    value: scale(state.value, numberOf(layer, ["scale"], NaN), numberOf(layer, ["offset"], 0)),
  };
};

const relu: Apply = (layer, state) => {
  const { max_value: most = null, threshold = 0 } = layer.config;
  if (most !== null || (layer.config.maxValue ?? null) !== null)
    throw refuse(
      layerPath(layer),
      `a ReLU with max_value ${describe(most)}`,
      "Train with a ReLU without an upper limit",
    );
  if (threshold !== 0 && threshold !== null)
    throw refuse(layerPath(layer), `a ReLU with threshold ${describe(threshold)}`);
  return { ...state, value: kink(state.value, numberOf(layer, ["negative_slope"], 0)) };
};

const prelu: Apply = (layer, state, weights) => {
  const { shared_axes: shared } = layer.config;
  if (state.shape.length !== 1 || (Array.isArray(shared) && shared.length > 0))
    throw refuse(layerPath(layer), "a PReLU along several axes, or with shared ones");
  const [alpha] = weights(layer, [{ name: "alpha", shape: state.shape }]);
  return { ...state, value: kink(state.value, alpha.data, true) };
};

const softmax: Apply = (layer, state) => {
  checkLast(layer, state);
  return { ...state, head: "softmax" };
};

const still: Apply = (_layer, state) => state;

const inputShape = (given: unknown): readonly number[] | undefined => {
  if (!Array.isArray(given)) return undefined;
  const sizes = (given as unknown[]).slice(1);
  return sizes.length > 0 && sizes.every((size) => Number.isSafeInteger(size) && (size as number) > 0)
    ? (sizes as number[])
    : undefined;
};

const reshape: Apply = (layer, state) => {
  const target = layer.config.target_shape;
  const sizes = inputShape([null, ...(Array.isArray(target) ? (target as unknown[]) : [])]);
  if (sizes === undefined || productOf(sizes) !== productOf(state.shape))
    throw refuse(layerPath(layer), "another shape than of as many numbers");
  return { ...state, shape: sizes };
};

const flatten: Apply = (layer, state) => {
  const { data_format: format } = layer.config;
  // with channels first Keras moves them to the end before it flattens
  if (state.shape.length > 1 && /first/i.test(String(format)))
    throw refuse(layerPath(layer), `the data format ${describe(format)}, which changes the order of the numbers`);
  return { ...state, shape: [productOf(state.shape)] };
};

const LAYERS: ReadonlyMap<string, Apply> = new Map<string, Apply>([
  ["InputLayer", still],
  ["Dense", dense],
  ["Activation", (layer, state) => activate(layer, layer.config.activation, state)],
  ["ReLU", relu],
  [
    "LeakyReLU",
    (layer, state) => ({
      ...state,
      value: kink(state.value, numberOf(layer, ["negative_slope", "alpha"], LEAKY.layer)),
    }),
  ],
  ["PReLU", prelu],
  ["ELU", (layer, state) => ({ ...state, value: smooth("elu", state.value, numberOf(layer, ["alpha"], 1)) })],
  ["Softmax", softmax],
  ["BatchNormalization", batchNormalization],
  ["LayerNormalization", layerNormalization],
  ["Normalization", normalization],
  ["Rescaling", rescaling],
  ["Dropout", dropout],
  ["AlphaDropout", noise],
  ["GaussianDropout", noise],
  ["GaussianNoise", noise],
  ["ActivityRegularization", still],
  ["Identity", still],
  ["Flatten", flatten],
  ["Reshape", reshape],
  [
    "Add",
    (layer) => {
      throw refuse(layerPath(layer), "a sum of a single value");
    },
  ],
]);

/** What a model may have behind its head. */
const STILL: readonly Apply[] = [still, dropout, noise];
const BRANCHES = ["Concatenate", "Multiply", "Average", "Maximum", "Subtract", "Dot"];

/** Whether a chain may have a layer. */
export function checkKnown(layer: Pick<LayerConfig, "className" | "name" | "config">): void {
  const { className, config } = layer;
  if (!LAYERS.has(className)) {
    const isBranch = BRANCHES.includes(className);
    throw refuse(
      layerPath(layer),
      `${className.slice(0, 60)}, ${isBranch ? "a branch or skip connection" : "a layer that none has"}`,
      "Export the dense layers alone, as a model of their own",
    );
  }
  if (/int8|int4|float8|Quantized/.test(JSON.stringify(config.dtype ?? "")))
    throw refuse(layerPath(layer), "quantized weights (int8)");
}

const SKIP = "which are no layer and what that is fed: a branch or skip connection";

/** A residual layer: of what it gives, and what it is fed. */
function sum(layer: LayerConfig, x: State, y: State): State {
  if (x.head || y.head) throw refuse(layerPath(layer), `a layer behind the ${x.head ?? y.head}`);
  if (x.shape.join() !== y.shape.join())
    throw refuse(
      layerPath(layer),
      `a sum of values of different widths, ${x.shape.join(" x ")} and ${y.shape.join(" x ")}`,
    );
  const value = add(x.value, y.value);
  if (value) return { ...x, value };
  throw refuse(layerPath(layer), `a sum of two values, ${SKIP}`);
}

function startOf(chain: readonly LayerConfig[], parts: TrainingParts): State {
  const { config } = chain[0] ?? { config: {} };
  const shape = inputShape(config.batch_shape) ?? inputShape(config.batch_input_shape);
  if (shape === undefined) throw refuse("the model's input", "a shape that the file leaves open");
  const value = identity({ kind: "input", units: productOf(shape) });
  return { shape, value, budget: new Budget(LEAST_BUDGET), parts };
}

/**
 * What a model's layers compute, one after the other.
 * @param parts takes batch normalizations and dropout
 * @throws RelumineError "unsupported" for what is no chain of dense layers, "format" for weights that do not fit,
 *   "memory" for shapes of far more numbers than its weights have
 */
export function valueOfLayers(
  chain: readonly LayerConfig[],
  weights: WeightSource,
  parts = new TrainingParts(),
): HeadedValue {
  let state = startOf(chain, parts);
  const states = new Map<string, State>();
  for (const layer of chain) {
    const [fed = state, ...others] = layer.feeders.map((path) => states.get(path)!);
    const apply = LAYERS.get(layer.className)!;
    if (fed.head && !STILL.includes(apply)) throw refuse(layerPath(layer), `a layer behind the ${fed.head}`);
    state = others.length > 0 ? sum(layer, fed, others[0]) : apply(layer, fed, weights);
    states.set(layer.path, state);
  }
  if (state.shape.length !== 1) throw refuse("the model's output", `rows of ${state.shape.length} axes`);
  return withHead(state.value, state.head);
}

/** The chain of a model's layers; errors as valueOfLayers has them. */
export function chainOfLayers(chain: readonly LayerConfig[], weights: WeightSource, keep?: Keep): ReadChain {
  const parts = new TrainingParts(keep);
  return chainOfHeaded(valueOfLayers(chain, weights, parts), parts);
}
