// Tables in the style of published ones: each column is read as what it is, and every note is expected.
import { denseRows } from "../../src/core/matrix.js";
import { numbersOf } from "../support/sparse.js";
import { describe, expect, it } from "vitest";
import { encodeLabelledRows, encodeRows, prepareTable } from "../../src/table.js";
import type { Matrix } from "../../src/core/matrix.js";
import { PUBLISHED } from "./published-tables.js";

/** Rows of the table in their order, put together from the parts. */
function joined(
  training: Matrix,
  heldOut: Matrix,
  rows: readonly number[],
  heldOutRows: readonly number[],
): Float32Array {
  const held = new Set(heldOutRows);
  const next = [0, 0];
  return Float32Array.from(
    rows.flatMap((row) => {
      const part = Number(held.has(row));
      const { columns, data } = [training, heldOut][part];
      const start = next[part]++ * columns;
      return Array.from(data.subarray(start, start + columns));
    }),
  );
}

describe.each(PUBLISHED)("$name", ({ header, row, rows = 200, separator = ",", target, task, inputs, notes }) => {
  const text = [header, ...Array.from({ length: rows }, (_, i) => row(i).join(separator))].join("\n");

  it("is read as what it is, and told", async () => {
    const prepared = await prepareTable(text, { target });
    expect(prepared.task).toBe(task);
    expect(Object.fromEntries(prepared.encoding.inputs.map(({ column, kind }) => [column, kind]))).toEqual(inputs);
    const told = prepared.notes.filter((note) => !/\(target\): (a number|\d+ classes)/.test(note));
    for (const note of told)
      expect(
        notes.some((each) => each.test(note)),
        note,
      ).toBe(true);
    for (const each of notes)
      expect(
        told.some((note) => each.test(note)),
        String(each),
      ).toBe(true);
    expect(numbersOf(prepared.training.x).every(Number.isFinite)).toBe(true);
  });

  it("is encoded later as it was, to the bit", async () => {
    const { training, heldOut, heldOutRows, encoding, columns } = await prepareTable(text, { target, seed: 3 });
    const copy = JSON.parse(JSON.stringify(encoding)) as typeof encoding;
    const later = await encodeLabelledRows(copy, text);
    expect(later.x.columns).toBe(columns.length);
    expect(numbersOf(later.x)).toEqual(joined(denseRows(training.x), denseRows(heldOut.x), later.rows, heldOutRows));
    const y = (values: readonly number[]): Matrix => ({
      rows: values.length,
      columns: 1,
      data: Float32Array.from(values),
    });
    expect(Float32Array.from(later.y as readonly number[])).toEqual(
      joined(y(training.y), y(heldOut.y), later.rows, heldOutRows),
    );
    const all = await encodeRows(encoding, text);
    later.rows.forEach((place, r) =>
      expect(numbersOf(all).subarray(place * all.columns, (place + 1) * all.columns)).toEqual(
        numbersOf(later.x).subarray(r * all.columns, (r + 1) * all.columns),
      ),
    );
  });
});
