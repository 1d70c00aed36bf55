import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readModel } from "../../src/models/read-model.js";
import { expectRefusal } from "../support/errors.js";
import { bytesOf, checkFixture, checkHostile, checkImport, fixturesIn, readFixture } from "./fixtures.js";

const fixtures = fixturesIn("onnx");

test("all are there", () => {
  expect(fixtures.length).toBeGreaterThan(100);
});

describe("models of other programs", () => {
  test.each(fixtures)("%s", (_name, fixture) => checkFixture(fixture));
});

describe("hostile files", () => {
  test.each(fixturesIn("hostile/onnx"))("%s", (_name, fixture) => checkHostile(fixture));
});

test("an ELU of another alpha in pieces is read", async () => {
  const [, fixture] = fixtures.find(([name]) => name === "elu-0.7.tf2onnx13.onnx")!;
  await checkImport(await readFixture(fixture), { ...fixture, expect: "import" });
});

test("the check sees a wrong weight", async () => {
  const [, fixture] = fixtures.find(([name]) => name === "relu-dead.ts17.onnx")!;
  const model = await readFixture(fixture);
  const x = [...fixture.x];
  x[0] += 1;
  await expect(checkImport(model, { ...fixture, x })).rejects.toThrow();
});

test("the older ones", async () => {
  const folder = new URL("../fixtures/models/", import.meta.url);
  for (const name of ["relu-mlp", "mixed", "leaky-dropout-softmax"]) {
    const { x, y, rows, inputs } = JSON.parse(readFileSync(new URL(`${name}.json`, folder), "utf8")) as {
      x: number[];
      y: number[];
      rows: number;
      inputs: number;
    };
    const model = await readModel(new Uint8Array(readFileSync(new URL(`${name}.onnx`, folder))));
    using network = await model.toNetwork({ arithmetic: "reproducible" });
    const { data } = network.predict({ rows, columns: inputs, data: Float32Array.from(x) });
    expect(Math.max(...y.map((value, i) => Math.abs(value - data[i])))).toBeLessThan(2e-5);
  }
  const conv = new Uint8Array(readFileSync(new URL("conv.onnx", folder)));
  await expectRefusal(() => readModel(conv), "unsupported", undefined, "Conv");
});

test("cut short anywhere it is refused or read as nothing else", async () => {
  const [, fixture] = fixtures.find(([name]) => name === "gelu.ts17.onnx")!;
  const bytes = bytesOf(fixture);
  for (let length = 0; length < bytes.length; length += 7)
    await expect(readModel(bytes.subarray(0, length), { name: "a.onnx" })).rejects.toMatchObject({
      name: "RelumineError",
    });
});
