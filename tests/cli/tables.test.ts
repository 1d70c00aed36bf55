// What spreadsheets write, as the command line reads it: each of these tables was once read wrongly, or ended Node.
import { execFile } from "node:child_process";
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { Folder, relumine } from "./run.js";

const folder = new Folder();
const root = fileURLToPath(new URL("../../", import.meta.url));
mkdirSync(join(folder.path, "node_modules"));
symlinkSync(root, join(folder.path, "node_modules", "relumine"));

const lines = (header: string, count: number, row: (i: number) => string, more: readonly string[] = []): string =>
  [header, ...Array.from({ length: count }, (_, i) => row(i)), ...more, ""].join("\n");

interface Document {
  readonly data: {
    readonly task: string;
    readonly notes: readonly string[];
    readonly trainingRows: number;
    readonly heldOutRows: number;
  };
  readonly network: { readonly spec: { readonly inputs: number } };
}

const SHORT = ["--epochs", "1", "--hidden", "4"];

async function train(text: string | Uint8Array, ...args: readonly string[]): Promise<Document> {
  const table = folder.write("table.csv", text);
  const { code, stdout, stderr } = await relumine("train", table, "--target", "y", ...SHORT, "--json", ...args);
  expect([code, stderr]).toEqual([0, expect.not.stringMatching(/^error/m)]);
  return JSON.parse(stdout) as Document;
}

/** Exit code 1, one line, within the time. */
async function refused(text: string | Uint8Array, ...args: readonly string[]): Promise<string> {
  const table = folder.write("table.csv", text);
  const { code, stdout, stderr } = await relumine("train", table, "--target", "y", ...args);
  expect([code, stdout]).toEqual([1, ""]);
  expect(stderr).toMatch(/^error: [^\p{Cc}]*\n$/u);
  return stderr;
}

describe("one odd cell among numbers", () => {
  const odd = ["N/A", "None", "-", ".", "inf", "n.a.", "missing", "#N/A", "#DIV/0!", "1e400"];
  it.each(odd)("%s in the target leaves a regression one", async (cell) => {
    const text = lines("x,y", 300, (i) => `${i},${100 + 5 * (i % 40)}`, [`7,${cell}`]);
    const { data } = await train(text);
    expect(data.task).toBe("regression");
    expect(data.trainingRows + data.heldOutRows).toBe(300);
    expect(data.notes.join("\n")).toMatch(/1 row/);
  });

  it.each(odd)("%s in an input leaves a column of numbers one", async (cell) => {
    const text = lines("x,y", 300, (i) => `${i * 1.5},${i % 40}.5`, [`${cell},7.5`]);
    const { data, network } = await train(text);
    expect(network.spec.inputs).toBe(1);
    expect(data.notes.join("\n")).toMatch(/^x: .*\b1 /m);
  });
});

it("a blank in quotes is missing, not zero", async () => {
  const text = lines("x,y", 100, (i) => `${i % 4 === 0 ? '" "' : 1000 + i},${i}.5`);
  expect((await train(text)).data.notes.join("\n")).toMatch(/x: 25 missing/);
});

it.each([
  ["decimal commas", '"1,25"'],
  ["thousands", '"1,234.50"'],
  ["currency", "$12.50"],
  ["percent", "12 %"],
])("%s are numbers, and noted", async (_, cell) => {
  const text = lines("x,y", 60, (i) => `${cell.replace("1", `${(i % 9) + 1}`)},${i * 1.5}`);
  const { data, network } = await train(text);
  expect(network.spec.inputs).toBe(1);
  expect(data.notes.join("\n")).toMatch(/^x: /m);
});

it("classes called undefined and NaN are classes like others", async () => {
  const model = join(folder.path, "undefined.safetensors");
  await train(
    lines("x,y", 40, (i) => `${i},${i % 2 ? "undefined" : "ok"}`),
    "--out",
    model,
  );
  const other = folder.write(
    "other.csv",
    lines("x,y", 30, (i) => `${i},${i % 2 ? "undefined" : "other"}`),
  );
  const { stdout } = await relumine("diagnose", model, other, "--json");
  expect((JSON.parse(stdout) as { data: { rows: number } }).data.rows).toBe(15);
});

describe("layout", () => {
  it("semicolons with decimal commas are seen, and noted", async () => {
    const { data, network } = await train(lines("x;y", 50, (i) => `${i},5;${2 * i},25`));
    expect(data.task).toBe("regression");
    expect(network.spec.inputs).toBe(1);
    expect(data.notes.join("\n")).toMatch(/semicolons/);
  });

  it("names that occur twice are told apart, and noted", async () => {
    const text = `x,y,x\n${Array.from({ length: 40 }, (_, i) => `${i % 7}.5,${"ab"[i % 2]},${i % 5}.5`).join("\n")}\n`;
    const { data } = await train(text);
    expect(data.notes.join("\n")).toMatch(/column 3 is called "x_2"/);
  });

  it("is as --separator, --header and --columns say", async () => {
    const text = lines("x:zip:y", 40, (i) => `${i}:${i % 3}:${i}.5`);
    const { network } = await train(text, "--separator", ":", "--columns", "zip=words");
    expect(network.spec.inputs).toBe(4);
    const tabs = await train(
      lines("x\ty", 40, (i) => `${i}\t${i}.5`),
      "--separator",
      "tab",
      "--header",
    );
    expect(tabs.network.spec.inputs).toBe(1);
    const none = folder.write(
      "none.csv",
      lines("1,2.5", 40, (i) => `${i},${i}.5`),
    );
    const { stdout } = await relumine("train", none, "-t", "column 2", "--no-header", "--json", ...SHORT);
    const { data } = JSON.parse(stdout) as Document;
    expect(data.trainingRows + data.heldOutRows).toBe(41);
  });

  it.each([
    [["--separator", "::"], /--separator/],
    [["--columns", "zip"], /--columns/],
    [["--columns", "zip=wrods"], /Did you mean "words"/],
  ])("%j is bad usage", async (args, words) => {
    const { code, stderr } = await relumine("train", "digits", ...args);
    expect(code).toBe(2);
    expect(stderr).toMatch(words);
  });

  it("gzip, Windows-1252 and CR are read, and a pipe too", async () => {
    const text = lines("x,y", 40, (i) => `${i},${i % 2 ? "caf\xe9" : "b"}`);
    expect((await train(gzipSync(text))).data.task).toBe("classification");
    expect((await train(Buffer.from(text, "latin1"))).data.notes.join("\n")).toMatch(/Windows-1252/);
    expect((await train(text.replaceAll("\n", "\r"))).data.trainingRows).toBe(32);
    const main = join(root, "dist", "cli", "main.js");
    const table = folder.write("piped.csv", text);
    const command = `cat "$2" | "$0" "$1" train /dev/stdin -t y --epochs 1 --json`;
    const { stdout } = await promisify(execFile)("bash", ["-c", command, process.execPath, main, table]);
    expect((JSON.parse(stdout) as Document).data.trainingRows).toBe(32);
  });
});

describe("refused soon, in one line", () => {
  it.each<[string, () => string | Uint8Array, RegExp]>([
    ["20 MB of commas", () => ",".repeat(2e7), /line 1 to have at most/],
    ["a line of 50 MB", () => "x".repeat(5e7), /line 1 to have at most/],
    [
      "300,000 columns",
      () => `${Array.from({ length: 3e5 }, (_, i) => `c${i}`).join(",")}\n${"1,".repeat(3e5)}1\n`,
      /at most 100000 columns/,
    ],
    ["a bomb of zeros", () => gzipSync(new Uint8Array(3e8)), /NUL/],
    ["a bomb of one line", () => gzipSync(`x,y\n${"1".repeat(2e8)}`), /row 1|line 2/],
    ["blanks and a quote", () => `x,y\n1,${" ".repeat(20_000)}x"\n`, /a quote inside a cell/],
    ["escape codes", () => "x,\x1b[31my\n1,2,3\n", /past the last column/],
    ["escape codes, no cell", () => "x,\x1b[31my\n1\n2\n", /no cell for column/],
    ["escape codes, twice", () => "\x1b[31my,\x1b[31my\n1,2\n", /to be one of {2}\[31my, {2}\[31my_2/],
  ])("%s", async (_, content, words) => {
    const started = performance.now();
    expect(await refused(content())).toMatch(words);
    expect(performance.now() - started).toBeLessThan(20_000); // 2 s on a machine of its own
  });
});
