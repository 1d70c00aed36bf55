// An optimizer tells the options it was made with, as plain data from which the same one can be made.
import { expect, it } from "vitest";
import { classifier, weightsOf, withNetwork } from "../support/networks.js";
import { sectors } from "../support/samples.js";
import { adagrad, adam, adamax, adamW, lion, nadam, type Optimizer, rmsprop, sgd } from "../../src/index.js";
import { rebuildOptimizer } from "../../src/network/training/optimizers.js";

const OPTIMIZERS: readonly Optimizer[] = [
  sgd(),
  sgd({ learningRate: 0.1, momentum: 0.9, nesterov: true, weightDecay: 0.01 }),
  adam(),
  adam({ learningRate: 0.02, beta1: 0.5, beta2: 0.9, epsilon: 1e-4 }),
  adamW(),
  adamW({ weightDecay: 0.3 }),
  rmsprop(),
  rmsprop({ learningRate: 0.003, rho: 0.8, epsilon: 1e-3, momentum: 0.4 }),
  nadam(),
  nadam({ learningRate: 0.01, beta1: 0.5, beta2: 0.9, epsilon: 1e-4, weightDecay: 0.1, momentumDecay: 3 }),
  adamax(),
  adamax({ learningRate: 0.01, beta1: 0.5, beta2: 0.9, epsilon: 1e-4, weightDecay: 0.1 }),
  adagrad(),
  adagrad({ learningRate: 0.1, learningRateDecay: 0.2, weightDecay: 0.1, initialAccumulator: 0.3, epsilon: 1e-4 }),
  lion(),
  lion({ learningRate: 0.01, beta1: 0.5, beta2: 0.9, weightDecay: 0.1 }),
];

it.each(OPTIMIZERS.map((optimizer) => ({ optimizer })))("$optimizer.name $optimizer.options", async ({ optimizer }) => {
  const { name, options } = JSON.parse(JSON.stringify(optimizer)) as Optimizer;
  expect(options.learningRate).toBe(optimizer.learningRate);
  expect(rebuildOptimizer({ name, options }).options).toEqual(optimizer.options);
  expect(() => Object.assign(optimizer.options, { learningRate: 1 })).toThrow(TypeError);
  const train = (trained: Optimizer) =>
    withNetwork(classifier, async (network) => {
      await network.fit(sectors(64), { epochs: 2, optimizer: trained });
      return weightsOf(network);
    });
  expect(await train(rebuildOptimizer({ name, options }))).toEqual(await train(optimizer));
});
