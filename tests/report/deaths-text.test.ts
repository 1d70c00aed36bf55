import { describe, expect, it } from "vitest";
import type { Cause, Death } from "../../src/diagnosis/trace/types.js";
import { drawDeaths } from "../../src/report/deaths-text.js";

function death(unit: number, cause: Cause = "learningRate", more: Partial<Death> = {}): Death {
  const lastStraw = {
    step: 118,
    epoch: 3,
    cause,
    before: { max: 0.16, mean: 0.1, std: 0.02 },
    after: { max: -0.0412, mean: -0.1, std: 0.02 },
    change: { weights: -0.15, bias: -0.05, inputs: 0 },
    ...(cause === "learningRate" && { survivesAt: 0.312 }),
  };
  return {
    layer: 0,
    unit,
    ...lastStraw,
    lastStraw,
    explanation:
      `the preactivation of unit ${unit} went from +0.1 ± 0.02 to -0.1 ± 0.02 in step 118; at a rate ` +
      "of 0.312 or less it would have lived",
    ...more,
  };
}

describe("drawDeaths", () => {
  it("says it when no unit died", () =>
    expect(drawDeaths([])).toEqual(["No hidden unit was seen to die while it trained."]));

  it("tells of units that came back", () => {
    expect(drawDeaths([], 1)[1]).toBe("One hidden unit was silent for a while and fired again.");
    expect(drawDeaths([death(3)], 1200)).toContain("1,200 times a hidden unit was silent for a while and fired again.");
  });

  it("shows who, when, of what, from where to where, and the rate that would have saved it", () => {
    expect(drawDeaths([death(3), death(14, "drift", { layer: 1, step: 2041, epoch: 46 })])).toEqual([
      "2 hidden units died and stayed dead:",
      "  learningRate  1  the plain gradient step closed it",
      "  drift         1  many small steps, none of them lethal by itself",
      "One of them would have lived through its lethal update at a rate of 0.312.",
      "",
      "layer  unit   step  epoch  cause         lives at  highest z       mean z",
      "    0     3    118      3  learningRate     0.312  +0.16 → -0.041  +0.1 → -0.1",
      "    1    14  2,041     46  drift                -  +0.16 → -0.041  +0.1 → -0.1",
      "",
      "  The preactivation of unit 3 went from +0.1 ± 0.02 to -0.1 ± 0.02 in step 118;",
      "  at a rate of 0.312 or less it would have lived.",
      "  The preactivation of unit 14 went from +0.1 ± 0.02 to -0.1 ± 0.02 in step 118;",
      "  at a rate of 0.312 or less it would have lived.",
    ]);
  });

  it("shows the blow where it came before the last straw: when, what it took, and at what rate it would not have", () => {
    const blow = {
      step: 90,
      epoch: 2,
      openBefore: 1,
      openAfter: 0.41,
      isEstimate: false,
      cause: "learningRate",
      survivesAt: 0.2,
    } as const;
    expect(drawDeaths([death(3, "learningRate", { blow }), death(4, "drift")]).slice(1, 8)).toEqual([
      "  learningRate  1  the plain gradient step took most of its rows, or all",
      "  drift         1  many small steps, none of them lethal by itself",
      "One of them would have lived through its lethal update at a rate of 0.2.",
      "",
      "layer  unit  step  epoch  cause         blow              open  lives at",
      "    0     3   118      3  learningRate    90  100.0 % → 41.0 %       0.2",
      "    0     4   118      3  drift            -                 -         -",
    ]);
  });

  it("calls the born dead what they are, and explains them no further", () => {
    expect(drawDeaths([death(0, "born", { step: 0, epoch: 0 })]).slice(0, 3)).toEqual([
      "One hidden unit was born dead:",
      "  born  1  silent from the start",
      "",
    ]);
    expect(drawDeaths([death(0, "born", { step: 0, epoch: 0 })]).join("\n")).not.toContain("went from");
  });

  it("counts the born dead apart where others died", () =>
    expect(drawDeaths([death(0, "born"), death(1)])[0]).toBe("2 hidden units died, or were born dead:"));

  it("groups many by layer and cause, with the ends of steps and rates; the lowest rate saves all", () => {
    const many = Array.from({ length: 40 }, (_, unit) =>
      death(unit, unit < 10 ? "upstream" : "learningRate", {
        layer: unit % 2,
        step: 100 + unit,
        epoch: 1 + (unit >> 4),
        ...(unit >= 10 && { survivesAt: 0.01 * unit }),
      }),
    );
    expect(drawDeaths(many).slice(0, 10)).toEqual([
      "40 hidden units died and stayed dead:",
      "  learningRate  30  the plain gradient step closed it",
      "  upstream      10  its inputs fell, more than its own weights",
      "30 of them would have lived through their lethal updates, each by itself, at a",
      "rate of 0.1.",
      "",
      "layer  units  cause            steps  epochs    lives at",
      "    0     15  learningRate  110..138    1..3   0.1..0.38",
      "    0      5  upstream      100..108       1           -",
      "    1     15  learningRate  111..139    1..3  0.11..0.39",
    ]);
  });

  it("rounds rates down: a rate that is shown is one that saves", () => {
    const line = drawDeaths([death(0, "learningRate", { survivesAt: 0.31299 })]).join(" ");
    expect(line).toContain("at a rate of 0.312.");
  });

  it("keeps within 80 columns whatever the figures", () => {
    const wild = {
      before: { max: 12345.678, mean: -1.234e-9, std: 1 },
      after: { max: -1.234e20, mean: -9.87e19, std: 1 },
    };
    const lines = drawDeaths([
      death(123456, "learningRate", { ...wild, layer: 19, step: 1234567, epoch: 1000, survivesAt: 1.234e-12 }),
    ]);
    expect(lines.join("\n")).toContain("learningRate  1.23e-12  +12,346 → -1.2e+20");
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(80);
    const many = drawDeaths(
      Array.from({ length: 500 }, (_, unit) =>
        death(unit, "weightDecay", { layer: unit % 20, step: 1e6 + unit, epoch: 5000 }),
      ),
    );
    expect(Math.max(...many.map(({ length }) => length))).toBeLessThanOrEqual(80);
  });
});
