// prescribe where its workers are lost: what they were to do is done here, and nothing else changes.
import { expect, test, vi } from "vitest";
import { sectors } from "../network/helpers.js";
import { type NetworkSpec, prescribe, sgd } from "../../src/index.js";

const lost: unknown[] = [];
vi.mock("#trial-workers", () => ({
  hire: async () => ({
    size: 2,
    run: async (job: unknown) => void lost.push(structuredClone(job)),
    dismiss: () => undefined,
  }),
}));

test("a crew that loses every job changes no result", async () => {
  const spec: NetworkSpec = { inputs: 2, layers: [{ units: 8 }, { units: 3 }], loss: "crossEntropy" };
  const run = async (workers: number) => {
    const { trials } = await prescribe(
      spec,
      sectors(100),
      { epochs: 8, optimizer: sgd({ learningRate: 4 }) },
      { workers, repeats: 2 },
    );
    return trials.map(({ name, metrics, deadFraction, failed }) => ({ name, metrics, deadFraction, failed }));
  };
  const alone = await run(1);
  expect(lost).toEqual([]);
  expect(await run(2)).toEqual(alone);
  expect(lost.length).toBeGreaterThan(alone.length);
});
