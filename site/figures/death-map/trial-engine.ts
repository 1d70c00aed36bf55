// Who does the trials of a map on a page: workers beside the figure's own, or the figure's worker itself, one after
// another. Both train by the package's own function, so that results do not depend on it.
import { yieldToEventLoop } from "../../../src/core/event-loop.js";
import {
  type EngineOptions,
  openWork,
  type OpenWork,
  type SweepEngine,
  type SweepWork,
} from "../../../src/sweep/engine.js";
import type { SweepTask, SweepTrial } from "../../../src/sweep/task.js";
import type { TrialFigures } from "../../../src/sweep/types.js";

/** What trial-worker.ts is sent: the rows first, then trials. */
export type ToTrialWorker =
  { readonly file: Uint8Array; readonly arithmetic: SweepWork["arithmetic"] } | { readonly task: SweepTask };

export type TrialWorker = Pick<Worker, "postMessage" | "terminate" | "onmessage" | "onerror">;

const MOST_WORKERS = 6;
const HOST = "a page";

/** One core is left to the page. */
export function countWorkers(): number {
  return Math.max(1, Math.min(MOST_WORKERS, (globalThis.navigator?.hardwareConcurrency ?? 2) - 1));
}

/** Does one trial after another; undefined once it can't. */
type Doer = (task: SweepTask) => Promise<TrialFigures | undefined>;

/** @param onFirst it has done one */
function doerOf(worker: TrialWorker, onFirst: () => void): Doer {
  let answer: (figures: TrialFigures | undefined) => void = () => undefined;
  let isLost = false;
  worker.onmessage = ({ data }: MessageEvent<TrialFigures>) => {
    onFirst();
    answer(data);
  };
  worker.onerror = () => {
    isLost = true;
    answer(undefined);
  };
  return (task) =>
    new Promise((resolve) => {
      if (isLost) return resolve(undefined);
      answer = resolve;
      worker.postMessage({ task } satisfies ToTrialWorker);
    });
}

/** An engine for `deathMap` and `sweep` in a page's worker. */
export class TrialEngine implements SweepEngine {
  readonly arithmetic = "reproducible";
  private resume: (() => void) | undefined;
  private isResumed: Promise<void> | undefined;

  /** @param startWorker starts one of trial-worker.ts, undefined where none starts; of one worker none is started */
  constructor(
    private readonly workers: number,
    private readonly startWorker: () => TrialWorker | undefined,
  ) {}

  /** Trials that are under way end; none is begun before it is told to go on. */
  setPaused(isPaused: boolean): void {
    if (isPaused) this.isResumed ??= new Promise((resolve) => (this.resume = resolve));
    else {
      this.resume?.();
      this.isResumed = undefined;
    }
  }

  async run(trials: AsyncIterable<SweepTrial>, work: SweepWork, options: EngineOptions): Promise<void> {
    if (options.signal.aborted) return;
    const file = work.pack();
    const workers = this.workers > 1 ? Array.from({ length: this.workers }, () => this.startWorker()) : [];
    const started = workers.filter((worker) => worker !== undefined);
    for (const worker of started) worker.postMessage({ file, arithmetic: work.arithmetic } satisfies ToTrialWorker);
    let opened: OpenWork | undefined;
    const here: Doer = async (task) => {
      await yieldToEventLoop();
      opened ??= openWork(file, work.arithmetic);
      return opened.run(task, { signal: options.signal });
    };
    let isUp = false;
    const workersUp = () => (isUp = true);
    const doers = started.map((worker) => doerOf(worker, workersUp));
    try {
      // workers take a while to start: until one has done a trial they are done here, too
      await this.shareOut(trials[Symbol.asyncIterator](), { doers, here, isHereDone: () => isUp }, options);
    } finally {
      for (const worker of started) worker.terminate();
    }
  }

  private async shareOut(
    iterator: AsyncIterator<SweepTrial>,
    { doers, here, isHereDone }: { doers: readonly Doer[]; here: Doer; isHereDone: () => boolean },
    { signal, onResult }: EngineOptions,
  ): Promise<void> {
    let asked: Promise<unknown> = Promise.resolve();
    const next = (): Promise<IteratorResult<SweepTrial>> => {
      const result = asked.then(() => iterator.next()); // asked for one at a time
      asked = result.catch(() => undefined);
      return result;
    };
    const work = async (doer: Doer, isDone: () => boolean): Promise<void> => {
      while (!isDone()) {
        await this.isResumed;
        const { done, value: trial } = await next();
        if (done || signal.aborted) return;
        const figures = (await doer(trial.task)) ?? (await here(trial.task));
        if (signal.aborted) return;
        await onResult(trial, figures!, HOST);
      }
    };
    const end = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    await Promise.race([end, Promise.all([...doers.map((doer) => work(doer, () => false)), work(here, isHereDone)])]);
    await iterator.return?.();
  }
}
