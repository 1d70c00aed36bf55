import { gzipSync } from "node:zlib";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import * as direct from "../../src/index.js";
import { finish, Folder, PENGUINS, relumine, start } from "./run.js";

const folder = new Folder();

interface Document {
  readonly data: {
    readonly trainingRows: number;
    readonly heldOutRows: number;
    readonly task: string;
    readonly notes: readonly string[];
  };
  readonly validation: {
    readonly loss: number;
    readonly accuracy?: number;
    readonly auc?: number;
    readonly r2?: number;
    readonly meanAbsoluteError?: number;
    readonly classes?: readonly { rows: number; right: number; recall?: number; precision?: number }[];
    readonly confusion?: readonly (readonly number[])[];
  };
  readonly history: {
    readonly epochs: readonly { readonly validation: { readonly loss: number } }[];
    readonly stopped?: string;
  };
  readonly network: {
    readonly spec: { readonly inputs: number; readonly seed: number; readonly loss: unknown };
    readonly parameterCount: number;
    readonly runtime: { readonly simd: string };
    readonly preprocessing: { readonly inputs: readonly object[] };
  };
  readonly diagnosis: {
    readonly units: number;
    readonly dead: number;
    readonly layers: readonly { readonly units: readonly object[] }[];
  };
}

async function train(...args: string[]): Promise<Document> {
  const { code, stdout, stderr } = await relumine("train", ...args, "--json");
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as Document;
}

describe("--class-weights", () => {
  // One row in ten is of the second class, whose cloud lies within the first one's.
  const rows = Array.from({ length: 300 }, (_, i) => {
    const isRare = i % 10 === 0;
    const [a, b] = [Math.sin(i * 1.7), Math.cos(i * 2.3)];
    return `${isRare ? 0.5 + a / 3 : 2 * a},${isRare ? b / 3 : 2 * b},${isRare ? "rare" : "often"}`;
  });
  const table = folder.write("rare.csv", `a,b,kind\n${rows.join("\n")}\n`);
  const short = [table, "--target", "kind", "--epochs", "15", "--hidden", "16"];

  it("balanced finds more of a rare class", async () => {
    const [plain, balanced] = await Promise.all([train(...short), train(...short, "--class-weights", "balanced")]);
    const share = ({ validation }: Document) => validation.classes![1].right / validation.classes![1].rows;
    expect(share(balanced)).toBeGreaterThan(share(plain));
    expect(balanced.history.epochs[0].validation.loss).not.toBe(plain.history.epochs[0].validation.loss);
  });

  it("stays what it was in a training that goes on", async () => {
    const file = join(folder.path, "balanced.checkpoint");
    const whole = await train(...short, "--class-weights", "balanced");
    const begun = [table, "--target", "kind", "--epochs", "6", "--hidden", "16"];
    await train(...begun, "--class-weights", "balanced", "--checkpoint", file);
    const { history } = await train(table, "--resume", file, "--epochs", "15");
    const losses = ({ epochs }: Document["history"]) => epochs.map(({ validation }) => validation.loss);
    expect(losses(history)).toEqual(losses(whole.history));
  });

  it("is refused where there are no classes, or is no such thing", async () => {
    const numbers = await relumine("train", PENGUINS, "--target", "body_mass_g", "--class-weights", "balanced");
    expect([numbers.code, numbers.stdout.includes("R²")]).toEqual([1, false]);
    expect(numbers.stderr).toContain("--class-weights");
    const unknown = await relumine("train", ...short, "--class-weights", "balance");
    expect([unknown.code, unknown.stderr.includes('Did you mean "balanced"')]).toEqual([2, true]);
  });
});

describe("--label-smoothing", () => {
  const short = [PENGUINS, "--target", "species", "--epochs", "4", "--hidden", "8", "--label-smoothing", "0.2"];

  it("is in the loss, and stays in a training that goes on", async () => {
    const file = join(folder.path, "smoothed.checkpoint");
    const whole = await train(...short);
    expect(whole.network.spec.loss).toEqual({ name: "crossEntropy", from: "logits", labelSmoothing: 0.2 });
    await train(...short, "--epochs", "2", "--checkpoint", file);
    const { history } = await train(PENGUINS, "--resume", file, "--epochs", "4");
    const losses = ({ epochs }: Document["history"]) => epochs.map(({ validation }) => validation.loss);
    expect(losses(history)).toEqual(losses(whole.history));
  });

  it("is refused where there are no classes, or nothing is left of them", async () => {
    const numbers = await relumine("train", PENGUINS, "--target", "body_mass_g", "--label-smoothing", "0.1");
    expect([numbers.code, numbers.stderr.includes("--label-smoothing")]).toEqual([1, true]);
    const all = await relumine("train", ...short.slice(0, -1), "1");
    expect([all.code, all.stderr.includes("below 1")]).toEqual([2, true]);
  });
});

describe("--accumulate", () => {
  const short = [PENGUINS, "--target", "species", "--epochs", "4", "--hidden", "8", "--batch-size", "8"];

  it("makes an update of several batches, says so, and stays in a training that goes on", async () => {
    const file = join(folder.path, "accumulated.checkpoint");
    const losses = ({ history }: Document) => history.epochs.map(({ validation }) => validation.loss);
    const [plain, whole] = await Promise.all([train(...short), train(...short, "--accumulate", "4")]);
    expect(losses(whole)).not.toEqual(losses(plain));
    await train(...short, "--epochs", "2", "--accumulate", "4", "--checkpoint", file);
    expect(losses(await train(PENGUINS, "--resume", file, "--epochs", "4"))).toEqual(losses(whole));
    const { stdout } = await relumine("train", ...short, "--accumulate", "4");
    expect(stdout).toContain("batches of 8, 4 of them an update");
  });

  it("is a number of batches", async () => {
    const { code, stderr } = await relumine("train", ...short, "--accumulate", "0");
    expect([code, stderr.includes("at least 1")]).toEqual([2, true]);
  });
});

describe("train", () => {
  it("tells the penguins apart: at least 97 %", async () => {
    const { data, validation, history, network, diagnosis } = await train(PENGUINS, "--target", "species");
    expect(data).toMatchObject({ trainingRows: 275, heldOutRows: 69, task: "classification" });
    expect(validation.accuracy).toBeGreaterThanOrEqual(0.97);
    expect(validation.auc).toBeGreaterThanOrEqual(0.97);
    expect(history.epochs).toHaveLength(50);
    expect(history.epochs.at(-1)!.validation.loss).toBe(validation.loss);
    expect(network.spec.inputs).toBe(11);
    expect(network.parameterCount).toBe(11 * 64 + 64 + 64 * 32 + 32 + 32 * 3 + 3);
    expect(network.runtime.simd).toMatch(/^(strict|relaxed)$/);
    expect(network.preprocessing.inputs).toHaveLength(7);
    expect(diagnosis.layers.map(({ units }) => units.length)).toEqual([64, 32]);
    const right = validation.classes!.reduce((sum, { right: count }) => sum + count, 0);
    expect(right / 69).toBeCloseTo(validation.accuracy!, 6);
    const { classes = [], confusion = [] } = validation;
    expect(confusion.flat().reduce((sum, count) => sum + count, 0)).toBe(69);
    classes.forEach(({ rows, right: count, recall, precision }, label) => {
      const said = confusion.reduce((sum, row) => sum + row[label], 0);
      expect([count, recall, precision]).toEqual([confusion[label][label], count / rows, count / said]);
    });
  });

  it("predicts a number, with its errors in the target's own units", async () => {
    const { data, validation } = await train(PENGUINS, "--target", "body_mass_g");
    expect(data).toMatchObject({
      task: "regression",
      notes: expect.arrayContaining(["2 rows without a target are left out"]),
    });
    expect(validation.accuracy).toBeUndefined();
    expect(validation.r2).toBeGreaterThan(0.75);
    expect(validation.meanAbsoluteError).toBeGreaterThan(100);
    expect(validation.meanAbsoluteError).toBeLessThan(400); // grams; the birds weigh 2700 to 6300
  });

  it("reads digits, 20 epochs: at least 97 %", async () => {
    const { validation } = await train("digits", "--hidden", "128,128", "--epochs", "20", "--seed", "1");
    expect(validation.accuracy).toBeGreaterThanOrEqual(0.97);
  });

  it("gives the same bits for the same seed, and others for another", async () => {
    const args = [PENGUINS, "-t", "species", "--epochs", "3"];
    const [first, again, other] = await Promise.all([train(...args), train(...args), train(...args, "--seed", "7")]);
    expect(again.validation).toEqual(first.validation);
    expect(again.diagnosis).toEqual(first.diagnosis);
    expect(other.validation.loss).not.toBe(first.validation.loss);
  });

  it("reads a gzipped table whatever its name", async () => {
    const path = folder.write("penguins", gzipSync(readFileSync(PENGUINS)));
    const args = ["-t", "species", "--epochs", "2"];
    const [packed, plain] = await Promise.all([train(path, ...args), train(PENGUINS, ...args)]);
    expect(packed.validation).toEqual(plain.validation);
  });

  it("does as the options say", async () => {
    const { network, history, diagnosis } = await train(
      PENGUINS,
      "-t",
      "species",
      "--hidden",
      "8",
      "--activation",
      "tanh",
      "--bias",
      "0.5",
      "--optimizer",
      "sgd",
      "--learning-rate",
      "0.05",
      "--epochs",
      "2",
      "--ignore",
      "island,year",
      "--validation",
      "0.5",
    );
    expect(network.spec).toMatchObject({
      inputs: 4 + 3,
      layers: [{ units: 8, activation: { name: "tanh" }, biasInitializer: 0.5 }, { units: 3 }],
    });
    expect(history.epochs).toMatchObject([{ learningRate: 0.05 }, {}]);
    expect(diagnosis.units).toBe(8);
  });

  it("keeps stdout for the document, and prints no colour into a pipe", async () => {
    const { stdout, stderr } = await relumine("train", PENGUINS, "--target", "species", "--epochs", "3");
    expect(stdout).toMatch(/penguins.csv: 275 training rows, 69 held out/);
    expect(stdout).toMatch(/sex: 11 missing, a category of their own/);
    expect(stdout).toMatch(/held out: accuracy \d+\.\d %, AUC [01]\.\d{3}, loss/);
    expect(stdout).toMatch(/of 96 hidden units dead/);
    expect(stderr).toMatch(/^(epoch \d of 3: loss .*\n){3}$/);
    expect(stdout + stderr).not.toContain("\x1b");
  });

  it("tells who died, when and of what, and shows it: as many as the diagnosis finds dead", async () => {
    const short = ["--epochs", "3", "--hidden", "32,16", "--optimizer", "sgd", "--learning-rate", "4"];
    const args = ["train", PENGUINS, "--target", "species", ...short];
    const [{ stdout }, { stdout: json }] = await Promise.all([relumine(...args), relumine(...args, "--json")]);
    const { deaths, diagnosis, activity } = JSON.parse(json) as Document & {
      deaths: readonly { layer: number; unit: number; cause: string }[];
      activity: { frames: readonly { layers: readonly number[][] }[] };
    };
    expect(deaths.length).toBeGreaterThan(3);
    expect(deaths.length).toBe(diagnosis.dead);
    for (const { layer, unit } of deaths) expect(activity.frames.at(-1)!.layers[layer][unit]).toBe(0);
    expect(stdout).toMatch(new RegExp(`\n${deaths.length} hidden units died`));
    expect(stdout).toMatch(
      /\n {2}learningRate +\d+ {2}the plain gradient step (closed it|took most of its rows, or all)\n/,
    );
    expect(stdout).toMatch(
      /layer 0: 32 units, 2 a line; \d+ silent at the end\n( {2}[ ░▒▓█·]{16}\n){16}layer 1: 16 units, one a line/,
    );
    const told = stdout.slice(stdout.indexOf("\n")); // the first line has the table's path
    expect(Math.max(...told.split("\n").map(({ length }) => length))).toBeLessThanOrEqual(80);
  });

  it("stops at Ctrl-C and reports what it has, with exit code 1", async () => {
    const child = start(["train", PENGUINS, "--target", "species", "--epochs", "20000", "--json"]);
    let wasSent = false;
    child.stderr!.on("data", (chunk: Buffer) => {
      if (!wasSent && String(chunk).includes("epoch 1000 of 20000")) wasSent = child.kill("SIGINT");
    });
    const { code, stdout } = await finish(child);
    expect(wasSent).toBe(true);
    expect(code).toBe(1);
    const { history, validation, diagnosis } = JSON.parse(stdout) as Document;
    expect(history.stopped).toBe("aborted");
    expect(history.epochs.length).toBeLessThan(20000);
    expect(Number.isFinite(validation.loss)).toBe(true);
    expect(diagnosis.units).toBe(96);
  });

  it("says so when a training diverges", async () => {
    const { code, stdout } = await relumine(
      "train",
      PENGUINS,
      "--target",
      "body_mass_g",
      "--optimizer",
      "sgd",
      "--learning-rate",
      "1000",
      "--epochs",
      "5",
    );
    expect(stdout).toContain("The training diverged");
    expect(stdout).toMatch(/\n(It has learned nothing|On held-out rows it is worse than a constant|It is worse than)/);
    expect(stdout).toContain("\ndivergence\n");
    expect(code).toBe(1);
  });

  it("saves the better weights of a training that diverged", async () => {
    const file = join(folder.path, "diverged.safetensors");
    const args = ["--target", "body_mass_g", "--optimizer", "sgd", "--learning-rate", "1000", "--epochs", "5"];
    const { stdout } = await relumine("train", PENGUINS, ...args, "--out", file, "--json");
    const { history } = JSON.parse(stdout) as { history: { diverged: direct.DivergedFit } };
    expect(history.diverged).toMatchObject({ epoch: 1, goOnFrom: "epochStart", epochStart: { epoch: 1, step: 0 } });
    using saved = await direct.importNetwork(readFileSync(file));
    using begun = await direct.createNetwork(saved.spec);
    const weights = (network: direct.Network) => network.layers.map((layer) => layer.getWeights());
    expect(weights(saved)).toEqual(weights(begun)); // as it began, not what exploded
  });
});
