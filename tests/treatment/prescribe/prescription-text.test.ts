// The table of trials.
import { describe, expect, it } from "vitest";
import { sgd, type Trial } from "../../../src/index.js";
import { drawTrials } from "../../../src/treatment/prescribe/prescription-text.js";

const trial = (name: string, loss: number, baselineScore?: number): Trial => ({
  name,
  why: "",
  metrics: { loss },
  spec: { inputs: 1, layers: [{ units: 1 }], loss: "meanSquaredError" },
  fit: { epochs: 3, optimizer: sgd() },
  deadFraction: 0,
  ...(baselineScore !== undefined && { baselineScore }),
  seconds: 0,
  epochs: 3,
  repeats: 1,
});

describe("the gain", () => {
  const lines = (...trials: Trial[]) => drawTrials(trials, { measure: "loss", hasHidden: false });

  it.each([
    [0.25 - 1e-14, "the same"],
    [0.25 + 2e-8, "the same"],
    [0.25, "the same"],
    [0.2, "+0.05"],
    [0.2499, "+1e-4"],
    [0.3, "-0.05"],
  ])("of a loss of %s against 0.25 is %s", (loss, gain) => {
    expect(lines(trial("baseline", 0.25), trial("other", loss, 0.25)).at(-1)).toContain(` ${gain} `);
  });

  it("of a share that differs by rounding alone is none", () => {
    const right = (name: string, accuracy: number, baselineScore?: number): Trial => ({
      ...trial(name, 1, baselineScore),
      metrics: { loss: 1, accuracy },
    });
    const drawn = (accuracy: number) =>
      drawTrials([right("baseline", 0.9), right("other", accuracy, 0.9)], { measure: "accuracy", hasHidden: false });
    expect(drawn(0.9 + 1e-16 + 1e-15).at(-1)).toContain(" the same ");
    expect(drawn(0.901).at(-1)).toContain(" +0.1 % ");
  });
});
