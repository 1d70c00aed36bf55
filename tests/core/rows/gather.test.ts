// Rows are copied in the order of a list, whichever way that is done, and nothing beside them is written.
import { describe, expect, it } from "vitest";
import { gatherRows, type RowNumbers, type RowViews } from "../../../src/core/rows/gather.js";

const ROWS = 7;
const ORDER = Uint32Array.of(9, 3, 0, 3, 6, 5, 9);
const [FIRST, COUNT] = [1, 5];
const AT = 4;
const UNTOUCHED = 99;

function filled(type: new (length: number) => RowNumbers, length: number): RowNumbers {
  const numbers = new type(length);
  for (let i = 0; i < length; i++) numbers[i] = i % 97;
  return numbers;
}

function expected(from: RowNumbers, columns: number): number[] {
  const rows = [...ORDER.subarray(FIRST, FIRST + COUNT)];
  return rows.flatMap((row) => [...from.subarray(row * columns, (row + 1) * columns)]);
}

describe.each([Float32Array, Float64Array, Uint8Array, Uint16Array])("%O", (type) => {
  it.each([1, 2, 3, 95, 96, 97])("rows of %i", (columns) => {
    const from = filled(type, ROWS * columns);
    for (const views of [undefined, [] as RowViews]) {
      const to = new type(AT + COUNT * columns + 3).fill(UNTOUCHED) as RowNumbers;
      for (let times = 0; times < 2; times++) gatherRows(to, AT, from, columns, views, ORDER, FIRST, COUNT);
      const written = expected(from, columns);
      expect([...to]).toEqual([...Array<number>(AT).fill(UNTOUCHED), ...written, ...Array<number>(3).fill(UNTOUCHED)]);
    }
  });
});

it("views are made of long rows that are copied, once each, and not where they would be too many", () => {
  const viewsOf = (rows: number, columns: number): RowViews => {
    const views: RowViews = [];
    const from = filled(Uint8Array, rows * columns);
    const to = new Uint8Array(COUNT * columns);
    gatherRows(to, 0, from, columns, views, ORDER, FIRST, COUNT);
    const before = [...views];
    gatherRows(to, 0, from, columns, views, ORDER, FIRST, COUNT);
    expect([...to]).toEqual(expected(from, columns));
    before.forEach((view, row) => expect(views[row]).toBe(view));
    return views;
  };
  const made = viewsOf(ROWS, 96);
  expect(Object.keys(made)).toEqual(["0", "3", "5", "6"]);
  expect(viewsOf(ROWS, 95)).toEqual([]);
  expect(Object.keys(viewsOf(2 ** 18, 96))).toHaveLength(4);
  expect(viewsOf(2 ** 18 + 1, 96)).toEqual([]);
});
