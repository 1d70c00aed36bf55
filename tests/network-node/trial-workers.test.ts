// prescribe where its workers are lost: what they were to do is done here, and nothing else changes.
import { expect, test } from "vitest";
import { sectors } from "../support/samples.js";
import { type NetworkSpec, sgd } from "../../src/index.js";
import { prescribeWith, type TrialWorkers } from "../../src/treatment/prescribe/prescribe.js";

test("workers that lose every job change no result", async () => {
  const lost: unknown[] = [];
  const workers: TrialWorkers = {
    size: 2,
    run: async (job: unknown) => void lost.push(structuredClone(job)),
    end: () => undefined,
  };
  const spec: NetworkSpec = { inputs: 2, layers: [{ units: 8 }, { units: 3 }], loss: "crossEntropy" };
  const run = async (count: number) => {
    const fit = { epochs: 8, optimizer: sgd({ learningRate: 4 }) };
    const options = { workers: count, repeats: 2 };
    const { trials, workers: started } = await prescribeWith(async () => workers, spec, sectors(100), fit, options);
    expect(started).toBe(count);
    return trials.map(({ name, metrics, deadFraction, failed }) => ({ name, metrics, deadFraction, failed }));
  };
  const alone = await run(1);
  expect(lost).toEqual([]);
  expect(await run(2)).toEqual(alone);
  expect(lost.length).toBeGreaterThan(alone.length);
});
