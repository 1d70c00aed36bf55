// The callbacks of this package by name: what a worker makes of the data it is sent, and prescribe of a remedy.
import { traceDeaths } from "../diagnosis/trace/trace-deaths.js";
import { recordFrom } from "../diagnosis/units/activity-options.js";
import { recordActivity } from "../diagnosis/units/record-activity.js";
import { callbackByName, type CallbackData } from "../network/training/callbacks.js";
import { earlyStopping } from "../network/training/early-stopping.js";
import type { PackageCallback } from "../network/types.js";
import { continualBackprop } from "./during-training/continual-backprop.js";
import { preventDeaths } from "./during-training/prevent-deaths.js";
import { recycleDormant } from "./during-training/recycle-dormant.js";
import { selfNormalizedResets } from "./during-training/self-normalized-resets.js";

/** A function, so that a bundle without prescribe leaves them out. */
const factories = () => ({
  traceDeaths,
  recordActivity: recordFrom(recordActivity),
  earlyStopping,
  continualBackprop,
  recycleDormant,
  selfNormalizedResets,
  preventDeaths,
});

export const callbackNames = (): readonly string[] => Object.keys(factories());

/**
 * The callback with that name and those options.
 * @throws RelumineError "value"
 */
export function callbackOf(data: CallbackData): PackageCallback {
  return callbackByName(factories(), data);
}
