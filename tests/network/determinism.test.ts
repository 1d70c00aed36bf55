// Same seed and build: same bits, whatever happens between the batches.
import { describe, expect, test } from "vitest";
import { ARITHMETICS, classifier, weightsOf, withNetwork } from "../support/networks.js";
import { sectors } from "../support/samples.js";
import {
  type Callback,
  createNetwork,
  type FitOptions,
  type KernelInitializer,
  type NetworkSpec,
  sgd,
} from "../../src/index.js";

const data = sectors(101);
const options: FitOptions = { epochs: 3, batchSize: 16, validation: 0.2 };

async function trainedWeights(
  spec: NetworkSpec,
  fit: FitOptions,
  arithmetic: "fast" | "reproducible" = "fast",
): Promise<number[]> {
  return withNetwork(
    spec,
    async (network) => {
      await network.fit(data, fit);
      return weightsOf(network);
    },
    { arithmetic },
  );
}

const pause = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

describe.each(ARITHMETICS)("arithmetic %s", (arithmetic) => {
  test("the same seed gives the same bits", async () => {
    const first = await trainedWeights(classifier, options, arithmetic);
    expect(await trainedWeights(classifier, options, arithmetic)).toEqual(first);
  });

  test("callbacks that wait change nothing", async () => {
    const first = await trainedWeights(classifier, options, arithmetic);
    let step = 0;
    const callbacks: Callback[] = [
      { onBatchEnd: () => (step++ % 3 === 0 ? pause(step % 4) : undefined), onEpochEnd: () => pause(1) },
    ];
    expect(await trainedWeights(classifier, { ...options, callbacks }, arithmetic)).toEqual(first);
  });

  test("callbacks that predict and evaluate change nothing", async () => {
    const first = await trainedWeights(classifier, options, arithmetic);
    const callbacks: Callback[] = [
      {
        onTrainBegin: ({ network }) => void network.predict(data.x),
        onBatchEnd: ({ step }, { network }) =>
          void (step % 2 ? network.predict(data.x.slice(0, 3)) : network.evaluate(data)),
        onEpochEnd: async (_log, { network }) => (await network.clone()).dispose(),
      },
    ];
    expect(await trainedWeights(classifier, { ...options, callbacks }, arithmetic)).toEqual(first);
  });
});

test.each(ARITHMETICS)(
  "a row predicted alone has the bits of the same row among others, zeros or none (%s)",
  async (arithmetic) => {
    const spec: NetworkSpec = {
      inputs: 40,
      layers: [{ units: 70 }, { units: 33, activation: "leakyRelu" }, { units: 64 }, { units: 10 }],
      loss: "crossEntropy",
      seed: 9,
    };
    const rows = Array.from({ length: 300 }, (_, r) =>
      Array.from({ length: 40 }, (_, c) => ((r * 7 + c * 13) % 5 < r % 6 ? 0 : Math.sin(r * 40 + c))),
    );
    await withNetwork(
      spec,
      async (network) => {
        const together = network.predict(rows).data;
        for (const count of [1, 2, 3])
          for (let r = 0; r + count <= 12; r++) {
            expect([...network.predict(rows.slice(r, r + count)).data], `${count} rows from ${r}`).toEqual([
              ...together.subarray(r * 10, (r + count) * 10),
            ]);
          }
      },
      { arithmetic },
    );
  },
);

test("the logs are the same as well, whether or not a callback disturbs the buffers between batches", async () => {
  const logsWith = (callbacks: Callback[]) =>
    withNetwork(classifier, async (network) =>
      (await network.fit(data, { ...options, callbacks })).epochs.map((log) => ({ ...log, seconds: 0 })),
    );
  const disturbing: Callback = {
    onBatchEnd: (_log, { network }) => void network.evaluate({ x: data.x.slice(0, 40), y: data.y.slice(0, 40) }),
  };
  expect(await logsWith([disturbing])).toEqual(await logsWith([]));
});

test("networks that train at the same time have the bits of those that train alone", async () => {
  const seeds = [1, 2, 3];
  const alone = [];
  for (const seed of seeds) alone.push(await trainedWeights({ ...classifier, seed }, options));
  const callbacks = [{ onBatchEnd: () => pause(0) }];
  const together = await Promise.all(
    seeds.map((seed) => trainedWeights({ ...classifier, seed }, { ...options, callbacks })),
  );
  expect(together).toEqual(alone);
});

test("a seed decides the initial weights", async () => {
  const initial = (seed: number) => withNetwork({ ...classifier, seed }, weightsOf);
  expect(await initial(7)).toEqual(await initial(7));
  expect(await initial(8)).not.toEqual(await initial(7));
  expect(await initial(7 + 2 ** 32)).not.toEqual(await initial(7)); // the high word counts
  expect(await withNetwork({ inputs: 2, layers: classifier.layers, loss: "crossEntropy" }, weightsOf)).toEqual(
    await initial(0),
  );
});

test.each<KernelInitializer>([
  "heNormal",
  "heUniform",
  "glorotNormal",
  "glorotUniform",
  "lecunNormal",
  "orthogonal",
  "asymmetric",
])("%s draws other weights for each layer, the same in both builds", async (kernelInitializer) => {
  const spec: NetworkSpec = {
    inputs: 6,
    layers: [
      { units: 6, kernelInitializer },
      { units: 6, kernelInitializer },
    ],
    loss: "meanSquaredError",
  };
  const kernels = await withNetwork(spec, ({ layers }) => layers.map((layer) => [...layer.getWeights().kernel]));
  expect(kernels[0]).not.toEqual(kernels[1]);
  expect(kernels.flat().every((value) => Number.isFinite(value))).toBe(true);
  if (kernelInitializer === "orthogonal") return; // its projections are sums, which the fused build rounds otherwise
  const strict = await withNetwork(spec, ({ layers }) => layers.map((layer) => [...layer.getWeights().kernel]), {
    arithmetic: "reproducible",
  });
  expect(kernels).toEqual(strict);
});

/** The order in which rows train: one row a batch, recognised by the loss that its target alone gives at rate 0. */
async function rowOrders(seed: number, epochs: number, fit: FitOptions = {}): Promise<number[][]> {
  const rows = 24;
  const y = Float32Array.from({ length: rows }, (_, row) => row);
  const x = Array.from({ length: rows }, () => [0]);
  const orders: number[][] = Array.from({ length: epochs }, () => []);
  await withNetwork({ inputs: 1, layers: [{ units: 1 }], loss: "meanAbsoluteError", seed }, (network) =>
    network.fit(
      { x, y },
      {
        ...fit,
        epochs,
        batchSize: 1,
        optimizer: sgd({ learningRate: 0 }),
        callbacks: [{ onBatchEnd: ({ loss, epoch }) => void orders[epoch - 1].push(loss) }],
      },
    ),
  );
  return orders;
}

const ascending = (values: readonly number[]) => [...values].sort((a, b) => a - b);
const all = Array.from({ length: 24 }, (_, row) => row);

test("each epoch trains every row once, in an order of its own that the seed decides", async () => {
  const orders = await rowOrders(3, 3);
  for (const order of orders) expect(ascending(order)).toEqual(all);
  expect(orders[0]).not.toEqual(all);
  expect(orders[1]).not.toEqual(orders[0]);
  expect(orders[2]).not.toEqual(orders[1]);
  expect(await rowOrders(3, 3)).toEqual(orders);
  expect((await rowOrders(4, 1))[0]).not.toEqual(orders[0]);
});

test("without shuffle the rows keep their order", async () => {
  expect(await rowOrders(3, 2, { shuffle: false })).toEqual([all, all]);
});

test("a held-out fraction is a random one, the same in every epoch and with or without shuffle", async () => {
  const shuffled = await rowOrders(3, 2, { validation: 0.25 });
  const plain = await rowOrders(3, 2, { validation: 0.25, shuffle: false });
  expect(shuffled[0].length).toBe(18);
  for (const order of [...shuffled, ...plain]) expect(ascending(order)).toEqual(ascending(shuffled[0]));
  expect(plain[0]).toEqual(ascending(plain[0]));
  expect(plain[0]).not.toEqual(all.slice(0, 18)); // not simply the last rows
  expect(ascending((await rowOrders(4, 1, { validation: 0.25 }))[0])).not.toEqual(ascending(shuffled[0]));
});

test("initial weights, order of rows and hold-out come from streams of their own", async () => {
  const [order] = await rowOrders(3, 1);
  const wide = await createNetwork({
    inputs: 1,
    layers: [{ units: 50, kernelInitializer: "asymmetric" }, { units: 1 }],
    loss: "meanAbsoluteError",
    seed: 3,
  });
  const losses: number[] = [];
  wide.layers[1].setWeights({ kernel: new Float32Array(50) });
  await wide.fit(
    { x: all.map(() => [0]), y: all },
    {
      epochs: 1,
      batchSize: 1,
      optimizer: sgd({ learningRate: 0 }),
      callbacks: [{ onBatchEnd: ({ loss }) => void losses.push(loss) }],
    },
  );
  wide.dispose();
  expect(losses).toEqual(order); // another architecture, the same order
});

test("a fit in two halves goes on with new orders of rows and with the optimizer's moments", async () => {
  const optimizer = sgd({ learningRate: 0.05, momentum: 0.9 });
  const halves = await withNetwork(classifier, async (network) => {
    await network.fit(data, { epochs: 2, optimizer });
    await network.fit(data, { epochs: 2, optimizer });
    return weightsOf(network);
  });
  expect(halves).toEqual(await trainedWeights(classifier, { epochs: 4, optimizer }));
});
