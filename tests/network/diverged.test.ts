// A fit that diverges: what it tells, the weights that it keeps, and the way back to them.
import { describe, expect, test } from "vitest";
import {
  adam,
  createNetwork,
  earlyStopping,
  exportNetwork,
  importNetwork,
  sgd,
  traceDeaths,
  treat,
  type DivergedFit,
  type FitOptions,
  type Network,
  type NetworkSpec,
} from "../../src/index.js";
import { stateOf } from "../../src/network/state/state.js";
import { expectRefusal } from "../support/errors.js";
import { weightsOf, withNetwork } from "../support/networks.js";
import fc from "../support/property.js";
import { SQUARE } from "../support/samples.js";

const spec: NetworkSpec = {
  inputs: 2,
  layers: [{ units: 8, activation: "leakyRelu" }, { units: 6, activation: "leakyRelu" }, { units: 1 }],
  loss: "meanSquaredError",
  seed: 2,
};
const x = SQUARE.slice(0, 64);
const y = x.map(([a, b]) => a * b);
const data = { x, y };

/** Fits at a fair rate, with one that throws the weights from some update on. */
const rateUntil = (step: number, far = 1e6) => ({ learningRate: (at: number) => (at < step ? 0.01 : far) });

/** The weights that each epoch starts with, by a callback. */
function startsOf(network: Network) {
  const starts: number[][] = [weightsOf(network)];
  return { starts, callback: { onEpochEnd: () => void starts.push(weightsOf(network)) } };
}

async function diverge(network: Network, options: FitOptions): Promise<DivergedFit> {
  const { diverged, stopped } = await network.fit(data, options);
  expect(stopped).toBe("diverged");
  return diverged!;
}

describe("the start of the last epoch", () => {
  // 64 rows in batches of 4: 16 updates an epoch.
  const options = { epochs: 9, batchSize: 4, optimizer: sgd({ momentum: 0.5 }), ...rateUntil(54) };

  test("is kept, to the bit, and told of with both losses", () =>
    withNetwork(spec, async (network) => {
      const { starts, callback } = startsOf(network);
      const diverged = await diverge(network, { ...options, callbacks: [callback] });
      expect(diverged).toMatchObject({ epoch: 4, learningRate: 1e6, goOnFrom: "epochStart" });
      expect(diverged.epochStart).toMatchObject({ epoch: 4, step: 48 });
      expect(diverged.last.step).toBeGreaterThanOrEqual(54);
      expect([diverged.step - 1, diverged.step]).toContain(diverged.last.step);
      const last = weightsOf(network);
      expect(last.every(Number.isFinite)).toBe(true);
      const { loss } = network.evaluate(data);
      expect(diverged.last.loss).toBe(Number.isFinite(loss) ? loss : undefined);
      network.restoreEpochStart();
      expect(weightsOf(network)).toEqual(starts[3]);
      expect(network.evaluate(data).loss).toBeCloseTo(diverged.epochStart!.loss!, 6);
      expect(weightsOf(network)).not.toEqual(last);
    }));

  test("goes on as a fit that had made just these epochs, but for moments that start anew", async () => {
    const network = await createNetwork(spec);
    const twin = await createNetwork(spec);
    await diverge(network, { ...options, optimizer: adam() });
    network.restoreEpochStart();
    await twin.fit(data, { ...options, optimizer: adam(), epochs: 3 });
    expect(weightsOf(network)).toEqual(weightsOf(twin));
    const next = { epochs: 3, batchSize: 4, optimizer: adam({ learningRate: 0.003 }) };
    const histories = await Promise.all([network.fit(data, next), twin.fit(data, next)]);
    expect(weightsOf(network)).toEqual(weightsOf(twin));
    const [losses, others] = histories.map(({ epochs }) => epochs.map(({ loss }) => loss));
    expect(losses).toEqual(others);
    network.dispose();
    twin.dispose();
  });

  test("the same optimizer starts anew: nothing is left of what diverged", () =>
    withNetwork(spec, async (network) => {
      const optimizer = adam();
      await diverge(network, { ...options, optimizer });
      network.restoreEpochStart();
      const { slots, powers, ages } = stateOf(network).lastMoments!;
      for (const slot of slots)
        expect(
          stateOf(network)
            .floats(slot, stateOf(network).parameterFloats)
            .every((value) => value === 0),
        ).toBe(true);
      expect([powers, ages]).toEqual([{ beta1: 1, beta2: 1 }, undefined]);
      const { epochs } = await network.fit(data, { epochs: 40, batchSize: 4, optimizer });
      expect(epochs.at(-1)!.loss).toBeLessThan(0.5);
    }));

  test("is put back as often as wanted, and counts as a change of the network", () =>
    withNetwork(spec, async (network) => {
      await diverge(network, options);
      const changes = stateOf(network).changes;
      network.restoreEpochStart();
      expect(stateOf(network).changes).toBe(changes + 1);
      const kept = weightsOf(network);
      network.layers[0].setWeights({ bias: new Float32Array(8).fill(3) });
      network.restoreEpochStart();
      expect(weightsOf(network)).toEqual(kept);
    }));

  test("an epoch of fewer than 16 updates shares that of an earlier one", () =>
    withNetwork(spec, async (network) => {
      const { starts, callback } = startsOf(network);
      const few = { epochs: 60, batchSize: 64, optimizer: sgd(), ...rateUntil(40) };
      const { epochStart } = await diverge(network, { ...few, callbacks: [callback] });
      expect(epochStart).toMatchObject({ epoch: 33, step: 32 });
      network.restoreEpochStart();
      expect(weightsOf(network)).toEqual(starts[32]);
    }));

  test("a loss that has run away is not gone back to", () =>
    withNetwork({ ...spec, layers: [{ units: 1 }] }, async (network) => {
      const line = { x: Array.from({ length: 64 }, (_, i) => [i, 0]), y: x.map((_, i) => 2 * i - 1) };
      const { diverged, epochs } = await network.fit(line, {
        epochs: 300,
        batchSize: 4,
        optimizer: sgd({ learningRate: 0.001 }),
      });
      expect(epochs.length).toBeGreaterThan(1); // of finite losses that grow beyond all measure
      expect(epochs.at(-1)!.loss).toBeGreaterThan(1e6 * epochs[0].loss);
      expect(diverged!.epochStart).toMatchObject({ epoch: 1, step: 0 });
      expect(diverged!.epochStart!.loss!).toBeLessThan(epochs[0].loss);
      network.restoreEpochStart();
      expect(network.evaluate(line).loss).toBeCloseTo(diverged!.epochStart!.loss!, 3);
    }));

  test("a row that overflows: the last weights have no loss to be judged by, but those of the start neither", () =>
    withNetwork(spec, async (network) => {
      const broken = { x: [...x, [3e38, 3e38]], y: [...y, 0] };
      const late = { epochs: 3, batchSize: 1, shuffle: false, optimizer: sgd({ learningRate: 0.01 }) };
      const { diverged } = await network.fit(broken, late);
      expect(diverged).toMatchObject({ what: "loss", epoch: 1, step: 65, last: { step: 64 } });
      expect(diverged!.last.loss).toBeUndefined(); // the row is among those that judge
      expect(diverged!.goOnFrom).toBe("epochStart");
    }));
});

describe("what was not finite first", () => {
  const hidden = { units: 6, activation: "leakyRelu" } as const;
  test.each<[DivergedFit["what"], number, number]>([
    ["update", 0, 1e25],
    ["loss", 1, 1e20],
    ["gradient", 2, 1e10],
  ])("%s", (what, count, far) =>
    withNetwork(
      { ...spec, layers: [...Array.from({ length: count }, () => hidden), { units: 1 }] },
      async (network) => {
        const rates = { learningRate: (step: number) => (step < 3 ? 1e-7 : far) };
        const { diverged } = await network.fit(data, { epochs: 9, batchSize: 16, optimizer: sgd(), ...rates });
        expect(diverged).toMatchObject({ what, epoch: 1, learningRate: far, epochStart: { epoch: 1, step: 0 } });
        expect(weightsOf(network).every(Number.isFinite)).toBe(true);
        // an update that was refused in part is made
        expect(diverged!.last.step).toBe(diverged!.step - Number(what !== "update"));
      },
    ),
  );
});

describe("beside other things", () => {
  const options = { epochs: 9, batchSize: 4, optimizer: sgd(), ...rateUntil(54) };

  test("a fit that is resumed in the midst of an epoch keeps the place where it goes on", async () => {
    const network = await createNetwork(spec);
    const stop = new AbortController();
    const halt = { onBatchEnd: ({ step }: { step: number }) => void (step === 40 && stop.abort()) };
    const { stopped } = await network.fit(data, { ...options, callbacks: [halt], signal: stop.signal });
    expect(stopped).toBe("aborted");
    const resumed = await importNetwork(await exportNetwork(network, "safetensors", { training: true }));
    const before = weightsOf(resumed);
    const { diverged } = await resumed.fit(data, { ...options, ...rateUntil(44), resume: true });
    expect(diverged!.epochStart).toMatchObject({ epoch: 3, step: 40 });
    resumed.restoreEpochStart();
    expect(weightsOf(resumed)).toEqual(before);
    network.dispose();
    resumed.dispose();
  });

  test("a fit that diverged is not resumed, gone back or not", () =>
    withNetwork(spec, async (network) => {
      await diverge(network, options);
      await expectRefusal(() => network.fit(data, { ...options, resume: true }), "value", "network");
      network.restoreEpochStart();
      await expectRefusal(() => network.fit(data, { ...options, resume: true }), "value", "network");
    }));

  test("a trace tells the same deaths, and callbacks hear of the divergence", () =>
    withNetwork(spec, async (network) => {
      const heard: unknown[] = [];
      const trace = traceDeaths();
      const callbacks = [
        trace,
        earlyStopping({ restoreBest: true, patience: 99 }),
        { onTrainEnd: (each: unknown) => void heard.push(each) },
      ];
      const history = await network.fit(data, { ...options, callbacks });
      expect(heard).toEqual([history]);
      expect(structuredClone(history)).toEqual(history);
      expect(JSON.parse(JSON.stringify(history))).toEqual(history);
    }));

  test("undone treatments find it again", () =>
    withNetwork({ ...spec, layers: [{ units: 8 }, { units: 1 }] }, async (network) => {
      const { starts, callback } = startsOf(network);
      await diverge(network, { ...options, callbacks: [callback] });
      network.restoreEpochStart();
      network.layers[0].setWeights({ bias: new Float32Array(8).fill(-100) }); // something to treat
      const treatment = await treat(network, x, { kind: "replaceActivation", activation: "leakyRelu" });
      await expectRefusal(() => network.restoreEpochStart(), "value", "network");
      treatment.undo();
      network.restoreEpochStart();
      expect(weightsOf(network)).toEqual(starts[3]);
    }));
});

describe("where there is nothing to go back to", () => {
  test("before a fit, after one that did not diverge, after the next one, and in a copy", () =>
    withNetwork(spec, async (network) => {
      const refuse = (each: Network) => expectRefusal(() => each.restoreEpochStart(), "value", "network");
      await refuse(network);
      const { diverged } = await network.fit(data, { epochs: 2 });
      expect(diverged).toBeUndefined();
      await refuse(network);
      await diverge(network, { epochs: 4, batchSize: 4, optimizer: sgd(), ...rateUntil(9) });
      using copy = await network.clone();
      await refuse(copy);
      network.restoreEpochStart();
      const kept = weightsOf(network);
      await network.fit(data, { epochs: 1, optimizer: sgd({ learningRate: 0 }) });
      await refuse(network);
      expect(weightsOf(network)).toEqual(kept);
    }));

  test("while it trains, and after dispose", async () => {
    const network = await createNetwork(spec);
    const fit = network.fit(data, { epochs: 3 });
    await expectRefusal(() => network.restoreEpochStart(), "value", "network");
    await fit;
    network.dispose();
    await expectRefusal(() => network.restoreEpochStart(), "disposed", "network");
  });
});

test("any training that diverges leaves finite weights, and goes back to those of an epoch's start", async () => {
  let count = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 0, maxLength: 2 }),
      fc.constantFrom("relu", "leakyRelu", "linear", "prelu", "softplus"),
      fc.constantFrom(1, 3, 8, 64),
      fc.integer({ min: -3, max: 30 }),
      fc.integer({ min: 1, max: 60 }),
      fc.boolean(),
      fc.nat(),
      async (hidden, activation, batchSize, exponent, from, isAdam, seed) => {
        const layers = [...hidden.map((units) => ({ units, activation }) as const), { units: 1 }];
        const network = await createNetwork({ ...spec, layers, seed });
        try {
          const { starts, callback } = startsOf(network);
          const optimizer = isAdam ? adam() : sgd({ momentum: 0.9 });
          const rate = rateUntil(from, 10 ** exponent);
          const history = await network.fit(data, { epochs: 8, batchSize, optimizer, ...rate, callbacks: [callback] });
          const { stopped, diverged, epochs } = history;
          expect(diverged !== undefined).toBe(stopped === "diverged");
          expect(weightsOf(network).every(Number.isFinite)).toBe(true);
          if (!diverged) return;
          count++;
          const { epochStart, last, goOnFrom, epoch, step } = diverged;
          const perEpoch = Math.ceil(x.length / batchSize);
          expect(epoch).toBe(epochs.length + 1);
          expect(Math.ceil(step / perEpoch)).toBe(epoch);
          expect(epochStart!.step).toBe((epochStart!.epoch - 1) * perEpoch);
          const evaluated = network.evaluate(data).loss;
          if (last.loss === undefined) expect(Number.isFinite(evaluated)).toBe(false);
          else expect(Math.abs(last.loss / evaluated - 1)).toBeLessThan(1e-3); // rows in another order
          network.restoreEpochStart();
          expect(weightsOf(network)).toEqual(starts[epochStart!.epoch - 1]);
          const losses = [epochStart!.loss ?? Infinity, last.loss ?? Infinity];
          expect(goOnFrom).toBe(losses[1] < losses[0] ? "last" : "epochStart");
        } finally {
          network.dispose();
        }
      },
    ),
    { numRuns: 60 },
  );
  expect(count).toBeGreaterThan(10);
}, 60_000);
