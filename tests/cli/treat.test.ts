// Models treated and written back, each in the format that it came from, and what is refused before any work.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fixture, optionsOf, pathOf, rowsOf } from "./fixtures.js";
import { finish, Folder, FULL_DISK, PENGUINS, relumine, start } from "./run.js";
import type { Diagnosis, Treatment } from "../../src/index.js";
import { readModel } from "../../src/models/read-model.js";
import type { NetworkSpec } from "../../src/network/spec.js";

const folder = new Folder();

interface Document {
  readonly treatment: Pick<Treatment, "remedy" | "treated" | "findings"> & {
    readonly dead: { readonly before: number; readonly after: number };
    readonly units: { readonly before: number; readonly after: number };
    readonly revived: number;
    readonly removed: number;
    readonly outputs: { readonly largestChange: number; readonly meanChange: number; readonly otherClass?: number };
  };
  readonly before: Diagnosis;
  readonly after: Diagnosis;
  readonly saved: { readonly format: string; readonly files: readonly { file: string; bytes: number }[] };
}

async function document<T>(...args: string[]): Promise<T> {
  const { code, stdout, stderr } = await relumine(...args, "--json");
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as T;
}

/** The dead of a model on rows. */
async function deadOf(...args: string[]): Promise<number> {
  return (await document<{ diagnosis: Diagnosis }>("diagnose", ...args)).diagnosis.dead;
}

const place = (name: string): string => join(folder.path, name);

describe("liftBias opens the dead, leaves outputs as they are and is written back as", () => {
  it.each([
    ["onnx/relu-dead.ts17.onnx", "treated.onnx", "onnx"],
    ["tfjs/relu-dead", "treated", "tfjs"],
    ["tfjs/relu-dead", "treated.zip", "tfjs"],
    ["torch/relu-dead.safetensors", "treated.safetensors", "torch"],
    ["torch/relu-dead.state.pt", "from-pickle.safetensors", "torch"],
    ["keras/relu-dead.keras", "from-keras.onnx", "onnx"],
    ["keras/relu-dead.h5", "from-h5/", "tfjs"],
  ])("%s to %s", async (name, out, format) => {
    const model = fixture(name);
    const [rows, options] = [rowsOf(folder, name, model), optionsOf(model)];
    const args = [pathOf(model), rows, ...options];
    const { treatment, saved } = await document<Document>(
      "treat",
      ...args,
      "--remedy",
      "liftBias",
      "--out",
      place(out),
    );
    const dead = model.dead!.flat().length;
    expect(treatment).toMatchObject({ dead: { before: dead, after: 0 }, revived: dead, removed: 0 });
    expect(treatment.outputs).toEqual({ largestChange: 0, meanChange: 0 });
    expect(saved.format).toBe(format);
    expect(saved.files.map(({ file }) => readFileSync(file).length)).toEqual(saved.files.map(({ bytes }) => bytes));
    expect(await deadOf(place(out), rows, ...(format === "torch" ? options : []))).toBe(0);
    expect(await deadOf(...args), "the control: what was read is as it was").toBe(dead);
  });
});

it("prune takes the dead out, and tells how outputs changed", async () => {
  const model = fixture("onnx/digits-trained.ts17.onnx");
  const rows = rowsOf(folder, "digits", model);
  const out = place("pruned.onnx");
  const args = ["treat", pathOf(model), rows, "--remedy", "prune", "--out", out];
  const { treatment } = await document<Document>(...args);
  const dead = model.dead!.flat().length;
  expect(treatment.dead).toEqual({ before: dead, after: 0 });
  expect(treatment.removed).toBe(treatment.units.before - treatment.units.after);
  expect(treatment.removed).toBeGreaterThanOrEqual(dead);
  expect(treatment.outputs.largestChange).toBeLessThan(1e-4);
  const small = fixture("onnx/relu-dead.ts17.onnx");
  const files = [pathOf(small), rowsOf(folder, "small", small)];
  const { stdout } = await relumine("treat", ...files, "--remedy", "prune", "--out", place("told.onnx"));
  expect(stdout).toMatch(/0 units revived, \d+ removed; outputs/);
  expect(stdout).toMatch(/Saved: .*told.onnx, [\d,]+ bytes\n$/);
});

it("replaceActivation changes outputs, and says so", async () => {
  const model = fixture("onnx/relu-softmax.ts17.onnx");
  const rows = rowsOf(folder, "softmax", model);
  const args = ["--remedy", "replaceActivation", "--replace-by", "leakyRelu:0.2", "--out", place("leaky.onnx")];
  const { treatment, after } = await document<Document>("treat", pathOf(model), rows, ...args);
  expect(treatment.remedy).toEqual({ kind: "replaceActivation", activation: { name: "leakyRelu", alpha: 0.2 } });
  expect(treatment.outputs.largestChange).toBeGreaterThan(treatment.outputs.meanChange);
  expect(treatment.outputs.meanChange).toBeGreaterThan(0);
  expect(treatment.outputs.otherClass).toBeGreaterThan(0);
  expect(after.layers[0].activation).toBe("leakyRelu");
});

it("a network of train keeps the record of its table", async () => {
  const model = place("penguins.safetensors");
  const trained = ["train", PENGUINS, "-t", "species", "--epochs", "2", "--bias=-9", "--out", model];
  expect(await relumine(...trained)).toMatchObject({ code: 0 });
  const out = place("penguins-treated.safetensors");
  const args = ["treat", model, PENGUINS, "--remedy", "liftBias", "--out", out];
  const { treatment, saved } = await document<Document>(...args);
  expect(saved.format).toBe("relumine");
  expect(treatment.revived).toBeGreaterThan(10);
  expect(await deadOf(model, PENGUINS)).toBe(treatment.dead.before);
  expect(await deadOf(out, PENGUINS)).toBe(treatment.dead.after);
});

describe("PyTorch's parameters", () => {
  const namesIn = (file: string): string[] => {
    const bytes = readFileSync(file);
    const header = JSON.parse(bytes.subarray(8, 8 + Number(bytes.readBigUInt64LE(0))).toString()) as object;
    return Object.keys(header).filter((name) => name !== "__metadata__");
  };

  it.each(["torch/named-fc.safetensors", "torch/prefixed.safetensors"])("keep their names: %s", async (name) => {
    const model = fixture(name);
    const out = place(`again-${name.slice(6)}`);
    const args = [
      pathOf(model),
      rowsOf(folder, name, model),
      ...optionsOf(model),
      "--remedy",
      "liftBias",
      "--out",
      out,
    ];
    const { code, stdout, stderr } = await relumine("treat", ...args);
    expect(code, stderr).toBe(0);
    expect(namesIn(out).sort()).toEqual(namesIn(pathOf(model)).sort());
    expect(stdout).toMatch(/\nIn Python:\n.*\n {2}model.load_state_dict\(load_file\("again-.*safetensors"\)\)\n$/);
  });

  it("of another program's model are those of a Sequential, which is told", async () => {
    const out = place("sequential.safetensors");
    const { stdout } = await relumine("convert", pathOf(fixture("onnx/relu-softmax.ts17.onnx")), out);
    expect(namesIn(out).sort()).toEqual(["0.bias", "0.weight", "2.bias", "2.weight"]);
    expect(stdout).toContain("  model = nn.Sequential(nn.Linear(5, 12), nn.ReLU(), nn.Linear(12, 4))\n");
    expect(stdout).toContain('load_file("sequential.safetensors")');
  });

  it("has those of a Sequential too where slopes came that the file has not", async () => {
    const model = fixture("torch/named-fc.safetensors");
    const out = place("with-slopes.safetensors");
    const args = [...optionsOf(model), "--remedy", "replaceActivation", "--replace-by", "prelu", "--out", out];
    expect(await relumine("treat", pathOf(model), rowsOf(folder, "slopes", model), ...args)).toMatchObject({ code: 0 });
    expect(namesIn(out)).toContain("1.weight");
  });
});

it.each([[[]], [["--json"]]])("tells what it found also where it cannot be saved %j", async (more: string[]) => {
  const model = fixture("onnx/relu-dead.ts17.onnx");
  const out = folder.write("kept.onnx", "the old file");
  const args = [pathOf(model), rowsOf(folder, "unsaved", model), "--remedy", "liftBias", "--out", out, ...more];
  const { code, stdout, stderr } = await finish(start(["treat", ...args], FULL_DISK));
  expect(code).toBe(1);
  expect(stderr).toMatch(/error: the model was not saved: .*no space is left on the device/);
  expect(readFileSync(out, "utf8")).toBe("the old file");
  if (more.length === 0) expect(stdout).toMatch(/3 units revived, 0 removed; outputs as they were\n$/);
  else {
    const { treatment, saved } = JSON.parse(stdout) as Document & { saved: { error: string } };
    expect([treatment.revived, saved.error]).toEqual([3, expect.stringContaining("no space")]);
  }
});

it("what has nothing to treat is written as it is", async () => {
  const model = fixture("onnx/leaky.ts17.onnx");
  const args = [pathOf(model), rowsOf(folder, "leaky", model), "--remedy", "liftBias", "--out", place("same.onnx")];
  const { treatment } = await document<Document>("treat", ...args);
  expect(treatment).toMatchObject({
    treated: [],
    findings: [{ kind: "nothingToTreat" }],
    outputs: { largestChange: 0 },
  });
  expect(existsSync(place("same.onnx"))).toBe(true);
});

describe("refused before anything is read or written:", () => {
  const model = fixture("onnx/relu-dead.ts17.onnx");
  const rows = rowsOf(folder, "refused", model);
  const treat = (path: string, out: string, ...more: string[]) =>
    relumine("treat", path, rows, "--remedy", "liftBias", "--out", out, ...more);

  it.each([
    ["a format that is not written", "keras/relu-dead.keras", "t.keras", /got a .keras file. Take .onnx/],
    ["no format", "keras/relu-dead.keras", "t", /none for what is read from Keras/],
    ["a pickle", "torch/relu-dead.state.pt", "t.pt", /got a pickle. Take .onnx/],
    ["a folder that is not there", "onnx/relu-dead.ts17.onnx", "nowhere/t.onnx", /no such file/],
  ])("%s", async (_what, name, out, message) => {
    const found = fixture(name);
    const { code, stdout, stderr } = await treat(pathOf(found), place(out), ...optionsOf(found));
    expect(stderr).toMatch(message);
    expect([code, stdout]).toEqual([1, ""]);
  });

  it("the files that are read, and a folder with files in it", async () => {
    const own = place("own.onnx");
    cpSync(pathOf(model), own);
    const before = readFileSync(own);
    const folderModel = place("folder");
    cpSync(pathOf(fixture("tfjs/relu-dead")), folderModel, { recursive: true });
    const names = readdirSync(folderModel);
    const results = await Promise.all([
      treat(own, own),
      treat(own, rows, "--format", "onnx"),
      treat(folderModel, folderModel),
      treat(folderModel, join(folderModel, "model.json")),
    ]);
    expect(results.map(({ code, stdout }) => [code, stdout])).toEqual(results.map(() => [1, ""]));
    results.forEach(({ stderr }) => expect(stderr).toMatch(/another file than what is read|with files in it/));
    expect(readFileSync(own)).toEqual(before);
    expect(readdirSync(folderModel)).toEqual(names);
  });

  it("a .json file that is no model.json, whose name is not cut", async () => {
    const source = pathOf(fixture("tfjs/relu-dead"));
    for (const args of [["mymodel.json"], ["weights.json"], ["w.json", "--format", "tfjs"]]) {
      const { code, stderr } = await treat(source, place(args[0]), ...args.slice(1));
      expect([code, stderr]).toEqual([1, expect.stringMatching(/to be a folder, or the model\.json in one/)]);
    }
    expect(existsSync(place("my"))).toBe(false);
    const { code } = await treat(source, join(place("new-folder"), "model.json"));
    expect([code, readdirSync(place("new-folder")).sort()]).toEqual([0, ["model.json", "weights.bin"]]);
  });

  it("an option of another remedy, and one that is missing", async () => {
    const out = place("none.onnx");
    const wrong = await treat(pathOf(model), out, "--dormant-below", "0.1");
    const missing = await relumine("treat", pathOf(model), rows, "--remedy", "replaceActivation", "--out", out);
    expect([wrong.code, missing.code]).toEqual([1, 1]);
    expect(wrong.stderr).toMatch(/--dormant-below to be left out, as recycle alone has it/);
    expect(missing.stderr).toMatch(/--replace-by to name the new activation/);
    expect(existsSync(out)).toBe(false);
  });

  it.each<[string[], RegExp]>([
    [["treat", "m.onnx", "r.npy", "--out", "t.onnx"], /required option '--remedy <name>' not specified/],
    [["treat", "m.onnx", "r.npy", "--remedy", "liftBias"], /required option '--out <file>' not specified/],
    [["treat", "m.onnx", "r.npy", "--remedy", "liftBais", "--out", "t.onnx"], /Did you mean "liftBias"/],
    [["treat", "m.onnx", "r.npy", "--remedy", "liftBias", "--out", "t", "--share", "2"], /at most 1/],
    [["convert", "m.onnx", "r.bin", "--to", "keras"], /It has to be one of onnx, tfjs, torch, relumine/],
  ])("bad usage has exit code 2: %j", async (args, message) => {
    const { code, stderr } = await relumine(...args);
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
  });
});

describe("convert", () => {
  it("tells what training needs, and keeps what is asked for", async () => {
    interface Converted {
      readonly model: { readonly changes: readonly { part: string; became: string }[]; readonly spec: NetworkSpec };
    }
    const model = fixture("onnx/bn-relu.ts17.onnx");
    const convert = (...more: string[]) => document<Converted>("convert", pathOf(model), place("kept.onnx"), ...more);
    const [folded, kept] = [await convert(), await convert("--keep", "normalization,dropout")];
    const became = ({ model: { changes } }: Converted) => new Set(changes.map((each) => `${each.part} ${each.became}`));
    expect(became(folded)).toContain("batchNormalization folded");
    expect(became(kept)).toContain("batchNormalization kept");
    expect(folded.model.spec.layers[0].normalization).toBeUndefined();
    expect(kept.model.spec.layers[0].normalization).toMatchObject({ kind: "batch" });
    const { stdout } = await relumine("convert", pathOf(model), place("told.onnx"));
    expect(stdout).toMatch(/batch normalization folded into the layers beside it: "/);
    const again = await readModel(readFileSync(place("kept.onnx")), { normalization: "keep" });
    expect(again.spec.layers[0]).toEqual(kept.model.spec.layers[0]);
    expect((await relumine("convert", pathOf(model), place("x.onnx"), "--keep", "bias")).code).not.toBe(0);
  });

  it("writes each format, which is read back to the same verdicts", async () => {
    const model = fixture("keras/relu-dead.keras");
    const rows = rowsOf(folder, "converted", model);
    mkdirSync(place("converted"));
    const expected = model.dead!.flat().length;
    for (const [out, ...options] of [
      ["a.onnx"],
      ["b/"],
      ["c.zip"],
      ["d.safetensors"],
      ["e.safetensors", "--to", "relumine"],
    ]) {
      const to = place(`converted/${out}`);
      const { code, stdout, stderr } = await relumine("convert", pathOf(model), to, ...options);
      expect(code, stderr).toBe(0);
      expect(stdout).toMatch(/relu-dead.keras: Keras 3: network .*\n(.|\n)*Saved: /);
      const said = out === "d.safetensors" ? ["--activation", "relu"] : [];
      expect([out, await deadOf(to, rows, ...said)]).toEqual([out, expected]);
    }
  });

  it("keeps a log-softmax at the end", async () => {
    const to = place("log-softmax.onnx");
    const { code, stderr } = await relumine("convert", pathOf(fixture("onnx/log-softmax.ts17.onnx")), to);
    expect(code, stderr).toBe(0);
    expect((await readModel(readFileSync(to))).head).toBe("logSoftmax");
  });

  it("keeps the record of a table in this program's own files, and says what other formats leave behind", async () => {
    const model = place("table.safetensors");
    const train = ["train", PENGUINS, "-t", "species", "--epochs", "1", "--out", model];
    expect(await relumine(...train)).toMatchObject({ code: 0 });
    const [own, other] = [
      await relumine("convert", model, place("table-again.safetensors")),
      await relumine("convert", model, place("table.onnx")),
    ];
    expect([own.code, other.code], own.stderr + other.stderr).toEqual([0, 0]);
    expect(own.stdout).not.toMatch(/as its training encoded them/);
    expect(other.stdout).toMatch(/as its training\s+encoded them/);
    expect(await deadOf(place("table-again.safetensors"), PENGUINS)).toBe(await deadOf(model, PENGUINS));
  });

  it("refuses what it cannot write, and the model's own file", async () => {
    const path = pathOf(fixture("onnx/relu-dead.ts17.onnx"));
    const results = await Promise.all([
      relumine("convert", path, place("x.h5")),
      relumine("convert", path, path),
      relumine("convert", path, place("hard.zip"), "--to", "onnx", "--activation", "relu"),
    ]);
    expect(results.map(({ code }) => code)).toEqual([1, 1, 0]);
    expect(results[0].stderr).toMatch(/got an .h5 file. Take .onnx/);
    expect(results[1].stderr).toMatch(/another file than what is read/);
  });
});
