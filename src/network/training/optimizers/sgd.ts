// Stochastic gradient descent, and Lion, which knows of the gradient no more than its sign.
import { BETA, checkDecay, checkRate, type Optimizer, type OptimizerRecipe, recipe } from "./recipe.js";
import { checkBoolean, checkNumber, checkOptions } from "../../../core/checks.js";
import { RelumineError } from "../../../core/errors.js";

/**
 * Stochastic gradient descent: v = momentum·v + g + weightDecay·p, p -= learningRate·v.
 * @param options learningRate 0.01, momentum 0, nesterov false, weightDecay 0 (on biases too)
 * @cost no memory without momentum, else 4 bytes a parameter
 * @throws RelumineError "value"
 * @example network.fit(data, { optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }) })
 */
export function sgd(options?: {
  learningRate?: number;
  momentum?: number;
  nesterov?: boolean;
  weightDecay?: number;
}): Optimizer {
  const given = checkOptions("sgd", options, ["learningRate", "momentum", "nesterov", "weightDecay"]);
  const learningRate = checkRate(given, 0.01);
  const momentum = checkNumber("momentum", given.momentum ?? 0, { low: 0, high: 1 });
  const weightDecay = checkDecay(given);
  const nesterov = checkBoolean("nesterov", given.nesterov ?? false);
  if (nesterov && momentum === 0)
    throw new RelumineError("value", "momentum", "to be above 0, as nesterov is true", "0");
  return recipe({
    name: "sgd",
    weightDecay,
    learningRate,
    options: { learningRate, momentum, nesterov, weightDecay },
    slots: momentum > 0 ? 1 : 0,
    ...(momentum > 0 && { velocity: 0 }),
    without: {
      ...(momentum > 0 && { momentum: sgd({ learningRate, weightDecay }) as OptimizerRecipe }),
      ...(weightDecay > 0 && { weightDecay: sgd({ learningRate, momentum, nesterov }) as OptimizerRecipe }),
    },
    takesTouchedRows: momentum === 0 && weightDecay === 0,
    update(kernels, { count, parameters, gradient, slots, touched }, rate) {
      // of what lies before `from`, which is the first kernel, the touched rows are enough
      const from = touched ? touched.floats : 0;
      const refused = touched
        ? kernels.sgdRows(touched.count, touched.list, touched.units, parameters, touched.gradient, rate)
        : 0;
      const others = kernels.sgd(
        count - from,
        parameters + from * 4,
        gradient + from * 4,
        momentum > 0 ? slots[0] : 0,
        rate,
        momentum,
        weightDecay,
        Number(nesterov),
      );
      return refused + others;
    },
  });
}

/**
 * Lion (Chen et al. 2023): m is a mean of gradients, p -= learningRate·(sign(beta1·m + (1 - beta1)·g) + weightDecay·p),
 * then m = beta2·m + (1 - beta2)·g. Every step moves each weight by the rate: it wants a rate a tenth of Adam's or
 * less. So a unit without a gradient goes on moving until its m is exactly 0.
 * @param options learningRate 1e-4, beta1 0.9, beta2 0.99, weightDecay 0 (apart from the gradient, as adamW's)
 * @cost 4 bytes a parameter, held by the network
 * @throws RelumineError "value"
 * @example network.fit(data, { optimizer: lion({ learningRate: 3e-4, weightDecay: 0.1 }) })
 */
export function lion(options?: {
  learningRate?: number;
  beta1?: number;
  beta2?: number;
  weightDecay?: number;
}): Optimizer {
  const given = checkOptions("lion", options, ["learningRate", "beta1", "beta2", "weightDecay"]);
  const learningRate = checkRate(given, 1e-4);
  const beta1 = checkNumber("beta1", given.beta1 ?? 0.9, BETA);
  const beta2 = checkNumber("beta2", given.beta2 ?? 0.99, BETA);
  const weightDecay = checkDecay(given);
  return recipe({
    name: "lion",
    weightDecay,
    learningRate,
    options: { learningRate, beta1, beta2, weightDecay },
    slots: 1,
    velocity: 0,
    without: {
      ...(beta1 > 0 && { momentum: lion({ learningRate, beta1: 0, beta2, weightDecay }) as OptimizerRecipe }),
      ...(weightDecay > 0 && { weightDecay: lion({ learningRate, beta1, beta2 }) as OptimizerRecipe }),
    },
    update: (kernels, { count, parameters, gradient, slots }, rate) =>
      kernels.lion(count, parameters, gradient, slots[0], rate, 1 - beta1, 1 - beta2, rate * weightDecay),
  });
}
