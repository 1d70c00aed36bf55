// Helper threads that are ended at random moments: the right result or a
// RelumineError "disposed", in bounded time, with the weights of a whole step; a clone goes on.
import { expect, inject, it, vi } from "vitest";
import { createNetwork, diagnose, type Network, sgd } from "../../src/index.js";
import { weightsOf } from "../support/networks.js";
import { seededRandom } from "../support/random.js";
import { labelled } from "../support/samples.js";
import { started } from "../support/started-helpers.js";

vi.mock("#helpers", async (original) => (await import("../support/started-helpers.js")).noteStarted(original));

const spec = { inputs: 200, layers: [{ units: 150 }, { units: 10 }], loss: "crossEntropy", seed: 1 } as const;
const data = labelled(1024, spec.inputs);
const EPOCHS = 10;
const LONGEST = 60; // milliseconds from the start of a call to the end of its thread
const PATIENCE = 8000; // milliseconds: helpers are waited for 5 seconds
const BUDGET = 5000; // milliseconds of each test

type Call = (network: Network, steps: string[]) => unknown;

const calls: Record<string, Call> = {
  async fit(network, steps) {
    const note = { onBatchEnd: () => void steps.push(String(weightsOf(network))) };
    await network.fit(data, { epochs: EPOCHS, batchSize: 256, optimizer: sgd(), callbacks: [note] });
    return weightsOf(network);
  },
  async predict(network) {
    let result;
    for (let i = 0; i < 20; i++) {
      result = network.predict(data.x).data.slice();
      await new Promise(setImmediate);
    }
    return result;
  },
  async diagnose(network) {
    let result;
    for (let i = 0; i < 10; i++) {
      result = String(diagnose(network, data.x));
      await new Promise(setImmediate);
    }
    return result;
  },
};

const textOf = (result: unknown) => JSON.stringify(result);

it.each(Object.entries(calls))(
  "%s",
  async (_name, call) => {
    const seed = inject("seed");
    const random = seededRandom(seed);
    using alone = await createNetwork(spec);
    const steps = [String(weightsOf(alone))];
    const expected = textOf(await call(alone, steps));
    const deadline = performance.now() + BUDGET;
    let refused = 0;
    for (let round = 0; round < 40 && performance.now() < deadline; round++) {
      const threads = 2 + (round % 2);
      const network = await createNetwork(spec, { threads });
      const victim = started.at(-1 - (round % (threads - 1)))!;
      // half of them are ended as the call starts: a call that does not wait is then under way
      if (round % 2) victim.stop();
      else setTimeout(() => victim.stop(), random() * LONGEST);
      const from = performance.now();
      const where = `RELUMINE_SEED=${seed}, round ${round}`;
      const own: string[] = [];
      try {
        expect(textOf(await call(network, own)) === expected, where).toBe(true);
      } catch (error) {
        expect(error, where).toMatchObject({ name: "RelumineError", code: "disposed", path: "threads" });
        refused++;
      }
      expect(performance.now() - from, where).toBeLessThan(PATIENCE);
      const reached = steps.indexOf(String(weightsOf(network)));
      expect(reached, where).toBe(own.length);
      await new Promise((resolve) => setTimeout(resolve, LONGEST)); // the thread is gone now, whatever came of the call
      using copy = await network.clone();
      expect(String(weightsOf(copy)) === steps[reached], where).toBe(true);
      if (reached === 0) expect(textOf(await call(copy, [])) === expected, where).toBe(true);
      network.dispose();
    }
    expect(refused).toBeGreaterThan(0);
  },
  60_000,
);
