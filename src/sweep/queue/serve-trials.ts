// What a worker makes of a job: its rows fetched, its task trained in a thread, its figures told.
import type { FileCache } from "./files.js";
import { hashOf } from "./files.js";
import { type Failure, failureText, IN_QUEUE, LONGEST_VALUE, readData, type TrialValue, valueOf } from "./job.js";
import { fetchFile, type FetchOptions, KEEP_SECONDS } from "./places.js";
import type { QueueStore } from "./store.js";
import { timeLimit, TrainingThreads, type TrialLimits, untilStopped } from "./training-thread.js";
import { unpackRows } from "../rows.js";
import { figuresOf } from "../task.js";
import type { TrialFigures } from "../types.js";
import { RelumineError } from "../../core/errors.js";
import type { TrialSetup } from "../../treatment/trial/trial.js";

export interface TrialsOptions extends Omit<FetchOptions, "signal"> {
  readonly threads: number;
  readonly limits: TrialLimits;
  readonly host: string;
  readonly builds: Readonly<Record<"fast" | "reproducible", string>>;
}

/** Sets of rows that are held at a time. */
const MOST_SETS = 2;
const FIGURES_SECONDS = 86_400;

/** Why a job failed. */
class JobFailure extends Error {
  constructor(code: Failure, message: string) {
    super(failureText(code, message));
  }
}

function failureOf(error: unknown): JobFailure {
  if (error instanceof JobFailure) return error;
  if (error instanceof RelumineError) return new JobFailure(error.code, error.message);
  return new JobFailure("fault", String((error as Error | undefined)?.message ?? error));
}

export class Trials {
  private readonly threads: TrainingThreads;
  private readonly sets = new Map<string, Promise<TrialSetup>>();
  private readonly stop = new AbortController();

  constructor(
    private readonly store: QueueStore,
    private readonly files: FileCache,
    private readonly options: TrialsOptions,
  ) {
    this.threads = new TrainingThreads(options.threads);
  }

  /** @throws an Error that says why, for the queue */
  async do(id: string, given: unknown, signal: AbortSignal): Promise<TrialValue> {
    try {
      const { build, arithmetic, data, place, job } = readData(id, given);
      const own = this.options.builds[arithmetic];
      if (build !== own)
        throw new JobFailure("unsupported", `it is for the build ${build.slice(0, 80)}, this is ${own}`);
      const { limits } = this.options;
      const loading = AbortSignal.any([signal, timeLimit(limits.seconds)]);
      const setup = await untilStopped(this.setupOf(data, place, arithmetic), loading);
      const outcome = setup === "stopped" ? setup : await this.threads.train(setup, job, limits, signal);
      if (outcome === "lost") throw new JobFailure("lost", "the thread that trained it died");
      if (outcome === "stopped" && signal.aborted) throw new JobFailure("cancelled", "it was stopped");
      if (outcome === "stopped" || outcome === "late")
        throw new JobFailure("value", `it took more than ${limits.seconds} s`);
      if (outcome.failed?.code === "memory") throw new JobFailure("room", outcome.failed.message);
      return await this.tell(figuresOf(outcome));
    } catch (error) {
      throw failureOf(error);
    }
  }

  end(): void {
    this.stop.abort();
    this.threads.end();
  }

  private async tell(figures: TrialFigures): Promise<TrialValue> {
    const { host } = this.options;
    const text = JSON.stringify(figures);
    if (text.length <= LONGEST_VALUE) return valueOf({ host, figures });
    const bytes = new TextEncoder().encode(text);
    const blob = hashOf(bytes);
    await this.store.put(blob, bytes, FIGURES_SECONDS);
    return valueOf({ host, blob });
  }

  private setupOf(data: string, place: string, arithmetic: "fast" | "reproducible"): Promise<TrialSetup> {
    const key = `${data} ${arithmetic}`;
    let set = this.sets.get(key);
    this.sets.delete(key);
    set ??= this.load(data, place, arithmetic);
    this.sets.set(key, set); // the last one used is the last
    set.catch(() => this.sets.get(key) === set && this.sets.delete(key));
    for (const old of [...this.sets.keys()].slice(0, -MOST_SETS)) this.sets.delete(old);
    return set;
  }

  private async load(data: string, place: string, arithmetic: "fast" | "reproducible"): Promise<TrialSetup> {
    let file = await this.files.get(data);
    if (!file) {
      try {
        file = await fetchFile(this.store, place, data, { ...this.options, signal: this.stop.signal });
      } catch (error) {
        const isLost = place === IN_QUEUE && error instanceof RelumineError && error.code !== "memory";
        throw isLost ? new JobFailure("data", error.message) : failureOf(error);
      }
      await this.files.put(data, file);
    }
    if (place === IN_QUEUE) await this.store.renew(data, KEEP_SECONDS).catch(() => false);
    return { ...unpackRows(file), arithmetic };
  }
}
