// The training on the page as a program for PyTorch, whose definitions of optimizers, losses and clipping the package
// shares.
import type { DenseSpec } from "../../../../src/index.js";
import type { CureName } from "../changes.js";
import type { Recipe } from "../recipe.js";
import { startingWeights, startsBiases } from "../start.js";
import {
  ABOUT,
  cureFunctions,
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
  relu: "nn.ReLU()",
  leakyRelu: "nn.LeakyReLU(0.01)",
  elu: "nn.ELU()",
  gelu: "nn.GELU()",
  silu: "nn.SiLU()",
  tanh: "nn.Tanh()",
  sigmoid: "nn.Sigmoid()",
};

const LOSSES: Readonly<Record<LossKind, string>> = {
  number: "nn.MSELoss()",
  twoClasses: "nn.BCEWithLogitsLoss()",
  classes: "nn.CrossEntropyLoss()",
};

const TARGETS: Readonly<Record<LossKind, string>> = {
  number: "torch.tensor(y).float().reshape(-1, 1)",
  twoClasses: "torch.tensor(y).float().reshape(-1, 1)",
  classes: "torch.tensor(y).long()",
};

/** Of a kernel, by the package's name for how it starts. */
const STARTS: Readonly<Record<string, string>> = {
  heNormal: 'nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")',
  heUniform: 'nn.init.kaiming_uniform_(layer.weight, nonlinearity="relu")',
  glorotNormal: "nn.init.xavier_normal_(layer.weight)",
  glorotUniform: "nn.init.xavier_uniform_(layer.weight)",
  lecunNormal: 'nn.init.kaiming_normal_(layer.weight, nonlinearity="linear")',
  orthogonal: "nn.init.orthogonal_(layer.weight)",
  zeros: "nn.init.zeros_(layer.weight)",
  asymmetric: "asymmetric_(layer)",
};

function kernelLine(initializer: DenseSpec["kernelInitializer"]): string {
  if (typeof initializer === "string") return STARTS[initializer];
  return `nn.init.normal_(layer.weight, std=${deviationOf(initializer)})`;
}

const ASYMMETRIC = [
  "def asymmetric_(layer):  # Lu et al. 2019",
  "    units, inputs = layer.weight.shape",
  "    drawn = torch.randn(units, inputs + 1) * 0.6007 / inputs ** 0.5",
  "    drawn[torch.arange(units), torch.randint(inputs + 1, (units,))] = torch.rand(units).sqrt()",
  "    layer.weight.data, layer.bias.data = drawn[:, :-1].clone(), drawn[:, -1].clone()",
  "",
];

const CALIBRATE = [
  "with torch.no_grad():  # kernels to a deviation of 1, each unit open on half of the rows (LSUV, Mishkin and Matas 2016)",
  "    a = x",
  "    for place, layer in enumerate(model):",
  "        if isinstance(layer, nn.Linear):",
  "            layer.weight /= (a @ layer.weight.T).var(0, unbiased=False).mean().sqrt()",
  "            if place < len(model) - 1:",
  "                layer.bias.copy_(-(a @ layer.weight.T).quantile(0.5, dim=0))",
  "        a = layer(a)",
];

function ownWeightLines(recipe: Recipe): string[] | undefined {
  const own = startingWeights(recipe);
  if (!own) return undefined;
  const list = (values: Float32Array) => `[${Array.from(values, short).join(", ")}]`;
  return [
    "with torch.no_grad():",
    ...own.flatMap(({ kernel, bias }, layer) => [
      `    model[${layer * 2}].weight.copy_(torch.tensor([${list(kernel)}]))`,
      `    model[${layer * 2}].bias.copy_(torch.tensor(${list(bias)}))`,
    ]),
  ];
}

function startLines(recipe: Recipe, { spec }: ProgramTraining): string[] {
  const own = ownWeightLines(recipe);
  if (own) return own;
  const { start, bias } = recipe;
  if (startsBiases(recipe)) return ["# Weights and biases start as they do by default in PyTorch."];
  const [hidden, output] = [spec.layers[0], spec.layers.at(-1)!].map((layer) => layer.kernelInitializer);
  const drawsBiases = start === "asymmetric";
  const biasLine = (value: number) =>
    drawsBiases ? `layer.bias.data += ${value}` : `nn.init.constant_(layer.bias, ${value})`;
  const hiddenLines = [
    ...(start === "torchLinear" ? [] : [kernelLine(hidden)]),
    ...(drawsBiases && bias === 0 ? [] : [biasLine(bias)]),
  ];
  const outputLines = [
    ...(start === "torchLinear" ? [] : [kernelLine(output)]),
    ...(drawsBiases || start === "torchLinear" ? [] : [biasLine(0)]),
  ];
  const all = [
    ...(start === "asymmetric" ? ASYMMETRIC : []),
    "for layer in model[:-1]:",
    "    if isinstance(layer, nn.Linear):",
    ...hiddenLines.map((line) => `        ${line}`),
  ];
  const last = outputLines.length > 0 ? ["layer = model[-1]", ...outputLines] : [];
  return [...all, ...last, ...(start === "calibrated" ? CALIBRATE : [])];
}

/** @param isDecoupled whether Adam's decay is above 0 at some time */
function optimizerLine({ optimizer, rate, decay }: Recipe, isDecoupled: boolean): string {
  const lr = `model.parameters(), lr=${number(rate)}`;
  const weightDecay = decay > 0 || isDecoupled ? `, weight_decay=${number(decay)}` : "";
  switch (optimizer) {
    case "sgd":
      return `optimizer = torch.optim.SGD(${lr}${weightDecay})`;
    case "momentum":
      return `optimizer = torch.optim.SGD(${lr}, momentum=0.9${weightDecay})`;
    case "adam":
      return `optimizer = torch.optim.Adam${isDecoupled ? "W" : ""}(${lr}${weightDecay})`;
    case "rmsprop":
      return `optimizer = torch.optim.RMSprop(${lr})`;
  }
}

const CURES: Readonly<Record<CureName, readonly string[]>> = {
  liftBias: [
    "@torch.no_grad()",
    "def lift_bias():  # of each unit that is dead, until a tenth of the rows open it; the outputs stay as they are",
    "    a = x",
    "    for layer, activation, following in zip(model[0::2], model[1::2], model[2::2]):",
    "        z = layer(a)",
    "        dead = (z <= 0).all(0)",
    "        if dead.any():",
    "            layer.bias[dead] -= z[:, dead].quantile(0.9, dim=0)",
    "            following.weight[:, dead] = 0",
    "        a = activation(layer(a))",
  ],
  recycle: [
    "@torch.no_grad()",
    "def recycle():  # new incoming weights for dormant units, outgoing ones of 0 (ReDo, Sokar et al. 2023)",
    "    a = x",
    "    for layer, activation, following in zip(model[0::2], model[1::2], model[2::2]):",
    "        size = activation(layer(a)).abs().mean(0)",
    "        dormant = size <= 0.025 * (size.mean() + 1e-9)",
    "        layer.weight[dormant] = torch.randn_like(layer.weight[dormant]) * (2 / layer.in_features) ** 0.5",
    "        layer.bias[dormant] = 0",
    "        following.weight[:, dormant] = 0",
    "        a = activation(layer(a))",
  ],
  leakyRelu: [
    "def leaky_relu():  # from here on",
    "    for place in range(1, len(model), 2):",
    "        model[place] = nn.LeakyReLU(0.01)",
  ],
};
const CURE_CALLS: Readonly<Record<CureName, string>> = {
  liftBias: "lift_bias",
  recycle: "recycle",
  leakyRelu: "leaky_relu",
};

/** A number that is written by hand; every second layer of the model is an activation. */
function editLines({ what, unit, input, value }: Act): string[] {
  const place = what === "setBias" ? `bias.data[${unit!.unit}]` : `weight.data[${unit!.unit}, ${input}]`;
  return [`model[${2 * unit!.layer}].${place} = ${number(value!)}`];
}

const TRAIN = [
  "def train(steps, batch, rate, clip=None):",
  "    for group in optimizer.param_groups:",
  '        group["lr"] = rate',
  "    step = 0",
  "    while step < steps:",
  "        for rows_of_batch in torch.randperm(len(x)).split(batch):",
  "            optimizer.zero_grad()",
  "            loss_function(model(x[rows_of_batch]), y[rows_of_batch]).backward()",
  "            if clip is not None:",
  "                nn.utils.clip_grad_norm_(model.parameters(), clip)",
  "            optimizer.step()",
  "            step += 1",
  "            if step == steps:",
  "                break",
];

function reportLines({ kind, canDie, hasAccuracy }: PythonNetwork): string[] {
  const dead = [
    "    a = x",
    "    for layer in model[:-1]:",
    "        a = layer(a)",
    "        if not isinstance(layer, nn.Linear):",
    '            print(f"{int((a <= 0).all(0).sum())} of {a.shape[1]} units are closed on every row")',
  ];
  const right = { number: undefined, twoClasses: "(z > 0) == (y > 0.5)", classes: "z.argmax(1) == y" }[kind];
  return [
    "with torch.no_grad():",
    "    z = model(x)",
    '    print(f"loss {loss_function(z, y):.4g}")',
    ...(right && hasAccuracy ? [`    print(f"accuracy {(${right}).float().mean():.1%}")`] : []),
    ...(canDie ? dead : []),
  ];
}

export function pytorchFor(frame: ProgramFrame, training: ProgramTraining): string {
  const { recipe } = frame;
  const network = networkOf(recipe, training);
  const { sizes, kind } = network;
  const data = dataLines(recipe, training);
  const hidden = recipe.layers.map(
    (units, layer) => `    nn.Linear(${sizes[layer]}, ${units}), ${ACTIVATIONS[recipe.activation]},`,
  );
  return [
    ...ABOUT.map((line) => `# ${line}`),
    ...(data.some((line) => line.includes("np.")) ? ["import numpy as np"] : []),
    "import torch",
    "from torch import nn",
    "",
    `torch.manual_seed(${recipe.seed})`,
    "",
    ...data,
    "x = torch.tensor(rows).float()",
    `y = ${TARGETS[kind]}`,
    "",
    "model = nn.Sequential(",
    ...hidden,
    `    nn.Linear(${recipe.layers.at(-1)}, ${sizes.at(-1)}),`,
    ")",
    ...startLines(recipe, training),
    "",
    `loss_function = ${LOSSES[kind]}`,
    optimizerLine(recipe, recipe.optimizer === "adam" && everDecays(frame)),
    "",
    ...TRAIN,
    "",
    ...cureFunctions(frame, CURES, (list) => `torch.tensor(${list})`),
    ...stageLines(frame, {
      cure: (cure, only) => `${CURE_CALLS[cure]}(${only})`,
      edit: editLines,
      decay: (decay) => ["for group in optimizer.param_groups:", `    group["weight_decay"] = ${number(decay)}`],
    }),
    "",
    ...reportLines(network),
    "",
  ].join("\n");
}
