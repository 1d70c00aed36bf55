// What layers are told on the command line: --normalization, --dropout, --l1, --l2, --max-norm, --no-bias, --residual.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Folder, PENGUINS, relumine } from "./run.js";
import type { NetworkSpec } from "../../src/index.js";

const folder = new Folder();
const TABLE = [PENGUINS, "--target", "species", "--hidden", "8,8"];
const TOLD = [
  "--normalization",
  "layer",
  "--dropout",
  "0.1",
  "--l2",
  "0.001",
  "--max-norm",
  "3",
  "--no-bias",
  "--residual",
];
const REGULARIZER = { l1: 0, l2: 0.001 };
const HIDDEN = {
  useBias: false,
  normalization: { kind: "layer" },
  dropout: 0.1,
  kernelRegularizer: REGULARIZER,
  maxNorm: 3,
};

async function specOf(command: string, ...args: readonly string[]): Promise<NetworkSpec> {
  const { code, stdout, stderr } = await relumine(command, ...TABLE, ...args, "--json");
  expect([code, stderr.match(/error.*/)?.[0]]).toEqual([0, undefined]);
  const { network, spec } = JSON.parse(stdout) as { network?: { spec: NetworkSpec }; spec?: NetworkSpec };
  return (network?.spec ?? spec)!;
}

describe("layers are as they are told", () => {
  it("to train", async () => {
    const { layers } = await specOf("train", "--epochs", "2", ...TOLD);
    expect(layers[0]).toMatchObject(HIDDEN);
    expect(layers[0].residual).toBeUndefined();
    expect(layers[1]).toMatchObject({ ...HIDDEN, residual: true });
    const [, , output] = layers;
    expect(output).toMatchObject({ units: 3, kernelRegularizer: REGULARIZER });
    expect([output.useBias, output.normalization, output.dropout, output.maxNorm]).toEqual(Array(4).fill(undefined));
  });

  it("and nothing more than before where they are told nothing", async () => {
    const { layers } = await specOf("train", "--epochs", "1");
    const names = ["activation", "biasInitializer", "kernelInitializer", "units"];
    expect(layers.map((layer) => Object.keys(layer).sort())).toEqual([names, names, names]);
  });

  it("to cross-validate, and to forecast", async () => {
    const crossed = await specOf("crossvalidate", "--epochs", "1", "--folds", "2", "--normalization", "batch");
    expect(crossed.layers.map(({ normalization }) => normalization)).toEqual(["batch", "batch", undefined]);
    const forecast = await specOf("forecast", "--no-bias");
    expect(forecast.layers.map(({ useBias }) => useBias)).toEqual([false, false, undefined]);
  });
});

it("a training that goes on has them as it was begun", async () => {
  const file = join(folder.path, "told.training");
  const args = ["--epochs", "2", ...TOLD];
  await specOf("train", ...args, "--checkpoint", file);
  const { layers } = await specOf("train", "--resume", file, "--epochs", "3");
  expect(layers[1]).toMatchObject({ ...HIDDEN, residual: true });
  const { code, stderr } = await relumine("train", ...TABLE, "--resume", file, "--epochs", "4", "--dropout", "0.2");
  expect([code, stderr.match(/--dropout to be 0\.1/)?.[0]]).toEqual([1, "--dropout to be 0.1"]);
  const whole = await relumine("train", ...TABLE, ...TOLD, "--epochs", "3", "--json");
  const again = await relumine("train", ...TABLE, "--resume", file, "--epochs", "3", "--json");
  const loss = ({ stdout }: { stdout: string }) => (JSON.parse(stdout) as { validation: object }).validation;
  expect(loss(again)).toEqual(loss(whole));
});

it("a program that cure writes says them", async () => {
  const program = join(folder.path, "best.mjs");
  const args = ["--epochs", "2", "--trials", "1", "--repeats", "1", "--normalization", "batch", "--dropout", "0.1"];
  const { code } = await relumine("cure", ...TABLE, ...args, "--code", program);
  expect(code).toBe(0);
  expect(readFileSync(program, "utf8")).toMatch(/normalization: \{ kind: "batch"[^}]*\}.*dropout: 0\.1/s);
});

describe("what is wrong is said", () => {
  it.each<[string[], RegExp, number]>([
    [["--normalization", "group"], /It has to be one of batch, layer/, 2],
    [["--dropout", "1"], /It has to be a finite number of at least 0 and below 1/, 2],
    [["--max-norm", "0"], /It has to be a finite number above 0/, 2],
    [["--l2", "-1"], /It has to be a finite number of at least 0/, 2],
    [["--residual", "--hidden", "8,4"], /--residual to be for two hidden layers or more of as many units, got 8,4/, 2],
    [["--residual", "--hidden", "8"], /--residual .* got one layer/, 2],
    [["--no-bias", "--bias", "1"], /--no-bias to be told without --bias, got both/, 2],
    [["--bias", "1", "--no-bias"], /--no-bias to be told without --bias, got both/, 2],
  ])("%j", async (args, message, code) => {
    const finished = await relumine("train", ...TABLE, ...args);
    expect(finished.code).toBe(code);
    expect(finished.stderr).toMatch(message);
  });
});

it("a schedule is kept to by crossvalidate and by map", async () => {
  const figures = async (...args: readonly string[]) => {
    const { code, stdout, stderr } = await relumine(...args, "--epochs", "3", "--threads", "1", "--json");
    expect([code, stderr.match(/error.*/i)?.[0]]).toEqual([0, undefined]);
    const { folds, cells } = JSON.parse(stdout) as { folds?: { loss: number }[]; cells?: { score: number }[] };
    return folds?.map(({ loss }) => loss) ?? cells;
  };
  const schedule = ["--schedule", "cosine", "--learning-rate", "0.01"];
  const folds = ["crossvalidate", ...TABLE, "--folds", "2"];
  expect(await figures(...folds, ...schedule)).not.toEqual(await figures(...folds, "--learning-rate", "0.01"));
  const map = ["map", ...TABLE, "--x", "bias=-1,1", "--repeats", "1"];
  expect(await figures(...map, ...schedule)).not.toEqual(await figures(...map, "--learning-rate", "0.01"));
});

it("what regularizers cost is told beside the loss, where there is one", async () => {
  const train = (...more: readonly string[]) => relumine("train", ...TABLE, "--epochs", "2", ...more);
  const table = /^ *epoch +loss +accuracy +(penalty +)?held-out loss/m;
  const { stdout, stderr } = await train("--l2", "0.001");
  expect(table.exec(stdout)?.[1]).toMatch(/^penalty/);
  expect(stderr).toMatch(/^epoch 2 of 2: loss [\d.]+, penalty [\d.]+, held-out loss/m);
  const plain = await train();
  expect(table.exec(plain.stdout)?.slice(0, 2)).toEqual([expect.any(String), undefined]);
  expect(plain.stderr).toMatch(/^epoch 2 of 2: loss [\d.]+, held-out loss/m);
});
