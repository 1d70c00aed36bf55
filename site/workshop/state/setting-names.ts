// What the page calls activations, optimizers and starts.
import { LARGE_START, type OptimizerName, type Recipe, SMALL_START, type StartName } from "./recipe.js";

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
  rmsprop: "RMSprop",
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
