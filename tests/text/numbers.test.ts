// How numbers are written for people, and that nothing in src/ and site/ writes them in another way.
import { describe, expect, it } from "vitest";
import {
  countOf,
  cutTo,
  formatBytes,
  formatCount,
  formatDuration,
  formatNumber,
  formatPercent,
  formatRange,
  formatRate,
  formatScore,
  formatSigned,
  formatSignedPercent,
  listWords,
  plural,
  roundTo,
  typeset,
} from "../../src/text/numbers.js";
import fc from "../support/property.js";

describe("numbers", () => {
  it.each([
    [0, "0"],
    [-0, "0"],
    [0.12345, "0.1235"],
    [-1.25, "-1.25"],
    [0.1, "0.1"],
    [0.001153, "0.001153"],
    [100, "100"],
    [123.456, "123.5"],
    [1234.5, "1,235"],
    [123456, "123,456"],
    [999999, "999,999"],
    [1e6, "1e+6"],
    [-3.4e20, "-3.4e+20"],
    [1.2346e-7, "1.235e-7"],
    [0.0001, "0.0001"],
    [0.00009999, "9.999e-5"],
    [9.99996, "10"],
    [Number.NaN, "-"],
    [Infinity, "Infinity"],
    [-Infinity, "-Infinity"],
  ])("%d is %s", (value, text) => expect(formatNumber(value)).toBe(text));

  it("keep so many digits as are asked for, and their whole part in any case", () => {
    expect([0.12345, 12.345, 1234.5, 1.26e-9].map((value) => formatNumber(value, 2))).toEqual([
      "0.12",
      "12",
      "1,235",
      "1.3e-9",
    ]);
  });

  it("are right to half a unit of the last digit", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e30, max: 1e30 }), (value) => {
        const read = Number(formatNumber(value).replaceAll(",", ""));
        expect(Math.abs(read - value)).toBeLessThanOrEqual(0.5001e-3 * Math.abs(value));
      }),
    );
  });

  it("with a sign", () => {
    expect([0.1, -0.1, 0, Number.NaN].map((value) => formatSigned(value))).toEqual(["+0.1", "-0.1", "0", "-"]);
    expect([0.015, -0.015, 0].map(formatSignedPercent)).toEqual(["+1.5 %", "-1.5 %", "0.0 %"]);
  });

  it("of things", () => {
    expect([0, 999, 1000, 1234567, 12.6, Number.NaN].map(formatCount)).toEqual([
      "0",
      "999",
      "1,000",
      "1,234,567",
      "13",
      "-",
    ]);
    expect([1, 2, 1437].map((count) => countOf(count, "unit"))).toEqual(["1 unit", "2 units", "1,437 units"]);
    expect(countOf(2, "class", "classes")).toBe("2 classes");
    expect([plural(1, "is", "are"), plural(0, "is", "are")]).toEqual(["is", "are"]);
    expect(roundTo(0.0012345, 2)).toBe(0.0012);
  });

  it("in percent, where a little is never none", () => {
    expect([0, 0.972, 1, 0.00042, 0.001, Number.NaN].map(formatPercent)).toEqual([
      "0.0 %",
      "97.2 %",
      "100.0 %",
      "0.04 %",
      "0.1 %",
      "-",
    ]);
  });

  it("as scores", () => {
    expect(formatScore(0.5, true)).toBe("50.0 %");
    expect([0.5, -3, Number.NaN].map((score) => formatScore(score, false))).toEqual(["0.500", "below 0", "-"]);
  });

  it("in bytes and seconds", () => {
    expect([0, 1023, 1536, 2 ** 32, 3 * 2 ** 40].map(formatBytes)).toEqual([
      "0 B",
      "1,023 B",
      "1.5 KiB",
      "4 GiB",
      "3 TiB",
    ]);
    expect([0.2, 60, 200, 7500].map(formatDuration)).toEqual(["1 s", "1 min 0 s", "3 min 20 s", "2 h 5 min"]);
  });

  it("as ranges and lists of words", () => {
    expect(formatRange(1, 4)).toBe("1..4");
    expect(formatRange(0.972, 0.981, formatPercent)).toBe("97.2..98.1 %");
    expect(formatRange(0.5, 0.50001)).toBe("0.5");
    expect(formatRange(-2, 1, (end) => formatSigned(end), " to ")).toBe("-2 to +1");
    expect([[], ["a"], ["a", "b"], ["a", "b", "c"]].map(listWords)).toEqual(["", "a", "a and b", "a, b and c"]);
  });
});

describe("rates that are cut", () => {
  it("are never above the rate, and within one unit of the last digit", () => {
    expect([0.31899, 0.3, 0.9996, 1 / 3, 0.1 + 0.2].map(formatRate)).toEqual(["0.318", "0.3", "0.999", "0.333", "0.3"]);
    fc.assert(
      fc.property(fc.double({ min: 1e-12, max: 1e6, noNaN: true }), fc.integer({ min: 1, max: 6 }), (rate, digits) => {
        const cut = cutTo(rate, digits);
        expect(cut).toBeLessThanOrEqual(rate);
        expect(rate - cut).toBeLessThanOrEqual(1.0001 * 10 ** (Math.floor(Math.log10(rate)) - digits + 1));
      }),
    );
  });

  it("while rounding would put some above", () => expect(roundTo(0.31899, 3)).toBeGreaterThan(0.31899));
});

it("typesets the minus signs of numbers and their percent signs, and no other hyphen", () => {
  expect(typeset("from +0.1 to -0.1, -.5 (-3) and -Infinity")).toBe(
    "from +0.1 to \u22120.1, \u2212.5 (\u22123) and \u2212Infinity",
  );
  expect(typeset("64-128-10, 1e-7, layer-2, one--2, a - b")).toBe("64-128-10, 1e-7, layer-2, one--2, a - b");
  expect(typeset("97.2 % of 3 %s")).toBe("97.2\u00a0% of 3\u00a0%s");
});
