// Memory that is refused at any of the moments at which it is asked for: a RelumineError "memory", nothing left behind,
// the network as it was, and the same call then gives what it would have given.
import { afterEach, describe, expect, it, vi } from "vitest";
import { RelumineError } from "../../src/core/errors.js";
import {
  adam,
  calibrate,
  continualBackprop,
  createNetwork,
  diagnose,
  exportNetwork,
  importNetwork,
  type Network,
  type NetworkSpec,
  preventDeaths,
  recordActivity,
  recycleDormant,
  selfNormalizedResets,
  traceDeaths,
  treat,
} from "../../src/index.js";
import { stateOf } from "../../src/network/state/state.js";
import type { Runtime } from "../../src/wasm/runtime.js";
import { weightsOf } from "../support/networks.js";
import { sectors } from "../support/samples.js";

const spec: NetworkSpec = {
  inputs: 2,
  layers: [{ units: 8, biasInitializer: -0.4 }, { units: 6, activation: "prelu" }, { units: 3 }],
  loss: "crossEntropy",
  seed: 5,
};
const data = sectors(60);
const fit = { epochs: 2, batchSize: 16, optimizer: adam(), validation: 0.2 };

afterEach(() => void vi.restoreAllMocks());

/** What it answers, figures of time aside; `steps` gets the weights after each step. */
type Call = (network: Network, steps: string[]) => unknown;
const remedy = (kind: string, more: object = {}): Call => {
  return async (network) => {
    const treatment = await treat(network, data.x, { kind, ...more } as never);
    const { treated } = treatment;
    const weights = weightsOf(treatment.network);
    treatment.undo();
    return [treated, weights];
  };
};
/** Notes the weights after each whole step, and after what the callback did to them. */
const training =
  (callback?: () => object): Call =>
  async (network, steps) => {
    const note = { onBatchEnd: () => void steps.push(String(weightsOf(network))) };
    const callbacks = callback ? [note, callback(), note] : [note];
    const history = await network.fit(data, { ...fit, callbacks });
    return [history.epochs.map(({ loss, validation }) => [loss, validation!.loss]), weightsOf(network)];
  };

const calls: Record<string, Call> = {
  predict: (network) => network.predict(data.x),
  evaluate: (network) => network.evaluate(data),
  diagnose: (network) => String(diagnose(network, data.x, { targets: data.y })),
  "diagnose with proofs": (network) => String(diagnose(network, data.x, { proofs: true })),
  calibrate: async (network) => [String(await calibrate(network, data.x)), weightsOf(network)],
  liftBias: remedy("liftBias"),
  recycle: remedy("recycle", { dormantBelow: 1 }),
  reinitialize: remedy("reinitialize"),
  prune: remedy("prune"),
  replaceActivation: remedy("replaceActivation", { activation: "prelu" }),
  clone: async (network) => {
    using copy = await network.clone();
    return weightsOf(copy);
  },
  "export and import": async (network) => {
    using copy = await importNetwork(await exportNetwork(network, "safetensors"));
    return weightsOf(copy);
  },
  setWeights: (network) => network.layers[0].setWeights({ bias: new Float32Array(8).fill(0.25) }),
  fit: training(),
  "fit with traceDeaths": training(() => traceDeaths()),
  "fit with recordActivity": training(() => recordActivity(data.x)),
  "fit with continualBackprop": training(() => continualBackprop()),
  "fit with recycleDormant": training(() => recycleDormant({ everySteps: 3 })),
  "fit with selfNormalizedResets": training(() => selfNormalizedResets({ threshold: 0.5 })),
  "fit with preventDeaths": training(() => preventDeaths()),
};

async function outcome(call: Call, network: Network, steps: string[] = []): Promise<unknown> {
  try {
    return await call(network, steps);
  } catch (error) {
    return error;
  }
}

/** Refuses the memory that is asked for at one place; whether the call came to it. */
async function refuseAt(place: number, { heap }: Runtime, call: () => Promise<unknown>): Promise<[unknown, boolean]> {
  const allocate = heap.allocate.bind(heap);
  let left = place;
  const spy = vi.spyOn(heap, "allocate").mockImplementation((bytes, purpose) => {
    if (left-- === 0) throw new RelumineError("memory", purpose, "to fit", "more");
    return allocate(bytes, purpose);
  });
  const result = await call();
  spy.mockRestore();
  return [result, left < 0];
}

describe("memory that is refused at any place", () => {
  it.each(Object.entries(calls))("%s", async (name, call) => {
    using first = await createNetwork(spec);
    const { runtime } = stateOf(first);
    const empty = runtime.heap.used;
    const unharmed = await createNetwork(spec);
    const steps: string[] = [String(weightsOf(unharmed))];
    const expected = await outcome(call, unharmed, steps);
    expect(expected).not.toBeInstanceOf(Error);
    const whole = runtime.heap.used - empty;
    unharmed.dispose();
    let isRefused = true;
    for (let place = 0; isRefused; place++) {
      const before = runtime.heap.used;
      const network = await createNetwork(spec);
      let result: unknown;
      [result, isRefused] = await refuseAt(place, runtime, () => outcome(call, network));
      const where = `${name}, place ${place}: ${String(result).slice(0, 200)}`;
      if (isRefused) {
        expect(result, where).toMatchObject({ name: "RelumineError", code: "memory" });
        const step = steps.indexOf(String(weightsOf(network)));
        expect(step, where).toBeGreaterThanOrEqual(0);
        if (!name.startsWith("fit")) expect(step, where).toBe(0);
        if (step === 0) {
          expect(JSON.stringify(await outcome(call, network)) === JSON.stringify(expected), where).toBe(true);
          expect(runtime.heap.used - before, where).toBeLessThan(whole + 512); // lists of a callback that did not begin
        }
      } else expect(JSON.stringify(result) === JSON.stringify(expected), where).toBe(true);
      network.dispose();
      expect(runtime.heap.used, where).toBe(before);
    }
  });
});
