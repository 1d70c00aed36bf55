// Stops a training that no longer gains.
import type { Callback, EpochLog, Weights } from "../types.js";
import { checkBoolean, checkInteger, checkName, checkNumber, checkOptions } from "../../core/checks.js";
import { RelumineError } from "../../core/errors.js";

type Monitor = "loss" | "validationLoss";

function monitored(log: EpochLog, monitor: Monitor | undefined): number {
  if (monitor === "loss" || (monitor === undefined && !log.validation)) return log.loss;
  if (!log.validation)
    throw new RelumineError(
      "value",
      "validation",
      'to be given, as earlyStopping monitors "validationLoss"',
      "a fit without it",
    );
  return log.validation.loss;
}

/**
 * Stops when the monitored loss has not fallen by more than `minDelta` for `patience` epochs.
 * @param options monitor: by default the validation loss where there is validation, else the loss; patience 5, minDelta 0;
 *   restoreBest (false): go back to the weights of the best epoch at the end
 * @throws RelumineError "value"
 * @example network.fit(data, { validation: 0.2, epochs: 500, callbacks: [earlyStopping({ patience: 20, restoreBest: true })] })
 */
export function earlyStopping(options?: {
  monitor?: Monitor;
  patience?: number;
  minDelta?: number;
  restoreBest?: boolean;
}): Callback {
  const given = checkOptions("earlyStopping", options, ["monitor", "patience", "minDelta", "restoreBest"]);
  const monitor =
    given.monitor === undefined ? undefined : checkName("monitor", given.monitor, ["loss", "validationLoss"]);
  const patience = checkInteger("patience", given.patience ?? 5, { low: 0 });
  const minDelta = checkNumber("minDelta", given.minDelta ?? 0, { low: 0 });
  const restoreBest = checkBoolean("restoreBest", given.restoreBest ?? false);
  let best = Infinity;
  let epochsSince = 0;
  let bestWeights: Weights[] | undefined;
  return {
    onTrainBegin() {
      best = Infinity;
      epochsSince = 0;
      bestWeights = undefined;
    },
    onEpochEnd(log, { network, stop }) {
      const loss = monitored(log, monitor);
      if (loss < best - minDelta) {
        best = loss;
        epochsSince = 0;
        if (restoreBest) bestWeights = network.layers.map((layer) => layer.getWeights());
      } else if (++epochsSince >= patience) {
        stop();
      }
    },
    onTrainEnd(_history, { network }) {
      bestWeights?.forEach((weights, index) => network.layers[index].setWeights(weights));
    },
  };
}
