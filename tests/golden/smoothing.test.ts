// Label smoothing against PyTorch in float64 (smoothing.json, which smoothing.py writes): losses before each of six
// steps and the weights after them, within 1e-4.
import { describe, expect, test } from "vitest";
import { flattenTrace, toRows } from "./golden.js";
import { expectClose, golden, inputs, labels, setInitial, units, x } from "./layers.js";
import smoothing from "./smoothing.json" with { type: "json" };
import { softmax } from "../reference/network.js";
import { ARITHMETICS, weightsOf, withNetwork } from "../support/networks.js";
import { type Loss, sgd } from "../../src/index.js";

type Trace = (typeof smoothing.cases)[number];

const outputs = golden.targets.flatMap((batch) => toRows(batch, units.at(-1)!));
const TARGETS: Record<string, number[] | number[][]> = {
  crossEntropy: labels,
  "crossEntropy of shares": outputs.map(softmax),
  binaryCrossEntropy: outputs.map((row) => row.map((value) => Number(value > 0))),
};

const layers = units.map((count) => ({ units: count }));
const optimizer = sgd({ learningRate: smoothing.learningRate });

function trace({ name, labelSmoothing }: Trace, arithmetic: (typeof ARITHMETICS)[number]) {
  const loss = { name: name.split(" ")[0] as Loss, labelSmoothing };
  return withNetwork(
    { inputs, layers, loss },
    async (network) => {
      setInitial(network);
      const losses: number[] = [];
      const noted = { onBatchEnd: ({ loss: each }: { loss: number }) => void losses.push(each) };
      const before = network.evaluate({ x: x.slice(0, golden.batch), y: TARGETS[name].slice(0, golden.batch) });
      await network.fit(
        { x, y: TARGETS[name] },
        { epochs: 1, batchSize: golden.batch, shuffle: false, optimizer, callbacks: [noted] },
      );
      return { before, losses, weights: weightsOf(network) };
    },
    { arithmetic },
  );
}

describe.each(ARITHMETICS)("arithmetic %s", (arithmetic) => {
  test.each(smoothing.cases.map((each) => [`${each.name}, ${each.labelSmoothing}`, each] as const))(
    "%s",
    async (_name, wanted) => {
      const { before, losses, weights } = await trace(wanted, arithmetic);
      expectClose(losses, wanted.losses);
      expectClose(weights, flattenTrace(wanted.finalKernels, wanted.finalBiases));
      expectClose([before.loss], wanted.losses.slice(0, 1)); // evaluate's loss is the smoothed one
    },
  );

  test("another share is seen", async () => {
    const [wanted] = smoothing.cases;
    const { weights } = await trace({ ...wanted, labelSmoothing: wanted.labelSmoothing + 0.01 }, arithmetic);
    expect(() => expectClose(weights, flattenTrace(wanted.finalKernels, wanted.finalBiases))).toThrow();
  });
});
