// Adam and AdamW.
import { BETA, checkDecay, checkRate, NON_NEGATIVE, type Optimizer, type OptimizerRecipe, recipe } from "./recipe.js";
import { updateAged } from "../../state/step-counts.js";
import { checkNumber, checkOptions } from "../../../core/checks.js";

function adamFamily(
  name: string,
  given: { learningRate?: number; beta1?: number; beta2?: number; epsilon?: number },
  weightDecay: number,
): Optimizer {
  const learningRate = checkRate(given, 0.001);
  const beta1 = checkNumber("beta1", given.beta1 ?? 0.9, BETA);
  const beta2 = checkNumber("beta2", given.beta2 ?? 0.999, BETA);
  const epsilon = checkNumber("epsilon", given.epsilon ?? 1e-8, NON_NEGATIVE);
  return recipe({
    name,
    weightDecay,
    learningRate,
    options: { learningRate, beta1, beta2, epsilon, ...(name === "adamW" && { weightDecay }) },
    slots: 2,
    velocity: 0,
    without: {
      ...(beta1 > 0 && {
        momentum: adamFamily(name, { learningRate, beta1: 0, beta2, epsilon }, weightDecay) as OptimizerRecipe,
      }),
      ...(weightDecay > 0 && {
        weightDecay: adamFamily(name, { learningRate, beta1, beta2, epsilon }, 0) as OptimizerRecipe,
      }),
    },
    countsSteps: true,
    update(kernels, operands, rate, powers) {
      powers.beta1 *= beta1;
      powers.beta2 *= beta2;
      const stepSize = rate / (1 - powers.beta1),
        correction = 1 / Math.sqrt(1 - powers.beta2),
        shrink = rate * weightDecay;
      operands.ages?.advance(kernels, beta1, beta2, rate);
      const rule = kernels.adam;
      return updateAged(rule, operands, 1 - beta1, 1 - beta2, stepSize, correction, 0, epsilon, shrink);
    },
  });
}

/**
 * Adam (Kingma and Ba 2015).
 * @param options learningRate 0.001, beta1 0.9, beta2 0.999, epsilon 1e-8
 * @cost 8 bytes a parameter, held by the network
 * @throws RelumineError "value"
 * @example network.fit(data, { optimizer: adam({ learningRate: 3e-4 }) })
 */
export function adam(options?: { learningRate?: number; beta1?: number; beta2?: number; epsilon?: number }): Optimizer {
  return adamFamily("adam", checkOptions("adam", options, ["learningRate", "beta1", "beta2", "epsilon"]), 0);
}

/**
 * Adam with decoupled weight decay (Loshchilov and Hutter 2019).
 * @param options as adam's, and weightDecay 0.01
 * @cost 8 bytes a parameter, held by the network
 * @throws RelumineError "value"
 * @example network.fit(data, { optimizer: adamW({ weightDecay: 0.05 }) })
 */
export function adamW(options?: {
  learningRate?: number;
  beta1?: number;
  beta2?: number;
  epsilon?: number;
  weightDecay?: number;
}): Optimizer {
  const given = checkOptions("adamW", options, ["learningRate", "beta1", "beta2", "epsilon", "weightDecay"]);
  return adamFamily("adamW", given, checkDecay(given, 0.01));
}
