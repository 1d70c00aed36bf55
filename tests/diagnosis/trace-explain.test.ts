// What a trace explains unasked where many units die, and what it explains when it is asked.
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { relumineError } from "../support/errors.js";
import { withNetwork } from "../support/networks.js";
import { congruential } from "../support/random.js";
import { sectors } from "../support/samples.js";
import {
  type Death,
  type DeathTrace,
  exportNetwork,
  type FitOptions,
  importNetwork,
  type NetworkSpec,
  sgd,
  traceDeaths,
} from "../../src/index.js";

const SPEC: NetworkSpec = {
  inputs: 2,
  layers: [{ units: 40 }, { units: 40 }, { units: 3 }],
  loss: "crossEntropy",
  seed: 4,
};
const FIT: FitOptions = { epochs: 6, batchSize: 16, optimizer: sgd({ learningRate: 3 }) };
const ROWS = 160;

function sample() {
  const { x, y } = sectors(ROWS, 3, 4);
  return { x: { rows: ROWS, columns: 2, data: Float32Array.from(x.flat()) }, y };
}

async function traced(
  options: Parameters<typeof traceDeaths>[0],
  then?: (trace: DeathTrace, data: ReturnType<typeof sample>) => Promise<void>,
  fit = FIT,
): Promise<readonly Death[]> {
  return withNetwork(SPEC, async (network) => {
    const data = sample();
    const trace = traceDeaths(options);
    await network.fit(data, { ...fit, callbacks: [trace] });
    await then?.(trace, data);
    return trace.deaths;
  });
}

const isOpen = ({ cause }: Death): boolean => cause === "unexplained";
const keyOf = ({ layer, unit }: Death): string => `${layer} ${unit}`;
const all = await traced({ explain: Infinity });

test("the training kills units of both layers in several steps", () => {
  expect(all.length).toBeGreaterThan(12);
  expect(new Set(all.map(({ layer }) => layer)).size).toBe(2);
  expect(new Set(all.map(({ step }) => step)).size).toBeGreaterThan(2);
  expect(all.some(isOpen)).toBe(false);
});

describe("explain", () => {
  test.each([0, 5, 12])(
    "%i: so many are explained, as they are without a limit; the others tell counters",
    async (most) => {
      // all deaths of this training are found at two times or more, each with a limit of its own
      const deaths = await traced({ explain: most });
      expect(deaths.map(keyOf)).toEqual(all.map(keyOf));
      const explained = deaths.filter((death) => !isOpen(death));
      expect(explained.length).toBeLessThan(all.length);
      if (most === 0) expect(explained).toEqual([]);
      else expect(explained.length).toBeGreaterThanOrEqual(most);
      for (const death of explained) expect(all).toContainEqual(death);
      for (const { before, step, change, survivesAt } of deaths.filter(isOpen)) {
        expect(Number.isFinite(before.mean)).toBe(true);
        expect(survivesAt).toBeUndefined();
        expect(change.weights).toBe(step === 0 ? 0 : NaN);
      }
    },
  );

  test("one of each layer and step comes first", async () => {
    const deaths = await traced({ explain: 5 }, undefined, { ...FIT, epochs: 1 });
    const groups = new Map<string, boolean>();
    for (const death of deaths) {
      const key = `${death.layer} ${death.step}`;
      groups.set(key, (groups.get(key) ?? false) || !isOpen(death));
    }
    const told = [...groups.values()].filter(Boolean).length;
    expect(deaths.filter((death) => !isOpen(death)).length).toBe(5);
    expect(told).toBe(Math.min(5, groups.size));
  });

  test.each([-1, 1.5, NaN, "50"])("%s is refused", (explain) => {
    expect(() => traceDeaths({ explain: explain as number })).toThrow(relumineError("value", "explain"));
  });
});

describe("by default", () => {
  // 2^30 multiplications are few here: an explanation in the second layer reads 2048 rows of 256-256
  const [rows, columns] = [2048, 256];
  const next = congruential(3);
  const data = {
    x: { rows, columns, data: Float32Array.from({ length: rows * columns }, () => 2 * next() - 1) },
    y: Array.from({ length: rows }, (_, i) => (i * 7) % 10),
  };
  const spec: NetworkSpec = {
    inputs: columns,
    layers: [{ units: 256 }, { units: 256 }, { units: 10 }],
    loss: "crossEntropy",
    seed: 1,
  };
  const run = (options?: Parameters<typeof traceDeaths>[0]) =>
    withNetwork(spec, async (network) => {
      const trace = traceDeaths(options);
      await network.fit(data, { epochs: 1, batchSize: 128, optimizer: sgd({ learningRate: 4 }), callbacks: [trace] });
      return trace.deaths;
    });

  test("as many are explained as take about as long as the training, and what they say is the same", async () => {
    const deaths = await run();
    const explained = deaths.filter((death) => !isOpen(death));
    const whole = await run({ explain: Infinity });
    expect(deaths.length).toBeGreaterThan(60);
    expect(explained.length).toBeGreaterThanOrEqual(1);
    expect(explained.length).toBeLessThan(50);
    expect(await run()).toEqual(deaths);
    for (const death of explained) expect(whole).toContainEqual(death);
    const asked = await run({ explain: 50 });
    expect(asked.filter((death) => !isOpen(death)).length).toBeGreaterThanOrEqual(50);
  });
});

test("all that were silent from the start are born, whatever is explained", async () => {
  await withNetwork(SPEC, async (network) => {
    network.layers[1].setWeights({ bias: new Float32Array(40).fill(-40) });
    const trace = traceDeaths({ explain: 0 });
    await network.fit(sample(), {
      epochs: 1,
      batchSize: 16,
      optimizer: sgd({ learningRate: 0.01 }),
      callbacks: [trace],
    });
    const { deaths } = trace;
    expect(deaths.filter(({ layer }) => layer === 1).map(({ cause }) => cause)).toEqual(Array(40).fill("born"));
    expect(deaths.every(({ windowMean, layer }) => layer === 0 || windowMean! < -20)).toBe(true);
  });
});

describe("trace.explain", () => {
  test("gives the deaths as they are without a limit, all or some, after the fit", async () => {
    const progress: number[][] = [];
    const deaths = await traced({ explain: 3 }, async (trace) => {
      const one = trace.deaths.find(isOpen)!;
      const [told] = await trace.explain(one);
      expect(told).toEqual(all.find((death) => keyOf(death) === keyOf(one)));
      expect(trace.deaths).toContain(told);
      const open = trace.deaths.filter(isOpen);
      const told2 = await trace.explain(undefined, { onProgress: (...figures) => void progress.push(figures) });
      expect(told2.map(keyOf)).toEqual(open.map(keyOf));
      expect(progress.at(-1)).toEqual([open.length, open.length]);
      expect(await trace.explain()).toEqual([]);
    });
    expect(deaths).toEqual(all);
  });

  test("and during the fit, in a callback", async () => {
    await withNetwork(SPEC, async (network) => {
      const trace = traceDeaths({ explain: 0 });
      const ask = { onTrainEnd: async () => void (await trace.explain()) };
      await network.fit(sample(), { ...FIT, callbacks: [trace, ask] });
      expect(trace.deaths).toEqual(all);
    });
  });

  test("in a fit that goes on meanwhile, units open again: what is told is of the deaths that were asked about", () =>
    withNetwork(SPEC, async (network) => {
      const trace = traceDeaths({ explain: 0 });
      let now = 0;
      // a turn for others at each step
      const clock = vi.spyOn(performance, "now").mockImplementation(() => (now += 20));
      onTestFinished(() => clock.mockRestore());
      let asked: Promise<unknown> | undefined;
      let before: readonly Death[] = [];
      const rates = new Map([
        [1, 1.5],
        [7, 6],
      ]); // units die early and late
      const learningRate = (_step: number, epoch: number) => rates.get(epoch) ?? 0.001;
      const open = {
        onEpochEnd({ epoch }: { epoch: number }) {
          if (epoch !== 12) return;
          before = trace.deaths;
          asked = trace.explain(before.filter((_, i) => i % 2 === 0));
        },
        onBatchEnd() {
          if (!asked) return;
          for (const layer of network.layers.slice(0, -1))
            layer.setWeights({ bias: new Float32Array(layer.units).fill(9) });
        },
      };
      await network.fit(sample(), { ...FIT, epochs: 14, learningRate, callbacks: [trace, open] });
      await asked;
      expect(trace.revivals.length).toBeGreaterThan(12);
      const told = trace.deaths.filter((death) => !isOpen(death));
      expect(told.length).toBeGreaterThan(0);
      for (const { layer, unit, lastStraw } of told)
        expect(before.find((each) => each.layer === layer && each.unit === unit)?.lastStraw.step).toBe(lastStraw.step);
    }));

  test("stops where it is told to", async () => {
    const deaths = await traced({ explain: 0 }, async (trace) => {
      await trace.explain(undefined, { signal: AbortSignal.abort() });
    });
    expect(deaths.every(isOpen)).toBe(true);
  });

  test("data that were changed since leave the cause unknown", async () => {
    const deaths = await traced({ explain: 0 }, async (trace, { x }) => {
      x.data.fill(1);
      await trace.explain();
    });
    expect(deaths.some(({ cause }) => cause === "unknown")).toBe(true);
    expect(deaths.some(isOpen)).toBe(false);
  });

  test("refuses what is no death of it, and a network that is disposed of", async () => {
    const trace = traceDeaths({ explain: 0 });
    expect(await trace.explain()).toEqual([]);
    await withNetwork(SPEC, async (network) => {
      await network.fit(sample(), { ...FIT, callbacks: [trace] });
      await expect(trace.explain({ ...trace.deaths[0], layer: 7 })).rejects.toThrow(relumineError("value", "deaths"));
      const none = { signal: { aborted: false } as AbortSignal };
      await expect(trace.explain(undefined, none)).rejects.toThrow(relumineError("value", "signal"));
      await expect(trace.explain([null as never])).rejects.toThrow(relumineError("value", "deaths[0]"));
    });
    await expect(trace.explain()).rejects.toThrow(relumineError("disposed"));
  });
});

test("what is unexplained goes on in a fit that is resumed, and through a file", async () => {
  const trace = traceDeaths({ explain: 1 });
  const stop = {
    onEpochEnd: ({ epoch }: { epoch: number }, { stop }: { stop(): void }) => void (epoch === 3 && stop()),
  };
  const bytes = await withNetwork(SPEC, async (network) => {
    await network.fit(sample(), { ...FIT, callbacks: [trace, stop] });
    return exportNetwork(network, "safetensors", { training: true });
  });
  expect(trace.deaths.some(isOpen)).toBe(true);
  const network = await importNetwork(bytes);
  const resumed = traceDeaths({ explain: 1 });
  await network.fit(sample(), { callbacks: [resumed, stop], resume: true, epochs: FIT.epochs });
  await resumed.explain();
  network.dispose();
  expect(resumed.deaths).toEqual(all);
});

describe("memory", () => {
  test("0 keeps no snapshots: nothing is replayed", async () => {
    const deaths = await traced({ memory: 0 });
    expect(deaths).toEqual(await traced({ replay: false }));
  });

  test("of few copies explains the last deaths; with enough, all", async () => {
    const bytes = 4 * (2 * 40 + 40 + 40 * 40 + 40 + 40 * 3 + 3);
    expect((await traced({ memory: 1.5 * bytes })).length).toBe(all.length); // room for one alone
    const few = await traced({ explain: Infinity, memory: 2.5 * bytes });
    const known = (deaths: readonly Death[]) => deaths.filter(({ cause }) => cause !== "unknown").length;
    expect(known(few)).toBeLessThanOrEqual(known(all));
    expect(await traced({ explain: Infinity, memory: 64 * bytes })).toEqual(all);
  });
});

describe("long after a death", () => {
  // units die in the first epochs of many, further back than snapshots and rates are kept of a training that goes on
  const LONG: FitOptions = { ...FIT, epochs: 60, learningRate: (_step, epoch) => (epoch > 4 ? 1e-4 : 3) };
  const whole = traced({ explain: Infinity }, undefined, LONG);

  test("on demand it is explained as it would have been at once", async () => {
    const deaths = await traced({ explain: 1 }, async (trace) => void (await trace.explain()), LONG);
    expect(deaths).toEqual(await whole);
  });

  test("and after the training was stored and resumed", async () => {
    const trace = traceDeaths({ explain: 1 });
    const resumed = traceDeaths({ explain: 1 });
    const stop = {
      onEpochEnd: ({ epoch }: { epoch: number }, { stop }: { stop(): void }) => void (epoch === 30 && stop()),
    };
    const bytes = await withNetwork(SPEC, async (network) => {
      await network.fit(sample(), { ...LONG, callbacks: [trace, stop] });
      return exportNetwork(network, "safetensors", { training: true });
    });
    const network = await importNetwork(bytes);
    const { learningRate } = LONG;
    await network.fit(sample(), { callbacks: [resumed, stop], resume: true, epochs: LONG.epochs, learningRate });
    await resumed.explain();
    network.dispose();
    expect(resumed.deaths).toEqual(await whole);
  });

  test("where memory has no room for its snapshots, it says so", async () => {
    const bytes = 4 * (2 * 40 + 40 + 40 * 40 + 40 + 40 * 3 + 3);
    const deaths = await traced({ explain: 1, memory: 6.5 * bytes }, undefined, LONG);
    const gone = deaths.filter(({ lastStraw }) => lastStraw.snapshotsGone);
    expect(gone.length).toBeGreaterThan(0);
    for (const { cause, explanation } of gone) {
      expect(cause).toBe("unknown");
      expect(explanation).toContain("snapshots");
    }
  });
});
