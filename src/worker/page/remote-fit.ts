// The page's side of one fit: what crosses, callbacks in the order of what happened, stop and abort.
import { applyChange } from "../change.js";
import { BATCH_NUMBERS, type PackedCallback, type PackedFit, type PackedOptimizer, type Report } from "../protocol.js";
import type {
  NamedCallback,
  Progress,
  RemoteCallback,
  RemoteContext,
  RemoteFitOptions,
  RemoteNetwork,
} from "../types.js";
import type { Connection, Meanwhile } from "./connection.js";
import { numberOf } from "./numbers.js";
import { sendableData } from "./sendable.js";
import { SentBatches } from "./sent-batches.js";
import { whileListening } from "./signals.js";
import { checkBoolean, checkFunction, checkNumber, checkOptions, checkSignal, describe } from "../../core/checks.js";
import { RelumineError } from "../../core/errors.js";
import {
  claimCallbacks,
  definitionOf,
  HOOK_NAMES,
  isNamed,
  setAct,
  writeResults,
} from "../../network/training/callbacks.js";
import { ALL_FIT_OPTION_NAMES } from "../../network/training/option-names.js";
import { checkOptimizer, type OptimizerRecipe } from "../../network/training/optimizers.js";
import { isBatchSource } from "../../network/batches.js";
import type { BatchLog, History, PackageCallback } from "../../network/types.js";

const NAMES = [...HOOK_NAMES, "onProgress"] as const;

/** A callback that runs inside the worker. */
type Inside = PackageCallback | NamedCallback;

function checkCallback(callback: unknown, index: number): RemoteCallback | Inside {
  const path = `callbacks[${index}]`;
  if (typeof callback !== "object" || callback === null)
    throw new RelumineError("value", path, `to be an object with ${NAMES.join(", ")}`, describe(callback));
  for (const name of NAMES) {
    const method = (callback as RemoteCallback)[name];
    if (method !== undefined) checkFunction(`${path}.${name}`, method);
  }
  return callback;
}

export function checkCallbacks(callbacks: unknown): (RemoteCallback | Inside)[] {
  if (!Array.isArray(callbacks))
    throw new RelumineError("value", "callbacks", "to be an array of callbacks", describe(callbacks));
  return Array.from(callbacks as readonly unknown[], checkCallback); // holes too
}

export function isInside(callback: RemoteCallback | Inside): callback is Inside {
  return definitionOf(callback) !== undefined || isNamed(callback);
}

function packOptimizer(optimizer: unknown): PackedOptimizer {
  const recipe: OptimizerRecipe = checkOptimizer(optimizer);
  return { id: numberOf(recipe), name: recipe.name, options: recipe.options };
}

function packCallback(callback: Inside): PackedCallback {
  const { name, options } = callback;
  return { id: numberOf(callback), name, options };
}

const hasResults = (callback: Inside): boolean => {
  const definition = definitionOf(callback);
  return !definition || Object.keys(definition.results).length > 0;
};

export class RemoteFit {
  /** Those that see the training from outside. */
  private readonly callbacks: readonly RemoteCallback[];
  private readonly inside: readonly Inside[];
  private readonly schedule: ((step: number, epoch: number) => number) | undefined;
  private readonly signal: AbortSignal | undefined;
  private readonly move: boolean;
  private readonly packed: Omit<PackedFit, "stop">;
  private readonly context: RemoteContext;
  private id = 0;
  private network = 0;
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
    const { callbacks, transfer, optimizer, learningRate, signal, validation, ...rest } =
      checkOptions<RemoteFitOptions>("fit", options, [...ALL_FIT_OPTION_NAMES, "transfer"]);
    const all = checkCallbacks(callbacks ?? []);
    this.inside = all.filter(isInside);
    this.callbacks = all.filter((callback) => !isInside(callback)) as RemoteCallback[];
    this.schedule = typeof learningRate === "function" ? learningRate : undefined;
    this.signal = checkSignal(signal);
    this.move = checkBoolean("transfer", transfer ?? false);
    const wants = (name: (typeof NAMES)[number]) => this.callbacks.some((callback) => callback[name]);
    this.packed = {
      options: {
        ...rest,
        ...(validation !== undefined && { validation: sendableData("validation", validation) }),
        ...(learningRate !== undefined && !this.schedule && { learningRate }),
      },
      optimizer: optimizer === undefined ? undefined : packOptimizer(optimizer),
      hasSchedule: this.schedule !== undefined,
      wantsBatches: wants("onBatchEnd"),
      wantsReports: wants("onBatchEnd") || wants("onEpochEnd") || wants("onProgress") || this.inside.some(hasResults),
      callbacks: this.inside.map(packCallback),
    };
    this.context = { network, stop: () => this.stop("callback") };
  }

  async run(network: number, data: unknown): Promise<History> {
    const release = claimCallbacks(this.inside);
    this.network = network;
    const onAbort = () => this.stop("aborted");
    try {
      this.clearResults();
      for (const callback of this.callbacks) await callback.onTrainBegin?.(this.context);
      return await whileListening([this.signal], onAbort, () => this.train(network, data));
    } finally {
      release();
    }
  }

  private async train(network: number, data: unknown): Promise<History> {
    const sent = this.sent(data);
    const args = [sent ? sent.inside : sendableData("data", data), { ...this.packed, stop: this.willStop }];
    const follow = (id: number) => this.listen(id, sent);
    let history: History;
    try {
      const { context, move } = this;
      history = (await this.connection.call(network, "fit", args, { owner: context.network, move, follow })) as History;
      await this.delivered;
      if (this.thrown) throw this.thrown.error;
    } catch (error) {
      await this.delivered;
      throw (this.thrown ?? this.scheduleError ?? sent?.thrown ?? { error }).error;
    } finally {
      await sent?.close();
    }
    for (const callback of this.callbacks) await callback.onTrainEnd?.(history, this.context);
    return history;
  }

  /** Of a source of batches, which stays here. */
  private sent(data: unknown): SentBatches | undefined {
    if (typeof data !== "object" || data === null || !isBatchSource(data)) return undefined;
    const { connection, signal, move, schedule } = this;
    const sent = new SentBatches(data, (message, transfer) => connection.post(message, transfer), signal, move);
    if (!schedule || sent.inside.batchSize !== undefined) return sent;
    const expected = "to be a number or a schedule as data, with a source that says no batchSize, for a worker";
    throw new RelumineError("unsupported", "learningRate", expected, describe(schedule));
  }

  private clearResults(): void {
    for (const callback of this.inside) {
      const definition = definitionOf(callback);
      if (definition) {
        writeResults(callback, () => definition.results);
        setAct(callback, definition.methods && ((name, argument) => this.act(callback, name, argument)));
      } else delete (callback as NamedCallback).results;
    }
  }

  /** A method of a callback: what it finds comes back as a whole. */
  private async act(callback: Inside, name: string, argument: unknown): Promise<void> {
    const args = [numberOf(callback), name, argument];
    const results = await this.connection.call(this.network, "act", args, { owner: this.context.network });
    writeResults(callback, (before) => (results as object | undefined) ?? before);
  }

  /** What callbacks inside the worker found since the last report goes into the caller's objects. */
  private takeResults({ found }: Report): void {
    found.forEach((change, place) => {
      if (!change) return;
      const callback = this.inside[place];
      if (definitionOf(callback)) writeResults(callback, (results) => applyChange(results, change));
      else Object.assign(callback, applyChange(callback, change));
    });
  }

  private listen(id: number, sent: SentBatches | undefined): (message: Meanwhile) => void {
    this.id = id;
    return (message) => {
      if (message.kind === "wantRates") this.sendRates(message);
      else if (message.kind === "wantBlock") void sent?.send(message);
      else if (message.kind === "report") this.delivered = this.delivered.then(() => this.deliver(message.report));
    };
  }

  private stop(reason: "aborted" | "callback"): void {
    this.willStop ??= reason;
    if (this.id !== 0) this.connection.post({ kind: "stop", id: this.id, reason });
  }

  private async deliver(report: Report): Promise<void> {
    try {
      this.takeResults(report);
      if (!this.thrown) await this.tell(report);
    } catch (error) {
      this.thrown = { error };
      this.stop("callback");
    }
    this.connection.post({ kind: "read", id: this.id });
  }

  /** Batches and epochs in the order in which they ended. */
  private async tell({ step, epoch, loss, batches, epochs }: Report): Promise<void> {
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
    const progress: Progress = { step, epoch, loss };
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
