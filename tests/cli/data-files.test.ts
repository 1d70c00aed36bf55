// Files of data on the command line: the same rows by any of them give the same diagnosis, and commands that train take
// them as tables.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { fixture, pathOf } from "./fixtures.js";
import { Folder, relumine } from "./run.js";
import { createNetwork } from "../../src/index.js";
import { writeModel } from "../../src/models.js";
import { idxFile, npyFile, npzFile } from "../support/array-files.js";

const folder = new Folder();
const model = pathOf(fixture("onnx/digits-trained.ts17.onnx"));
const dataOf = (name: string): string => fileURLToPath(new URL(`../fixtures/data/${name}`, import.meta.url));

/** A few digits: pixels 0 to 16, and what they are. */
const ROWS = 48;
const pixels = Array.from({ length: ROWS * 64 }, (_, i) => (i * 7 + (i >> 6) * 5) % 17);
const labels = Array.from({ length: ROWS }, (_, i) => i % 10);
const scaled = pixels.map((value) => value / 16);
const header = [...Array.from({ length: 64 }, (_, i) => `p${i}`), "digit"].join();
const csv = (of: readonly number[]): string =>
  [header, ...labels.map((label, row) => [...of.slice(row * 64, row * 64 + 64), label].join())].join("\n");

const files = {
  npy: folder.write("x.npy", npyFile([ROWS, 8, 8], scaled)),
  labels: folder.write("y.npy", npyFile([ROWS], labels)),
  npz: folder.write("both.npz", npzFile({ x: npyFile([ROWS, 64], scaled), y: npyFile([ROWS], labels) }, 9)),
  idx: folder.write("images-idx3-ubyte", idxFile(8, [ROWS, 8, 8], pixels)),
  idxLabels: folder.write("labels-idx1-ubyte.gz", gzipSync(idxFile(8, [ROWS], labels))),
  csv: folder.write("scaled.csv", csv(scaled)),
  raw: folder.write("raw.csv.gz", gzipSync(new TextEncoder().encode(csv(pixels)))),
};

interface Document {
  readonly data: { readonly rows: number; readonly notes: readonly string[] };
  readonly evaluation: object;
  readonly diagnosis: { readonly layers: readonly object[] };
}

async function diagnose(...args: string[]): Promise<Document> {
  const { code, stdout, stderr } = await relumine("diagnose", model, ...args, "--json");
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as Document;
}

describe("the same rows", () => {
  const reference = diagnose(files.npz);

  it.each<[string, string[]]>([
    ["an .npy and one of labels", [files.npy, "--target", files.labels]],
    ["MNIST's files", [files.idx, "--target", files.idxLabels, "--divisor", "16"]],
    ["a table", [files.csv, "--target", "digit"]],
    ["a gzipped table of pixels", [files.raw, "--target", "digit", "--divisor", "16"]],
  ])("%s", async (_what, args) => {
    const { data, evaluation, diagnosis } = await diagnose(...args);
    const wanted = await reference;
    expect(data.rows).toBe(ROWS);
    expect(evaluation).toEqual(wanted.evaluation);
    expect(diagnosis).toEqual(wanted.diagnosis);
  });

  it("scaled otherwise give another", async () => {
    const { diagnosis } = await diagnose(files.idx);
    expect(diagnosis.layers).not.toEqual((await reference).diagnosis.layers);
  });

  it("a note says which arrays they are", async () => {
    expect((await reference).data.notes.join()).toMatch(/"x".*"y"/);
  });
});

it("pixels of the embedded digits are as they are, which is said", async () => {
  const layers = [{ units: 4, activation: "relu" }, { units: 10 }] as const;
  using network = await createNetwork({ inputs: 64, layers, loss: "crossEntropy" });
  const [[, bytes]] = await writeModel(network, "onnx");
  const small = folder.write("small.onnx", bytes);
  const notesOf = async (...args: string[]) => {
    const { stdout } = await relumine("diagnose", small, "digits", "--json", ...args);
    return (JSON.parse(stdout) as Document).data.notes.join();
  };
  expect(await notesOf()).toContain("--divisor 16");
  expect(await notesOf("--divisor", "16")).not.toContain("--divisor");
});

describe("refused", () => {
  it.each<[string, string[], RegExp]>([
    [
      "rows of another size",
      [dataOf("matrix.npy")],
      /matrix\.npy: the file to hold an array whose rows have 64 numbers/,
    ],
    ["an array that is not there", [files.npz, "--array", "z"], /both\.npz: --array to be one of x/],
    ["a target that is nowhere", [files.npy, "--target", "nowhere.npy"], /x\.npy: --target/],
    ["a table with its target as an input", [files.csv], /scaled\.csv: the table to have 64 columns of numbers/],
    ["a training's table that is not there", [files.csv, "--like", "nowhere.csv"], /nowhere\.csv to be a file of data/],
  ])("%s", async (_what, args, message) => {
    const { code, stdout, stderr } = await relumine("diagnose", model, ...args);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(message);
  });
});

it("a network that was trained on arrays is diagnosed on others of them", async () => {
  const network = `${folder.path}/trained.safetensors`;
  const train = await relumine("train", files.npz, "--target", "y", "--epochs", "2", "--hidden", "8", "--out", network);
  expect(train.code, train.stderr).toBe(0);
  const test = folder.write(
    "test.npz",
    npzFile({ x_test: npyFile([4, 64], scaled.slice(0, 256)), y_test: npyFile([4], labels.slice(0, 4)) }),
  );
  const { code, stdout } = await relumine("diagnose", network, test, "--json");
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ data: { rows: 4 }, evaluation: { loss: expect.any(Number) as number } });
});

it("and one that was trained on a table is diagnosed on the same in Parquet", async () => {
  const network = `${folder.path}/iris.safetensors`;
  const table = fileURLToPath(new URL("../data/iris.csv", import.meta.url));
  const train = await relumine("train", table, "--target", "species", "--epochs", "2", "--out", network);
  expect(train.code, train.stderr).toBe(0);
  const [a, b] = await Promise.all(
    [table, dataOf("parquet/iris.parquet")].map(async (file) => {
      const { stdout } = await relumine("diagnose", network, file, "--json");
      return JSON.parse(stdout) as Document;
    }),
  );
  expect(b.evaluation).toEqual(a.evaluation);
  expect(b.diagnosis).toEqual(a.diagnosis);
  expect(readFileSync(network).length).toBeGreaterThan(0);
});
