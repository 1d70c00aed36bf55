// A fit from a source that has a name goes on where it stopped, to the bits of one that never did; a source that says
// how its batches are cut has schedules by epochs, and is held to what it says.
import { describe, expect, test } from "vitest";
import { cut } from "../support/batches.js";
import { expectError } from "../support/errors.js";
import { classifier, weightsOf, withNetwork } from "../support/networks.js";
import {
  adam,
  type BatchContext,
  type BatchSource,
  cosine,
  createNetwork,
  type DataSet,
  earlyStopping,
  exportNetwork,
  type FitOptions,
  type History,
  importNetwork,
  type Network,
  type NetworkSpec,
  recordActivity,
  reduceOnPlateau,
  warmup,
} from "../../src/index.js";
import { stateOf } from "../../src/network/state/state.js";

const ROWS = 53;
const BATCH = 8;
const STEPS = 7;
const x = { rows: ROWS, columns: 2, data: Float32Array.from({ length: 2 * ROWS }, (_, i) => Math.sin(i * 1.7)) };
const data: DataSet = { x, y: Int32Array.from({ length: ROWS }, (_, r) => (r * 7) % 3) };

/** Batches in an order that hangs on the network's epochs. */
const source = (change: Partial<BatchSource> = {}, given = data): BatchSource => ({
  rows: ROWS,
  batchSize: BATCH,
  id: "sines",
  batches(_epoch, { begun }: BatchContext) {
    const all = [...cut(given, BATCH)];
    const turned = all.slice(0, -1);
    return [...turned.slice(begun % 3), ...turned.slice(0, begun % 3), all.at(-1)!];
  },
  ...change,
});

const dropping: NetworkSpec = {
  ...classifier,
  layers: [{ units: 12, dropout: 0.3, normalization: "batch", kernelRegularizer: { l2: 0.01 } }, { units: 3 }],
};
const judges = {
  x: { ...x, rows: 20, data: x.data.subarray(6, 46) },
  y: Int32Array.from({ length: 20 }, (_, r) => r % 3),
};

interface Setting {
  readonly spec?: NetworkSpec;
  readonly source?: BatchSource;
  options(): FitOptions;
}

const SETTINGS: Readonly<Record<string, Setting>> = {
  adam: { options: () => ({ epochs: 3, optimizer: adam({ learningRate: 0.02 }) }) },
  "dropout, batch normalization and a penalty": {
    spec: dropping,
    options: () => ({ epochs: 3, optimizer: adam({ learningRate: 0.02 }), validation: judges }),
  },
  "a cosine, and callbacks": {
    options: () => ({
      epochs: 3,
      learningRate: warmup({ epochs: 1, next: cosine() }),
      callbacks: [recordActivity(x), earlyStopping({ patience: 9 })],
    }),
  },
  "a plateau": { options: () => ({ epochs: 3, learningRate: reduceOnPlateau({ patience: 0, threshold: 0.9 }) }) },
  "weights of classes and of rows": {
    source: source({}, { ...data, weights: Float32Array.from({ length: ROWS }, (_, r) => r % 4) }),
    options: () => ({ epochs: 3, classWeights: [1, 2, 0.5] }),
  },
};

function remains(network: Network, { epochs }: History): object {
  const state = stateOf(network);
  return {
    weights: weightsOf(network),
    moments: state.lastMoments!.slots.map((slot) => state.floats(slot, state.parameterFloats).slice()),
    epochs: epochs.map(({ seconds: _, ...log }) => log),
  };
}

async function reborn(network: Network): Promise<Network> {
  const bytes = await exportNetwork(network, "safetensors", { training: true });
  network.dispose();
  return importNetwork(bytes);
}

/** Stops after so many steps, as a file is written and read; goes on. */
async function trainInParts({ spec = classifier, source: given = source(), options }: Setting, stop: number) {
  let network = await createNetwork(spec);
  const controller = new AbortController();
  const onBatchEnd = ({ step }: { step: number }) => (step === stop ? controller.abort() : undefined);
  const before = options();
  const callbacks = [...(before.callbacks ?? []), { onBatchEnd }];
  const { stopped } = await network.fit(given, { ...before, callbacks, signal: controller.signal });
  expect(stopped).toBe("aborted");
  network = await reborn(network);
  const { callbacks: own, ...rest } = options();
  const history = await network.fit(given, { ...rest, callbacks: own ?? [], resume: true });
  const all = remains(network, history);
  network.dispose();
  return { all, history };
}

describe.each(Object.entries(SETTINGS))("%s", (_name, setting) => {
  test.each([1, 5, STEPS, STEPS + 3, 3 * STEPS - 1, 3 * STEPS])("stopped after step %i", async (stop) => {
    const expected = await withNetwork(setting.spec ?? classifier, async (network) => {
      const history = await network.fit(setting.source ?? source(), setting.options());
      return remains(network, history);
    });
    const { all, history } = await trainInParts(setting, stop);
    expect(all).toEqual(expected);
    if (stop < 3 * STEPS) expect(history.sample!.x.rows).toBe(ROWS); // of the epoch that it went on in, all of it
  });
});

describe("several batches an update", () => {
  const options = () => ({ epochs: 2, accumulate: 3, optimizer: adam({ learningRate: 0.02 }), validation: judges });

  /** Does something as a batch is asked for: of all epochs the so-manyeth. */
  const disturbed = (at: number, disturb: () => void): BatchSource => {
    let asked = 0;
    return source({
      async *batches(epoch, context) {
        for (const batch of source().batches(epoch, context) as Iterable<DataSet>) {
          await new Promise((resolve) => setTimeout(resolve, 0)); // the one before is trained on
          if (++asked === at) disturb();
          yield batch;
        }
      },
    });
  };

  test.each(Array.from({ length: 2 * STEPS }, (_, batch) => batch + 1))(
    "stopped, and stored, as batch %i is asked for",
    async (at) => {
      const expected = await withNetwork(dropping, async (network) =>
        remains(network, await network.fit(source(), options())),
      );
      let network = await createNetwork(dropping);
      const controller = new AbortController();
      let stored: Promise<Uint8Array> | undefined;
      const given = disturbed(at, () => {
        if (at > 1) stored = exportNetwork(network, "safetensors", { training: true });
        controller.abort();
      });
      const { stopped } = await network.fit(given, { ...options(), signal: controller.signal });
      expect(stopped).toBe("aborted");
      if (stored) {
        const copy = await importNetwork(await stored);
        expect(remains(copy, await copy.fit(source(), { ...options(), resume: true }))).toEqual(expected);
        copy.dispose();
      }
      network = await reborn(network);
      expect(remains(network, await network.fit(source(), { validation: judges, resume: true }))).toEqual(expected);
      await expectError(
        network.fit(source(), { accumulate: 2, validation: judges, resume: true }),
        "value",
        "accumulate",
      );
      network.dispose();
    },
  );
});

test("another source, other cuts, rows in memory, or no name: refused, and the network stays as it was", async () => {
  await withNetwork(classifier, async (network) => {
    await network.fit(source(), { epochs: 1 });
    const before = weightsOf(network);
    const again = { epochs: 2, resume: true };
    await expectError(network.fit(source({ id: "cosines" }), again), "value", "data");
    await expectError(network.fit(source({ batchSize: 9 }), again), "value", "batchSize");
    await expectError(network.fit(source({ rows: 54 }), again), "value", "trainingRows");
    await expectError(network.fit(data, again), "value", "data");
    await expectError(network.fit(source({ id: undefined }), again), "value", "resume");
    expect(weightsOf(network)).toEqual(before);
    expect((await network.fit(source(), again)).epochs).toHaveLength(2);
  });
});

test("of a source without a name nothing is kept to go on with", async () => {
  await withNetwork(classifier, async (network) => {
    await network.fit(source({ id: undefined }), { epochs: 1 });
    await expectError(network.fit(source(), { epochs: 2, resume: true }), "value", "network");
  });
});

test("a source that gives less when it is asked anew is refused", async () => {
  await withNetwork(classifier, async (network) => {
    const controller = new AbortController();
    const onBatchEnd = ({ step }: { step: number }) => (step === 5 ? controller.abort() : undefined);
    await network.fit(source(), { callbacks: [{ onBatchEnd }], signal: controller.signal });
    const few = source({ batches: () => [...cut(data, BATCH)].slice(0, 2) });
    await expectError(network.fit(few, { resume: true }), "shape", "data.batches");
    await network.fit(data, { epochs: 1 }); // free again
  });
});

test("a schedule by epochs is that of rows in memory", async () => {
  const train = (given: DataSet | BatchSource, more: FitOptions) =>
    withNetwork(classifier, async (network) => {
      const { epochs } = await network.fit(given, { epochs: 3, learningRate: cosine(), ...more });
      return { rates: epochs.map(({ learningRate }) => learningRate), weights: weightsOf(network) };
    });
  const inOrder = source({ batches: () => cut(data, BATCH) });
  expect(await train(inOrder, {})).toEqual(await train(data, { batchSize: BATCH, shuffle: false }));
});

test("a source is held to its batch size", async () => {
  const sized = (sizes: readonly number[]) =>
    source({
      batches: () => {
        let start = 0;
        return sizes.map((rows) => {
          start += rows;
          const at = start - rows;
          return {
            x: { rows, columns: 2, data: x.data.subarray(2 * at, 2 * start) },
            y: (data.y as Int32Array).subarray(at, start),
          };
        });
      },
    });
  await withNetwork(classifier, async (network) => {
    const fit = (sizes: readonly number[]) => network.fit(sized(sizes), { epochs: 1 });
    await expectError(fit([8, 9, 8]), "shape", "data.batches[1].x");
    await expectError(fit([8, 7, 8]), "shape", "data.batches[2].x");
    await expectError(fit([8, 8, 8, 8, 8, 8]), "shape", "data.batches");
    await fit([8, 8, 8, 8, 8, 8, 5]);
    await expectError(network.fit({ ...source(), rows: undefined }), "value", "data.rows");
    await expectError(network.fit({ ...source(), batchSize: undefined }), "value", "data.batchSize");
    await expectError(network.fit({ ...source(), batchSize: 2 ** 16 + 1 }), "value", "data.batchSize");
    await expectError(network.fit({ ...source(), id: 3 as never }), "value", "data.id");
  });
});
