// What the remedies that act during training take and what they tell, apart from what they do: a page that sends them
// to its worker needs no more.
import { checkInteger, checkNumber, checkOptions } from "../../core/checks.js";
import type { Description } from "../../network/training/callbacks.js";
import type { PackageCallback } from "../../network/types.js";

/** Options of `continualBackprop`. */
export interface ContinualBackpropOptions {
  /** Share of a layer's units that is due in a step. Default 1e-4. */
  readonly replacementRate?: number;
  /** Steps that a unit is safe after it was replaced. Default 100. */
  readonly maturity?: number;
  /** Of the moving averages. Default 0.99. */
  readonly decay?: number;
}

export interface ContinualBackpropResults {
  /** Units that were replaced in the fit that is running or ran last, one count per hidden layer. */
  readonly replaced: readonly number[];
}

/** The callback that `continualBackprop` makes. */
export interface ContinualBackprop extends PackageCallback<ContinualBackpropOptions>, ContinualBackpropResults {}

export function describeContinualBackprop(
  options: ContinualBackpropOptions | undefined,
): Description<Required<ContinualBackpropOptions>, ContinualBackpropResults> {
  const given = checkOptions("continualBackprop", options, ["replacementRate", "maturity", "decay"]);
  return {
    name: "continualBackprop",
    options: {
      replacementRate: checkNumber("replacementRate", given.replacementRate ?? 1e-4, { low: 0, high: 1 }),
      maturity: checkInteger("maturity", given.maturity ?? 100, { low: 0 }),
      decay: checkNumber("decay", given.decay ?? 0.99, { low: 0, high: 1, openHigh: true }),
    },
    results: { replaced: [] },
  };
}

/** Options of `recycleDormant`. */
export interface RecycleDormantOptions {
  /** Steps from one look at the units to the next. Default 1000. */
  readonly everySteps?: number;
  /** A unit whose mean |activation| is at most this share of its layer's mean is dormant. Default 0.025. */
  readonly dormantBelow?: number;
}

export interface RecycleDormantResults {
  /** Units that were recycled in the fit that is running or ran last, one count per hidden layer. */
  readonly recycled: readonly number[];
}

/** The callback that `recycleDormant` makes. */
export interface RecycleDormant extends PackageCallback<RecycleDormantOptions>, RecycleDormantResults {}

export function describeRecycleDormant(
  options: RecycleDormantOptions | undefined,
): Description<Required<RecycleDormantOptions>, RecycleDormantResults> {
  const given = checkOptions("recycleDormant", options, ["everySteps", "dormantBelow"]);
  return {
    name: "recycleDormant",
    options: {
      everySteps: checkInteger("everySteps", given.everySteps ?? 1000, { low: 1 }),
      dormantBelow: checkNumber("dormantBelow", given.dormantBelow ?? 0.025, { low: 0 }),
    },
    results: { recycled: [] },
  };
}

/** Options of `preventDeaths`. */
export interface PreventDeathsOptions {
  /**
   * The share of the probed training rows on which a unit that is put back is open, above 0, at most 1. Default 0.01.
   */
  readonly activity?: number;
}

/** A unit that a step would have closed, and that was put back. */
export interface PreventedDeath {
  /** Index in network.layers. */
  readonly layer: number;
  /** Index in its layer. */
  readonly unit: number;
  /** The unit was put back after this step's update; counted from 1. */
  readonly step: number;
  /** Of its change since it last lived, how much was kept: from 0 to 1. */
  readonly scale: number;
}

export interface PreventDeathsResults {
  /** In the fit that is running or ran last, in order; a unit can be put back more than once. */
  readonly prevented: readonly PreventedDeath[];
  /**
   * Units whose weights of before are closed too, on what feeds them now: they fell with their inputs, and were left
   * alone.
   */
  readonly lost: readonly Omit<PreventedDeath, "scale">[];
}

/** The callback that `preventDeaths` makes. */
export interface DeathPrevention extends PackageCallback<PreventDeathsOptions>, PreventDeathsResults {}

export function describePreventDeaths(
  options: PreventDeathsOptions | undefined,
): Description<Required<PreventDeathsOptions>, PreventDeathsResults> {
  const given = checkOptions("preventDeaths", options, ["activity"]);
  return {
    name: "preventDeaths",
    options: { activity: checkNumber("activity", given.activity ?? 0.01, { low: 0, high: 1, openLow: true }) },
    results: { prevented: [], lost: [] },
  };
}

/** Options of `selfNormalizedResets`. */
export interface SelfNormalizedResetsOptions {
  /**
   * The share of a unit's gaps that may be as long as its silence when it is reset, between 0 and 1. Default 0.01.
   */
  readonly threshold?: number;
}

/** A unit that was silent for too long, and was reset. */
export interface UnitReset {
  /** Index in network.layers. */
  readonly layer: number;
  /** Index in its layer. */
  readonly unit: number;
  /** The unit was reset after this step's update; counted from 1. */
  readonly step: number;
  /** Rows, by whole batches, on which it had not fired. */
  readonly silence: number;
  /** The longest silence, in rows, that its own gaps let expect. */
  readonly quantile: number;
}

export interface SelfNormalizedResetsResults {
  /** In the fit that is running or ran last, in order; a unit can be reset more than once. */
  readonly resets: readonly UnitReset[];
}

/** The callback that `selfNormalizedResets` makes. */
export interface SelfNormalizedResets
  extends PackageCallback<SelfNormalizedResetsOptions>, SelfNormalizedResetsResults {}

export function describeSelfNormalizedResets(
  options: SelfNormalizedResetsOptions | undefined,
): Description<Required<SelfNormalizedResetsOptions>, SelfNormalizedResetsResults> {
  const given = checkOptions("selfNormalizedResets", options, ["threshold"]);
  const bounds = { low: 0, high: 1, openLow: true, openHigh: true };
  return {
    name: "selfNormalizedResets",
    options: { threshold: checkNumber("threshold", given.threshold ?? 0.01, bounds) },
    results: { resets: [] },
  };
}
