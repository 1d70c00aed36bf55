// A training that stops and goes on gives the bits of one that never stopped: here, and through a file.
import { describe, expect, it } from "vitest";
import {
  adagrad,
  adam,
  adamW,
  type Callback,
  continualBackprop,
  cosine,
  createNetwork,
  earlyStopping,
  exportNetwork,
  type FitOptions,
  type History,
  importNetwork,
  type Network,
  type NetworkSpec,
  type PackageCallback,
  preventDeaths,
  recordActivity,
  recycleDormant,
  reduceOnPlateau,
  nadam,
  rmsprop,
  selfNormalizedResets,
  sgd,
  traceDeaths,
  warmup,
} from "../../src/index.js";
import { stateOf } from "../../src/network/state/state.js";
import { resultsOf } from "../../src/network/training/callbacks.js";
import { expectError } from "../support/errors.js";
import { sectors } from "../support/samples.js";
import fc from "../support/property.js";

const DATA = sectors(50);
const SPEC: NetworkSpec = {
  inputs: 2,
  layers: [{ units: 9 }, { units: 7, activation: "prelu" }, { units: 6 }, { units: 3 }],
  loss: "crossEntropy",
  seed: 5,
};
type Arithmetic = "fast" | "reproducible";

/** A fit, made anew each time: callbacks belong to one. */
interface Setting {
  readonly spec?: NetworkSpec;
  readonly arithmetic?: Arithmetic;
  readonly threads?: number;
  options(): FitOptions & { readonly callbacks?: readonly PackageCallback[] };
}

/** All that a training leaves, to the bit. */
function remains(network: Network, history: History, callbacks: readonly object[]): object {
  const state = stateOf(network);
  const { lastMoments: moments } = state;
  return {
    weights: network.layers.map((layer) => layer.getWeights()),
    moments: moments?.slots.map((slot) => state.floats(slot, state.parameterFloats).slice()),
    powers: { ...moments?.powers },
    ages: state.stepCounts,
    counts: [state.epochsBegun, state.redraws],
    history: { ...history, epochs: history.epochs.map(({ seconds: _, ...log }) => log) },
    callbacks: callbacks.map(resultsOf),
  };
}

const make = ({ spec = SPEC, arithmetic, threads }: Setting) => createNetwork(spec, { arithmetic, threads });

async function trainWhole(setting: Setting): Promise<object> {
  const network = await make(setting);
  const options = setting.options();
  const history = await network.fit(DATA, options);
  const result = remains(network, history, options.callbacks ?? []);
  network.dispose();
  return result;
}

/** What a callback does at one moment of a fit. */
type Stop = (log: { step?: number; epoch: number }, stop: () => void, network: Network) => void | Promise<void>;

/** The fit with one callback more, at a place among the others, that sees every batch and epoch. */
function withCallback({ callbacks = [], ...options }: FitOptions, place: number, act: Stop): FitOptions {
  const callback: Callback = {
    onBatchEnd: ({ step, epoch }, { network, stop }) => act({ step, epoch }, stop, network),
    onEpochEnd: ({ epoch }, { network, stop }) => act({ epoch }, stop, network),
  };
  return { ...options, callbacks: [...callbacks.slice(0, place), callback, ...callbacks.slice(place)] };
}

/** The bytes that were stored at the end of each batch and epoch, by a callback at a place among the others. */
async function storeEverywhere(setting: Setting, place: number): Promise<Uint8Array[]> {
  const network = await make(setting);
  const files: Uint8Array[] = [];
  const store: Stop = async () => void files.push(await exportNetwork(network, "safetensors", { training: true }));
  await network.fit(DATA, withCallback(setting.options(), place, store));
  network.dispose();
  return files;
}

async function goOn(bytes: Uint8Array, setting: Setting, place = 0): Promise<object> {
  const { arithmetic, threads } = setting;
  const network = await importNetwork(bytes, { arithmetic, threads });
  const options = setting.options();
  const history = await network.fit(DATA, { ...withCallback(options, place, () => undefined), resume: true });
  const result = remains(network, history, options.callbacks ?? []);
  network.dispose();
  return result;
}

const BASE = { epochs: 3, batchSize: 8, validation: 0.2 };
const SETTINGS: Record<string, Setting> = {
  adam: { options: () => ({ ...BASE, optimizer: adam({ learningRate: 0.02 }) }) },
  "adamW, reproducible": {
    arithmetic: "reproducible",
    options: () => ({ ...BASE, optimizer: adamW({ learningRate: 0.02, weightDecay: 0.1 }) }),
  },
  "nadam, with a unit reset now and then": {
    options: () => ({
      ...BASE,
      optimizer: nadam({ learningRate: 0.02, momentumDecay: 0.1 }),
      callbacks: [continualBackprop({ replacementRate: 0.02, maturity: 6 })],
    }),
  },
  "a plateau's rate after a warm-up": {
    options: () => ({
      ...BASE,
      epochs: 8,
      optimizer: adam({ learningRate: 0.05 }),
      learningRate: warmup({ steps: 9, next: reduceOnPlateau({ patience: 0, threshold: 0.2, factor: 0.5 }) }),
    }),
  },
  "three batches an update, and a trace": {
    options: () => ({ ...BASE, accumulate: 3, optimizer: sgd({ learningRate: 2 }), callbacks: [traceDeaths()] }),
  },
  "a cosine": { options: () => ({ ...BASE, optimizer: sgd(), learningRate: cosine({ minimum: 0.001 }) }) },
  "adagrad, whose rate falls": { options: () => ({ ...BASE, optimizer: adagrad({ learningRateDecay: 0.1 }) }) },
  "rmsprop with momentum, clipNorm, a validation set": {
    options: () => ({
      ...BASE,
      validation: sectors(20, 3, 9),
      optimizer: rmsprop({ learningRate: 0.01, momentum: 0.5 }),
      clipNorm: 0.1,
    }),
  },
  "sgd with momentum and a schedule of steps and epochs, reproducible": {
    arithmetic: "reproducible",
    options: () => ({
      ...BASE,
      optimizer: sgd({ momentum: 0.9, nesterov: true }),
      learningRate: (step: number, epoch: number) => 0.2 / (step + epoch),
    }),
  },
  "plain sgd in order, without validation": {
    options: () => ({ epochs: 3, batchSize: 50, shuffle: false, optimizer: sgd({ learningRate: 0.1 }) }),
  },
  "two threads": { threads: 2, options: () => ({ ...BASE, optimizer: adam({ learningRate: 0.02 }) }) },
  earlyStopping: {
    options: () => ({
      ...BASE,
      epochs: 12,
      optimizer: sgd({ learningRate: 0.9 }),
      callbacks: [earlyStopping({ patience: 2, restoreBest: true })],
    }),
  },
  "a trace of deaths, and activity": {
    options: () => ({
      ...BASE,
      epochs: 10,
      optimizer: sgd({ learningRate: 2, momentum: 0.3 }),
      callbacks: [traceDeaths(), recordActivity(DATA.x, { samples: 20, everyEpochs: 2 })],
    }),
  },
  "remedies with adam, and a trace behind them": {
    options: () => ({
      ...BASE,
      epochs: 9,
      optimizer: adam({ learningRate: 0.3 }),
      callbacks: [
        recycleDormant({ everySteps: 7, dormantBelow: 0.3 }),
        continualBackprop({ replacementRate: 0.02, maturity: 6 }),
        selfNormalizedResets({ threshold: 0.1 }),
        traceDeaths({ window: 8 }),
      ],
    }),
  },
  "deaths prevented": {
    options: () => ({
      ...BASE,
      epochs: 9,
      optimizer: sgd({ learningRate: 1.5 }),
      callbacks: [preventDeaths(), traceDeaths({ window: 10, replay: false })],
    }),
  },
};

describe("a training that goes on from a file", () => {
  it.each(Object.entries(SETTINGS))(
    "is, to the bit, one that never stopped, wherever it was stored: %s",
    async (_, setting) => {
      const whole = await trainWhole(setting);
      const last = setting.options().callbacks?.length ?? 0;
      for (const place of new Set([0, last])) {
        const files = await storeEverywhere(setting, place);
        expect(files.length).toBeGreaterThan(5);
        for (const bytes of files) expect(await goOn(bytes, setting, place)).toEqual(whole);
      }
    },
  );

  it("acts in these settings: units die, are recycled, replaced and put back, and earlyStopping stops", async () => {
    type Whole = { callbacks: Record<string, unknown[]>[]; history: History };
    const [stopped, traced, treated, prevented] = (await Promise.all(
      [
        "earlyStopping",
        "a trace of deaths, and activity",
        "remedies with adam, and a trace behind them",
        "deaths prevented",
      ].map((name) => trainWhole(SETTINGS[name])),
    )) as Whole[];
    expect(stopped.history.stopped).toBe("callback");
    expect(traced.callbacks[0].deaths.length).toBeGreaterThan(2);
    expect(traced.callbacks[1].frames.length).toBe(6);
    const sum = (counts: unknown[]) => (counts as number[]).reduce((a, b) => a + b, 0);
    expect(sum(treated.callbacks[0].recycled)).toBeGreaterThan(2);
    expect(sum(treated.callbacks[1].replaced)).toBeGreaterThan(2);
    expect(prevented.callbacks[0].prevented.length).toBeGreaterThan(0);
  });

  it("would be told apart: a file of another step, or moments that are lost, give other bits", async () => {
    const setting = SETTINGS.adam;
    const whole = (await trainWhole(setting)) as { weights: object };
    const network = await importNetwork((await storeEverywhere(setting, 0))[7]);
    const { history: _, ...rest } = (await trainWhole(setting)) as { history: object; weights: object };
    expect(rest.weights).toEqual(whole.weights);
    await network.fit(DATA, { ...setting.options(), epochs: 2 });
    expect(network.layers.map((layer) => layer.getWeights())).not.toEqual(whole.weights);
  });

  it("needs no options that are data", async () => {
    const setting = SETTINGS["adamW, reproducible"];
    const whole = await trainWhole(setting);
    for (const bytes of await storeEverywhere(setting, 0)) {
      const network = await importNetwork(bytes, { arithmetic: "reproducible" });
      expect(remains(network, await network.fit(DATA, { resume: true }), [])).toEqual(whole);
    }
  });

  it("may get more epochs, or stop again and again", async () => {
    const setting = SETTINGS["a trace of deaths, and activity"];
    const whole = await trainWhole(setting);
    const short: Setting = { options: () => ({ ...setting.options(), epochs: 4 }) };
    const files = await storeEverywhere(short, 2);
    expect(await goOn(files.at(-1)!, setting)).toEqual(whole);

    let network = await make(setting);
    for (let resume = false; ; resume = true) {
      const options = setting.options();
      let left = 3;
      const stopping = withCallback(options, 1, ({ step }, stop) => (step && --left === 0 ? stop() : undefined));
      const history = await network.fit(DATA, { ...stopping, resume });
      if (!history.stopped) {
        expect(remains(network, history, options.callbacks!)).toEqual(whole);
        return;
      }
      network = await importNetwork(await exportNetwork(network, "safetensors", { training: true }));
    }
  });

  it("goes on after the weights of the best epoch were put back", async () => {
    const setting = SETTINGS.earlyStopping;
    const short: Setting = {
      options: () => ({
        ...setting.options(),
        epochs: 5,
        callbacks: [earlyStopping({ patience: 50, restoreBest: true })],
      }),
    };
    const long: Setting = { options: () => ({ ...short.options(), epochs: 9 }) };
    const network = await make(short);
    await network.fit(DATA, short.options());
    const best = network.evaluate(DATA).loss;
    const bytes = await exportNetwork(network, "safetensors", { training: true });
    expect((await importNetwork(bytes)).evaluate(DATA).loss).toBe(best);
    expect(await goOn(bytes, long)).toEqual(await trainWhole(long));
  });

  it("holds for any options", async () => {
    const optimizers = [
      () => sgd({ learningRate: 0.5 }),
      () => sgd({ learningRate: 0.2, momentum: 0.8, weightDecay: 0.01 }),
      () => adam({ learningRate: 0.05 }),
      () => adamW({ learningRate: 0.05 }),
      () => rmsprop({ learningRate: 0.03, momentum: 0.2 }),
    ];
    const callbacks = [
      () => traceDeaths(),
      () => recordActivity(DATA.x),
      () => recycleDormant({ everySteps: 5, dormantBelow: 0.2 }),
      () => continualBackprop({ replacementRate: 0.01, maturity: 3 }),
      () => selfNormalizedResets({ threshold: 0.3 }),
      () => preventDeaths(),
      () => earlyStopping({ monitor: "loss", patience: 2, restoreBest: true }),
    ];
    const anySetting = fc.record({
      optimizer: fc.constantFrom(...optimizers),
      callbacks: fc.subarray(callbacks),
      batchSize: fc.integer({ min: 1, max: 60 }),
      epochs: fc.integer({ min: 1, max: 4 }),
      shuffle: fc.boolean(),
      validation: fc.constantFrom(0, 0.1, 0.5),
      clipNorm: fc.constantFrom(undefined, 0.5),
      arithmetic: fc.constantFrom<Arithmetic>("fast", "reproducible"),
      units: fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 3 }),
      place: fc.nat(6),
      moment: fc.nat(),
    });
    await fc.assert(
      fc.asyncProperty(
        anySetting,
        async ({ optimizer, callbacks: makers, arithmetic, units, place, moment, ...rest }) => {
          const spec: NetworkSpec = {
            ...SPEC,
            layers: [...units.map((each) => ({ units: each })), { units: 3 }],
          };
          const options = () => ({ ...rest, optimizer: optimizer(), callbacks: makers.map((maker) => maker()) });
          const setting: Setting = { spec, arithmetic, options };
          const files = await storeEverywhere(setting, place);
          expect(await goOn(files[moment % files.length], setting, place)).toEqual(await trainWhole(setting));
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe("a training that goes on where it is", () => {
  it("after a signal, to the bit", async () => {
    for (const name of ["adam", "a trace of deaths, and activity", "remedies with adam, and a trace behind them"]) {
      const setting = SETTINGS[name];
      const whole = await trainWhole(setting);
      for (const last of [1, 4, 5, 6, 11]) {
        const network = await make(setting);
        const controller = new AbortController();
        const aborting = withCallback(setting.options(), 0, ({ step }) =>
          step === last ? controller.abort() : undefined,
        );
        expect((await network.fit(DATA, { ...aborting, signal: controller.signal })).stopped).toBe("aborted");
        const options = setting.options();
        const history = await network.fit(DATA, { ...options, resume: true });
        expect(remains(network, history, options.callbacks ?? [])).toEqual(whole);
        network.dispose();
      }
    }
  });

  it("stored by a timer, while callbacks wait, to the bit", async () => {
    const setting = SETTINGS["a trace of deaths, and activity"];
    const whole = await trainWhole(setting);
    const network = await make(setting);
    const stored: Promise<Uint8Array>[] = [];
    const waiting = withCallback(setting.options(), 1, () => new Promise((resolve) => setTimeout(resolve, 2)));
    const timer = setInterval(() => stored.push(exportNetwork(network, "safetensors", { training: true })), 3);
    await network.fit(DATA, waiting);
    clearInterval(timer);
    const files = await Promise.all(stored);
    expect(files.length).toBeGreaterThan(10);
    let resumed = 0;
    for (const bytes of files) {
      const other = await importNetwork(bytes);
      if (!stateOf(other).progress) continue; // stored before the first epoch, or when all was done
      expect(await goOn(bytes, setting, 1)).toEqual(whole);
      resumed++;
    }
    expect(resumed).toBeGreaterThan(10);
  });

  it("says nothing of it where there is none, or the network was changed", async () => {
    const network = await make(SETTINGS.adam);
    await expectError(network.fit(DATA, { resume: true }), "value", "network");
    await network.fit(DATA, SETTINGS.adam.options());
    network.layers[0].setWeights({ bias: new Float32Array(9) });
    await expectError(network.fit(DATA, { resume: true }), "value", "network");
    await network.fit(DATA, { epochs: 3, optimizer: sgd({ learningRate: 1e30 }) });
    await expectError(network.fit(DATA, { resume: true }), "value", "network");
    expect(stateOf(await importNetwork(await exportNetwork(network, "safetensors", { training: true }))).progress).toBe(
      undefined,
    );
  });

  it("has another trace of deaths than one that was concluded", async () => {
    const network = await make(SETTINGS.adam);
    await network.fit(DATA, { ...BASE, callbacks: [traceDeaths()] });
    await expectError(
      network.fit(DATA, { ...BASE, epochs: 5, callbacks: [traceDeaths()], resume: true }),
      "value",
      "network",
    );
  });
});

describe("a training that would go on otherwise is refused", () => {
  const options = () => ({ ...BASE, optimizer: adam(), callbacks: [recordActivity(DATA.x)] });
  const other = sectors(50, 3, 2);
  it.each<[string, FitOptions, typeof DATA]>([
    ["batchSize", { batchSize: 9 }, DATA],
    ["accumulate", { accumulate: 2 }, DATA],
    ["optimizer", { optimizer: adam({ beta1: 0.8 }) }, DATA],
    ["optimizer", { optimizer: sgd() }, DATA],
    ["learningRate", { learningRate: 0.1 }, DATA],
    ["learningRate", { learningRate: () => 0.001 }, DATA],
    ["clipNorm", { clipNorm: 1 }, DATA],
    ["shuffle", { shuffle: false }, DATA],
    ["validation", { validation: 0.3 }, DATA],
    ["validation", { validation: DATA }, DATA],
    ["callbacks", { callbacks: [] }, DATA],
    ["callbacks", { callbacks: [traceDeaths()] }, DATA],
    ["callbacks", { callbacks: [recordActivity(DATA.x, { everyEpochs: 2 })] }, DATA],
    ["callbacks", { callbacks: [recordActivity(other.x)] }, DATA],
    ["data", {}, other],
    ["data", {}, sectors(49)],
    ["data", {}, { x: DATA.x, y: [...DATA.y.slice(0, -1), (DATA.y.at(-1)! + 1) % 3] }],
    ["epochs", { epochs: 0 }, DATA],
  ])("for its %s", async (path, change, data) => {
    const network = await make({ options });
    await network.fit(DATA, options());
    const before = network.layers.map((layer) => layer.getWeights());
    await expectError(network.fit(data, { ...options(), ...change, resume: true }), "value", path);
    expect(network.layers.map((layer) => layer.getWeights())).toEqual(before);
    await network.fit(DATA, { ...options(), resume: true }); // as before
  });

  it("for the arithmetic, with what to do", async () => {
    const network = await createNetwork(SPEC, { arithmetic: "reproducible" });
    await network.fit(DATA, options());
    const bytes = await exportNetwork(network, "safetensors", { training: true });
    const fast = await importNetwork(bytes, { arithmetic: "fast" });
    if (fast.runtime.simd === "strict") return; // there is no other
    const error = await expectError(fast.fit(DATA, { ...options(), resume: true }), "value", "arithmetic");
    expect(error.hint).toContain('arithmetic: "reproducible"');
  });

  it("for a loss that the file's training did not have", async () => {
    const network = await make({ options });
    await network.fit(DATA, options());
    const bytes = await exportNetwork(network, "safetensors", { training: true });
    await expectError(importNetwork(bytes, { loss: "meanSquaredError" }), "value", "loss");
  });
});
