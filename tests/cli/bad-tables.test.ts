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
  "semicolons.csv": "x;y\n1;a\n2;b\n",
  "quote.csv": 'x,y\n1,a\n2,"b\n3,a\n',
  "twice.csv": "y,x,y\na,1,b\n",
  "class.csv": `x,y\n${rows(20, (i) => `${i},a`)}`,
  "missing.csv": `x,y\n${rows(20, (i) => `${i},${i % 2 ? "NA" : ""}`)}`,
  "huge.csv": `x,y\n1,a\n${"9".repeat(1e6)},b\n`,
  "names.csv": `id,y\n${rows(20, (i) => `n${i},${i % 2 ? "a" : "b"}`)}`,
  "word.csv": `x,y\n${rows(20, (i) => `${i},${i === 6 ? "tall" : i / 2}`)}`,
  "cut.csv.gz": gzipSync("x,y\n1,a\n").subarray(0, 15),
  "latin.csv": Buffer.from("x,y\n1,caf\u00e9\n", "latin1"),
  "fine.csv": `x,speed,y\n${rows(20, (i) => `${i},${i * i},${i % 2 ? "a" : "b"}`)}`,
};
for (const [name, content] of Object.entries(FILES)) folder.write(name, content);

describe("train refuses", () => {
  it.each<[string, RegExp, string[]?]>([
    ["nowhere.csv", /nowhere\.csv is not there; wanted is a CSV file, or "digits"/],
    ["", /is a directory; wanted is a CSV file/],
    ["fine.csv/more", /is not there/],
    ["empty.csv", /empty\.csv: the table is empty; wanted are a header line and rows/],
    ["image.csv", /image\.csv is not UTF-8 text/],
    ["latin.csv", /latin\.csv is not UTF-8 text/],
    ["nul.csv", /a NUL character is on line 3/],
    ["ragged.csv", /row 2 \(line 3\) has 3 cells and the header 2/],
    ["short.csv", /row 2 \(line 3\) has 1 cells and the header 3: no cell for column "y"/],
    ["header.csv", /a header \(2 columns\) and no rows/],
    ["column.csv", /one column; wanted are at least two/],
    ["semicolons.csv", /one column.*separated by commas/],
    ["quote.csv", /row 2 \(line 3\), column 2: a quote is opened and never closed/],
    ["twice.csv", /columns 1 and 3 both "y"/],
    ["class.csv", /target column "y" has the same value, "a", in all 20 rows/],
    ["missing.csv", /target column "y" has no value in any row/],
    ["huge.csv", /row 2 \(line 3\), column "x" has a cell of 1000000 characters/],
    ["names.csv", /no column is left to learn from \(id: left out: 20 different words in 20 rows\)/],
    ["word.csv", /row 7 \(line 8\), column "y" has "tall"; wanted is a number/, ["--task", "regression"]],
    ["cut.csv.gz", /compressed with gzip and is damaged/],
    [
      "fine.csv",
      /there is no column "sped"; the columns are x, speed, y. Did you mean "speed"\?/,
      ["--target", "sped"],
    ],
    ["fine.csv", /there is no column "q"/, ["--ignore", "x,q"]],
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
    /no target; wanted is --target COLUMN, one of x, speed, y/,
  );
  expect((await relumine("checkup", "digit")).stderr).toMatch(/digit is not there.*Did you mean "digits"\?/);
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
