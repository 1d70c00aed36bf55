// The range test: its curve is that of a training whose rate grows, its rates are those of the rules, and units die
// where plain trainings say so.
import { describe, expect, it } from "vitest";
import { type RangeRun } from "../../src/diagnosis/rates/range-test.js";
import { chooseRate, readCurve, readDeaths } from "../../src/diagnosis/rates/suggest.js";
import { countDead } from "../../src/inspect/dead-units.js";
import {
  adam,
  type Callback,
  createNetwork,
  exportNetwork,
  findLearningRate,
  type LearningRateOptions,
  type NetworkSpec,
  sgd,
} from "../../src/index.js";
import * as remote from "../../src/worker.js";
import { expectError } from "../support/errors.js";
import { sectors } from "../support/samples.js";

const EXACT = { arithmetic: "reproducible" } as const;
const data = sectors(400);
const spec: NetworkSpec = {
  inputs: 2,
  layers: [{ units: 16 }, { units: 16 }, { units: 3 }],
  loss: "crossEntropy",
  seed: 1,
};
const deep = (activation: "tanh" | "leakyRelu"): NetworkSpec => ({
  ...spec,
  layers: [{ units: 16, activation }, { units: 16, activation }, { units: 3 }],
});

const rateAt = (step: number, low: number, high: number, steps: number) =>
  low * (high / low) ** ((step - 1) / (steps - 1));

/**
 * One weight on a parabola: full batches of x = ±1 and y = x, the loss (w - 1)², which a rate of 1 or more blows up.
 */
const parabola = { x: [[1], [-1]], y: [[1], [-1]] };
const line: NetworkSpec = { inputs: 1, layers: [{ units: 1, kernelInitializer: "zeros" }], loss: "meanSquaredError" };

describe("the curve", () => {
  it("is that of plain descent whose rate grows, smoothed, up to four times the lowest", async () => {
    using network = await createNetwork(line, EXACT);
    const wide = { low: 1e-2, high: 100, steps: 40, batchSize: 2 };
    const test = await findLearningRate(network, parabola, { optimizer: sgd(), ...wide });
    let [w, sum, share, lowest] = [0, 0, 0, Infinity];
    const expected: number[] = [];
    for (let step = 1; step <= 40; step++) {
      sum = 0.98 * sum + 0.02 * (w - 1) ** 2;
      share = 0.98 * share + 0.02;
      w -= rateAt(step, 1e-2, 100, 40) * 2 * (w - 1);
      expected.push(sum / share);
      if (step <= 4) continue;
      lowest = Math.min(lowest, sum / share);
      if (sum / share > 4 * lowest) break;
    }
    expect(test.points).toHaveLength(expected.length);
    expect(expected.length).toBeLessThan(40);
    test.points.forEach(([rate, loss], i) => {
      expect(rate).toBeCloseTo(rateAt(i + 1, 1e-2, 100, 40), 3);
      expect(Math.abs(loss / expected[i] - 1)).toBeLessThan(5e-3); // float32, of a distance that fell to 1e-4
    });
    expect(test.stopped).toBe("diverged");
    expect(test.units).toBe(0);
    expect(test.killsFrom).toBeUndefined();
  });

  it("names a rate that trains, below those that blow up", async () => {
    using network = await createNetwork(line, EXACT);
    const options = { optimizer: sgd(), low: 1e-3, high: 100, batchSize: 2 } as const;
    const { rate, suggested, lowest, points } = await findLearningRate(network, parabola, options);
    expect(rate).toBe(Math.min(suggested!.steepest, suggested!.tenthOfLowest));
    expect(suggested!.tenthOfLowest).toBeCloseTo(lowest! / 10, 3);
    const lossAt = async (learningRate: number) => {
      using copy = await network.clone();
      await copy.fit(parabola, { optimizer: sgd({ learningRate }), epochs: 200, batchSize: 2 });
      return copy.evaluate(parabola).loss;
    };
    expect(await lossAt(rate!)).toBeLessThan(1e-2);
    expect(await lossAt(rate! / 100)).toBeGreaterThan(0.5); // what is far below hardly moves
    expect(await lossAt(points.at(-1)![0])).toBeGreaterThan(1e3);
  });

  it("says that the loss still falls, or never fell", async () => {
    using network = await createNetwork(line, EXACT);
    const low = await findLearningRate(network, parabola, { optimizer: sgd(), low: 1e-3, high: 0.1, batchSize: 2 });
    expect(low.sentences.join(" ")).toContain("The loss still falls where the test ends");
    const none = await findLearningRate(network, parabola, { optimizer: sgd(), low: 1e-9, high: 1e-8, batchSize: 2 });
    expect([none.suggested, none.rate]).toEqual([undefined, undefined]);
    expect(none.sentences[0]).toContain("No rate of this test");
  });

  it("has no lowest, and ends at once, where the loss is no number", async () => {
    using network = await createNetwork({ ...line, layers: [{ units: 1 }] }, EXACT);
    const huge = { x: [[3e38], [-3e38]], y: [[1], [1]] };
    const test = await findLearningRate(network, huge, { optimizer: sgd() });
    expect([test.stopped, test.points, test.lowest, test.rate]).toEqual(["diverged", [], undefined, undefined]);
    expect(test.sentences).toEqual(["The first batch has no finite loss, at any rate."]);
    expect(String(test)).toContain("no finite loss");
  });
});

describe("the rules", () => {
  /** Falls by a hundredth a step, by a tenth from 100 to 103; lowest at 150, then it rises. */
  const losses: number[] = [5];
  for (let i = 1; i < 200; i++) {
    let slope = i >= 100 && i < 104 ? -0.1 : -0.01;
    if (i === 5) slope = -1;
    if (i > 150) slope = 0.2;
    losses.push(losses[i - 1] + slope);
  }
  const points = losses.map((loss, i) => [10 ** (i / 50 - 4), loss] as const);

  it("are the steepest slope before the lowest, and a tenth of the lowest's rate, without the first tenth", () => {
    const { lowest, suggested, risesFrom } = readCurve(points, 200);
    expect(lowest).toBe(0.1);
    expect(suggested).toEqual({ steepest: Number((10 ** (99 / 50 - 4)).toPrecision(3)), tenthOfLowest: 0.01 });
    const twice = points.find(([, loss], i) => i > 150 && loss > 2 * losses[150]);
    expect(risesFrom).toBe(Number(twice![0].toPrecision(3)));
  });

  const run = (died: readonly number[], dead: readonly number[], born = 0): RangeRun => ({
    points,
    born,
    units: 20 + born,
    looks: died.map((count, i) => ({
      step: i + 1,
      rate: 10 ** (i - 4),
      died: count,
      dead: dead[i],
      layers: [dead[i]],
    })),
  });

  it("name the first death, and where a tenth of what lived is dead", () => {
    expect(readDeaths(run([0, 0, 0], [0, 0, 0]))).toEqual({});
    expect(readDeaths(run([0, 1, 0, 3], [0, 1, 1, 4]))).toEqual({ killsFrom: 0.001, deadlyFrom: 0.1 });
    expect(readDeaths(run([0, 0], [5, 5], 5))).toEqual({}); // born dead
    expect(readDeaths(run([0, 1], [5, 6], 5))).toEqual({ killsFrom: 0.001 });
  });

  it("keep the rate below where a tenth is dead", () => {
    const suggested = { steepest: 0.02, tenthOfLowest: 0.05 };
    expect(chooseRate(suggested, run([0, 0], [0, 0]))).toBe(0.02);
    expect(chooseRate(suggested, run([0, 1, 2, 0], [0, 1, 3, 3]))).toBe(0.001);
    expect(chooseRate(suggested, run([0, 1, 0, 2], [0, 1, 1, 3]))).toBe(0.01);
    expect(chooseRate(suggested, run([9], [9]))).toBeUndefined();
    expect(chooseRate(undefined, run([0], [0]))).toBeUndefined();
  });
});

describe("the units", () => {
  const options = { optimizer: sgd({ momentum: 0.9 }) };

  it("are dead after each look's update as in a plain training with those rates", async () => {
    using network = await createNetwork(spec, EXACT);
    const test = await findLearningRate(network, data, options);
    expect(test.looks.length).toBeGreaterThan(30);
    expect(test.looks.some(({ died }) => died > 0)).toBe(true);
    const steps = new Map(test.looks.map((look) => [look.step, look]));
    const seen: number[] = [];
    using twin = await network.clone();
    const onBatchEnd: Callback["onBatchEnd"] = ({ step }, { stop }) => {
      const look = steps.get(step);
      if (look) {
        const { dead, layers } = countDead(twin, data.x);
        expect([look.dead, look.layers]).toEqual([dead, layers.map((layer) => layer.dead)]);
        seen.push(step);
      }
      if (step === test.points.length) stop();
    };
    const learningRate = (step: number) => rateAt(step, 1e-5, 10, 200);
    await twin.fit(data, { ...options, epochs: 16, learningRate, callbacks: [{ onBatchEnd }] });
    expect(seen).toEqual(test.looks.map(({ step }) => step));
    expect(test.born).toBe(countDead(network, data.x).dead);
  });

  it("die at the rate at which a step by hand closes the only one", async () => {
    // h = relu(w + b) and y = v·h on x = 1, target -1: each step takes h down
    const one: NetworkSpec = {
      inputs: 1,
      layers: [
        { units: 1, kernelInitializer: { constant: 1 } },
        { units: 1, kernelInitializer: { constant: 1 } },
      ],
      loss: "meanSquaredError",
    };
    using network = await createNetwork(one, EXACT);
    const rows = { x: [[1], [1]], y: [[-1], [-1]] };
    let [w, b, v, c, closed] = [1, 0, 1, 0, 0];
    for (let step = 1; closed === 0; step++) {
      const h = Math.max(0, w + b);
      const gradient = 2 * (v * h + c + 1);
      const rate = rateAt(step, 1e-5, 10, 200);
      [w, b, v, c] = [w - rate * gradient * v, b - rate * gradient * v, v - rate * gradient * h, c - rate * gradient];
      if (w + b <= 0) closed = step;
    }
    const test = await findLearningRate(network, rows, { optimizer: sgd(), batchSize: 2 });
    const look = test.looks.find(({ step }) => step >= closed)!;
    expect(closed).toBeGreaterThan(50);
    expect([test.killsFrom, test.deadlyFrom]).toEqual([
      Number(look.rate.toPrecision(3)),
      Number(look.rate.toPrecision(3)),
    ]);
    expect(test.looks.map(({ died }) => died).reduce((sum, died) => sum + died, 0)).toBe(1);
    expect(test.rate!).toBeLessThan(test.killsFrom!);
    expect(String(test)).toContain("units die");
  });

  it("die in plain trainings at the rates that are marked, and not in as long ones below", async () => {
    using network = await createNetwork(spec, EXACT);
    const { killsFrom, deadlyFrom, born, units, looks } = await findLearningRate(network, data, { optimizer: sgd() });
    const deadAt = async (learningRate: number) => {
      using copy = await network.clone();
      await copy.fit(data, { optimizer: sgd({ learningRate }), epochs: 2 }); // 26 updates: about what an end of the test has
      return countDead(copy, data.x).dead;
    };
    expect(await deadAt(deadlyFrom! * 1.5)).toBeGreaterThanOrEqual(born + 0.1 * (units - born));
    expect(await deadAt(killsFrom! / 10)).toBe(born);
    expect(looks.filter(({ rate }) => rate < killsFrom! * 0.99).every(({ died }) => died === 0)).toBe(true);
  });

  it.each(["tanh", "leakyRelu"] as const)("of %s do not die, and nothing is marked", async (activation) => {
    using network = await createNetwork(deep(activation), EXACT);
    const test = await findLearningRate(network, data, { optimizer: sgd() });
    expect([test.killsFrom, test.deadlyFrom]).toEqual([undefined, undefined]);
    expect(test.looks.every(({ died, dead }) => died === 0 && dead === 0)).toBe(true);
    expect(test.sentences.join(" ")).toMatch(/No unit died, up to a rate of/);
    expect(String(test)).not.toContain("units die");
  });

  it("of relu do not die where rates stay low", async () => {
    using network = await createNetwork(spec, EXACT);
    const test = await findLearningRate(network, data, { optimizer: sgd(), low: 1e-5, high: 1e-2 });
    expect(test.killsFrom).toBeUndefined();
    expect(test.looks.every(({ dead }) => dead === test.born)).toBe(true);
  });

  it("are looked for on as many rows as are wanted, none of them without weight", async () => {
    using network = await createNetwork(spec, EXACT);
    const weights = data.y.map((_, row) => Number(row % 2));
    const counts = [];
    for (const rows of [10, 2048, Infinity])
      counts.push((await findLearningRate(network, { ...data, weights }, { rows })).rows);
    expect(counts).toEqual([10, 200, 200]);
    expect((await findLearningRate(network, data)).rows).toBe(400);
  });
});

describe("the network", () => {
  it("is left as it was, to the bit, in its moments and its place among epochs too", async () => {
    using network = await createNetwork(spec, EXACT);
    using twin = await createNetwork(spec, EXACT);
    const [one, other] = [adam({ learningRate: 0.01 }), adam({ learningRate: 0.01 })];
    await network.fit(data, { epochs: 2, optimizer: one });
    await twin.fit(data, { epochs: 2, optimizer: other });
    const before = await exportNetwork(network, "safetensors", { training: true });
    await findLearningRate(network, data, { optimizer: one });
    expect(await exportNetwork(network, "safetensors", { training: true })).toEqual(before);
    await network.fit(data, { epochs: 2, optimizer: one });
    await twin.fit(data, { epochs: 2, optimizer: other });
    expect(network.layers.map((layer) => layer.getWeights())).toEqual(twin.layers.map((layer) => layer.getWeights()));
  });

  it("gives the same test each time, and in a worker", async () => {
    using network = await createNetwork(spec, EXACT);
    const options = {
      optimizer: sgd({ momentum: 0.9 }),
      batchSize: 16,
      clipNorm: 1,
      classWeights: "balanced",
    } as const;
    const test = await findLearningRate(network, data, options);
    const shares: number[] = [];
    const onProgress = (share: number) => void shares.push(share);
    const again = await findLearningRate(network, data, { ...options, onProgress });
    expect(again).toEqual(test);
    expect(shares.at(-1)).toBeCloseTo(again.looks.at(-1)!.step / 200, 1);
    await using far = await remote.createNetwork(spec, EXACT);
    const heard: number[] = [];
    const there = await remote.findLearningRate(far, data, {
      ...options,
      optimizer: remote.sgd({ momentum: 0.9 }),
      onProgress: (share) => void heard.push(share),
    });
    expect(there).toEqual(test);
    expect(String(there)).toBe(String(test));
    expect(heard).toEqual(shares);
    expect(
      String(test)
        .split("\n")
        .every((text) => text.length <= 80),
    ).toBe(true);
    const unclipped = await findLearningRate(network, data, { ...options, clipNorm: 1e9 });
    expect(unclipped.points).not.toEqual(test.points);
  });

  it("of rows that are given by their entries is tested the same", async () => {
    using network = await createNetwork(spec, EXACT);
    const sparse = {
      rows: 400,
      columns: 2,
      rowOffsets: Uint32Array.from({ length: 401 }, (_, row) => 2 * row),
      columnIndices: Uint32Array.from({ length: 800 }, (_, at) => at % 2),
      values: Float32Array.from(data.x.flat()),
    };
    expect(await findLearningRate(network, { ...data, x: sparse })).toEqual(await findLearningRate(network, data));
  });
});

describe("a signal", () => {
  it("ends the test with what was seen so far", async () => {
    using network = await createNetwork(spec, EXACT);
    const whole = await findLearningRate(network, data);
    const stop = new AbortController();
    const onProgress = (share: number) => void (share >= 0.5 && stop.abort());
    const test = await findLearningRate(network, data, { signal: stop.signal, onProgress });
    expect(test.stopped).toBe("aborted");
    expect(test.points).toEqual(whole.points.slice(0, 100));
    expect(test.looks.at(-1)!.step).toBe(100);
  });

  it("that is raised before ends it before its first update, here and in a worker", async () => {
    using network = await createNetwork(spec, EXACT);
    await using far = await remote.createNetwork(spec, EXACT);
    const signal = AbortSignal.abort();
    const near = await findLearningRate(network, data, { signal });
    expect([near.stopped, near.points, near.looks, near.sentences]).toEqual([
      "aborted",
      [],
      [],
      ["No update was made."],
    ]);
    expect(await remote.findLearningRate(far, data, { signal })).toEqual(near);
  });

  it("what onProgress throws ends it, here and in a worker", async () => {
    using network = await createNetwork(spec, EXACT);
    await using far = await remote.createNetwork(spec, EXACT);
    const enough = new Error("enough");
    const onProgress = () => {
      throw enough;
    };
    await expect(findLearningRate(network, data, { onProgress })).rejects.toBe(enough);
    await expect(remote.findLearningRate(far, data, { onProgress })).rejects.toBe(enough);
    expect((await far.evaluate(data)).loss).toBe(network.evaluate(data).loss);
  });
});

describe("what is wrong is refused before anything trains", () => {
  it.each<[object, string]>([
    [{ low: 0 }, "low"],
    [{ low: Number.NaN }, "low"],
    [{ high: -1 }, "high"],
    [{ low: 1, high: 0.1 }, "high"],
    [{ low: 0.1, high: 0.1 }, "high"],
    [{ high: Infinity }, "high"],
    [{ steps: 19 }, "steps"],
    [{ steps: 30.5 }, "steps"],
    [{ steps: 2 ** 21 }, "steps"],
    [{ smoothing: 1 }, "smoothing"],
    [{ smoothing: -0.1 }, "smoothing"],
    [{ rows: 0 }, "rows"],
    [{ batchSize: 0 }, "batchSize"],
    [{ clipNorm: 0 }, "clipNorm"],
    [{ optimizer: {} }, "optimizer"],
    [{ onProgress: 1 }, "onProgress"],
    [{ signal: {} }, "signal"],
    [{ step: 100 }, "options.step"],
    [{ callbacks: [] }, "options.callbacks"],
  ])("%o", async (given, path) => {
    using network = await createNetwork(spec, EXACT);
    await expectError(findLearningRate(network, data, given as LearningRateOptions), "value", path);
  });

  it("a network or data that are none", async () => {
    const network = await createNetwork(spec, EXACT);
    await expectError(findLearningRate(network, { x: [[1]], y: [0] }), "shape");
    await expectError(findLearningRate(network, { x: data.x, y: data.y.map(() => 7) }), "value");
    await expectError(findLearningRate({} as never, data), "value", "network");
    network.dispose();
    await expectError(findLearningRate(network, data), "disposed", "network");
  });
});
