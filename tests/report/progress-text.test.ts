import { describe, expect, it } from "vitest";
import { drawBar } from "../../src/text/bar.js";
import { drawProgress } from "../../src/report/progress-text.js";
import { formatDuration } from "../../src/text/numbers.js";
import { wrap } from "../../src/text/wrap.js";

describe("drawBar", () => {
  it.each([
    [0, "    "],
    [1, "████"],
    [0.5, "██  "],
    [1 / 32, "▏   "],
    [0.55, "██▎ "],
    [2, "████"],
    [-1, "    "],
    [Number.NaN, "    "],
  ])("fills %d of four characters: %j", (fraction, bar) => expect(drawBar(fraction, 4)).toBe(bar));
});

describe("drawProgress", () => {
  it("gives the share, the rate and the time that is left", () => {
    expect(drawProgress({ label: "training", done: 2500, total: 10000, unit: "steps", note: "loss 0.5" }, 2, 80)).toBe(
      `training ${"█".repeat(6)}${" ".repeat(18)} 25 %  1,250 steps/s  6 s left  loss 0.5`,
    );
  });

  it("gives slow rates two digits", () =>
    expect(drawProgress({ label: "a", done: 1, total: 10, unit: "epochs" }, 2, 80)).toContain(
      "0.5 epochs/s  18 s left",
    ));

  it("promises nothing before the first step, and never leaves its line", () => {
    expect(drawProgress({ label: "a", done: 0, total: 10, unit: "steps" }, 0, 80)).toMatch(/ 0 %$/);
    expect(drawProgress({ label: "a".repeat(200), done: 1, total: 2, unit: "steps" }, 1, 40)).toHaveLength(40);
  });
});

describe("formatDuration", () => {
  it.each([
    [0.2, "1 s"],
    [59, "59 s"],
    [60, "1 min 0 s"],
    [200, "3 min 20 s"],
    [7500, "2 h 5 min"],
  ])("%d s is %s", (seconds, text) => expect(formatDuration(seconds)).toBe(text));
});

describe("wrap", () => {
  it("breaks between words, keeps every word and the width", () => {
    const text = "one two three four five six seven";
    const lines = wrap(text, 12, "  ").split("\n");
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(12);
    expect(lines.map((line) => line.trim()).join(" ")).toBe(text);
  });

  it("lets a word that is too long stand by itself", () =>
    expect(wrap("a extraordinarily b", 5)).toBe("a\nextraordinarily\nb"));
});
