// Penalties on weights and activations against six steps of PyTorch in float64 (`cases` of layers.json): the whole loss
// and the data's part of it, the weights after the first step and the last, outputs; within 1e-4.
import { describe, expect, test } from "vitest";
import { toRows } from "./golden.js";
import { expectClose, golden, inputs, labels, setInitial, units, x } from "./layers.js";
import { ARITHMETICS, withNetwork } from "../support/networks.js";
import { type DenseSpec, type NetworkSpec, sgd } from "../../src/index.js";

const cases = golden.cases.filter(({ normalization, weights }) => !normalization && !weights);

function specOf({ l1, l2, activityL1 }: (typeof cases)[number]): NetworkSpec {
  const layers = units.map((count, l): DenseSpec => {
    const isHidden = l < units.length - 1;
    return {
      units: count,
      kernelRegularizer: { l1, l2 },
      ...(isHidden && { activityRegularizer: { l1: activityL1 } }),
    };
  });
  return { inputs, layers, loss: "crossEntropy" };
}

test("the cases that are about penalties are there", () => {
  expect(cases.map(({ name }) => name)).toEqual(["plain", "l2", "l1", "activityL1"]);
});

describe.each(ARITHMETICS)("arithmetic %s", (arithmetic) => {
  test.each(cases.map((each) => [each.name, each] as const))("%s", (_name, wanted) =>
    withNetwork(
      specOf(wanted),
      async (network) => {
        setInitial(network);
        const logged: (readonly [number, number])[] = [];
        const noted = {
          onBatchEnd: ({ loss, penalty = 0 }: { loss: number; penalty?: number }) =>
            void logged.push([loss + penalty, loss]),
        };
        const optimizer = sgd({ learningRate: wanted.learningRate });
        const options = { epochs: 1, batchSize: golden.batch, shuffle: false, optimizer, callbacks: [noted] };
        const history = await network.fit({ x, y: labels }, options);
        expectClose(
          logged.map(([whole]) => whole),
          wanted.losses.map(([whole]) => whole),
        );
        expectClose(
          logged.map(([, data]) => data),
          wanted.losses.map(([, data]) => data),
        );
        const penalties = wanted.losses.map(([whole, data]) => whole - data);
        const mean = penalties.reduce((sum, each) => sum + each, 0) / penalties.length;
        if (wanted.name === "plain") expect("penalty" in history.epochs[0]).toBe(false);
        else expect(history.epochs[0].penalty).toBeCloseTo(mean, 5);
        network.layers.forEach((layer, l) => {
          const { kernel, bias } = layer.getWeights();
          expectClose([...kernel], wanted.finalKernels[l]);
          expectClose([...bias], wanted.finalBiases[l]);
        });
        const outputs = network.predict(toRows(golden.evaluationInputs, inputs), { logits: true });
        expectClose([...outputs.data], wanted.evaluationOutputs);
      },
      { arithmetic },
    ),
  );

  test("each case is told from the others: the control", () =>
    withNetwork(
      specOf(cases[1]),
      async (network) => {
        setInitial(network);
        const optimizer = sgd({ learningRate: cases[1].learningRate });
        await network.fit({ x, y: labels }, { epochs: 1, batchSize: golden.batch, shuffle: false, optimizer });
        const kernels = network.layers.flatMap((layer) => [...layer.getWeights().kernel]);
        expectClose(kernels, cases[1].finalKernels.flat());
        for (const other of cases.filter((_, i) => i !== 1))
          expect(() => expectClose(kernels, other.finalKernels.flat())).toThrow();
      },
      { arithmetic },
    ));
});
