// The callbacks of this package as a page makes them: their options are checked here, what they do is done in the
// worker.
import { type DeathTrace, describeTrace, type TraceOptions } from "../../diagnosis/trace/trace-options.js";
import {
  type ActivityOptions,
  type ActivityRecord,
  describeActivity,
  recordFrom,
} from "../../diagnosis/units/activity-options.js";
import type { Samples } from "../../core/matrix.js";
import { callbackByName, type CallbackData, defineCallback } from "../../network/training/callbacks.js";
import { earlyStopping } from "../../network/training/early-stopping.js";
import type { PackageCallback } from "../../network/types.js";
import {
  type ContinualBackprop,
  type ContinualBackpropOptions,
  type DeathPrevention,
  describeContinualBackprop,
  describePreventDeaths,
  describeRecycleDormant,
  type PreventDeathsOptions,
  type RecycleDormant,
  type RecycleDormantOptions,
} from "../../treatment/during-training/options.js";

/** As traceDeaths of "relumine". */
export function traceDeaths(options?: TraceOptions): DeathTrace {
  return defineCallback(describeTrace(options));
}

/** As recordActivity of "relumine". */
export function recordActivity(x: Samples, options?: ActivityOptions): ActivityRecord {
  return defineCallback(describeActivity(x, options));
}

/** As continualBackprop of "relumine". */
export function continualBackprop(options?: ContinualBackpropOptions): ContinualBackprop {
  return defineCallback(describeContinualBackprop(options));
}

/** As recycleDormant of "relumine". */
export function recycleDormant(options?: RecycleDormantOptions): RecycleDormant {
  return defineCallback(describeRecycleDormant(options));
}

/** As preventDeaths of "relumine". */
export function preventDeaths(options?: PreventDeathsOptions): DeathPrevention {
  return defineCallback(describePreventDeaths(options));
}

/** The callback that a trial of a prescription names. */
export function callbackOf(data: CallbackData): PackageCallback {
  const record = recordFrom(recordActivity);
  const factories = {
    traceDeaths,
    recordActivity: record,
    earlyStopping,
    continualBackprop,
    recycleDormant,
    preventDeaths,
  };
  return callbackByName(factories, data);
}
