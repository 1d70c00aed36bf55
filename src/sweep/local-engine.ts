// This machine's workers: one a core, or as many as are asked for.
import type { EngineOptions, SweepEngine, SweepWork } from "./engine.js";
import { host } from "./host.js";
import { figuresOf, type SweepTrial } from "./task.js";
import { checkInteger, checkOptions } from "../core/checks.js";
import type { TrialJob } from "../treatment/trial/trial.js";
import { countCores } from "../wasm/threads.js";
import { openTrialPool, type TrialPool } from "../worker/trial-pool.js";

/** Trials that wait for each worker: enough that short ones go to it together. */
const AHEAD = 64;
/** Of trials that take long, few wait: what comes of them decides what is tried next. */
const START = 2;
const LONG_SECONDS = 0.05;

/** Options of `localEngine`. */
export interface LocalOptions {
  /** Trials that train at the same time, each in a worker; 1: none, they train here. Default "auto": one a core. */
  readonly workers?: number | "auto";
}

/** Lets so many through at a time. */
class Gate {
  private inside = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(public room: number) {}

  async enter(): Promise<void> {
    while (this.inside >= this.room) await new Promise<void>((resolve) => this.waiting.push(resolve));
    this.inside++;
  }

  leave(): void {
    this.inside--;
    this.waiting.shift()?.();
  }
}

class LocalEngine implements SweepEngine {
  constructor(private readonly workers: number) {}

  async run(trials: AsyncIterable<SweepTrial>, work: SweepWork, options: EngineOptions): Promise<void> {
    const { signal } = options;
    if (signal.aborted) return;
    const pool = await openTrialPool(work.setup, this.workers, signal);
    try {
      await this.runAll(trials, pool, options);
    } finally {
      pool.end();
    }
  }

  private async runAll(
    trials: AsyncIterable<SweepTrial>,
    pool: TrialPool,
    { signal, onResult }: EngineOptions,
  ): Promise<void> {
    const gate = new Gate(pool.size * START);
    const iterator = trials[Symbol.asyncIterator]();
    const running = new Set<Promise<void>>();
    const failed: unknown[] = [];
    const name = host.hostName();
    const one = async (trial: SweepTrial): Promise<void> => {
      try {
        const outcome = await pool.run(trial.task as unknown as TrialJob);
        if (!outcome || signal.aborted) return;
        gate.room = pool.size * (outcome.seconds < LONG_SECONDS ? AHEAD : START);
        await onResult(trial, figuresOf(outcome), name);
      } catch (error) {
        failed.push(error);
        await iterator.return?.(); // it may wait for this very result
      } finally {
        gate.leave();
      }
    };
    for (;;) {
      await gate.enter();
      const next = signal.aborted ? undefined : await iterator.next();
      if (!next || next.done) break;
      const doing = one(next.value).finally(() => running.delete(doing));
      running.add(doing);
    }
    await Promise.all(running);
    await iterator.return?.();
    if (failed.length > 0) throw failed[0];
  }
}

/**
 * The engine of a sweep that is given none: trials train in worker threads, or in Web Workers of a page, side by side.
 * Where no worker starts they train here, one after another. Results do not depend on it.
 * @param options workers: "auto" (default), one a core; or how many, 1 to 64
 * @cost a worker takes 60 ms to start, and a copy of the rows
 * @throws RelumineError "value"
 * @example await sweep(plan, { x, y }, { engine: localEngine({ workers: 4 }) });
 */
export function localEngine(options?: LocalOptions): SweepEngine {
  const { workers = "auto" } = checkOptions("localEngine", options, ["workers"]);
  const count = workers === "auto" ? countCores() : checkInteger("workers", workers, { low: 1, high: 64 });
  return new LocalEngine(count);
}
