// The network of a program for PyTorch, and what reaches into it. Plain layers are an nn.Linear and an activation each;
// where they have normalization, dropout or what passes them by, each is one module.
import type { CureName } from "../../../training/changes.js";
import { hasResidual, isResidual, type Recipe } from "../../../training/recipe.js";
import {
  hasBlocks,
  normalizesOneRow,
  number,
  type ProgramFrame,
  type ProgramTraining,
  type PythonNetwork,
} from "./python.js";
import type { Act } from "./stages.js";

export const ACTIVATIONS: Readonly<Record<Recipe["activation"], string>> = {
  relu: "nn.ReLU()",
  leakyRelu: "nn.LeakyReLU(0.01)",
  elu: "nn.ELU()",
  gelu: "nn.GELU()",
  silu: "nn.SiLU()",
  tanh: "nn.Tanh()",
  sigmoid: "nn.Sigmoid()",
};

const NORMALIZATIONS: Readonly<Record<Recipe["normalization"], string | undefined>> = {
  none: undefined,
  batch: "nn.BatchNorm1d(units)",
  layer: "nn.LayerNorm(units)",
};

/** Zeros times what has gradients: theirs are 0, as the page's are. */
const ONE_ROW = [
  "class BatchNorm(nn.BatchNorm1d):  # PyTorch refuses one row in training: here its sums are their own mean",
  "    def forward(self, x):",
  "        if not self.training or len(x) > 1:",
  "            return super().forward(x)",
  "        self.running_mean.lerp_(x.detach()[0], self.momentum)  # one row has no spread: the running one stays",
  "        return 0 * x * self.weight + self.bias",
  "",
];

function blockLines(recipe: Recipe, isOneRow: boolean): string[] {
  const { activation, normalization, dropout } = recipe;
  const residual = hasResidual(recipe);
  const norm = isOneRow ? "BatchNorm(units)" : NORMALIZATIONS[normalization];
  const own =
    dropout > 0 ? "self.dropout(self.activation(self.preactivation(x)))" : "self.activation(self.preactivation(x))";
  return [
    ...(isOneRow ? ONE_ROW : []),
    "class Layer(nn.Module):",
    `    def __init__(self, inputs, units${residual ? ", residual=False" : ""}):`,
    "        super().__init__()",
    "        self.linear = nn.Linear(inputs, units)",
    ...(norm ? [`        self.norm = ${norm}`] : []),
    `        self.activation = ${ACTIVATIONS[activation]}`,
    ...(dropout > 0 ? [`        self.dropout = nn.Dropout(${dropout})`] : []),
    ...(residual ? ["        self.residual = residual"] : []),
    "",
    "    def preactivation(self, x):",
    `        return ${norm ? "self.norm(self.linear(x))" : "self.linear(x)"}`,
    "",
    "    def forward(self, x):",
    ...(residual ? [`        a = ${own}`, "        return a + x if self.residual else a"] : [`        return ${own}`]),
    "",
  ];
}

export function modelLines(frame: ProgramFrame, { sizes }: PythonNetwork, training: ProgramTraining): string[] {
  const { recipe } = frame;
  const isBlock = hasBlocks(recipe);
  const hidden = recipe.layers.map((units, layer) => {
    const shape = `${sizes[layer]}, ${units}`;
    if (!isBlock) return `    nn.Linear(${shape}), ${ACTIVATIONS[recipe.activation]},`;
    return `    Layer(${shape}${isResidual(recipe, layer) ? ", residual=True" : ""}),`;
  });
  return [
    ...(isBlock ? blockLines(recipe, normalizesOneRow(frame, training)) : []),
    "model = nn.Sequential(",
    ...hidden,
    `    nn.Linear(${recipe.layers.at(-1)}, ${sizes.at(-1)}),`,
    ")",
  ];
}

/** The nn.Linear of a layer. */
export function linearOf(recipe: Recipe, layer: number): string {
  if (!hasBlocks(recipe)) return `model[${2 * layer}]`;
  return layer < recipe.layers.length ? `model[${layer}].linear` : `model[${layer}]`;
}

/** A loop over the hidden layers' nn.Linear, and how far its lines are indented. */
export const hiddenLoop = (recipe: Recipe): readonly [lines: readonly string[], indent: string] =>
  hasBlocks(recipe)
    ? [["for layer in (block.linear for block in model[:-1]):"], "    "]
    : [["for layer in model[:-1]:", "    if isinstance(layer, nn.Linear):"], "        "];

/** A number that is written by hand. */
export function editLines(recipe: Recipe, { what, unit, input, value }: Act): string[] {
  const { layer, unit: place } = unit!;
  const parts: Readonly<Record<string, string>> = {
    setBias: `${linearOf(recipe, layer)}.bias.data[${place}]`,
    setWeight: `${linearOf(recipe, layer)}.weight.data[${place}, ${input}]`,
    setGamma: `model[${layer}].norm.weight.data[${place}]`,
    setBeta: `model[${layer}].norm.bias.data[${place}]`,
  };
  return [`${parts[what]} = ${number(value!)}`];
}

const PLAIN_CURES: Readonly<Record<CureName, readonly string[]>> = {
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
    "def to_leaky_relu():  # from here on",
    "    for place in range(1, len(model), 2):",
    "        model[place] = nn.LeakyReLU(0.01)",
  ],
};

/** What a unit puts out passes the next layer by, or its inputs it itself: it is left as it is. */
const PASS = [
  '        if layer.residual or getattr(following, "residual", False):',
  "            a = layer(a)",
  "            continue",
];

function blockCures(recipe: Recipe): Readonly<Record<CureName, readonly string[]>> {
  const { normalization } = recipe;
  const isNormalized = normalization !== "none";
  const shift = isNormalized ? "layer.norm.bias" : "layer.linear.bias";
  const head = [
    "    a = x",
    "    for layer, following in zip(model[:-1], model[1:]):",
    ...(hasResidual(recipe) ? PASS : []),
  ];
  const hide = (units: string) => `getattr(following, "linear", following).weight[:, ${units}] = 0`;
  const redraw = [
    "        linear = layer.linear",
    "        linear.weight[dormant] = torch.randn_like(linear.weight[dormant]) * (2 / linear.in_features) ** 0.5",
    "        linear.bias[dormant] = 0",
  ];
  const running = [
    "        z = linear(a)[:, dormant]",
    "        layer.norm.running_mean[dormant], layer.norm.running_var[dormant] = z.mean(0), z.var(0)",
  ];
  return {
    liftBias: [
      "@torch.no_grad()",
      `def lift_bias():  # of each unit that is dead, until a tenth of the rows open it${isNormalized ? ", by its beta" : ""}`,
      ...head,
      "        z = layer.preactivation(a)",
      "        dead = (z <= 0).all(0)",
      "        if dead.any():",
      `            ${shift}[dead] -= z[:, dead].quantile(0.9, dim=0)`,
      `            ${hide("dead")}`,
      "        a = layer(a)",
    ],
    recycle: [
      "@torch.no_grad()",
      "def recycle():  # new incoming weights for dormant units, outgoing ones of 0 (ReDo, Sokar et al. 2023)",
      ...head,
      "        size = layer.activation(layer.preactivation(a)).abs().mean(0)",
      "        dormant = size <= 0.025 * (size.mean() + 1e-9)",
      ...(normalization === "layer" ? [] : redraw), // there all units share the mean and spread of a row
      ...(isNormalized ? ["        layer.norm.weight[dormant], layer.norm.bias[dormant] = 1, 0"] : []),
      ...(normalization === "batch" ? running : []),
      `        ${hide("dormant")}`,
      "        a = layer(a)",
    ],
    leakyRelu: [
      "def to_leaky_relu():  # from here on",
      "    for layer in model[:-1]:",
      "        layer.activation = nn.LeakyReLU(0.01)",
    ],
  };
}

export const curesFor = (recipe: Recipe): Readonly<Record<CureName, readonly string[]>> =>
  hasBlocks(recipe) ? blockCures(recipe) : PLAIN_CURES;

const PLAIN_CALIBRATION = [
  "    a = x",
  "    for place, layer in enumerate(model):",
  "        if isinstance(layer, nn.Linear):",
  "            layer.weight /= (a @ layer.weight.T).var(0, unbiased=False).mean().sqrt()",
  "            if place < len(model) - 1:",
  "                layer.bias.copy_(-(a @ layer.weight.T).quantile(0.5, dim=0))",
  "        a = layer(a)",
];

/** Normalized layers need no other size of their weights; running statistics are those of all rows. */
function blockCalibration({ normalization }: Recipe): string[] {
  const scale = (linear: string) => `${linear}.weight /= (a @ ${linear}.weight.T).var(0, unbiased=False).mean().sqrt()`;
  const isNormalized = normalization !== "none";
  const running = [
    "        z = layer.linear(a)",
    "        layer.norm.running_mean.copy_(z.mean(0))",
    "        layer.norm.running_var.copy_(z.var(0))",
  ];
  return [
    "    model.eval()",
    "    a = x",
    "    for layer in model[:-1]:",
    ...(isNormalized ? [] : [`        ${scale("layer.linear")}`, "        layer.linear.bias.zero_()"]),
    ...(normalization === "batch" ? running : []),
    `        layer.${isNormalized ? "norm" : "linear"}.bias.copy_(-layer.preactivation(a).quantile(0.5, dim=0))`,
    "        a = layer(a)",
    `    ${scale("model[-1]")}`,
  ];
}

export function calibrationLines(recipe: Recipe): string[] {
  return [
    "with torch.no_grad():  # kernels to a deviation of 1, each unit open on half of the rows (LSUV, Mishkin and Matas 2016)",
    ...(hasBlocks(recipe) ? blockCalibration(recipe) : PLAIN_CALIBRATION),
  ];
}

/** How many units of each layer are dead. */
export function deadLines(recipe: Recipe): string[] {
  const told = (a: string) =>
    `print(f"{int((${a} <= 0).all(0).sum())} of {${a}.shape[1]} units are closed on every row")`;
  if (hasBlocks(recipe))
    return [
      "    a = x",
      "    for layer in model[:-1]:",
      "        z = layer.preactivation(a)",
      `        ${told("z")}`,
      "        a = layer(a)",
    ];
  return [
    "    a = x",
    "    for layer in model[:-1]:",
    "        a = layer(a)",
    "        if not isinstance(layer, nn.Linear):",
    `            ${told("a")}`,
  ];
}
