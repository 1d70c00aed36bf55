// Bad input: the error's code, the path and what came, and a network that did not change.
import { describe, expect, test } from "vitest";
import { expectRefusal } from "../support/errors.js";
import { classifier, expectUntouched, regressor, weightsOf, withNetwork } from "../support/networks.js";
import { sectors, waves } from "../support/samples.js";
import {
  adam,
  adamW,
  createNetwork,
  type DataSet,
  type Matrix,
  type NetworkSpec,
  RelumineError,
  rmsprop,
  sgd,
} from "../../src/index.js";
import { getRuntime } from "../../src/wasm/runtime.js";

/** Calls that TypeScript would refuse: JavaScript's users have no such help. */
type Anything = any;
/** The path, then what the error says came or suggests. */
type Words = readonly [path: string, ...given: (string | RegExp)[]];
type Code = RelumineError["code"];

const spec: NetworkSpec = { inputs: 2, layers: [{ units: 3 }, { units: 1 }], loss: "meanSquaredError" };
const withLayer = (layer: Anything): Anything => ({ ...spec, layers: [layer, { units: 1 }] });

describe("specs", () => {
  test.each<[string, Anything, Code, Words]>([
    ["nothing", undefined, "value", ["spec", "undefined"]],
    ["null", null, "value", ["spec", "null"]],
    ["a number", 3, "value", ["spec", "3"]],
    ["an array", [2, 3], "value", ["spec", "array"]],
    ["units 0", withLayer({ units: 0 }), "value", ["layers[0].units", "0"]],
    ["units 1.5", withLayer({ units: 1.5 }), "value", ["layers[0].units", "1.5"]],
    ["units -4", withLayer({ units: -4 }), "value", ["layers[0].units", "-4"]],
    ["units NaN", withLayer({ units: Number.NaN }), "value", ["layers[0].units", "NaN"]],
    ["units Infinity", withLayer({ units: Infinity }), "value", ["layers[0].units", "Infinity"]],
    ["units as text", withLayer({ units: "16" }), "value", ["layers[0].units", '"16"']],
    ["no units", withLayer({}), "value", ["layers[0].units", "undefined"]],
    ["a layer that is a number", withLayer(16), "value", ["layers[0]", "16"]],
    ["a layer that is null", withLayer(null), "value", ["layers[0]", "null"]],
    ["no layers", { ...spec, layers: [] }, "value", ["layers"]],
    ["layers missing", { inputs: 2, loss: "huber" }, "value", ["layers", "undefined"]],
    ["layers a number", { ...spec, layers: 3 }, "value", ["layers", "3"]],
    [
      "layers with a hole",
      { ...spec, layers: Object.assign([], { 1: { units: 1 }, length: 2 }) },
      "value",
      ["layers[0]"],
    ],
    ["inputs 0", { ...spec, inputs: 0 }, "value", ["inputs", "0"]],
    ["inputs 2.5", { ...spec, inputs: 2.5 }, "value", ["inputs", "2.5"]],
    ["inputs missing", { layers: spec.layers, loss: "huber" }, "value", ["inputs", "undefined"]],
    [
      "an unknown activation",
      withLayer({ units: 3, activation: "rellu" }),
      "value",
      ["layers[0].activation", "rellu", '"relu"'],
    ],
    [
      "an activation in another case",
      withLayer({ units: 3, activation: "ReLU" }),
      "value",
      ["layers[0].activation", "ReLU", '"relu"'],
    ],
    [
      "an unknown activation by object",
      withLayer({ units: 3, activation: { name: "leakyrelu", alpha: 0.1 } }),
      "value",
      ["layers[0].activation", "leakyrelu", '"leakyRelu"'],
    ],
    ["an activation that is a number", withLayer({ units: 3, activation: 3 }), "value", ["layers[0].activation", "3"]],
    [
      "alpha NaN",
      withLayer({ units: 3, activation: { name: "elu", alpha: Number.NaN } }),
      "value",
      ["layers[0].activation.alpha", "NaN"],
    ],
    [
      "alpha infinite",
      withLayer({ units: 3, activation: { name: "prelu", alpha: Infinity } }),
      "value",
      ["layers[0].activation.alpha", "Infinity"],
    ],
    [
      "alpha beyond float32",
      withLayer({ units: 3, activation: { name: "elu", alpha: 1e39 } }),
      "value",
      ["layers[0].activation.alpha", /1e\+39/],
    ],
    [
      "alpha for relu",
      withLayer({ units: 3, activation: { name: "relu", alpha: 0.1 } }),
      "value",
      ["layers[0].activation.alpha", "relu"],
    ],
    [
      "an unknown initializer",
      withLayer({ units: 3, kernelInitializer: "heNorm" }),
      "value",
      ["layers[0].kernelInitializer", "heNorm", '"heNormal"'],
    ],
    ["bias NaN", withLayer({ units: 3, biasInitializer: Number.NaN }), "value", ["layers[0].biasInitializer", "NaN"]],
    [
      "bias infinite",
      withLayer({ units: 3, biasInitializer: -Infinity }),
      "value",
      ["layers[0].biasInitializer", "-Infinity"],
    ],
    ["an unknown loss", { ...spec, loss: "crossEntrpy" }, "value", ["loss", "crossEntrpy", '"crossEntropy"']],
    ["a loss far from any", { ...spec, loss: "zzzzzzzzzzzzzz" }, "value", ["loss", "zzzzzzzzzzzzzz"]],
    ["no loss", { inputs: 2, layers: spec.layers }, "value", ["loss", "undefined"]],
    ["a seed that is negative", { ...spec, seed: -1 }, "value", ["seed", "-1"]],
    ["a seed that is fractional", { ...spec, seed: 0.5 }, "value", ["seed", "0.5"]],
    ["a seed that is text", { ...spec, seed: "1" }, "value", ["seed", '"1"']],
    ["a misspelt name", { ...spec, sede: 1 }, "value", ["spec.sede", "sede", '"seed"']],
    [
      "a misspelt name in a layer",
      withLayer({ units: 3, activaton: "relu" }),
      "value",
      ["layers[0].activaton", "activaton", '"activation"'],
    ],
    ["an object's inherited name", { ...spec, loss: "toString" }, "value", ["loss", "toString"]],
    ["a symbol", { ...spec, loss: Symbol("huber") }, "value", ["loss", "huber"]],
    ["a bigint", { ...spec, inputs: 2n }, "value", ["inputs", "2n"]],
  ])("%s", async (_name, given, code, words) => {
    await expectRefusal(() => createNetwork(given), code, ...words);
  });

  test("units 1e9: refused with a figure before anything is allocated", async () => {
    const { heap } = await getRuntime();
    const before = [heap.used, heap.memory.buffer.byteLength];
    await expectRefusal(
      () => createNetwork({ ...spec, layers: [{ units: 1e9 }, { units: 1 }] }),
      "memory",
      "the network's parameters",
      /\d/,
      /GiB/,
    );
    await expectRefusal(
      () => createNetwork({ ...spec, layers: [{ units: 5e8 }, { units: 5e8 }] }),
      "memory",
      "the network's parameters",
      /\d/,
    );
    expect([heap.used, heap.memory.buffer.byteLength]).toEqual(before);
    // and there is room for others
    await withNetwork(spec, (network) => expect(network.predict([[0, 0]]).rows).toBe(1));
  });

  test("units 1e12 are refused", () =>
    expectRefusal(
      () => createNetwork({ ...spec, layers: [{ units: 1e12 }] }),
      /* either says so */ "value",
      "layers[0].units",
      "1000000000000",
    ));

  test.each<[string, Anything, Words]>([
    ["arithmetic", { arithmetic: "fst" }, ["arithmetic", "fst", '"fast"']],
    ["an unknown option", { arithmetics: "fast" }, ["options.arithmetics", "arithmetics", '"arithmetic"']],
    ["a number", 1, ["options", "1"]],
  ])("runtime options: %s", (_name, options, words) =>
    expectRefusal(() => createNetwork(spec, options), "value", ...words),
  );

  test.each([0, -1, 1.5, Number.NaN, "two"])("threads %s are refused", async (threads) => {
    await expectRefusal(() => createNetwork(spec, { threads: threads as number }), "value", "threads", String(threads));
  });
});

describe("optimizers", () => {
  test.each<[string, () => unknown, Words]>([
    ["a negative rate", () => sgd({ learningRate: -0.1 }), ["learningRate", "-0.1"]],
    ["a rate of NaN", () => adam({ learningRate: Number.NaN }), ["learningRate", "NaN"]],
    ["an infinite rate", () => rmsprop({ learningRate: Infinity }), ["learningRate", "Infinity"]],
    ["a rate that is text", () => adamW({ learningRate: "0.1" as Anything }), ["learningRate", '"0.1"']],
    ["momentum above 1", () => sgd({ momentum: 1.1 }), ["momentum", "1.1"]],
    ["momentum below 0", () => rmsprop({ momentum: -0.5 }), ["momentum", "-0.5"]],
    ["nesterov without momentum", () => sgd({ nesterov: true }), ["momentum"]],
    ["beta1 1", () => adam({ beta1: 1 }), ["beta1", "1"]],
    ["beta2 negative", () => adamW({ beta2: -0.1 }), ["beta2", "-0.1"]],
    ["epsilon negative", () => adam({ epsilon: -1 }), ["epsilon", "-1"]],
    ["rho 2", () => rmsprop({ rho: 2 }), ["rho", "2"]],
    ["weight decay NaN", () => sgd({ weightDecay: Number.NaN }), ["weightDecay", "NaN"]],
    ["weight decay negative", () => adamW({ weightDecay: -1 }), ["weightDecay", "-1"]],
    [
      "a misspelt option",
      () => sgd({ learningrate: 0.1 } as Anything),
      ["sgd.learningrate", "learningrate", '"learningRate"'],
    ],
    ["a number", () => sgd(0.1 as Anything), ["sgd", "0.1"]],
  ])("%s", (_name, call, words) => expectRefusal(call, "value", ...words));
});

const { x, y } = sectors(8);
const good: Matrix = { rows: 2, columns: 2, data: new Float32Array(4) };

describe("data", () => {
  const cases: [string, Anything, Code, Words][] = [
    ["nothing", undefined, "value", ["data", "undefined"]],
    ["null", null, "value", ["data", "null"]],
    ["no y", { x }, "shape", ["data.y", "undefined"]],
    ["no x", { y }, "shape", ["data.x", "undefined"]],
    ["empty data", { x: [], y: [] }, "shape", ["data.x"]],
    [
      "ragged rows",
      {
        x: [
          [1, 2],
          [1, 2, 3],
        ],
        y: [0, 1],
      },
      "shape",
      ["data.x[1]", "3"],
    ],
    [
      "rows too wide",
      {
        x: [
          [1, 2, 3],
          [1, 2, 3],
        ],
        y: [0, 1],
      },
      "shape",
      ["data.x", "3"],
    ],
    ["rows too narrow", { x: [[1], [2]], y: [0, 1] }, "shape", ["data.x", "1"]],
    ["rows of no numbers", { x: [[], []], y: [0, 1] }, "shape", ["data.x", "0"]],
    ["numbers where rows are wanted", { x: [1, 2], y: [0, 1] }, "shape", ["data.x[0]", "1"]],
    ["a row that is null", { x: [[1, 2], null], y: [0, 1] }, "shape", ["data.x[1]", "null"]],
    ["a first row that is null", { x: [null, [1, 2]], y: [0, 1] }, "shape", ["data.x[0]", "null"]],
    ["a hole in the rows", { x: Object.assign([], { 1: [1, 2], length: 2 }), y: [0, 1] }, "shape", ["data.x[0]"]],
    [
      "NaN",
      {
        x: [
          [1, 2],
          [Number.NaN, 2],
        ],
        y: [0, 1],
      },
      "value",
      ["data.x", "NaN", /row 1/, /column 0/],
    ],
    ["Infinity", { x: [[1, Infinity]], y: [0] }, "value", ["data.x", "Infinity", /row 0/, /column 1/]],
    ["a number beyond float32", { x: [[1, 1e39]], y: [0] }, "value", ["data.x", /row 0/, /column 1/]],
    ["text", { x: [[1, "2"]], y: [0] }, "value", ["data.x[0][1]", '"2"']],
    ["undefined in a row", { x: [[1, undefined]], y: [0] }, "value", ["data.x[0][1]", "undefined"]],
    ["null in a row", { x: [[1, null]], y: [0] }, "value", ["data.x[0][1]", "null"]],
    ["bigint rows", { x: [BigInt64Array.of(1n, 2n)], y: [0] }, "value", ["data.x[0][0]", "1n"]],
    ["a row with an absurd length", { x: [{ length: 1e12 }], y: [0] }, "shape", ["data.x[0]"]],
    ["a row with a negative length", { x: [{ length: -1 }], y: [0] }, "shape", ["data.x[0]"]],
    [
      "a Matrix whose length lies",
      { x: { rows: 3, columns: 2, data: new Float32Array(5) }, y: [0, 1, 2] },
      "shape",
      ["data.x.data", "5"],
    ],
    [
      "a Matrix of -1 rows",
      { x: { rows: -1, columns: 2, data: new Float32Array(2) }, y: [0] },
      "shape",
      ["data.x.rows", "-1"],
    ],
    [
      "a Matrix of 1.5 columns",
      { x: { rows: 2, columns: 1.5, data: new Float32Array(3) }, y: [0, 1] },
      "shape",
      ["data.x.columns", "1.5"],
    ],
    [
      "a Matrix of doubles",
      { x: { rows: 1, columns: 2, data: new Float64Array(2) }, y: [0] },
      "value",
      ["data.x.data", "Float64Array"],
    ],
    [
      "a Matrix with NaN",
      { x: { rows: 1, columns: 2, data: Float32Array.of(1, Number.NaN) }, y: [0] },
      "value",
      ["data.x", "NaN", /column 1/],
    ],
    ["x longer than y", { x, y: y.slice(1) }, "shape", ["data.y", "7"]],
    ["y longer than x", { x, y: [...y, 0] }, "shape", ["data.y", "9"]],
    [
      "a label out of range",
      {
        x: [
          [1, 2],
          [3, 4],
        ],
        y: [0, 3],
      },
      "value",
      ["data.y[1]", "3"],
    ],
    ["a fractional label", { x: [[1, 2]], y: [0.5] }, "value", ["data.y[0]", "0.5"]],
    ["a negative label", { x: [[1, 2]], y: [-1] }, "value", ["data.y[0]", "-1"]],
    ["a label that is NaN", { x: [[1, 2]], y: [Number.NaN] }, "value", ["data.y[0]", "NaN"]],
    ["a label that is text", { x: [[1, 2]], y: ["cat"] }, "value", ["data.y[0]", "cat"]],
    ["labels as one text", { x: [[1, 2]], y: "0" }, "shape", ["data.y", '"0"']],
    ["probability rows too narrow", { x: [[1, 2]], y: [[0.5, 0.5]] }, "shape", ["data.y", "2"]],
    ["probabilities beyond 1", { x: [[1, 2]], y: [[2, -1, 0]] }, "value", ["data.y[0]", "2"]],
    ["probabilities that do not sum to 1", { x: [[1, 2]], y: [[0.5, 0.1, 0.1]] }, "value", ["data.y[0]", "sum"]],
    [
      "y that is ragged",
      {
        x: [
          [1, 2],
          [3, 4],
        ],
        y: [
          [1, 0, 0],
          [1, 0],
        ],
      },
      "shape",
      ["data.y[1]"],
    ],
  ];

  test.each(cases)("fit, evaluate and validation refuse %s", (_name, given, code, [path, ...got]) =>
    withNetwork(classifier, async (network) => {
      await expectUntouched(network, () => network.fit(given), code, path, ...got);
      await expectUntouched(network, () => network.evaluate(given), code, path, ...got);
      if (given !== undefined)
        await expectUntouched(
          network,
          () => network.fit({ x, y }, { validation: given }),
          code,
          path.replace("data", "validation"),
          ...got,
        );
    }),
  );

  const samples = cases.filter(
    ([name]) => /row|Matrix|NaN$|Infinity|text$|float32/.test(name) && !/y |label|probab/.test(name),
  );
  test.each(samples)("predict refuses %s", (_name, given, code, [path]) =>
    withNetwork(classifier, (network) =>
      expectUntouched(network, () => network.predict(given.x), code, path.replace("data.", "")),
    ),
  );

  test.each<[string, Anything, Code, Words]>([
    ["targets with NaN", [1, Number.NaN], "value", ["data.y[1]", "NaN"]],
    ["targets beyond float32", [1, -1e39], "value", ["data.y[1]"]],
    [
      "two numbers for one output",
      [
        [1, 2],
        [3, 4],
      ],
      "shape",
      ["data.y", "2"],
    ],
    ["targets with an absurd length", { length: 1e12 }, "shape", ["data.y"]],
    ["targets with a negative length", { length: -1 }, "shape", ["data.y"]],
    ["a Matrix of the wrong height", { rows: 3, columns: 1, data: new Float32Array(3) }, "shape", ["data.y", "3"]],
  ])("regression refuses %s", (_name, targets, code, words) =>
    withNetwork(regressor, (network) =>
      expectUntouched(network, () => network.fit({ x: good, y: targets }), code, ...words),
    ),
  );

  test.each<[string, Anything, Code, Words]>([
    ["a class of 2", [0, 2], "value", ["data.y[1]", "2"]],
    ["a fractional class", [0.5, 1], "value", ["data.y[0]", "0.5"]],
    ["a probability beyond 1", [[0.5], [1.5]], "value", ["data.y[1]", "1.5"]],
    ["a class of -1", [-1, 0], "value", ["data.y[0]", "-1"]],
    ["NaN", [0, Number.NaN], "value", ["data.y[1]", "NaN"]],
  ])("binaryCrossEntropy refuses %s", (_name, targets, code, words) =>
    withNetwork({ ...regressor, loss: "binaryCrossEntropy" }, (network) =>
      expectUntouched(network, () => network.fit({ x: good, y: targets }), code, ...words),
    ),
  );
});

describe("fit options", () => {
  test.each<[string, Anything, Words]>([
    ["batchSize 0", { batchSize: 0 }, ["batchSize", "0"]],
    ["batchSize 2.5", { batchSize: 2.5 }, ["batchSize", "2.5"]],
    ["batchSize -1", { batchSize: -1 }, ["batchSize", "-1"]],
    ["batchSize Infinity", { batchSize: Infinity }, ["batchSize", "Infinity"]],
    ["fractional epochs", { epochs: 1.5 }, ["epochs", "1.5"]],
    ["negative epochs", { epochs: -1 }, ["epochs", "-1"]],
    ["epochs NaN", { epochs: Number.NaN }, ["epochs", "NaN"]],
    ["epochs as text", { epochs: "5" }, ["epochs", '"5"']],
    ["an unknown option", { batchsize: 8 }, ["fit.batchsize", "batchsize", '"batchSize"']],
    ["an optimizer by name", { optimizer: "adam" }, ["optimizer", '"adam"']],
    ["an optimizer that is null", { optimizer: null }, ["optimizer", "null"]],
    ["an unknown optimizer", { optimizer: "adamw" }, ["optimizer", "adamw", '"adamW"']],
    ["a home-made optimizer", { optimizer: { name: "sdg", learningRate: 0.1 } }, ["optimizer", "sdg", '"sgd"']],
    ["an optimizer that was not called", { optimizer: sgd }, ["optimizer", "function"]],
    ["a rate that is neither number nor schedule", { learningRate: "0.1" }, ["learningRate", "0.1"]],
    ["a rate below 0", { learningRate: -0.1 }, ["learningRate", "-0.1"]],
    ["clipNorm 0", { clipNorm: 0 }, ["clipNorm", "0"]],
    ["clipNorm NaN", { clipNorm: Number.NaN }, ["clipNorm", "NaN"]],
    ["clipNorm -1", { clipNorm: -1 }, ["clipNorm", "-1"]],
    ["shuffle as text", { shuffle: "yes" }, ["shuffle", "yes"]],
    ["callbacks that are one", { callbacks: { onEpochEnd() {} } }, ["callbacks"]],
    ["a callback that is a function", { callbacks: [() => {}] }, ["callbacks[0]", "function"]],
    ["a callback with a number as method", { callbacks: [{ onBatchEnd: 3 }] }, ["callbacks[0].onBatchEnd", "3"]],
    ["a signal that is none", { signal: new AbortController() }, ["signal"]],
    ["options that are a number", 10, ["fit", "10"]],
  ])("%s", (_name, options, words) =>
    withNetwork(classifier, (network) =>
      expectUntouched(network, () => network.fit({ x, y }, options), "value", ...words),
    ),
  );

  test("a batch that does not fit in memory is refused with a figure", () =>
    withNetwork({ inputs: 1, layers: [{ units: 2 ** 13 }, { units: 1 }], loss: "meanSquaredError" }, (network) => {
      const rows = 200_000; // 6.5 GB of activations
      const data: DataSet = { x: { rows, columns: 1, data: new Float32Array(rows) }, y: new Float32Array(rows) };
      return expectUntouched(
        network,
        () => network.fit(data, { batchSize: rows, optimizer: sgd() }),
        "memory",
        "a batch of 200000 rows",
        /GiB/,
      );
    }));
});

describe("predict options", () => {
  test.each<[string, Anything, Words]>([
    ["a misspelt name", { logit: true }, ["predict.logit", "logit", '"logits"']],
    ["logits as text", { logits: "yes" }, ["logits", "yes"]],
  ])("%s", (_name, options, words) =>
    withNetwork(classifier, (network) => expectRefusal(() => network.predict(x, options), "value", ...words)),
  );
});

describe("weights", () => {
  test.each<[string, Anything, Code, Words]>([
    ["nothing", undefined, "value", ["weights", "undefined"]],
    ["a kernel too short", { kernel: new Float32Array(23) }, "shape", ["kernel", "23"]],
    ["a kernel too long", { kernel: new Float32Array(25) }, "shape", ["kernel", "25"]],
    ["a bias too short", { bias: new Float32Array(11) }, "shape", ["bias", "11"]],
    [
      "a good kernel with a bad bias",
      { kernel: new Float32Array(24).fill(7), bias: new Float32Array(1) },
      "shape",
      ["bias", "1"],
    ],
    ["NaN", { kernel: new Float32Array(24).fill(Number.NaN) }, "value", ["kernel[0]", "NaN"]],
    [
      "a good kernel with an infinite bias",
      { kernel: new Float32Array(24).fill(7), bias: new Float32Array(12).fill(Infinity) },
      "value",
      ["bias[0]", "Infinity"],
    ],
    ["plain numbers", { bias: Array.from(new Float32Array(12)) }, "value", ["bias"]],
    ["doubles", { bias: new Float64Array(12) }, "value", ["bias", "Float64Array"]],
    ["slopes for relu", { alpha: new Float32Array(12) }, "value", ["weights.alpha", "alpha"]],
    ["a misspelt name", { biases: new Float32Array(12) }, "value", ["weights.biases", "biases", '"bias"']],
  ])("%s", (_name, weights, code, words) =>
    withNetwork(classifier, (network) =>
      expectUntouched(network, () => network.layers[0].setWeights(weights), code, ...words),
    ),
  );
});

test("after a refused call the network trains as if nothing had happened", async () => {
  const train = (disturb: boolean) =>
    withNetwork(classifier, async (network) => {
      if (disturb) {
        await expectRefusal(() => network.fit({ x, y: y.slice(1) }), "shape");
        await expectRefusal(() => network.fit({ x, y }, { batchSize: 0 }), "value");
        await expectRefusal(() => network.predict([[1]]), "shape");
      }
      await network.fit({ x, y }, { epochs: 2, batchSize: 3 });
      return weightsOf(network);
    });
  expect(await train(true)).toEqual(await train(false));
});

test("every method refuses after dispose, dispose twice does no harm", async () => {
  const network = await createNetwork(classifier);
  const [layer] = network.layers;
  network.dispose();
  network.dispose();
  network[Symbol.dispose]();
  const calls: (() => unknown)[] = [
    () => network.fit({ x, y }),
    () => network.evaluate({ x, y }),
    () => network.predict(x),
    () => network.clone(),
    () => network.summary(),
    () => layer.getWeights(),
    () => layer.setWeights({ bias: new Float32Array(12) }),
  ];
  for (const call of calls) await expectRefusal(call, "disposed", "network", /dispose/);
  expect(network.spec.inputs).toBe(2); // what needs no memory stays readable
  expect(network.parameterCount).toBe(2 * 12 + 12 + 12 * 9 + 9 + 9 * 3 + 3);
});

test("fit, clone and createNetwork never throw: they reject", async () => {
  const network = await createNetwork(regressor);
  const promises = [
    createNetwork(null as Anything),
    network.fit(null as Anything),
    network.fit(waves(3), { epochs: 0.5 }),
  ];
  network.dispose();
  for (const promise of [...promises, network.clone(), network.fit(waves(3))])
    await expect(promise).rejects.toBeInstanceOf(RelumineError);
});
