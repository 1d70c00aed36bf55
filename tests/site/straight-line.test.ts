// The article's demonstration: without an activation the package finds least squares' straight line, whatever the
// layers.
import { expect, test } from "vitest";
import { OPENING, PLACES, SHOWN_AT } from "../../site/figures/straight-line/messages.js";
import { drawSamples, leastSquares, trainCurve } from "../../site/figures/straight-line/training.js";

/** How far a curve is from the straight line between its ends. */
const bend = (curve: Float32Array): number =>
  Math.max(
    ...Array.from(curve, (value, i) =>
      Math.abs(value - curve[0] - ((curve[PLACES - 1] - curve[0]) * i) / (PLACES - 1)),
    ),
  );

test.each([1, 2, 3])("%i hidden layers without an activation: the straight line", async (layers) => {
  const { looks, line } = await trainCurve({ activation: "linear", layers });
  expect(looks.map(({ steps }) => steps)).toEqual(SHOWN_AT);
  for (const { curve } of looks) expect(bend(curve)).toBeLessThan(1e-5);
  const { curve, loss } = looks.at(-1)!;
  expect(loss / line.loss).toBeCloseTo(1, 5);
  expect(curve[0]).toBeCloseTo(line.ends[0], 3);
  expect(curve[PLACES - 1]).toBeCloseTo(line.ends[1], 3);
});

test("with ReLU: the curve", async () => {
  const { looks, line } = await trainCurve({ ...OPENING, activation: "relu" });
  expect(looks.at(-1)!.loss).toBeLessThan(line.loss / 50);
  expect(bend(looks.at(-1)!.curve)).toBeGreaterThan(0.3);
});

test("no other straight line has a smaller error", () => {
  const samples = drawSamples();
  const { ends, loss } = leastSquares(samples);
  const errorOf = (at: readonly number[]) =>
    samples.x.reduce((sum, x, i) => sum + (at[0] + ((at[1] - at[0]) * (x + 1)) / 2 - samples.y[i]) ** 2, 0) /
    samples.x.length;
  expect(errorOf(ends)).toBeCloseTo(loss, 6);
  for (const [left, right] of [
    [0.01, 0],
    [-0.01, 0],
    [0, 0.01],
    [0, -0.01],
  ])
    expect(errorOf([ends[0] + left, ends[1] + right])).toBeGreaterThan(loss);
});
