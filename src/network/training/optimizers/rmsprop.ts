// RMSprop and Adagrad: steps by the root of a mean, or a sum, of squared gradients.
import { BETA, checkDecay, checkRate, NON_NEGATIVE, type Optimizer, type OptimizerRecipe, recipe } from "./recipe.js";
import { checkNumber, checkOptions } from "../../../core/checks.js";

/**
 * RMSprop: v = rho·v + (1 - rho)·g², p -= learningRate·g / (sqrt(v) + epsilon).
 * @param options learningRate 0.01, rho 0.99, epsilon 1e-8, momentum 0
 * @cost 4 bytes a parameter, with momentum 8
 * @throws RelumineError "value"
 * @example network.fit(data, { optimizer: rmsprop({ learningRate: 0.001 }) })
 */
export function rmsprop(options?: {
  learningRate?: number;
  rho?: number;
  epsilon?: number;
  momentum?: number;
}): Optimizer {
  const given = checkOptions("rmsprop", options, ["learningRate", "rho", "epsilon", "momentum"]);
  const learningRate = checkRate(given, 0.01);
  const rho = checkNumber("rho", given.rho ?? 0.99, BETA);
  const epsilon = checkNumber("epsilon", given.epsilon ?? 1e-8, NON_NEGATIVE);
  const momentum = checkNumber("momentum", given.momentum ?? 0, { low: 0, high: 1 });
  return recipe({
    name: "rmsprop",
    learningRate,
    options: { learningRate, rho, epsilon, momentum },
    slots: momentum > 0 ? 2 : 1,
    ...(momentum > 0 && { velocity: 1 }),
    without: { ...(momentum > 0 && { momentum: rmsprop({ learningRate, rho, epsilon }) as OptimizerRecipe }) },
    update: (kernels, { count, parameters, gradient, slots }, rate) =>
      kernels.rmsprop(
        count,
        parameters,
        gradient,
        slots[0],
        momentum > 0 ? slots[1] : 0,
        rate,
        1 - rho,
        epsilon,
        momentum,
      ),
  });
}

/**
 * Adagrad (Duchi et al. 2011): s += g², p -= learningRate / (1 + (t - 1)·learningRateDecay)·g / (sqrt(s) + epsilon) at
 * step t. A weight without a gradient stays as it is, so that rows of rare columns cost what they hold.
 * @param options learningRate 0.01, learningRateDecay 0, weightDecay 0 (part of the gradient), initialAccumulator 0
 *   (what s starts with), epsilon 1e-10
 * @cost 4 bytes a parameter, held by the network
 * @throws RelumineError "value"
 * @example network.fit(data, { optimizer: adagrad({ learningRate: 0.05 }) })
 */
export function adagrad(options?: {
  learningRate?: number;
  learningRateDecay?: number;
  weightDecay?: number;
  initialAccumulator?: number;
  epsilon?: number;
}): Optimizer {
  const names = ["learningRate", "learningRateDecay", "weightDecay", "initialAccumulator", "epsilon"];
  const given = checkOptions("adagrad", options, names);
  const learningRate = checkRate(given, 0.01);
  const learningRateDecay = checkNumber("learningRateDecay", given.learningRateDecay ?? 0, NON_NEGATIVE);
  const weightDecay = checkDecay(given);
  const initialAccumulator = checkNumber("initialAccumulator", given.initialAccumulator ?? 0, NON_NEGATIVE);
  const epsilon = checkNumber("epsilon", given.epsilon ?? 1e-10, NON_NEGATIVE);
  const all = { learningRate, learningRateDecay, weightDecay, initialAccumulator, epsilon };
  return recipe({
    name: "adagrad",
    weightDecay,
    learningRate,
    options: all,
    slots: 1,
    without: {
      ...(weightDecay > 0 && { weightDecay: adagrad({ ...all, weightDecay: 0 }) as OptimizerRecipe }),
    },
    takesTouchedRows: weightDecay === 0 && epsilon > 0,
    update(kernels, { count, parameters, gradient, slots, touched }, given, powers) {
      const rate = given * powers.beta1; // which is 1 / (1 + (t - 1)·learningRateDecay)
      powers.beta1 /= 1 + learningRateDecay * powers.beta1;
      const at = touched ? touched.floats : 0;
      const [sums, initial] = [slots[0], initialAccumulator];
      const refused = touched
        ? kernels.adagradRows(
            touched.count,
            touched.list,
            touched.units,
            parameters,
            touched.gradient,
            sums,
            rate,
            epsilon,
            initial,
          )
        : 0;
      const [p, g, s] = [parameters + at * 4, gradient + at * 4, sums + at * 4];
      return refused + kernels.adagrad(count - at, p, g, s, rate, epsilon, initial, weightDecay);
    },
  });
}
