// Node (also Deno and Bun): a worker thread for each trial that trains at the same time.
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { Crew } from "./workers-web.js";
import type { Job, Outcome, Setup } from "./run-trial.js";

const MOST_WORKERS = 8;

interface Waiting {
  readonly job: Job;
  readonly resolve: (outcome: Outcome | undefined) => void;
}

class Workers implements Crew {
  private readonly idle: Worker[];
  private readonly busy = new Map<Worker, Waiting>();
  private readonly queue: Waiting[] = [];

  constructor(workers: readonly Worker[]) {
    this.idle = [...workers];
    for (const worker of workers) {
      worker.on("message", (outcome: Outcome) => this.finish(worker, outcome));
      worker.on("error", () => this.lose(worker));
      worker.on("exit", () => this.lose(worker));
    }
  }

  get size(): number {
    return this.idle.length + this.busy.size;
  }

  run(job: Job): Promise<Outcome | undefined> {
    return new Promise((resolve) => {
      this.queue.push({ job, resolve });
      this.next();
    });
  }

  dismiss(): void {
    for (const worker of [...this.idle, ...this.busy.keys()]) {
      this.lose(worker);
      void worker.terminate();
    }
  }

  private next(): void {
    if (this.size === 0) for (const { resolve } of this.queue.splice(0)) resolve(undefined);
    while (this.idle.length > 0 && this.queue.length > 0) {
      const worker = this.idle.pop()!;
      const waiting = this.queue.shift()!;
      this.busy.set(worker, waiting);
      worker.postMessage(waiting.job);
    }
  }

  private finish(worker: Worker, outcome: Outcome): void {
    const waiting = this.busy.get(worker);
    this.busy.delete(worker);
    this.idle.push(worker);
    waiting?.resolve(outcome);
    this.next();
  }

  private lose(worker: Worker): void {
    const waiting = this.busy.get(worker);
    this.busy.delete(worker);
    const place = this.idle.indexOf(worker);
    if (place >= 0) this.idle.splice(place, 1);
    waiting?.resolve(undefined);
    this.next();
  }
}

/** Resolves when the worker has loaded its modules; to undefined if it can't, as in a bundle that left its file out. */
function startWorker(setup: Setup): Promise<Worker | undefined> {
  return new Promise((resolve) => {
    const worker = new Worker(new URL("./trial-worker.js", import.meta.url), { workerData: setup, execArgv: [] });
    const fail = () => resolve(undefined);
    worker.once("error", fail);
    worker.once("exit", fail);
    worker.once("message", () => {
      worker.off("error", fail);
      worker.off("exit", fail);
      resolve(worker);
    });
  });
}

export async function hire(setup: Setup, size: number | "auto"): Promise<Crew | undefined> {
  const count = size === "auto" ? Math.min(availableParallelism(), MOST_WORKERS) : size;
  if (count < 2) return undefined;
  const workers = await Promise.all(Array.from({ length: count }, () => startWorker(setup)));
  const started = workers.filter((worker) => worker !== undefined);
  return started.length > 0 ? new Workers(started) : undefined;
}
