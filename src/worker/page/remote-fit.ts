// The page's side of one fit: what crosses, callbacks in the order of what happened, stop and abort.
import type { Connection, FitListener } from "./connection.js";
import type { InWorker, InWorkerResults } from "../in-worker.js";
import { BATCH_NUMBERS, type PackedFit, type PackedOptimizer, type Report } from "../protocol.js";
import type { RemoteNetwork } from "./remote-network.js";
import { sendableData } from "./sendable.js";
import { checkBoolean, checkFunction, checkNumber, checkOptions, describe } from "../../core/checks.js";
import { RelumineError } from "../../core/errors.js";
import type { BatchLog, EpochLog, History, FitOptions } from "../../network/types.js";
import { checkOptimizer, type OptimizerRecipe } from "../../network/training/optimizers.js";

export interface RemoteContext {
  readonly network: RemoteNetwork;
  /** Ends the training when the word has reached the worker, after the batch that then runs. */
  stop(): void;
}

/** What a report brings, at most once a frame. */
export interface Progress {
  /** Updates made so far. */
  readonly step: number;
  readonly epoch: number;
  /** Of the last batch, before its update. */
  readonly loss: number;
  /** What the callbacks inside the worker found since the last report, by name: all deaths so far; new frames of activity. */
  readonly inWorker: InWorkerResults;
}

/**
 * Sees the training with a delay of a frame or so, and each log in its order; the training goes on meanwhile. A promise is awaited before the next
 * log is told. An error that it throws ends the training and rejects `fit`.
 */
export interface RemoteCallback {
  onTrainBegin?(context: RemoteContext): void | Promise<void>;
  onBatchEnd?(log: BatchLog, context: RemoteContext): void | Promise<void>;
  onEpochEnd?(log: EpochLog, context: RemoteContext): void | Promise<void>;
  /** After the logs of a report; at most once a frame. */
  onProgress?(progress: Progress, context: RemoteContext): void | Promise<void>;
  onTrainEnd?(history: RemoteHistory, context: RemoteContext): void | Promise<void>;
}

export interface RemoteFitOptions extends Omit<FitOptions, "callbacks"> {
  /** They see the training from outside. Those of the package (traceDeaths ...) run inside the worker: see inWorker. */
  readonly callbacks?: readonly RemoteCallback[];
  readonly inWorker?: InWorker;
  /** The arrays of the data are handed over, not copied: the caller can't use them any more. Default false. */
  readonly transfer?: boolean;
}

export interface RemoteHistory extends History {
  /** What the callbacks inside the worker found. */
  readonly inWorker: InWorkerResults;
}

const NAMES = ["onTrainBegin", "onBatchEnd", "onEpochEnd", "onProgress", "onTrainEnd"] as const;

function checkCallbacks(callbacks: unknown): readonly RemoteCallback[] {
  if (!Array.isArray(callbacks))
    throw new RelumineError("value", "callbacks", "to be an array of callbacks", describe(callbacks));
  callbacks.forEach((callback: unknown, index) => {
    if (typeof callback !== "object" || callback === null)
      throw new RelumineError(
        "value",
        `callbacks[${index}]`,
        `to be an object with ${NAMES.join(", ")}`,
        describe(callback),
      );
    for (const name of NAMES) {
      const method = (callback as RemoteCallback)[name];
      if (method !== undefined) checkFunction(`callbacks[${index}].${name}`, method);
    }
  });
  return callbacks as readonly RemoteCallback[];
}

/** The numbers of optimizers on their way into workers: the same object is the same recipe there. */
const numbers = new WeakMap<object, number>();
let numbered = 0;

function packOptimizer(optimizer: unknown): PackedOptimizer {
  const recipe: OptimizerRecipe = checkOptimizer(optimizer);
  const id = numbers.get(recipe) ?? ++numbered;
  numbers.set(recipe, id);
  return { id, name: recipe.name, options: recipe.options };
}

export class RemoteFit {
  private readonly callbacks: readonly RemoteCallback[];
  private readonly schedule: FitOptions["learningRate"];
  private readonly signal: AbortSignal | undefined;
  private readonly move: boolean;
  private readonly packed: Omit<PackedFit, "stop">;
  private readonly context: RemoteContext;
  private id = 0;
  private delivered: Promise<void> = Promise.resolve();
  /** What a callback or the schedule threw. */
  private thrown: { readonly error: unknown } | undefined;
  private scheduleError: { readonly error: unknown } | undefined;
  private willStop: "aborted" | "callback" | undefined;

  constructor(
    private readonly connection: Connection,
    network: RemoteNetwork,
    options: RemoteFitOptions | undefined,
  ) {
    const { callbacks, inWorker, transfer, optimizer, learningRate, signal, validation, ...rest } =
      checkOptions<RemoteFitOptions>("fit", options, [
        "epochs",
        "batchSize",
        "optimizer",
        "learningRate",
        "clipNorm",
        "shuffle",
        "validation",
        "callbacks",
        "signal",
        "inWorker",
        "transfer",
      ]);
    this.callbacks = checkCallbacks(callbacks ?? []);
    this.schedule = learningRate === undefined ? undefined : checkFunction("learningRate (a schedule)", learningRate);
    if (signal !== undefined && typeof signal?.addEventListener !== "function")
      throw new RelumineError("value", "signal", "to be an AbortSignal", describe(signal));
    this.signal = signal;
    this.move = checkBoolean("transfer", transfer ?? false);
    const wants = (name: (typeof NAMES)[number]) => this.callbacks.some((callback) => callback[name]);
    this.packed = {
      options: { ...rest, ...(validation !== undefined && { validation: sendableData("validation", validation) }) },
      optimizer: optimizer === undefined ? undefined : packOptimizer(optimizer),
      hasSchedule: learningRate !== undefined,
      wantsBatches: wants("onBatchEnd"),
      wantsReports: wants("onBatchEnd") || wants("onEpochEnd") || wants("onProgress"),
      inWorker: checkOptions("inWorker", inWorker, Object.keys(inWorker ?? {})),
    };
    this.context = { network, stop: () => this.stop("callback") };
  }

  async run(network: number, data: unknown): Promise<RemoteHistory> {
    for (const callback of this.callbacks) await callback.onTrainBegin?.(this.context);
    const onAbort = () => this.stop("aborted");
    this.signal?.addEventListener("abort", onAbort);
    if (this.signal?.aborted) this.stop("aborted");
    try {
      const answer = await this.connection.call(
        network,
        "fit",
        [sendableData("data", data), { ...this.packed, stop: this.willStop }],
        { owner: this.context.network, move: this.move, fit: (id) => this.listen(id) },
      );
      await this.delivered;
      if (this.thrown) throw this.thrown.error;
      const { history, inWorker } = answer as { history: History; inWorker: InWorkerResults };
      const whole: RemoteHistory = { ...history, inWorker };
      for (const callback of this.callbacks) await callback.onTrainEnd?.(whole, this.context);
      return whole;
    } catch (error) {
      await this.delivered;
      throw (this.thrown ?? this.scheduleError ?? { error }).error;
    } finally {
      this.signal?.removeEventListener("abort", onAbort);
    }
  }

  private listen(id: number): FitListener {
    this.id = id;
    return (message) => {
      if (message.kind === "wantRates") this.sendRates(message);
      else this.delivered = this.delivered.then(() => this.deliver(message.report));
    };
  }

  private stop(reason: "aborted" | "callback"): void {
    this.willStop ??= reason;
    if (this.id !== 0) this.connection.post({ kind: "stop", id: this.id, reason });
  }

  private async deliver(report: Report): Promise<void> {
    try {
      if (!this.thrown) await this.tell(report);
    } catch (error) {
      this.thrown = { error };
      this.stop("callback");
    }
    this.connection.post({ kind: "read", id: this.id });
  }

  /** Batches and epochs in the order in which they ended. */
  private async tell({ step, epoch, loss, batches, epochs, inWorker }: Report): Promise<void> {
    let at = 0;
    const tellBatches = async (upTo: number) => {
      for (; at < batches.length && batches[at + 1] <= upTo; at += BATCH_NUMBERS) {
        const log: BatchLog = { step: batches[at], epoch: batches[at + 1], loss: batches[at + 2] };
        for (const callback of this.callbacks) {
          const pending = callback.onBatchEnd?.(log, this.context);
          if (pending) await pending;
        }
      }
    };
    for (const log of epochs) {
      await tellBatches(log.epoch);
      for (const callback of this.callbacks) await callback.onEpochEnd?.(log, this.context);
    }
    await tellBatches(Infinity);
    const progress: Progress = { step, epoch, loss, inWorker };
    for (const callback of this.callbacks) await callback.onProgress?.(progress, this.context);
  }

  /** As many as the schedule gives: the step after them fails with what it threw. */
  private sendRates({ first, count, stepsPerEpoch }: { first: number; count: number; stepsPerEpoch: number }): void {
    const rates: number[] = [];
    try {
      for (let step = first; step < first + count; step++) {
        const epoch = Math.ceil(step / stepsPerEpoch);
        rates.push(checkNumber(`learningRate(${step}, ${epoch})`, this.schedule!(step, epoch), { low: 0 }));
      }
    } catch (error) {
      this.scheduleError = { error };
    }
    const sent = Float64Array.from(rates);
    this.connection.post({ kind: "rates", id: this.id, first, rates: sent }, [sent.buffer]);
  }
}
