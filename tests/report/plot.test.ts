import { describe, expect, it } from "vitest";
import { pageToHtml, type Page } from "../../src/report/page.js";
import { plotToSvg, type Plot, plotTable } from "../../src/report/plot.js";
import { binCounts } from "../../src/report/svg/histogram.js";
import { makeScale } from "../../src/report/svg/scale.js";
import { markupFault, OUTSIDE } from "../support/markup.js";

const lines: Plot = {
  kind: "lines",
  title: "Accuracy <by> task",
  x: { label: "task" },
  y: { label: "accuracy" },
  series: [
    {
      name: "plain",
      points: [
        [1, 0.9],
        [2, 0.5],
        [3, 0.1],
      ],
      band: [
        [0.8, 0.95],
        [0.4, 0.6],
        [0.1, 0.2],
      ],
    },
    {
      name: "cured & well",
      points: [
        [1, 0.9],
        [2, Number.NaN],
        [3, 0.1],
      ],
    },
  ],
};
const bars: Plot = {
  kind: "bars",
  title: "Time",
  axis: { label: "microseconds" },
  bars: [
    { name: "relu", value: 2, low: 1, high: 3 },
    { name: "tanh", value: 4, isAccent: true },
  ],
};
const histogram: Plot = {
  kind: "histogram",
  title: "z",
  x: { label: "preactivation" },
  y: { label: "rows" },
  edges: [-1, 0, 1],
  series: [
    { name: "before", counts: [0, 5] },
    { name: "after", counts: [5, 0] },
  ],
};
const withEvents: Plot = {
  ...lines,
  events: {
    name: "deaths",
    points: [
      [1, 2],
      [3, 8],
    ],
  },
};
const withZones: Plot = {
  ...lines,
  mark: { x: 1.5, name: "here" },
  zones: [
    { from: 2, name: "bad <b>" },
    { from: 2.5, name: "worse" },
  ],
};
const ranges: Plot = {
  kind: "ranges",
  title: "z of units",
  axis: { label: "z" },
  rows: [
    { name: "unit 1", low: -4, high: -1, mean: -2, std: 0.5 },
    { name: "unit 2", low: -3, high: 2, mean: 1.9, std: 0.5 },
    { name: "unit 3", low: -Infinity, high: 1, mean: Number.NaN, std: Number.NaN },
  ],
};
const page: Page = {
  title: "A & B",
  lead: ["<script>alert(1)</script>"],
  sections: [
    {
      id: "one",
      heading: "One",
      badge: "holds",
      content: [
        { kind: "text", text: "Text." },
        { kind: "plots", plots: [lines, bars, histogram, ranges] },
        { kind: "table", summary: "All", table: { caption: "Figures", header: ["", "x"], rows: [["a", "1"]] } },
      ],
    },
    { id: "two", heading: "Two", content: [] },
  ],
  foot: ["Made by a command."],
};

/** All numbers of an attribute, or of the path's data. */
const numbers = (markup: string, attribute: string): number[] =>
  [...markup.matchAll(new RegExp(` ${attribute}="([^"]*)"`, "g"))].flatMap(
    ([, text]) => text.match(/-?\d+(\.\d+)?/g)?.map(Number) ?? [],
  );

describe("scales", () => {
  it("mark round numbers and put the ends on the edges", () => {
    const scale = makeScale([0, 97], { label: "" }, 0, 100);
    expect(scale.ticks.map(({ text }) => text)).toEqual(["0", "20", "40", "60", "80", "100"]);
    expect([scale.at(0), scale.at(50), scale.at(100)]).toEqual([0, 50, 100]);
  });

  it("mark powers of ten, and keep a floor for 0", () => {
    const scale = makeScale([0, 1e-5, 1], { label: "", scale: "log" }, 100, 0);
    expect(scale.ticks.map(({ text }) => text)).toEqual(["0", "10⁻⁵", "10⁻³", "0.1"]);
    expect(scale.at(0)).toBe(100);
    expect(scale.at(1e-5)).toBe(90);
    expect(scale.at(1)).toBe(0);
  });

  it.each([[[3, 3]], [[0, 0]], [[]], [[Number.NaN, Infinity]], [[-2, -2]]])("bear %j", (values) => {
    for (const scale of ["linear", "log"] as const) {
      const { at, low, high } = makeScale(values, { label: "", scale }, 0, 100);
      expect(high).toBeGreaterThan(low);
      expect(Number.isFinite(at(low) + at(high) + at(values[0] === 3 ? 3 : 1))).toBe(true);
    }
  });
});

describe("plots", () => {
  it("shade zones to the right end, and name them under the axis", () => {
    const svg = plotToSvg(withZones);
    const shades = svg.match(/<rect [^>]*class="zone"\/>/g)!;
    const [first, second] = shades.map((shade) => [numbers(shade, "x")[0], numbers(shade, "width")[0]]);
    expect(second[0]).toBeGreaterThan(first[0]);
    expect(first[0] + first[1]).toBeCloseTo(second[0] + second[1], 5);
    expect(shades).toHaveLength(2 + 1 + 2); // each in the picture; a swatch of one shade, and one of both
    expect(svg).toContain("bad &lt;b&gt;");
    expect(plotToSvg(lines)).not.toContain("zone");
    expect(numbers(svg, "viewBox")[3]).toBeGreaterThan(numbers(plotToSvg(lines), "viewBox")[3]);
  });

  it.each([lines, bars, histogram, ranges, withEvents, withZones])(
    "of $kind are whole, finite and inside of the picture",
    (plot) => {
      const svg = plotToSvg(plot);
      expect(markupFault(svg)).toBeUndefined();
      expect(svg).not.toMatch(/NaN|Infinity|undefined/);
      const [, , width, height] = numbers(svg, "viewBox");
      for (const name of ["x", "x1", "x2", "cx"])
        for (const x of numbers(svg, name)) expect(x >= 0 && x <= width, `${name} ${x}`).toBe(true);
      for (const name of ["y", "y1", "y2", "cy"])
        for (const y of numbers(svg, name)) expect(y >= 0 && y <= height, `${name} ${y}`).toBe(true);
    },
  );

  it("draw larger values higher, and gaps as gaps", () => {
    const [path] = plotToSvg(lines).match(/M[^"]*" class="line s0/)!;
    const heights = [...path.matchAll(/[\d.]+ ([\d.]+)/g)].map(([, y]) => Number(y));
    expect(heights).toEqual([...heights].sort((a, b) => a - b));
    expect(
      plotToSvg(lines)
        .match(/d="([^"]*)" class="line s1/)![1]
        .match(/M/g),
    ).toHaveLength(2);
  });

  it("draw bars as long as their values", () => {
    const [two, four] = numbers(plotToSvg(bars), "width");
    expect(four / two).toBeCloseTo(2, 1);
  });

  it("push names apart that would lie on each other", () => {
    const [first, second] = [...plotToSvg(lines).matchAll(/y="([\d.]+)" class="name/g)].map(([, y]) => Number(y));
    expect(Math.abs(first - second)).toBeGreaterThanOrEqual(12);
  });

  it("name a line at its right end, whatever the order of its points", () => {
    const falling: Plot = {
      ...lines,
      series: [
        {
          name: "falling",
          points: [
            [3, 0.1],
            [1, 0.9],
          ],
        },
      ],
    };
    const svg = plotToSvg(falling);
    const [name] = svg
      .match(/<text x="[\d.]+" y="([\d.]+)" class="name/)!
      .slice(1)
      .map(Number);
    const dots = [...svg.matchAll(/cx="([\d.]+)" cy="([\d.]+)"/g)].map(([, x, y]) => [Number(x), Number(y)]);
    const right = dots.reduce((a, b) => (a[0] > b[0] ? a : b));
    expect(Math.abs(name - 4 - right[1])).toBeLessThan(1);
  });

  it("have all their figures in a table", () => {
    expect(plotTable(lines)).toEqual({
      header: ["task", "plain", "cured & well"],
      rows: [
        ["1", "0.9 (0.8 to 0.95)", "0.9"],
        ["2", "0.5 (0.4 to 0.6)", "-"],
        ["3", "0.1 (0.1 to 0.2)", "0.1"],
      ],
    });
    expect(plotTable(bars).rows).toEqual([
      ["relu", "2", "1 to 3"],
      ["tanh", "4", ""],
    ]);
    expect(plotTable(histogram).rows).toEqual([
      ["-1 to 0", "0", "5"],
      ["0 to 1", "5", "0"],
    ]);
  });

  it("draw events as bars by their counts, and count them in the table", () => {
    const bars = [...plotToSvg(withEvents).matchAll(/y1="([\d.]+)" x2="[\d.]+" y2="([\d.]+)" class="event"/g)];
    const [two, eight] = bars.map(([, from, to]) => Number(from) - Number(to));
    expect(bars).toHaveLength(2);
    expect(eight / two).toBeCloseTo(4, 5);
    expect(plotTable(withEvents).rows.map((row) => row.at(-1))).toEqual(["2", "0", "8"]);
    expect(plotTable(withEvents).header.at(-1)).toBe("deaths");
  });

  it("draw ranges within their ends, and leave out what is not finite", () => {
    const svg = plotToSvg(ranges);
    const boxes = [...svg.matchAll(/<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)"/g)].map(([, x, width]) => [
      Number(x),
      Number(x) + Number(width),
    ]);
    expect(boxes).toHaveLength(2);
    const whiskers = [...svg.matchAll(/x1="([\d.]+)" y1="([\d.]+)" x2="([\d.]+)" y2="\2" class="whisker"/g)];
    whiskers.forEach(([, left, , right], i) => {
      expect(boxes[i][0]).toBeGreaterThanOrEqual(Number(left));
      expect(boxes[i][1]).toBeLessThanOrEqual(Number(right) + 0.11); // places are rounded to a tenth
    });
    expect(svg).not.toContain("unit 3");
    expect(plotTable(ranges).rows[0]).toEqual(["unit 1", "-4", "-2", "0.5", "-1"]);
  });

  it("count in bins, the ends for what lies beyond", () => {
    expect(binCounts([-5, 0.1, 0.5, 0.9, 1, 7, Number.NaN], 0, 1, 2)).toEqual({ edges: [0, 0.5, 1], counts: [2, 4] });
  });
});

describe("the page", () => {
  const html = pageToHtml(page);

  it("is whole, and escapes what it is given", () => {
    expect(markupFault(html)).toBeUndefined();
    expect(html).not.toContain("<script");
    expect(html).toContain("&lt;script&gt;");
    expect(html).toContain("A &amp; B");
  });

  it("asks for nothing from outside", () => {
    expect(html.match(OUTSIDE)).toBeNull();
    expect(html).toContain("default-src 'none'");
  });

  it("has landmarks, one first heading, and a table for each plot", () => {
    for (const landmark of ["header", "nav", "main", "footer"])
      expect(html.match(new RegExp(`<${landmark}[ >]`, "g")), landmark).toHaveLength(1);
    expect(html.match(/<h1/g)).toHaveLength(1);
    expect(html.match(/<svg/g)).toHaveLength(4);
    expect(html.match(/<figure>[^]*?<table>/g)).toHaveLength(4);
    const ids = [...html.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
