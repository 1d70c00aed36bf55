// A thread that trains: the queue's own loop stays free, so that locks are renewed however long a training takes.
import { startWorker } from "#worker";
import { disposedError, RelumineError } from "../../core/errors.js";
import { Connection } from "../../worker/page/connection.js";
import type { TrialJob, TrialOutcome, TrialSetup } from "../../treatment/trial/trial.js";

/** "stopped": by the signal. "late": it took too long. "lost": the thread died, of its memory's end say. */
export type Trained = TrialOutcome | "stopped" | "late" | "lost";

/** What a trial may take. */
export interface TrialLimits {
  readonly seconds: number;
  readonly bytes: number;
}

/** Fulfilled at the signal, too: what was promised may come later, or never. */
export async function untilStopped<T>(promised: Promise<T>, signal: AbortSignal): Promise<T | "stopped"> {
  let stop = () => undefined as void;
  const stopped = new Promise<"stopped">((resolve) => (stop = () => resolve("stopped")));
  signal.addEventListener("abort", stop);
  if (signal.aborted) stop();
  try {
    return await Promise.race([promised, stopped]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

export const timeLimit = (seconds: number): AbortSignal => AbortSignal.timeout(Math.min(2 ** 31 - 1, 1000 * seconds));

export class TrainingThread {
  private connection: Connection | undefined;
  private setup: TrialSetup | undefined;

  /** @throws whatever is thrown for what is no task; the thread lives on */
  async train(setup: TrialSetup, job: TrialJob, limits: TrialLimits, stopped: AbortSignal): Promise<Trained> {
    const stop = () => this.end();
    const signal = AbortSignal.any([stopped, timeLimit(limits.seconds)]);
    const why = () => (stopped.aborted ? "stopped" : "late");
    signal.addEventListener("abort", stop);
    try {
      if (signal.aborted) return why();
      const connection = (this.connection ??= new Connection(await startWorker(undefined)));
      if (signal.aborted) {
        this.end();
        return why();
      }
      if (this.setup !== setup) {
        await connection.call(0, "setUpTrials", [setup, { mostMemory: limits.bytes }]);
        this.setup = setup;
      }
      const [outcome] = (await connection.call(0, "trials", [[job]])) as readonly TrialOutcome[];
      return outcome;
    } catch (error) {
      const isOver = error instanceof RelumineError; // what a network refuses is an outcome
      if (isOver) this.end();
      if (signal.aborted) return why();
      if (isOver) return "lost";
      throw error;
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  end(): void {
    this.connection?.close(disposedError("the worker"));
    this.connection = undefined;
    this.setup = undefined;
  }
}

/** So many at once; who comes later waits. */
export class TrainingThreads {
  private readonly idle: TrainingThread[];
  private readonly waiting: ((thread: TrainingThread) => void)[] = [];

  constructor(count: number) {
    this.idle = Array.from({ length: count }, () => new TrainingThread());
  }

  async train(setup: TrialSetup, job: TrialJob, limits: TrialLimits, signal: AbortSignal): Promise<Trained> {
    const thread = this.idle.pop() ?? (await this.free(signal));
    if (thread === "stopped") return thread;
    try {
      return await thread.train(setup, job, limits, signal);
    } finally {
      this.give(thread);
    }
  }

  private async free(signal: AbortSignal): Promise<TrainingThread | "stopped"> {
    let take: (thread: TrainingThread) => void;
    const freed = new Promise<TrainingThread>((resolve) => this.waiting.push((take = resolve)));
    const thread = await untilStopped(freed, signal);
    if (thread !== "stopped") return thread;
    const at = this.waiting.indexOf(take!);
    if (at >= 0) this.waiting.splice(at, 1);
    else void freed.then((late) => this.give(late)); // it came as the signal did
    return thread;
  }

  private give(thread: TrainingThread): void {
    const next = this.waiting.shift();
    if (next) next(thread);
    else this.idle.push(thread);
  }

  /** Those that train are ended by their signals. */
  end(): void {
    for (const thread of this.idle) thread.end();
  }
}
