// Memory after a thousand rounds is what it was: WASM blocks are given back, and the JavaScript heap does not grow.
import { expect, test } from "vitest";
import { expectRefusal } from "../support/errors.js";
import { collectGarbage, javaScriptBytes, settle } from "../support/memory.js";
import { classifier, regressor } from "../support/networks.js";
import { sectors, waves } from "../support/samples.js";
import { adam, createNetwork, diagnose, type Remedy, rmsprop, sgd, treat } from "../../src/index.js";
import { getRuntime } from "../../src/wasm/runtime.js";

const { heap } = await getRuntime();

async function round(seed: number): Promise<void> {
  const spec = seed % 2 ? classifier : regressor;
  const data = seed % 2 ? sectors(20) : waves(20);
  const network = await createNetwork({ ...spec, seed });
  await network.fit(data, {
    epochs: 2,
    batchSize: 8,
    optimizer: adam(),
    validation: 0.2,
    callbacks: [{ onEpochEnd() {} }],
  });
  network.evaluate(data);
  diagnose(network, data.x).toString();
  const clone = await network.clone();
  network.dispose();
  clone.dispose();
}

test("a thousand rounds of create, fit, diagnose, clone, dispose", async () => {
  for (let seed = 0; seed < 500; seed++) await round(seed); // until all is compiled
  const { used } = heap;
  const { byteLength } = heap.memory.buffer;
  const before = await javaScriptBytes();
  for (let seed = 0; seed < 1000; seed++) await round(seed);
  expect(heap.used).toBe(used);
  expect(heap.memory.buffer.byteLength).toBe(byteLength);
  expect((await javaScriptBytes()) - before).toBeLessThan(1e6); // under a kilobyte a round: compiled code and caches
});

test.each([adam(), sgd({ momentum: 0.9 }), rmsprop()])(
  "a training step leaves no garbage, with $name",
  async (optimizer) => {
    const network = await createNetwork(regressor);
    const data = waves(32_000);
    const growth = async (epochs: number) => {
      // a full collection throws compiled code away, and code that is not compiled yet boxes its numbers
      collectGarbage({ type: "minor" });
      const before = process.memoryUsage().heapUsed;
      await network.fit(data, { epochs, optimizer, clipNorm: 100 });
      return process.memoryUsage().heapUsed - before;
    };
    await growth(30); // until all is compiled
    const bytes = [];
    for (let i = 0; i < 5; i++) {
      const few = await growth(1);
      bytes.push(((await growth(11)) - few) / 10_000);
    }
    // Turns of the event loop and the epochs' logs leave some 6 bytes a step; one boxed number in each would add 16,
    // one small typed array hundreds.
    expect(bytes.sort((a, b) => a - b)[1]).toBeLessThan(14);
    network.dispose();
  },
);

test("networks that nobody disposed of give their memory back when they are collected", async () => {
  await settle();
  const { used } = heap;
  await (async () => {
    for (let seed = 0; seed < 50; seed++)
      await (await createNetwork({ ...classifier, seed })).fit(sectors(9), { epochs: 1 });
  })();
  expect(heap.used).toBeGreaterThan(used);
  await settle();
  expect(heap.used).toBe(used);
});

test("refused and broken fits leave nothing behind", async () => {
  const network = await createNetwork(classifier);
  await network.fit(sectors(20), { epochs: 1 });
  const { used } = heap;
  for (let i = 0; i < 50; i++) {
    await expectRefusal(() => network.fit({ x: sectors(20).x, y: [0] }), "shape");
    await expect(
      network.fit(sectors(20), {
        callbacks: [
          {
            onBatchEnd() {
              throw new Error("the caller's own");
            },
          },
        ],
      }),
    ).rejects.toThrow();
  }
  expect(heap.used).toBe(used);
  network.dispose();
});

test("a refused network leaves nothing behind", async () => {
  const { used } = heap;
  await expectRefusal(
    () => createNetwork({ inputs: 2, layers: [{ units: 1e9 }, { units: 1 }], loss: "huber" }),
    "memory",
  );
  expect(heap.used).toBe(used);
});

test("disposing of networks in any order joins the gaps", async () => {
  const { used } = heap;
  const { byteLength } = heap.memory.buffer;
  for (let pass = 0; pass < 5; pass++) {
    const networks = await Promise.all(
      [30, 7, 90, 1, 55].map((units) => createNetwork({ inputs: 3, layers: [{ units }, { units: 2 }], loss: "huber" })),
    );
    for (const index of [2, 0, 4, 1, 3]) networks[index].dispose();
  }
  expect(heap.used).toBe(used);
  expect(heap.memory.buffer.byteLength).toBeLessThanOrEqual(byteLength + 65536);
});

test("treatments that are undone, dropped or disposed of with their network give their memory back", async () => {
  const { x, y } = sectors(20);
  const remedies: readonly Remedy[] = [
    { kind: "liftBias" },
    { kind: "recycle" },
    { kind: "reinitialize" },
    { kind: "replaceActivation", activation: "prelu" },
    { kind: "prune" },
  ];
  const network = await createNetwork({
    ...classifier,
    layers: classifier.layers.map((layer, index) => ({ ...layer, biasInitializer: index === 2 ? 0 : -0.6 })),
  });
  await network.fit({ x, y }, { epochs: 1, optimizer: adam() });
  const treatAll = async () => {
    using treated = await network.clone();
    for (const remedy of remedies) {
      const treatment = await treat(treated, x, remedy);
      expect(treatment.treated.length).toBeGreaterThan(0);
      treatment.undo();
    }
    await treat(treated, x, { kind: "recycle", dormantBelow: 1 }); // not undone
  };
  await treatAll();
  const { used } = heap;
  for (let round = 0; round < 50; round++) await treatAll();
  expect(heap.used).toBe(used);
  const treated = await network.clone();
  await treat(treated, x, { kind: "recycle", dormantBelow: 1 });
  const { used: withOne } = heap;
  // what each put aside, nobody can ask for
  for (let round = 0; round < 50; round++) await treat(treated, x, { kind: "recycle", dormantBelow: 1 });
  expect(heap.used).toBeGreaterThan(withOne);
  for (let turn = 0; turn < 20 && heap.used > withOne; turn++) await settle();
  expect(heap.used).toBeLessThanOrEqual(withOne);
  treated.dispose();
  expect(heap.used).toBe(used);
  network.dispose();
});
