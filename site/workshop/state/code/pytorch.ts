// The training on the page as a program for PyTorch, whose definitions of optimizers, losses and clipping the package
// shares.
import type { DenseSpec } from "../../../../src/index.js";
import type { Recipe } from "../../../training/recipe.js";
import { startingWeights, startsBiases } from "../../../training/start.js";
import {
  calibrationLines,
  curesFor,
  deadLines,
  editLines,
  hiddenLoop,
  linearOf,
  modelLines,
} from "./pytorch-layers.js";
import {
  ABOUT,
  cureFunctions,
  dataLines,
  deviationOf,
  everDecays,
  hasBlocks,
  leftOut,
  type LossKind,
  networkOf,
  number,
  type ProgramFrame,
  type ProgramTraining,
  type PythonNetwork,
  stageLines,
} from "./python.js";
import { short } from "./rows.js";
import { rateShareLines, scheduleImports } from "./schedule.js";

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

function ownWeightLines(recipe: Recipe): string[] | undefined {
  const own = startingWeights(recipe);
  if (!own) return undefined;
  const list = (values: Float32Array) => `[${Array.from(values, short).join(", ")}]`;
  return [
    "with torch.no_grad():",
    ...own.flatMap(({ kernel, bias }, layer) => [
      `    ${linearOf(recipe, layer)}.weight.copy_(torch.tensor([${list(kernel)}]))`,
      `    ${linearOf(recipe, layer)}.bias.copy_(torch.tensor(${list(bias)}))`,
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
  const [loop, indent] = hiddenLoop(recipe);
  const all = [
    ...(start === "asymmetric" ? ASYMMETRIC : []),
    ...loop,
    ...hiddenLines.map((line) => `${indent}${line}`),
  ];
  const last = outputLines.length > 0 ? ["layer = model[-1]", ...outputLines] : [];
  return [...all, ...last, ...(start === "calibrated" ? calibrationLines(recipe) : [])];
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
    case "nadam":
      return `optimizer = torch.optim.NAdam(${lr}${weightDecay})`;
    case "adamax":
      return `optimizer = torch.optim.Adamax(${lr}${weightDecay})`;
    case "adagrad":
      return `optimizer = torch.optim.Adagrad(${lr}${weightDecay})`;
    case "lion":
      return `optimizer = Lion(${lr}${weightDecay})`;
  }
}

/** Chen et al. 2023; PyTorch has none. */
const LION = [
  "class Lion(torch.optim.Optimizer):  # Chen et al. 2023",
  "    def __init__(self, parameters, lr, weight_decay=0):",
  '        super().__init__(parameters, {"lr": lr, "weight_decay": weight_decay})',
  "",
  "    @torch.no_grad()",
  "    def step(self):",
  "        for group in self.param_groups:",
  '            for p in group["params"]:',
  '                m = self.state[p].setdefault("m", torch.zeros_like(p))',
  '                p -= group["lr"] * ((0.9 * m + 0.1 * p.grad).sign() + group["weight_decay"] * p)',
  "                m.lerp_(p.grad, 0.01)",
  "",
];

/** L1 and L2 of the weights: PyTorch's weight_decay would reach biases too, and is no part of Adam's gradient. */
function penaltyLines({ l1, l2 }: Recipe): string[] {
  if (l1 === 0 && l2 === 0) return [];
  const parts = [
    ...(l1 > 0 ? [`${number(l1)} * w.abs().sum()`] : []),
    ...(l2 > 0 ? [`${number(l2)} * w.square().sum()`] : []),
  ];
  return [
    "weights = [layer.weight for layer in model.modules() if isinstance(layer, nn.Linear)]",
    "",
    "def penalty():",
    `    return sum(${parts.join(" + ")} for w in weights)`,
    "",
  ];
}

function trainLines(recipe: Recipe): string[] {
  const isScheduled = recipe.schedule !== "constant";
  const isPenalized = recipe.l1 > 0 || recipe.l2 > 0;
  const loss = "loss_function(model(x[rows_of_batch]), y[rows_of_batch])";
  const setRate = (indent: string, rate: string) => [
    `${indent}for group in optimizer.param_groups:`,
    `${indent}    group["lr"] = ${rate}`,
  ];
  const deep = " ".repeat(12);
  return [
    "def train(steps, batch, rate, clip=None):",
    ...(isScheduled ? ["    global done"] : setRate("    ", "rate")),
    ...(hasBlocks(recipe) ? ["    model.train()"] : []),
    "    step = 0",
    "    while step < steps:",
    "        for rows_of_batch in torch.randperm(len(x)).split(batch):",
    ...(isScheduled ? setRate(deep, "rate * rate_share(done)") : []),
    "            optimizer.zero_grad()",
    `            ${isPenalized ? `(${loss} + penalty())` : loss}.backward()`,
    "            if clip is not None:",
    "                nn.utils.clip_grad_norm_(model.parameters(), clip)",
    "            optimizer.step()",
    ...(isScheduled ? ["            done += 1"] : []),
    "            step += 1",
    "            if step == steps:",
    "                break",
    ...(hasBlocks(recipe) ? ["    model.eval()"] : []),
  ];
}

function reportLines(recipe: Recipe, { kind, canDie, hasAccuracy }: PythonNetwork): string[] {
  const right = { number: undefined, twoClasses: "(z > 0) == (y > 0.5)", classes: "z.argmax(1) == y" }[kind];
  return [
    "with torch.no_grad():",
    "    z = model(x)",
    '    print(f"loss {loss_function(z, y):.4g}")',
    ...(right && hasAccuracy ? [`    print(f"accuracy {(${right}).float().mean():.1%}")`] : []),
    ...(canDie ? deadLines(recipe) : []),
  ];
}

export function pytorchFor(frame: ProgramFrame, training: ProgramTraining): string {
  const { recipe } = frame;
  const network = networkOf(recipe, training);
  const { kind } = network;
  const data = dataLines(recipe, training);
  return [
    ...ABOUT.map((line) => `# ${line}`),
    ...leftOut(recipe),
    ...scheduleImports(recipe),
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
    ...modelLines(frame, network, training),
    ...startLines(recipe, training),
    "",
    `loss_function = ${LOSSES[kind]}`,
    ...(recipe.optimizer === "lion" ? ["", ...LION] : []),
    optimizerLine(recipe, recipe.optimizer === "adam" && everDecays(frame)),
    "",
    ...penaltyLines(recipe),
    ...rateShareLines(recipe, training.task),
    ...trainLines(recipe),
    "",
    ...cureFunctions(frame, curesFor(recipe), (list) => `torch.tensor(${list})`),
    ...stageLines(frame, {
      edit: (act) => editLines(recipe, act),
      decay: (decay) => ["for group in optimizer.param_groups:", `    group["weight_decay"] = ${number(decay)}`],
    }),
    "",
    ...reportLines(recipe, network),
    "",
  ].join("\n");
}
