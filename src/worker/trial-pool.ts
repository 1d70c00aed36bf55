// Trials on this machine: side by side in workers, and here, one after another, where none starts or one is lost.
import { startWorker } from "#worker";
import { startTrialWorkers } from "./job-workers.js";
import { yieldToEventLoop } from "../core/event-loop.js";
import { runJob } from "../treatment/trial/run-trial.js";
import type { TrialJob, TrialOutcome, TrialSetup } from "../treatment/trial/trial.js";

/** Does trials until it is ended. */
export interface TrialPool {
  /** So many at a time. */
  readonly size: number;
  /** Undefined if it was ended before; rejects with what a trial threw that is no outcome. */
  run(job: TrialJob): Promise<TrialOutcome | undefined>;
  end(): void;
}

/** Here, one at a time. */
function doerHere(setup: TrialSetup, signal: AbortSignal): TrialPool["run"] {
  let last: Promise<unknown> = Promise.resolve();
  return (job) => {
    const next = last.then(async () => {
      await yieldToEventLoop(); // a short trial does not, and a page or a message to stop would wait
      if (signal.aborted) return undefined;
      const outcome = await runJob(setup, job, { signal });
      return outcome.failed?.code === "aborted" ? undefined : outcome;
    });
    last = next;
    return next;
  };
}

/**
 * @param workers "auto": one a core; 1: none, trials train here
 * @param signal ends it
 */
export async function openTrialPool(
  setup: TrialSetup,
  workers: number | "auto",
  signal: AbortSignal,
): Promise<TrialPool> {
  const stop = new AbortController();
  const pool = await startTrialWorkers(() => startWorker(undefined))(setup, workers);
  const here = doerHere(setup, stop.signal);
  const end = (): void => {
    stop.abort();
    pool?.end();
    signal.removeEventListener("abort", end);
  };
  signal.addEventListener("abort", end);
  if (signal.aborted) end();
  return {
    size: pool?.size ?? 1,
    run: async (job) => {
      if (stop.signal.aborted) return undefined;
      return (await pool?.run(job)) ?? here(job); // of a worker that was lost: once more, here
    },
    end,
  };
}
