import { describe, expect, test } from "vitest";
import { exportNetwork } from "../../src/formats/model.js";
import { readModel } from "../../src/models/read-model.js";
import { createNetwork } from "../../src/network/network.js";
import { chainOfStateDict } from "../../src/models/read/state-dict.js";
import type { NamedTensor } from "../../src/arrays/tensor.js";
import { expectError } from "../support/errors.js";
import { bytesOf, checkFixture, checkHostile, fixturesIn, readFixture } from "./fixtures.js";

const fixtures = fixturesIn("torch");
const find = (name: string) => fixtures.find(([each]) => each === name)![1];

test("all are there", () => {
  expect(fixtures.length).toBeGreaterThan(25);
});

describe("models of PyTorch", () => {
  test.each(fixtures)("%s", (_name, fixture) => checkFixture(fixture));
});

describe("hostile files", () => {
  test.each(fixturesIn("hostile/torch"))("%s", (_name, fixture) => checkHostile(fixture));
  test.each(fixturesIn("hostile/safetensors"))("%s", (_name, fixture) => checkHostile(fixture));
});

test("weights alone want an activation", async () => {
  const fixture = find("relu-dead.safetensors");
  await expectError(readModel(bytesOf(fixture)), "unsupported", "activation");
  await expectError(readModel(bytesOf(fixture), { activation: ["relu"] }), "value", "activation");
});

test("an order that is given decides, and is wanted where nothing else tells", async () => {
  const fixture = find("named-ambiguous.safetensors");
  await expectError(readModel(bytesOf(fixture), { activation: "relu" }), "unsupported", /weights/);
  const turned = await readFixture({ ...fixture, options: { ...fixture.options, order: ["end", "middle", "start"] } });
  const given = await readFixture(fixture);
  const row = { rows: 1, columns: 6, data: new Float32Array(6).fill(0.5) };
  using first = await given.toNetwork();
  using second = await turned.toNetwork();
  expect(second.predict(row).data).not.toEqual(first.predict(row).data);
});

/** A file of safetensors of zeros. */
function tensorsOf(entries: readonly (readonly [name: string, shape: readonly number[]])[]): Uint8Array {
  const header: Record<string, unknown> = {};
  let end = 0;
  for (const [name, shape] of entries) {
    const start = end;
    end += 4 * shape.reduce((a, b) => a * b, 1);
    header[name] = { dtype: "F32", shape, data_offsets: [start, end] };
  }
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return new Uint8Array(Buffer.concat([length, text, Buffer.alloc(end)]));
}

/** Layers of three units each, by their names. */
const layersNamed = (...names: readonly string[]): Uint8Array =>
  tensorsOf(names.flatMap((name) => [[`${name}.weight`, [3, 3]] as const, [`${name}.bias`, [3]] as const]));

test("a file without tensors holds no layers", async () => {
  await expectError(readModel(layersNamed(), { activation: "relu" }), "unsupported", /weights/);
});

test("layers side by side in a Sequential have no activation between them", async () => {
  const activation = "relu";
  await expectError(readModel(layersNamed("0", "1", "3"), { activation }), "unsupported", /weights/);
  const said = await readModel(layersNamed("0", "1", "3"), { activation: ["linear", activation] });
  expect(said.spec.layers.map((layer) => layer.activation)).toMatchObject([
    { name: "linear" },
    { name: "relu" },
    { name: "linear" },
  ]);
  expect((await readModel(layersNamed("0", "2", "4"), { activation })).spec.layers).toHaveLength(3);
  expect((await readModel(layersNamed("layers.0", "layers.1", "layers.2"), { activation })).spec.layers).toHaveLength(
    3,
  );
});

test("the package's own file", async () => {
  using network = await createNetwork({
    inputs: 3,
    layers: [{ units: 4, activation: "prelu" }, { units: 2 }],
    loss: "crossEntropy",
  });
  const model = await readModel(await exportNetwork(network, "safetensors"));
  using same = await model.toNetwork();
  expect([model.format, model.head]).toEqual(["relumine", "softmax"]);
  expect(same.layers.map((layer) => layer.getWeights())).toEqual(network.layers.map((layer) => layer.getWeights()));
});

describe("weights that may be no chain", () => {
  const activation = "silu";
  const bare = (shapes: Readonly<Record<string, readonly number[]>>) =>
    tensorsOf(Object.entries(shapes).map(([name, shape]) => [name === "" ? "weight" : `${name}.weight`, shape]));

  test.each([
    ["a gated layer", { w1: [16, 4], w2: [4, 16], w3: [16, 4] }],
    ["a gated layer within a module", { "ff.w1": [16, 4], "ff.w2": [4, 16], "ff.w3": [16, 4] }],
    ["a table by itself", { "": [100, 8] }],
    ["a table in a list", { "0": [100, 8] }],
    ["a table of as many words as numbers", { "0": [8, 8], "2": [3, 8] }],
    ["layers side by side", { "layers.0": [4, 4], "layers.1": [4, 4] }],
  ] as const)("%s, without biases", async (_name, shapes) => {
    await expectError(readModel(bare(shapes), { activation }), "unsupported", /weights/);
  });

  test("are one where the caller says so, and as a Sequential of other shapes", async () => {
    const said = await readModel(bare({ w1: [16, 4], w2: [4, 16] }), { activation, order: ["w1", "w2"] });
    expect(said.spec.layers).toHaveLength(2);
    expect((await readModel(bare({ "net.0": [16, 4], "net.2": [4, 16] }), { activation })).spec.layers).toHaveLength(2);
  });

  test.each(["experts", "expert_", "heads", "head", "branches", "branch", "towers"])(
    "%s side by side",
    async (word) => {
      const between = word.endsWith("s") ? "." : "";
      const file = layersNamed(`${word}${between}0`, `${word}${between}1`);
      await expectError(readModel(file, { activation }), "unsupported", /weights/);
    },
  );

  test("a head at the end is none of these", async () => {
    expect((await readModel(layersNamed("body.0", "body.1"), { activation })).spec.layers).toHaveLength(2);
    const file = tensorsOf([
      ["body.weight", [5, 3]],
      ["body.bias", [5]],
      ["head.weight", [2, 5]],
      ["head.bias", [2]],
    ]);
    expect((await readModel(file, { activation })).spec.layers).toHaveLength(2);
  });
});

test("numbers that tell another order than the file's are refused", async () => {
  const tensors = (names: readonly string[]): Map<string, NamedTensor> =>
    new Map(
      names.flatMap((name) => [
        [`${name}.weight`, { shape: [3, 3], data: new Float64Array(9) }],
        [`${name}.bias`, { shape: [3], data: new Float64Array(3) }],
      ]),
    );
  const said = { name: "", files: new Map<string, Uint8Array>(), activation: "relu" as const };
  const read = (names: readonly string[], order?: readonly string[]) =>
    chainOfStateDict(
      { tensors: tensors(names), isOrdered: true, isOfModules: true },
      { ...said, ...(order && { order }) },
    );
  expect(read(["fc1", "fc2"]).layers).toHaveLength(2);
  await expectError(() => read(["fc2", "fc1"]), "unsupported", /weights/);
  expect(read(["fc2", "fc1"], ["fc2", "fc1"]).layers).toHaveLength(2);
});

describe("layers of equal shapes, in the order in which they were declared", () => {
  const square = { shape: [6, 6], data: new Float64Array(36).fill(0.1) };
  const read = (names: readonly string[], order?: readonly string[]) =>
    (
      chainOfStateDict(
        {
          tensors: new Map(
            names.flatMap((name): [string, NamedTensor][] => [
              [`${name}.weight`, square],
              [`${name}.bias`, { shape: [6], data: new Float64Array(6) }],
            ]),
          ),
          isOrdered: true,
          isOfModules: true,
        },
        { name: "", files: new Map<string, Uint8Array>(), activation: "relu", ...(order && { order }) },
      ).warnings ?? []
    ).join(" ");

  test.each([[["out", "l1", "l2"]], [["l2", "l1", "out"]], [["fcOut", "a", "b"]], [["hidden", "classifier", "input"]]])(
    "%j is refused, and read where the order is given",
    async (names) => {
      await expectError(() => read(names), "unsupported", /weights/);
      expect(read(names, names)).not.toContain("order of the file");
    },
  );

  test("the order that was taken is told", () => {
    expect(read(["a", "b", "c"])).toContain('order of the file: "a", "b", "c"');
    expect(read(["input", "hidden", "out"])).toContain('"input", "hidden", "out"');
    for (const names of [["fc1", "fc2", "fc3"], ["0", "2", "4"], ["only"]])
      expect(read(names)).not.toContain("order of the file");
  });
});
