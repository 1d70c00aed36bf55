// What models have for their training (batch normalization, dropout, layers without a bias), kept on request: files of
// all programs give what they gave, and the package's own come back.
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { mulberry32 } from "../../src/core/random.js";
import { type Tensor, writeSafetensors } from "../../src/formats/safetensors.js";
import { readModel, type ReadModel, type ReadModelOptions } from "../../src/models/read-model.js";
import { writeModel } from "../../src/models/write-model.js";
import { createNetwork } from "../../src/network/network.js";
import type { DenseSpec, NetworkSpec } from "../../src/network/spec.js";
import type { Network, Weights } from "../../src/network/types.js";
import { changeLines } from "../../src/report/model-text.js";
import { expectError } from "../support/errors.js";
import { OnnxFile } from "../support/onnx-file.js";
import { fixturesIn, readFixture } from "./fixtures.js";
import { expectNear, runOnnx } from "./run-onnx.js";

const [INPUTS, UNITS, ROWS] = [4, 6, 16];
const x = Float32Array.from({ length: ROWS * INPUTS }, (_, i) => 3 * Math.sin(7 * i + 1));
const rows = { rows: ROWS, columns: INPUTS, data: x };
const KEEP: ReadModelOptions = { normalization: "keep", dropout: "keep" };
const EXACT = { arithmetic: "reproducible" } as const;

describe.each(["onnx", "keras", "tfjs", "torch"])("files of %s, with what they train by", (folder) => {
  const files = fixturesIn(folder).filter(([, { expect }]) => expect === "import");

  test.each(files)("%s", async (_name, fixture) => {
    const { shownRows, inputs, y64 } = fixture;
    const folded = await readFixture(fixture);
    const model = await readFixture({ ...fixture, options: { ...fixture.options, ...KEEP } });
    using before = await folded.toNetwork(EXACT);
    using network = await model.toNetwork(EXACT);
    const shown = { rows: shownRows, columns: inputs, data: Float32Array.from(fixture.x.slice(0, shownRows * inputs)) };
    const { data } = network.predict(shown);
    expectNear(data, before.predict(shown).data);
    if (model.head === "none" || model.head === fixture.head) if (model.head !== "logSoftmax") expectNear(data, y64);
    const normalized = model.spec.layers.filter(
      ({ normalization }) => (normalization as { kind: string })?.kind === "batch",
    );
    expect(model.changes.filter(({ part, became }) => part === "batchNormalization" && became === "kept").length).toBe(
      normalized.length,
    );
    expect(folded.spec.layers.filter(({ normalization, dropout }) => normalization === "batch" || dropout)).toEqual([]);
    expect(folded.changes.filter(({ became }) => became === "kept")).toEqual([]);
    expect(folded.changes.map(({ part, name }) => [part, name])).toEqual(
      model.changes.map(({ part, name }) => [part, name]),
    );
  });
});

test("some of these files have something to keep", async () => {
  const all = ["onnx", "keras", "tfjs", "torch"].flatMap((folder) =>
    fixturesIn(folder).filter(([, { expect }]) => expect === "import"),
  );
  const kept: string[] = [];
  for (const [, fixture] of all) {
    const { changes, format } = await readFixture({ ...fixture, options: { ...fixture.options, ...KEEP } });
    for (const { part, became } of changes) kept.push(`${format} ${part} ${became}`);
  }
  expect(kept).toContain("onnx batchNormalization kept");
  expect(kept).toContain("onnx batchNormalization folded");
  expect(kept.filter((each) => each.endsWith("dropout kept"))).not.toEqual([]);
});

const numbers = (count: number, seed: number) => Float32Array.from({ length: count }, (_, i) => Math.cos(5 * i + seed));
let random = mulberry32(5);

async function make(layers: readonly DenseSpec[], more: Partial<NetworkSpec> = {}): Promise<Network> {
  random = mulberry32(5);
  const spec = {
    inputs: INPUTS,
    layers: [...layers, { units: 3 }],
    loss: "meanSquaredError",
    seed: 3,
    ...more,
  } as const;
  const network = await createNetwork(spec, EXACT);
  for (const layer of network.layers) {
    const given = Object.entries(layer.getWeights()) as [keyof Weights, Float32Array][];
    const drawn = given
      .filter(([name]) => name !== "kernel" && name !== "bias")
      .map(([name, { length }]) => {
        const low = name === "runningVariance" ? 0.2 : -1;
        return [name, Float32Array.from({ length }, () => low + 2 * random())] as const;
      });
    layer.setWeights(Object.fromEntries(drawn));
  }
  return network;
}

const hidden = (more: Partial<DenseSpec> = {}): DenseSpec => ({
  units: UNITS,
  activation: "relu",
  biasInitializer: more.useBias === false ? 0 : { normal: 0.5 },
  ...more,
});
const batch = (momentum: number, epsilon: number) => ({ kind: "batch", momentum, epsilon }) as const;

const NETWORKS: [string, readonly DenseSpec[]][] = [
  ["batch normalization", [hidden({ normalization: batch(0.1, 1e-5) })]],
  ["one with other constants", [hidden({ normalization: batch(0.03, 1e-3), activation: "gelu" })]],
  ["constants at their ends", [hidden({ normalization: batch(0, 1e-12) }), hidden({ normalization: batch(1, 5) })]],
  ["one without an activation", [hidden({ normalization: "batch", activation: "linear" }), hidden()]],
  ["layer normalization", [hidden({ normalization: { kind: "layer", epsilon: 0.02 }, activation: "silu" })]],
  ["layer normalization in halves", [hidden({ normalization: "layer" }), hidden({ activation: "tanh" })]],
  ["dropout", [hidden({ dropout: 0.2 }), hidden({ dropout: 0.5, activation: "gelu" })]],
  ["dropout of a linear layer", [hidden({ dropout: 0.25, activation: "linear" }), hidden()]],
  ["no bias", [hidden({ useBias: false }), hidden({ useBias: false, normalization: "batch", activation: "prelu" })]],
  ["a residual layer", [hidden(), hidden({ residual: true })]],
  ["one without an activation", [hidden({ activation: "linear" }), hidden({ residual: true, activation: "linear" })]],
  [
    "residual layers with all of it",
    [
      hidden({ normalization: batch(0.2, 1e-4), dropout: 0.1 }),
      hidden({ residual: true, normalization: batch(0.1, 1e-3), dropout: 0.3 }),
      hidden({ residual: true, normalization: "layer", activation: "prelu", useBias: false }),
      hidden({ residual: true, activation: { name: "leakyRelu", alpha: 0.25 } }),
    ],
  ],
];

/** What both formats hold of a layer: constants of ONNX are float32, momentums are read to six digits. */
function heldOf({ layers }: NetworkSpec): unknown[] {
  return layers.map(({ units, activation, normalization, dropout, residual, useBias }) => {
    const { kind, momentum, epsilon } = (normalization ?? {}) as { kind?: string; momentum?: number; epsilon?: number };
    return {
      units,
      activation,
      dropout,
      residual,
      useBias,
      kind,
      momentum: momentum === undefined ? undefined : momentum.toFixed(6),
      epsilon: epsilon === undefined ? undefined : Math.fround(epsilon),
    };
  });
}

const FORMATS: [string, (network: Network, options?: ReadModelOptions) => Promise<ReadModel>][] = [
  [
    "ONNX",
    async (network, options = KEEP) => readModel((await writeModel(network, "onnx")).get("model.onnx")!, options),
  ],
  [
    "TensorFlow.js",
    async (network, options = KEEP) => {
      const files = await writeModel(network, "tfjs");
      return readModel(files.get("model.json")!, { ...options, files });
    },
  ],
  [
    "the package's own",
    async (network, options = KEEP) =>
      readModel((await writeModel(network, "relumine")).get("model.safetensors")!, options),
  ],
];

describe.each(FORMATS)("through %s and back", (_format, through) => {
  test.each(NETWORKS)("%s", async (_name, layers) => {
    using network = await make(layers);
    const model = await through(network);
    using same = await model.toNetwork(EXACT);
    expect(heldOf(same.spec)).toEqual(heldOf(network.spec));
    expect(same.parameterCount).toBe(network.parameterCount);
    expect(same.layers.map((layer) => layer.getWeights())).toEqual(network.layers.map((layer) => layer.getWeights()));
    expect(same.predict(rows).data).toEqual(network.predict(rows).data);
  });

  test("under a loss that takes logits", async () => {
    const layers = [hidden({ normalization: "batch" }), { units: 3, normalization: batch(0.1, 0.01) }];
    using network = await make([], { layers, loss: "crossEntropy" });
    using same = await (await through(network)).toNetwork(EXACT);
    expect(same.spec.loss).toBe("crossEntropy");
    expect(heldOf(same.spec)).toEqual(heldOf(network.spec));
    expect(same.predict(rows).data).toEqual(network.predict(rows).data);
  });
});

describe.each(FORMATS.slice(0, 2))("through %s without what it trains by", (_format, through) => {
  test.each(NETWORKS)("%s", async (_name, layers) => {
    using network = await make(layers);
    const model = await through(network, {});
    using same = await model.toNetwork(EXACT);
    expect(model.spec.layers.map(({ residual }) => residual)).toEqual(
      network.spec.layers.map(({ residual }) => residual),
    );
    const left = model.spec.layers.filter(
      ({ dropout, useBias, normalization }) =>
        dropout !== undefined || useBias !== undefined || (normalization as { kind: string })?.kind === "batch",
    );
    expect(left).toEqual([]);
    expectNear(same.predict(rows).data, network.predict(rows).data);
  });
});

describe("PyTorch's state_dict", () => {
  const layers = [
    hidden({ normalization: "batch" }),
    hidden({ residual: true, normalization: "batch", dropout: 0.3 }),
    hidden({ residual: true, useBias: false }),
    hidden(),
  ];
  const saved = async (network: Network) => (await writeModel(network, "torch")).get("model.safetensors")!;

  test("comes back with residual layers and batch normalizations", async () => {
    using network = await make(layers);
    const model = await readModel(await saved(network), { ...KEEP, activation: "relu" });
    using same = await model.toNetwork(EXACT);
    const without = network.spec.layers.map(({ dropout: _dropout, ...layer }) => layer);
    expect(heldOf(same.spec)).toEqual(heldOf({ ...network.spec, layers: without }));
    expect(same.layers.map((layer) => layer.getWeights())).toEqual(network.layers.map((layer) => layer.getWeights()));
    expect(same.predict(rows).data).toEqual(network.predict(rows).data);
    expect(model.changes.map(({ name, became }) => [name, became])).toEqual([
      ["1", "kept"],
      ["3.residual.1", "kept"],
    ]);
  });

  test("the same with the normalizations folded", async () => {
    using network = await make(layers);
    using same = await (await readModel(await saved(network), { activation: "relu" })).toNetwork(EXACT);
    expect(same.spec.layers.map(({ residual }) => residual)).toEqual([undefined, true, true, undefined, undefined]);
    expectNear(same.predict(rows).data, network.predict(rows).data);
  });

  test("slopes in residual layers", async () => {
    const activation = "prelu" as const;
    using network = await make([
      hidden({ activation }),
      hidden({ residual: true, normalization: "batch", activation }),
      hidden({ residual: true, activation }),
    ]);
    const model = await readModel(await saved(network), { ...KEEP, activation });
    using same = await model.toNetwork(EXACT);
    expect(same.predict(rows).data).toEqual(network.predict(rows).data);
  });

  const tensor = (...shape: number[]) => ({
    shape,
    data: numbers(
      shape.reduce((a, b) => a * b),
      shape.length,
    ),
  });
  const linear = (name: string, units: number, inputs: number): [string, Tensor][] => [
    [`${name}.weight`, tensor(units, inputs)],
    [`${name}.bias`, tensor(units)],
  ];
  const start = linear("0", 6, 4);
  const end = linear("3", 2, 6);
  const OTHERS: [string, [string, Tensor][]][] = [
    ["of two layers", [...start, ...linear("2.residual.0", 6, 6), ...linear("2.residual.2", 6, 6), ...end]],
    ["of other widths", [...start, ...linear("2.residual.0", 5, 6), ...linear("3", 2, 5)]],
    ["the first", [...linear("0.residual.0", 4, 4), ...linear("1", 2, 4)]],
    ["the last", [...start, ...linear("2.residual.0", 6, 6)]],
    ["under another name", [...start, ...linear("blocks.2.residual.0", 6, 6), ...end]],
    ["without a dense layer", [...start, ["2.residual.1.weight", tensor(6)], ...end]],
  ];
  test.each(OTHERS)("a residual layer that is none of ours, %s, is refused", async (_name, tensors) => {
    const bytes = writeSafetensors(new Map(tensors), {});
    await expectError(readModel(bytes, { activation: "relu" }), "unsupported", /the (file's weights|model)/);
  });

  const folder = new URL("../fixtures/torch/", import.meta.url);
  const names = readdirSync(folder).filter((name) => name.endsWith(".pt"));
  interface Case {
    readonly expect: string;
    readonly options: ReadModelOptions;
    readonly x: number[][];
    readonly y: number[][];
  }
  test.each(names)("%s, with what it trains by", async (name) => {
    const said = JSON.parse(readFileSync(new URL(name.replace(/pt$/, "json"), folder), "utf8")) as Case;
    const reading = readModel(readFileSync(new URL(name, folder)), { ...said.options, ...KEEP });
    if (said.expect !== "read") return void (await expectError(reading, "unsupported"));
    const model = await reading;
    using network = await model.toNetwork(EXACT);
    expectNear(network.predict(said.x).data, said.y.flat());
    const kept = model.spec.layers.some(({ normalization }) => (normalization as { kind: string })?.kind === "batch");
    expect(kept).toBe(["bn.pt", "bn-nobias.pt", "bn-prelu.pt", "whole-many.pt"].includes(name));
  });
});

describe("what became of each part", () => {
  const layers = [hidden({ normalization: "batch", dropout: 0.2 }), hidden({ normalization: "layer", dropout: 0.5 })];
  const became = (changes: ReadModel["changes"]) => changes.map(({ part, became: how, share }) => [part, how, share]);

  test.each(FORMATS.slice(0, 2))("%s", async (_format, through) => {
    using network = await make(layers);
    const [folded, kept] = [await through(network, {}), await through(network)];
    expect(became(folded.changes)).toEqual([
      ["batchNormalization", "folded", undefined],
      ["dropout", "dropped", 0.2],
      ["dropout", "dropped", 0.5],
    ]);
    expect(became(kept.changes)).toEqual([
      ["batchNormalization", "kept", undefined],
      ["dropout", "kept", 0.2],
      ["dropout", "kept", 0.5],
    ]);
    const [mixed, other] = [
      await through(network, { dropout: "keep" }),
      await through(network, { normalization: "keep" }),
    ];
    expect(became(mixed.changes).map(([, how]) => how)).toEqual(["folded", "kept", "kept"]);
    expect(became(other.changes).map(([, how]) => how)).toEqual(["kept", "dropped", "dropped"]);
    expect(new Set(kept.changes.map(({ name }) => name)).size).toBe(3);
  });

  test("a softmax that stays in the last layer takes its batch normalization in", async () => {
    using network = await make([], { layers: [hidden(), { units: 3, normalization: "batch" }], loss: "crossEntropy" });
    const bytes = (await writeModel(network, "onnx")).get("model.onnx")!;
    const model = await readModel(bytes, { ...KEEP, loss: "meanSquaredError" });
    using same = await model.toNetwork(EXACT);
    expect(same.spec.layers[1]).toMatchObject({ activation: { name: "softmax" } });
    expectNear(same.predict(rows).data, network.predict(rows).data);
  });
});

type Part = (file: OnnxFile, from: string) => string;
const positive = (count: number) => Float32Array.from({ length: count }, (_, i) => 0.5 + (i % 3));

const gemm =
  (units: number, inputs: number, seed: number): Part =>
  (file, from) =>
    file.node("Gemm", [
      from,
      file.constant({ shape: [inputs, units], data: numbers(inputs * units, seed) }),
      file.vector(numbers(units, seed + 1)),
    ]);
const relu: Part = (file, from) => file.node("Relu", [from]);
const elu: Part = (file, from) => file.node("Elu", [from]);

interface Statistics {
  readonly gamma?: Float32Array;
  readonly variance?: Float32Array;
  readonly epsilon?: number;
  readonly momentum?: number;
}

const norm =
  ({ gamma = numbers(UNITS, 1), variance = positive(UNITS), epsilon = 0.01, momentum = 0.8 }: Statistics = {}): Part =>
  (file, from) =>
    file.node(
      "BatchNormalization",
      [from, file.vector(gamma), ...[numbers(UNITS, 2), numbers(UNITS, 3), variance].map((each) => file.vector(each))],
      { epsilon: { float: epsilon }, momentum: { float: momentum } },
    );
const dropout =
  (share: number): Part =>
  (file, from) =>
    file.node("Dropout", [from, file.constant(share)]);

/** The parts one after the other, then three outputs. */
function fileOf(...parts: readonly Part[]): { bytes: Uint8Array; output: string } {
  const file = new OnnxFile(INPUTS);
  const last = [gemm(UNITS, INPUTS, 3), ...parts].reduce((from, part) => part(file, from), "x");
  const output = gemm(3, UNITS, 7)(file, last);
  return { bytes: file.bytes([output], { opset: 17 }), output };
}

async function readAsRun({ bytes, output }: { bytes: Uint8Array; output: string }): Promise<ReadModel> {
  const model = await readModel(bytes, KEEP);
  using network = await model.toNetwork(EXACT);
  const truth = (await runOnnx(bytes, x, [ROWS, INPUTS])).get(output)!;
  expectNear(network.predict(rows).data, truth);
  return model;
}

const sides = ({ changes }: ReadModel) => changes.map(({ part, became }) => `${part} ${became}`);
const BATCH = { kind: "batch", momentum: 0.2, epsilon: Math.fround(0.01) };

describe("places in an ONNX graph", () => {
  test("before the activation it is kept, behind it folded into the next layer", async () => {
    const before = await readAsRun(fileOf(norm(), relu));
    expect(before.spec.layers.map(({ normalization }) => normalization)).toEqual([BATCH, undefined]);
    const behind = await readAsRun(fileOf(relu, norm()));
    expect(behind.spec.layers.map(({ normalization }) => normalization)).toEqual([undefined, undefined]);
    expect(sides(behind)).toEqual(["batchNormalization folded"]);
  });

  test("a second one, and a factor, go into the first's numbers", async () => {
    const twice = await readAsRun(fileOf(norm(), norm({ gamma: numbers(UNITS, 8) }), relu));
    expect(twice.spec.layers[0].normalization).toEqual(BATCH);
    expect(sides(twice)).toEqual(["batchNormalization kept", "batchNormalization folded"]);
    const scaled: Part = (file, from) => file.node("Mul", [from, file.vector(numbers(UNITS, 9))]);
    await readAsRun(fileOf(scaled, norm(), scaled, relu));
  });

  test("before a layer normalization it is folded", async () => {
    const layerNorm: Part = (file, from) => file.node("LayerNormalization", [from, file.vector(numbers(UNITS, 4))]);
    const model = await readAsRun(fileOf(norm(), layerNorm, relu));
    expect(model.spec.layers[0].normalization).toMatchObject({ kind: "layer" });
    expect(sides(model)).toEqual(["batchNormalization folded"]);
  });

  test("before activations in pieces", async () => {
    const silu: Part = (file, from) => file.node("Mul", [from, file.node("Sigmoid", [from])]);
    const model = await readAsRun(fileOf(norm(), silu));
    expect(model.spec.layers[0]).toMatchObject({ normalization: BATCH, activation: { name: "silu" } });
  });

  const PLACES: [string, Part[], number | undefined][] = [
    ["behind the activation", [relu, dropout(0.3)], 0.3],
    ["with a factor behind it", [relu, dropout(0.3), norm()], 0.3],
    ["before a ReLU", [dropout(0.3), relu], 0.3],
    ["before another activation", [dropout(0.3), elu], undefined],
    ["behind a normalization that is behind the activation", [relu, norm(), dropout(0.3)], undefined],
    ["of nothing", [relu, dropout(0)], undefined],
    ["of everything, which is none", [relu, dropout(1)], undefined],
  ];
  test.each(PLACES)("dropout %s", async (_name, parts, share) => {
    const { spec, changes } = await readAsRun(fileOf(...parts));
    expect(spec.layers.map((layer) => layer.dropout)).toEqual([share, undefined]);
    const found = changes.find(({ part }) => part === "dropout");
    expect(found?.became).toBe(share === undefined ? "dropped" : "kept");
  });
});

const sum =
  (...branch: readonly Part[]): Part =>
  (file, from) =>
    file.node("Add", [from, branch.reduce((value, part) => part(file, value), from)]);
const square = (seed: number) => gemm(UNITS, UNITS, seed);

describe("sums in an ONNX graph", () => {
  const READ: [string, Part[]][] = [
    ["of a layer", [relu, sum(square(11), relu)]],
    ["of a normalized layer", [relu, sum(square(11), norm(), relu)]],
    ["of a layer without an activation, behind one", [sum(square(11))]],
    ["with dropout", [relu, dropout(0.2), sum(square(11), relu, dropout(0.4))]],
    ["with dropout in the branch alone", [relu, sum(dropout(0.2), square(11), relu)]],
    ["two behind each other", [relu, sum(square(11), relu), sum(square(13), relu)]],
    ["with a normalization behind it", [relu, sum(square(11), relu), norm()]],
    ["behind a normalized layer without an activation", [norm(), sum(square(11), relu)]],
  ];
  test.each(READ)("%s", async (_name, parts) => {
    const { spec } = await readAsRun(fileOf(...parts));
    expect(spec.layers.some(({ residual }) => residual)).toBe(true);
  });

  const half: Part = (file, from) => file.node("Mul", [from, file.constant(0.5)]);
  const REFUSED: [string, Part[]][] = [
    ["of two layers", [relu, sum(square(11), relu, square(13), relu)]],
    ["of a scaled branch", [relu, sum(square(11), relu, half)]],
    ["an activation behind it", [relu, sum(square(11)), relu]],
    ["of two branches", [relu, (file, from) => file.node("Add", [square(11)(file, from), square(13)(file, from)])]],
    ["of what passes by scaled", [relu, half, sum(square(11), relu)]],
    ["of other widths", [relu, (file, from) => file.node("Add", [from, gemm(1, UNITS, 11)(file, from)])]],
  ];
  test.each(REFUSED)("%s is refused", async (_name, parts) => {
    for (const options of [{}, KEEP])
      await expectError(readModel(fileOf(...parts).bytes, options), "unsupported", /the model/);
  });

  test("of the model's own input, or at its end, is refused", async () => {
    const first = new OnnxFile(INPUTS);
    const added = first.node("Add", ["x", relu(first, gemm(INPUTS, INPUTS, 3)(first, "x"))]);
    const bytes = first.bytes([gemm(2, INPUTS, 5)(first, added)]);
    await expectError(readModel(bytes), "unsupported", /Add/);
    const last = new OnnxFile(INPUTS);
    const h = relu(last, gemm(UNITS, INPUTS, 3)(last, "x"));
    await expectError(readModel(last.bytes([sum(square(5), relu)(last, h)])), "unsupported", "the model's output");
  });

  test("in a circle is refused", async () => {
    const file = new OnnxFile(INPUTS);
    const h = relu(file, gemm(UNITS, INPUTS, 3)(file, "x"));
    const added = file.node("Add", [h, "later"]);
    const bytes = file.bytes([gemm(2, UNITS, 5)(file, added)]);
    await expectError(readModel(bytes), "format", /input/);
  });
});

describe("numbers that no training leaves", () => {
  const with1 = (value: number) => Float32Array.from(positive(UNITS), (each, i) => (i === 1 ? value : each));
  const HOSTILE: [string, Statistics][] = [
    ["a variance below 0", { variance: with1(-0.001) }],
    ["a variance that is no number", { variance: with1(NaN) }],
    ["a variance without end", { variance: with1(Infinity) }],
    ["an epsilon below 0", { epsilon: -0.01 }],
    ["an epsilon that is no number", { epsilon: NaN }],
    ["gammas of another number", { gamma: numbers(UNITS - 1, 1) }],
    ["gammas that are no numbers", { gamma: with1(NaN) }],
    ["no epsilon, and no variance", { epsilon: 0, variance: with1(0) }],
  ];
  test.each(HOSTILE)("%s", async (_name, statistics) => {
    for (const options of [{}, KEEP])
      await expectError(readModel(fileOf(norm(statistics), relu).bytes, options), "format", /the /);
  });

  test("a momentum of 0, as ONNX says of PyTorch's None too, is told where it is kept", async () => {
    const { bytes } = fileOf(norm({ momentum: 1 }), relu); // the share that stays
    const { spec, changes } = await readModel(bytes, KEEP);
    expect(spec.layers[0].normalization).toMatchObject({ momentum: 0 });
    expect(changes).toMatchObject([{ part: "batchNormalization", became: "kept", momentum: 0 }]);
    expect(changeLines(changes)[0]).toMatch(/kept: ".*" \(momentum 0: its running statistics stay\)$/);
    for (const { changes: told } of [await readModel(bytes), await readModel(fileOf(norm(), relu).bytes, KEEP)])
      expect(told[0]).not.toHaveProperty("momentum");
  });

  test("an epsilon of 0 and other momentums are refused where they would train", async () => {
    const still = fileOf(norm({ epsilon: 0 }), relu).bytes;
    await expectError(readModel(still, KEEP), "unsupported", /BatchNormalization/);
    expect((await readModel(still)).spec.layers.length).toBe(2);
    for (const momentum of [-0.5, 1.5, NaN])
      await expectError(readModel(fileOf(norm({ momentum }), relu).bytes, KEEP), "format", /momentum/);
  });
});

test("options of other words are refused", async () => {
  const { bytes } = fileOf(relu);
  await expectError(readModel(bytes, { normalization: "fuse" as "fold" }), "value", "normalization");
  await expectError(readModel(bytes, { dropout: "fold" as "drop" }), "value", "dropout");
});
