// The training on the page as a program for Keras 3. Its SGD decays weights apart from the gradient, which is the same
// without momentum; with it an L2 penalty of half the decay does what the package's (and PyTorch's) decay does.
import type { Recipe } from "../../../training/recipe.js";
import { startingWeights, startsBiases } from "../../../training/start.js";
import {
  allDense,
  calibrationLines,
  CHANGE,
  curesFor,
  deadLines,
  decayLines,
  denseOf,
  editLines,
  modelLines,
  penaltyLines,
} from "./keras-layers.js";
import {
  ABOUT,
  cureFunctions,
  curesOf,
  dataLines,
  everDecays,
  hasBlocks,
  leftOut,
  type LossKind,
  networkOf,
  normalizesOneRow,
  number,
  type ProgramFrame,
  type ProgramTraining,
  type PythonNetwork,
  stageLines,
} from "./python.js";
import { short } from "./rows.js";
import { rateShareLines, scheduleImports } from "./schedule.js";

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

const torchBiases = (recipe: Recipe): string[] => [
  `for layer in ${allDense(recipe)}:  # PyTorch draws biases like weights`,
  "    kernel, bias = layer.get_weights()",
  "    limit = len(kernel) ** -0.5",
  "    layer.set_weights([kernel, np.random.uniform(-limit, limit, len(bias))])",
];

const asymmetric = (recipe: Recipe): string[] => [
  `for layer in ${allDense(recipe)}:  # Lu et al. 2019`,
  "    kernel, bias = layer.get_weights()",
  "    inputs, units = kernel.shape",
  "    drawn = np.random.normal(size=(inputs + 1, units)) * 0.6007 / inputs ** 0.5",
  "    drawn[np.random.randint(inputs + 1, size=units), np.arange(units)] = np.random.uniform(size=units) ** 0.5",
  "    layer.set_weights([drawn[:-1], drawn[-1] + bias])",
];

function startLines(recipe: Recipe): string[] {
  const own = startingWeights(recipe);
  if (own) {
    const list = (values: Float32Array) => `[${Array.from(values, short).join(", ")}]`;
    const column = (values: Float32Array) => `[${Array.from(values, (value) => `[${short(value)}]`).join(", ")}]`;
    return own.map(
      ({ kernel, bias }, layer) =>
        `${denseOf(recipe, layer)}.set_weights([np.array(${column(kernel)}), np.array(${list(bias)})])`,
    );
  }
  if (startsBiases(recipe)) return torchBiases(recipe);
  if (recipe.start === "asymmetric") return asymmetric(recipe);
  return recipe.start === "calibrated" ? calibrationLines(recipe) : [];
}

function optimizerLine(frame: ProgramFrame): string {
  const { optimizer, rate, decay } = frame.recipe;
  const learningRate = `learning_rate=${number(rate)}`;
  const decayText = everDecays(frame) ? `, weight_decay=${number(decay)}` : "";
  switch (optimizer) {
    case "sgd":
      return `optimizer = keras.optimizers.SGD(${learningRate}${decayText})`;
    case "momentum":
      return `optimizer = keras.optimizers.SGD(${learningRate}, momentum=0.9)`;
    case "adam":
      return everDecays(frame)
        ? `optimizer = keras.optimizers.AdamW(${learningRate}, weight_decay=${number(decay)}, epsilon=1e-8)`
        : `optimizer = keras.optimizers.Adam(${learningRate}, epsilon=1e-8)`;
    case "rmsprop":
      return `optimizer = keras.optimizers.RMSprop(${learningRate}, rho=0.99, epsilon=1e-8)`;
    case "nadam":
      return `optimizer = keras.optimizers.Nadam(${learningRate}, epsilon=1e-8)`;
    case "adamax":
      return `optimizer = keras.optimizers.Adamax(${learningRate}, epsilon=1e-8)`;
    case "adagrad":
      return `optimizer = keras.optimizers.Adagrad(${learningRate}, initial_accumulator_value=0, epsilon=1e-10)`;
    case "lion":
      return `optimizer = keras.optimizers.Lion(${learningRate}${decayText})`;
  }
}

function trainLines({ schedule }: Recipe): string[] {
  const isScheduled = schedule !== "constant";
  const begin = [
    "    def on_train_batch_begin(self, batch, logs=None):",
    "        self.model.optimizer.learning_rate = self.rate * rate_share(done)",
    "",
  ];
  return [
    "class StopAt(keras.callbacks.Callback):",
    `    def __init__(self, steps${isScheduled ? ", rate" : ""}):`,
    "        super().__init__()",
    "        self.left = steps",
    ...(isScheduled ? ["        self.rate = rate"] : []),
    "",
    ...(isScheduled ? begin : []),
    "    def on_train_batch_end(self, batch, logs=None):",
    ...(isScheduled ? ["        global done", "        done += 1"] : []),
    "        self.left -= 1",
    "        if self.left == 0:",
    "            self.model.stop_training = True",
    "",
    "def train(steps, batch, rate, clip=None):",
    "    optimizer.learning_rate = rate",
    "    optimizer.global_clipnorm = clip",
    "    model.compile(optimizer=optimizer, loss=loss_function)",
    "    epochs = -(-steps // -(-len(x) // batch))",
    `    stop = StopAt(steps${isScheduled ? ", rate" : ""})`,
    "    model.fit(x, y, batch_size=batch, epochs=epochs, shuffle=True, verbose=0, callbacks=[stop])",
  ];
}

function reportLines(recipe: Recipe, { kind, canDie, hasAccuracy }: PythonNetwork): string[] {
  const right = { number: undefined, twoClasses: "(z > 0) == (y > 0.5)", classes: "z.argmax(axis=1) == y" }[kind];
  return [
    "z = keras.ops.convert_to_numpy(model(x))",
    'print(f"loss {float(loss_function(y, z)):.4g}")',
    ...(right && hasAccuracy ? [`print(f"accuracy {(${right}).mean():.1%}")`] : []),
    ...(canDie ? deadLines(recipe) : []),
  ];
}

/** Where Keras computes otherwise. */
function aboutKeras(frame: ProgramFrame, training: ProgramTraining): string[] {
  const { normalization, optimizer } = frame.recipe;
  return [
    ...(normalization === "batch" ? ["# Keras divides a batch's variance by its rows in the running one too."] : []),
    ...(normalizesOneRow(frame, training) ? ["# Of a batch of one row it takes 0 into it; on the page it stays."] : []),
    ...(optimizer === "nadam" ? ["# The momentum of Keras' Nadam grows faster."] : []),
  ];
}

export function kerasFor(frame: ProgramFrame, training: ProgramTraining): string {
  const { recipe } = frame;
  const network = networkOf(recipe, training);
  const cures = curesOf(frame);
  const isLeaky = recipe.activation === "leakyRelu" || cures.includes("leakyRelu");
  const changes = frame.changes.some(({ what }) => what === "setGamma" || what === "setBeta");
  const needsChange = changes || (hasBlocks(recipe) && cures.some((cure) => cure !== "leakyRelu"));
  return [
    ...ABOUT.map((line) => `# ${line}`),
    ...aboutKeras(frame, training),
    ...leftOut(recipe),
    ...scheduleImports(recipe),
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
    ...penaltyLines(frame),
    ...modelLines(frame, network, training),
    ...startLines(recipe),
    "",
    `loss_function = ${LOSSES[network.kind]}`,
    optimizerLine(frame),
    "",
    ...rateShareLines(recipe, training.task),
    ...trainLines(recipe),
    "",
    ...(needsChange ? CHANGE : []),
    ...cureFunctions(frame, curesFor(recipe), (list) => list),
    ...stageLines(frame, {
      edit: (act) => editLines(recipe, act),
      decay: (decay) => decayLines(frame, decay),
    }),
    "",
    ...reportLines(recipe, network),
    "",
  ].join("\n");
}
