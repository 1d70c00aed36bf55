// A thread that trains: the queue's own loop stays free, so that locks are renewed however long a training takes.
import { startWorker } from "#worker";
import { disposedError, RelumineError } from "../../core/errors.js";
import { Connection } from "../../worker/page/connection.js";
import type { TrialJob, TrialOutcome, TrialSetup } from "../../treatment/trial/trial.js";

/** "stopped": by the signal. "lost": the thread died, of its memory's end say. */
export type Trained = TrialOutcome | "stopped" | "lost";

export class TrainingThread {
  private connection: Connection | undefined;
  private setup: TrialSetup | undefined;

  /** @throws whatever is thrown for what is no task; the thread lives on */
  async train(setup: TrialSetup, job: TrialJob, signal: AbortSignal): Promise<Trained> {
    const stop = () => this.end();
    signal.addEventListener("abort", stop);
    try {
      if (signal.aborted) return "stopped";
      const connection = (this.connection ??= new Connection(await startWorker(undefined)));
      if (signal.aborted) {
        this.end();
        return "stopped";
      }
      if (this.setup !== setup) {
        await connection.call(0, "setUpTrials", [setup]);
        this.setup = setup;
      }
      const [outcome] = (await connection.call(0, "trials", [[job]])) as readonly TrialOutcome[];
      return outcome;
    } catch (error) {
      const isOver = error instanceof RelumineError; // what a network refuses is an outcome
      if (isOver) this.end();
      if (signal.aborted) return "stopped";
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

  async train(setup: TrialSetup, job: TrialJob, signal: AbortSignal): Promise<Trained> {
    const thread = this.idle.pop() ?? (await new Promise<TrainingThread>((resolve) => this.waiting.push(resolve)));
    try {
      return await thread.train(setup, job, signal);
    } finally {
      const next = this.waiting.shift();
      if (next) next(thread);
      else this.idle.push(thread);
    }
  }

  /** Those that train are ended by their signals. */
  end(): void {
    for (const thread of this.idle) thread.end();
  }
}
