// State_dicts, checkpoints and whole modules that lead readers astray, as PyTorch 1.13 wrote them
// (tests/fixtures/torch): read as PyTorch computes them, or refused.
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { crc32 } from "../../src/arrays/crc32.js";
import { ZipArchive } from "../../src/arrays/zip.js";
import type { Tensor } from "../../src/formats/safetensors.js";
import { writeSafetensors } from "../../src/formats/safetensors.js";
import { readModel, type ReadModelOptions } from "../../src/models/read-model.js";
import { expectError } from "../support/errors.js";
import { checkImport, fixturesIn, readFixture } from "./fixtures.js";
import { expectNear } from "./run-onnx.js";

const FOLDER = new URL("../fixtures/torch/", import.meta.url);

interface Case {
  readonly expect: "read" | "refused";
  readonly options: ReadModelOptions;
  readonly x: number[][];
  readonly y: number[][];
}

const cases = readdirSync(FOLDER)
  .filter((name) => name.endsWith(".pt"))
  .map((name): [string, Case] => [
    name,
    JSON.parse(readFileSync(new URL(name.replace(/pt$/, "json"), FOLDER), "utf8")) as Case,
  ]);

const read = (name: string, options: ReadModelOptions) => readModel(readFileSync(new URL(name, FOLDER)), options);

test.each(cases.filter(([, each]) => each.expect === "read"))("%s is read", async (name, { options, x, y }) => {
  using network = await (await read(name, options)).toNetwork({ arithmetic: "reproducible" });
  expectNear(network.predict(x).data, y.flat());
});

test.each(cases.filter(([, each]) => each.expect === "refused"))("%s is refused", async (name, { options }) => {
  await expectError(read(name, options), "unsupported");
});

test.each(["relu-dead.full.pt", "relu-dead.legacy.pt"])("%s of PyTorch 2.13 is read", async (name) => {
  const [, fixture] = fixturesIn("torch").find(([each]) => each === name)!;
  await checkImport(await readFixture(fixture), { ...fixture, expect: "import" });
});

test("a module with layer normalizations is read with them", async () => {
  const [, fixture] = fixturesIn("torch").find(([each]) => each === "layer-norm.full.pt")!;
  const model = await readFixture(fixture);
  expect(model.spec.layers.map(({ normalization }) => normalization)).toEqual([
    { kind: "layer", epsilon: 0.02 },
    { kind: "layer", epsilon: 1e-5 },
    undefined,
  ]);
  await checkImport(model, fixture);
});

test("whole modules say more than weights do", async () => {
  const { spec, notes } = await read("whole-many.pt", {});
  expect(spec.layers.map(({ activation }) => activation)).toMatchObject([
    { name: "leakyRelu", alpha: Math.fround(0.2) },
    { name: "elu", alpha: 0.5 },
    ...["gelu", "prelu", "silu", "softplus", "tanh", "selu", "linear"].map((name) => ({ name })),
  ]);
  expect(notes).toEqual([]);
});

/** Bytes with each place of some other ones written over. */
function replaced(bytes: Buffer, old: Uint8Array, other: Uint8Array): Buffer {
  const result = Buffer.from(bytes);
  for (let at = result.indexOf(old); at >= 0; at = result.indexOf(old, at + 1)) result.set(other, at);
  return result;
}

test("a batch normalization without a momentum, the mean of all batches, is kept with 0.1 and told", async () => {
  const bytes = readFileSync(new URL("whole-many.pt", FOLDER));
  const pickle = new ZipArchive(bytes).read("whole-many/data.pkl");
  const [key, number] = [Buffer.from("momentumq\x99G", "latin1"), 8];
  // None, which is noted four times where the name was noted: as many bytes as a float
  const none = Buffer.from("momentumq\x99Nq\x99q\x99q\x99q\x99", "latin1");
  const at = Buffer.from(pickle).indexOf(key);
  expect([at > 0, none.length]).toEqual([true, key.length + number]);
  const patched = replaced(Buffer.from(pickle), pickle.subarray(at, at + none.length), none);
  const sum = (of: Uint8Array) => Buffer.from(Uint32Array.of(crc32(of)).buffer);
  const whole = replaced(replaced(bytes, pickle.subarray(at, at + none.length), none), sum(pickle), sum(patched));
  const keep = { normalization: "keep" } as const;
  const [before, after] = [await readModel(bytes, keep), await readModel(whole, keep)];
  expect(after.spec).toEqual(before.spec);
  const normOf = ({ changes }: typeof before) => changes.find(({ part }) => part === "batchNormalization");
  expect(normOf(before)).toEqual({ part: "batchNormalization", name: expect.any(String), became: "kept" });
  expect(normOf(after)).toEqual({ ...normOf(before), momentum: 0.1 });
  expect(normOf(await readModel(whole))).toEqual({ ...normOf(before), became: "folded" });
});

test("two parts are read where the activations are said one by one", async () => {
  const { x, y } = cases.find(([name]) => name === "autoenc.pt")![1];
  const model = await read("autoenc.pt", { activation: ["relu", "linear", "relu"] });
  using network = await model.toNetwork({ arithmetic: "reproducible" });
  expectNear(network.predict(x).data, y.flat());
});

/** Weights of these shapes under their names. */
function file(shapes: Readonly<Record<string, readonly number[]>>): Uint8Array {
  const tensors = Object.entries(shapes).map(([name, shape]): [string, Tensor] => {
    const length = shape.reduce((product, size) => product * size, 1);
    return [name, { shape, data: Float32Array.from({ length }, (_, i) => Math.sin(i + 1)) }];
  });
  return writeSafetensors(new Map(tensors), {});
}

const activation = "relu";

test("a table that is looked up looks like a layer, and is one where the order says so", async () => {
  const shapes = { "a.weight": [24, 8], "b.weight": [5, 24], "b.bias": [5] };
  await expectError(readModel(file(shapes), { activation }), "unsupported", /weights/);
  expect((await readModel(file(shapes), { activation, order: ["a", "b"] })).spec.inputs).toBe(8);
  const bare = { "a.weight": [24, 8], "b.weight": [5, 24] };
  expect((await readModel(file(bare), { activation })).spec.inputs).toBe(8);
  await expectError(
    readModel(file({ "embed.weight": [24, 8], "b.weight": [5, 24] }), { activation }),
    "unsupported",
    /weights/,
  );
});

test.each([
  ["attention", ["to_q", "to_k", "to_v"]],
  ["a gate", ["gate_proj", "up_proj", "down_proj"]],
  ["adapters", ["fc", "lora_a", "lora_b"]],
])("weights of %s stand side by side", async (_what, names) => {
  const shapes = Object.fromEntries(names.map((name, index) => [`${name}.weight`, [4 + index + 1, 4 + index]]));
  await expectError(readModel(file(shapes), { activation }), "unsupported", /weights/);
});

test("one network called value is no attention", async () => {
  const shapes = { "value.0.weight": [5, 4], "value.2.weight": [1, 5] };
  expect((await readModel(file(shapes), { activation })).spec.inputs).toBe(4);
});

test("a layer has no modules within it", async () => {
  const shapes = { "fc.weight": [4, 4], "fc.scale.weight": [4, 4] };
  await expectError(readModel(file(shapes), { activation }), "unsupported", /weights/);
});

test.each(["module.", "_orig_mod.", "module._orig_mod."])("%s before all names says nothing", async (prefix) => {
  const shapes = { [`${prefix}0.weight`]: [4, 3], [`${prefix}1.weight`]: [2, 4] };
  await expectError(readModel(file(shapes), { activation }), "unsupported", /weights/);
  expect((await readModel(file(shapes), { activation: ["linear"] })).spec.layers).toHaveLength(2);
});
