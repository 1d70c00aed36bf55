// The live table and the lines of `relumine cure`.
import { expect, it } from "vitest";
import type { Trial } from "../../src/index.js";
import { describeTrial, drawLive } from "../../src/report/trials-text.js";

const trial = (name: string, accuracy: number, more: Partial<Trial> = {}): Trial => ({
  name,
  why: "",
  spec: { inputs: 1, layers: [], loss: "crossEntropy" },
  fit: {},
  deadFraction: 0.25,
  metrics: { loss: 0.5, accuracy },
  seconds: 1,
  epochs: 8,
  repeats: 1,
  ...more,
});

it("orders by score, and puts last what failed", () => {
  const lines = drawLive(
    [
      trial("a", 0.5),
      trial("b", 0.9, { stoppedEarly: true }),
      trial("c", 0.99, { failed: { code: "diverged", message: "" }, deadFraction: NaN }),
    ],
    3.2,
  );
  expect(lines).toEqual([
    "3 trials after 4 s",
    "   trial  accuracy  95 %  gain    dead  epochs",
    "1  b        90.0 %              25.0 %  8 stopped",
    "2  a        50.0 %              25.0 %  8",
    "3  c        99.0 %                   -  diverged",
  ]);
});

it("says in one line what came of a trial", () => {
  expect(describeTrial(trial("a", 0.5, { repeats: 3 }))).toBe(
    "a: accuracy 50.0 %, 25.0 % of the units dead, after 8 epochs, 3 seeds",
  );
  expect(
    describeTrial(
      trial("b", 0, { metrics: { loss: 0.125 }, deadFraction: NaN, failed: { code: "diverged", message: "" } }),
    ),
  ).toBe("b: loss 0.125, after 8 epochs (diverged)");
});
