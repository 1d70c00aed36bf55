// `relumine rates`: a learning rate to begin with, and which ones kill; as a text, a document, a page and a picture.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { finish, Folder, PENGUINS, relumine, start } from "./run.js";
import { markupFault, OUTSIDE } from "../support/markup.js";
import type { LearningRateTest, NetworkSpec } from "../../src/index.js";

const folder = new Folder();
const place = (name: string) => join(folder.path, name);
const TABLE = ["rates", PENGUINS, "--target", "species"];

interface Document {
  network: { spec: NetworkSpec };
  rates: LearningRateTest;
}

async function document(...args: readonly string[]): Promise<Document> {
  const { code, stdout, stderr } = await relumine(...args, "--json");
  expect([code, stderr.match(/error.*/i)?.[0]]).toEqual([0, undefined]);
  return JSON.parse(stdout) as Document;
}

describe("a range test", () => {
  test("is told for a terminal of 80 columns, as a page and as a picture that load nothing", async () => {
    const files = ["--html", place("rates.html"), "--svg", place("rates.svg")];
    const { code, stdout, stderr } = await relumine("rates", "digits", "--steps", "60", ...files);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^Range test: \d+ updates, each at a higher rate/m);
    expect(stdout).toMatch(/begin here/);
    const told = stdout.slice(stdout.indexOf("Range test"), stdout.indexOf("\nPicture"));
    expect(Math.max(...told.split("\n").map(({ length }) => length))).toBeLessThanOrEqual(80);
    const [page, picture] = ["rates.html", "rates.svg"].map((name) => readFileSync(place(name), "utf8"));
    for (const text of [page, picture.replace(/xmlns="[^"]+"/, "")]) {
      expect(markupFault(text)).toBeUndefined();
      expect(text.match(OUTSIDE)).toBeNull();
      expect(text).toContain("units die");
      expect(text).toContain("begin here");
    }
    expect(page).toContain("Dead units by learning rate");
  });

  test("is what the library says, the same for the same seed", async () => {
    const args = [...TABLE, "--optimizer", "sgd", "--hidden", "16", "--steps", "80"];
    const { rates } = await document(...args);
    expect(rates.points[0][0]).toBe(1e-5); // a thousandth of the optimizer's
    expect(rates.rate).toBeGreaterThan(0.001);
    expect([rates.units, rates.born]).toEqual([16, 0]);
    expect(rates.sentences.length).toBeGreaterThan(1);
    expect((await document(...args)).rates).toEqual(rates);
    expect((await document(...args, "--seed", "1")).rates.points).not.toEqual(rates.points);
    const narrow = await document(...args, "--low", "0.01", "--high", "0.1", "--batch-size", "64");
    expect([narrow.rates.points[0][0], narrow.rates.points.at(-1)![0]]).toEqual([0.01, expect.closeTo(0.1, 9)]);
    expect(narrow.rates.points).toHaveLength(80);
  });

  test("is of layers as they are told", async () => {
    const { network, rates } = await document(...TABLE, "--hidden", "8,8", "--steps", "20", "--normalization", "batch");
    expect(network.spec.layers.map(({ normalization }) => normalization)).toMatchObject([
      { kind: "batch" },
      { kind: "batch" },
      undefined,
    ]);
    const plain = await document(...TABLE, "--hidden", "8,8", "--steps", "20");
    expect(plain.rates.points).not.toEqual(rates.points);
  });
});

describe("--model", () => {
  test("begins with the weights of a network that was saved, and refuses options that build one", async () => {
    const model = place("trained.safetensors");
    const train = ["train", PENGUINS, "--target", "species", "--hidden", "16", "--epochs", "30", "--out", model];
    expect((await relumine(...train)).code).toBe(0);
    const bytes = readFileSync(model);
    const { network, rates } = await document("rates", PENGUINS, "--model", model, "--steps", "40");
    expect(network.spec.layers.map(({ units }) => units)).toEqual([16, 3]);
    expect(rates.points[0][1]).toBeLessThan(0.5); // a network anew begins at log 3 = 1.1
    expect(readFileSync(model)).toEqual(bytes);
    const refused = async (...args: readonly string[]) => {
      const { code, stderr } = await relumine("rates", PENGUINS, "--model", model, ...args);
      return [code, stderr.replaceAll(/\s+/g, " ")];
    };
    for (const [flag, ...value] of [
      ["--hidden", "8"],
      ["--dropout", "0.1"],
      ["--label-smoothing", "0.1"],
    ])
      expect(await refused(flag, ...value)).toEqual([
        1,
        expect.stringContaining(`${flag} to be left out where --model`),
      ]);
    expect(await refused("--seed", "3")).toEqual([1, expect.stringContaining("--model to be a network of this table")]);
    expect(await refused("--svg", model)).toEqual([
      1,
      expect.stringContaining("--model to be another file than --svg"),
    ]);
    expect(readFileSync(model)).toEqual(bytes);
  });
});

describe("what is wrong is said", () => {
  test.each<[string[], number, RegExp]>([
    [["--steps", "19"], 2, /--steps.*at least 20|from 20/s],
    [["--low", "0"], 2, /--low/],
    [["--low", "1", "--high", "0.1"], 1, /high to be above low/],
    [["--epochs", "3"], 2, /unknown option '--epochs'/],
    [["--svg", PENGUINS], 1, /--svg.*the table itself/s],
    [["--label-smoothing", "0.1", "--target", "body_mass_g"], 1, /--label-smoothing/],
  ])("%j", async (args, exit, message) => {
    const { code, stdout, stderr } = await relumine(...TABLE, ...args);
    expect([code, stdout.includes("Range test")]).toEqual([exit, false]);
    expect(stderr).toMatch(message);
  });

  test("a picture and a page of one name", async () => {
    const file = place("one.html");
    const { code, stderr } = await relumine(...TABLE, "--svg", file, "--html", file);
    expect([code, existsSync(file)]).toEqual([1, false]);
    expect(stderr).toMatch(/to be another file than/);
  });
});

test("Ctrl-C ends it with what was seen so far", async () => {
  const child = start(["rates", "digits", "--steps", "1000000"]);
  child.stdout!.once("data", () => setTimeout(() => child.kill("SIGINT"), 2000));
  const { code, stdout } = await finish(child);
  expect(code).toBe(1);
  const updates = /^Range test: ([\d,]+) updates/m.exec(stdout)?.[1] ?? "";
  expect(Number(updates.replaceAll(",", ""))).toBeGreaterThan(0);
  expect(Number(updates.replaceAll(",", ""))).toBeLessThan(1_000_000);
});
