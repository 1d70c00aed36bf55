// Layers and penalties against six steps of PyTorch in float64 (`cases` of layers.json): losses, all weights after the
// last step, outputs and gradients of the first, and what the network says outside of training, within 1e-4.
import { describe, expect, test } from "vitest";
import { toRows } from "./golden.js";
import { expectClose, golden, inputs, labels, setInitial, units, x } from "./layers.js";
import { ARITHMETICS, withNetwork } from "../support/networks.js";
import { type DenseSpec, type History, type Network, type NetworkSpec, sgd, type Weights } from "../../src/index.js";

type Case = (typeof golden.cases)[number];

const NAMED = golden.cases.map((trace) => [trace.name, trace] as const);

function specOf({ normalization, l1, l2, activityL1 }: Case): NetworkSpec {
  const layers = units.map((count, l): DenseSpec => {
    const isHidden = l < units.length - 1;
    return {
      units: count,
      kernelRegularizer: { l1, l2 },
      ...(isHidden && { activityRegularizer: { l1: activityL1 } }),
      ...(isHidden && normalization && { normalization: normalization as "batch" | "layer" }),
    };
  });
  return { inputs, layers, loss: "crossEntropy" };
}

function setAll(network: Network, { normalization }: Case): void {
  setInitial(network);
  if (!normalization) return;
  golden.initialGammas.forEach((gamma, l) =>
    network.layers[l].setWeights({
      gamma: Float32Array.from(gamma),
      beta: Float32Array.from(golden.initialBetas[l]),
    }),
  );
}

const sampleWeights = golden.sampleWeights.flat();

/** One array of each part, over the layers that have it. */
const flat = (layers: readonly Weights[], part: keyof Weights): number[] =>
  layers.flatMap((weights) => [...(weights[part] ?? [])]);

interface Wanted {
  readonly kernels: number[][];
  readonly biases: number[][];
  readonly gammas?: number[][] | undefined;
  readonly betas?: number[][] | undefined;
}

/** Kernels and biases together, so that biases of which nothing is learnt count as the zeros that they are. */
function expectWeights(layers: readonly Weights[], { kernels, biases, gammas, betas }: Wanted): void {
  expectClose(
    layers.flatMap(({ kernel, bias }) => [...kernel, ...bias]),
    kernels.flatMap((kernel, l) => [...kernel, ...biases[l]]),
  );
  expectClose(flat(layers, "gamma"), (gammas ?? []).flat());
  expectClose(flat(layers, "beta"), (betas ?? []).flat());
}

const rate = (trace: Case) => sgd({ learningRate: trace.learningRate });

/** The whole loss of each batch, and the data's part. */
type Losses = (readonly [number, number])[];

function fitCase(network: Network, trace: Case, steps: number, losses: Losses): Promise<History> {
  const rows = steps * golden.batch;
  const weights = trace.weights === "sample" && { weights: sampleWeights.slice(0, rows) };
  const data = { x: x.slice(0, rows), y: labels.slice(0, rows), ...weights };
  return network.fit(data, {
    epochs: 1,
    batchSize: golden.batch,
    shuffle: false,
    optimizer: rate(trace),
    ...(trace.weights === "class" && { classWeights: golden.classWeights }),
    callbacks: [{ onBatchEnd: ({ loss, penalty = 0 }) => void losses.push([loss + penalty, loss]) }],
  });
}

/** The mean of what is added to the data's loss; none where nothing is. */
function expectPenalty({ epochs: [log] }: History, { losses, l1, l2, activityL1 }: Case): void {
  if (l1 + l2 + activityL1 === 0) return expect("penalty" in log).toBe(false);
  const mean = losses.reduce((sum, [whole, data]) => sum + whole - data, 0) / losses.length;
  expect(mean).toBeGreaterThan(1e-3);
  expect(log.penalty).toBeCloseTo(mean, 5);
}

test("all cases are run", () => {
  expect(golden.cases.map(({ name }) => name)).toEqual([
    "plain",
    "batchNorm",
    "layerNorm",
    "l2",
    "l1",
    "activityL1",
    "classWeights",
    "sampleWeights",
    "batchNormL2Sample",
  ]);
});

describe.each(ARITHMETICS)("arithmetic %s", (arithmetic) => {
  test.each(NAMED)("%s", (_name, trace) =>
    withNetwork(
      specOf(trace),
      async (network) => {
        setAll(network, trace);
        const losses: Losses = [];
        expectPenalty(await fitCase(network, trace, golden.steps, losses), trace);
        for (const part of [0, 1])
          expectClose(
            losses.map((pair) => pair[part]),
            trace.losses.map((pair) => pair[part]),
          );
        const layers = network.layers.map((layer) => layer.getWeights());
        expectWeights(layers, {
          kernels: trace.finalKernels,
          biases: trace.finalBiases,
          gammas: trace.finalGammas,
          betas: trace.finalBetas,
        });
        expectClose(flat(layers, "runningMean"), (trace.runningMeans ?? []).flat());
        expectClose(flat(layers, "runningVariance"), (trace.runningVariances ?? []).flat());
        const { data } = network.predict(toRows(golden.evaluationInputs, inputs), { logits: true });
        expectClose([...data], trace.evaluationOutputs);
      },
      { arithmetic },
    ),
  );

  test.each(NAMED)("the first step of %s", (_name, trace) =>
    withNetwork(
      specOf(trace),
      async (network) => {
        setAll(network, trace);
        const before = network.layers.map((layer) => layer.getWeights());
        await fitCase(network, trace, 1, []);
        const gradient = network.layers.map((layer, l) => {
          const now = layer.getWeights();
          const change = (part: "kernel" | "bias" | "gamma" | "beta") =>
            before[l][part]?.map((value, i) => (value - now[part]![i]) / trace.learningRate);
          return { kernel: change("kernel"), bias: change("bias"), gamma: change("gamma"), beta: change("beta") };
        });
        expectWeights(gradient as Weights[], trace.firstStep);
      },
      { arithmetic },
    ),
  );
});

test("penalties are told from each other: the control", async () => {
  const cases = golden.cases.filter(({ normalization, weights }) => !normalization && !weights);
  expect(cases.length).toBe(4);
  for (const trace of cases)
    await withNetwork(specOf(trace), async (network) => {
      setAll(network, trace);
      await fitCase(network, trace, golden.steps, []);
      const kernels = network.layers.flatMap((layer) => [...layer.getWeights().kernel]);
      expectClose(kernels, trace.finalKernels.flat());
      for (const other of cases)
        if (other !== trace) expect(() => expectClose(kernels, other.finalKernels.flat())).toThrow();
    });
});

test("another epsilon, momentum or kind is not within 1e-4", async () => {
  const trace = golden.cases.find(({ name }) => name === "batchNorm")!;
  const off = async (normalization: DenseSpec["normalization"]) =>
    withNetwork(specOf({ ...trace, normalization: normalization as never }), async (network) => {
      setAll(network, trace);
      await fitCase(network, trace, golden.steps, []);
      const { data } = network.predict(toRows(golden.evaluationInputs, inputs), { logits: true });
      return () => expectClose([...data], trace.evaluationOutputs);
    });
  expect(await off("batch")).not.toThrow();
  expect(await off({ kind: "batch", epsilon: 1e-2 })).toThrow();
  expect(await off({ kind: "batch", momentum: 0.11 })).toThrow();
  expect(await off("layer")).toThrow();
});
