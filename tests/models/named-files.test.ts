// Which files beside a model it names: those of its folder, each once, and none that a name leads elsewhere to.
import { expect, test } from "vitest";
import { bytesOf, fixturesIn } from "./fixtures.js";
import { filesNamedBy } from "../../src/models/named-files.js";
import { expectError } from "../support/errors.js";

const bytesIn = (folder: string, name: string, file?: string): Uint8Array => {
  const [, found] = fixturesIn(folder).find(([each]) => each === name)!;
  return bytesOf({ path: found.path, file: file ?? found.file });
};
const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

test("shards of TensorFlow.js, in order, each once", async () => {
  const manifest = [
    { paths: ["a.bin", "b.bin"], weights: [] },
    { paths: ["a.bin", "deep/c.bin"], weights: [] },
  ];
  expect(await filesNamedBy(json({ weightsManifest: manifest }), "tfjs")).toEqual(["a.bin", "b.bin", "deep/c.bin"]);
  expect(await filesNamedBy(json({ modelTopology: {} }), "tfjs")).toEqual([]);
});

test("external data of ONNX", async () => {
  const name = "relu-dead-external.dynamo20.onnx";
  expect(await filesNamedBy(bytesIn("onnx", name), "onnx")).toEqual([`${name}.data`]);
  expect(await filesNamedBy(bytesIn("onnx", "relu-dead.dynamo20.onnx"), "onnx")).toEqual([]);
});

test("no name that leads elsewhere", async () => {
  const paths = ["../a.bin", "/etc/passwd", "https://a.org/b", "x/../../y", "c:\\d", "", 7, "fine.bin"];
  expect(await filesNamedBy(json({ weightsManifest: [{ paths, weights: [] }] }), "tfjs")).toEqual(["fine.bin"]);
});

test("other formats name none", async () => {
  expect(await filesNamedBy(bytesIn("keras", "relu-dead.keras"), "keras")).toEqual([]);
});

test("what is no model is refused as its reader refuses it", async () => {
  await expectError(filesNamedBy(json([]), "tfjs"), "format");
  await expectError(filesNamedBy(json({ weightsManifest: [{ paths: "a" }] }), "tfjs"), "format");
  await expectError(filesNamedBy(Uint8Array.of(8, 7, 58, 200), "onnx"), "format");
});
