// The callbacks of this package as a page makes them: their options are checked here, what they do is done in the
// worker.
import { type DeathTrace, describeTrace, type TraceOptions } from "../../diagnosis/trace/trace-options.js";
import {
  type ActivityBlocksOptions,
  type ActivityOptions,
  type ActivityRecord,
  describeActivity,
  recordOf,
  recordFrom,
} from "../../diagnosis/units/activity-options.js";
import type { SampleBlocks } from "../../core/blocks.js";
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
  describeSelfNormalizedResets,
  type PreventDeathsOptions,
  type RecycleDormant,
  type RecycleDormantOptions,
  type SelfNormalizedResets,
  type SelfNormalizedResetsOptions,
} from "../../treatment/during-training/options.js";

/**
 * As traceDeaths of "relumine".
 * @cost as traceDeaths of "relumine", in the worker
 * @throws RelumineError "value"; in a second fit (as its rejection) while the first is still running
 * @example
 * const trace = traceDeaths();
 * await network.fit({ x, y }, { callbacks: [trace] });
 * console.log(trace.deaths.length);
 */
export function traceDeaths(options?: TraceOptions): DeathTrace {
  return defineCallback(describeTrace(options));
}

/**
 * As recordActivity of "relumine".
 * @param x rows x inputs
 * @cost as recordActivity of "relumine", in the worker; the rows looked at are copied
 * @throws RelumineError "value" or "shape"; in fit, "shape" where x is not as wide as the network's inputs
 * @example
 * const activity = recordActivity(x);
 * await network.fit({ x, y }, { callbacks: [activity] });
 */
export function recordActivity(x: Samples, options?: ActivityOptions): ActivityRecord;
/**
 * The same of rows in blocks, which are read on this side.
 * @cost one pass over the blocks, or two
 * @throws RelumineError as recordActivity of "relumine" (as a rejection)
 * @example const activity = await recordActivity({ rows: 100_000, blocks });
 */
export function recordActivity(x: SampleBlocks, options?: ActivityBlocksOptions): Promise<ActivityRecord>;
export function recordActivity(
  x: Samples | SampleBlocks,
  options?: ActivityBlocksOptions,
): ActivityRecord | Promise<ActivityRecord> {
  return recordOf((rows, own) => defineCallback(describeActivity(rows, own)), x, options);
}

/**
 * As continualBackprop of "relumine".
 * @cost as continualBackprop of "relumine", in the worker
 * @throws RelumineError "value"; in a second fit (as its rejection) while the first is still running
 * @example await network.fit({ x, y }, { callbacks: [continualBackprop()] });
 */
export function continualBackprop(options?: ContinualBackpropOptions): ContinualBackprop {
  return defineCallback(describeContinualBackprop(options));
}

/**
 * As recycleDormant of "relumine".
 * @cost as recycleDormant of "relumine", in the worker
 * @throws RelumineError "value"; in a second fit (as its rejection) while the first is still running
 * @example await network.fit({ x, y }, { callbacks: [recycleDormant({ everySteps: 500 })] });
 */
export function recycleDormant(options?: RecycleDormantOptions): RecycleDormant {
  return defineCallback(describeRecycleDormant(options));
}

/**
 * As selfNormalizedResets of "relumine".
 * @cost as selfNormalizedResets of "relumine", in the worker
 * @throws RelumineError "value"; in a second fit (as its rejection) while the first is still running
 * @example await network.fit({ x, y }, { callbacks: [selfNormalizedResets({ threshold: 0.02 })] });
 */
export function selfNormalizedResets(options?: SelfNormalizedResetsOptions): SelfNormalizedResets {
  return defineCallback(describeSelfNormalizedResets(options));
}

/**
 * As preventDeaths of "relumine".
 * @cost as preventDeaths of "relumine", in the worker
 * @throws RelumineError "value"; in a second fit (as its rejection) while the first is still running
 * @example await network.fit({ x, y }, { callbacks: [preventDeaths()] });
 */
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
    selfNormalizedResets,
    preventDeaths,
  };
  return callbackByName(factories, data);
}
