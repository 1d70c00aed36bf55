import { describe, expect, it } from "vitest";
import { drawCheckupTable, drawEpochLine, drawEpochTitle, type RunRow } from "../../src/report/checkup-text.js";
import { formatScore } from "../../src/text/numbers.js";

const exactly = (value: number): { median: number; low: number; high: number } => ({
  median: value,
  low: value,
  high: value,
});
const scale = { units: [128, 64], isAccuracy: true };
const row: RunRow = {
  name: "rate 0.25",
  score: exactly(0.972),
  closed: [exactly(3), exactly(0)],
  isLeaky: false,
  verdict: "cured",
  diverged: 0,
  stepsPerSecond: exactly(4512.4),
};

describe("drawCheckupTable", () => {
  it("aligns names, scores, units and verdicts", () => {
    const leaky = {
      ...row,
      name: "Leaky ReLU",
      isLeaky: true,
      verdict: "did nothing",
      diverged: 1,
      score: exactly(0.08),
    };
    expect(drawCheckupTable([row, leaky], scale, false).map(({ text }) => text)).toEqual([
      "run         accuracy  layer 0/128  layer 1/64  steps/s  the remedy",
      "rate 0.25     97.2 %            3           0    4,512  cured",
      "Leaky ReLU     8.0 %          (3)         (0)    4,512  did nothing, diverged",
    ]);
  });

  it("gives the range over the seeds a line of its own", () => {
    const spread = {
      ...row,
      score: { median: 0.9, low: 0.8, high: 0.95 },
      closed: [{ median: 3, low: 1, high: 12 }, exactly(0)],
      diverged: 2,
    };
    expect(drawCheckupTable([spread], scale, true).map(({ text }) => text)).toEqual([
      "run            accuracy  layer 0/128  layer 1/64  steps/s  the remedy",
      "rate 0.25        90.0 %            3           0    4,512  cured, 2 diverged",
      "           80.0..95.0 %        1..12",
    ]);
  });

  it("shows a dash for what is not known", () => {
    const unknown = exactly(Number.NaN);
    const [, line] = drawCheckupTable(
      [{ ...row, score: unknown, closed: [unknown, unknown], stepsPerSecond: unknown, verdict: "" }],
      { ...scale, isAccuracy: false },
      false,
    );
    expect(line.text).toMatch(/^rate 0.25 +- +- +- +-$/);
  });
});

describe("epoch lines", () => {
  it("stand under their titles, within 80 columns", () => {
    const title = drawEpochTitle(scale);
    const line = drawEpochLine({ epoch: 3, loss: 1.9214, score: 0.547, dead: [67, 64] }, scale);
    expect(line).toBe("    3      1.921    54.7 %     67 ██████▎          64 ████████████");
    expect(title.indexOf("loss") + 4).toBe(line.indexOf("1.921") + 5);
    expect(Math.max(title.length, line.length)).toBeLessThanOrEqual(80);
  });

  it("count without bars where layers are many, and say where numbers overflow", () => {
    const many = { units: [8, 8, 8, 8], isAccuracy: false };
    expect(drawEpochLine({ epoch: 1, loss: 1, score: 0.5, dead: [1, 2, 3, 4] }, many)).toMatch(/1 2 3 4$/);
    expect(drawEpochLine({ epoch: 1, loss: Infinity, score: -Infinity }, many)).toMatch(/Infinity +below 0 +overflow$/);
  });
});

describe("numbers", () => {
  it.each([
    [0.9725, true, "97.3 %"],
    [0.5, false, "0.500"],
    [-3, false, "below 0"],
    [Number.NaN, false, "-"],
  ])("a score of %d is shown as is fit", (score, isAccuracy, text) =>
    expect(formatScore(score, isAccuracy)).toBe(text),
  );
});
