// The training on the page as a program for Keras 3. Its SGD decays weights apart from the gradient, which is the same
// without momentum; with it an L2 penalty of half the decay does what the package's (and PyTorch's) decay does.
import type { DenseSpec } from "../../../../src/index.js";
import type { CureName } from "../changes.js";
import type { Recipe } from "../recipe.js";
import { startingWeights, startsBiases } from "../start.js";
import {
  ABOUT,
  cureFunctions,
  curesOf,
  dataLines,
  deviationOf,
  everDecays,
  type LossKind,
  networkOf,
  number,
  type ProgramFrame,
  type ProgramTraining,
  type PythonNetwork,
  stageLines,
} from "./python.js";
import { short } from "./rows.js";
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

const LEAKY = ["def leaky_relu(z):", "    return keras.ops.leaky_relu(z, negative_slope=0.01)", ""];

const LOSSES: Readonly<Record<LossKind, string>> = {
  number: "keras.losses.MeanSquaredError()",
  twoClasses: "keras.losses.BinaryCrossentropy(from_logits=True)",
  classes: "keras.losses.SparseCategoricalCrossentropy(from_logits=True)",
};

const TARGETS: Readonly<Record<LossKind, string>> = {
  number: 'np.array(y, dtype="float32").reshape(-1, 1)',
  twoClasses: 'np.array(y, dtype="float32").reshape(-1, 1)',
  classes: 'np.array(y, dtype="int32")',
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

function isPenalized(frame: ProgramFrame): boolean {
  return frame.recipe.optimizer === "momentum" && everDecays(frame);
}

function layerLines(frame: ProgramFrame, { sizes }: PythonNetwork, { spec }: ProgramTraining): string[] {
  const { activation, bias, layers } = frame.recipe;
  const penalty = isPenalized(frame) ? ", kernel_regularizer=penalty, bias_regularizer=penalty" : "";
  const biasText = bias === 0 ? "" : `, bias_initializer=keras.initializers.Constant(${bias})`;
  const kernel = (layer: number) => `kernel_initializer=${startText(spec.layers[layer].kernelInitializer)}`;
  const hidden = layers.map(
    (units, layer) =>
      `    keras.layers.Dense(${units}, activation=${ACTIVATIONS[activation]}, ${kernel(layer)}${biasText}${penalty}),`,
  );
  const last = layers.length;
  return [
    "model = keras.Sequential([",
    `    keras.Input((${sizes[0]},)),`,
    ...hidden,
    `    keras.layers.Dense(${sizes.at(-1)}, ${kernel(last)}${penalty}),`,
    "])",
  ];
}

const TORCH_BIASES = [
  "for layer in model.layers:  # PyTorch draws biases like weights",
  "    kernel, bias = layer.get_weights()",
  "    limit = len(kernel) ** -0.5",
  "    layer.set_weights([kernel, np.random.uniform(-limit, limit, len(bias))])",
];

const ASYMMETRIC = [
  "for layer in model.layers:  # Lu et al. 2019",
  "    kernel, bias = layer.get_weights()",
  "    inputs, units = kernel.shape",
  "    drawn = np.random.normal(size=(inputs + 1, units)) * 0.6007 / inputs ** 0.5",
  "    drawn[np.random.randint(inputs + 1, size=units), np.arange(units)] = np.random.uniform(size=units) ** 0.5",
  "    layer.set_weights([drawn[:-1], drawn[-1] + bias])",
];

const CALIBRATE = [
  "a = x  # kernels to a deviation of 1, each unit open on half of the rows (LSUV, Mishkin and Matas 2016)",
  "for layer in model.layers:",
  "    kernel, bias = layer.get_weights()",
  "    kernel = kernel / (a @ kernel).var(axis=0).mean() ** 0.5",
  "    if layer is not model.layers[-1]:",
  "        bias = -np.quantile(a @ kernel, 0.5, axis=0)",
  "    layer.set_weights([kernel, bias])",
  "    a = keras.ops.convert_to_numpy(layer(a))",
];

function startLines(recipe: Recipe): string[] {
  const own = startingWeights(recipe);
  if (own) {
    const list = (values: Float32Array) => `[${Array.from(values, short).join(", ")}]`;
    const column = (values: Float32Array) => `[${Array.from(values, (value) => `[${short(value)}]`).join(", ")}]`;
    return own.map(
      ({ kernel, bias }, layer) =>
        `model.layers[${layer}].set_weights([np.array(${column(kernel)}), np.array(${list(bias)})])`,
    );
  }
  if (startsBiases(recipe)) return TORCH_BIASES;
  if (recipe.start === "asymmetric") return ASYMMETRIC;
  return recipe.start === "calibrated" ? CALIBRATE : [];
}

function optimizerLine(frame: ProgramFrame): string {
  const { optimizer, rate, decay } = frame.recipe;
  const learningRate = `learning_rate=${number(rate)}`;
  switch (optimizer) {
    case "sgd":
      return `optimizer = keras.optimizers.SGD(${learningRate}${everDecays(frame) ? `, weight_decay=${number(decay)}` : ""})`;
    case "momentum":
      return `optimizer = keras.optimizers.SGD(${learningRate}, momentum=0.9)`;
    case "adam":
      return everDecays(frame)
        ? `optimizer = keras.optimizers.AdamW(${learningRate}, weight_decay=${number(decay)}, epsilon=1e-8)`
        : `optimizer = keras.optimizers.Adam(${learningRate}, epsilon=1e-8)`;
    case "rmsprop":
      return `optimizer = keras.optimizers.RMSprop(${learningRate}, rho=0.99, epsilon=1e-8)`;
  }
}

const CURES: Readonly<Record<CureName, readonly string[]>> = {
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
const CURE_CALLS: Readonly<Record<CureName, string>> = {
  liftBias: "lift_bias",
  recycle: "recycle",
  leakyRelu: "to_leaky_relu",
};

/** A number that is written by hand. */
function editLines({ what, unit, input, value }: Act): string[] {
  const layer = `model.layers[${unit!.layer}]`;
  const place = what === "setBias" ? `bias[${unit!.unit}]` : `kernel[${input}, ${unit!.unit}]`;
  return [
    `kernel, bias = map(np.array, ${layer}.get_weights())`,
    `${place} = ${number(value!)}`,
    `${layer}.set_weights([kernel, bias])`,
  ];
}

const TRAIN = [
  "class StopAt(keras.callbacks.Callback):",
  "    def __init__(self, steps):",
  "        super().__init__()",
  "        self.left = steps",
  "",
  "    def on_train_batch_end(self, batch, logs=None):",
  "        self.left -= 1",
  "        if self.left == 0:",
  "            self.model.stop_training = True",
  "",
  "def train(steps, batch, rate, clip=None):",
  "    optimizer.learning_rate = rate",
  "    optimizer.global_clipnorm = clip",
  "    model.compile(optimizer=optimizer, loss=loss_function)",
  "    epochs = -(-steps // -(-len(x) // batch))",
  "    model.fit(x, y, batch_size=batch, epochs=epochs, shuffle=True, verbose=0, callbacks=[StopAt(steps)])",
];

function reportLines({ kind, canDie, hasAccuracy }: PythonNetwork): string[] {
  const right = { number: undefined, twoClasses: "(z > 0) == (y > 0.5)", classes: "z.argmax(axis=1) == y" }[kind];
  const dead = [
    "a = x",
    "for layer in model.layers[:-1]:",
    "    a = keras.ops.convert_to_numpy(layer(a))",
    '    print(f"{(a <= 0).all(axis=0).sum()} of {a.shape[1]} units are closed on every row")',
  ];
  return [
    "z = keras.ops.convert_to_numpy(model(x))",
    'print(f"loss {float(loss_function(y, z)):.4g}")',
    ...(right && hasAccuracy ? [`print(f"accuracy {(${right}).mean():.1%}")`] : []),
    ...(canDie ? dead : []),
  ];
}

export function kerasFor(frame: ProgramFrame, training: ProgramTraining): string {
  const { recipe } = frame;
  const network = networkOf(recipe, training);
  const cures = curesOf(frame);
  const isLeaky = recipe.activation === "leakyRelu" || cures.includes("leakyRelu");
  const penalty = isPenalized(frame);
  return [
    ...ABOUT.map((line) => `# ${line}`),
    "import keras",
    "import numpy as np",
    "",
    `keras.utils.set_random_seed(${recipe.seed})`,
    "",
    ...dataLines(recipe, training),
    'x = np.array(rows, dtype="float32")',
    `y = ${TARGETS[network.kind]}`,
    "",
    ...(isLeaky ? LEAKY : []),
    ...(penalty ? [`penalty = keras.regularizers.L2(${number(recipe.decay / 2)})  # half of the weight decay`] : []),
    ...layerLines(frame, network, training),
    ...startLines(recipe),
    "",
    `loss_function = ${LOSSES[network.kind]}`,
    optimizerLine(frame),
    "",
    ...TRAIN,
    "",
    ...cureFunctions(frame, CURES, (list) => list),
    ...stageLines(frame, {
      cure: (cure, only) => `${CURE_CALLS[cure]}(${only})`,
      edit: editLines,
      decay: (decay) => [penalty ? `penalty.l2 = ${number(decay / 2)}` : `optimizer.weight_decay = ${number(decay)}`],
    }),
    "",
    ...reportLines(network),
    "",
  ].join("\n");
}
