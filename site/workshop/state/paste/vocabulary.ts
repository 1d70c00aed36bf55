// What a pasted text may say, and the words for it.
import { RelumineError } from "../../../../src/core/errors.js";
import type { Recipe, StartName } from "../../../training/recipe.js";

/** What a text says; what it does not say is absent. */
export interface Reading {
  /** Hidden layers, or with inputs and outputs before and behind them. */
  readonly sizes: readonly number[];
  /** A program says which of the sizes are inputs and outputs. */
  readonly areHidden: boolean;
  readonly activation?: Recipe["activation"];
  readonly optimizer?: Recipe["optimizer"];
  readonly rate?: number;
  readonly batch?: number;
  readonly decay?: number;
  readonly clip?: number;
  readonly bias?: number;
  readonly seed?: number;
  readonly start?: StartName;
  readonly normalization?: Recipe["normalization"];
  readonly dropout?: number;
  readonly residual?: boolean;
  readonly l1?: number;
  readonly l2?: number;
  readonly schedule?: Recipe["schedule"];
  readonly scheduleEpochs?: number;
  /** What it says that the page has not. */
  readonly leftOut: readonly string[];
}

const PATH = "the pasted text";

export function refusePaste(expected: string, given: string, hint?: string): never {
  throw new RelumineError("format", PATH, expected, given, hint);
}

export const ACTIVATION_WORDS: Readonly<Record<string, Recipe["activation"]>> = {
  relu: "relu",
  leakyrelu: "leakyRelu",
  elu: "elu",
  gelu: "gelu",
  silu: "silu",
  swish: "silu",
  tanh: "tanh",
  sigmoid: "sigmoid",
  logistic: "sigmoid",
};

/** The rates that PyTorch and Keras take where none is said. */
export const OPTIMIZER_WORDS: Readonly<Record<string, readonly [name: Recipe["optimizer"], rate: number]>> = {
  sgd: ["sgd", 0.01],
  momentum: ["momentum", 0.01],
  adam: ["adam", 0.001],
  adamw: ["adam", 0.001],
  rmsprop: ["rmsprop", 0.001],
  nadam: ["nadam", 0.002],
  adamax: ["adamax", 0.002],
  adagrad: ["adagrad", 0.01],
  lion: ["lion", 0.0001],
};

/** Of hidden layers, before their activation. */
export const NORMALIZATION_WORDS: Readonly<Record<string, Recipe["normalization"]>> = {
  batchnorm: "batch",
  batchnormalization: "batch",
  layernorm: "layer",
  layernormalization: "layer",
};

export const SCHEDULE_WORDS: Readonly<Record<string, Recipe["schedule"]>> = {
  cosine: "cosine",
  onecycle: "oneCycle",
};

/** SGD's momentum is 0.9 or none here. */
export function withMomentum(optimizer: Recipe["optimizer"], momentum: number): Recipe["optimizer"] {
  if (momentum === 0 && optimizer !== "momentum") return optimizer;
  const isKnown = momentum === 0.9 && (optimizer === "sgd" || optimizer === "momentum");
  return isKnown ? "momentum" : refusePaste("to have a momentum of 0 or 0.9, of SGD alone", String(momentum));
}
