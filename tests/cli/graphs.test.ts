// ONNX graphs that are no chains of dense layers, on the command line.
import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { diagnoseGraph } from "../../src/onnx.js";
import { inCommandLine } from "../../src/cli/graph/run-graph.js";
import { expectError } from "../support/errors.js";
import { ort, readGraphFile } from "../graph/graphs.js";
import { npyFile } from "../support/array-files.js";
import { onnxModel } from "../support/onnx.js";
import { finish, Folder, relumine } from "./run.js";

const FIXTURES = fileURLToPath(new URL("../fixtures/graphs/", import.meta.url));
const folder = new Folder();
const graph = (name: string) => join(FIXTURES, `${name}.onnx`);

const npy = ({ data, shape }: { readonly data: ArrayLike<unknown>; readonly shape: readonly number[] }) =>
  npyFile(shape, data as ArrayLike<number>);

const block = readGraphFile("block.9");
const images = folder.write("images.npy", npy(block.counted.inputs.x));

describe("diagnose", () => {
  test("runs the graph and tells layers by the names of their nodes", async () => {
    const { code, stdout, stderr } = await relumine("diagnose", graph("block.9"), images);
    expect([code, stderr]).toEqual([0, ""]);
    for (const said of [
      "an ONNX graph",
      "opset 9",
      "/squeeze/Relu",
      "6 of 35 hidden units dead",
      "6 rows stand behind",
    ])
      expect(stdout).toContain(said);
  });

  test("prints what diagnoseGraph gives, as JSON", async () => {
    const { code, stdout } = await relumine("diagnose", graph("block.9"), images, "--json");
    const { model, data, diagnosis } = JSON.parse(stdout) as Record<string, Record<string, unknown>>;
    const { layers } = await diagnoseGraph(block.model, block.counted.inputs, { ort });
    expect(code).toBe(0);
    expect(model).toMatchObject({ format: "onnx", graph: true, opset: 9 });
    expect(data).toMatchObject({ rows: 6 });
    expect(diagnosis.layers).toEqual(JSON.parse(JSON.stringify(layers)));
  });

  test("flat rows with the sizes of open axes; a table too", async () => {
    const { data } = block.counted.inputs.x;
    const flat = folder.write("flat.npy", npy({ data, shape: [6, 192] }));
    const open = await relumine("diagnose", graph("block.9"), flat);
    expect(open.code).toBe(1);
    expect(open.stderr).toContain("--dimensions h=SIZE");
    const given = await relumine("diagnose", graph("block.9"), flat, "--dimensions", "h=8,w=8");
    expect([given.code, given.stdout.includes("6 of 35")]).toEqual([0, true]);
    const rows = Array.from({ length: 6 }, (_, row) => Array.from(data as number[]).slice(row * 192, (row + 1) * 192));
    const names = rows[0].map((_, column) => `c${column}`).join(",");
    const csv = folder.write("flat.csv", [names, ...rows.map((row) => row.join(","))].join("\n"));
    const table = await relumine("diagnose", graph("block.9"), csv, "--dimensions", "h=8,w=8");
    expect([table.code, table.stdout.includes("6 of 35")]).toEqual([0, true]);
  });

  test("--fail-on and --gates", async () => {
    const failed = await relumine("diagnose", graph("block.9"), images, "--fail-on", "dead:0.1");
    expect(failed.code).toBe(1);
    expect(failed.stderr).toContain("dead:0.1");
    expect((await relumine("diagnose", graph("block.9"), images, "--fail-on", "dead:0.5")).code).toBe(0);
    expect((await relumine("diagnose", graph("block.9"), images, "--gates")).stdout).toContain("/gate/Sigmoid");
  });

  test.each([
    [["--prove"], "--prove"],
    [["--head", "softmax"], "--head"],
    [["--activation", "relu"], "--activation"],
  ])("%j is refused", async (more, named) => {
    const { code, stderr } = await relumine("diagnose", graph("block.9"), images, ...more);
    expect(code).toBe(1);
    expect(stderr).toContain(named);
  });

  test("an input that the file does not hold is named", async () => {
    const { code, stderr } = await relumine("diagnose", graph("two.13"), images);
    expect(code).toBe(1);
    expect(stderr).toContain('"left"');
    expect((await relumine("diagnose", graph("two.13"), images, "--dimensions", "h")).code).toBe(2);
  });

  test("weights that lie beside the model are found by their names there, and nowhere else", async () => {
    const bytes = new Uint8Array(Float32Array.of(1, -1).buffer);
    const model = (location: string) =>
      onnxModel({
        nodes: [
          { op: "Conv", name: "z", inputs: ["x", "w"] },
          { op: "Relu", name: "y", inputs: ["z"] },
        ],
        tensors: { w: { shape: [2, 1, 1, 1], external: { location } } },
        inputs: { x: { axes: ["n", 1, 1, 1] } },
        outputs: ["y"],
      });
    const rows = folder.write("ones.npy", npy({ data: [1, 2, 3], shape: [3, 1, 1, 1] }));
    folder.write("weights.bin", bytes);
    const inside = await relumine("diagnose", folder.write("inside.onnx", model("weights.bin")), rows);
    expect([inside.code, inside.stdout.includes("1 of 2 hidden units dead")]).toEqual([0, true]);
    const outside = await relumine("diagnose", folder.write("outside.onnx", model("/etc/hostname")), rows);
    expect(outside.code).toBe(1);
    expect(outside.stderr).toContain("/etc/hostname");
  });

  test("without ONNX Runtime it says what to install, and what the model is", async () => {
    const place = join(folder.path, "bare");
    const modules = join(place, "node_modules");
    const root = fileURLToPath(new URL("../../", import.meta.url));
    const { dependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
      dependencies: Record<string, string>;
    };
    mkdirSync(modules, { recursive: true });
    cpSync(join(root, "dist"), join(place, "dist"), { recursive: true });
    cpSync(join(root, "package.json"), join(place, "package.json"));
    for (const name of Object.keys(dependencies)) {
      mkdirSync(join(modules, name, ".."), { recursive: true });
      symlinkSync(join(root, "node_modules", name), join(modules, name));
    }
    const main = join(place, "dist/cli/main.js");
    const args = ["diagnose", graph("block.9"), images];
    const child = spawn(process.execPath, [main, ...args], { cwd: place, stdio: ["ignore", "pipe", "pipe"] });
    const { code, stderr } = await finish(child);
    expect(code).toBe(1);
    expect(stderr).toContain("npm install onnxruntime-web");
    expect(stderr).toContain("Conv");
  });
});

describe("treat", () => {
  test("writes a graph whose dead are lifted and whose outputs stay", async () => {
    const out = join(folder.path, "treated.onnx");
    const { code, stdout } = await relumine("treat", graph("block.9"), images, "--remedy", "liftBias", "--out", out);
    expect(code).toBe(0);
    for (const said of ["/squeeze/Relu", "0, 3, 5 lifted", "the same to the bit", "Saved:"])
      expect(stdout.replaceAll(/\s+/g, " ")).toContain(said);
    const again = await diagnoseGraph(readFileSync(out), block.counted.inputs, { ort });
    expect(again.dead).toBe(3);
    const json = await relumine("treat", graph("block.9"), images, "--remedy", "liftBias", "--out", out, "--json");
    const { treatment, before, after, saved } = JSON.parse(json.stdout) as Record<string, Record<string, unknown>>;
    expect(treatment).toMatchObject({ remedy: "liftBias", outputs: { largestChange: 0 } });
    expect([before.dead, after.dead]).toEqual([6, 3]);
    expect(saved).toMatchObject({ format: "onnx", files: [{ file: out }] });
  });

  test.each([
    ["another remedy", ["--remedy", "prune", "--out", "new.onnx"], "--remedy"],
    ["another format", ["--remedy", "liftBias", "--out", "new.safetensors"], "--out"],
    ["the model itself", ["--remedy", "liftBias", "--out", graph("block.9")], "--out"],
    ["the rows", ["--remedy", "liftBias", "--out", images], "--out"],
    ["a share", ["--remedy", "liftBias", "--share", "0.2", "--out", "new.onnx"], "--share"],
  ])("%s is refused before anything is written", async (_what, args, named) => {
    const placed = args.map((each) => (each.startsWith("new.") ? join(folder.path, each) : each));
    const { code, stderr } = await relumine("treat", graph("block.9"), images, ...placed);
    expect(code).toBe(1);
    expect(stderr).toContain(named);
    expect(existsSync(join(folder.path, "new.onnx"))).toBe(false);
    expect(readFileSync(graph("block.9"))).toEqual(block.model);
  });
});

test("who asks the program to end hears of rows, not of a signal", async () => {
  const before = new Set(process.listeners("SIGTERM"));
  const run = (signal: AbortSignal) => {
    for (const stop of process.listeners("SIGTERM")) if (!before.has(stop)) stop("SIGTERM");
    return diagnoseGraph(block.model, block.counted.inputs, { ort, signal });
  };
  await expectError(inCommandLine(run), "value", "the rows");
});
