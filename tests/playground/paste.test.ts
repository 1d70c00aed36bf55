// A network that is pasted: a few words, or the lines of a program.
import { afterAll, describe, expect, test } from "vitest";
import { codeFor } from "../../site/workshop/state/code/code.js";
import { readPasted } from "../../site/workshop/state/paste/read-pasted.js";
import { DEFAULTS, type Recipe } from "../../site/training/recipe.js";
import { expectError } from "../support/errors.js";
import { EngineHarness } from "./engine-harness.js";

const SPIRAL = { inputs: 2, outputs: 1 };
const DIGITS = { inputs: 64, outputs: 10 };
const read = (text: string, shape = SPIRAL) => readPasted(text, DEFAULTS, shape);

test.each<[string, Partial<Recipe>]>([
  ["64-32 adam 0.01", { layers: [64, 32], optimizer: "adam", rate: 0.01 }],
  ["16 8 4", { layers: [16, 8, 4] }],
  [
    "[20, 10], tanh, sgd, lr=0.05, momentum=0.9, batch_size=64",
    {
      layers: [20, 10],
      activation: "tanh",
      optimizer: "momentum",
      rate: 0.05,
      batch: 64,
    },
  ],
  [
    "10x10 leaky-relu rmsprop 1e-3 clip 1",
    { layers: [10, 10], activation: "leakyRelu", optimizer: "rmsprop", rate: 0.001, clip: 1 },
  ],
  ["adam", { optimizer: "adam", rate: 0.001 }],
  ["AdamW decay 0.1 bias -0.5 seed 7", { optimizer: "adam", rate: 0.001, decay: 0.1, bias: -0.5, seed: 7 }],
  ["rate 0.3", { rate: 0.3 }],
  [
    "8-8 batchnorm dropout 0.2 residual lion 3e-4 cosine l2 0.01",
    {
      layers: [8, 8],
      normalization: "batch",
      dropout: 0.2,
      residual: true,
      optimizer: "lion",
      rate: 3e-4,
      schedule: "cosine",
      l2: 0.01,
    },
  ],
  ["16 layer-norm nadam", { layers: [16], normalization: "layer", optimizer: "nadam", rate: 0.002 }],
  [
    "MLPClassifier(hidden_layer_sizes=(30, 20), activation='logistic', solver='adam', learning_rate_init=0.002, batch_size=50)",
    { layers: [30, 20], activation: "sigmoid", optimizer: "adam", rate: 0.002, batch: 50 },
  ],
])("words: %s", (text, changed) => {
  expect(read(text).recipe).toEqual({ ...DEFAULTS, ...changed });
});

describe("inputs and outputs among the sizes", () => {
  test("are those of the data, and it is said", () => {
    const { recipe, told } = read("64-32-10 adam 0.01", DIGITS);
    expect(recipe.layers).toEqual([32]);
    expect(told).toMatch(
      /hidden layer 32 \(the first, 64, taken for the inputs, the last, 10, taken for the outputs\)/,
    );
  });

  test("the last alone", () => expect(read("48-32-10", DIGITS).recipe.layers).toEqual([48, 32]));
  test("none where they are others", () => expect(read("64-32-10").recipe.layers).toEqual([64, 32, 10]));
  test("never the only layer", () => expect(read("10", DIGITS).recipe.layers).toEqual([10]));
});

describe("a program for PyTorch", () => {
  const MODEL = `
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(784, 64)  # nn.Linear(1, 2)
        self.fc2 = nn.Linear(in_features=64, out_features=32)
        self.out = nn.Linear(32, 10)
    def forward(self, x):
        return torch.sigmoid(self.out(F.relu(self.fc2(F.relu(self.fc1(x))))))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4, nesterov=True)
loader = DataLoader(data, batch_size=128, shuffle=True)
torch.nn.utils.clip_grad_norm_(model.parameters(), 2.5)`;

  test("with its start, which is PyTorch's own", () => {
    const { recipe, told } = read(MODEL, DIGITS);
    expect(recipe).toEqual({
      ...DEFAULTS,
      layers: [64, 32],
      optimizer: "momentum",
      rate: 0.1,
      decay: 1e-4,
      batch: 128,
      clip: 2.5,
      start: "torchLinear",
    });
    expect(told).toContain("Left out: nesterov=True");
  });

  test("its optimizer alone", () => {
    expect(read("torch.optim.Adam(model.parameters(), 3e-4)").recipe).toEqual({
      ...DEFAULTS,
      optimizer: "adam",
      rate: 3e-4,
    });
  });

  test("with a start of its own", () => {
    const text = "nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 1)\nnn.init.orthogonal_(layer.weight)";
    expect(read(text).recipe.start).toBe("orthogonal");
  });
});

describe("a program for Keras", () => {
  test("with its start, and the optimizer's defaults", () => {
    const text = `
model = keras.Sequential([
  layers.Dense(32, activation='tanh', input_shape=(20,)), layers.Dropout(0.5),
  layers.Dense(16, activation="tanh"), layers.Dense(1, activation="sigmoid")])
model.compile(optimizer="adam", loss="binary_crossentropy")
model.fit(x, y, epochs=100, batch_size=32)`;
    expect(read(text).recipe).toEqual({
      ...DEFAULTS,
      layers: [32, 16],
      activation: "tanh",
      optimizer: "adam",
      rate: 0.001,
      batch: 32,
      start: "glorotUniform",
      dropout: 0.5,
    });
  });

  test("with He's start and a clip norm", () => {
    const text = `Dense(12, kernel_initializer="he_normal", activation="relu"), Dense(3)
keras.optimizers.SGD(learning_rate=0.5, clipnorm=1.0)`;
    const { recipe } = read(text);
    expect(recipe).toMatchObject({ layers: [12], start: "heNormal", optimizer: "sgd", rate: 0.5, clip: 1 });
  });
});

describe("layers with more than sums", () => {
  const layers = (between: string) => `nn.Sequential(nn.Linear(2, 8), ${between}, nn.Linear(8, 1))`;

  test.each<[string, Partial<Recipe>, RegExp]>([
    [layers("nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(p=0.3)"), { normalization: "batch", dropout: 0.3 }, /batch norm/],
    [layers("nn.LayerNorm(8), nn.ReLU(), nn.Dropout()"), { normalization: "layer", dropout: 0.5 }, /dropout 0.5/],
    [layers("nn.ReLU(), nn.BatchNorm1d(8)"), {}, /Left out: normalization that stands behind an activation/],
    [`${layers("nn.ReLU()")}\nCosineAnnealingLR(opt, T_max=40)`, { schedule: "cosine", scheduleEpochs: 40 }, /cosine/],
    [`${layers("nn.ReLU()")}\nStepLR(opt, 30)`, {}, /Left out: the schedule StepLR/],
    [
      'Dense(8, activation="relu", kernel_regularizer=regularizers.l1_l2(l1=0.1, l2=0.2)), Dropout(0.2), Dropout(0.4), Dense(1)',
      { l1: 0.1, l2: 0.2, dropout: 0.2, start: "glorotUniform" },
      /Left out: dropout of 0.4/,
    ],
    [
      'Dense(8, kernel_regularizer=regularizers.l2(0.03)), BatchNormalization(), Activation("relu"), Dense(1)',
      { l2: 0.03, normalization: "batch", start: "glorotUniform" },
      /L2 0.03/,
    ],
  ])("%s", (text, changed, told) => {
    const pasted = read(text);
    expect(pasted.recipe).toEqual({ ...DEFAULTS, layers: [8], start: "torchLinear", ...changed });
    expect(pasted.told).toMatch(told);
  });
});

describe("what the page writes it reads again", () => {
  const harness = new EngineHarness();
  afterAll(() => harness.engine.dispose());

  test.each<Partial<Recipe>>([
    {},
    { layers: [7], activation: "leakyRelu", optimizer: "momentum", rate: 0.05, batch: 24, start: "orthogonal" },
    { layers: [9, 6, 3], activation: "silu", optimizer: "adam", rate: 0.002, decay: 0.1, clip: 0.5, start: "heNormal" },
    { activation: "sigmoid", optimizer: "rmsprop", rate: 0.003, start: "lecunNormal" },
    { normalization: "batch", dropout: 0.2, layers: [6, 6], residual: true, schedule: "cosine", scheduleEpochs: 30 },
    { normalization: "layer", activation: "leakyRelu", l1: 0.001, l2: 0.01, optimizer: "lion", rate: 3e-4, decay: 0.1 },
    { l2: 0.01, optimizer: "adamax", decay: 0.02, schedule: "warmup", scheduleEpochs: 5, dropout: 0.1 },
    { l1: 0.01, optimizer: "nadam", schedule: "oneCycle", start: "orthogonal" },
    { optimizer: "momentum", decay: 0.02, layers: [6, 6], residual: true },
  ])("%j", async (changed) => {
    const started = await harness.start(changed);
    const frame = { recipe: started.recipe, changes: [], step: 100 };
    for (const language of ["pytorch", "keras"] as const)
      expect(read(codeFor(language, frame, started)).recipe).toEqual(started.recipe);
  });
});

test.each([
  ["", /to be a network, got nothing/],
  ["64-32 ftrl", /got "ftrl"/],
  ["64-32 adm 0.1", /adam/],
  ["784-128-10", /1 to 64 units, got 784/],
  ["4-4-4-4-4-4-4-4-4-4-4", /at most 10 hidden layers, got 11/],
  ["8 sgd 1000", /a rate from/],
  ["8 batch 0.5", /a batch of/],
  ["8 sgd 0.1 0.2", /once what the rate is, got 0.1 and 0.2/],
  ["sgd momentum 0.5", /a momentum of 0 or 0.9/],
  ["nn.Linear(2, hidden), nn.ReLU(), nn.Linear(hidden, 1)", /sizes that are numbers/],
  ["nn.Linear(2, 8), nn.Linear(8, 1)", /an activation between its layers, got none/],
  ["nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 8), nn.Tanh(), nn.Linear(8, 1)", /one activation in all hidden layers/],
  ["nn.Linear(2, 1)", /at least one hidden layer/],
  ['Dense(8, activation="selu"), Dense(1)', /an activation that the page has, got selu/],
  ['Dense(8, activation="relu"), Dense(1)\nmodel.compile(optimizer="ftrl")', /as optimizer, got ftrl/],
  ["8 dropout 1", /a dropout from 0 to 0.9, got 1/],
  ["8 l2 11", /an L2 penalty from 0 to 10, got 11/],
  [
    "nn.Linear(2, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.LayerNorm(8), nn.Linear(8, 1)",
    /one normalization in all hidden layers, got batch and layer/,
  ],
  ["constructor", /got "constructor"/],
  ["and with", /to say something of a network/],
  ["x".repeat(100_001), /at most 100000 characters/],
])("refuses in words: %s", (text, message) => {
  expectError(() => read(text), "format", "the pasted text");
  expect(() => read(text)).toThrow(message);
});

test("hostile texts take no time", () => {
  const started = performance.now();
  for (const part of ["Linear(", "Dense(1,", "SGD((", "clip_grad_norm_(a", "1-", "= 1e", "(((((", "Linear(1, 2)"]) {
    try {
      read(part.repeat(Math.floor(99_000 / part.length)));
    } catch {
      // refused
    }
  }
  expect(performance.now() - started).toBeLessThan(3000);
});
