// Models that other programs wrote, diagnosed by the command line: the dead are those of the fixtures, to the unit.
import { copyFileSync, cpSync, mkdirSync, readFileSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { fixture, optionsOf, pathOf, rowsOf } from "./fixtures.js";
import { Folder, relumine } from "./run.js";
import type { Diagnosis } from "../../src/index.js";
import { type NodeSpec, onnxGraph, onnxModel } from "../support/onnx.js";

const folder = new Folder();

interface Document {
  readonly model: { readonly format: string; readonly writer: string; readonly head: string; readonly file: string };
  readonly data: { readonly name: string; readonly rows: number; readonly notes: readonly string[] };
  readonly diagnosis: Diagnosis;
}

async function diagnose(...args: string[]): Promise<Document> {
  const { code, stdout, stderr } = await relumine("diagnose", ...args, "--json");
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as Document;
}

const deadOf = ({ layers }: Diagnosis): number[][] =>
  layers.map(({ units }) => units.filter(({ state }) => state === "dead").map(({ unit }) => unit));

describe("finds the dead units of", () => {
  it.each<[string, Partial<Document["model"]>]>([
    ["onnx/relu-dead.ts17.onnx", { format: "onnx", writer: "pytorch 2.13.0", head: "none" }],
    ["onnx/relu-dead-external.dynamo20.onnx", { format: "onnx" }],
    ["onnx/digits-trained.ts17.onnx", { format: "onnx" }],
    ["keras/relu-dead.keras", { format: "keras", writer: "Keras 3" }],
    ["keras/relu-dead.h5", { format: "keras-h5" }],
    ["keras/relu-dead.weights.h5", { format: "keras-h5" }],
    ["tfjs/relu-dead", { format: "tfjs" }],
    ["tfjs/thirteen-layers-shards", { format: "tfjs" }],
    ["torch/relu-dead.safetensors", { format: "safetensors" }],
    ["torch/named-against-alphabet.safetensors", { format: "safetensors" }],
    ["torch/relu-dead.state.pt", { format: "torch" }],
    ["torch/leaky.safetensors", { format: "safetensors" }],
    ["numpy/sklearn-coefs.npz", { format: "npz", head: "softmax" }],
  ])("%s", async (name, wanted) => {
    const model = fixture(name);
    const {
      model: read,
      data,
      diagnosis,
    } = await diagnose(pathOf(model), rowsOf(folder, name, model), ...optionsOf(model));
    expect(read).toMatchObject({ ...wanted, file: pathOf(model) });
    expect(data.rows).toBe(model.rows);
    expect(deadOf(diagnosis)).toEqual(model.dead);
  });
});

it("tells whose file it is and what it ends with", async () => {
  const model = fixture("onnx/relu-softmax.ts17.onnx");
  const { code, stdout, stderr } = await relumine("diagnose", pathOf(model), rowsOf(folder, "told", model));
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toMatch(
    /relu-softmax.ts17.onnx: ONNX by pytorch 2.13.0: network 5-12-4, relu, 124 parameters, a softmax at its end\n/,
  );
  expect(stdout).toMatch(/told.npy: 64 rows\n/);
});

const [tfjs, external] = [fixture("tfjs/relu-dead"), fixture("onnx/relu-dead-external.dynamo20.onnx")];
const rows = rowsOf(folder, "rows", tfjs);

describe("what a file of weights alone leaves open is asked for in the options' words", () => {
  it.each<[string, string[], RegExp]>([
    ["torch/relu-dead.safetensors", [], /--activation to be given.*Say --activation relu, or one a hidden layer/],
    ["torch/named-ambiguous.safetensors", ["--activation", "relu"], /as --order NAME,NAME/],
    ["torch/relu-dead.safetensors", ["--activation", "relu,relu,relu"], /--activation to be one, or a list/],
  ])("%s %j", async (name, options, message) => {
    const { code, stdout, stderr } = await relumine("diagnose", pathOf(fixture(name)), rows, ...options);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(message);
  });

  it.each<[string[], RegExp]>([
    [["--activation", "rellu"], /Did you mean "relu"/],
    [["--activation", "relu:0.1:2"], /It has to be such as/],
    [["--head", "sofmax"], /Did you mean "softmax"/],
    [["--loss", "mse"], /It has to be one of crossEntropy/],
    [["--epsilon", "-1"], /at least 0/],
    [["--epsilon", "small"], /It has to be/],
  ])("%j is bad usage", async (options, message) => {
    const { code, stderr } = await relumine("diagnose", pathOf(tfjs), rows, ...options);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });
});

describe("the epsilon of batch normalizations in weights alone", () => {
  const model = fixture("torch/bn-relu.safetensors");
  const normalized = [pathOf(model), rowsOf(folder, "normalized", model), "--activation", "relu"];

  it("is PyTorch's own, which is told with the option that says another", async () => {
    const { data } = await diagnose(...normalized);
    const told = data.notes.filter((note) => note.includes("epsilon"));
    expect(told).toEqual([
      expect.stringMatching(/1e-5, was taken\. Where it was another, say it, as in --epsilon 0\.001\./),
    ]);
  });

  it("is what is said", async () => {
    const [own, large] = [await diagnose(...normalized), await diagnose(...normalized, "--epsilon", "100")];
    expect(large.data.notes.filter((note) => note.includes("epsilon"))).toEqual([]);
    const meansOf = ({ diagnosis }: Document) => diagnosis.layers[0].units.map(({ preactivation: { std } }) => std);
    meansOf(large).forEach((std, unit) => expect(std).toBeLessThan(meansOf(own)[unit] / 2));
  });

  it("is refused where the file says it", async () => {
    const { code, stderr } = await relumine("diagnose", pathOf(tfjs), rows, "--epsilon", "0.001");
    expect(code).toBe(1);
    expect(stderr).toMatch(/--epsilon to be left out/);
  });
});

describe("an If that asks the rows", () => {
  const branch = (op: string) => onnxGraph({ nodes: [{ op, name: op, inputs: ["z"] }], inputs: {}, outputs: [op] });
  const file = join(folder.path, "branches.onnx");
  const nodes: NodeSpec[] = [
    { op: "Gemm", name: "z", inputs: ["x", "w"] },
    { op: "ReduceMax", name: "t", inputs: ["z"], ints: { keepdims: 0 } },
    { op: "Greater", name: "c", inputs: ["t", "half"] },
    { op: "If", name: "i", inputs: ["c"], graphs: { then_branch: branch("Relu"), else_branch: branch("Elu") } },
    { op: "Gemm", name: "y", inputs: ["i", "v"] },
  ];
  const tensors = {
    w: { shape: [2, 3], data: [1, -1, 0, 2, -2, 1] },
    v: { shape: [3, 1], data: [1, 1, 1] },
    half: { shape: [], data: [0.5] },
  };
  writeFileSync(file, onnxModel({ nodes, tensors, inputs: { x: { axes: ["n", 2] } }, outputs: ["y"] }));
  const out = join(folder.path, "branches.safetensors");

  it("is refused in the option's words", async () => {
    const { code, stderr } = await relumine("convert", file, out);
    expect(code).toBe(1);
    expect(stderr).toMatch(/read it alone: --branch then or --branch else/);
  });

  it("is read by the branch that is said, which is told", async () => {
    const { code, stdout, stderr } = await relumine("convert", file, out, "--branch", "else");
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/branch of an If taken: "i" \(else\)/);
    expect(stdout).toMatch(/the else branch alone was read/);
  });

  it("is wanted where a branch is said, and one of two", async () => {
    const plain = await relumine("diagnose", pathOf(tfjs), rows, "--branch", "then");
    expect(plain.code).toBe(1);
    expect(plain.stderr).toMatch(/--branch to be left out, where no If/);
    const bad = await relumine("convert", file, out, "--branch", "both");
    expect(bad.code).toBe(2);
  });
});

describe("files beside a model", () => {
  const copyOf = (name: string): string => {
    const place = join(folder.path, name);
    cpSync(pathOf(tfjs), place, { recursive: true });
    return place;
  };
  const shard = (tfjs.files ?? []).map((name) => basename(name)).find((name) => name.endsWith(".bin"))!;

  it("are read where the model itself is named", async () => {
    const { diagnosis } = await diagnose(join(copyOf("named"), "model.json"), rows);
    expect(deadOf(diagnosis)).toEqual(tfjs.dead);
  });

  it("may be links beside a link, as in a cache of downloads", async () => {
    const blobs = join(folder.path, "blobs");
    const snapshot = join(folder.path, "snapshot");
    for (const each of [blobs, snapshot]) mkdirSync(each);
    for (const name of [external.file, ...(external.files ?? [])].map((each) => basename(each))) {
      copyFileSync(join(external.path, name), join(blobs, `blob of ${name}`));
      symlinkSync(join(blobs, `blob of ${name}`), join(snapshot, name));
    }
    const { diagnosis } = await diagnose(join(snapshot, external.file), rowsOf(folder, "external", external));
    expect(deadOf(diagnosis)).toEqual(external.dead);
  });

  it("are refused as links that lead out of its folder, and where they are not there", async () => {
    const place = copyOf("links");
    const elsewhere = folder.write("elsewhere.bin", readFileSync(join(place, shard)));
    unlinkSync(join(place, shard));
    const missing = await relumine("diagnose", place, rows);
    symlinkSync(elsewhere, join(place, shard));
    const linked = await relumine("diagnose", place, rows);
    expect([missing.code, linked.code]).toEqual([1, 1]);
    expect(missing.stderr).toMatch(/links: .*to lie beside the model, which names it, got no such file/);
    expect(linked.stderr).toMatch(/got a link that leads out of its folder/);
  });

  it.each(["../elsewhere.bin", "/etc/hostname", "https://example.org/a.bin", "a/../../elsewhere.bin"])(
    "is none that a model names as %s",
    async (name) => {
      const place = copyOf(`named ${name.replaceAll(/\W/g, "-")}`);
      const json = readFileSync(join(place, "model.json"), "utf8").replaceAll(shard, name);
      writeFileSync(join(place, "model.json"), json);
      const { code, stderr } = await relumine("diagnose", place, rows);
      expect(code).toBe(1);
      expect(stderr).toMatch(/to lie beside the model, by a path within its folder/);
    },
  );

  it("a folder without a model, or with one of TensorFlow, is refused with what to do", async () => {
    const empty = join(folder.path, "empty");
    const saved = join(folder.path, "saved");
    for (const each of [empty, saved]) mkdirSync(each);
    writeFileSync(join(saved, "saved_model.pb"), "");
    const results = await Promise.all([empty, saved].map((each) => relumine("diagnose", each, rows)));
    expect(results.map(({ code }) => code)).toEqual([1, 1]);
    expect(results[0].stderr).toMatch(/got a folder without model.json/);
    expect(results[1].stderr).toMatch(/a SavedModel of TensorFlow. Save it as Keras/);
  });
});

it("refuses rows of another width, and what is no chain by its name", async () => {
  const other = rowsOf(folder, "other", fixture("onnx/digits-trained.ts17.onnx"));
  const width = await relumine("diagnose", pathOf(tfjs), other);
  const dense = fixture("keras/conv.keras");
  const conv = await relumine("diagnose", pathOf(dense), rows);
  expect([width.code, conv.code]).toEqual([1, 1]);
  expect(width.stderr).toMatch(/other.npy/);
  expect(conv.stderr).toMatch(/conv.keras: .*Conv/i);
});
