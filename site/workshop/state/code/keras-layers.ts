// The network of a program for Keras, and what reaches into it: as pytorch-layers.ts has it. Where layers have
// normalization, dropout or what passes them by, each is one layer of its own kind, with a Dense in it.
import type { DenseSpec } from "../../../../src/index.js";
import type { CureName } from "../../../training/changes.js";
import { hasResidual, isResidual, type Recipe } from "../../../training/recipe.js";
import {
  deviationOf,
  everDecays,
  hasBlocks,
  number,
  type ProgramFrame,
  type ProgramTraining,
  type PythonNetwork,
} from "./python.js";
import type { Act } from "./stages.js";

const ACTIVATIONS: Readonly<Record<Recipe["activation"], string>> = {
  relu: '"relu"',
  leakyRelu: "leaky_relu",
  elu: '"elu"',
  gelu: '"gelu"',
  silu: '"silu"',
  tanh: '"tanh"',
  sigmoid: '"sigmoid"',
};

/** Of a kernel, by the package's name for how it starts; what Keras has none of is set afterwards. */
const STARTS: Readonly<Record<string, string>> = {
  heNormal: '"he_normal"',
  heUniform: '"he_uniform"',
  glorotNormal: '"glorot_normal"',
  glorotUniform: '"glorot_uniform"',
  lecunNormal: '"lecun_normal"',
  orthogonal: '"orthogonal"',
  zeros: '"zeros"',
  torchLinear: 'keras.initializers.VarianceScaling(1 / 3, "fan_in", "uniform")',
  asymmetric: '"zeros"',
};

function startText(initializer: DenseSpec["kernelInitializer"]): string {
  if (typeof initializer === "string") return STARTS[initializer];
  return `keras.initializers.RandomNormal(stddev=${deviationOf(initializer)})`;
}

/** Whose decay is a part of the gradient; Keras decays weights apart from it, which is the same for plain SGD alone. */
const COUPLED: readonly Recipe["optimizer"][] = ["momentum", "nadam", "adamax", "adagrad"];

/** Its decay is written as a penalty. */
export function decaysByPenalty(frame: ProgramFrame): boolean {
  return COUPLED.includes(frame.recipe.optimizer) && everDecays(frame);
}

const hasPenalty = ({ l1, l2 }: Recipe): boolean => l1 > 0 || l2 > 0;

/** `penalty` of all parameters, half of a decay, and `kernel_penalty` of kernels alone. */
export function penaltyLines(frame: ProgramFrame): string[] {
  const { l1, l2, decay } = frame.recipe;
  const isOfAll = decaysByPenalty(frame);
  const all = isOfAll ? [`penalty = keras.regularizers.L2(${number(decay / 2)})  # half of the weight decay`] : [];
  if (!hasPenalty(frame.recipe)) return all;
  const square = isOfAll ? `${number(l2)} + penalty.l2` : number(l2);
  return [...all, `kernel_penalty = keras.regularizers.L1L2(l1=${number(l1)}, l2=${square})`];
}

/** Before a stage with another decay. */
export function decayLines(frame: ProgramFrame, decay: number): string[] {
  if (!decaysByPenalty(frame)) return [`optimizer.weight_decay = ${number(decay)}`];
  const kernel = hasPenalty(frame.recipe) ? [`kernel_penalty.l2 = ${number(frame.recipe.l2)} + penalty.l2`] : [];
  return [`penalty.l2 = ${number(decay / 2)}`, ...kernel];
}

function blockLines(frame: ProgramFrame): string[] {
  const { recipe } = frame;
  const { activation, normalization, dropout } = recipe;
  const isResidualSomewhere = hasResidual(recipe);
  const penalty = decaysByPenalty(frame) ? ", beta_regularizer=penalty, gamma_regularizer=penalty" : "";
  const norm = {
    none: undefined,
    batch: `keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-5${penalty})`,
    layer: `keras.layers.LayerNormalization(epsilon=1e-5${penalty})`,
  }[normalization];
  const z = {
    none: "self.dense(x)",
    batch: "self.norm(self.dense(x), training=training)",
    layer: "self.norm(self.dense(x))",
  }[normalization];
  const sum = "self.activation(self.preactivation(x, training))";
  const own = dropout > 0 ? `self.dropout(${sum}, training=training)` : sum;
  return [
    "class Layer(keras.layers.Layer):",
    `    def __init__(self, dense${isResidualSomewhere ? ", residual=False" : ""}):`,
    "        super().__init__()",
    "        self.dense = dense",
    ...(norm ? [`        self.norm = ${norm}`] : []),
    `        self.activation = keras.activations.get(${ACTIVATIONS[activation]})`,
    ...(dropout > 0 ? [`        self.dropout = keras.layers.Dropout(${dropout})`] : []),
    ...(isResidualSomewhere ? ["        self.residual = residual"] : []),
    "",
    "    def preactivation(self, x, training=False):",
    `        return ${z}`,
    "",
    "    def call(self, x, training=False):",
    ...(isResidualSomewhere
      ? [`        a = ${own}`, "        return a + x if self.residual else a"]
      : [`        return ${own}`]),
    "",
  ];
}

export function modelLines(frame: ProgramFrame, { sizes }: PythonNetwork, { spec }: ProgramTraining): string[] {
  const { recipe } = frame;
  const { activation, bias, layers } = recipe;
  const isBlock = hasBlocks(recipe);
  const ofAll = decaysByPenalty(frame) ? "penalty" : undefined;
  const ofKernel = hasPenalty(recipe) ? "kernel_penalty" : ofAll;
  const penalty = (ofKernel ? `, kernel_regularizer=${ofKernel}` : "") + (ofAll ? `, bias_regularizer=${ofAll}` : "");
  const biasText = bias === 0 ? "" : `, bias_initializer=keras.initializers.Constant(${bias})`;
  const kernel = (layer: number) => `kernel_initializer=${startText(spec.layers[layer].kernelInitializer)}`;
  const hidden = layers.map((units, layer) => {
    const rest = `${kernel(layer)}${biasText}${penalty}`;
    if (!isBlock) return `    keras.layers.Dense(${units}, activation=${ACTIVATIONS[activation]}, ${rest}),`;
    return `    Layer(keras.layers.Dense(${units}, ${rest})${isResidual(recipe, layer) ? ", residual=True" : ""}),`;
  });
  const last = layers.length;
  return [
    ...(isBlock ? blockLines(frame) : []),
    "model = keras.Sequential([",
    `    keras.Input((${sizes[0]},)),`,
    ...hidden,
    `    keras.layers.Dense(${sizes.at(-1)}, ${kernel(last)}${penalty}),`,
    "])",
  ];
}

/** The Dense of a layer. */
export function denseOf(recipe: Recipe, layer: number): string {
  return `model.layers[${layer}]${hasBlocks(recipe) && layer < recipe.layers.length ? ".dense" : ""}`;
}

/** What a loop over all of them goes through. */
export const allDense = (recipe: Recipe): string =>
  hasBlocks(recipe) ? '[getattr(layer, "dense", layer) for layer in model.layers]' : "model.layers";

/** A number that is written by hand. */
export function editLines(recipe: Recipe, { what, unit, input, value }: Act): string[] {
  const { layer, unit: place } = unit!;
  if (what === "setGamma" || what === "setBeta") {
    const variable = `model.layers[${layer}].norm.${what === "setGamma" ? "gamma" : "beta"}`;
    return [`change(${variable}, ${place}, ${number(value!)})`];
  }
  const dense = denseOf(recipe, layer);
  return [
    `kernel, bias = map(np.array, ${dense}.get_weights())`,
    `${what === "setBias" ? `bias[${place}]` : `kernel[${input}, ${place}]`} = ${number(value!)}`,
    `${dense}.set_weights([kernel, bias])`,
  ];
}

/** Used by cures of such layers, by the calibration, and where gamma or beta are written by hand. */
export const CHANGE = [
  "def change(variable, at, value):",
  "    numbers = np.array(keras.ops.convert_to_numpy(variable))",
  "    numbers[at] = value",
  "    variable.assign(numbers)",
  "",
];

const PLAIN_CURES: Readonly<Record<CureName, readonly string[]>> = {
  liftBias: [
    "def lift_bias():  # of each unit that is dead, until a tenth of the rows open it; the outputs stay as they are",
    "    a = x",
    "    for layer, following in zip(model.layers[:-1], model.layers[1:]):",
    "        kernel, bias, next_kernel, next_bias = map(np.array, layer.get_weights() + following.get_weights())",
    "        z = a @ kernel + bias",
    "        dead = (z <= 0).all(axis=0)",
    "        bias[dead] -= np.quantile(z[:, dead], 0.9, axis=0)",
    "        next_kernel[dead] = 0",
    "        layer.set_weights([kernel, bias])",
    "        following.set_weights([next_kernel, next_bias])",
    "        a = keras.ops.convert_to_numpy(layer(a))",
  ],
  recycle: [
    "def recycle():  # new incoming weights for dormant units, outgoing ones of 0 (ReDo, Sokar et al. 2023)",
    "    a = x",
    "    for layer, following in zip(model.layers[:-1], model.layers[1:]):",
    "        kernel, bias, next_kernel, next_bias = map(np.array, layer.get_weights() + following.get_weights())",
    "        size = np.abs(keras.ops.convert_to_numpy(layer(a))).mean(axis=0)",
    "        dormant = size <= 0.025 * (size.mean() + 1e-9)",
    "        kernel[:, dormant] = np.random.normal(size=(len(kernel), dormant.sum())) * (2 / len(kernel)) ** 0.5",
    "        bias[dormant] = 0",
    "        next_kernel[dormant] = 0",
    "        layer.set_weights([kernel, bias])",
    "        following.set_weights([next_kernel, next_bias])",
    "        a = keras.ops.convert_to_numpy(layer(a))",
  ],
  leakyRelu: [
    "def to_leaky_relu():  # from here on",
    "    for layer in model.layers[:-1]:",
    "        layer.activation = leaky_relu",
  ],
};

/** What a unit puts out passes the next layer by, or its inputs it itself: it is left as it is. */
const PASS = [
  '        if layer.residual or getattr(following, "residual", False):',
  "            a = keras.ops.convert_to_numpy(layer(a))",
  "            continue",
];

function blockCures(recipe: Recipe): Readonly<Record<CureName, readonly string[]>> {
  const { normalization } = recipe;
  const isNormalized = normalization !== "none";
  const head = [
    "    a = x",
    "    for layer, following in zip(model.layers[:-1], model.layers[1:]):",
    ...(hasResidual(recipe) ? PASS : []),
  ];
  const hide = (units: string) => `        change(getattr(following, "dense", following).kernel, ${units}, 0)`;
  const z = "keras.ops.convert_to_numpy(layer.preactivation(a))";
  const redraw = [
    "        inputs = a.shape[1]",
    "        drawn = np.random.normal(size=(inputs, dormant.sum())) * (2 / inputs) ** 0.5",
    "        change(layer.dense.kernel, (slice(None), dormant), drawn)",
    "        change(layer.dense.bias, dormant, 0)",
  ];
  const running = [
    "        z = keras.ops.convert_to_numpy(layer.dense(a))[:, dormant]",
    "        change(layer.norm.moving_mean, dormant, z.mean(axis=0))",
    "        change(layer.norm.moving_variance, dormant, z.var(axis=0))",
  ];
  return {
    liftBias: [
      `def lift_bias():  # of each unit that is dead, until a tenth of the rows open it${isNormalized ? ", by its beta" : ""}`,
      ...head,
      `        z = ${z}`,
      "        dead = (z <= 0).all(axis=0)",
      `        shift = layer.${isNormalized ? "norm.beta" : "dense.bias"}`,
      "        own = keras.ops.convert_to_numpy(shift)[dead]",
      "        change(shift, dead, own - np.quantile(z[:, dead], 0.9, axis=0))",
      hide("dead"),
      "        a = keras.ops.convert_to_numpy(layer(a))",
    ],
    recycle: [
      "def recycle():  # new incoming weights for dormant units, outgoing ones of 0 (ReDo, Sokar et al. 2023)",
      ...head,
      "        size = np.abs(keras.ops.convert_to_numpy(layer.activation(layer.preactivation(a)))).mean(axis=0)",
      "        dormant = size <= 0.025 * (size.mean() + 1e-9)",
      ...(normalization === "layer" ? [] : redraw), // there all units share the mean and spread of a row
      ...(isNormalized
        ? ["        change(layer.norm.gamma, dormant, 1)", "        change(layer.norm.beta, dormant, 0)"]
        : []),
      ...(normalization === "batch" ? running : []),
      hide("dormant"),
      "        a = keras.ops.convert_to_numpy(layer(a))",
    ],
    leakyRelu: PLAIN_CURES.leakyRelu,
  };
}

export const curesFor = (recipe: Recipe): Readonly<Record<CureName, readonly string[]>> =>
  hasBlocks(recipe) ? blockCures(recipe) : PLAIN_CURES;

const CALIBRATION = "kernels to a deviation of 1, each unit open on half of the rows (LSUV, Mishkin and Matas 2016)";

const PLAIN_CALIBRATION = [
  `a = x  # ${CALIBRATION}`,
  "for layer in model.layers:",
  "    kernel, bias = layer.get_weights()",
  "    kernel = kernel / (a @ kernel).var(axis=0).mean() ** 0.5",
  "    if layer is not model.layers[-1]:",
  "        bias = -np.quantile(a @ kernel, 0.5, axis=0)",
  "    layer.set_weights([kernel, bias])",
  "    a = keras.ops.convert_to_numpy(layer(a))",
];

/** Normalized layers need no other size of their weights; running statistics are those of all rows. */
function blockCalibration({ normalization }: Recipe): string[] {
  const isNormalized = normalization !== "none";
  const scale = (kernel: string) => `${kernel}.assign(${kernel} / (a @ np.array(${kernel})).var(axis=0).mean() ** 0.5)`;
  const shift = isNormalized ? "layer.norm.beta" : "layer.dense.bias";
  return [
    `a = x  # ${CALIBRATION}`,
    "for layer in model.layers[:-1]:",
    ...(isNormalized
      ? []
      : [`    ${scale("layer.dense.kernel")}`, "    layer.dense.bias.assign(layer.dense.bias * 0)"]),
    ...(normalization === "batch"
      ? [
          "    z = keras.ops.convert_to_numpy(layer.dense(a))",
          "    layer.norm.moving_mean.assign(z.mean(axis=0))",
          "    layer.norm.moving_variance.assign(z.var(axis=0))",
        ]
      : []),
    "    z = keras.ops.convert_to_numpy(layer.preactivation(a))",
    `    ${shift}.assign(-np.quantile(z, 0.5, axis=0))`,
    "    a = keras.ops.convert_to_numpy(layer(a))",
    scale("model.layers[-1].kernel"),
  ];
}

export const calibrationLines = (recipe: Recipe): string[] =>
  hasBlocks(recipe) ? blockCalibration(recipe) : PLAIN_CALIBRATION;

/** How many units of each layer are dead. */
export function deadLines(recipe: Recipe): string[] {
  const told = (a: string) =>
    `    print(f"{(${a} <= 0).all(axis=0).sum()} of {${a}.shape[1]} units are closed on every row")`;
  const next = "    a = keras.ops.convert_to_numpy(layer(a))";
  const loop = ["a = x", "for layer in model.layers[:-1]:"];
  if (!hasBlocks(recipe)) return [...loop, next, told("a")];
  return [...loop, "    z = keras.ops.convert_to_numpy(layer.preactivation(a))", told("z"), next];
}
