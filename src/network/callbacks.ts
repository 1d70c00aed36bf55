// What a caller may hook into while a network trains.
import type { Network } from "./network.js";
import type { Weights } from "./layer.js";
import { checkBoolean, checkInteger, checkName, checkNumber, checkOptions } from "../core/checks.js";
import { RelumineError } from "../core/errors.js";

export interface Metrics {
  readonly loss: number;
  /** Share of right answers; absent where the loss is one of regression. */
  readonly accuracy?: number;
}

/** step counts updates from 1 and goes on from one epoch to the next; loss is the batch's mean, before that update. */
export interface BatchLog {
  readonly step: number;
  /** Counted from 1. */
  readonly epoch: number;
  readonly loss: number;
}

/** loss and accuracy are means over the epoch's batches, each before its update. */
export interface EpochLog extends Metrics {
  /** Counted from 1. */
  readonly epoch: number;
  /** Of the epoch's last update. */
  readonly learningRate: number;
  readonly seconds: number;
  readonly validation?: Metrics;
  /** Hidden units that fired on no sample of this epoch, one count per hidden layer; counted inside the forward kernels. */
  readonly silentUnits: readonly number[];
}

export interface History {
  /** The whole epochs, in order. */
  readonly epochs: readonly EpochLog[];
  /** diverged: the loss left the finite numbers; the last finite weights are kept. */
  readonly stopped?: "aborted" | "callback" | "diverged";
}

export interface TrainingContext {
  readonly network: Network;
  /** Ends the training after the running batch. */
  stop(): void;
}

/** Each method may return a promise: training goes on when it is fulfilled. An error that it throws rejects `fit`. */
export interface Callback {
  onTrainBegin?(context: TrainingContext): void | Promise<void>;
  onBatchEnd?(log: BatchLog, context: TrainingContext): void | Promise<void>;
  onEpochEnd?(log: EpochLog, context: TrainingContext): void | Promise<void>;
  onTrainEnd?(history: History, context: TrainingContext): void | Promise<void>;
}

type Monitor = "loss" | "validationLoss";

function monitored(log: EpochLog, monitor: Monitor | undefined): number {
  if (monitor === "loss" || (monitor === undefined && !log.validation)) return log.loss;
  if (!log.validation)
    throw new RelumineError(
      "value",
      'earlyStopping monitors validationLoss; wanted is a fit with validation, or monitor "loss"',
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
