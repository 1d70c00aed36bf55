// Deaths whose cause is known by construction, their look-alikes, and what a trace promises its users.
import { describe, expect, test } from "vitest";
import { expectRefusal } from "../support/errors.js";
import { withNetwork } from "../support/networks.js";
import { normal, seededRandom } from "../support/random.js";
import { sectors } from "../support/samples.js";
import {
  adam,
  adamW,
  createNetwork,
  type DataSet,
  diagnose,
  earlyStopping,
  type FitOptions,
  type Loss,
  type Network,
  type NetworkSpec,
  rmsprop,
  sgd,
  traceDeaths,
} from "../../src/index.js";
import { stateOf } from "../../src/network/state/state.js";
import type { Rows } from "../reference/network.js";

/** A chain of single units: each layer's weight and bias; the last is the output. */
async function withChain<T>(
  weights: readonly (readonly [weight: number, bias: number])[],
  loss: Loss,
  use: (network: Network) => Promise<T>,
): Promise<T> {
  const spec: NetworkSpec = { inputs: 1, layers: weights.map(() => ({ units: 1 })), loss };
  return withNetwork(spec, (network) => {
    weights.forEach(([weight, bias], layer) =>
      network.layers[layer].setWeights({ kernel: Float32Array.of(weight), bias: Float32Array.of(bias) }),
    );
    return use(network);
  });
}

async function traceChain(
  weights: readonly (readonly [number, number])[],
  data: DataSet,
  options: FitOptions,
  loss: Loss = "meanSquaredError",
  window?: number,
) {
  return withChain(weights, loss, async (network) => {
    const trace = traceDeaths({ window });
    await network.fit(data, { epochs: 60, shuffle: false, ...options, callbacks: [trace] });
    return trace;
  });
}

const onRates = (rates: Record<number, number>, otherwise: number) => (step: number) => rates[step] ?? otherwise;

describe("the textbook's unit", () => {
  const BATCH = 16,
    LETHAL = 118;
  const random = seededRandom(4);
  const draw = normal(random);
  // In pairs around 0, so that the step moves the bias and hardly the weight.
  const x: Rows = Array.from({ length: 100 * BATCH }, () => 0.2 * Math.max(-3, Math.min(3, draw()))).flatMap(
    (value) => [[Math.fround(value)], [Math.fround(-value)]],
  );
  const z = x.map(([value]) => Math.fround(0.1 * value + 0.1));
  // Every batch's targets are what the network says, but for one.
  const y = z.map((value, row) => (Math.floor(row / BATCH) === LETHAL - 1 ? -0.1 : value));
  const RATE = 0.5;

  const run = (lethalRate: number) =>
    withChain(
      [
        [0.1, 0.1],
        [1, 0],
      ],
      "meanSquaredError",
      async (network) => {
        const trace = traceDeaths();
        const stop = {
          onBatchEnd: ({ step }: { step: number }, context: { stop(): void }) =>
            void (step === LETHAL && context.stop()),
        };
        await network.fit(
          { x, y },
          {
            epochs: 1,
            batchSize: BATCH,
            shuffle: false,
            optimizer: sgd(),
            learningRate: onRates({ [LETHAL]: lethalRate }, RATE),
            callbacks: [trace, stop],
          },
        );
        return { trace, activity: diagnose(network, x).layers[0].units[0].activity };
      },
    );

  test("dies of the learning rate", async () => {
    const { trace, activity } = await run(RATE);
    expect(activity).toBe(0);
    expect(trace.deaths).toHaveLength(1);
    const [death] = trace.deaths;
    expect(death).toMatchObject({ layer: 0, unit: 0, step: LETHAL, epoch: 1, cause: "learningRate" });
    expect(death.before.mean).toBeCloseTo(0.1, 2);
    expect(death.after.mean).toBeCloseTo(-0.1, 2);
    for (const { std } of [death.before, death.after]) expect(Math.abs(std - 0.02)).toBeLessThan(0.004);
    expect(death.before.max).toBeGreaterThan(0);
    expect(death.after.max).toBeLessThanOrEqual(0);
    expect(death.change.inputs).toBe(0);
    expect(death.change.bias).toBeCloseTo(-0.2, 2);
    expect(death.explanation).toMatch(
      /^the preactivation of unit 0 in layer 0 went from \+0\.\d+ ± 0\.0\d+ to -0\.\d+ ± 0\.0\d+ in step 118; .*at a rate of 0\.\d+ or less \(it was 0\.5\) it would have lived$/,
    );
    for (const { row } of death.samples!) expect(Math.floor(row / BATCH)).toBe(LETHAL - 1);
  });

  test("the rate it would have lived at is true: there it lives, 2 % above it dies", async () => {
    const { survivesAt } = (await run(RATE)).trace.deaths[0];
    const lower = await run(survivesAt!);
    expect(lower.activity).toBeGreaterThan(0);
    expect(lower.trace.deaths).toEqual([]);
    const higher = await run(survivesAt! * 1.02);
    expect(higher.activity).toBe(0);
    expect(higher.trace.deaths[0]).toMatchObject({ step: LETHAL, cause: "learningRate" });
  });
});

describe("causes, known by construction", () => {
  const one: DataSet = { x: [[1]], y: [-1] };

  test("born: silent from the start", async () => {
    const {
      deaths: [death],
    } = await traceChain(
      [
        [1, -5],
        [1, 0],
      ],
      { x: [[1], [2]], y: [1, 2] },
      { optimizer: sgd() },
    );
    expect(death).toMatchObject({
      step: 0,
      epoch: 0,
      cause: "born",
      before: { max: -3, mean: -3.5, std: 0.5 },
      after: { max: -3 },
      change: { weights: 0, bias: 0, inputs: 0 },
    });
    expect(death.survivesAt).toBeUndefined();
  });

  // z = w + b = 0.1 and y = z: dy = 2·(0.1 + 1) = 2.2 falls on weight and bias alike, so that z falls by 4.4 times the rate.
  const unit = [
    [0.05, 0.05],
    [1, 0],
  ] as const;

  test("learningRate: a plain step", async () => {
    const {
      deaths: [death],
    } = await traceChain(unit, one, { optimizer: sgd(), learningRate: onRates({ 3: 0.05 }, 0) });
    expect(death).toMatchObject({ step: 3, cause: "learningRate" });
    expect(death.survivesAt).toBeCloseTo(0.1 / 4.4, 3);
    expect(death.change.weights).toBeCloseTo(-0.11, 5);
    expect(death.change.bias).toBeCloseTo(-0.11, 5);
  });

  test.each([
    [0.017, "momentum"],
    [0.025, "learningRate"],
  ] as const)("momentum: the velocity of step 1 on top, at a rate of %d: %s", async (rate, cause) => {
    // In step 2 the velocity is 1.9 times the gradient: at 0.017 the gradient alone would take 0.075 of 0.1.
    const {
      deaths: [death],
    } = await traceChain(unit, one, { optimizer: sgd({ momentum: 0.9 }), learningRate: onRates({ 1: 0, 2: rate }, 0) });
    expect(death).toMatchObject({ step: 2, cause });
    expect(death.survivesAt).toBeCloseTo(0.1 / 4.4 / 1.9, 3);
  });

  test("momentum: nesterov's", async () => {
    // Two gradients on it: 0.9·(1.9 g) + g.
    const {
      deaths: [death],
    } = await traceChain(unit, one, {
      optimizer: sgd({ momentum: 0.9, nesterov: true }),
      learningRate: onRates({ 1: 0, 2: 0.017 }, 0),
    });
    expect(death).toMatchObject({ step: 2, cause: "momentum" });
    expect(death.survivesAt).toBeCloseTo(0.1 / 4.4 / 2.71, 3);
  });

  test.each([
    [0.017, 30, "weightDecay"],
    [0.025, 30, "learningRate"],
    [0.017, 1, undefined],
  ] as const)("weightDecay: at a rate of %d and a decay of %d: %s", async (rate, weightDecay, cause) => {
    // The decay takes rate·decay of z: 0.051; the gradient 0.075 or 0.11.
    const { deaths } = await traceChain(unit, one, {
      optimizer: sgd({ weightDecay }),
      learningRate: onRates({ 2: rate }, 0),
    });
    expect(deaths.map(({ step, cause: found }) => [step, found])).toEqual(cause ? [[2, cause]] : []);
    if (cause) expect(deaths[0].survivesAt).toBeCloseTo(0.1 / (4.4 + 0.1 * weightDecay), 3);
  });

  test.each([
    [0.9, 10, 0.0103, "momentum"],
    [0.1, 44, 0.0108, "weightDecay"],
  ] as const)(
    "momentum %d and a decay of %d, either of which would do: the larger part",
    async (momentum, weightDecay, rate, cause) => {
      // Of 0.1, at these rates: without momentum 0.056 or 0.095 is taken, without decay 0.095 or 0.057; with both 0.106 or 0.105.
      const {
        deaths: [death],
      } = await traceChain(unit, one, {
        optimizer: sgd({ momentum, weightDecay }),
        learningRate: onRates({ 1: 0, 2: rate }, 0),
      });
      expect(death).toMatchObject({ step: 2, cause });
    },
  );

  test("weightDecay: adamW's, decoupled", async () => {
    // Adam's first step is the rate's size in weight and bias: 0.08 of 0.1; the decay takes another 0.04.
    const {
      deaths: [death],
    } = await traceChain(unit, one, { optimizer: adamW({ weightDecay: 10 }), learningRate: onRates({ 1: 0.04 }, 0) });
    expect(death).toMatchObject({ step: 1, cause: "weightDecay" });
    expect(death.survivesAt).toBeCloseTo(0.1 / 3, 3);
  });

  test.each([
    ["adam", adam()],
    ["rmsprop", rmsprop({ momentum: 0.9, rho: 0 })],
  ] as const)("momentum: %s", async (_name, optimizer) => {
    // Row 1 pulls hard, row 2 only a little: what row 1 left behind kills in step 2.
    const data: DataSet = { x: [[1], [1]], y: [-1, 0.099999] };
    const rates = { 1: 0, 2: optimizer.name === "adam" ? 0.08 : 0.06 };
    const {
      deaths: [death],
    } = await traceChain(unit, data, { batchSize: 1, optimizer, learningRate: onRates(rates, 0) });
    expect(death.step).toBe(2);
    expect(death.cause).toBe(optimizer.name === "adam" ? "momentum" : "learningRate");
  });

  test("upstream: its input sinks", async () => {
    // Layer 0 has an input of 10: its update moves layer 1's input by 101 where layer 1's own moves its preactivation by 2.
    const {
      deaths: [death],
    } = await traceChain(
      [
        [0.1, 0],
        [1, -0.9],
        [1, 0],
      ],
      { x: [[10]], y: [-1] },
      { optimizer: sgd(), learningRate: onRates({ 1: 1e-3 }, 0) },
    );
    expect(death).toMatchObject({ layer: 1, step: 1, cause: "upstream" });
    expect(death.change.inputs / (death.after.mean - death.before.mean)).toBeGreaterThan(0.97);
    expect(death.survivesAt).toBeCloseTo(0.1 / (2.2 * 103), 4);
  });

  test.each([
    [20, "drift"],
    [5, "learningRate"],
  ] as const)("drift: many equal steps, in a window of %d: %s", async (window, cause) => {
    const {
      deaths: [death],
    } = await traceChain(
      [
        [0, 1],
        [2, 0],
      ],
      { x: [[0]], y: [-9] },
      { epochs: 120, optimizer: sgd({ learningRate: 0.02 }) },
      "meanAbsoluteError",
      window,
    );
    expect(death.cause).toBe(cause);
    expect(death.step).toBeGreaterThan(20);
    expect(death.change.weights).toBe(0);
  });

  test("the samples that drove the gradient come first", async () => {
    const {
      deaths: [death],
    } = await traceChain(
      [
        [0, 0.1],
        [1, 0],
      ],
      { x: [[0], [0], [0], [0]], y: [0.1, 0.1, -7, -1] },
      { optimizer: sgd({ learningRate: 0.1 }) },
    );
    expect(death.samples!.map(({ row }) => row)).toEqual([2, 3]);
    expect(death.samples![0].share).toBeCloseTo(7.1 / 8.2, 5);
  });
});

describe("look-alikes", () => {
  test("a unit that fires on one row of a thousand is not dead, though the window is short", async () => {
    const x = Array.from({ length: 1000 }, (_, row) => [row === 700 ? 1 : -1]);
    const trace = await traceChain(
      [
        [1, -0.5],
        [1, 0],
      ],
      { x, y: x.map(() => 0) },
      { epochs: 3, batchSize: 4, optimizer: sgd({ learningRate: 1e-3 }) },
      "meanSquaredError",
      5,
    );
    expect(trace.deaths).toEqual([]);
    expect(trace.revivals).toEqual([]);
  });

  test("leaky units and the output do not die; a slope of 0 does", async () => {
    for (const [activation, dead] of [
      ["leakyRelu", 0],
      ["elu", 0],
      [{ name: "leakyRelu", alpha: 0 }, 3],
      [{ name: "elu", alpha: 0 }, 3],
    ] as const) {
      await withNetwork(
        {
          inputs: 1,
          layers: [
            { units: 3, activation, biasInitializer: -99 },
            { units: 1, activation: "relu", biasInitializer: -99 },
          ],
          loss: "meanSquaredError",
        },
        async (network) => {
          const trace = traceDeaths();
          await network.fit({ x: [[1], [2]], y: [0, 1] }, { epochs: 30, optimizer: sgd(), callbacks: [trace] });
          expect(trace.deaths).toHaveLength(dead);
        },
      );
    }
  });

  test("a unit that comes back is taken off the list, with the step", () =>
    withChain(
      [
        [1, 0],
        [1, 0],
      ],
      "meanSquaredError",
      async (network) => {
        const trace = traceDeaths({ window: 10 });
        const bias = (value: number) => network.layers[0].setWeights({ bias: Float32Array.of(value) });
        let seen = 0;
        const hand = {
          onBatchEnd({ step }: { step: number }) {
            if (step === 5) bias(-9);
            if (step === 50) seen = trace.deaths.length;
            if (step === 60) bias(0);
          },
        };
        await network.fit({ x: [[1]], y: [1] }, { epochs: 80, optimizer: sgd(), callbacks: [trace, hand] });
        expect(seen).toBe(1);
        expect(trace.deaths).toEqual([]);
        expect(trace.revivals).toEqual([{ layer: 0, unit: 0, diedAt: 5, step: 61, epoch: 61 }]);
      },
    ));

  test("training only in part: no unit is called dead that some row opens, and each that none opens", () =>
    withNetwork(
      { inputs: 2, layers: [{ units: 20 }, { units: 20 }, { units: 3 }], loss: "crossEntropy", seed: 3 },
      async (network) => {
        const { x, y } = sectors(150);
        const trace = traceDeaths();
        await network.fit(
          { x, y },
          { epochs: 9, batchSize: 8, optimizer: sgd({ learningRate: 1.5 }), callbacks: [trace] },
        );
        const dead = diagnose(network, x).layers.flatMap(({ units }) =>
          units.filter(({ state }) => state === "dead").map(({ layer, unit }) => [layer, unit]),
        );
        expect(dead.length).toBeGreaterThan(5);
        expect(trace.deaths.map(({ layer, unit }) => [layer, unit]).sort(([a, b], [c, d]) => a - c || b - d)).toEqual(
          dead,
        );
        expect(trace.deaths.map(({ step }) => step)).toEqual(
          trace.deaths.map(({ step }) => step).sort((a, b) => a - b),
        );
      },
    ));
});

describe("a network changed while it is traced", () => {
  const quiet: DataSet = { x: [[1], [2]], y: [1, 2] };
  const kill = (at: number) => ({
    onBatchEnd({ step }: { step: number }, { network }: { network: Network }) {
      if (step === at) network.layers[0].setWeights({ bias: Float32Array.of(-9) });
    },
  });

  test.each([
    ["before", 0],
    ["behind", 1],
  ] as const)("closed by hand: the cause is not the training's (the trace %s)", async (_where, place) =>
    withChain(
      [
        [1, 0],
        [1, 0],
      ],
      "meanSquaredError",
      async (network) => {
        const trace = traceDeaths();
        const callbacks = place === 0 ? [trace, kill(7)] : [kill(7), trace];
        await network.fit(quiet, { epochs: 60, optimizer: sgd({ momentum: 0.9 }), callbacks });
        expect(trace.deaths).toHaveLength(1);
        expect(trace.deaths[0]).toMatchObject({ step: 7, cause: "unknown" });
        expect(trace.deaths[0].explanation).toMatch(/could not be replayed/);
      },
    ),
  );

  test("a death after the change is replayed from there", () =>
    withChain(
      [
        [0.05, 0.05],
        [1, 0],
      ],
      "meanSquaredError",
      async (network) => {
        const trace = traceDeaths();
        const lift = {
          onBatchEnd({ step }: { step: number }) {
            if (step === 4) network.layers[0].setWeights({ bias: Float32Array.of(0.15) });
          },
        };
        await network.fit(
          { x: [[1]], y: [-1] },
          { epochs: 60, optimizer: sgd(), learningRate: onRates({ 9: 0.1 }, 0), callbacks: [trace, lift] },
        );
        expect(trace.deaths).toHaveLength(1);
        expect(trace.deaths[0]).toMatchObject({ step: 9, cause: "learningRate" });
        expect(trace.deaths[0].before.mean).toBeCloseTo(0.2, 6);
        expect(trace.deaths[0].survivesAt).toBeCloseTo(0.2 / 4.8, 3);
      },
    ));

  test("data changed while they train: no cause is made up", async () => {
    const data = { rows: 4, columns: 1, data: Float32Array.of(1, 2, 3, 4) };
    await withChain(
      [
        [1, 0],
        [1, 0],
      ],
      "meanSquaredError",
      async (network) => {
        const trace = traceDeaths();
        const spoil = {
          onBatchEnd({ step }: { step: number }) {
            data.data.fill(step === 10 ? -1 : data.data[0]);
          },
        };
        await network.fit(
          { x: data, y: [5, 5, 5, 5] },
          { epochs: 60, optimizer: sgd({ learningRate: 1e-3 }), callbacks: [trace, spoil] },
        );
        expect(trace.deaths.map(({ cause }) => cause)).toEqual(["unknown"]);
      },
    );
  });

  test("restored weights are judged as they are", () =>
    withNetwork(
      { inputs: 2, layers: [{ units: 16 }, { units: 3 }], loss: "crossEntropy", seed: 3 },
      async (network) => {
        const { x, y } = sectors(90);
        const trace = traceDeaths();
        const stop = earlyStopping({ patience: 100, restoreBest: true });
        await network.fit(
          { x, y },
          { epochs: 8, batchSize: 8, optimizer: sgd({ learningRate: 4 }), callbacks: [stop, trace] },
        );
        expect(trace.deaths.length).toBe(diagnose(network, x).dead);
      },
    ));
});

describe("use", () => {
  const data = sectors(60);
  const spec: NetworkSpec = {
    inputs: 2,
    layers: [{ units: 8, biasInitializer: -2 }, { units: 3 }],
    loss: "crossEntropy",
    seed: 1,
  };

  test("bad options are refused", async () => {
    await expectRefusal(() => traceDeaths({ window: 0 }), "value", "window");
    await expectRefusal(() => traceDeaths({ window: 2.5 }), "value", "window");
    await expectRefusal(() => traceDeaths({ window: 2 ** 40 }), "value", "window");
    await expectRefusal(() => traceDeaths({ replay: 1 as never }), "value", "replay");
    await expectRefusal(() => traceDeaths({ windows: 3 } as never), "value", "traceDeaths.windows");
  });

  test("one after the other: each fit starts anew, and the dead of the first are born dead in the second", () =>
    withChain(
      [
        [0.05, 0.05],
        [1, 0],
      ],
      "meanSquaredError",
      async (network) => {
        const trace = traceDeaths();
        const options = { epochs: 30, optimizer: sgd({ learningRate: 0.05 }), callbacks: [trace] };
        await network.fit({ x: [[1]], y: [-1] }, options);
        const first = trace.deaths;
        expect(first).toMatchObject([{ step: 1, cause: "learningRate" }]);
        await network.fit({ x: [[1]], y: [-1] }, options);
        expect(trace.deaths).toMatchObject([{ step: 0, cause: "born" }]);
        expect(first).toMatchObject([{ step: 1 }]);
      },
    ));

  test("in two fits at once, or twice in one: refused, and the first goes on", async () => {
    const [a, b] = [await createNetwork(spec), await createNetwork(spec)];
    const trace = traceDeaths();
    const first = a.fit(data, { epochs: 30, callbacks: [trace] });
    await expectRefusal(() => b.fit(data, { callbacks: [trace] }), "value", "callbacks");
    await first;
    expect(trace.deaths.length).toBe(diagnose(a, data.x).dead);
    await expectRefusal(() => b.fit(data, { callbacks: [trace, trace] }), "value", "callbacks");
    await b.fit(data, { epochs: 1, callbacks: [trace] });
    expect(trace.deaths.length).toBe(diagnose(b, data.x).dead);
    a.dispose();
    b.dispose();
  });

  test("replay: false says when, not why", async () => {
    const {
      deaths: [death],
    } = await withChain(
      [
        [0.05, 0.05],
        [1, 0],
      ],
      "meanSquaredError",
      async (network) => {
        const trace = traceDeaths({ replay: false });
        await network.fit(
          { x: [[1], [1]], y: [-1, -1] },
          { epochs: 40, optimizer: sgd({ learningRate: 0.05 }), callbacks: [trace] },
        );
        return trace;
      },
    );
    expect(death).toMatchObject({
      step: 1,
      epoch: 1,
      cause: "unknown",
      change: { weights: NaN, bias: NaN, inputs: NaN },
    });
    expect(death.before.mean).toBeCloseTo(0.1, 6);
    expect(death.after.mean).toBeCloseTo(-0.12, 5);
    await withNetwork(spec, async (network) => {
      const trace = traceDeaths({ replay: false });
      await network.fit(data, { epochs: 5, callbacks: [trace] });
      expect(trace.deaths.length).toBe(diagnose(network, data.x).dead);
      for (const { step, cause } of trace.deaths) expect(cause).toBe(step === 0 ? "born" : "unknown");
    });
  });

  test("an epoch or none: born dead", () =>
    withNetwork(spec, async (network) => {
      const trace = traceDeaths();
      await network.fit(data, { epochs: 0, callbacks: [trace] });
      expect(trace.deaths.length).toBe(diagnose(network, data.x).dead);
      expect(trace.deaths.length).toBeGreaterThan(0);
      for (const { cause, step } of trace.deaths) expect([cause, step]).toEqual(["born", 0]);
    }));

  test("predictions in another callback do not disturb it", () =>
    withNetwork(spec, async (network) => {
      const trace = traceDeaths();
      const nosy = {
        onBatchEnd: () =>
          void network.predict([
            [100, 100],
            [-100, -100],
          ]),
      };
      await network.fit(data, { epochs: 12, callbacks: [nosy, trace] });
      expect(trace.deaths.length).toBe(diagnose(network, data.x).dead);
      for (const { cause } of trace.deaths) expect(cause).not.toBe("unknown");
    }));

  test("all memory is given back, at the end and after an error", async () => {
    const network = await createNetwork(spec);
    const { heap } = stateOf(network).runtime;
    const trace = traceDeaths({ window: 4 });
    await network.fit(data, { epochs: 1, optimizer: sgd(), callbacks: [trace] });
    const used = heap.used;
    const seen: number[] = [];
    const watch = {
      onBatchEnd: () => void seen.push(heap.used),
      onTrainEnd() {
        throw new Error("late");
      },
    };
    for (const callbacks of [[trace], [trace, watch]])
      await network.fit(data, { epochs: 20, optimizer: sgd(), callbacks }).catch(() => undefined);
    expect(trace.deaths.length).toBeGreaterThan(0);
    expect(Math.max(...seen)).toBeGreaterThan(used + 2000); // the copy that replays
    expect(heap.used).toBe(used);
    network.dispose();
  });

  test("a callback that throws, an abort, a divergence and a network disposed of: no harm", async () => {
    const trace = traceDeaths({ window: 2 });
    await withNetwork(spec, async (network) => {
      const mine = new Error("mine");
      const thrower = {
        onBatchEnd({ step }: { step: number }) {
          if (step === 40) throw mine;
        },
      };
      await expect(network.fit(data, { epochs: 50, callbacks: [trace, thrower] })).rejects.toThrow(mine);
      expect(trace.deaths.length).toBeGreaterThan(0);
      const abort = new AbortController();
      const aborter = { onBatchEnd: ({ step }: { step: number }) => void (step === 3 && abort.abort()) };
      expect((await network.fit(data, { signal: abort.signal, callbacks: [trace, aborter] })).stopped).toBe("aborted");
      expect(trace.deaths.length).toBe(diagnose(network, data.x).dead);
    });
    await withNetwork({ ...spec, layers: [{ units: 8 }, { units: 1 }], loss: "meanSquaredError" }, async (network) => {
      const diverging = await network.fit(
        { x: data.x, y: data.y },
        { epochs: 50, optimizer: sgd({ learningRate: 20 }), callbacks: [trace] },
      );
      if (diverging.stopped !== "diverged") expect(trace.deaths.length).toBe(8);
      expect(trace.deaths.length).toBe(diagnose(network, data.x).dead);
    });
    const doomed = await createNetwork(spec);
    const disposer = { onBatchEnd: ({ step }: { step: number }) => void (step === 40 && doomed.dispose()) };
    await expectRefusal(() => doomed.fit(data, { epochs: 50, callbacks: [disposer, trace] }), "disposed");
    await withNetwork(spec, (network) => network.fit(data, { epochs: 1, callbacks: [trace] }));
  });
});
