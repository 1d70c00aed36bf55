// What an optimizer is: a plain frozen recipe, with PyTorch's definitions. Its moments live in the network and go on
// from one fit to the next as long as the same recipe is passed.
import type { TouchedRows } from "../../state/sparse-batch.js";
import type { ParameterBlocks, UnitAges } from "../../state/step-counts.js";
import { checkNumber, type NumberRange } from "../../../core/checks.js";
import type { KernelExports } from "../../../wasm/exports.js";

/**
 * What sgd(), adam() and their like return: a frozen recipe. The moments live in the network, and go on from one fit to
 * the next as long as the same object is passed.
 */
export interface Optimizer {
  /** Of the function that made it: "sgd", "adam". */
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

/**
 * Numbers that begin at 1 and fall with the steps, kept by multiplication, since Math.pow differs between engines.
 * beta1, beta2: beta^t for Adam's bias corrections, or what takes their place (see each optimizer).
 */
export interface MomentPowers {
  beta1: number;
  beta2: number;
  /** Of nadam: 0.96^(t·momentumDecay). */
  decay?: number;
}

export interface OptimizerRecipe extends Optimizer {
  /** Blocks of moments that it keeps; all start at 0. */
  readonly slots: number;
  /** Which of them moves parameters without any gradient; absent: none does. */
  readonly velocity?: number;
  /** What shrinks the weights beside the gradient; absent: nothing does. */
  readonly weightDecay?: number;
  /** Its moments want to know their age, which a unit that is reset starts again. */
  readonly countsSteps?: boolean;
  /** It has the third of the powers. */
  readonly schedulesMomentum?: boolean;
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

export const NON_NEGATIVE: NumberRange = { low: 0 };
/** Of a factor of moving averages. */
export const BETA: NumberRange = { low: 0, high: 1, openHigh: true };

export function recipe(definition: OptimizerRecipe): OptimizerRecipe {
  recipes.add(definition);
  Object.freeze(definition.options);
  return Object.freeze(definition);
}

/** Whether one of the functions of this package made it. */
export function isRecipe(optimizer: unknown): optimizer is OptimizerRecipe {
  return typeof optimizer === "object" && optimizer !== null && recipes.has(optimizer);
}

export function checkRate(options: { learningRate?: number }, byDefault: number): number {
  return checkNumber("learningRate", options.learningRate ?? byDefault, NON_NEGATIVE);
}

export function checkDecay(options: { weightDecay?: number }, byDefault = 0): number {
  return checkNumber("weightDecay", options.weightDecay ?? byDefault, NON_NEGATIVE);
}

/** What moments that are new begin with. */
export const startPowers = ({ schedulesMomentum }: OptimizerRecipe): MomentPowers =>
  schedulesMomentum ? { beta1: 1, beta2: 1, decay: 1 } : { beta1: 1, beta2: 1 };
