// Models of TensorFlow.js whose layers are normalized row by row: treated in place, and traced.
import * as tf from "@tensorflow/tfjs";
import { afterAll, describe, expect, test } from "vitest";
import { diagnose, traceDeaths, treat } from "../../src/tfjs.js";
import type { ModelRemedy } from "../../src/tfjs/treat-types.js";
import { expectError } from "../support/errors.js";
import { allWeights, deadByHand, dense, disposeOf, expectNear, predictionsOf, rowsOf, withoutLeak } from "./models.js";

const x = rowsOf(100, 8);
const y = rowsOf(100, 2, 7);
afterAll(() => tf.dispose([x, y]));

const drawn = (seed: number, low = 0.5) => tf.initializers.randomUniform({ minval: low, maxval: low + 1, seed });

interface Choices {
  readonly center?: boolean;
  readonly scale?: boolean;
  readonly useBias?: boolean;
  /** Batch normalizations on either side of the first layer normalization. */
  readonly before?: boolean;
  readonly behind?: boolean;
  /** The one behind. */
  readonly last?: { readonly center?: boolean; readonly scale?: boolean; readonly epsilon?: number };
}

const batch = (seed: number, more: object = {}) =>
  tf.layers.batchNormalization({
    ...more,
    movingMeanInitializer: drawn(seed),
    movingVarianceInitializer: drawn(seed + 1),
    gammaInitializer: drawn(seed + 2),
    betaInitializer: drawn(seed + 3, -0.5),
  });

/** Dense, layer normalization, ReLU, twice. */
function normalized({
  center = true,
  scale = true,
  useBias = true,
  before,
  behind,
  last,
}: Choices = {}): tf.Sequential {
  const rows = (name: string, seed: number, more: object = {}) =>
    tf.layers.layerNormalization({
      name,
      gammaInitializer: drawn(seed),
      betaInitializer: drawn(seed + 1, -0.5),
      ...more,
    });
  const relu = (name: string) => tf.layers.activation({ activation: "relu", name });
  return tf.sequential({
    layers: [
      dense(8, 1, { inputShape: [8], useBias, biasInitializer: drawn(3, -0.5), name: "first" }),
      ...(before ? [batch(30)] : []),
      rows("norm", 10, { center, scale }),
      ...(behind ? [batch(40, last)] : []),
      relu("relu1"),
      dense(6, 2, { name: "second" }),
      rows("norm2", 20),
      relu("relu2"),
      dense(2, 3, { name: "last" }),
    ],
  });
}

const RELUS = ["relu1", "relu2"];
const readOf = (model: tf.LayersModel, layer: string) =>
  model
    .getLayer(layer)
    .getWeights()
    .map((weight) => [...weight.dataSync()]);

/** Sets one number of a layer's weight. */
function set(model: tf.LayersModel, layer: string, part: string, unit: number, value: number): void {
  const target = model.getLayer(layer);
  const place = target.weights.findIndex(({ originalName }) => originalName.endsWith(`/${part}`));
  tf.tidy(() => {
    const all = target.getWeights();
    const data = all[place].dataSync().slice();
    data[unit] = value;
    target.setWeights(all.map((each, i) => (i === place ? tf.tensor(data, each.shape) : each)));
  });
}

function sick(choices: Choices = {}): tf.Sequential {
  const model = normalized(choices);
  if (choices.behind && choices.last?.center !== false) {
    const behind = model.layers.findLast((layer) => layer.getClassName() === "BatchNormalization")!;
    set(model, behind.name, "beta", 2, -40);
  } else set(model, "norm", "beta", 2, -40);
  set(model, "norm2", "beta", 4, -30);
  return model;
}

const largestGap = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);

const PLAIN: Choices = {};
const CHOICES: [string, Choices][] = [
  ["a layer normalization", PLAIN],
  ["one without gamma", { scale: false }],
  ["behind a layer without a bias", { useBias: false }],
  ["behind a batch normalization", { before: true }],
  ["before a batch normalization", { behind: true }],
  ["without gamma, before a batch normalization", { behind: true, scale: false }],
  ["without any gamma", { behind: true, scale: false, last: { scale: false } }],
  ["without gamma, before one without beta", { behind: true, scale: false, last: { center: false } }],
  ["without gamma or beta, between two", { before: true, behind: true, center: false, scale: false }],
];

describe.each(CHOICES)("%s", (_name, choices) => {
  test("beta is lifted, and outputs stay", async () => {
    const model = sick(choices);
    const [first, second] = deadByHand(model, x, RELUS);
    expect([first.includes(2), second]).toEqual([true, [4]]);
    const [weights, outputs] = [allWeights(model), predictionsOf(model, x)];
    const treatment = await withoutLeak(() => treat(model, x, { kind: "liftBias", activity: 0.4 }));
    expect([treatment.before.dead, treatment.after.dead]).toEqual([first.length + 1, 0]);
    expect(deadByHand(model, x, RELUS)).toEqual([[], []]);
    expectNear(predictionsOf(model, x), outputs, 1e-5);
    const share = tf.tidy(() => {
      const part = tf.model({ inputs: model.inputs, outputs: model.getLayer("relu1").output as tf.SymbolicTensor });
      return ((part.predict(x) as tf.Tensor).greater(0).mean(0).arraySync() as number[])[2];
    });
    expect(Math.abs(share - 0.4)).toBeLessThan(0.02);
    treatment.undo();
    expect(allWeights(model)).toEqual(weights);
    model.dispose();
  });

  const OTHERS: ModelRemedy[] = [
    { kind: "recycle" },
    ...(choices === PLAIN
      ? ([{ kind: "reinitialize" }, { kind: "openSamples" }, { kind: "replaceActivation", activation: "elu" }] as const)
      : []),
  ];
  test.each(OTHERS)("$kind: what is told is what TensorFlow.js computes", async (remedy) => {
    const model = sick(choices);
    const [weights, outputs] = [allWeights(model), predictionsOf(model, x)];
    const redraws = remedy.kind === "recycle" || remedy.kind === "reinitialize";
    const treatment = await withoutLeak(() => treat(model, x, remedy));
    const again = await diagnose(model, x);
    expect(again.layers.map(({ units }) => units)).toEqual(treatment.after.layers.map(({ units }) => units));
    const gap = largestGap(predictionsOf(model, x), outputs);
    expect(Math.abs(gap - treatment.outputChange)).toBeLessThan(1e-4 * Math.max(1, gap));
    if (remedy.kind !== "openSamples") expect(treatment.treated.length).toBeGreaterThan(0);
    if (redraws) expect(again.dead).toBe(0);
    treatment.undo();
    expect(allWeights(model)).toEqual(weights);
    expect(predictionsOf(model, x)).toEqual(outputs);
    model.dispose();
  });
});

test("a lift changes beta and the weights behind the unit, and nothing else", async () => {
  const model = sick();
  const before = ["first", "norm", "second", "norm2", "last"].map((name) => readOf(model, name));
  await treat(model, x, { kind: "liftBias" });
  const after = ["first", "norm", "second", "norm2", "last"].map((name) => readOf(model, name));
  const changed = before.flatMap((weights, layer) =>
    weights.flatMap((values, weight) =>
      values.flatMap((value, place) => (value === after[layer][weight][place] ? [] : [[layer, weight, place]])),
    ),
  );
  const behind = [0, 1, 2, 3, 4, 5].map((to) => [2, 0, 2 * 6 + to]);
  expect(changed).toEqual([[1, 1, 2], ...behind, [3, 1, 4], [4, 0, 8], [4, 0, 9]]);
  // with beta as it was the unit is dead: it is beta that opened it
  set(model, "norm", "beta", 2, before[1][1][2]);
  expect(deadByHand(model, x, RELUS)).toEqual([[2], []]);
  model.dispose();
});

test("recycle makes a gamma of 0 one again", async () => {
  const model = normalized();
  set(model, "norm", "gamma", 5, 0);
  set(model, "norm", "beta", 5, -1);
  const treatment = await treat(model, x, { kind: "recycle" });
  expect(treatment.treated).toMatchObject([{ layer: 0, unit: 5, action: "rescaled" }]);
  expect([readOf(model, "norm")[0][5], readOf(model, "norm")[1][5]]).toEqual([1, 0]);
  expect(deadByHand(model, x, RELUS)).toEqual([[], []]);
  model.dispose();
});

describe("recycle makes a gamma of 0 one again behind which a batch normalization scales", () => {
  const EPSILON = 0.01;

  test.each([
    ["of its own scale and shift", {}],
    ["without a shift", { center: false }],
    ["without a scale", { scale: false }],
    ["without either", { center: false, scale: false }],
  ])("%s", async (_what, last) => {
    const model = sick({ behind: true, last: { ...last, epsilon: EPSILON } });
    set(model, "norm", "gamma", 2, 0);
    expect(deadByHand(model, x, RELUS)[0]).toContain(2);
    const layer = model.layers.findLast((each) => each.getClassName() === "BatchNormalization")!;
    const namedOf = (name: string) =>
      Object.fromEntries(
        model
          .getLayer(name)
          .weights.map(({ originalName }, i) => [originalName.split("/").at(-1)!, readOf(model, name)[i]]),
      );
    const [weights, rows, behind] = [allWeights(model), namedOf("norm"), namedOf(layer.name)];
    const treatment = await withoutLeak(() => treat(model, x, { kind: "recycle", units: [{ layer: 0, unit: 2 }] }));
    expect(treatment.treated).toMatchObject([{ layer: 0, unit: 2, action: "rescaled" }]);
    const [rowsAfter, behindAfter] = [namedOf("norm"), namedOf(layer.name)];
    // gamma times what scales behind it is 1, each number rounded once
    const factor = (behind.gamma?.[2] ?? 1) / Math.sqrt(behind.moving_variance[2] + EPSILON);
    expect(Math.abs(factor * rowsAfter.gamma[2] - 1)).toBeLessThan(2 ** -23);
    const shift = factor * (rowsAfter.beta[2] - behind.moving_mean[2]) + (behindAfter.beta?.[2] ?? 0);
    // what was added before, of which the network has one float32
    const size = Math.abs(factor * (rows.beta[2] - behind.moving_mean[2]) + (behind.beta?.[2] ?? 0));
    expect(Math.abs(shift)).toBeLessThan(2 ** -22 * size);
    const moved = (before: Record<string, number[]>, after: Record<string, number[]>) =>
      Object.keys(after).flatMap((part) =>
        after[part].flatMap((value, unit) => (value === before[part][unit] ? [] : [`${part} ${unit}`])),
      );
    const hasShift = !("center" in last);
    expect(moved(rows, rowsAfter)).toEqual(hasShift ? ["gamma 2"] : ["gamma 2", "beta 2"]);
    expect(moved(behind, behindAfter)).toEqual(hasShift ? ["beta 2"] : []);
    expect(deadByHand(model, x, RELUS)[0]).not.toContain(2);
    treatment.undo();
    expect(allWeights(model)).toEqual(weights);
    model.dispose();
  });
});

describe("recycle where the layer normalization has no gamma, but a batch normalization behind it", () => {
  const named = (model: tf.LayersModel) => {
    const layer = model.layers.findLast((each) => each.getClassName() === "BatchNormalization")!;
    return Object.fromEntries(
      layer.weights.map(({ originalName }, i) => [originalName.split("/").at(-1)!, readOf(model, layer.name)[i]]),
    );
  };
  const EPSILON = 0.01;
  const deviation = (variance: number) => Math.sqrt(variance + EPSILON);
  const only = [{ layer: 0, unit: 2 }];

  test.each([true, false])("scale: %s", async (scale) => {
    const model = sick({ behind: true, scale: false, last: { scale, epsilon: EPSILON } });
    const before = named(model);
    expect(deadByHand(model, x, RELUS)[0]).toContain(2);
    await treat(model, x, { kind: "recycle", units: only });
    const after = named(model);
    const { gamma, beta, moving_mean: mean, moving_variance: variance } = after;
    // 1·x + 0 of what the layer normalization gives, its own beta included, of which each number is rounded once
    const factor = (gamma?.[2] ?? 1) / deviation(variance[2]);
    expect(Math.abs(factor - 1)).toBeLessThan(2 ** -23);
    const shift = readOf(model, "norm")[0][2] - mean[2];
    expect(Math.abs(beta[2] + factor * shift)).toBeLessThan(2 ** -23 * Math.abs(beta[2]));
    const moved = Object.keys(after).filter((part) => after[part][2] !== before[part][2]);
    expect(moved).toEqual(scale ? ["gamma", "beta"] : ["beta", "moving_variance"]);
    for (const part of Object.keys(after))
      expect(after[part].filter((_, unit) => unit !== 2)).toEqual(before[part].filter((_, unit) => unit !== 2));
    expect(deadByHand(model, x, RELUS)[0]).not.toContain(2);
    model.dispose();
  });

  test("a gamma of 0 there is told from its variance", async () => {
    const model = sick({ behind: true, scale: false, last: { epsilon: EPSILON } });
    const { name } = model.layers.findLast((each) => each.getClassName() === "BatchNormalization")!;
    set(model, name, "gamma", 2, 0);
    await treat(model, x, { kind: "recycle", units: only });
    const { gamma, moving_variance: variance } = named(model);
    expect(Math.abs(gamma[2] / deviation(variance[2]) - 1)).toBeLessThan(2 ** -23);
    expect(deadByHand(model, x, RELUS)[0]).not.toContain(2);
    model.dispose();
  });

  test("no variance makes it 1: refused, with the model as it was", async () => {
    const model = sick({ behind: true, scale: false, last: { scale: false, epsilon: 1.5 } });
    const weights = allWeights(model);
    await withoutLeak(() => expectError(treat(model, x, { kind: "recycle" }), "unsupported", /treated layer first/));
    expect(allWeights(model)).toEqual(weights);
    model.dispose();
  });
});

test("a model in which nothing is dead is left as it is", async () => {
  const model = normalized();
  const before = allWeights(model);
  const { treated, findings, outputChange } = await treat(model, x, { kind: "liftBias" });
  expect([treated, findings[0].kind, outputChange]).toEqual([[], "nothingToTreat", 0]);
  expect(allWeights(model)).toEqual(before);
  model.dispose();
});

describe("refused, with the model as it was", () => {
  test("no beta to lift", async () => {
    const model = normalized({ center: false });
    // far from the others on every row, on the lower side
    set(model, "first", "bias", 2, -60);
    expect(deadByHand(model, x, RELUS)[0]).toEqual([2]);
    const before = allWeights(model);
    await withoutLeak(() => expectError(treat(model, x, { kind: "liftBias" }), "unsupported", /treated layer first/));
    expect(allWeights(model)).toEqual(before);
    model.dispose();
  });

  test("a gamma of 0 of the batch normalization behind one with gamma", async () => {
    const model = sick({ behind: true });
    const { name } = model.layers.findLast((each) => each.getClassName() === "BatchNormalization")!;
    set(model, name, "gamma", 2, 0);
    const before = allWeights(model);
    // whatever gamma before it is, nothing comes of it
    await withoutLeak(() => expectError(treat(model, x, { kind: "recycle" }), "unsupported", /treated layer first/));
    expect(allWeights(model)).toEqual(before);
    model.dispose();
  });
});

test("moments of gamma and beta are cleared where units were treated", async () => {
  const model = sick();
  model.compile({ loss: "meanSquaredError", optimizer: tf.train.adam() });
  set(model, "norm", "beta", 2, 0);
  await model.fit(x, y, { epochs: 2, verbose: 0 });
  set(model, "norm", "beta", 2, -40);
  const read = async () => {
    const [iterations, ...slots] = await model.optimizer.getWeights();
    iterations.tensor.dispose();
    const own = slots.filter(({ name }) => name.startsWith("norm/"));
    return own.map(({ tensor }) => [...tensor.dataSync()]);
  };
  const before = await read();
  expect(before).toHaveLength(4); // of gamma and beta, both moments
  expect(before.flat().filter((value) => value === 0)).toEqual([]);
  const treatment = await treat(model, x, { kind: "liftBias", units: [{ layer: 0, unit: 2 }] });
  expect(treatment.moments).toBe("cleared");
  expect(await read()).toEqual(before.map((slot) => slot.map((value, unit) => (unit === 2 ? 0 : value))));
  treatment.undo();
  expect(await read()).toEqual(before);
  disposeOf(model);
});

describe("traced", () => {
  const fit = (model: tf.LayersModel, callbacks: unknown, epochs = 3) =>
    model.fit(x, y, {
      epochs,
      batchSize: 34,
      shuffle: false,
      verbose: 0,
      callbacks: callbacks as tf.CustomCallback[],
    });
  /** Does something after one of the steps. */
  const after = (step: number, act: () => void) => {
    let count = 0;
    const onBatchEnd = async () => {
      if (++count === step) act();
    };
    return new tf.CustomCallback({ onBatchEnd }, "never" as never);
  };
  const compiled = (model: tf.LayersModel): tf.LayersModel => {
    model.compile({ loss: "meanSquaredError", optimizer: tf.train.sgd(0.001) });
    return model;
  };

  test("a unit that beta closes has died at that step, of unknown parts", async () => {
    const model = compiled(normalized());
    const trace = traceDeaths(x, { rows: 100 });
    await withoutLeak(() => fit(model, [after(4, () => set(model, "norm", "beta", 3, -40)), trace]));
    expect(deadByHand(model, x, RELUS)).toEqual([[3], []]);
    const [death, ...others] = trace.deaths;
    expect(others).toEqual([]);
    expect(death).toMatchObject({ layer: 0, name: "first", unit: 3, step: 4, epoch: 2, batch: 1, cause: "unknown" });
    expect(death.change.weights).toBeNaN();
    expect(death.before.max).toBeGreaterThan(0);
    expect(death.after.max).toBeLessThan(0);
    expect(death.explanation).toContain("cause: unknown");
    expect(death.explanation).not.toContain("NaN");
    expect(trace.silentUnits).toEqual([
      [0, 0],
      [1, 0],
      [1, 0],
    ]);
    disposeOf(model);
  });

  test("of a plain layer behind one the parts are known as ever", async () => {
    const layers = [
      dense(8, 1, { inputShape: [8] }),
      tf.layers.layerNormalization({}),
      tf.layers.reLU(),
      dense(6, 2, { activation: "relu", name: "plain" }),
      dense(2, 3),
    ];
    const model = compiled(tf.sequential({ layers }));
    const trace = traceDeaths(x, { rows: 100 });
    await fit(model, [after(2, () => set(model, "plain", "bias", 1, -40)), trace]);
    expect(trace.deaths).toMatchObject([{ layer: 1, unit: 1, step: 2, cause: "not replayed" }]);
    const [{ change, before, after: then }] = trace.deaths;
    expect(change.weights + change.bias + change.inputs).toBeCloseTo(then.mean - before.mean, 3);
    disposeOf(model);
  });

  test("a unit that starts silent is born so; without deaths nothing is told", async () => {
    const model = compiled(sick());
    const trace = traceDeaths(x);
    await fit(model, trace, 1);
    expect(trace.deaths.map(({ layer, unit, cause }) => [layer, unit, cause])).toEqual([
      [0, 2, "born"],
      [1, 4, "born"],
    ]);
    const healthy = compiled(normalized());
    await fit(healthy, trace, 1);
    expect([trace.deaths, trace.silentUnits]).toEqual([[], [[0, 0]]]);
    disposeOf(model);
    disposeOf(healthy);
  });

  test("a gamma that is no number ends it", async () => {
    const model = compiled(normalized());
    const trace = traceDeaths(x);
    await fit(model, [after(4, () => set(model, "norm", "gamma", 3, NaN)), trace]);
    expect(trace.divergedAt).toBe(4);
    disposeOf(model);
  });
});
