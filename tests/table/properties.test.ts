// Whatever a table holds: numbers come back in every notation, later rows are encoded as the first were, and what can't
// be used is refused in our own words.
import { numbersOf } from "../support/sparse.js";
import { describe, expect, it } from "vitest";
import { RelumineError } from "../../src/core/errors.js";
import { type ColumnChoice, decodeOutputs, encodeLabelledRows, encodeRows, prepareTable } from "../../src/table.js";
import { COLUMN_CHOICES } from "../../src/table/column-choice.js";
import { columnsOf } from "../../src/table/columns.js";
import { prepareColumns } from "../../src/table/prepare.js";
import { readDate } from "../../src/table/reading/dates.js";
import { PLAIN, readNumber, valueOf } from "../../src/table/reading/number-notation.js";
import fc from "../support/property.js";

const group = (digits: string, mark: string): string => digits.replace(/\B(?=(\d{3})+$)/g, mark);

/** Ways to write a number: sign, digits and decimals as text. */
const NOTATIONS: Readonly<Record<string, (sign: string, whole: string, decimals: string) => string>> = {
  plain: (sign, whole, decimals) => `${sign}${whole}.${decimals}`,
  "decimal comma": (sign, whole, decimals) => `${sign}${whole},${decimals}`,
  English: (sign, whole, decimals) => `${sign}${group(whole, ",")}.${decimals}`,
  German: (sign, whole, decimals) => `${sign}${group(whole, ".")},${decimals}`,
  French: (sign, whole, decimals) => `${sign}${group(whole, "\u202f")},${decimals}`,
  Swiss: (sign, whole, decimals) => `${sign}${group(whole, "’")}.${decimals}`,
  dollars: (sign, whole, decimals) => `${sign}$${group(whole, ",")}.${decimals}`,
  euros: (sign, whole, decimals) => `${sign}${group(whole, ".")},${decimals} €`,
  percent: (sign, whole, decimals) => `${sign}${whole}.${decimals} %`,
  unit: (sign, whole, decimals) => `${sign}${whole}.${decimals} kg`,
  bookkeeping: (sign, whole, decimals) => (sign === "-" ? `(${whole}.${decimals})` : `${whole}.${decimals}`),
  minus: (sign, whole, decimals) => `${sign.replace("-", "−")}${whole}.${decimals}`,
  quotes: (sign, whole, decimals) => `'${sign}${whole}.${decimals}'`,
};

const written = fc.record({
  sign: fc.constantFrom("", "-"),
  whole: fc.integer({ min: 0, max: 87_654_321 }).map(String),
  decimals: fc.integer({ min: 0, max: 99 }).map((value) => String(value).padStart(2, "0")),
});

describe("numbers", () => {
  it.each(Object.entries(NOTATIONS))("come back from the notation %s", (_name, write) => {
    fc.assert(
      fc.property(fc.array(written, { minLength: 12, maxLength: 30 }), (numbers) => {
        const values = numbers.map(({ sign, whole, decimals }) => Number(`${sign}${whole}.${decimals}`) + 0);
        fc.pre(new Set(values).size > 10);
        const texts = numbers.map(({ sign, whole, decimals }) => write(sign, whole, decimals));
        const rows = texts.map((text, i) => [text, String(i * 1.5)]);
        const prepared = prepareColumns(columnsOf(["a", "b"], rows), {
          target: "a",
          task: "regression",
          validation: 0,
          columns: { a: "number" },
        });
        const { target } = prepared.encoding;
        if (target.kind !== "number") throw new Error("classes");
        const { mean, scale } = target;
        expect(prepared.training.y).toEqual(values.map((value) => (value - mean) / scale));
      }),
      { numRuns: 60 },
    );
  });

  it("are read in no more time than their length allows, and never thrown at", () => {
    const piece = fc.constantFrom(
      "1",
      "23",
      "000",
      ",",
      ".",
      " ",
      "'",
      "-",
      "+",
      "(",
      ")",
      "$",
      "€",
      "%",
      "e",
      "k",
      "m2",
      "\u00a0",
      "−",
      '"',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (parts) => {
        const text = parts.join("");
        const value = valueOf(readNumber(text), PLAIN);
        expect(typeof value).toBe("number");
        const date = readDate(text);
        if (date) expect(Number.isNaN(date.dayFirst) && Number.isNaN(date.monthFirst)).toBe(false);
      }),
      { numRuns: 3000 },
    );
  });
});

/** Cells of one kind each. */
const KINDS = [
  fc.double({ noNaN: true }).map(String),
  fc.integer({ min: -99, max: 2000 }).map(String),
  fc.integer({ min: 0, max: 3 }).map(String),
  fc.constantFrom("yes", "No", "TRUE", "f", "1", "0"),
  fc.constantFrom("__proto__", "constructor", "undefined", "Red", "red ", "NA"),
  fc.integer({ min: 1, max: 9e6 }).map((value) => `$${group(String(value), ",")}`),
  fc.integer({ min: 1, max: 9e6 }).map((value) => `${group(String(value), ".")},50 €`),
  fc.integer({ min: 1, max: 99 }).map((value) => `${value} kg`),
  fc.integer({ min: 1, max: 99 }).map((value) => (value % 2 ? `${value}k` : `${value}`)),
  fc.integer({ min: 0, max: 20_000 }).map((day) => new Date(day * 86_400_000).toISOString().slice(0, 10)),
  fc.tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 28 })).map(([a, b]) => `${a}/${b}/2014 5:30 PM`),
  fc.string({ maxLength: 6 }),
] as const;
const ODD = fc.constantFrom(
  "NA",
  "",
  "-",
  "none",
  "inf",
  "1e400",
  "-999",
  "9999",
  "#DIV/0!",
  "tall",
  "1,5",
  "(6)",
  "12:30",
);

/** Cells of one kind, with an odd one every now and then. */
const column = fc
  .tuple(
    fc.nat({ max: KINDS.length - 1 }).chain((kind) => fc.array(KINDS[kind], { minLength: 4, maxLength: 40 })),
    ODD,
    fc.integer({ min: 2, max: 60 }),
  )
  .map(
    ([cells, odd, every]) =>
      (i: number) =>
        i % every === every - 1 ? odd : cells[(i * 7) % cells.length],
  );

const csvCell = (cell: string): string => `"${cell.replaceAll('"', '""').replaceAll("\0", "")}"`;

describe("any table", () => {
  const table = fc.tuple(fc.array(column, { minLength: 2, maxLength: 4 }), fc.integer({ min: 2, max: 60 }));
  const choice = fc.option(fc.constantFrom<ColumnChoice>(...COLUMN_CHOICES), { nil: undefined });
  const task = fc.option(fc.constantFrom("classification" as const, "regression" as const), { nil: undefined });

  it("is prepared, or refused by a RelumineError; prepared, it is encoded later as it was, to the bit", async () => {
    let prepared = 0;
    await fc.assert(
      fc.asyncProperty(table, choice, task, fc.nat({ max: 9 }), async ([columns, rows], first, asked, seed) => {
        const lines = Array.from({ length: rows }, (_, i) => columns.map((cell) => csvCell(cell(i))).join(","));
        const text = [columns.map((_, place) => `c${place}`).join(","), ...lines].join("\n");
        const options = {
          target: `c${columns.length - 1}`,
          task: asked,
          seed,
          validation: 0.3,
          header: true,
          separator: ",",
        };
        try {
          const { training, heldOut, heldOutRows, encoding } = await prepareTable(text, {
            ...options,
            ...(first && { columns: { c0: first } }),
          });
          expect(numbersOf(training.x).every(Number.isFinite)).toBe(true);
          const layout = { header: true, separator: "," };
          const later = await encodeLabelledRows(JSON.parse(JSON.stringify(encoding)) as typeof encoding, text, layout);
          const { columns: width } = later.x;
          const held = new Set(heldOutRows);
          const next = [0, 0];
          later.rows.forEach((row, r) => {
            const part = Number(held.has(row));
            const { x, y } = [training, heldOut][part];
            const place = next[part]++;
            expect(numbersOf(later.x).subarray(r * width, (r + 1) * width)).toEqual(
              numbersOf(x).subarray(place * width, (place + 1) * width),
            );
            expect((later.y as readonly number[])[r]).toBe(y[place]);
          });
          expect(next).toEqual([training.x.rows, heldOut.x.rows]);
          prepared++;
        } catch (error) {
          if (!(error instanceof RelumineError)) throw error;
        }
      }),
      { numRuns: 400 },
    );
    expect(prepared).toBeGreaterThan(40);
  });
});

describe("outputs", () => {
  const csv = (target: (i: number) => string): string =>
    ["x,y", ...Array.from({ length: 30 }, (_, i) => `${i * 1.5},${target(i)}`)].join("\n");

  it("become classes, or numbers in units of the target", async () => {
    const classes = await prepareTable(
      csv((i) => ["a", "b", "c"][i % 3]),
      { target: "y" },
    );
    // prettier-ignore
    expect(decodeOutputs(classes.encoding, [[0, 1, 0], [2, 1, 0], [0, 0, 0.1]])).toEqual(["b", "a", "c"]);
    const numbers = await prepareTable(
      csv((i) => `"$${i + 1},500"`),
      { target: "y" },
    );
    const { x, y } = await encodeLabelledRows(
      numbers.encoding,
      csv((i) => `"$${i + 1},500"`),
    );
    const outputs = { rows: x.rows, columns: 1, data: Float32Array.from(y as readonly number[]) };
    const values = decodeOutputs(numbers.encoding, outputs) as number[];
    values.forEach((value, i) => expect(value).toBeCloseTo(1000 * (i + 1) + 500, 2));
  });

  it("of another width are refused", async () => {
    const { encoding } = await prepareTable(
      csv((i) => "ab"[i % 2]),
      { target: "y" },
    );
    expect(() => decodeOutputs(encoding, [[1, 2, 3]])).toThrow(
      expect.objectContaining({ code: "shape", path: "outputs" }),
    );
    await expect(encodeRows(encoding, "z\n1,2\n")).rejects.toBeInstanceOf(RelumineError);
  });
});
