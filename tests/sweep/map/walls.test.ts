// Walls: lines where a grid of means crosses a level, against grids whose lines are known.
import { describe, expect, test } from "vitest";
import { contours, wallOf } from "../../../src/sweep/map/walls.js";
import fc from "../../support/property.js";

const row = (length: number, at: (i: number) => number) => Array.from({ length }, (_, i) => at(i));
const grid = (columns: number, rows: number, at: (column: number, row: number) => number) =>
  row(rows, (r) => r).map((r) => row(columns, (c) => at(c, r)));

describe("contours", () => {
  test("of a plane: one straight line, where it crosses", () => {
    const lines = contours(
      grid(5, 4, (column) => column / 4),
      0.3,
    );
    expect(lines).toHaveLength(1);
    expect(lines[0]).toHaveLength(4);
    for (const [column] of lines[0]) expect(column).toBeCloseTo(1.2, 12);
    expect(lines[0].map(([, r]) => r).sort()).toEqual([0, 1, 2, 3]);
  });

  test("around a hill: a ring that ends where it began", () => {
    const lines = contours(
      grid(7, 7, (c, r) => 1 - Math.hypot(c - 3, r - 3) / 4),
      0.5,
    );
    expect(lines).toHaveLength(1);
    expect(lines[0].at(0)).toEqual(lines[0].at(-1));
    for (const [c, r] of lines[0]) expect(Math.abs(Math.hypot(c - 3, r - 3) - 2)).toBeLessThan(0.15);
  });

  test("of a saddle: the middle says which corners are joined", () => {
    const low = contours(
      [
        [1, 0],
        [0, 0.9],
      ],
      0.5,
    );
    const high = contours(
      [
        [1, 0.2],
        [0.2, 1],
      ],
      0.5,
    );
    expect([low.length, high.length]).toEqual([2, 2]);
    const around = (lines: typeof low, [c, r]: readonly [number, number]) =>
      lines.some((line) => line.every(([x, y]) => Math.hypot(x - c, y - r) <= 0.8));
    expect([around(low, [0, 0]), around(low, [1, 0])]).toEqual([true, false]); // 0.475: the ones are islands
    expect([around(high, [0, 0]), around(high, [1, 0])]).toEqual([false, true]); // 0.6: the others are
  });

  test("nothing where all is on one side, and a gap where a cell is not known", () => {
    expect(
      contours(
        grid(4, 4, () => 0.2),
        0.5,
      ),
    ).toEqual([]);
    expect(
      contours(
        grid(4, 4, () => 0.5),
        0.5,
      ),
    ).toEqual([]);
    const known = grid(4, 3, (c) => c / 3);
    const gap = known.map((cells, r) => cells.map((value, c) => (r === 2 && c === 1 ? undefined : value)));
    expect(contours(known, 0.5)[0]).toHaveLength(3);
    expect(contours(gap, 0.5)[0]).toHaveLength(2);
  });
});

const grids = fc
  .tuple(fc.integer({ min: 2, max: 7 }), fc.integer({ min: 2, max: 7 }))
  .chain(([columns, rows]) =>
    fc.array(fc.array(fc.integer({ min: 0, max: 996 }), { minLength: columns, maxLength: columns }), {
      minLength: rows,
      maxLength: rows,
    }),
  )
  .map((rows) => rows.map((cells) => cells.map((value) => value / 997)));

test("each place of a line lies between two neighbours on either side of the level, and none is left out", () => {
  fc.assert(
    fc.property(grids, (cells) => {
      const crossings = new Set<string>();
      for (const [c, r] of contours(cells, 0.5).flat()) {
        const [a, b] = [cells[Math.floor(r)][Math.floor(c)], cells[Math.ceil(r)][Math.ceil(c)]];
        expect(a >= 0.5).not.toBe(b >= 0.5);
        const share = Number.isInteger(c) ? r - Math.floor(r) : c - Math.floor(c);
        expect(a + share * (b - a)).toBeCloseTo(0.5, 9);
        crossings.add(`${c} ${r}`);
      }
      const isCrossed = (a: number, b: number | undefined) => b !== undefined && a >= 0.5 !== b >= 0.5;
      const sides = cells.flatMap((line, r) =>
        line.flatMap((value, c) =>
          [line[c + 1] as number | undefined, (cells[r + 1] as number[] | undefined)?.[c]].filter((next) =>
            isCrossed(value, next),
          ),
        ),
      );
      expect(crossings.size).toBe(sides.length);
    }),
  );
});

test("a wall's places have the axes' values, by their scales", () => {
  const x = { name: "learningRate", values: [0.01, 0.1, 1], scale: "log" as const };
  const y = { name: "activation", values: ["relu", "elu"], scale: "list" as const };
  const { lines } = wallOf(
    [
      [0, 0, 1],
      [0, 0, 1],
    ],
    0.5,
    x,
    y,
  );
  expect(lines[0][0]).toEqual({ column: 1.5, row: 0, x: 0.3162 });
});
