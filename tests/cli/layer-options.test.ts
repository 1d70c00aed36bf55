// What layers are told on the command line: --normalization, --no-bias.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Folder, PENGUINS, relumine } from "./run.js";
import type { NetworkSpec } from "../../src/index.js";

const folder = new Folder();
const TABLE = [PENGUINS, "--target", "species", "--hidden", "8,8"];
const TOLD = ["--normalization", "layer", "--no-bias"];
const HIDDEN = { useBias: false, normalization: { kind: "layer" } };

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
    expect(layers[1]).toMatchObject(HIDDEN);
    expect([layers[2].useBias, layers[2].normalization]).toEqual([undefined, undefined]);
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
  expect(layers[1]).toMatchObject(HIDDEN);
  const { code, stderr } = await relumine(
    "train",
    ...TABLE,
    "--resume",
    file,
    "--epochs",
    "4",
    "--normalization",
    "batch",
  );
  expect([code, stderr.match(/--normalization to be layer/)?.[0]]).toEqual([1, "--normalization to be layer"]);
  const whole = await relumine("train", ...TABLE, ...TOLD, "--epochs", "3", "--json");
  const again = await relumine("train", ...TABLE, "--resume", file, "--epochs", "3", "--json");
  const loss = ({ stdout }: { stdout: string }) => (JSON.parse(stdout) as { validation: object }).validation;
  expect(loss(again)).toEqual(loss(whole));
});

it("a program that cure writes says them", async () => {
  const program = join(folder.path, "best.mjs");
  const args = ["--epochs", "2", "--trials", "1", "--repeats", "1", "--normalization", "batch"];
  const { code } = await relumine("cure", ...TABLE, ...args, "--code", program);
  expect(code).toBe(0);
  expect(readFileSync(program, "utf8")).toMatch(/normalization: \{ kind: "batch"/);
});

it("what is wrong is said", async () => {
  const { code, stderr } = await relumine("train", ...TABLE, "--normalization", "group");
  expect(code).toBe(2);
  expect(stderr).toMatch(/It has to be one of batch, layer/);
});
