// What the page calls activations, optimizers, starts and the like.
import {
  LARGE_START,
  type OptimizerName,
  type Recipe,
  type ResetName,
  type ScheduleName,
  SMALL_START,
  type StartName,
} from "../../training/recipe.js";

export const ACTIVATION_TEXTS: Readonly<Record<Recipe["activation"], string>> = {
  relu: "ReLU",
  leakyRelu: "Leaky ReLU",
  elu: "ELU",
  gelu: "GELU",
  silu: "SiLU",
  tanh: "tanh",
  sigmoid: "sigmoid",
};
export const OPTIMIZER_TEXTS: Readonly<Record<OptimizerName, string>> = {
  sgd: "SGD",
  momentum: "SGD, momentum 0.9",
  adam: "Adam",
  nadam: "NAdam",
  adamax: "AdaMax",
  rmsprop: "RMSprop",
  adagrad: "Adagrad",
  lion: "Lion",
};
export const START_TEXTS: Readonly<Record<StartName, string>> = {
  usual: "usual (He or Glorot)",
  zeros: "all zero",
  small: `too small (± ${SMALL_START})`,
  large: `too large (± ${LARGE_START})`,
  heNormal: "He, normal",
  heUniform: "He, uniform",
  glorotNormal: "Glorot, normal",
  glorotUniform: "Glorot, uniform",
  lecunNormal: "LeCun, normal",
  orthogonal: "orthogonal",
  asymmetric: "asymmetric",
  torchLinear: "PyTorch's default",
  calibrated: "calibrated on the data",
};
export const NORMALIZATION_TEXTS: Readonly<Record<Recipe["normalization"], string>> = {
  none: "none",
  batch: "batch",
  layer: "layer",
};
export const SCHEDULE_TEXTS: Readonly<Record<ScheduleName, string>> = {
  constant: "constant",
  cosine: "cosine, down to 0",
  warmup: "warm-up, then constant",
  oneCycle: "one cycle",
};
export const RESET_TEXTS: Readonly<Record<ResetName, string>> = {
  none: "none",
  recycleDormant: "dormant ones (ReDo)",
  continualBackprop: "continual backprop",
  selfNormalizedResets: "self-normalized (SNR)",
};
