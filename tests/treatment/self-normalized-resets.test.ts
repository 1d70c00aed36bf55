// Self-normalized resets: the test on gaps, what a reset does, and that a trace sees it.
import { describe, expect, test } from "vitest";
import { adam, type Callback, type Network, selfNormalizedResets, sgd, traceDeaths } from "../../src/index.js";
import { binOf, GAP_BINS, Gaps, lastOf } from "../../src/treatment/during-training/gaps.js";
import { expectRefusal } from "../support/errors.js";
import { classifier, weightsOf, withNetwork } from "../support/networks.js";
import fc from "../support/property.js";
import { seededRandom } from "../support/random.js";
import { sectors } from "../support/samples.js";

const data = sectors(96);
const open = {
  ...classifier,
  layers: [
    { units: 12, biasInitializer: 5 },
    { units: 9, biasInitializer: 5, kernelInitializer: { uniform: 0.01 } },
    { units: 3 },
  ],
} as const;

const close = (network: Network, layer: number, ...units: readonly number[]) => {
  const { bias } = network.layers[layer]!.getWeights();
  for (const unit of units) bias[unit] = -1e3;
  network.layers[layer]!.setWeights({ bias });
};

/** Batches of a unit that fires in each with a chance of its own; how many gaps were exceeded, of how many. */
function alarms(
  threshold: number,
  chances: () => number,
  batches: number,
  seed: number,
): { alarms: number; gaps: number } {
  const random = seededRandom(seed);
  const gaps = new Gaps(1, threshold);
  gaps.begin(32);
  let [found, all, isTold] = [0, 0, false];
  for (let batch = 0; batch < batches; batch++) {
    if (random() < chances()) {
      gaps.fired(0);
      all++;
      isTold = false;
    } else if (gaps.stayedSilent(0, 32) && !isTold) {
      found++;
      isTold = true; // the unit is left alone, so that one gap tells once
    }
  }
  return { alarms: found, gaps: all };
}

describe("gaps", () => {
  test("bins follow each other without a hole, and a bin's last gap is within an eighth of any of it", () => {
    expect(binOf(1)).toBe(0);
    for (let gap = 1; gap < 5000; gap++) {
      const bin = binOf(gap);
      expect(lastOf(bin)).toBeGreaterThanOrEqual(gap);
      expect(lastOf(bin)).toBeLessThanOrEqual(gap * 1.125);
      expect(binOf(gap + 1) - bin).toBe(gap === lastOf(bin) ? 1 : 0);
    }
    expect(binOf(2 ** 40)).toBe(GAP_BINS - 1);
    for (let bin = 0; bin < GAP_BINS; bin++) expect(binOf(lastOf(bin))).toBe(bin);
  });

  test("a unit that always fired is reset at its first silent batch once so many gaps are known, not before", () => {
    for (const [fired, isBeyond] of [
      [98, false],
      [99, true],
    ] as const) {
      const gaps = new Gaps(2, 0.01);
      gaps.begin(32);
      for (let i = 0; i < fired; i++) gaps.fired(1);
      expect(gaps.stayedSilent(1, 32)).toBe(isBeyond);
    }
  });

  test("a unit without a history is silent for 1 / threshold batches before it is reset", () => {
    const gaps = new Gaps(1, 0.05);
    gaps.begin(32);
    const told = Array.from({ length: 22 }, () => gaps.stayedSilent(0, 32));
    expect(told.indexOf(true)).toBe(20);
    expect(gaps.quantile[0]).toBe(20 * 32);
  });

  test("the quantile is that of the definition, by counting", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 50, maxLength: 70 }),
        fc.constantFrom(0.02, 0.05, 0.2, 0.5),
        (lengths, threshold) => {
          fc.pre(lengths.length < 4 * Math.ceil(1 / threshold) && lengths.length + 1 >= 1 / threshold);
          const gaps = new Gaps(1, threshold);
          gaps.begin(8);
          for (const length of lengths) {
            for (let i = 0; i < length; i++) gaps.stayedSilent(0, 1);
            gaps.fired(0);
          }
          const longer = (silence: number) => 1 + lengths.filter((length) => length >= silence).length;
          for (let silence = 1; silence <= 14; silence++)
            expect(gaps.stayedSilent(0, 1)).toBe(longer(silence) <= threshold * (1 + lengths.length));
        },
      ),
    );
  });

  test("what was kept goes on with the same answers", () => {
    const [one, other] = [new Gaps(3, 0.05), new Gaps(3, 0.05)];
    const random = seededRandom(4);
    const step = (gaps: Gaps, unit: number, fires: boolean) => (fires ? gaps.fired(unit) : gaps.stayedSilent(unit, 16));
    one.begin(16);
    for (let i = 0; i < 900; i++) step(one, i % 3, random() < 0.4);
    other.restore(structuredClone(one.save()));
    other.begin(16);
    for (let i = 0; i < 900; i++) {
      const fires = random() < 0.4;
      expect(step(other, i % 3, fires)).toBe(step(one, i % 3, fires));
    }
  });
});

describe("false alarms", () => {
  const cases = [0.05, 0.01].flatMap((threshold) =>
    [0.05, 0.3, 0.8, 0.97, 0.999].map((chance) => [threshold, chance] as const),
  );
  test.each(cases)("threshold %s, a unit that fires in a share of %s of the batches", (threshold, chance) => {
    let [found, all] = [0, 0];
    for (let seed = 1; seed <= 20; seed++) {
      const told = alarms(threshold, () => chance, 20_000, seed);
      found += told.alarms;
      all += told.gaps;
    }
    // four standard errors of a share, and a tenth for old gaps that count half
    expect(found / all).toBeLessThan(1.1 * threshold + 4 * Math.sqrt((threshold * (1 - threshold)) / all));
  });

  test("negative control: a unit that fires ever more rarely is told far more often", () => {
    let chance = 1;
    const { alarms: found, gaps } = alarms(0.01, () => (chance *= 0.998), 3000, 1);
    expect(found / gaps).toBeGreaterThan(0.03);
  });

  test("they come nearly as often as the threshold lets them where gaps are of many lengths", () => {
    const told = Array.from({ length: 20 }, (_, seed) => alarms(0.05, () => 0.05, 20_000, seed));
    const share = told.reduce((sum, each) => sum + each.alarms, 0) / told.reduce((sum, each) => sum + each.gaps, 0);
    expect(share).toBeGreaterThan(0.02);
  });
});

describe("a unit that stops", () => {
  test("is found before chance would explain its silence once in a million times, however often it fired", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.02, max: 0.99, noNaN: true }),
        fc.constantFrom(0.2, 0.05, 0.01),
        fc.nat(),
        (chance, threshold, seed) => {
          const random = seededRandom(seed);
          const gaps = new Gaps(1, threshold);
          gaps.begin(32);
          for (let batch = 0; batch < 5000; batch++)
            if (random() < chance) gaps.fired(0);
            else gaps.stayedSilent(0, 32);
          gaps.fired(0);
          let silent = 1;
          while (!gaps.stayedSilent(0, 32)) silent++;
          expect(silent).toBeLessThan(2 + (1.125 * Math.log(1e-6)) / Math.log(1 - chance));
        },
      ),
    );
  });
});

describe("selfNormalizedResets", () => {
  test("a unit that stops firing is reset, no other, and with what its gaps say", async () => {
    await withNetwork(open, async (network) => {
      const renewal = selfNormalizedResets({ threshold: 0.1 });
      const others = network.layers[0]!.getWeights().kernel.slice();
      let step = 0;
      const stop: Callback = {
        onBatchEnd: () => {
          if (++step === 60) close(network, 0, 3);
        },
      };
      await network.fit(data, {
        epochs: 12,
        batchSize: 16,
        optimizer: sgd({ learningRate: 0 }),
        callbacks: [stop, renewal],
      });
      expect(renewal.resets).toEqual([{ layer: 0, unit: 3, step: 61, silence: 16, quantile: 0 }]);
      const { kernel, bias } = network.layers[0]!.getWeights();
      expect(bias[3]).toBe(0);
      const changed = [...kernel.keys()].filter((at) => kernel[at] !== others[at]);
      expect(changed.map((at) => at % 12)).toEqual([3, 3]);
      const above = network.layers[1]!.getWeights().kernel;
      expect([...above.subarray(3 * 9, 4 * 9)]).toEqual(Array(9).fill(0));
    });
  });

  test("units that never fired are reset after 1 / threshold batches, in the order of layers", async () => {
    await withNetwork(open, async (network) => {
      close(network, 1, 8, 2);
      close(network, 0, 5);
      const renewal = selfNormalizedResets({ threshold: 0.05 });
      await network.fit(data, { epochs: 4, batchSize: 16, optimizer: sgd({ learningRate: 0 }), callbacks: [renewal] });
      const told = { step: 21, silence: 21 * 16, quantile: 20 * 16 };
      expect(renewal.resets).toEqual([
        { layer: 0, unit: 5, ...told },
        { layer: 1, unit: 2, ...told },
        { layer: 1, unit: 8, ...told },
      ]);
    });
  });

  test("a reset unit's gaps begin anew: it is safe for as long as one without a history", async () => {
    await withNetwork(open, async (network) => {
      const renewal = selfNormalizedResets({ threshold: 0.1 });
      const steps: number[] = [];
      let step = 0;
      const shut: Callback = {
        onBatchEnd: () => {
          if (++step >= 40) close(network, 0, 3); // after each reset, too
          steps.push(renewal.resets.length);
        },
      };
      await network.fit(data, {
        epochs: 12,
        batchSize: 16,
        optimizer: sgd({ learningRate: 0 }),
        callbacks: [renewal, shut],
      });
      const gaps = renewal.resets.map((reset) => reset.step);
      expect(gaps).toEqual([41, 52, 63]);
    });
  });

  test("a network that is dead as a whole learns again", async () => {
    await withNetwork({ ...classifier, layers: [{ units: 16 }, { units: 16 }, { units: 3 }] }, async (network) => {
      for (const layer of [0, 1]) close(network, layer, ...Array(16).keys());
      const renewal = selfNormalizedResets({ threshold: 0.05 });
      await network.fit(data, {
        epochs: 150,
        batchSize: 32,
        optimizer: adam({ learningRate: 0.01 }),
        callbacks: [renewal],
      });
      expect(renewal.resets.length).toBeGreaterThanOrEqual(32);
      expect(network.evaluate(data).accuracy).toBeGreaterThan(0.85);
    });
  });

  test("units of layers that still pass something where they do not fire are left alone", async () => {
    await withNetwork(
      {
        ...classifier,
        layers: [{ units: 12, activation: "leakyRelu" }, { units: 9, activation: "tanh" }, { units: 3 }],
      },
      async (network) => {
        close(network, 0, 1);
        close(network, 1, 1);
        const renewal = selfNormalizedResets({ threshold: 0.1 });
        await network.fit(data, { epochs: 5, batchSize: 16, callbacks: [renewal] });
        expect(renewal.resets).toEqual([]);
      },
    );
  });

  test("the same seed gives the same bits, and a later fit goes on where the last one ended", async () => {
    const trained = async (fits: readonly number[]) =>
      withNetwork(classifier, async (network) => {
        const renewal = selfNormalizedResets({ threshold: 0.1 });
        const optimizer = adam({ learningRate: 0.1 });
        const resets: object[] = [];
        let before = 0;
        for (const epochs of fits) {
          await network.fit(data, { epochs, batchSize: 16, optimizer, callbacks: [renewal] });
          resets.push(...renewal.resets.map((reset) => ({ ...reset, step: reset.step + before })));
          before += epochs * 6;
        }
        return { resets, weights: weightsOf(network) };
      });
    const once = await trained([30]);
    expect(once.resets.length).toBeGreaterThan(3);
    expect(await trained([30])).toEqual(once);
    expect(await trained([4, 17, 9])).toEqual(once);
  });

  test("a trace behind it still finds causes, and sees reset units live again", async () => {
    await withNetwork({ ...classifier, layers: [{ units: 24 }, { units: 24 }, { units: 3 }] }, async (network) => {
      const trace = traceDeaths();
      const renewal = selfNormalizedResets({ threshold: 0.005 });
      await network.fit(data, {
        epochs: 120,
        batchSize: 16,
        optimizer: adam({ learningRate: 0.1 }),
        callbacks: [renewal, trace],
      });
      expect(renewal.resets.length).toBeGreaterThan(3);
      expect(trace.deaths.length).toBeGreaterThan(2);
      expect(trace.deaths.some(({ cause }) => cause !== "unknown")).toBe(true);
      const revived = trace.revivals.map(({ layer, unit }) => `${layer} ${unit}`);
      expect(renewal.resets.some(({ layer, unit }) => revived.includes(`${layer} ${unit}`))).toBe(true);
    });
  });

  test("wrong options are refused", async () => {
    for (const threshold of [0, 1, -0.1, NaN])
      await expectRefusal(() => selfNormalizedResets({ threshold }), "value", "threshold");
    await expectRefusal(() => selfNormalizedResets({ eta: 1 } as object), "value", "selfNormalizedResets.eta", "eta");
  });
});
