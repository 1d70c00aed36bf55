// The optimizers, with PyTorch's definitions. An Optimizer is a plain frozen recipe; its moments live in the network
// and go on from one fit to the next as long as the same recipe is passed.
import type { TouchedRows } from "../state/sparse-batch.js";
import type { ParameterBlocks, UnitAges } from "../state/step-counts.js";
import { checkBoolean, checkName, checkNumber, checkOptions, describe, type NumberRange } from "../../core/checks.js";
import { RelumineError } from "../../core/errors.js";
import { suggestion } from "../../core/suggestion.js";
import type { KernelExports } from "../../wasm/exports.js";

/**
 * What sgd(), adam(), adamW() and rmsprop() return: a frozen recipe. The moments live in the network, and go on from
 * one fit to the next as long as the same object is passed.
 */
export interface Optimizer {
  /** "sgd", "adam", "adamW" or "rmsprop". */
  readonly name: string;
  /** The rate where `fit` is given none. */
  readonly learningRate: number;
  /** What it was made with, defaults filled in: plain data. */
  readonly options: OptimizerOptions;
}

/** The options of an optimizer, by name. */
export type OptimizerOptions = Readonly<Record<string, number | boolean>>;

/** One contiguous block of `count` floats for each of these: all parameters of a network in one call. */
export interface UpdateOperands extends ParameterBlocks {
  readonly count: number;
  /** Where units have step counts of their own. */
  ages?: UnitAges;
  /** The first kernel's rows that alone have a gradient, where `gradient` does not hold it: see `takesTouchedRows`. */
  touched?: TouchedRows;
}

/** beta^t for the bias corrections of Adam, kept by multiplication: Math.pow differs between engines. */
export interface MomentPowers {
  beta1: number;
  beta2: number;
}

export interface OptimizerRecipe extends Optimizer {
  /** Blocks of moments that it keeps. */
  readonly slots: number;
  /** What shrinks the weights beside the gradient; absent: nothing does. */
  readonly weightDecay?: number;
  /** Its moments want to know their age, which a unit that is reset starts again. */
  readonly countsSteps?: boolean;
  /** A gradient of 0 leaves a parameter as it is, so that touched rows are enough. */
  readonly takesTouchedRows?: boolean;
  /** Updates all parameters; returns how many entries were refused because they would not have stayed finite. */
  update(kernels: KernelExports, operands: UpdateOperands, learningRate: number, powers: MomentPowers): number;
  /**
   * The same recipe without what it would move the parameters by beside the plain gradient; absent where it has none.
   */
  readonly without: { readonly momentum?: OptimizerRecipe; readonly weightDecay?: OptimizerRecipe };
}

const recipes = new WeakSet<object>();
const FACTORY_NAMES = ["sgd", "adam", "adamW", "rmsprop"] as const;

const NON_NEGATIVE: NumberRange = { low: 0 };
const DECAY: NumberRange = { low: 0, high: 1, openHigh: true };

function recipe(definition: OptimizerRecipe): OptimizerRecipe {
  recipes.add(definition);
  Object.freeze(definition.options);
  return Object.freeze(definition);
}

/** The recipe behind what a caller passes as optimizer. */
export function checkOptimizer(optimizer: unknown): OptimizerRecipe {
  if (typeof optimizer === "object" && optimizer !== null && recipes.has(optimizer))
    return optimizer as OptimizerRecipe;
  const named =
    typeof optimizer === "object" && optimizer !== null ? (optimizer as { name?: unknown }).name : optimizer;
  const hint = typeof named === "string" ? suggestion(named, FACTORY_NAMES) : "";
  const expected = "to be what sgd(), adam(), adamW() or rmsprop() returns";
  throw new RelumineError("value", "optimizer", expected, describe(named), hint);
}

function checkRate(options: { learningRate?: number }, byDefault: number): number {
  return checkNumber("learningRate", options.learningRate ?? byDefault, NON_NEGATIVE);
}

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
  const weightDecay = checkNumber("weightDecay", given.weightDecay ?? 0, NON_NEGATIVE);
  const nesterov = checkBoolean("nesterov", given.nesterov ?? false);
  if (nesterov && momentum === 0)
    throw new RelumineError("value", "momentum", "to be above 0, as nesterov is true", "0");
  return recipe({
    name: "sgd",
    weightDecay,
    learningRate,
    options: { learningRate, momentum, nesterov, weightDecay },
    slots: momentum > 0 ? 1 : 0,
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

function adamFamily(
  name: string,
  given: { learningRate?: number; beta1?: number; beta2?: number; epsilon?: number },
  weightDecay: number,
): Optimizer {
  const learningRate = checkRate(given, 0.001);
  const beta1 = checkNumber("beta1", given.beta1 ?? 0.9, DECAY);
  const beta2 = checkNumber("beta2", given.beta2 ?? 0.999, DECAY);
  const epsilon = checkNumber("epsilon", given.epsilon ?? 1e-8, NON_NEGATIVE);
  return recipe({
    name,
    weightDecay,
    learningRate,
    options: { learningRate, beta1, beta2, epsilon, ...(name === "adamW" && { weightDecay }) },
    slots: 2,
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
      const { count, parameters, gradient, slots, ages } = operands;
      powers.beta1 *= beta1;
      powers.beta2 *= beta2;
      const stepSize = rate / (1 - powers.beta1),
        correction = 1 / Math.sqrt(1 - powers.beta2),
        shrink = rate * weightDecay;
      if (!ages)
        return kernels.adam(
          count,
          parameters,
          gradient,
          slots[0],
          slots[1],
          1 - beta1,
          1 - beta2,
          stepSize,
          correction,
          epsilon,
          shrink,
        );
      ages.advance(kernels, beta1, beta2, rate);
      return ages.update(kernels, operands, 1 - beta1, 1 - beta2, stepSize, correction, epsilon, shrink);
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
  return adamFamily("adamW", given, checkNumber("weightDecay", given.weightDecay ?? 0.01, NON_NEGATIVE));
}

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
  const rho = checkNumber("rho", given.rho ?? 0.99, DECAY);
  const epsilon = checkNumber("epsilon", given.epsilon ?? 1e-8, NON_NEGATIVE);
  const momentum = checkNumber("momentum", given.momentum ?? 0, { low: 0, high: 1 });
  return recipe({
    name: "rmsprop",
    learningRate,
    options: { learningRate, rho, epsilon, momentum },
    slots: momentum > 0 ? 2 : 1,
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

const FACTORIES: Readonly<Record<(typeof FACTORY_NAMES)[number], (options: never) => Optimizer>> = {
  sgd,
  adam,
  adamW,
  rmsprop,
};

/** The optimizer of that name, made with these options, as an optimizer tells them. */
export function rebuildOptimizer({ name, options }: Pick<Optimizer, "name" | "options">): Optimizer {
  return FACTORIES[checkName("optimizer", name, FACTORY_NAMES)](options as never);
}
