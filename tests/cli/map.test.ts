// `relumine map`: where the units of a table's networks die; as a text, a document, a page and a picture.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { finish, Folder, PENGUINS, relumine, start } from "./run.js";
import { markupFault, OUTSIDE } from "../support/markup.js";

const folder = new Folder();
const place = (name: string) => join(folder.path, name);
const table = ["map", PENGUINS, "--target", "species", "--hidden", "8", "--epochs", "3"];
const small = [...table, "--x", "learningRate=0.01..30", "--y", "bias=-4..1:3", "--cells", "5", "--repeats", "2"];

interface Document {
  x: { name: string; values: number[]; own: number };
  y?: { values: number[] };
  cells: { x: number; y?: number; dead: number; score: number; seeds: number }[];
  walls: { level: number; lines: { x: number; y: number }[][] }[];
  sentences: string[];
  forecast?: { meanError: number };
  seconds: number;
  hosts: string[];
}

async function document(...args: readonly string[]): Promise<Document> {
  const { code, stdout, stderr } = await relumine(...args, "--json");
  expect([code, stderr.match(/error.*/)?.[0]]).toEqual([0, undefined]);
  return JSON.parse(stdout) as Document;
}
const plain = ({ seconds: _seconds, hosts: _hosts, ...rest }: Document) => rest;

describe("a map", () => {
  test("is the same document on any number of threads, and from a journal", async () => {
    const whole = await document(...small);
    expect(whole.cells).toHaveLength(15);
    expect([whole.x.values[0], whole.x.values[4], whole.y!.values]).toEqual([0.01, 30, [-4, -1.5, 1]]);
    expect(whole.cells.every(({ seeds }) => seeds === 2)).toBe(true);
    expect(whole.cells[0].dead).toBeGreaterThan(whole.cells[10].dead); // bias -4 beside 1
    expect(whole.walls.map(({ level }) => level)).toEqual([0.1, 0.5]);
    const journal = ["--journal", place("runs.jsonl")];
    expect(plain(await document(...small, "--threads", "1", ...journal))).toEqual(plain(whole));
    const again = await document(...small, ...journal);
    expect(plain(again)).toEqual(plain(whole));
    expect(readFileSync(place("runs.jsonl"), "utf8").trim().split("\n")).toHaveLength(30);
    writeFileSync(place("runs.jsonl"), readFileSync(place("runs.jsonl"), "utf8").replace('"dead":', '"daed":'));
    const damaged = await relumine(...small, ...journal);
    expect(damaged.stdout).toMatch(
      /29 trainings of the journal\.\s+1 line of the journal was damaged \(1\): left out\./,
    );
  });

  test("is drawn for a terminal of 80 columns, with what it says; as a page and a picture that load nothing", async () => {
    const files = ["--html", place("map.html"), "--svg", place("map.svg")];
    const { code, stdout, stderr } = await relumine(...small, ...files, "--learning-rate", "0.1");
    expect(code).toBe(0);
    const told = stdout.slice(stdout.indexOf("\nbias"), stdout.indexOf("\nPicture"));
    expect(Math.max(...told.split("\n").map(({ length }) => length))).toBeLessThanOrEqual(80);
    expect(stdout).toMatch(/^ +-4 \|[·░▒▓█@]+\|$/m);
    expect(stdout).toContain("@ your own setting");
    expect(stdout).toMatch(/Your own setting, rate 0\.1, bias 0/);
    expect(stderr).toMatch(/16 of 30 trainings/);
    const [page, picture] = ["map.html", "map.svg"].map((name) => readFileSync(place(name), "utf8"));
    for (const text of [page, picture.replace(/xmlns="[^"]+"/, "")]) {
      expect(markupFault(text)).toBeUndefined();
      expect(text.match(OUTSIDE)).toBeNull();
    }
    expect(page).toMatch(/What killed most of the dead units/);
    expect(picture).toContain("of the units dead");
  });

  test("with one side is a line; over rates with a forecast and how well it did", async () => {
    const line = await document(...table, "--x", "learningRate=0.01..30", "--cells", "5", "--threads", "1");
    expect(line.y).toBeUndefined();
    expect(line.cells).toHaveLength(5);
    expect(line.forecast!.meanError).toBeLessThan(0.5);
    const units = await document(...table, "--x", "units=2,4,8", "--threads", "1");
    expect(units.cells.map(({ x }) => x)).toEqual([2, 4, 8]);
    expect(units.forecast).toBeUndefined();
  });

  test("without sides goes from the optimizer's own rate up, and has the setting that is marked on it", async () => {
    const few = [...table, "--cells", "2", "--repeats", "1", "--epochs", "1", "--threads", "1"];
    const sides = async (...args: string[]) => {
      const { x, y, sentences } = await document(...few, ...args);
      expect(sentences.join(" ")).not.toMatch(/outside/);
      return [x.values, y!.values];
    };
    expect(await sides()).toEqual([[0.01, 3], [-2, 1]]); // prettier-ignore
    expect(await sides("--optimizer", "adam")).toEqual([[0.001, 0.3], [-2, 1]]); // prettier-ignore
    expect(await sides("--learning-rate", "20", "--bias", "-3")).toEqual([[0.01, 20], [-3, 1]]); // prettier-ignore
  });

  test("by cause it traces deaths", async () => {
    const { code, stdout } = await relumine(
      ...table,
      "--x",
      "learningRate=0.1,30",
      "--y",
      "bias=-4,0",
      "--color",
      "cause",
      "--threads",
      "1",
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(/b born dead/);
    expect(stdout).toMatch(/\|bb+/);
  });
});

test("Ctrl-C keeps what is in", async () => {
  const child = start([...small, "--epochs", "1000", "--journal", place("cut.jsonl")]);
  await new Promise<void>((resolve) => {
    const look = setInterval(() => {
      if (!existsSync(place("cut.jsonl"))) return;
      clearInterval(look);
      resolve();
    }, 20);
  });
  child.kill("SIGINT");
  const { code, stdout } = await finish(child);
  expect(code).toBe(1);
  expect(stdout).toMatch(/Interrupted: .* the same command goes on/s);
});

test.each([
  ["a name near another", 1, ["--x", "learningrate=0.1..1"], /Did you mean "learningRate"/],
  ["one value", 1, ["--x", "units=8"], /two values or more/],
  ["the same end twice", 1, ["--x", "bias=1..1"], /two different ends/],
  ["a billion cells", 1, ["--cells", "31623", "--repeats", "1"], /1,000,014,129 cells/],
  ["more cells along a side than there can be", 1, ["--x", "bias=0..1:1000000000"], /1,000,000,000 cells/],
  ["no axis", 2, ["--x", "learningRate"], /such as "learningRate=0.01..3"/],
  ["half a range", 2, ["--x", "learningRate=0.1.."], /such as/],
  ["a colour that there is not", 2, ["--color", "red"], /dead, score or cause|dead, score, cause/],
  ["three dots", 2, ["--x", "learningRate=0.01...3"], /such as/],
  ["a setting that is a range", 1, ["--at", "learningRate=0.01..3"], /learningRate to be a finite number/],
  ["a setting without a value", 2, ["--at", "learningRate"], /such as "learningRate=0\.1" or/],
  ["a place for rows without a queue", 1, ["--share", "/tmp"], /--share to come with --queue/],
  ["the setting of no axis", 1, ["--at", "units=8"], /axis/],
  ["an activation that there is not", 1, ["--x", "activation=relu,rellu"], /rellu/],
])("%s is refused before anything trains", async (_name, code, args, words) => {
  const result = await relumine(...table, ...args);
  expect(result.stderr).toMatch(words);
  expect(result.code).toBe(code);
  expect(result.stderr).not.toMatch(/trainings/);
});

test("does what docs/sweeps.md says, command by command", async () => {
  const page = readFileSync(new URL("../../docs/sweeps.md", import.meta.url), "utf8");
  const own = new Folder();
  const commands = [...page.matchAll(/^relumine (map digits.*)$/gm)].map(([, args]) => args);
  expect(commands).toHaveLength(4);
  const sooner = ["--epochs", "1", "--repeats", "1", "--cells", "4"];
  for (const line of commands) {
    const [args, file] = line.split(" > ");
    const { code, stdout, stderr } = await relumine(...own.wordsOf(args), ...sooner);
    expect([code, stderr.match(/error.*/)?.[0]], line).toEqual([0, undefined]);
    if (file) expect((JSON.parse(stdout) as Document).cells, line).toHaveLength(16);
    else expect(stdout, line).toMatch(/Your own setting/);
    for (const [, name] of args.matchAll(/--(?:html|svg|journal) (\S+)/g))
      expect(existsSync(join(own.path, name)), line).toBe(true);
  }
});
