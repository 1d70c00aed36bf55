// NAdam and Adamax.
import { BETA, checkDecay, checkRate, NON_NEGATIVE, type Optimizer, type OptimizerRecipe, recipe } from "./recipe.js";
import { updateAged } from "../../state/step-counts.js";
import { checkNumber, checkOptions } from "../../../core/checks.js";

const LOG_BASE = -0.040821994520255166; // ln 0.96
const TERMS = 12;
const SMALL = 0.25;

/** 0.96^exponent by its series, of a part of the exponent that is squared again: the same bits on any engine. */
function powerOfBase(exponent: number): number {
  const x = exponent * LOG_BASE;
  let halvings = 0;
  let part = x;
  for (; part < -SMALL && halvings < 1100; halvings++) part /= 2;
  let power = 1;
  for (let n = TERMS; n > 0; n--) power = 1 + (part / n) * power;
  for (; halvings > 0; halvings--) power *= power;
  return power;
}

/**
 * NAdam (Dozat 2016), as PyTorch has it: Adam with Nesterov's momentum, which grows from half of beta1 to beta1:
 * mu = beta1·(1 - 0.96^(t·momentumDecay) / 2) at step t. A unit that is reset gets new moments, and goes on with the
 * momentum of the training's step.
 * @param options learningRate 0.002, beta1 0.9, beta2 0.999, epsilon 1e-8, weightDecay 0 (part of the gradient),
 *   momentumDecay 0.004
 * @cost 8 bytes a parameter, held by the network
 * @throws RelumineError "value"
 * @example network.fit(data, { optimizer: nadam({ learningRate: 1e-3 }) })
 */
export function nadam(options?: {
  learningRate?: number;
  beta1?: number;
  beta2?: number;
  epsilon?: number;
  weightDecay?: number;
  momentumDecay?: number;
}): Optimizer {
  const names = ["learningRate", "beta1", "beta2", "epsilon", "weightDecay", "momentumDecay"];
  const given = checkOptions("nadam", options, names);
  const learningRate = checkRate(given, 0.002);
  const beta1 = checkNumber("beta1", given.beta1 ?? 0.9, BETA);
  const beta2 = checkNumber("beta2", given.beta2 ?? 0.999, BETA);
  const epsilon = checkNumber("epsilon", given.epsilon ?? 1e-8, NON_NEGATIVE);
  const weightDecay = checkDecay(given);
  const momentumDecay = checkNumber("momentumDecay", given.momentumDecay ?? 0.004, NON_NEGATIVE);
  const factor = powerOfBase(momentumDecay);
  const all = { learningRate, beta1, beta2, epsilon, weightDecay, momentumDecay };
  return recipe({
    name: "nadam",
    weightDecay,
    learningRate,
    options: all,
    slots: 2,
    velocity: 0,
    without: {
      ...(beta1 > 0 && { momentum: nadam({ ...all, beta1: 0 }) as OptimizerRecipe }),
      ...(weightDecay > 0 && { weightDecay: nadam({ ...all, weightDecay: 0 }) as OptimizerRecipe }),
    },
    countsSteps: true,
    schedulesMomentum: true,
    update(kernels, operands, rate, powers) {
      const fading = powers.decay! * factor;
      const mu = beta1 * (1 - 0.5 * fading);
      const next = beta1 * (1 - 0.5 * fading * factor);
      powers.decay = fading;
      powers.beta1 *= mu; // the product of all mu
      powers.beta2 *= beta2;
      const [gain1, gain2] = [1 - beta1, 1 - beta2];
      const gradientStep = (rate * (1 - mu)) / (1 - powers.beta1),
        correction = 1 / Math.sqrt(1 - powers.beta2),
        momentStep = (rate * next) / (1 - powers.beta1 * next);
      operands.ages?.advance(kernels, mu, beta2, rate * (1 - mu), rate * next, next);
      const rule = kernels.nadam;
      return updateAged(rule, operands, gain1, gain2, gradientStep, correction, momentStep, epsilon, weightDecay);
    },
  });
}

/**
 * Adamax (Kingma and Ba 2015): Adam by the largest gradient so far, which fades by beta2, in place of the root of the
 * mean square.
 * @param options learningRate 0.002, beta1 0.9, beta2 0.999, epsilon 1e-8, weightDecay 0 (part of the gradient)
 * @cost 8 bytes a parameter, held by the network
 * @throws RelumineError "value"
 * @example network.fit(data, { optimizer: adamax({ learningRate: 1e-3 }) })
 */
export function adamax(options?: {
  learningRate?: number;
  beta1?: number;
  beta2?: number;
  epsilon?: number;
  weightDecay?: number;
}): Optimizer {
  const given = checkOptions("adamax", options, ["learningRate", "beta1", "beta2", "epsilon", "weightDecay"]);
  const learningRate = checkRate(given, 0.002);
  const beta1 = checkNumber("beta1", given.beta1 ?? 0.9, BETA);
  const beta2 = checkNumber("beta2", given.beta2 ?? 0.999, BETA);
  const epsilon = checkNumber("epsilon", given.epsilon ?? 1e-8, NON_NEGATIVE);
  const weightDecay = checkDecay(given);
  const all = { learningRate, beta1, beta2, epsilon, weightDecay };
  return recipe({
    name: "adamax",
    weightDecay,
    learningRate,
    options: all,
    slots: 2,
    velocity: 0,
    without: {
      ...(beta1 > 0 && { momentum: adamax({ ...all, beta1: 0 }) as OptimizerRecipe }),
      ...(weightDecay > 0 && { weightDecay: adamax({ ...all, weightDecay: 0 }) as OptimizerRecipe }),
    },
    countsSteps: true,
    update(kernels, operands, rate, powers) {
      powers.beta1 *= beta1;
      const [gain1, gain2] = [1 - beta1, 1 - beta2];
      const stepSize = rate / (1 - powers.beta1);
      operands.ages?.advance(kernels, beta1, 0, rate);
      return updateAged(kernels.adamax, operands, gain1, gain2, stepSize, 0, 0, epsilon, weightDecay);
    },
  });
}
