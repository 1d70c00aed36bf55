// Tables that cannot be used: exit code 1, one line that says what and where, no stack, nothing on stdout.
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { Folder, relumine } from "./run.js";

const folder = new Folder();
const rows = (count: number, row: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => row(i)).join("\n");

const FILES: Record<string, string | Uint8Array> = {
  "empty.csv": "",
  "image.csv": Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13),
  "nul.csv": "x,y\n1,a\n2,\0\n",
  "ragged.csv": "x,y\n1,a\n2,b,3\n",
  "short.csv": "x,y,z\n1,a,2\n2\n",
  "header.csv": "x,y\n",
  "column.csv": "y\na\nb\n",
  "quote.csv": 'x,y\n1,a\n2,"b\n3,a\n',
  "records.json": '[{"x": 1, "y": "a"}]\n',
  "class.csv": `x,y\n${rows(20, (i) => `${i},a`)}`,
  "missing.csv": `x,y\n${rows(20, (i) => `${i},${i % 2 ? "NA" : ""}`)}`,
  "huge.csv": `x,y\n1,a\n${"9".repeat(1e6)},b\n`,
  "names.csv": `id,y\n${rows(20, (i) => `n${i},${i % 2 ? "a" : "b"}`)}`,
  "word.csv": `x,y\n${rows(20, (i) => `${i},${i % 5 === 1 ? "tall" : i / 2}`)}`,
  "cut.csv.gz": gzipSync("x,y\n1,a\n").subarray(0, 15),
  "fine.csv": `x,speed,y\n${rows(20, (i) => `${i},${i * i},${i % 2 ? "a" : "b"}`)}`,
};
for (const [name, content] of Object.entries(FILES)) folder.write(name, content);

describe("train refuses", () => {
  it.each<[string, RegExp, string[]?]>([
    ["nowhere.csv", /nowhere\.csv to be a file of data \(CSV,.*"digits".*got no such file/],
    ["", /got a directory/],
    ["fine.csv/more", /fine\.csv\/more .*got no such file/],
    ["empty.csv", /empty\.csv: the table .*got nothing/],
    ["image.csv", /image\.csv: line 3 .*got a NUL character$/m],
    ["nul.csv", /nul\.csv: line 3 .*got a NUL character/],
    ["ragged.csv", /ragged\.csv: row 2 \(line 3\) to have 2 cells.*got 3/],
    ["short.csv", /row 2 \(line 3\) to have 3 cells.*got 1: no cell for column "y"/],
    ["header.csv", /at least one row, got a header \(2 columns\)/],
    ["column.csv", /at least two columns.*got one\./],
    ["quote.csv", /row 2 \(line 3\), column 2 .*a quote that is never closed/],
    ["records.json", /records.json: the table to be text, .*, got JSON/],
    ["class.csv", /target column "y" .*got "a" in all 20 rows/],
    ["missing.csv", /target column "y" to have a value in at least two rows, got none/],
    ["huge.csv", /row 2 \(line 3\), column "x" .*got 1000000/],
    ["names.csv", /a column to learn from .*got none; id: left out: 20 different words in 20 rows/],
    ["word.csv", /row 2 \(line 3\), column "y" to be a number.*got "tall"/, ["--task", "regression"]],
    ["cut.csv.gz", /cut\.csv\.gz: the table to be a whole \.csv\.gz, got a damaged one/],
    ["fine.csv", /--target to be one of x, speed, y, got "sped". Did you mean "speed"\?/, ["--target", "sped"]],
    ["fine.csv", /--ignore .*got "q"/, ["--ignore", "x,q"]],
  ])("%j: %s", async (name, message, more = []) => {
    const { code, stdout, stderr } = await relumine("train", `${folder.path}/${name}`, "--target", "y", ...more);
    expect(stderr).toMatch(/^error: .*\n$/);
    expect(stderr).toMatch(message);
    expect([code, stdout]).toEqual([1, ""]);
  });
});

it.each(["nowhere.csv", "ragged.csv", "class.csv"])("checkup refuses %s in the same words", async (name) => {
  const args = [`${folder.path}/${name}`, "--target", "y"];
  expect(await relumine("checkup", ...args)).toEqual(await relumine("train", ...args));
});

it("asks for the target where none is known, and suggests the embedded set", async () => {
  expect((await relumine("train", `${folder.path}/fine.csv`)).stderr).toMatch(
    /--target to be one of x, speed, y, got none/,
  );
  expect((await relumine("checkup", "digit")).stderr).toMatch(/digit .*got no such file.*Did you mean "digits"\?/);
});

it("refuses a network that would not fit, before it trains", async () => {
  const { code, stdout, stderr } = await relumine(
    "train",
    `${folder.path}/fine.csv`,
    "--target",
    "y",
    "--hidden",
    "1000000,1000000",
    "--json",
  );
  expect([code, stdout]).toEqual([1, ""]);
  expect(stderr).toMatch(/error: .*(GiB|MiB|bytes)/);
  expect(stderr).not.toMatch(/\n\s+at /);
});
