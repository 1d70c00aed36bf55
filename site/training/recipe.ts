// What is to be trained: all that the controls set and a link contains.
import type { ActivationName } from "../../src/index.js";
import { KERNEL_INITIALIZER_NAMES } from "../../src/network/initializer-spec.js";
import { POINTS } from "../tasks/built-in-tasks.js";
import { COORDINATES, type FeatureName } from "../tasks/features.js";

export const DATA_NAMES = ["spiral", "circle", "xor", "regression", "digits", "textbook", "csv"] as const;
export type DataName = (typeof DATA_NAMES)[number];

/** Data of which features, noise and split can be chosen. */
const PLANES: readonly DataName[] = ["spiral", "circle", "xor", "regression"];
export const isPlane = ({ data }: Pick<Recipe, "data">): boolean => PLANES.includes(data);

export const ACTIVATION_NAMES = [
  "relu",
  "leakyRelu",
  "elu",
  "gelu",
  "silu",
  "tanh",
  "sigmoid",
] as const satisfies readonly ActivationName[];
export const OPTIMIZER_NAMES = ["sgd", "momentum", "adam", "nadam", "adamax", "rmsprop", "adagrad", "lion"] as const;
export type OptimizerName = (typeof OPTIMIZER_NAMES)[number];

/**
 * How weights start: "usual" as suits the activation; "small" and "large" are normal, of one size for all layers;
 * "calibrated" as usual, then each unit scaled and shifted on the data; the others are the package's initializers.
 */
export const START_NAMES = [
  "usual",
  "zeros",
  "small",
  "large",
  ...KERNEL_INITIALIZER_NAMES.filter((name) => name !== "zeros"),
  "calibrated",
] as const;
export type StartName = (typeof START_NAMES)[number];
/** Deviations of the weights. */
export const SMALL_START = 0.01;
export const LARGE_START = 2;

/** Between the sums of a hidden layer and its activation. */
export const NORMALIZATION_NAMES = ["none", "batch", "layer"] as const;
/** How the rate goes over the epochs. */
export const SCHEDULE_NAMES = ["constant", "cosine", "warmup", "oneCycle"] as const;
export type ScheduleName = (typeof SCHEDULE_NAMES)[number];
/** What resets units while the network trains. */
export const RESET_NAMES = ["none", "recycleDormant", "continualBackprop", "selfNormalizedResets"] as const;
export type ResetName = (typeof RESET_NAMES)[number];

export const SCALE_NAMES = ["asIs", "standardized"] as const;

export interface Recipe {
  readonly data: DataName;
  /** Units of the hidden layers. */
  readonly layers: readonly number[];
  readonly activation: (typeof ACTIVATION_NAMES)[number];
  /** The constant that hidden biases start with. */
  readonly bias: number;
  readonly optimizer: OptimizerName;
  readonly rate: number;
  readonly batch: number;
  /** Weight decay; 0: none. RMSprop has none. */
  readonly decay: number;
  /** The norm that gradients are scaled down to; 0: they are left alone. */
  readonly clip: number;
  readonly seed: number;
  /** softmax: the one output of a task with two classes is given a softmax, as textbooks warn against. */
  readonly head: "usual" | "softmax";
  /** Of a table: its numbers as they stand in the file, or standardized. */
  readonly scale: (typeof SCALE_NAMES)[number];
  /** Of a plane: what the network is given of a point, in the order of FEATURE_NAMES. */
  readonly features: readonly FeatureName[];
  /** Of a plane: the deviation of what is added to each point, or to each target that is a number. */
  readonly noise: number;
  /** Of a plane: how many of its 360 points are held out. */
  readonly heldOut: number;
  readonly start: StartName;
  /** Of the hidden layers. */
  readonly normalization: (typeof NORMALIZATION_NAMES)[number];
  /** The share of each hidden layer's activations that a step leaves out; 0: none. */
  readonly dropout: number;
  /** Each hidden layer of as many units as the one below adds that one's outputs to its own. */
  readonly residual: boolean;
  /** What the weights cost, biases aside: l1·Σ|w| + l2·Σw². */
  readonly l1: number;
  readonly l2: number;
  /** Of the rate, which is its highest. */
  readonly schedule: ScheduleName;
  /** Epochs that the schedule takes; the rate stays as it is then. */
  readonly scheduleEpochs: number;
  readonly resets: ResetName;
}

/** What may change while a network trains. */
export const LIVE_NAMES = ["rate", "batch", "decay", "clip"] as const satisfies readonly (keyof Recipe)[];
export type LiveName = (typeof LIVE_NAMES)[number];
export type LiveSettings = Pick<Recipe, LiveName>;

export const MOST_LAYERS = 10;
export const MOST_UNITS = 64;
export const MOST_NOISE = 0.5;
export const LEAST_HELD_OUT = POINTS / 10;
export const MOST_HELD_OUT = POINTS - LEAST_HELD_OUT;
export const MOST_DROPOUT = 0.9;
export const MOST_PENALTY = 10;
export const MOST_SCHEDULE_EPOCHS = 20_000;
export const LEAST_RATE = 1e-4;
export const MOST_RATE = 10;

/** What a link leaves out. */
export const DEFAULTS: Recipe = {
  data: "spiral",
  layers: [10, 8],
  activation: "relu",
  bias: 0,
  optimizer: "sgd",
  rate: 0.8,
  batch: 16,
  decay: 0,
  clip: 0,
  seed: 2,
  head: "usual",
  scale: "asIs",
  features: COORDINATES,
  noise: 0,
  heldOut: POINTS / 3,
  start: "usual",
  normalization: "none",
  dropout: 0,
  residual: false,
  l1: 0,
  l2: 0,
  schedule: "constant",
  scheduleEpochs: 100,
  resets: "none",
};

/** Where deaths decide: within sixty steps the second layer is dead and every digit is given the same answer. */
export const OPENING: Recipe = { ...DEFAULTS, data: "digits", layers: [24, 16], seed: 7 };

/** The recipe when the digits are chosen. */
export const FOR_DIGITS: Recipe = {
  ...DEFAULTS,
  data: "digits",
  layers: [24, 16],
  optimizer: "adam",
  rate: 0.001,
  batch: 32,
  seed: 5,
};

/** Which hidden layers pass their inputs by: not the first, and none of another width than the one below. */
export function isResidual({ layers, residual }: Pick<Recipe, "layers" | "residual">, layer: number): boolean {
  return residual && layer > 0 && layers[layer] === layers[layer - 1];
}

export function hasResidual(recipe: Pick<Recipe, "layers" | "residual">): boolean {
  return recipe.layers.some((_, layer) => isResidual(recipe, layer));
}

/** A layer's inputs pass it by, or its outputs the one above. */
export function isPassedBy(recipe: Pick<Recipe, "layers" | "residual">, layer: number): boolean {
  return isResidual(recipe, layer) || isResidual(recipe, layer + 1);
}

export function sameRecipe(a: Recipe, b: Recipe): boolean {
  return JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
}

function sorted(recipe: Recipe): unknown {
  return Object.entries(recipe).sort(([a], [b]) => (a < b ? -1 : 1));
}
