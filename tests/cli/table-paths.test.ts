// One table, four readers: the command line, the library, the page's engine and the program that `cure --code` writes
// make the same numbers of it, to the bit.
import { numbersOf } from "../support/sparse.js";
import { execFile } from "node:child_process";
import { createReadStream, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { createNetwork, importNetwork, sgd } from "../../src/index.js";
import { specFor } from "../../src/cli/network-for-table.js";
import { encodeLabelledRows, prepareTable, type PreparedTable, type PrepareOptions } from "../../src/table.js";
import { tableTask } from "../../site/workshop/engine/table-task.js";
import type { LabelledRows } from "../../site/tasks/learning-task.js";
import { Folder, relumine } from "./run.js";

const folder = new Folder();
mkdirSync(join(folder.path, "node_modules"));
symlinkSync(fileURLToPath(new URL("../../", import.meta.url)), join(folder.path, "node_modules", "relumine"));

const KINDS = ["flat", "house", "N/A", 'a "villa"'];

/** Dates, prices, percentages, words, gaps, codes for missing, comments and a title, as spreadsheets write them. */
function writeTable(separator: string, target: (i: number) => string): string {
  const cells = (i: number): string[] => [
    `2019-0${1 + (i % 9)}-1${i % 10}`,
    `"$${10 + (i % 7)},${100 + i}.50"`,
    `${i % 11} %`,
    `"${KINDS[i % 4].replaceAll('"', '""')}"`,
    i % 13 === 0 ? '" "' : `${Math.sin(i)}`,
    `${(i * 7919) % 1000}e-2`,
    target(i),
  ];
  const rows = Array.from({ length: 150 }, (_, i) => cells(i).join(separator) + (i === 40 ? "\n# a comment" : ""));
  const header = ["sold", "price", "share", "kind", "sine", "size", "answer"].join(separator);
  return `Report of 2020\n${header}\n${rows.join("\n")}\n`;
}

const TABLES: readonly (readonly [string, Uint8Array, Partial<PrepareOptions>, readonly string[]])[] = [
  ["words to predict", new TextEncoder().encode(writeTable(",", (i) => (i % 3 === 0 ? "yes" : "no"))), {}, []],
  ["numbers to predict", new TextEncoder().encode(writeTable(";", (i) => `${(i % 17) * 3.25}`)), {}, []],
  ["gzip and CR LF", gzipSync(writeTable("\t", (i) => `${i % 4}`).replaceAll("\n", "\r\n")), {}, []],
  [
    "choices",
    new TextEncoder().encode(writeTable(",", (i) => `${(i % 15) + 1}`)),
    { task: "regression", ignore: ["sine"], columns: { size: "words", share: "ignore" }, seed: 5, validation: 0.3 },
    [
      "--task",
      "regression",
      "--ignore",
      "sine",
      "--columns",
      "size=words,share=ignore",
      "--seed",
      "5",
      "--validation",
      "0.3",
    ],
  ],
];

const HIDDEN = [8];

interface Path {
  readonly name: string;
  /** What the path's network scores on the rows that it holds out: the split, x, y and their order all show in it. */
  score(file: string, options: PrepareOptions, args: readonly string[]): Promise<unknown>;
}

async function scoreOf(prepared: PreparedTable, seed: number): Promise<unknown> {
  const spec = specFor(prepared, { hidden: HIDDEN, activation: "relu", bias: 0, seed });
  const network = await createNetwork(spec, { arithmetic: "reproducible" });
  await network.fit(prepared.training, { epochs: 2, batchSize: 32, optimizer: sgd({ learningRate: 0.05 }) });
  const { loss, accuracy } = network.evaluate(prepared.heldOut);
  return { loss, ...(accuracy !== undefined && { accuracy }) };
}

const library: Path = {
  name: "the library",
  score: async (file, options) => scoreOf(await prepareTable(createReadStream(file), options), options.seed ?? 0),
};

interface CureDocument {
  readonly baseline: string;
  readonly trials: readonly { readonly name: string; readonly metrics: unknown }[];
  readonly code: { readonly text: string };
}

async function cure(file: string, args: readonly string[], trials: string): Promise<CureDocument> {
  const command = ["cure", file, "--target", "answer", "--hidden", `${HIDDEN[0]}`, "--epochs", "2", "--threads", "1"];
  const fit = ["--optimizer", "sgd", "--learning-rate", "0.05", "--repeats", "1", "--trials", trials];
  const { stdout, stderr } = await relumine(...command, ...fit, ...args, "--reproducible", "--code", "--json");
  expect(stderr).not.toMatch(/^error/m);
  return JSON.parse(stdout) as CureDocument;
}

const commandLine: Path = {
  name: "the command line",
  score: async (file, _, args) => {
    const { trials, baseline } = await cure(file, args, "1");
    return trials.find(({ name }) => name === baseline)!.metrics;
  },
};

/** The page takes a file and its target alone: no other split, no choices for columns. Its network may be another. */
const page: Path = {
  name: "the page",
  score: async (file, options) => {
    const task = await tableTask({ name: file, contents: readFileSync(file), target: options.target }, "standardized");
    const prepared = await prepareTable(createReadStream(file), options);
    const own = ({ x, y }: LabelledRows): PreparedTable["training"] => ({ x, y: [...y] });
    return scoreOf({ ...prepared, training: own(task.train), heldOut: own(task.heldOut) }, 0);
  },
};

const pathsOf = (args: readonly string[]): Path[] => [commandLine, ...(args.length === 0 ? [page] : [])];

describe.each(TABLES)("%s", (name, bytes, options, args) => {
  const file = folder.write(`${name.replaceAll(" ", "-")}.csv`, bytes);
  const all: PrepareOptions = { target: "answer", ...options };

  it.each(pathsOf(args))("$name scores what the library scores", async ({ score }) => {
    expect(await score(file, all, args)).toEqual(await library.score(file, all, args));
  });

  it("the program that is written scores what its trial scored", async () => {
    const { trials, code } = await cure(file, args, "2");
    const program = folder.write("program.mjs", code.text);
    const { stdout } = await promisify(execFile)(process.execPath, [program], { cwd: folder.path });
    expect(JSON.parse(stdout.split("\n", 1)[0])).toEqual(trials[0].metrics);
  });

  it("a saved network reads later rows as the training read its own", async () => {
    const model = join(folder.path, "model.safetensors");
    const command = ["train", file, "--target", "answer", "--hidden", "8", "--epochs", "1", "--out", model, ...args];
    const trained = await relumine(...command, "--json");
    const { network } = JSON.parse(trained.stdout) as { network: { preprocessing: PreparedTable["encoding"] } };
    const prepared = await prepareTable(createReadStream(file), all);
    expect(network.preprocessing).toEqual(JSON.parse(JSON.stringify(prepared.encoding)));
    const judged = await relumine("diagnose", model, file, "--json");
    const { evaluation } = JSON.parse(judged.stdout) as { evaluation: { loss: number } };
    const rows = await encodeLabelledRows(network.preprocessing, createReadStream(file));
    const saved = await importNetwork(readFileSync(model));
    expect(saved.evaluate({ x: rows.x, y: rows.y! }).loss).toBe(evaluation.loss);
    const places = new Set(prepared.heldOutRows);
    const training = rows.rows.flatMap((row, place) => (places.has(row) ? [] : [place]));
    const { columns } = rows.x;
    const own = training.flatMap((place) => [...numbersOf(rows.x).subarray(place * columns, (place + 1) * columns)]);
    expect(new Float32Array(own)).toEqual(numbersOf(prepared.training.x));
  });
});

it("sees a difference: another seed holds other rows out", async () => {
  const file = folder.write("control.csv", TABLES[0][1]);
  const scores = await Promise.all([0, 1].map((seed) => library.score(file, { target: "answer", seed }, [])));
  expect(scores[0]).not.toEqual(scores[1]);
});
