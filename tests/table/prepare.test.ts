import { numbersOf } from "../support/sparse.js";
import { describe, expect, it } from "vitest";
import { prepareNamed, type NamedPrepareOptions, type NamedPreparedTable } from "../../src/cli/prepare-table.js";
import { ColumnIndex } from "../../src/table/column-choice.js";
import { encodeInputs } from "../../src/table/encode.js";
import { inputWidth } from "../../src/table/encoding.js";
import { readTableFile } from "../../src/cli/read-table.js";
import type { ErrorCode } from "../../src/core/errors.js";
import { expectError, relumineError } from "../support/errors.js";
import { parseTable } from "../../src/table/read/read-table.js";
import { encodeLabelledRows, encodeRows, prepareTable } from "../../src/table.js";

const PENGUINS = new URL("../data/penguins.csv", import.meta.url).pathname;

function prepare(csv: string, options: Partial<NamedPrepareOptions> = {}): NamedPreparedTable {
  return prepareNamed(
    { name: "t.csv", table: parseTable(csv) },
    { target: "y", ignore: [], validation: 0.25, seed: 0, ...options },
  );
}

/** `rows` rows of x = 0, 1, 2 ... and what `more` adds to each. */
function tableOf(header: string, rows: number, more: (row: number) => string): string {
  return [`x,${header}`, ...Array.from({ length: rows }, (_, row) => `${row},${more(row)}`)].join("\n");
}

const column = ({ x }: NamedPreparedTable["training"], index: number): number[] =>
  Array.from({ length: x.rows }, (_, row) => numbersOf(x)[row * x.columns + index]);
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

describe("prepareTable", () => {
  it("standardizes by the training rows alone", () => {
    const { training, heldOut, encoding } = prepare(tableOf("y", 40, (row) => (row % 2 ? "a" : "b")));
    const values = column(training, 0);
    expect(mean(values)).toBeCloseTo(0, 6);
    expect(mean(values.map((value) => value ** 2))).toBeCloseTo(1, 6);
    expect(mean(column(heldOut, 0))).not.toBeCloseTo(0, 3);
    expect(training.x.rows).toBe(30);
    expect(heldOut.x.rows).toBe(10);
    expect(encoding.inputs).toHaveLength(1);
  });

  it("makes words one-hot, and a missing word a category of its own", () => {
    const { training, encoding, notes } = prepare(
      tableOf("island,y", 40, (row) => `${["Biscoe", "Dream", "NA"][row % 3]},${row % 2 ? "a" : "b"}`),
    );
    expect(encoding.inputs[1]).toEqual({
      kind: "category",
      column: "island",
      categories: ["", "Biscoe", "Dream"],
    });
    for (let row = 0; row < training.x.rows; row++)
      expect(
        numbersOf(training.x)
          .slice(row * 4 + 1, row * 4 + 4)
          .reduce((sum, value) => sum + value),
      ).toBe(1);
    expect(notes).toContain("island: 13 missing, a category of their own");
  });

  it("imputes missing numbers by the median of the training rows", () => {
    const csv = tableOf(
      "v,y",
      40,
      (row) => `${row < 4 ? ["", "NaN", "null", "?"][row] : 7 + (row % 5)},${row % 2 ? "a" : "b"}`,
    );
    const { encoding, notes, training } = prepare(csv);
    expect(encoding.inputs[1]).toMatchObject({ kind: "number", column: "v", median: 9 });
    expect(notes).toContain("v: 4 missing, replaced by the median, 9");
    expect(numbersOf(training.x).every(Number.isFinite)).toBe(true);
  });

  it("takes constant columns as they come: zeros, not a rounding error blown up", () => {
    const { training } = prepare(tableOf("c,y", 30, (row) => `0.1,${row % 2 ? "a" : "b"}`));
    expect(column(training, 1).every((value) => value === 0)).toBe(true);
  });

  it("leaves out a column of names and says so", () => {
    const { encoding, notes } = prepare(tableOf("id,y", 30, (row) => `id${row},${row % 2 ? "a" : "b"}`));
    expect(encoding.inputs.map(({ column: name }) => name)).toEqual(["x"]);
    expect(notes).toContain("id: left out: 30 different words in 30 rows");
  });

  it("leaves out a column without any value, and the ones that are ignored", () => {
    const { encoding, notes } = prepare(
      tableOf("n,k,y", 30, (row) => `NA,${row},${row % 2 ? "a" : "b"}`),
      { ignore: ["k"] },
    );
    expect(encoding.inputs.map(({ column: name }) => name)).toEqual(["x"]);
    expect(notes).toContain("n: left out: no training row has a value");
  });

  it("says which word makes a column of numbers words", () => {
    const { notes } = prepare(
      tableOf("v,y", 40, (row) => `${row % 8 === 5 ? "many" : row % 4},${row % 2 ? "a" : "b"}`),
    );
    expect(notes.join()).toContain('v: read as words because of "many" in row 6 (line 7)');
  });

  it("leaves out rows without a target and says so", () => {
    const { training, heldOut, notes } = prepare(tableOf("y", 40, (row) => (row < 4 ? "?" : "ba"[row % 2])));
    expect(training.x.rows + heldOut.x.rows).toBe(36);
    expect(notes).toContain("4 rows without a target are left out");
  });

  it("gives zeros for a word that no training row had", () => {
    const { encoding } = prepare(tableOf("w,y", 40, (row) => `${row % 2 ? "p" : "q"},${row % 4 < 2 ? "a" : "b"}`));
    const later = parseTable("x,w,y\n1,unheard,a\n1,p,a\n");
    const encoded = encodeInputs(encoding.inputs, new ColumnIndex(later), [0, 1]);
    expect(Array.from(numbersOf(encoded).slice(1, 3))).toEqual([0, 0]);
    expect(Array.from(numbersOf(encoded).slice(4, 6))).toEqual([1, 0]);
    expect(() => encodeInputs(encoding.inputs, new ColumnIndex(parseTable("x,w\nten,p\n")), [0])).toThrow(
      relumineError("value", 'row 1 (line 2), column "x"'),
    );
  });

  it("survives JSON: the record is plain", () => {
    const { encoding } = prepare(tableOf("w,y", 40, (row) => `${row % 2 ? "p" : "q"},${row % 4 < 2 ? "a" : "b"}`));
    expect(JSON.parse(JSON.stringify(encoding))).toEqual(encoding);
  });

  it.each([
    ["few whole numbers are classes", (row: number) => String(row % 3), "classification", ["0", "1", "2"]],
    [
      "one number may be written in several ways",
      (row: number) => ["1", "1.0", "02", "10"][row % 4],
      "classification",
      ["1", "2", "10"],
    ],
    ["words are classes", (row: number) => (row % 2 ? "yes" : "no"), "classification", ["no", "yes"]],
    ["many whole numbers are numbers", (row: number) => String(row), "regression", undefined],
    ["fractions are numbers", (row: number) => (row % 2 ? "0.5" : "1"), "regression", undefined],
  ])("%s", (_, target, task, classes) => {
    const prepared = prepare(tableOf("y", 40, target));
    expect(prepared.task).toBe(task);
    if (classes) expect(prepared.encoding.target).toEqual({ kind: "classes", column: "y", classes });
    else expect(mean(prepared.training.y)).toBeCloseTo(0, 6);
  });

  it("does as --task says", () => {
    expect(
      prepare(
        tableOf("y", 40, (row) => String(row % 3)),
        { task: "regression" },
      ).task,
    ).toBe("regression");
    expect(
      prepare(
        tableOf("y", 40, (row) => String(row % 9)),
        { task: "classification" },
      ).encoding.target,
    ).toMatchObject({ kind: "classes" });
  });

  it("keeps a class of one row in training", () => {
    const { training, heldOut } = prepare(tableOf("y", 40, (row) => (row === 0 ? "rare" : "ba"[row % 2])));
    expect(training.y).toContain(2);
    expect(heldOut.y).not.toContain(2);
  });

  it.each<[string, string, Partial<NamedPrepareOptions>, ErrorCode, path: string, given: string]>([
    [
      "without the target",
      tableOf("speed,z", 9, () => "1,2"),
      { target: "sped" },
      "value",
      "--target",
      '"sped". Did you mean "speed"?',
    ],
    ["no target given", tableOf("z", 9, () => "1"), { target: undefined }, "value", "--target", "none"],
    ["one class only", tableOf("y", 9, () => "a"), {}, "format", 'the target column "y"', '"a" in all 9 rows'],
    ["one number only", tableOf("y", 9, () => "1.50"), {}, "format", 'the target column "y"', '"1.5" in all'],
    ["no target at all", tableOf("y", 9, () => "NA"), {}, "format", 'the target column "y"', "none"],
    [
      "words for regression",
      tableOf("y", 9, (row) => (row === 4 ? "tall" : String(row))),
      { task: "regression" },
      "value",
      'row 5 (line 6), column "y"',
      '"tall"',
    ],
    ["too few rows", "x,y\n1,a\n2,b\n", {}, "value", "--validation", "0.25"],
    [
      "an unknown column to ignore",
      tableOf("y", 9, (row) => String(row)),
      { ignore: ["q"] },
      "value",
      "--ignore",
      '"q"',
    ],
    ["the target to ignore", tableOf("y", 9, (row) => String(row)), { ignore: ["y"] }, "value", "--ignore", '"y"'],
    [
      "nothing to learn from",
      "id,y\np,a\nq,b\nr,a\ns,b\nt,b\nu,a\n",
      {},
      "format",
      "the table",
      "none; id: left out: 6 different words in 6 rows",
    ],
  ])("refuses a table %s", async (_, csv, options, code, path, given) => {
    const error = await expectError(() => prepare(csv, options), code, `t.csv: ${path}`);
    expect(`${error.given}. ${error.hint}`).toContain(given);
  });

  it("reads the penguins as they are", async () => {
    const prepared = prepareNamed(await readTableFile(PENGUINS), {
      target: "species",
      ignore: [],
      validation: 0.2,
      seed: 0,
    });
    expect(prepared.encoding.target).toMatchObject({ classes: ["Adelie", "Chinstrap", "Gentoo"] });
    // islands, measures, sex with its missing ones, year
    expect(inputWidth(prepared.encoding.inputs)).toBe(3 + 4 + 3 + 1);
    expect([prepared.training.x.rows, prepared.heldOut.x.rows]).toEqual([275, 69]);
    expect(prepared.notes).toContain("sex: 11 missing, a category of their own");
    expect(prepared.notes).toContainEqual(
      expect.stringMatching(/^bill_length_mm: 2 missing, replaced by the median, 44/),
    );
  });

  it("reads the embedded digits: pixels / 16", async () => {
    const { training, heldOut, task, encoding } = prepareNamed(await readTableFile("digits"), {
      ignore: [],
      validation: 0.2,
      seed: 0,
    });
    expect([training.x.rows, training.x.columns, heldOut.x.rows, task]).toEqual([1437, 64, 360, "classification"]);
    expect(Math.max(...numbersOf(training.x))).toBe(1);
    expect(Math.min(...numbersOf(training.x))).toBe(0);
    expect(encoding.target).toMatchObject({ classes: ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"] });
  });
});

describe("amounts whose comma may be one or the other mark", () => {
  const guesses = (csv: string): string[] => prepare(csv).notes.filter((note) => note.includes("decimal mark"));
  const price = (cell: (i: number) => string, separator: string): string =>
    ["a", "price", "y"].join(separator) +
    Array.from({ length: 40 }, (_, i) => `\n${[i % 7, cell(i), "pq"[i % 2]].join(separator)}`).join("");
  const dollars = (i: number): string => `$${120 + 3 * i},000`;

  it("are in English where a currency is before them and commas are between the cells", () => {
    const csv = price((i) => `"${dollars(i)}"`, ",");
    expect(guesses(csv)).toEqual([]);
    expect(prepare(csv).encoding.inputs[1]).toMatchObject({ kind: "number", notation: { decimal: ".", unit: "$" } });
  });

  it("are guessed, and noted, where something else separates or they are bare", () => {
    expect(guesses(price(dollars, ";"))).toHaveLength(1);
    expect(guesses(price((i) => `"${120 + 3 * i},459"`, ","))).toHaveLength(1);
    expect(guesses(price((i) => `"1,${120 + 3 * i} €"`, ","))).toHaveLength(1);
  });
});

describe("later rows", () => {
  it("may be one column, and may have names twice", async () => {
    const rows = Array.from({ length: 40 }, (_, i) => `${(i * 7) % 11},${(i * 7) % 11 > 5 ? "a" : "b"}`).join("\n");
    const { encoding } = await prepareTable(`x,y\n${rows}\n`, { target: "y" });
    const x = [0, 5.5, 10];
    const data = numbersOf(await encodeRows(encoding, `x\n${x.join("\n")}\n`));
    expect([data.length, data[0] < 0, data[2] > 0]).toEqual([3, true, true]);
    const labelled = await encodeLabelledRows(encoding, `x\n${x.join("\n")}\n`);
    expect(numbersOf(labelled.x)).toEqual(data);
    const doubled = await encodeLabelledRows(encoding, `z,x,z,x\n${x.map((each) => `p,${each},q,7`).join("\n")}\n`);
    expect(numbersOf(doubled.x)).toEqual(data);
    expect(doubled.notes[0]).toContain("x_2");
    await expectError(encodeRows(encoding, "z\n1\n"), "format", "the table");
  });

  it("are the columns that were trained on, where some of these share a name", async () => {
    const text = `x,x,y\n${Array.from({ length: 40 }, (_, i) => `${i % 7}.5,${(i * i) % 13},${i % 2 ? "a" : "b"}`).join("\n")}\n`;
    const { encoding, columns, training, heldOut, heldOutRows } = await prepareTable(text, { target: "y" });
    expect(columns).toEqual(["x", "x_2"]);
    const later = await encodeRows(encoding, text);
    const of = (row: number): number[] => [...numbersOf(later).subarray(2 * row, 2 * row + 2)];
    expect(heldOutRows.flatMap(of)).toEqual([...numbersOf(heldOut.x)]);
    const others = Array.from({ length: 40 }, (_, row) => row).filter((row) => !heldOutRows.includes(row));
    expect(others.flatMap(of).sort()).toEqual([...numbersOf(training.x)].sort());
  });
});
