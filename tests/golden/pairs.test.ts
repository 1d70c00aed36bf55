// Pairs of output activation and loss against six steps of Keras in float64 (`pairs` of layers.json): losses, weights
// after the last step, outputs and gradients of the first, within 1e-4.
//
// Keras on TensorFlow takes the logits behind a sigmoid or a softmax and applies the loss's own link to them. For two
// of the pairs that is not what it defines on probabilities; they are its "preactivations" here, and the definition is
// held to a float64 reference, in tests/network/output-pairs.test.ts and below.
import { describe, expect, test } from "vitest";
import { flattenTrace, toRows } from "./golden.js";
import { expectClose, golden, inputs, labels, setInitial, units, x } from "./layers.js";
import { pairLoss, type ReferencePair } from "../reference/output-pairs.js";
import { ARITHMETICS, numbersOf, weightsOf, withLinearOutput, withNetwork } from "../support/networks.js";
import { type Loss, type Network, type NetworkSpec, type RuntimeOptions, sgd } from "../../src/index.js";

type Pair = (typeof golden.pairs)[number];

const classes = units.at(-1)!;
const oneHot = labels.map((label) => Array.from({ length: classes }, (_, c) => Number(c === label)));
const sizes = golden.targets.flatMap((batch) => toRows(batch.map(Math.abs), classes));

const NAMES: Record<string, Loss> = {
  categoricalCrossentropy: "crossEntropy",
  binaryCrossentropy: "binaryCrossEntropy",
};
const CROSSED = ["sigmoid categoricalCrossentropy", "softmax binaryCrossentropy"];

function pairOf({ output, loss }: Pair): ReferencePair {
  const from = CROSSED.includes(`${output} ${loss}`) ? "preactivations" : "probabilities";
  return { output, loss: NAMES[loss] ?? loss, from };
}

function specOf({ output, loss, from }: ReferencePair): NetworkSpec {
  const isEntropy = loss.endsWith("Entropy");
  const layers = units.map((count, l) => ({ units: count, ...(l === units.length - 1 && { activation: output }) }));
  return {
    inputs,
    layers: layers as NetworkSpec["layers"],
    loss: isEntropy ? { name: loss as Loss, from } : (loss as Loss),
  };
}

const targetsFor = ({ loss }: Pair) => (loss === "poisson" || loss === "meanAbsoluteError" ? sizes : oneHot);

const withPair = <T>(pair: Pair, options: RuntimeOptions, use: (network: Network) => Promise<T>) =>
  withNetwork(
    specOf(pairOf(pair)),
    (network) => {
      setInitial(network);
      return use(network);
    },
    options,
  );

describe.each(ARITHMETICS)("arithmetic %s", (arithmetic) => {
  test.each(golden.pairs.map((pair) => [`${pair.output} ${pair.loss}`, pair] as const))("%s", (_name, pair) =>
    withPair(pair, { arithmetic }, async (network) => {
      const y = targetsFor(pair);
      const optimizer = sgd({ learningRate: pair.learningRate });
      const options = { epochs: 1, batchSize: golden.batch, shuffle: false, optimizer };
      const losses: number[] = [];
      const noted = { onBatchEnd: ({ loss }: { loss: number }) => void losses.push(loss) };
      await network.fit(
        { x: x.slice(0, golden.batch), y: y.slice(0, golden.batch) },
        { ...options, callbacks: [noted] },
      );
      const rest = { x: x.slice(golden.batch), y: y.slice(golden.batch) };
      await network.fit(rest, { ...options, callbacks: [noted] });
      expectClose(losses, pair.losses);
      expectClose(weightsOf(network), flattenTrace(pair.finalKernels, pair.finalBiases));
    }),
  );

  test.each(golden.pairs.map((pair) => [`${pair.output} ${pair.loss}`, pair] as const))(
    "outputs and gradient of %s",
    (_name, pair) =>
      withPair(pair, { arithmetic }, async (network) => {
        const first = x.slice(0, golden.batch);
        expectClose([...network.predict(first).data], pair.firstStep.outputs);
        const { layers } = network.gradients({ x: first, y: targetsFor(pair).slice(0, golden.batch) });
        const given = numbersOf(layers);
        const initial = flattenTrace(golden.initialKernels, golden.initialBiases);
        const { kernels, biases } = pair.firstStep;
        expect(flattenTrace(kernels, biases).length).toBe(initial.length);
        expectClose(given, flattenTrace(kernels, biases));
      }),
  );
});

test.each([
  ["sigmoid", "crossEntropy", 1.16468297],
  ["softmax", "binaryCrossEntropy", 1.29690444],
] as const)(
  "%s with %s by the definition is something else than what Keras on TensorFlow computes",
  (output, loss, wanted) =>
    withNetwork(specOf({ output, loss, from: "probabilities" }), (network) => {
      setInitial(network);
      const rows = { x: x.slice(0, golden.batch), y: oneHot.slice(0, golden.batch) };
      expect(network.evaluate(rows).loss).toBeCloseTo(wanted, 6);
      const layers = withLinearOutput(network);
      expect(pairLoss({ output, loss, from: "probabilities" }, layers, rows.x, rows.y)).toBeCloseTo(wanted, 6);
    }),
);
