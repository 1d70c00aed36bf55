// The update that a divergence goes back to.
import { expect, test } from "vitest";
import { withNetwork } from "../support/networks.js";
import { sectors } from "../support/samples.js";
import { findDivergence } from "../../src/diagnosis/trace/divergence.js";
import { sgd, traceDeaths } from "../../src/index.js";

const find = (losses: readonly number[], known = 1) =>
  findDivergence(
    {
      knows: (step) => step >= known && step <= losses.length,
      lossOf: (step) => losses[step - 1],
      rateOf: (step) => step / 10,
    },
    losses.length,
    () => 1,
  );

test.each([
  [[3, 1, 0.9, 1.1, 4, 90, 1e9], 4],
  [[3, 1, 5, 1, 2, 90, 40, 1e9], 5], // the peak of 5 came down
  [[1, 0.5, 0.4], 3], // at once
  [[1, 2, 4], 1],
])("of losses %j it is step %i", (losses, step) => {
  const found = find(losses)!;
  expect(found.step).toBe(step);
  expect(found.rate).toBe(step / 10);
  expect(found.lossBefore).toBe(losses[step - 1]);
  expect(found.lossAfter).toBe(losses[step] ?? Infinity);
  expect(found.stoppedAfter).toBe(losses.length);
});

test("only what is known counts, and nothing is said of nothing", () => {
  expect(find([1, 2, 1, 4, 9], 3)!.step).toBe(3);
  expect(find([])).toBeUndefined();
});

test.each([
  [300, "diverged"],
  [0.01, undefined],
])("a fit at a rate of %d: %s", async (learningRate, stopped) => {
  const { x, y } = sectors(60);
  const spec = {
    inputs: 2,
    layers: [{ units: 8, activation: "linear" as const }, { units: 8 }, { units: 1 }],
    seed: 2,
  };
  await withNetwork({ ...spec, loss: "meanSquaredError" }, async (network) => {
    const trace = traceDeaths();
    const losses: number[] = [];
    const keep = { onBatchEnd: ({ loss }: { loss: number }) => void losses.push(loss) };
    const fit = { epochs: 20, batchSize: 10, optimizer: sgd({ learningRate }), callbacks: [trace, keep] };
    const history = await network.fit({ x, y }, fit);
    expect(history.stopped).toBe(stopped);
    if (!stopped) return expect(trace.divergence).toBeUndefined();
    const { step, lossBefore, explanation } = trace.divergence!;
    expect(losses[step - 1] ?? lossBefore).toBe(lossBefore);
    expect(explanation).toContain(`step ${step}`);
  });
});
