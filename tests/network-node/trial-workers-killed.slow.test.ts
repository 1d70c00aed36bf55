// prescribe whose workers are ended at random moments: the same prescription as from one that has none.
import { startWorker } from "#worker";
import { expect, inject, it } from "vitest";
import { type NetworkSpec, sgd } from "../../src/index.js";
import { prescribeWith } from "../../src/treatment/prescribe/prescribe.js";
import { startTrialWorkers } from "../../src/worker/job-workers.js";
import type { WorkerLike } from "../../src/worker/port.js";
import { seededRandom } from "../support/random.js";
import { sectors } from "../support/samples.js";

const spec: NetworkSpec = { inputs: 2, layers: [{ units: 8 }, { units: 3 }], loss: "crossEntropy" };
const fit = { epochs: 30, optimizer: sgd({ learningRate: 4 }) };
const ROUNDS = 12;
const BUDGET = 15_000; // milliseconds

async function run(workers: number, start: () => Promise<WorkerLike>) {
  const options = { workers, repeats: 2, trials: 6 };
  const found = await prescribeWith(startTrialWorkers(start), spec, sectors(400), fit, options);
  const trials = found.trials.map(({ name, metrics, deadFraction, failed }) => [name, metrics, deadFraction, failed]);
  return { trials, best: found.best.name, text: found.reason };
}

it("changes nothing", async () => {
  const seed = inject("seed");
  const random = seededRandom(seed);
  const begun = performance.now();
  const expected = await run(1, () => startWorker(undefined));
  const longest = 2 * (performance.now() - begun);
  let killed = 0;
  for (let round = 0; round < ROUNDS && performance.now() - begun < BUDGET; round++) {
    const timers: ReturnType<typeof setTimeout>[] = [];
    const found = await run(2, async () => {
      const worker = await startWorker(undefined);
      const end = () => {
        killed++;
        worker.terminate();
      };
      if (round > 0) timers.push(setTimeout(end, random() * longest));
      return worker;
    });
    for (const timer of timers) clearTimeout(timer);
    expect(found, `RELUMINE_SEED=${seed}, round ${round}`).toEqual(expected);
  }
  expect(killed).toBeGreaterThan(0);
}, 120_000);
