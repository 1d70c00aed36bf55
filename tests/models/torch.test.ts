import { describe, expect, test } from "vitest";
import { exportNetwork } from "../../src/formats/model.js";
import { readModel } from "../../src/models/read-model.js";
import { createNetwork } from "../../src/network/network.js";
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

/** A file of safetensors of layers of three units each, by their names. */
function layersNamed(...names: readonly string[]): Uint8Array {
  const entries = names.flatMap((name) => [[`${name}.weight`, [3, 3]] as const, [`${name}.bias`, [3]] as const]);
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
