// Help, versions and bad usage: nothing is trained here.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { finish, PENGUINS, relumine, start } from "./run.js";

const version = (
  JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as { version: string }
).version;

/** A preloaded module that takes WebAssembly away. */
const WITHOUT_WASM = ["--import", "data:text/javascript,delete globalThis.WebAssembly"];

describe("help", () => {
  it.each([
    [["--help"], "relumine checkup digits"],
    [["train", "--help"], "relumine train X.npy y.npy"],
    [["checkup", "--help"], "--repeats 5"],
    [["diagnose", "--help"], "digits.safetensors digits"],
    [["treat", "--help"], "--remedy liftBias --out treated.onnx"],
    [["convert", "--help"], "relumine convert model.keras model.onnx"],
    [["prove", "--help"], "digits.safetensors digits --seconds 300 --proof digits.json"],
    [["forecast", "--help"], "relumine forecast digits"],
    [["rates", "--help"], "relumine rates digits --optimizer sgd --html rates.html"],
    [["sweep", "--help"], "relumine sweep plan.json digits --journal runs-2.jsonl --shard 2/8"],
    [["crossvalidate", "--help"], "--folds 10 --repeats 3"],
    [["textbook", "--help"], "relumine textbook --html"],
    [["help", "train"], "--target species"],
    [["train", "--help"], "relumine train X.npy Y.npy --loss crossEntropy"],
  ])("%j shows examples", async (args, example) => {
    const { code, stdout, stderr } = await relumine(...args);
    expect(stdout).toContain("Usage: relumine");
    expect(stdout.slice(stdout.indexOf("Examples:"))).toContain(example);
    expect(Math.max(...stdout.split("\n").map(({ length }) => length))).toBeLessThanOrEqual(80);
    expect([code, stderr]).toEqual([0, ""]);
  });

  it("gives the version", async () =>
    expect(await relumine("--version")).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" }));

  it.each([
    [["--help"]],
    [["train", "--help"]],
    [["train", PENGUINS, "--epochs", "0"]],
    [["train", PENGUINS, "--target", "spices"]],
  ])("%j does without WebAssembly", async (args) => {
    const [without, usual] = await Promise.all([finish(start(args, WITHOUT_WASM)), relumine(...args)]);
    expect(without).toEqual(usual);
  });

  it("and training does not: the control", async () => {
    const { code, stderr } = await finish(start(["train", PENGUINS, "--target", "species"], WITHOUT_WASM));
    expect(code).toBe(1);
    expect(stderr).toContain("WebAssembly");
  });
});

describe("bad usage has exit code 2 and no stack", () => {
  it.each<[string[], RegExp]>([
    [[], /Usage: relumine/],
    [["trian"], /unknown command 'trian'\n\(Did you mean train\?\)/],
    [["train"], /missing required argument 'table'/],
    [["train", "a.npy", "b.npy", "c.npy"], /too many arguments/],
    [["sweep", "plan.json", "digits", "--shard", "0/8"], /It has to be such as "2\/8"/],
    [["sweep", "plan.json", "digits", "--shard", "9/8"], /It has to be such as "2\/8"/],
    [["sweep", "plan.json", "digits", "--threads", "0"], /'0' is invalid/],
    [["train", "digits", "--epoch", "3"], /unknown option '--epoch'\n\(Did you mean --epochs\?\)/],
    [["train", "digits", "--epochs"], /argument missing/],
    [["train", "digits", "--epochs", "0"], /argument '0' is invalid. It has to be an integer of at least 1/],
    [["train", "digits", "--epochs", "1.5"], /argument '1.5' is invalid. It has to be an integer/],
    [["train", "digits", "--epochs", "ten"], /argument 'ten' is invalid. It has to be an integer/],
    [["train", "digits", "--epochs", "0x10"], /'0x10' is invalid/],
    [["train", "digits", "--batch-size", "-4"], /'-4' is invalid. It has to be an integer of at least 1/],
    [["train", "digits", "--hidden", "64,,32"], /'64,,32' is invalid. It has to be an integer of at least 1/],
    [["train", "digits", "--hidden", "64,1e9"], /It has to be an integer of at least 1 and at most 1048576/],
    [["train", "digits", "--learning-rate", "-1"], /'-1' is invalid. It has to be a finite number above 0/],
    [["train", "digits", "--learning-rate", "Infinity"], /It has to be a finite number/],
    [["train", "digits", "--bias", "1e400"], /It has to be a finite number/],
    [["train", "digits", "--validation", "1"], /It has to be a finite number of at least 0 and below 1/],
    [["train", "digits", "--seed", "-1"], /It has to be an integer of at least 0/],
    [
      ["train", "digits", "--optimizer", "adamm"],
      /It has to be one of sgd, adam, adamW, nadam, adamax, rmsprop, adagrad, lion. Did you mean "adam"\?/,
    ],
    [["train", "digits", "--activation", "rellu"], /Did you mean "relu"\?/],
    [
      ["train", "digits", "--task", "clasification"],
      /It has to be one of classification, regression. Did you mean "classification"\?/,
    ],
    [["train", "digits", "--out"], /argument missing/],
    [["diagnose", "model.safetensors"], /missing required argument 'data'/],
    [
      ["diagnose", "model.safetensors", "digits", "--tarket", "digit"],
      /unknown option '--tarket'\n\(Did you mean --target/,
    ],
    [["checkup", "digits", "--repeats", "0"], /It has to be an integer of at least 1/],
  ])("%j", async (args, message) => {
    const { code, stdout, stderr } = await relumine(...args);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect([code, stdout]).toEqual([2, ""]);
  });
});
