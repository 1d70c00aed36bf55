// Maps of cells as pictures: every cell has words, walls and marks have names, and nothing is told by colour alone.
import { expect, test } from "vitest";
import { pictureFile } from "../../../src/report/picture-file.js";
import { plotTable, plotToSvg } from "../../../src/report/plot.js";
import type { HeatMap } from "../../../src/report/svg/heat-map.js";
import { markupFault, OUTSIDE } from "../../support/markup.js";

const cells = [0, 1, 2].flatMap((column) =>
  [0, 1].map((row) => ({ column, row, share: column / 2, title: `cell ${column} ${row}`, text: `${50 * column} %` })),
);
const map: HeatMap = {
  kind: "heat",
  title: "Dead <units>",
  x: { label: "rate", names: ["0.01", "0.1", "1"], ticks: [{ place: 1, text: "0.1" }] },
  y: { label: "bias", names: ["-1", "0"], ticks: [{ place: 0, text: "-1" }] },
  cells,
  ends: ["0 %", "100 % dead"],
  tone: "orange",
  walls: [
    {
      name: "50 % dead",
      lines: [
        [
          [1, 0],
          [1, 1],
        ],
      ],
    },
    { name: "nowhere", lines: [] },
  ],
  own: { column: 0, row: 1, name: "your own setting" },
};

test("has a cell with its words for each, the wall, the ring, and a legend", () => {
  const svg = plotToSvg(map);
  expect(markupFault(svg)).toBeUndefined();
  for (const { title } of cells) expect(svg).toContain(`<title>${title}</title>`);
  expect(svg).toContain("Dead &lt;units&gt;");
  for (const name of ["50 % dead", "your own setting", "100 % dead"])
    expect(svg.replaceAll("\u00a0", " ")).toContain(`>${name}</text>`);
  expect(svg).not.toContain("nowhere");
  const numbers = [...svg.matchAll(/ (?:x|y|cx|cy|x1|y1)="([^"]+)"/g)].map(([, number]) => Number(number));
  expect(numbers.every((number) => number >= -20 && number <= 420)).toBe(true);
});

test("the darker the more", () => {
  const opacities = [...plotToSvg(map).matchAll(/fill-opacity="([^"]+)"><title>cell (\d) 0/g)];
  expect(opacities.map(([, opacity, column]) => [column, opacity])).toEqual([
    ["0", "0"],
    ["1", "0.5"],
    ["2", "1"],
  ]);
});

test("kinds have shapes of their own", () => {
  const kinds = ["born dead", "died in training"];
  const marked = { ...map, kinds, ends: undefined, cells: cells.map((cell) => ({ ...cell, kind: cell.column % 2 })) };
  const svg = plotToSvg(marked as HeatMap);
  const shapes = new Set([...svg.matchAll(/<path d="([^"]+)"[^>]*class="heat-kind"/g)].map(([, d]) => d));
  expect(shapes.size).toBe(2);
  for (const kind of kinds) expect(svg).toContain(`>${kind}</text>`);
});

test("is a table too, with its rows from the top", () => {
  expect(plotTable(map)).toEqual({
    header: ["bias \\ rate", "0.01", "0.1", "1"],
    rows: [
      ["0", "0 %", "50 %", "100 %"],
      ["-1", "0 %", "50 %", "100 %"],
    ],
  });
});

test("as a file of its own it is whole, with its style", () => {
  const file = pictureFile(map);
  expect(markupFault(file)).toBeUndefined();
  expect(file).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg"/);
  expect(file).toContain("prefers-color-scheme:dark");
  expect(file.replace(/xmlns="[^"]+"/, "").match(OUTSIDE)).toBeNull();
});
