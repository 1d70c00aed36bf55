// `relumine cure` as its users run it: a process of its own; the programs that it writes run too.
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import { finish, Folder, PENGUINS, relumine, start } from "./run.js";

const folder = new Folder();
mkdirSync(join(folder.path, "node_modules"));
symlinkSync(fileURLToPath(new URL("../../", import.meta.url)), join(folder.path, "node_modules", "relumine"));

interface Trial {
  readonly name: string;
  readonly metrics: { readonly loss: number; readonly accuracy?: number };
  readonly deadFraction: number;
  readonly spec: { readonly layers: readonly { readonly biasInitializer: number }[] };
  readonly fit: {
    readonly epochs: number;
    readonly optimizer: { readonly name: string; readonly options: { readonly learningRate: number } };
  };
}
interface Document {
  readonly baseline: string;
  readonly best: string;
  readonly reason: string;
  readonly stopped?: string;
  readonly journal?: { readonly resumed: number };
  readonly trials: readonly Trial[];
  readonly data: { readonly heldOutRows: number };
  readonly code?: { readonly text?: string; readonly file?: string };
}

const SHORT = [PENGUINS, "-t", "species", "--epochs", "8", "--hidden", "16", "--threads", "1"];

async function cure(...args: readonly string[]): Promise<Document> {
  const { code, stdout, stderr } = await relumine("cure", ...args, "--json");
  expect(stderr).not.toMatch(/^error|\n\s+at /m);
  expect(code).toBe(0);
  return JSON.parse(stdout) as Document;
}

/** Runs a program in the folder; its first line of output. */
async function run(program: string, ...args: readonly string[]): Promise<Trial["metrics"]> {
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...args], { cwd: folder.path });
  expect(stdout).toContain("hidden units dead");
  return JSON.parse(stdout.split("\n", 1)[0]) as Trial["metrics"];
}

describe("relumine cure", () => {
  it("finds a negative bias, lifts it, and says so within 80 columns", async () => {
    const { code, stdout, stderr } = await relumine("cure", ...SHORT, "--bias", "-3");
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /Take "(bias|calibrated)[^]*behind\s+a\s+negative\s+starting\s+bias: a higher bias comes first/,
    );
    expect(stderr).toMatch(
      /^baseline: accuracy \d+\.\d %, \d+\.\d % of the units dead, after 8 epochs\nbias 0.1: accuracy /,
    );
    const own = stdout.split("\n").slice(1); // the first names the file
    expect(Math.max(...own.map(({ length }) => length))).toBeLessThanOrEqual(80);
    expect(stdout + stderr).not.toContain("\x1b");
  });

  it("prints one document, the same with workers and without", async () => {
    const args = [
      PENGUINS,
      "-t",
      "species",
      "--epochs",
      "8",
      "--hidden",
      "16",
      "--optimizer",
      "sgd",
      "--learning-rate",
      "3",
      "--repeats",
      "2",
    ];
    const [one, two] = [await cure(...args, "--threads", "1"), await cure(...args, "--threads", "2")];
    const withoutTime = ({ trials }: Document) =>
      JSON.stringify(trials, (key, value: unknown) => (key === "seconds" ? undefined : value));
    expect(withoutTime(two)).toBe(withoutTime(one));
    expect(one.trials[0].name).toBe(one.best);
    expect(one.trials.map(({ name }) => name)).toContain(one.baseline);
    const lower = one.trials.find(({ name }) => name === "rate ÷ 10")!;
    expect(lower.fit).toMatchObject({ epochs: 8, optimizer: { name: "sgd", options: { learningRate: 0.3 } } });
    expect(one.data.heldOutRows).toBe(69);
  });

  it("does as --trials and --repeats say", async () => {
    const { trials } = await cure(...SHORT, "--bias", "-3", "--trials", "2", "--repeats", "1");
    expect(trials.map(({ name }) => name).sort()).toEqual(["baseline", "bias 0", "bias 0.1"]);
  });

  it("stops at Ctrl-C and ranks what it has, with exit code 1", async () => {
    const child = start(["cure", PENGUINS, "-t", "species", "--epochs", "3000", "--threads", "2", "--json"]);
    let wasSent = false;
    child.stderr!.on("data", (chunk: Buffer) => {
      if (!wasSent && String(chunk).includes("baseline: ")) wasSent = child.kill("SIGINT");
    });
    const { code, stdout } = await finish(child);
    expect(wasSent).toBe(true);
    expect(code).toBe(1);
    const { trials, stopped } = JSON.parse(stdout) as Document;
    expect(stopped).toBe("aborted");
    expect(trials[0].name).toBe("baseline");
  });

  it("goes on after kill -9 where it was, to the same results", async () => {
    const journal = join(folder.path, "cure.jsonl");
    const args = [PENGUINS, "-t", "species", "--epochs", "60", "--bias", "-3", "--repeats", "2", "--trials", "8"];
    const whole = await cure(...args);
    const child = start(["cure", ...args, "--threads", "2", "--journal", journal]);
    child.stderr!.on("data", (chunk: Buffer) => String(chunk).includes("bias 0: ") && child.kill("SIGKILL"));
    expect((await finish(child)).code).toBe(null);
    const kept = readFileSync(journal, "utf8").split("\n").length - 1;
    expect(kept).toBeGreaterThan(0);
    const again = await cure(...args, "--workers", "1", "--journal", journal);
    expect(again.journal!.resumed).toBeGreaterThanOrEqual(kept);
    const plain = ({ journal: _, ...document }: Document) =>
      JSON.stringify(document, (key, value: unknown) => (key === "seconds" ? undefined : value));
    expect(plain(again)).toBe(plain(whole));
    const repeated = await cure(...args, "--journal", journal); // nothing is left to train
    expect(plain(repeated)).toBe(plain(whole));
    expect(readFileSync(journal, "utf8").split("\n").length - 1).toBe(repeated.journal!.resumed);
  });

  it.each([
    [["cure"], /missing required argument/],
    [["cure", "digits", "--trials", "0"], /--trials.*It has to be an integer of at least 1/],
    [["cure", "digits", "--threads", "none"], /--threads/],
    [["cure", "digits", "--optimizer", "sdg"], /Did you mean "sgd"/],
  ])("refuses %j as bad usage", async (args, words) => {
    const { code, stdout, stderr } = await relumine(...args);
    expect(code).toBe(2);
    expect(stderr).toMatch(words);
    expect(stdout).toBe("");
  });
});

describe("relumine cure --code", () => {
  it.each([
    ["classes, with a bias", [PENGUINS, "-t", "species", "--bias", "-3"]],
    ["numbers, with a lower rate", [PENGUINS, "-t", "body_mass_g", "--optimizer", "sgd", "--learning-rate", "0.6"]],
    ["the embedded digits", ["digits", "--bias", "-3", "--batch-size", "64"]],
    ["balanced classes", [PENGUINS, "-t", "species", "--bias", "-3", "--class-weights", "balanced"]],
  ])("writes a program that gives the best trial's metrics to the bit: %s", async (what, args) => {
    const file = join(folder.path, `${what.replaceAll(/\W/g, "-")}.mjs`);
    const { trials, baseline, best, code } = await cure(
      ...args,
      "--epochs",
      "6",
      "--hidden",
      "24",
      "--repeats",
      "1",
      "--reproducible",
      "--code",
      file,
    );
    expect(code).toEqual({ file });
    expect(best).not.toBe(baseline);
    expect(await run(file)).toEqual(trials[0].metrics);
  });

  it("reads another table, with quotes, gaps, empty lines and CRLF, in the way of the first", async () => {
    const rows = Array.from(
      { length: 60 },
      (_, i) => `${i % 7 === 0 ? "NA" : i / 4},"a ""${i % 3}"", ${i % 2}",${i % 2 === 0 ? "yes" : "no"}`,
    );
    const text = `size,"the, kind",answer\n${rows.join("\n")}\n`;
    const table = folder.write("quoted.csv", text);
    const crlf = folder.write("crlf.csv", `\ufeff${text.replaceAll("\n", "\r\n")}\r\n\r\n`);
    const { trials, code } = await cure(
      table,
      "-t",
      "answer",
      "--epochs",
      "3",
      "--hidden",
      "8",
      "--trials",
      "1",
      "--repeats",
      "1",
      "--reproducible",
      "--code",
    );
    const program = folder.write("quoted.mjs", code!.text!);
    expect(await run(program, table)).toEqual(trials[0].metrics);
    expect(await run(program, crlf)).toEqual(trials[0].metrics);
  });

  it("prints the program behind the ranking where no file is named", async () => {
    const { stdout } = await relumine("cure", ...SHORT, "--trials", "1", "--repeats", "1", "--code");
    expect(stdout).toMatch(/Ranked by[^]*\nimport \{ adam, createNetwork, diagnose \} from "relumine";/);
  });

  it("writes what acts before and during the training too", async () => {
    const { writeCode } = await import("../../src/cli/cure/program-text.js");
    const { prepareNamed } = await import("../../src/cli/prepare-table.js");
    const { readTableFile } = await import("../../src/cli/read-table.js");
    const { continualBackprop, preventDeaths, recycleDormant, selfNormalizedResets, sgd } =
      await import("../../src/index.js");
    const prepared = prepareNamed(await readTableFile(PENGUINS), {
      target: "species",
      ignore: [],
      validation: 0.2,
      seed: 0,
    });
    const spec = {
      inputs: prepared.training.x.columns,
      layers: [{ units: 8 }, { units: 3 }],
      loss: "crossEntropy",
    } as const;
    const trial = {
      name: "all",
      why: "",
      spec,
      fit: { epochs: 2, batchSize: 32, optimizer: sgd({ learningRate: 0.1, momentum: 0.5 }), clipNorm: 1 },
      calibrate: { activity: 0.5 },
      callbacks: [recycleDormant({ everySteps: 20 }), continualBackprop(), selfNormalizedResets(), preventDeaths()],
      deadFraction: 0,
      metrics: { loss: 0 },
      seconds: 0,
      epochs: 2,
      repeats: 1,
    };
    const program = folder.write(
      "all.mjs",
      writeCode(trial, { source: PENGUINS, target: "species", validation: 0.2, seed: 0 }, "reproducible"),
    );
    expect((await run(program)).loss).toBeGreaterThan(0);
    const text = readFileSync(program, "utf8");
    expect(text).toContain("await calibrate(network, training.x, { activity: 0.5 });");
    expect(text).toContain(
      "callbacks: [recycleDormant({ everySteps: 20, dormantBelow: 0.025 }), " +
        "continualBackprop({ replacementRate: 0.0001, maturity: 100, decay: 0.99 }), " +
        "selfNormalizedResets({ threshold: 0.01 }), preventDeaths({ activity: 0.01 })]",
    );
  });

  it("refuses a place that can't be written before it trains, and never the table itself", async () => {
    const missing = await relumine("cure", ...SHORT, "--code", join(folder.path, "nowhere", "a.mjs"));
    expect(missing).toMatchObject({ code: 1, stdout: "" });
    expect(missing.stderr).toMatch(/--code .*no such file or folder/);
    const table = folder.write("own.csv", "a,b\n1,2\n");
    expect((await relumine("cure", table, "-t", "b", "--code", table)).stderr).toContain("the table itself");
    expect(readFileSync(table, "utf8")).toBe("a,b\n1,2\n");
    expect(existsSync(join(folder.path, "nowhere"))).toBe(false);
    expect(readdirSync(folder.path).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });
});

describe("relumine cure --model", () => {
  const TRAINED = [PENGUINS, "-t", "species", "--epochs", "6"];
  const model = join(folder.path, "sick.safetensors");
  const going = ["cure", PENGUINS, "--model", model, "--epochs", "4", "--repeats", "1", "--threads", "1"];

  beforeAll(async () => {
    const { code } = await relumine("train", ...TRAINED, "--hidden", "16", "--bias", "-1", "--out", model);
    expect(code).toBe(0);
  });

  it("goes on with its weights, and the program that it writes gives the best trial's metrics to the bit", async () => {
    const file = join(folder.path, "going-on.mjs");
    const { trials, baseline, data } = await cure(...going.slice(1), "--trials", "2", "--reproducible", "--code", file);
    expect(data.heldOutRows).toBe(69); // as many, and the same, as in its training
    expect(readFileSync(file, "utf8")).toContain("importNetwork(await readFile(");
    expect(await run(file)).toEqual(trials[0].metrics);
    const anew = await cure(...SHORT, "--bias", "-1", "--epochs", "4", "--trials", "1", "--repeats", "1");
    const lossOf = (document: Document) => document.trials.find(({ name }) => name === baseline)!.metrics.loss;
    expect(trials.find(({ name }) => name === baseline)!.metrics.loss).toBeLessThan(lossOf(anew));
  });

  it.each([
    ["another split", ["--seed", "3"], /--model to be a network of this table.*Give the table and the --target/],
    ["other columns", ["--ignore", "sex"], /--model to be a network of this table/],
    ["another target", ["--target", "island"], /--model to be a network of this table/],
    ["a shape besides", ["--hidden", "8"], /--hidden to be left out where --model names a network/],
  ])("refuses %s, with exit code 1 and nothing trained", async (_, args, words) => {
    const { code, stdout, stderr } = await relumine(...going, ...args, "--json");
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(words);
    expect(stderr).not.toContain("baseline");
  });
});
