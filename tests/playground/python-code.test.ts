// The training on the page as programs for PyTorch and Keras. What they compute was compared with the page once, by
// PyTorch 1.13: from the same weights, with one batch an epoch, weights differ by 1.4e-6 at most after 40 steps, for each
// optimizer (but NAdam, of which 1.13 multiplies one factor too many), with decay and clipping, both normalizations and
// running statistics, batches of one row, residual layers, penalties and schedules; here is checked what they say.
import { afterAll, describe, expect, test } from "vitest";
import { codeFor } from "../../site/workshop/state/code/code.js";
import type { ProgramFrame } from "../../site/workshop/state/code/python.js";
import { plainStagesOf } from "../../site/workshop/state/code/stages.js";
import { DEFAULTS, OPENING, type Recipe } from "../../site/training/recipe.js";
import type { Started } from "../../site/workshop/engine/types.js";
import { digits, EngineHarness } from "./engine-harness.js";

const harness = new EngineHarness(digits());
afterAll(() => harness.engine.dispose());

const LANGUAGES = ["pytorch", "keras"] as const;

async function programs(
  recipe: Partial<Recipe>,
  { changes = [], step = 100 }: Partial<ProgramFrame> = {},
): Promise<{ pytorch: string; keras: string; started: Started }> {
  const started = await harness.start(recipe);
  const frame = { recipe: started.recipe, changes, step };
  const [pytorch, keras] = LANGUAGES.map((language) => codeFor(language, frame, started));
  return { pytorch, keras, started };
}

/** What a program says its rows are. */
function rowsIn(program: string): number[][] {
  const pixels = /pixels = """([\d\n]+)"""/.exec(program)?.[1];
  if (pixels) return pixels.split("\n").map((row) => Array.from(row, (digit) => Number(digit) / 4));
  const text = /^rows = \[\n(.*?)^\]$/ms.exec(program)![1];
  return JSON.parse(`[${text.trim().replace(/,$/, "")}]`) as number[][];
}

const targetsIn = (program: string) =>
  JSON.parse(`[${/^y = \[\n(.*?)^\]$/ms.exec(program)![1].trim().replace(/,$/, "")}]`) as number[];

test.each<[string, Partial<Recipe>]>([
  ["the spiral", {}],
  ["features, noise and split", { features: ["x", "y2", "sinX"], noise: 0.2, heldOut: 60 }],
  ["numbers", { data: "regression" }],
  ["the digits of the opening", OPENING],
])("programs have the page's rows and targets: %s", async (_what, recipe) => {
  const { started, ...both } = await programs(recipe);
  const { x, y } = started.task.train;
  for (const program of Object.values(both)) {
    expect(rowsIn(program).flat().map(Math.fround)).toEqual([...x.data]);
    expect(rowsIn(program)).toHaveLength(x.rows);
    expect(targetsIn(program).map(Math.fround)).toEqual([...y]);
  }
});

describe("network, optimizer and loss", () => {
  test("of the spiral", async () => {
    const { pytorch, keras } = await programs({ layers: [10, 8] }, { step: 450 });
    expect(pytorch).toContain("nn.Linear(2, 10), nn.ReLU(),\n    nn.Linear(10, 8), nn.ReLU(),\n    nn.Linear(8, 1),");
    expect(pytorch).toContain("optimizer = torch.optim.SGD(model.parameters(), lr=0.8)");
    expect(pytorch).toContain("loss_function = nn.BCEWithLogitsLoss()");
    expect(pytorch).toContain("torch.manual_seed(2)");
    expect(keras).toContain('keras.layers.Dense(8, activation="relu", kernel_initializer="he_normal"),');
    expect(keras).toContain('keras.layers.Dense(1, kernel_initializer="glorot_uniform"),');
    expect(keras).toContain("keras.optimizers.SGD(learning_rate=0.8)");
    for (const program of [pytorch, keras]) expect(program).toContain("train(450, batch=16, rate=0.8)  # to step 450");
  });

  test.each<[Partial<Recipe>, string, string]>([
    [{ optimizer: "momentum", decay: 0.01 }, "momentum=0.9, weight_decay=0.01)", "keras.regularizers.L2(0.005)"],
    [{ decay: 0.01 }, "lr=0.8, weight_decay=0.01)", "SGD(learning_rate=0.8, weight_decay=0.01)"],
    [
      { optimizer: "adam", rate: 0.01 },
      "optim.Adam(model.parameters(), lr=0.01)",
      "Adam(learning_rate=0.01, epsilon=1e-8)",
    ],
    [{ optimizer: "adam", decay: 0.1 }, "optim.AdamW(", "AdamW(learning_rate=0.8, weight_decay=0.1, epsilon=1e-8)"],
    [{ optimizer: "rmsprop" }, "optim.RMSprop(", "RMSprop(learning_rate=0.8, rho=0.99, epsilon=1e-8)"],
    [{ clip: 0.5 }, "rate=0.8, clip=0.5)", "rate=0.8, clip=0.5)"],
    [{ data: "regression" }, "nn.MSELoss()", "MeanSquaredError()"],
    [OPENING, "nn.CrossEntropyLoss()", "SparseCategoricalCrossentropy(from_logits=True)"],
    [{ bias: -0.7 }, "constant_(layer.bias, -0.7)", "bias_initializer=keras.initializers.Constant(-0.7)"],
    [{ start: "orthogonal" }, "nn.init.orthogonal_(layer.weight)", 'kernel_initializer="orthogonal"'],
    [{ start: "small" }, "normal_(layer.weight, std=0.01)", "RandomNormal(stddev=0.01)"],
    [{ start: "torchLinear" }, "as they do by default in PyTorch", 'VarianceScaling(1 / 3, "fan_in", "uniform")'],
    [{ start: "asymmetric" }, "Lu et al. 2019", "Lu et al. 2019"],
    [{ start: "calibrated" }, "LSUV", "LSUV"],
    [
      { data: "textbook", layers: [1] },
      "model[0].weight.copy_(torch.tensor([[0.06, 0.03]]))",
      "model.layers[0].set_weights([np.array([[0.06], [0.03]]), np.array([0.1])])",
    ],
  ])("%j", async (recipe, inPytorch, inKeras) => {
    const { pytorch, keras } = await programs(recipe);
    expect(pytorch).toContain(inPytorch);
    expect(keras).toContain(inKeras);
  });
});

describe("layers with more than sums, penalties, schedules", () => {
  const BLOCKS: Partial<Recipe> = { layers: [8, 8], normalization: "batch", dropout: 0.2, residual: true };

  test("normalization, activation, dropout, what passes by, in this order", async () => {
    const { pytorch, keras } = await programs(BLOCKS);
    expect(pytorch).toContain("return self.norm(self.linear(x))");
    expect(pytorch).toContain("a = self.dropout(self.activation(self.preactivation(x)))");
    expect(pytorch).toContain("return a + x if self.residual else a");
    expect(pytorch).toContain("    Layer(2, 8),\n    Layer(8, 8, residual=True),\n    nn.Linear(8, 1),");
    expect(pytorch).toMatch(/model\.train\(\)\n {4}step = 0[^]*\n {4}model\.eval\(\)\n/);
    expect(keras).toContain("return self.norm(self.dense(x), training=training)");
    expect(keras).toContain("BatchNormalization(momentum=0.9, epsilon=1e-5)");
    expect(keras).toContain("self.dropout(self.activation(self.preactivation(x, training)), training=training)");
    expect(keras).toMatch(/Layer\(keras\.layers\.Dense\(8, [^\n]*, residual=True\),/);
  });

  test.each<[Partial<Recipe>, readonly string[], readonly string[]]>([
    [{ normalization: "layer" }, ["nn.LayerNorm(units)"], ["LayerNormalization(epsilon=1e-5)"]],
    [
      { l1: 0.001, l2: 0.01 },
      ["0.001 * w.abs().sum() + 0.01 * w.square().sum() for w in weights", "+ penalty()).backward()"],
      ["kernel_penalty = keras.regularizers.L1L2(l1=0.001, l2=0.01)", "kernel_regularizer=kernel_penalty"],
    ],
    [
      { l2: 0.01, optimizer: "adagrad", decay: 0.02 },
      ["0.01 * w.square().sum()", "optim.Adagrad(model.parameters(), lr=0.8, weight_decay=0.02)"],
      ["penalty = keras.regularizers.L2(0.01)  # half", "l2=0.01 + penalty.l2)", "bias_regularizer=penalty"],
    ],
    [
      { optimizer: "lion", decay: 0.1 },
      ["class Lion(torch.optim.Optimizer)", "optimizer = Lion(model.parameters(), lr=0.8, weight_decay=0.1)"],
      ["keras.optimizers.Lion(learning_rate=0.8, weight_decay=0.1)"],
    ],
    [{ optimizer: "nadam" }, ["optim.NAdam("], ["optimizers.Nadam("]],
    [{ optimizer: "adamax" }, ["optim.Adamax("], ["optimizers.Adamax("]],
    [
      { schedule: "cosine", scheduleEpochs: 10 },
      ["half_cosine(min(1, step / 150))", 'group["lr"] = rate * rate_share(done)', "            done += 1"],
      ["half_cosine(min(1, step / 150))", "learning_rate = self.rate * rate_share(done)", "        done += 1"],
    ],
    [{ resets: "recycleDormant" }, ["# Left out: units that are reset"], ["# Left out: units that are reset"]],
  ])("%j", async (recipe, inPytorch, inKeras) => {
    const { pytorch, keras } = await programs(recipe);
    for (const text of inPytorch) expect(pytorch).toContain(text);
    for (const text of inKeras) expect(keras).toContain(text);
  });

  test("cures lift beta, leave what something passes by, and numbers are written where they are", async () => {
    const changes: ProgramFrame["changes"] = [
      { step: 10, what: "liftBias" },
      { step: 12, what: "setGamma", unit: { layer: 1, unit: 2 }, value: 0.5 },
      { step: 12, what: "setWeight", unit: { layer: 2, unit: 0 }, input: 3, value: 0.25 },
    ];
    const { pytorch, keras } = await programs(BLOCKS, { changes, step: 20 });
    expect(pytorch).toContain("layer.norm.bias[dead] -= z[:, dead].quantile(0.9, dim=0)");
    expect(pytorch).toContain('if layer.residual or getattr(following, "residual", False):');
    expect(pytorch).toContain("model[1].norm.weight.data[2] = 0.5  # after step 12\nmodel[2].weight.data[0, 3] = 0.25");
    expect(keras).toContain("shift = layer.norm.beta");
    expect(keras).toContain("change(model.layers[1].norm.gamma, 2, 0.5)  # after step 12");
    expect(keras).toContain("kernel, bias = map(np.array, model.layers[2].get_weights())");
  });

  test.each<[string, Partial<Recipe>, ProgramFrame["changes"], boolean]>([
    ["241 rows in batches of 16", { heldOut: 119 }, [], true],
    ["batches of one row", { batch: 1 }, [], true],
    ["batches of one row from a step on", {}, [{ step: 5, what: "batch", value: 1 }], true],
    ["240 rows in batches of 16", {}, [], false],
    ["241 rows that are not normalized", { heldOut: 119, normalization: "layer" }, [], false],
  ])("PyTorch is given a batch normalization that takes one row where it is needed: %s", async (...given) => {
    const [, recipe, changes, isNeeded] = given;
    const { pytorch, keras } = await programs({ normalization: "batch", ...recipe }, { changes });
    expect(pytorch.includes("self.norm = BatchNorm(units)")).toBe(isNeeded);
    expect(pytorch.includes("class BatchNorm(nn.BatchNorm1d):")).toBe(isNeeded);
    expect(keras.includes("# Of a batch of one row")).toBe(isNeeded);
  });

  test("what is off is not in a program", async () => {
    const { pytorch, keras } = await programs({});
    for (const program of [pytorch, keras])
      expect(program).not.toMatch(/norm\(|Norm|[Dd]ropout|residual|penalty|rate_share|Left out|class Layer/);
  });
});

describe("what was changed on the way", () => {
  const changes: ProgramFrame["changes"] = [
    { step: 300, what: "liftBias" },
    { step: 300, what: "rate", value: 0.4 },
    { step: 333, what: "rate", value: 0.3 },
    { step: 353, what: "clip", value: 1 },
    { step: 353, what: "decay", value: 0.01 },
    { step: 383, what: "leakyRelu" },
  ];

  test("is made at its step", async () => {
    const { pytorch, keras } = await programs({}, { changes, step: 400 });
    const said = (program: string) =>
      program.split("\n").filter((line) => /^(train|lift|to_l|optimizer\.w)/.test(line) || /^ {4}group\["w/.test(line));
    const trains = [
      "train(300, batch=16, rate=0.8)  # to step 300",
      "train(33, batch=16, rate=0.4)  # to step 333",
      "train(20, batch=16, rate=0.3)  # to step 353",
      "train(30, batch=16, rate=0.3, clip=1)  # to step 383",
      "train(17, batch=16, rate=0.3, clip=1)  # to step 400",
    ];
    const [first, second, third, fourth, fifth] = trains;
    const lift = "lift_bias()  # after step 300";
    expect(said(pytorch)).toEqual([
      first,
      lift,
      second,
      third,
      '    group["weight_decay"] = 0.01',
      fourth,
      "to_leaky_relu()  # after step 383",
      fifth,
    ]);
    expect(said(keras)).toEqual([
      first,
      lift,
      second,
      third,
      "optimizer.weight_decay = 0.01",
      fourth,
      "to_leaky_relu()  # after step 383",
      fifth,
    ]);
    expect(pytorch).toContain("def lift_bias():");
    expect(pytorch).not.toContain("def recycle():");
  });

  test("cuts the training into stages that follow one another", () => {
    const stages = plainStagesOf({ recipe: DEFAULTS, changes, step: 400 });
    expect(stages.map(({ from, to }) => [from, to])).toEqual([
      [0, 300],
      [300, 333],
      [333, 353],
      [353, 383],
      [383, 400],
    ]);
  });
});

test("a table's words are no part of the program but its data", async () => {
  const contents = "b,label\n" + Array.from({ length: 40 }, (_, i) => `${i},${i % 2 ? "yes" : "no"}\n`).join("");
  const name = 'evil"""\n+ import os # .csv';
  const started = await harness.start({ data: "csv", layers: [3], rate: 0.01 }, { name, contents });
  const frame = { recipe: started.recipe, changes: [], step: 10 };
  for (const language of LANGUAGES) {
    const program = codeFor(language, frame, started);
    expect(program).toContain(`# Rows of evil""" + import os # .csv: b.`);
    expect(rowsIn(program).flat()).toEqual([...started.task.train.x.data]);
  }
});
