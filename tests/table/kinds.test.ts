// Tables as newcomers bring them, each with the numbers that must come of it, not only the notes.
import { numbersOf } from "../support/sparse.js";
import { describe, expect, it } from "vitest";
import { columnsOf } from "../../src/table/columns.js";
import type { DateEncoding, InputEncoding, NumberEncoding } from "../../src/table/encoding.js";
import { encodeLabelledRows, encodeRows, prepareTable } from "../../src/table.js";
import { prepareColumns, type PreparedTable, type PrepareOptions } from "../../src/table/prepare.js";
import { expectError } from "../support/errors.js";
import { DATES, NUMBERS, uniform } from "./table-kinds.js";

const ROWS = 60;

/** A table of columns by name, the last of them the target `y` of real numbers. */
function prepare(
  columns: Readonly<Record<string, (i: number) => string>>,
  options: Partial<PrepareOptions> = {},
  rows = ROWS,
): PreparedTable {
  const given: Record<string, (i: number) => string> = { ...columns };
  if (!("y" in given)) given.y = (i) => String(uniform(i, 9));
  const names = Object.keys(given);
  const cells = Array.from({ length: rows }, (_, i) => names.map((name) => given[name](i)));
  return prepareColumns(columnsOf(names, cells), { target: "y", ...options });
}

const inputOf = ({ encoding }: PreparedTable, name: string): InputEncoding | undefined =>
  encoding.inputs.find(({ column }) => column === name);
/** Notes on a column. */
const notesOn = ({ notes }: PreparedTable, name: string): string[] =>
  notes.filter((note) => note.startsWith(`${name}: `)).map((note) => note.slice(name.length + 2));

/** One of x's columns for the rows of the table, in their order: those without a target are left out. */
function inputColumn({ columns, training, heldOut, heldOutRows }: PreparedTable, name: string): number[] {
  const place = columns.indexOf(name);
  expect(place, `${name} among ${columns.join(", ")}`).toBeGreaterThanOrEqual(0);
  const held = new Set(heldOutRows);
  const next = { training: 0, heldOut: 0 };
  return Array.from({ length: training.x.rows + heldOut.x.rows }, (_, row) => {
    const part = held.has(row) ? "heldOut" : "training";
    const { x } = part === "heldOut" ? heldOut : training;
    return numbersOf(x)[next[part]++ * x.columns + place];
  });
}

function expectValues(prepared: PreparedTable, name: string, values: readonly (number | null)[]): void {
  const encoding = inputOf(prepared, name);
  if (encoding === undefined || !("median" in encoding)) throw new Error(`${name} is ${encoding?.kind}`);
  const { median, mean, scale } = encoding;
  const expected = values.map((value) => Math.fround(((value ?? median) - mean) / scale));
  expect(inputColumn(prepared, name)).toEqual(expected);
}

describe("a column of numbers", () => {
  it.each(NUMBERS)("$name", ({ cell, note }) => {
    const cells = Array.from({ length: ROWS }, (_, i) => cell(i));
    const prepared = prepare({ a: (i) => cells[i][0] });
    expectValues(
      prepared,
      "a",
      cells.map(([, value]) => value),
    );
    const others = notesOn(prepared, "a").filter((each) => !/^\d+ missing, replaced/.test(each));
    if (note) expect(others.join("\n")).toMatch(note);
    else expect(others).toEqual([]);
    const missing = cells.filter(([, value]) => value === null).length;
    expect(notesOn(prepared, "a").some((each) => each.startsWith(`${missing} missing`))).toBe(missing > 0);
  });

  it.each(NUMBERS)("$name, as a target", ({ cell }) => {
    const cells = Array.from({ length: ROWS }, (_, i) => cell(i));
    const prepared = prepare({ a: (i) => String(uniform(i)), y: (i) => cells[i][0] });
    expect(prepared.task).toBe("regression");
    const { target } = prepared.encoding;
    if (target.kind !== "number") throw new Error("classes");
    const values = cells.flatMap(([, value]) => (value === null ? [] : [(value - target.mean) / target.scale]));
    expect([...prepared.training.y, ...prepared.heldOut.y].sort((a, b) => a - b)).toEqual(values.sort((a, b) => a - b));
    const without = ROWS - values.length;
    expect(prepared.notes.some((note) => new RegExp(`^${without} rows? without a target`).test(note))).toBe(
      without > 0,
    );
  });
});

describe("the decimal mark", () => {
  const commas = (i: number): string => `${whole(i)},${i % 10}`;
  const whole = (i: number): number => 11 + ((i * 37) % 80);
  const all = Array.from({ length: ROWS }, (_, i) => i);
  const thousands = (i: number): string => `${whole(i)}.${String(100 + ((i * 53) % 900)).padStart(3, "0")}`;
  const noteOf = (prepared: PreparedTable): string => notesOn(prepared, "a").join("\n");

  it("is the point in a cell of a column of commas that can't be thousands", () => {
    const cells = ["70.5", "8.25", "1.5 ", "70.500", "9.000", "1.2340", "1.234"];
    const values = [70.5, 8.25, 1.5, 70_500, 9000, 1.234, 1234];
    const prepared = prepare({ a: (i) => cells[i - 9] ?? commas(i) });
    expectValues(
      prepared,
      "a",
      all.map((i) => values[i - 9] ?? whole(i) + (i % 10) / 10),
    );
    expect(noteOf(prepared)).toMatch(
      /^4 cells with a decimal point among decimal commas, such as "70.5", read as 70.5$/m,
    );
    expect(noteOf(prepare({ a: commas }))).not.toContain("point");
  });

  it("is the point in a cell with a unit too", () => {
    const prepared = prepare({ a: (i) => (i === 4 ? "70.5 €" : `${commas(i)} €`) });
    expectValues(
      prepared,
      "a",
      all.map((i) => (i === 4 ? 70.5 : whole(i) + (i % 10) / 10)),
    );
    expect(noteOf(prepared)).toContain('1 cell with a decimal point among decimal commas, such as "70.5 €"');
  });

  it("stays so in later rows", async () => {
    const text = ["a;y", ...all.map((i) => `${i === 9 ? "70.5" : commas(i)};${uniform(i)}`)].join("\n");
    const { encoding } = await prepareTable(text, { target: "y" });
    const { mean, scale } = encoding.inputs[0] as { mean: number; scale: number };
    const later = await encodeRows(encoding, "a;z\n70.5;1\n70,5;1\n70.500;1\n1.234,5;1\n");
    expect([...numbersOf(later)]).toEqual(
      [70.5, 70.5, 70_500, 1234.5].map((value) => Math.fround((value - mean) / scale)),
    );
  });

  it("of the other columns makes thousands of three decimals, which is said", () => {
    for (const more of [{}, { empty: true }]) {
      const cell = (i: number): string => ("empty" in more && i === 6 ? "NA" : thousands(i));
      const prepared = prepare({ a: cell, b: commas, y: commas });
      expectValues(
        prepared,
        "a",
        all.map((i) => (cell(i) === "NA" ? null : Math.round(Number(cell(i)) * 1000))),
      );
      expect(noteOf(prepared)).toMatch(
        /such as "\d\d\.\d{3}" as \d{5}; if the point is the decimal mark, say "decimal point"/,
      );
    }
    const target = prepare({ b: commas, y: thousands });
    expect(target.notes.join("\n")).toMatch(/^y \(target\): read as numbers, such as "\d\d\.\d{3}" as \d{5};/m);
  });

  it.each<[string, Readonly<Record<string, (i: number) => string>>]>([
    ["no column with commas", { a: thousands }],
    ["a whole number without a mark", { a: (i) => (i === 3 ? "1500" : thousands(i)), b: commas, y: commas }],
    ["a fraction of two decimals", { a: (i) => (i === 3 ? "12.50" : thousands(i)), b: commas, y: commas }],
    ["a column with decimal points", { a: thousands, b: commas, c: (i) => String(uniform(i)), y: commas }],
  ])("makes none where there is %s: the control", (_what, columns) => {
    const prepared = prepare(columns);
    expectValues(
      prepared,
      "a",
      all.map((i) => Number(columns.a(i))),
    );
    expect(notesOn(prepared, "a")).toEqual([]);
  });

  it("is as the caller says, in a column of plain numbers too", () => {
    const comma = prepare({ a: thousands }, { columns: { a: "decimal comma" } });
    const values = all.map((i) => Math.round(Number(thousands(i)) * 1000));
    expectValues(comma, "a", values);
    expect(noteOf(comma)).toMatch(/^read as numbers, such as "\d\d\.\d{3}" as \d{5}$/);
    const point = prepare({ a: thousands, b: commas, y: commas }, { columns: { a: "decimal point" } });
    expectValues(
      point,
      "a",
      all.map((i) => Number(thousands(i))),
    );
  });
});

describe("what float32 can't hold", () => {
  const big = (at: number) => (i: number) => (i === at ? "1e39" : String(uniform(i)));
  const target = (i: number): string => (i === 5 ? "" : String(uniform(i, 9)));

  it("is missing, and named by a row that is used", () => {
    const prepared = prepare({ a: (i) => (i === 5 ? "1e39" : big(7)(i)), y: target });
    expect(notesOn(prepared, "a").join()).toMatch(/^1 cell without a finite float32 value .*"1e\+39" in row 8/);
  });

  it("is refused in later rows, unless the training had such too", async () => {
    const text = (cell: string): string =>
      ["a,b", ...Array.from({ length: ROWS }, (_, i) => `${i === 8 ? cell : uniform(i)},${uniform(i, 2)}`)].join("\n");
    const { encoding } = await prepareTable(text("0.5"), { target: "b" });
    for (const cell of ["1e39", "1e400", '"$1e300"'])
      await expectError(() => encodeRows(encoding, `a,z\n1,2\n${cell},2\n`), "value", 'row 2 (line 3), column "a"');
    await expect(encodeRows(encoding, "a,z\n1,2\nNA,2\n")).resolves.toMatchObject({ rows: 2 });
    for (const cell of ["1e39", "1e400"]) {
      const had = await prepareTable(text(cell), { target: "b" });
      expect(had.encoding.inputs[0]).toMatchObject({ notation: { allowsOthers: true } });
      const { median, mean, scale } = had.encoding.inputs[0] as NumberEncoding;
      const later = await encodeRows(had.encoding, "a,z\n1,2\n1e39,2\n");
      expect(numbersOf(later)[1]).toBe(Math.fround((median - mean) / scale));
    }
    const target = await prepareTable(text("0.5"), { target: "a", task: "regression" });
    await expectError(
      () => encodeLabelledRows(target.encoding, "a,b\n1,2\n1e39,2\n"),
      "value",
      'row 2 (line 3), column "a"',
    );
  });

  it("is refused where scaling makes it so, by row and column", async () => {
    const text = ["a,b", ...Array.from({ length: ROWS }, (_, i) => `${uniform(i) * 1e-30},${uniform(i, 2)}`)].join(
      "\n",
    );
    const { encoding } = await prepareTable(text, { target: "b" });
    await expect(encodeRows(encoding, "a,z\n1e7,2\n")).resolves.toMatchObject({ rows: 1 });
    await expectError(() => encodeRows(encoding, "a,z\n1,2\n1e10,2\n"), "value", 'row 2 (line 3), column "a"');
    const target = await prepareTable(text, { target: "a", task: "regression" });
    await expectError(
      () => encodeLabelledRows(target.encoding, "a,b\n1,2\n1e10,2\n"),
      "value",
      'row 2 (line 3), column "a"',
    );
    await expectError(
      () => prepareTable(text, { target: "a", divisor: 1e-320 }),
      "value",
      expect.stringMatching(/^row \d+ \(line \d+\), column "b"$/) as never,
    );
  });

  it("is no matter in a row without a target", () => {
    const prepared = prepare({ a: big(5), y: target });
    expect(notesOn(prepared, "a")).toEqual([]);
  });
});

describe("a column of dates", () => {
  const FIRST = 16_439; // 2015-01-04
  it.each(DATES)("$name", ({ write, step = 1, cycles = [], note }) => {
    const day = (i: number): number => FIRST + i * step;
    const prepared = prepare({ date: (i) => write(day(i)) });
    const encoding = inputOf(prepared, "date") as DateEncoding;
    expect(encoding.cycles).toEqual(cycles);
    expectValues(
      prepared,
      "date",
      Array.from({ length: ROWS }, (_, i) => day(i)),
    );
    const notes = notesOn(prepared, "date");
    expect(notes[0]).toMatch(/^read as dates, 2015-01-04/);
    if (note) expect(notes.join("\n")).toMatch(note);
    else expect(notes).toHaveLength(1);
  });

  it("gives the sine and cosine of season, time of day and weekday", () => {
    const day = (i: number): number => FIRST + i * 8.25;
    const prepared = prepare({ d: (i) => new Date(day(i) * 86_400_000).toISOString() });
    const rows = Array.from({ length: ROWS }, (_, i) => day(i));
    const expectAngle = (name: string, share: (days: number) => number): void => {
      const [sine, cosine] = [inputColumn(prepared, `d, ${name} (sine)`), inputColumn(prepared, `d, ${name} (cosine)`)];
      rows.forEach((days, row) => {
        expect(sine[row]).toBeCloseTo(Math.sin(2 * Math.PI * share(days)), 6);
        expect(cosine[row]).toBeCloseTo(Math.cos(2 * Math.PI * share(days)), 6);
      });
    };
    expectAngle("time of day", (days) => days % 1);
    expectAngle("weekday", (days) => (new Date(days * 86_400_000).getUTCDay() + 6) / 7);
    expectAngle("season", (days) => {
      const year = new Date(days * 86_400_000).getUTCFullYear();
      const [start, end] = [Date.UTC(year, 0), Date.UTC(year + 1, 0)];
      return (days * 86_400_000 - start) / (end - start);
    });
  });

  it("months, quarters, times and logs", () => {
    const month = (i: number): string => `${2000 + Math.floor(i / 12)}-${String(1 + (i % 12)).padStart(2, "0")}`;
    const prepared = prepare({
      month,
      named: (i) => new Date(`${month(i)}-01`).toUTCString().slice(8, 16),
      quarter: (i) => `${2000 + Math.floor(i / 4)}Q${1 + (i % 4)}`,
      time: (i) => `${String(i % 24).padStart(2, "0")}:30`,
      dotted: (i) => `${String(i % 24).padStart(2, "0")}.00.00`,
      duration: (i) => `${i % 12}h ${i % 60}m`,
      log: (i) => `Mon Apr ${String(1 + (i % 28)).padStart(2, "0")} 22:19:45 PDT 2009`,
    });
    const days = (year: number, index: number): number => Date.UTC(year, index) / 86_400_000;
    const all = Array.from({ length: ROWS }, (_, i) => i);
    const months = all.map((i) => days(2000 + Math.floor(i / 12), i % 12));
    expectValues(prepared, "month", months);
    expectValues(prepared, "named", months);
    expectValues(
      prepared,
      "quarter",
      all.map((i) => days(2000 + Math.floor(i / 4), (i % 4) * 3)),
    );
    expectValues(
      prepared,
      "time",
      all.map((i) => ((i % 24) + 0.5) / 24),
    );
    expectValues(
      prepared,
      "dotted",
      all.map((i) => (i % 24) / 24),
    );
    expectValues(
      prepared,
      "duration",
      all.map((i) => ((i % 12) * 3600 + (i % 60) * 60) / 86_400),
    );
    const evening = (22 * 3600 + 19 * 60 + 45) / 86_400;
    expectValues(
      prepared,
      "log",
      all.map((i) => days(2009, 3) + (i % 28) + evening),
    );
    const cyclesOf = (name: string): readonly string[] => (inputOf(prepared, name) as DateEncoding).cycles;
    expect(["month", "quarter", "time", "log"].map(cyclesOf)).toEqual([
      ["season"],
      ["season"],
      ["time of day"],
      ["weekday"],
    ]);
  });

  it("of spans has no time of day, and tells them beyond a day as they are", () => {
    const clock = (minutes: number): string =>
      `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
    const minutes = (i: number): number => 30 + ((i * 377) % 1400);
    const cells: Readonly<Record<string, (i: number) => string>> = {
      worked: (i) => (i === 17 ? "25:30" : clock(minutes(i))),
      duration: (i) => clock(minutes(i)),
      written: (i) => `${Math.floor(minutes(i) / 60)}h ${minutes(i) % 60}m`,
      opened: (i) => clock(minutes(i)),
    };
    const prepared = prepare(cells);
    const cycles = Object.keys(cells).map((name) => (inputOf(prepared, name) as DateEncoding).cycles);
    expect(cycles).toEqual([[], [], [], ["time of day"]]);
    expect(notesOn(prepared, "worked")[0]).toMatch(/^read as times, 00:\d\d to 25:30: a number of days$/);
  });

  it("says where 1/2 may be February or January, and takes the caller's word", () => {
    const cell = (i: number): string => `${1 + Math.floor(uniform(i) * 12)}/${1 + Math.floor(uniform(i, 3) * 12)}/2015`;
    const [month, day] = [
      (i: number) => 1 + Math.floor(uniform(i) * 12),
      (i: number) => 1 + Math.floor(uniform(i, 3) * 12),
    ];
    const guess = prepare({ d: cell });
    expect(notesOn(guess, "d").join()).toMatch(/may have the day or the month first, read with the month first/);
    const all = Array.from({ length: ROWS }, (_, i) => i);
    expectValues(
      guess,
      "d",
      all.map((i) => Date.UTC(2015, month(i) - 1, day(i)) / 86_400_000),
    );
    const chosen = prepare({ d: cell }, { columns: { d: "day first" } });
    expect(notesOn(chosen, "d").join()).not.toContain("may have");
    expectValues(
      chosen,
      "d",
      all.map((i) => Date.UTC(2015, day(i) - 1, month(i)) / 86_400_000),
    );
  });

  it("sees by the order of the rows which number is the day", () => {
    const cell = (i: number): string => `${1 + Math.floor(i / 6)}/${1 + (i % 6) * 2}/2015`;
    const prepared = prepare({ d: cell });
    expect(notesOn(prepared, "d")).toHaveLength(1);
    expectValues(
      prepared,
      "d",
      Array.from({ length: ROWS }, (_, i) => Date.UTC(2015, Math.floor(i / 6), 1 + (i % 6) * 2) / 86_400_000),
    );
  });

  it("takes a missing date for the median one, and an odd one for missing, with a note", () => {
    const prepared = prepare({
      d: (i) => {
        if (i === 4) return "soon";
        return i % 9 === 2 ? "" : `2015-01-${String(1 + (i % 28)).padStart(2, "0")}`;
      },
    });
    expect(notesOn(prepared, "d").join("\n")).toMatch(
      /"soon" in row 5 \(line 6\)[^]*8 missing, replaced by the median/,
    );
    const [sine, cosine] = ["sine", "cosine"].map((name) => inputColumn(prepared, `d, weekday (${name})`));
    expect([sine[2], cosine[2]]).toEqual([0, 0]);
  });
});

describe("words", () => {
  const kinds = (words: readonly string[]) => (i: number) => words[Math.floor(uniform(i, 4) * words.length)];
  const categories = (prepared: PreparedTable, name: string) => {
    const encoding = inputOf(prepared, name);
    return encoding?.kind === "category" ? encoding.categories : encoding?.kind;
  };

  it.each<[string, readonly string[], readonly string[], RegExp?]>([
    ["as they are", ["red", "green", "blue"], ["blue", "green", "red"]],
    ["NA as missing", ["Grvl", "Pave", "NA"], ["", "Grvl", "Pave"], /missing, a category of their own/],
    ["None and unknown as words", ["BrkFace", "None", "unknown"], ["BrkFace", "None", "unknown"]],
    ["plus and minus", ["+", "-"], ["+", "-"]],
    ["yes and no", ["yes", "no"], ["no", "yes"]],
    ["TRUE and FALSE", ["TRUE", "FALSE"], ["FALSE", "TRUE"]],
    ["ranges", ["18-25", "26-40", "41-65", "65+"], ["18-25", "26-40", "41-65", "65+"]],
    ["versions", ["1.2.3", "1.2.4", "2.0.0"], ["1.2.3", "1.2.4", "2.0.0"]],
    ["hostile names", ["__proto__", "constructor", "toString"], ["__proto__", "constructor", "toString"]],
    ["numbers with different units", ["5 kg", "3 lb", "7 mi"], ["3 lb", "5 kg", "7 mi"], /different units/],
    ["numbers and words", ["4", "many", "few"], ["4", "few", "many"]],
    ["grades", ["A1", "B2", "C3"], ["A1", "B2", "C3"]],
    ["clothes", ["S", "M", "L", "XL"], ["L", "M", "S", "XL"]],
    ["ids of two digits", ["12A", "12B", "13A"], ["12A", "12B", "13A"], /different units/],
  ])("%s", (_what, words, expected, note) => {
    const prepared = prepare({ w: kinds(words) });
    expect(categories(prepared, "w")).toEqual(expected);
    if (note) expect(notesOn(prepared, "w").join()).toMatch(note);
    else expect(notesOn(prepared, "w")).toEqual([]);
    for (const [place, name] of expected.entries()) {
      const column = inputColumn(prepared, `w = ${name || "missing"}`);
      column.forEach((value, row) => {
        const word = kinds(words)(row) === "NA" ? "" : kinds(words)(row);
        expect(value).toBe(Number(word === expected[place]));
      });
    }
  });

  it.each<[string, readonly string[], number, RegExp]>([
    ["case and blanks", ["Red", "red", "RED", "dark  blue", "Dark blue"], 2, /one category/],
    ["yes, Yes and TRUE", ["yes", "Yes", "TRUE", "no", "No", "0"], 2, /one category/],
    ["T and 1", ["T", "1", "F", "0"], 2, /one category/],
  ])("in several spellings are one: %s", (_what, words, count, note) => {
    const prepared = prepare({ w: kinds(words) });
    expect(categories(prepared, "w")).toHaveLength(count);
    expect(notesOn(prepared, "w").join()).toMatch(note);
    for (let row = 0; row < prepared.training.x.rows; row++)
      expect(
        numbersOf(prepared.training.x)
          .subarray(row * count, (row + 1) * count)
          .reduce((a, b) => a + b),
      ).toBe(1);
  });

  it("more than a tenth among numbers make words of them, which is said", () => {
    const prepared = prepare({ w: (i) => (i % 5 === 1 ? "many" : String(i % 4)) });
    expect(categories(prepared, "w")).toEqual(["0", "1", "2", "3", "many"]);
    expect(notesOn(prepared, "w")).toEqual(['read as words because of "many" in row 2 (line 3)']);
    expect(
      categories(prepare({ w: (i) => (i % 5 === 1 ? "many" : String(i % 4)) }, { columns: { w: "number" } }), "w"),
    ).toBe("number");
  });
});

describe("leading zeros", () => {
  const note = /^leading zeros are dropped: "0\d+" is read as \d+; "words" in "columns" keeps them$/;
  const two = (value: number): string => String(value).padStart(2, "0");

  it.each<[string, (i: number) => string]>([
    ["codes of five digits", (i) => String(1000 + ((i * 7919) % 60_000)).padStart(5, "0")],
    ["numbers of customers", (i) => String(i % 37).padStart(6, "0")],
    ["departments", (i) => two(1 + ((i * 13) % 95))],
    ["codes among words", (i) => ["01", "02A", "1", "007"][i % 4]],
  ])("that are dropped are told: %s", (_what, cell) => {
    expect(notesOn(prepare({ code: cell }), "code")).toContainEqual(expect.stringMatching(note));
  });

  it("are told in classes", () => {
    const { notes } = prepare({ a: (i) => String(uniform(i)), y: (i) => ["001", "002", "3"][i % 3] });
    expect(notes).toContainEqual(expect.stringMatching(/^y \(target\): leading zeros are dropped: "001" is read as 1/));
  });

  it.each<[string, (i: number) => string]>([
    ["months", (i) => two(1 + (i % 12))],
    ["hours", (i) => two(i % 24)],
    ["minutes", (i) => two(((i * 7) % 12) * 5)],
    ["fractions", (i) => (0.01 + uniform(i)).toFixed(4)],
    ["zero itself", (i) => String(i % 7)],
  ])("of %s are none: the control", (_what, cell) => {
    expect(notesOn(prepare({ code: cell }), "code")).toEqual([]);
  });
});

describe("columns that name or number the rows are left out, and said", () => {
  it.each<[string, string, (i: number) => string]>([
    ["R's row names", "column 1", (i) => String(i + 1)],
    ["pandas' index", "Unnamed: 0", (i) => String(i)],
    ["a counter", "PassengerId", (i) => String(892 + i)],
    ["a shuffled counter", "nr", (i) => String(((i * 7) % 60) + 1)],
    ["a counter with gaps", "id", (i) => String(i * 17 + 3)],
    ["a customer's number", "customerId", (i) => String(15_000_000 + ((i * 7919) % 104_729))],
    ["long integers", "key", (i) => `9007199254740${String(1000 + i * 3)}`],
    ["UUIDs", "uid", (i) => `${String(1e7 + i * 7919)}-9d3f-4a5b-8c6d-7e8f9a0b1c2d`],
    ["names", "name", (i) => `Braund, Mr. Owen ${i}`],
    ["tickets, some of them twice", "ticket", (i) => `A/5 ${21_171 + Math.floor(i / 1.5)}`],
  ])("%s", (_what, name, cell) => {
    const prepared = prepare({ [name]: cell, v: (i) => String(uniform(i)) });
    expect(prepared.encoding.inputs.map(({ column }) => column)).toEqual(["v"]);
    expect(notesOn(prepared, name).join()).toMatch(/^left out: /);
    const kept = prepare({ [name]: cell, v: (i) => String(uniform(i)) }, { columns: { [name]: "words" } });
    expect(inputOf(kept, name)?.kind).toBe("category");
  });

  it.each<[string, string, (i: number) => string]>([
    ["real numbers, all different", "id", (i) => String(uniform(i))],
    ["whole numbers with gaps", "population", (i) => String(1000 + i * i * 37)],
    ["years", "year", (i) => String(1950 + i)],
    ["a variable", "x", (i) => String(i)],
    ["measures in order", "weight", (i) => String(40 + i)],
    ["steps of time", "hour", (i) => String(i)],
    ["ids that come again", "dept", (i) => String(i % 9)],
  ])("but not %s: the control", (_what, name, cell) => {
    const prepared = prepare({ [name]: cell, v: (i) => String(uniform(i)) });
    expect(inputOf(prepared, name)).toMatchObject({ kind: "number" });
    expect(notesOn(prepared, name)).toEqual([]);
  });

  it("and not the only column there is", () => {
    const prepared = prepare({ id: (i) => String(i + 1) });
    expect(prepared.columns).toEqual(["id"]);
    expect(prepared.notes.at(-1)).toContain("there is no other column");
  });
});

describe("values far outside the rest", () => {
  const healthy = (i: number): string => (30 + uniform(i) * 170).toFixed(1);
  it("are told with their row", () => {
    const prepared = prepare({ area: (i) => (i === 7 ? "120000000" : healthy(i)) });
    expect(notesOn(prepared, "area").join()).toMatch(
      /nearly all of its spread comes from 120000000 in row 8 \(line 9\)/,
    );
    const target = prepare({ area: healthy, y: (i) => (i === 3 ? "9.9e9" : String(uniform(i))) });
    expect(target.notes.join("\n")).toMatch(/y \(target\): nearly all of its spread comes from 9900000000 in row 4/);
  });

  it("that repeat and are no usual code are told of, and kept", () => {
    const prepared = prepare({ gain: (i) => (i % 12 === 5 ? "5000" : healthy(i)) });
    expect(notesOn(prepared, "gain").join()).toMatch(/5000 in 5 cells lies far outside the rest/);
    expect(inputOf(prepared, "gain")).not.toHaveProperty("notation");
  });

  it("a code that one column shows is one in the others too", () => {
    const prepared = prepare({
      co: (i) => (i % 9 === 3 ? "-200" : (uniform(i) * 10).toFixed(1)),
      nox: (i) => (i % 9 === 3 ? "-200" : (2 + uniform(i, 5) * 1400).toFixed(0)),
    });
    for (const name of ["co", "nox"]) expect(inputOf(prepared, name)).toMatchObject({ notation: { codes: [-200] } });
    expect(Math.min(...inputColumn(prepared, "nox"))).toBeGreaterThan(-3);
  });

  const odd = (every: number, cell: (i: number) => string) => (i: number) => (i % every === 3 ? "-200" : cell(i));
  const spread = (i: number): string => (uniform(i, 5) * 1400 - 300).toFixed(0);

  it("a code that the target shows is one in the inputs too, and the other way round", () => {
    const small = (i: number): string => (uniform(i) * 10).toFixed(1);
    const few = (i: number): string => (i === 9 || i === 12 ? "-200" : small(i));
    const target = prepare({ co: few, y: odd(8, small) });
    expect(inputOf(target, "co")).toMatchObject({ notation: { codes: [-200] } });
    expect(target.encoding.target).toMatchObject({ notation: { codes: [-200] } });
    expect(inputOf(prepare({ co: few, y: small }), "co")).not.toHaveProperty("notation");

    const input = prepare({ co: odd(8, small), y: few });
    expect(input.encoding.target).toMatchObject({ notation: { codes: [-200] } });
    expect(input.training.x.rows + input.heldOut.x.rows).toBe(ROWS - 2);
    expect(input.notes.join("\n")).toMatch(/^y \(target\): -200 in 2 cells read as missing/m);
    expect(prepare({ co: small, y: few }).encoding.target).not.toHaveProperty("notation");
  });

  it("but a number within the rest is none", () => {
    const prepared = prepare({ co: odd(8, (i) => (uniform(i) * 10).toFixed(1)), y: odd(9, spread) });
    expect(prepared.encoding.target).not.toHaveProperty("notation");
    expect(inputOf(prepared, "co")).toMatchObject({ notation: { codes: [-200] } });
  });

  it.each<[string, (i: number) => string]>([
    ["long tails", (i) => String(Math.exp(4 * uniform(i)))],
    ["incomes", (i) => String(Math.round(20_000 / (0.02 + uniform(i))))],
    ["mostly zeros", (i) => (i % 13 === 0 ? String(100 + i) : "0")],
    ["few levels", (i) => ["500", "10000", "1000000"][i % 3]],
    ["negative numbers", (i) => String(-100 * uniform(i))],
    ["a negative end", (i) => String(Math.max(-50, 100 * uniform(i) - 60))],
    ["grades with a nine", (i) => String([1, 2, 3, 4, 9][i % 5])],
    ["99 among percents", (i) => String(Math.min(99, Math.round(uniform(i) * 120)))],
  ])("are none in %s: the control", (_what, cell) => {
    expect(notesOn(prepare({ a: cell }), "a")).toEqual([]);
  });

  it("whole numbers that float32 merges are told", () => {
    const prepared = prepare({ a: (i) => String(i < 40 ? i * 3 + (i % 2) : 1e14 + i * i) });
    expect(notesOn(prepared, "a").join()).toMatch(/whole numbers are the same as others once they are float32/);
    expect(notesOn(prepare({ stamp: (i) => String(1.7e12 + 1000 * i * i) }), "stamp")).toEqual([]);
  });
});
