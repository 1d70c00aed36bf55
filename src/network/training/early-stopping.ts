// Stops a training that no longer gains.
import type { PackageCallback } from "../types.js";
import { defineCallback, type RunningCallback } from "./callbacks.js";
import { checkMonitor, type Monitor, monitored, MONITORS } from "./schedules/monitor.js";
import type { RunningFit } from "./running-fit.js";
import { checkBoolean, checkInteger, checkName, checkNumber, checkOptions } from "../../core/checks.js";

/** Options of `earlyStopping`. */
export interface EarlyStoppingOptions {
  /** Default: the validation loss where there is validation, else the loss. */
  readonly monitor?: Monitor;
  /** Epochs without a gain after which it stops. Default 5. */
  readonly patience?: number;
  /** What counts as a gain: the loss falls by more than this. Default 0. */
  readonly minDelta?: number;
  /** At the end, go back to the weights of the best epoch. Default false. */
  readonly restoreBest?: boolean;
}

type Checked = Required<Omit<EarlyStoppingOptions, "monitor">> & Pick<EarlyStoppingOptions, "monitor">;

function checkEarlyStopping(options: EarlyStoppingOptions | undefined): Checked {
  const given = checkOptions("earlyStopping", options, ["monitor", "patience", "minDelta", "restoreBest"]);
  return {
    ...(given.monitor !== undefined && {
      monitor: checkName("monitor", given.monitor, MONITORS),
    }),
    patience: checkInteger("patience", given.patience ?? 5, { low: 0 }),
    minDelta: checkNumber("minDelta", given.minDelta ?? 0, { low: 0 }),
    restoreBest: checkBoolean("restoreBest", given.restoreBest ?? false),
  };
}

/** What it keeps. */
export interface SavedStopping {
  readonly best: number;
  readonly epochsSince: number;
  readonly bestParameters?: Float32Array;
}

function watch(
  { state }: RunningFit,
  stop: () => void,
  options: Checked,
  saved?: SavedStopping,
): RunningCallback<object> {
  let { best, epochsSince, bestParameters }: SavedStopping = saved ?? { best: Infinity, epochsSince: 0 };
  return {
    onEpochEnd(log) {
      const loss = monitored(log, options.monitor);
      if (loss < best - options.minDelta) {
        best = loss;
        epochsSince = 0;
        if (options.restoreBest) bestParameters = state.allWeights().slice();
      } else if (++epochsSince >= options.patience) {
        stop();
      }
    },
    onTrainEnd() {
      if (bestParameters) state.edit(() => state.allWeights().set(bestParameters!));
    },
    read: () => ({}),
    save: () => ({ best, epochsSince, ...(bestParameters && { bestParameters }) }),
  };
}

/**
 * Stops when the monitored loss has not fallen by more than `minDelta` for `patience` epochs.
 * @param options monitor: by default the validation loss where there is validation, else the loss; patience 5,
 *   minDelta 0;
 *   restoreBest (false): go back to the weights of the best epoch at the end
 * @cost none; with restoreBest a copy of the weights
 * @throws RelumineError "value"; in fit, before anything changes, where it monitors a validation loss and there is no
 *   validation
 * @example network.fit(data, { validation: 0.2, callbacks: [earlyStopping({ patience: 20, restoreBest: true })] })
 */
export function earlyStopping(options?: EarlyStoppingOptions): PackageCallback<EarlyStoppingOptions> {
  const checked = checkEarlyStopping(options);
  return defineCallback({
    name: "earlyStopping",
    options: checked,
    results: {},
    takesSource: true,
    check: (plan) => checkMonitor("earlyStopping", checked.monitor, plan),
    start: (fit, { stop }, saved) => watch(fit, stop, checked, saved as SavedStopping | undefined),
  });
}
