import { describe, expect, it } from "vitest";
import { diagnose, type Network, recordActivity, sgd } from "../../src/index.js";
import { expectError, expectRefusal } from "../support/errors.js";
import { classifier, weightsOf, withNetwork } from "../support/networks.js";
import { sectors } from "../support/samples.js";

const data = sectors(500);

/** What diagnose says of the rows that are looked at: evenly apart. */
function activityOf(network: Network, rows: number): number[][] {
  const x = Array.from({ length: rows }, (_, i) => data.x[Math.floor(((i + 0.5) * data.x.length) / rows)]);
  return diagnose(network, x).layers.map(({ units }) => units.map(({ activity }) => Math.fround(activity)));
}

describe("recordActivity", () => {
  it("sees what diagnose sees on these rows, before the training and after each epoch", () =>
    withNetwork(classifier, async (network) => {
      const activity = recordActivity(data.x);
      const expected = [activityOf(network, 128)];
      const onEpochEnd = (): void => void expected.push(activityOf(network, 128));
      await network.fit(data, {
        epochs: 3,
        optimizer: sgd({ learningRate: 0.5 }),
        callbacks: [activity, { onEpochEnd }],
      });
      expect(activity.samples).toBe(128);
      expect(activity.frames.map(({ epoch }) => epoch)).toEqual([0, 1, 2, 3]);
      expect(activity.frames.map(({ layers }) => layers.map((shares) => [...shares]))).toEqual(expected);
      expect(expected[0]).not.toEqual(expected[3]);
    }));

  it("changes nothing of the training", () =>
    withNetwork(classifier, (plain) =>
      withNetwork(classifier, async (watched) => {
        await plain.fit(data, { epochs: 3 });
        await watched.fit(data, { epochs: 3, callbacks: [recordActivity(data.x, { samples: 400 })] });
        expect(weightsOf(watched)).toEqual(weightsOf(plain));
      }),
    ));

  it("leaves epochs out, begins anew with each fit, and keeps rows of its own", () =>
    withNetwork(classifier, async (network) => {
      const x = new Float32Array(20);
      const activity = recordActivity({ rows: 10, columns: 2, data: x }, { everyEpochs: 2 });
      x.fill(Number.NaN);
      await network.fit(data, { epochs: 5, callbacks: [activity] });
      expect(activity.frames.map(({ epoch }) => epoch)).toEqual([0, 2, 4]);
      expect(activity.samples).toBe(10);
      await network.fit(data, { epochs: 1, callbacks: [activity] });
      expect(activity.frames.map(({ epoch }) => epoch)).toEqual([0]);
    }));

  it("refuses what it cannot look at", async () => {
    await expectRefusal(() => recordActivity([]), "shape", "x");
    await expectRefusal(() => recordActivity([[Number.NaN]]), "value", "x", "NaN");
    await expectRefusal(() => recordActivity([[1]], { samples: 0 }), "value", "samples");
    await expectRefusal(
      () => recordActivity([[1]], { everyEpoch: 1 } as object),
      "value",
      "recordActivity.everyEpoch",
      '"everyEpochs"',
    );
    await withNetwork(classifier, (network) =>
      expectRefusal(
        () => network.fit(data, { callbacks: [recordActivity([[1, 2, 3]])] }),
        "shape",
        "recordActivity's x",
      ),
    );
  });

  const blocks = function* (...sizes: number[]) {
    for (let start = 0, turn = 0; start < data.x.length; start += sizes[turn++ % sizes.length])
      yield data.x.slice(start, start + sizes[turn % sizes.length]);
  };

  it.each([1, 100, 128, 499, 500, 900])("takes of blocks the %i rows that it takes of all", async (samples) => {
    const whole = recordActivity(data.x, { samples });
    for (const rows of [data.x.length, undefined])
      for (const sizes of [[1], [77, 3], [1000]]) {
        const source = { ...(rows !== undefined && { rows }), blocks: () => blocks(...sizes) };
        const activity = await recordActivity(source, { samples, everyEpochs: 2 });
        expect(activity.options).toEqual({ ...whole.options, everyEpochs: 2 });
      }
  });

  it("refuses blocks that it cannot count, and tells how far it is", async () => {
    const once = async function* () {
      await Promise.resolve();
      yield* blocks(10);
    };
    await expectError(recordActivity(once()), "value", "x");
    await expectError(recordActivity({ rows: 501, blocks: () => blocks(10) }), "shape", "x");
    let opened = 0;
    const fewer = { blocks: () => (opened++ === 0 ? blocks(10) : [data.x.slice(0, 30)]) };
    await expectError(recordActivity(fewer), "shape", "x");
    await expectError(recordActivity({ blocks: once }, { signal: AbortSignal.abort() }), "value", "signal");
    await expectError(recordActivity({ blocks: once }, { samples: 0 }), "value", "samples");
    const heard: number[] = [];
    await recordActivity({ blocks: once }, { onProgress: (share) => heard.push(share) });
    expect(heard.at(-1)).toBe(1);
  });
});
