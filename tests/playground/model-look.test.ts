// A model of another program on rows: what the workshop says of it is what the package says.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { planeTask } from "../../site/tasks/built-in-tasks.js";
import { ModelLook } from "../../site/workshop/engine/model/model-look.js";
import { diagnose } from "../../src/index.js";
import { readModel, writeModel } from "../../src/models.js";
import { relumineError } from "../support/errors.js";
import { networkWithDeadUnits } from "./dead-model.js";

const { features, classes, train } = planeTask("spiral");
const rows = { features, classes, x: train.x };

test.each(["onnx", "torch"] as const)("%s: read, diagnosed, treated, written back", async (format) => {
  using network = await networkWithDeadUnits();
  const [[file, bytes]] = await writeModel(network, format);
  const look = await ModelLook.open({ name: `mine-${file}`, bytes });
  expect(look.about).toMatchObject({ inputs: 2, units: [5, 4, 1] });
  expect(look.about.notes.some((note) => note.includes("ReLU is taken"))).toBe(format === "torch");
  const before = look.diagnose(rows);
  const own = diagnose(network, train.x);
  expect(before.layers.map(({ dead }) => dead)).toEqual([[1, 3], []]);
  expect(before.layers.map(({ dead }) => dead.length)).toEqual(own.layers.map(({ dead }) => dead));
  expect(before.findings.length).toBe(own.findings.length);
  expect(await look.treat("liftBias", rows)).toEqual({ dead: [2, 0], outputChange: 0 });
  const written = await look.write();
  const given = format === "torch" ? { activation: "relu" as const } : {};
  using again = await (await readModel(written.bytes, { name: written.name, ...given })).toNetwork();
  expect(diagnose(again, train.x).dead).toBe(0);
  look.undo();
  expect([look.diagnose(rows), look.canUndo]).toEqual([before, false]);
  look.dispose();
});

test("what is no chain of dense layers, damaged, too large or of other columns is refused in words", async () => {
  const read = (name: string) => readFileSync(new URL(`../fixtures/models/${name}`, import.meta.url));
  const open = (name: string, bytes: Uint8Array) => ModelLook.open({ name, bytes });
  await expect(open("conv.onnx", read("conv.onnx"))).rejects.toEqual(relumineError("unsupported"));
  await expect(open("x.onnx", new Uint8Array(40))).rejects.toEqual(relumineError("format"));
  await expect(open("large.onnx", new Uint8Array(65 * 2 ** 20))).rejects.toEqual(relumineError("format", "large.onnx"));
  const look = await open("relu-mlp.onnx", read("relu-mlp.onnx"));
  expect(() => look.diagnose(rows)).toThrow(relumineError("shape", "the rows on the page"));
  look.dispose();
});
