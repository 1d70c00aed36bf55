// Callbacks of the package as data: what they are made of, who may run them, and what is refused before anything
// changes.
import { describe, expect, it } from "vitest";
import { expectRefusal } from "../support/errors.js";
import { classifier, expectUntouched, withNetwork } from "../support/networks.js";
import { sectors } from "../support/samples.js";
import * as direct from "../../src/index.js";
import { callbackOf } from "../../src/treatment/callbacks.js";
import * as remote from "../../src/worker.js";

const data = sectors(60);

const all = () => [
  direct.traceDeaths({ window: 30 }),
  direct.recordActivity(data.x, { samples: 10, everyEpochs: 2 }),
  direct.earlyStopping({ patience: 2 }),
  direct.continualBackprop({ maturity: 5 }),
  direct.recycleDormant({ everySteps: 7 }),
  direct.selfNormalizedResets({ threshold: 0.1 }),
  direct.preventDeaths(),
];

describe("a callback of the package", () => {
  it("is a name and options, also after it has run, and is made again from them", async () => {
    const callbacks = all();
    const before = structuredClone(callbacks);
    await withNetwork(classifier, (network) => network.fit(data, { epochs: 3, callbacks }));
    expect(structuredClone(callbacks)).toEqual(before);
    for (const callback of callbacks) {
      expect(Object.keys(callback)).toEqual(["name", "options"]);
      const again = callbackOf(callback);
      expect(again).not.toBe(callback);
      expect(structuredClone(again)).toEqual(structuredClone(callback));
    }
    expect(JSON.parse(JSON.stringify(direct.recycleDormant()))).toEqual({
      name: "recycleDormant",
      options: { everySteps: 1000, dormantBelow: 0.025 },
    });
  });

  it("is the same data where a page makes it", () => {
    const pages = [
      remote.traceDeaths({ window: 30 }),
      remote.recordActivity(data.x, { samples: 10, everyEpochs: 2 }),
      remote.earlyStopping({ patience: 2 }),
      remote.continualBackprop({ maturity: 5 }),
      remote.recycleDormant({ everySteps: 7 }),
      remote.selfNormalizedResets({ threshold: 0.1 }),
      remote.preventDeaths(),
    ];
    expect(structuredClone(pages)).toEqual(structuredClone(all()));
  });

  it("tells what it found as soon as it has, and a fit that fails leaves that", () =>
    withNetwork(classifier, async (network) => {
      const activity = direct.recordActivity(data.x);
      const counts: number[] = [];
      const enough = new Error("enough");
      const callbacks = [
        activity,
        {
          onEpochEnd({ epoch }: direct.EpochLog) {
            counts.push(activity.frames.length);
            if (epoch === 3) throw enough;
          },
        },
      ];
      await expect(network.fit(data, { epochs: 5, callbacks })).rejects.toThrow(enough);
      expect(counts).toEqual([2, 3, 4]);
      expect(activity.frames).toHaveLength(4);
      await network.fit(data, { epochs: 1, callbacks: [activity] }); // given back by the fit that failed
      expect(activity.frames).toHaveLength(2);
    }));

  it("a typo does not compile, and is refused where nothing compiles", async () => {
    // @ts-expect-error no such option
    await expectRefusal(() => direct.traceDeaths({ windows: 3 }), "value", "traceDeaths.windows");
    // @ts-expect-error no such option
    await expectRefusal(() => remote.recycleDormant({ every: 3 }), "value", "recycleDormant.every");
    // @ts-expect-error not one of the two
    await expectRefusal(() => direct.earlyStopping({ monitor: "accuracy" }), "value", "monitor");
    await expectRefusal(() => callbackOf({ name: "traceDeath" }), "value", "callback", '"traceDeaths"');
  });
});

describe("refused before anything changes", () => {
  it.each<[string, () => direct.FitOptions, string]>([
    [
      "a name alone, which only a worker may know",
      () => ({ callbacks: [{ name: "traceDeaths", options: {} } as never] }),
      "callbacks[0]",
    ],
    ["a callback that is made for a worker", () => ({ callbacks: [remote.traceDeaths()] }), "callbacks[0]"],
    [
      "a validation loss without validation",
      () => ({ callbacks: [direct.earlyStopping({ monitor: "validationLoss" })] }),
      "validation",
    ],
    ["a record of other inputs", () => ({ callbacks: [direct.recordActivity([[1, 2, 3]])] }), "recordActivity's x"],
    ["a rate below 0", () => ({ learningRate: -1 }), "learningRate"],
    ["a rate that is none", () => ({ learningRate: "fast" as never }), "learningRate"],
  ])("%s", (_what, options, path) =>
    withNetwork(classifier, async (network) => {
      const code = path.startsWith("recordActivity") ? "shape" : "value";
      await expectUntouched(network, () => network.fit(data, options()), code, path);
    }),
  );

  it("a callback twice", () =>
    withNetwork(classifier, async (network) => {
      const trace = direct.traceDeaths();
      await expectUntouched(network, () => network.fit(data, { callbacks: [trace, trace] }), "value", "callbacks");
      await network.fit(data, { epochs: 1, callbacks: [trace] });
    }));

  it("a validation loss with validation, and hooks beside a name, are fine", () =>
    withNetwork(classifier, async (network) => {
      const stopping = direct.earlyStopping({ monitor: "validationLoss" });
      let epochs = 0;
      const named = { name: "mine", onEpochEnd: () => void epochs++ };
      await network.fit(data, { epochs: 2, validation: 0.2, callbacks: [stopping, named] });
      expect(epochs).toBe(2);
    }));
});

it("a number for a learning rate is the optimizer's rate, to the bit, and its moments go on", async () => {
  const run = (fit: direct.FitOptions) =>
    withNetwork(classifier, async (network) => {
      const { epochs } = await network.fit(data, { epochs: 3, ...fit });
      return epochs.map(({ loss, learningRate }) => [loss, learningRate]);
    });
  const plain = await run({ optimizer: direct.adam({ learningRate: 0.02 }) });
  expect(await run({ optimizer: direct.adam(), learningRate: 0.02 })).toEqual(plain);
  expect(await run({ optimizer: direct.adam(), learningRate: () => 0.02 })).toEqual(plain);
  expect(await run({ optimizer: direct.adam() })).not.toEqual(plain);
});
