// How the benchmark writes its rows, and what it says of a target.
import { describe, expect, test } from "vitest";
import { isWrong, line, share, verdict } from "../../bench/format.js";
import type { Figure } from "../../bench/measure.js";
import { quartiles } from "../../bench/statistics.js";

const ROW = {
  name: "gemm W3 TN 784x512x128",
  seconds: 2.54e-3,
  samples: 60,
  rate: 40.5,
  unit: "GFLOP/s",
  residual: 0.02,
  tolerance: "K·2^-24·sum|a·b|",
} as const;
const FIGURE = { name: "half closed W3, step", value: 66, unit: "% of the time" };

test("a figure has its peak memory beside the plain call's", () => {
  const lineOf = (memory: NonNullable<Figure["memory"]>) => line({ ...FIGURE, memory });
  expect(lineOf({ own: { blocks: 2 ** 20, resident: 3 * 2 ** 20 }, beside: { blocks: 2 ** 19 } })).toMatch(
    / {2}peak 1 MiB of blocks \(plain: 512 KiB\), 3 MiB of the process$/,
  );
  expect(lineOf({ own: {} })).toBe(line(FIGURE));
});

describe("a timed row", () => {
  test("has its share of R with the quartiles of its samples", () => {
    expect(line({ ...ROW, shareOfR: 0.79, quartiles: { low: 0.768, high: 0.812 } }).replace(/ +/g, " ")).toBe(
      "gemm W3 TN 784x512x128 2.54 ms 40.5 GFLOP/s 79 % of R (77..81) 2e-2 of K·2^-24·sum|a·b|",
    );
  });

  test("without a share keeps the columns", () => {
    const withShare = line({ ...ROW, shareOfR: 1, quartiles: { low: 1, high: 1.01 } });
    expect(line(ROW).indexOf("2e-2")).toBe(withShare.indexOf("2e-2"));
  });

  test("has what is wanted of its share", () => {
    const lineOf = (low: number, shareOfR: number, high: number) =>
      line({ ...ROW, shareOfR, quartiles: { low, high }, wanted: { atLeast: 85 } });
    expect(lineOf(0.8, 0.82, 0.84)).toMatch(/ {2}wanted: at least 85, missed$/);
    expect(lineOf(0.8, 0.84, 0.86)).toMatch(/at least 85, within noise of it$/);
    expect(lineOf(0.86, 0.87, 0.88)).toMatch(/at least 85$/);
  });

  test("beyond its tolerance is wrong, and so is NaN", () => {
    expect(line({ ...ROW, residual: 1.5 })).toMatch(/ {2}WRONG$/);
    expect(isWrong({ ...ROW, residual: Number.NaN })).toBe(true);
    expect(isWrong(ROW)).toBe(false);
  });
});

describe("a figure", () => {
  test("whose check fails is wrong, whatever its value", () => {
    const wrong = { ...FIGURE, wrong: "the last frame is not what diagnose counts" };
    expect(isWrong(wrong)).toBe(true);
    expect(isWrong(FIGURE)).toBe(false);
    expect(line(wrong)).toMatch(/ {2}WRONG: the last frame/);
  });

  test.each([
    ["met", { low: 60, high: 64 }, 62, { atMost: 65 }],
    ["missed", { low: 66, high: 70 }, 68, { atMost: 65 }],
    ["within noise of it", { low: 64, high: 70 }, 66, { atMost: 65 }],
    ["within noise of it", { low: 60, high: 66 }, 64, { atMost: 65 }],
    ["met", { low: 1.8, high: 1.9 }, 1.85, { atLeast: 1.75 }],
    ["missed", { low: 1.1, high: 1.2 }, 1.15, { atLeast: 1.75 }],
    ["within noise of it", { low: 1.7, high: 1.9 }, 1.8, { atLeast: 1.75 }],
    ["met", { low: 0, high: 0 }, 0, { atMost: 0 }],
    ["missed", undefined, Number.NaN, { atLeast: 1 }],
    ["met", undefined, 3, { atMost: 4 }],
  ] as const)("%s: quartiles %o, median %d, wanted %o", (expected, range, value, wanted) => {
    expect(verdict({ value, wanted, ...(range && { quartiles: range }) })).toBe(expected);
  });

  test("tells target and verdict; where it is met, the target alone", () => {
    const wanted = { atMost: 65 };
    expect(line({ ...FIGURE, wanted, quartiles: { low: 64, high: 68 } })).toMatch(
      / 66 % of the time \(64\.\.68\) {2}wanted: at most 65, within noise of it$/,
    );
    expect(line({ ...FIGURE, wanted, quartiles: { low: 65.5, high: 68 } })).toMatch(/at most 65, missed$/);
    expect(line({ ...FIGURE, value: 60, wanted, quartiles: { low: 59, high: 61 } })).toMatch(/at most 65$/);
    expect(line({ ...FIGURE, value: 24, unit: "bytes", wanted: { atMost: 0 } })).toMatch(
      /24 bytes {2}wanted: none, missed$/,
    );
  });

  test("may have no target", () => {
    expect(line({ ...FIGURE, note: "of 3" })).toBe(`${"half closed W3, step".padEnd(42)} 66 % of the time  (of 3)`);
  });

  test("that is NaN is wrong", () => {
    expect(isWrong({ ...FIGURE, value: Number.NaN })).toBe(true);
  });
});

test("shares may lack a range, or be missing", () => {
  expect(share(0.724, { low: 0.716, high: 0.73 }, "the limit")).toBe("72 % of the limit (72..73)");
  expect(share(0.724, undefined, "R")).toBe("72 % of R");
  expect(share(undefined, undefined, "R")).toBe("");
});

test("quartiles lie between values where they fall between them", () => {
  expect(quartiles([4, 1, 3, 2, 5])).toEqual({ low: 2, high: 4 });
  expect(quartiles([1, 2, 3, 4])).toEqual({ low: 1.75, high: 3.25 });
  expect(quartiles([7])).toEqual({ low: 7, high: 7 });
});
