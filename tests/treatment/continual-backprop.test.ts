import { describe, expect, test } from "vitest";
import {
  adam,
  adamax,
  nadam,
  type Callback,
  continualBackprop,
  createNetwork,
  type Network,
  recycleDormant,
  sgd,
  traceDeaths,
} from "../../src/index.js";
import { stateOf } from "../../src/network/state/state.js";
import { clearMoments } from "../../src/treatment/remedies/unit-parameters.js";
import { expectRefusal } from "../support/errors.js";
import { ARITHMETICS, classifier, weightsOf, withNetwork } from "../support/networks.js";
import { sectors } from "../support/samples.js";

const data = sectors(96);
const column = (network: Network, layer: number, unit: number) => {
  const { kernel, bias } = network.layers[layer]!.getWeights();
  const { units, inputs } = network.layers[layer]!;
  return [...Array.from({ length: inputs }, (_, i) => kernel[i * units + unit]!), bias[unit]!];
};
const row = (network: Network, layer: number, unit: number) => {
  const { kernel } = network.layers[layer]!.getWeights();
  const { units } = network.layers[layer]!;
  return [...kernel.subarray(unit * units, (unit + 1) * units)];
};
const close = (network: Network, layer: number, ...units: readonly number[]) => {
  const { bias } = network.layers[layer]!.getWeights();
  for (const unit of units) bias[unit] = -1e3;
  network.layers[layer]!.setWeights({ bias });
};

describe("a unit's step count", () => {
  const counting = {
    adam: () => adam(),
    adamax: () => adamax({ learningRate: 0.001 }),
    nadam: () => nadam({ learningRate: 0.001, momentumDecay: 0 }), // the momentum stays: that goes by the training's step
  };
  const settings = ARITHMETICS.flatMap((arithmetic) =>
    (["adam", "adamax", "nadam"] as const).map((name) => [name, arithmetic] as const),
  );
  test.each(settings)(
    "after a unit was reset, its entries' first update is that of a fresh %s, bit for bit (%s)",
    async (name, arithmetic) => {
      const make = counting[name];
      await withNetwork(
        classifier,
        async (network) => {
          const optimizer = make();
          await network.fit(data, { epochs: 30, optimizer, shuffle: false });
          using fresh = await network.clone();
          const before = { in: column(network, 0, 4), out: row(network, 1, 4) };
          clearMoments(stateOf(network), 0, 4);
          await network.fit(data, { epochs: 1, batchSize: 96, optimizer, shuffle: false });
          await fresh.fit(data, { epochs: 1, batchSize: 96, optimizer: make(), shuffle: false });
          expect(column(network, 0, 4)).toEqual(column(fresh, 0, 4));
          expect(row(network, 1, 4)).toEqual(row(fresh, 1, 4));
          expect(column(network, 0, 5)).not.toEqual(column(fresh, 0, 5));
          const steps = [
            ...column(network, 0, 4).map((weight, i) => weight - before.in[i]!),
            ...row(network, 1, 4).map((weight, i) => weight - before.out[i]!),
          ];
          expect(Math.max(...steps.map(Math.abs))).toBeGreaterThan(0.0009);
          // with the network's step count it would be several times the rate
          for (const step of steps) expect(Math.abs(step)).toBeLessThan(0.00107);
        },
        { arithmetic },
      );
    },
  );

  test("units that were not reset train with the bits they had", async () => {
    const trained = async (restart: boolean) =>
      withNetwork(classifier, async (network) => {
        const optimizer = adam();
        await network.fit(data, { epochs: 3, optimizer });
        const { bias } = network.layers[0]!.getWeights();
        bias[4] = -1e3;
        network.layers[0]!.setWeights({ bias });
        // a closed unit: its gradients are 0, and what is left of its moments moves it alone
        if (restart) stateOf(network).restartSteps(0, 4);
        await network.fit(data, { epochs: 3, optimizer });
        return [0, 1, 2, 3, 5, 6]
          .flatMap((unit) => column(network, 0, unit))
          .concat(network.layers[2]!.getWeights().kernel as unknown as number[]);
      });
    expect(await trained(true)).toEqual(await trained(false));
  });

  test("a clone goes on with the same step counts", async () => {
    await withNetwork(classifier, async (network) => {
      const optimizer = adam();
      await network.fit(data, { epochs: 2, optimizer });
      clearMoments(stateOf(network), 1, 2);
      using twin = await network.clone();
      await network.fit(data, { epochs: 2, optimizer });
      await twin.fit(data, { epochs: 2, optimizer });
      expect(weightsOf(twin)).toEqual(weightsOf(network));
    });
  });

  test("a trace replays on past units that were reset", async () => {
    await withNetwork({ ...classifier, layers: [{ units: 24 }, { units: 24 }, { units: 3 }] }, async (network) => {
      const trace = traceDeaths();
      let step = 0;
      const restart: Callback = {
        onBatchEnd() {
          if (++step !== 5) return;
          const state = stateOf(network);
          state.edit(() => clearMoments(state, 0, 3));
        },
      };
      await network.fit(data, {
        epochs: 60,
        batchSize: 16,
        optimizer: adam({ learningRate: 0.1 }),
        callbacks: [restart, trace],
      });
      const later = trace.deaths.filter((death) => death.step > 6);
      expect(later.length).toBeGreaterThan(2);
      expect(later.every(({ cause }) => cause !== "unknown")).toBe(true);
    });
  });
});

describe("continualBackprop", () => {
  test("the dead units are replaced first, and fire again", async () => {
    await withNetwork(classifier, async (network) => {
      close(network, 0, 2, 7);
      const renewal = continualBackprop({ replacementRate: 0.0021, maturity: 20 });
      const seen: number[][] = [];
      const watch: Callback = {
        onBatchEnd: () => {
          seen.push([...renewal.replaced]);
        },
      };
      await network.fit(data, { epochs: 40, callbacks: [renewal, watch] });
      // 12 units older than 20 steps, 0.0252 a step: the first is due 40 steps later, the second after another 40 or so
      // (11 units while it is young)
      expect(seen.findIndex(([first]) => first === 1)).toBe(20 + 40 - 1);
      expect(renewal.replaced[0]).toBe(2);
      const { bias } = network.layers[0]!.getWeights();
      expect([bias[2]! > -10, bias[7]! > -10]).toEqual([true, true]);
    });
  });

  test("the outputs on average stay: the next biases take over what the unit passed on", async () => {
    await withNetwork({ ...classifier, layers: [{ units: 12, biasInitializer: 5 }, { units: 3 }] }, async (network) => {
      // a rate of 0: the weights stand still, so that the averages are those of the last weights
      const renewal = continualBackprop({ replacementRate: 1 / 12 / 10, maturity: 50, decay: 0.9 });
      const before = network.predict(data.x, { logits: true }).data;
      const still = sgd({ learningRate: 0 });
      await network.fit(data, { epochs: 61, batchSize: 96, optimizer: still, callbacks: [renewal] });
      const after = network.predict(data.x, { logits: true }).data;
      expect(renewal.replaced).toEqual([1]);
      const mean = (values: Float32Array, output: number) =>
        values.reduce((sum, value, i) => sum + (i % 3 === output ? value : 0), 0) / 96;
      expect(after).not.toEqual(before);
      for (const output of [0, 1, 2]) expect(mean(after, output)).toBeCloseTo(mean(before, output), 3);
    });
  });

  test("utility is judged by what leaves the unit: one without outgoing weights goes first", async () => {
    await withNetwork({ ...classifier, layers: [{ units: 12, biasInitializer: 5 }, { units: 3 }] }, async (network) => {
      const { kernel } = network.layers[1]!.getWeights();
      kernel.fill(1).fill(0.01, 9 * 3, 10 * 3);
      network.layers[1]!.setWeights({ kernel });
      const before = column(network, 0, 9);
      await network.fit(data, {
        epochs: 61,
        batchSize: 96,
        optimizer: sgd({ learningRate: 0 }),
        callbacks: [continualBackprop({ replacementRate: 1 / 12 / 10, maturity: 50 })],
      });
      expect(column(network, 0, 9)).not.toEqual(before);
      expect(row(network, 1, 9)).toEqual([0, 0, 0]);
      expect(column(network, 0, 9).at(-1)).toBe(0);
    });
  });

  test.each(["sigmoid", "tanh", "leakyRelu", "gelu", "prelu"] as const)(
    "%s units are replaced too",
    async (activation) => {
      await withNetwork(
        { ...classifier, layers: [{ units: 12, activation }, { units: 9, activation }, { units: 3 }] },
        async (network) => {
          const renewal = continualBackprop({ replacementRate: 0.01, maturity: 5 });
          const { epochs } = await network.fit(data, { epochs: 30, callbacks: [renewal] });
          expect(renewal.replaced.every((count) => count > 3)).toBe(true);
          expect(Number.isFinite(epochs.at(-1)!.loss)).toBe(true);
        },
      );
    },
  );

  test("a network that is dead as a whole learns again", async () => {
    await withNetwork({ ...classifier, layers: [{ units: 16 }, { units: 16 }, { units: 3 }] }, async (network) => {
      for (const layer of [0, 1]) close(network, layer, ...Array(16).keys());
      const callbacks = [continualBackprop({ replacementRate: 0.02, maturity: 10 })];
      await network.fit(data, { epochs: 200, callbacks, optimizer: adam({ learningRate: 0.01 }) });
      await network.fit(data, { epochs: 60, optimizer: adam({ learningRate: 0.01 }) });
      expect(network.evaluate(data).accuracy).toBeGreaterThan(0.85);
    });
  });

  test("the same seed gives the same bits, and a later fit goes on where the last one ended", async () => {
    const trained = async (fits: readonly number[]) =>
      withNetwork(classifier, async (network) => {
        const renewal = continualBackprop({ replacementRate: 0.01, maturity: 10 });
        const optimizer = adam();
        const replaced = [0, 0];
        for (const epochs of fits) {
          await network.fit(data, { epochs, optimizer, callbacks: [renewal] });
          renewal.replaced.forEach((count, layer) => {
            replaced[layer]! += count;
          });
        }
        return { replaced, weights: weightsOf(network) };
      });
    const once = await trained([30]);
    expect(once.replaced[0]).toBeGreaterThan(3);
    expect(await trained([30])).toEqual(once);
    expect(await trained([4, 17, 9])).toEqual(once);
  });

  test("one callback in two fits at once, and wrong options, are refused", async () => {
    const renewal = continualBackprop();
    using first = await createNetwork(classifier);
    using second = await createNetwork(classifier);
    const running = first.fit(data, { epochs: 50, callbacks: [renewal] });
    await expectRefusal(() => second.fit(data, { callbacks: [renewal] }), "value", "callbacks");
    await running;
    await second.fit(data, { epochs: 1, callbacks: [renewal] });
    await expectRefusal(() => continualBackprop({ replacementRate: 2 }), "value", "replacementRate");
    await expectRefusal(() => continualBackprop({ maturity: 1.5 }), "value", "maturity");
    await expectRefusal(() => continualBackprop({ decay: 1 }), "value", "decay");
    await expectRefusal(() => continualBackprop({ rate: 1 } as object), "value", "continualBackprop.rate", "rate");
    await expectRefusal(() => recycleDormant({ everySteps: 0 }), "value", "everySteps");
    await expectRefusal(() => recycleDormant({ dormantBelow: -1 }), "value", "dormantBelow");
  });
});

describe("recycleDormant", () => {
  test("at the set step the dormant units, and no others, are reset", async () => {
    await withNetwork(
      { ...classifier, layers: [{ units: 12, biasInitializer: 3 }, { units: 9, biasInitializer: 3 }, { units: 3 }] },
      async (network) => {
        close(network, 0, 3);
        close(network, 1, 0, 8);
        const recycling = recycleDormant({ everySteps: 10 });
        const counts: number[][] = [];
        const watch: Callback = {
          onBatchEnd: () => {
            counts.push([...recycling.recycled]);
          },
        };
        const kept = column(network, 0, 5);
        await network.fit(data, { epochs: 4, optimizer: sgd({ learningRate: 0 }), callbacks: [recycling, watch] });
        expect(counts.findIndex(([first]) => first === 1)).toBe(9);
        expect(counts.at(-1)).toEqual([1, 2]);
        expect(column(network, 0, 3).at(-1)).toBe(0);
        expect(row(network, 1, 3)).toEqual(
          Array(9)
            .fill(0)
            .map((_, unit) => (unit === 0 || unit === 8 ? expect.any(Number) : 0)),
        );
        expect(row(network, 2, 8)).toEqual([0, 0, 0]);
        expect(column(network, 0, 5)).toEqual(kept);
      },
    );
  });

  test("a network that is dead as a whole is recycled and learns", async () => {
    await withNetwork({ ...classifier, layers: [{ units: 16 }, { units: 16 }, { units: 3 }] }, async (network) => {
      for (const layer of [0, 1]) close(network, layer, ...Array(16).keys());
      const recycling = recycleDormant({ everySteps: 20 });
      await network.fit(data, { epochs: 150, optimizer: adam({ learningRate: 0.01 }), callbacks: [recycling] });
      expect(recycling.recycled[0]).toBeGreaterThanOrEqual(16);
      expect(network.evaluate(data).accuracy).toBeGreaterThan(0.85);
    });
  });

  test("a last batch of one row recycles no unit for being silent on it", async () => {
    const odd = sectors(33);
    await withNetwork(classifier, async (network) => {
      const steps = 20;
      const recycling = recycleDormant({ everySteps: steps, dormantBelow: 0 });
      await network.fit(odd, { epochs: steps / 2, optimizer: sgd({ learningRate: 0 }), callbacks: [recycling] });
      const { data: activations } = network.predict(odd.x);
      expect(activations.length).toBeGreaterThan(0);
      // dormant with tau 0 is silent on every row: none is here
      expect(recycling.recycled).toEqual([0, 0]);
    });
  });

  test("a trace behind it still finds causes", async () => {
    await withNetwork({ ...classifier, layers: [{ units: 24 }, { units: 24 }, { units: 3 }] }, async (network) => {
      const trace = traceDeaths();
      const recycling = recycleDormant({ everySteps: 60 });
      await network.fit(data, {
        epochs: 120,
        batchSize: 16,
        optimizer: adam({ learningRate: 0.1 }),
        callbacks: [recycling, trace],
      });
      expect(recycling.recycled[0]! + recycling.recycled[1]!).toBeGreaterThan(3);
      expect(trace.deaths.length + trace.revivals.length).toBeGreaterThan(2);
    });
  });
});
