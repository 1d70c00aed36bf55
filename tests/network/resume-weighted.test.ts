// Weighted trainings, frozen layers and pairs of output and loss: what stops and goes on, here or through a file, gives
// the bits of what never stopped, and goes on with nothing else.
import { describe, expect, test } from "vitest";
import { expectError } from "../support/errors.js";
import { sectors } from "../support/samples.js";
import {
  adamW,
  createNetwork,
  type DataSet,
  exportNetwork,
  type FitOptions,
  importNetwork,
  type Network,
  type NetworkSpec,
  sgd,
} from "../../src/index.js";

const { x, y } = sectors(50);
const weights = y.map((_, r) => 1 + (r % 4) / 3);
const plain: NetworkSpec = {
  inputs: 2,
  layers: [{ units: 9 }, { units: 6 }, { units: 3 }],
  loss: "crossEntropy",
  seed: 5,
};
const SETTINGS: [string, NetworkSpec, DataSet, FitOptions][] = [
  ["weights of rows", plain, { x, y, weights }, {}],
  ["balanced classes", plain, { x, y }, { classWeights: "balanced" }],
  [
    "classes by numbers, held-out rows",
    plain,
    { x, y, weights },
    { classWeights: [0.1, 1 / 3, 2e-9], validation: 0.2 },
  ],
  ["a weighted validation", plain, { x, y }, { validation: { x, y, weights } }],
  [
    "frozen layers, a pair as declared, initializers of one's own",
    {
      ...plain,
      layers: [
        { units: 9, frozen: true, kernelInitializer: { normal: 0.7 } },
        { units: 6 },
        { units: 3, activation: "softmax" },
      ],
      loss: { name: "binaryCrossEntropy", from: "probabilities" },
    },
    { x, y: y.map((label) => [0, 1, 2].map((c) => Number(c === label))), weights },
    {},
  ],
];

/** Stops after so many steps; in the midst of an epoch too. */
async function trainUpTo(network: Network, data: DataSet, options: FitOptions, steps: number): Promise<void> {
  const stop = {
    onBatchEnd: ({ step }: { step: number }, context: { stop(): void }) => void (step === steps && context.stop()),
  };
  await network.fit(data, { ...options, callbacks: [stop] });
}

describe.each(SETTINGS)("%s", (_name, spec, data, extra) => {
  const options = (): FitOptions => ({ epochs: 3, batchSize: 8, ...extra });
  const told = (network: Network, epochs: readonly object[]) => [
    network.layers.map((layer) => layer.getWeights()),
    epochs.map((log) => ({ ...log, seconds: 0 })),
  ];

  test.each([1, 5, 7, 9])("stopped after step %d", async (steps) => {
    using whole = await createNetwork(spec);
    const optimizer = adamW({ learningRate: 0.05 });
    const { epochs } = await whole.fit(data, { ...options(), optimizer });
    using stopped = await createNetwork(spec);
    await trainUpTo(stopped, data, { ...options(), optimizer: adamW({ learningRate: 0.05 }) }, steps);
    using copy = await importNetwork(await exportNetwork(stopped, "safetensors", { training: true }));
    for (const network of [stopped, copy]) {
      const { validation } = extra;
      const rest = await network.fit(data, { resume: true, ...(typeof validation === "object" && { validation }) });
      expect(told(network, rest.epochs)).toEqual(told(whole, epochs));
    }
  });

  test("goes on with nothing else", async () => {
    using network = await createNetwork(spec);
    await trainUpTo(network, data, { ...options(), optimizer: sgd() }, 3);
    const other = { ...data, weights: y.map((_, r) => 2 + (r % 3)) };
    const { validation } = extra;
    const resume = { resume: true, ...(typeof validation === "object" && { validation }) };
    await expectError(network.fit(other, resume), "value", "data");
    if (spec === plain)
      await expectError(network.fit(data, { ...resume, classWeights: [1, 2, 3] }), "value", "classWeights");
    await network.fit(data, resume);
  });
});

test("files of trainings that are not weighted hold nothing of weights", async () => {
  using network = await createNetwork(plain);
  await trainUpTo(network, { x, y }, { epochs: 2, batchSize: 8 }, 3);
  const text = new TextDecoder("latin1").decode(await exportNetwork(network, "safetensors", { training: true }));
  expect(text).toContain('"nextRow"');
  expect(/classWeights|"weight"/.test(text)).toBe(false);
});
