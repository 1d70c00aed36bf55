// Workers that train trials of a prescription side by side, one trial at a time each.
import { Connection } from "./page/connection.js";
import type { WorkerLike } from "./port.js";
import { disposedError, RelumineError } from "../core/errors.js";
import type { StartTrialWorkers, TrialWorkers } from "../treatment/prescribe/prescribe.js";
import type { TrialJob, TrialOutcome, TrialSetup } from "../treatment/prescribe/trial.js";
import { countCores } from "../wasm/threads.js";

const MOST_WORKERS = 8;

interface Waiting {
  readonly job: TrialJob;
  resolve(outcome: TrialOutcome | undefined): void;
  reject(error: unknown): void;
}

class Workers implements TrialWorkers {
  private readonly idle: Connection[];
  private readonly queue: Waiting[] = [];
  private readonly all: Set<Connection>;

  constructor(connections: readonly Connection[]) {
    this.idle = [...connections];
    this.all = new Set(connections);
  }

  get size(): number {
    return this.all.size;
  }

  run(job: TrialJob): Promise<TrialOutcome | undefined> {
    return new Promise((resolve, reject) => {
      this.queue.push({ job, resolve, reject });
      this.next();
    });
  }

  end(): void {
    for (const connection of this.all) connection.close(disposedError("the worker"));
    this.all.clear();
    this.idle.length = 0;
    this.next();
  }

  private next(): void {
    if (this.size === 0) for (const { resolve } of this.queue.splice(0)) resolve(undefined);
    while (this.idle.length > 0 && this.queue.length > 0) void this.train(this.idle.pop()!, this.queue.shift()!);
  }

  /** What the network refuses is an outcome: a RelumineError tells that the worker is gone. */
  private async train(connection: Connection, { job, resolve, reject }: Waiting): Promise<void> {
    try {
      resolve((await connection.call(0, "trial", [job])) as TrialOutcome);
      this.idle.push(connection);
    } catch (error) {
      this.all.delete(connection);
      connection.close(disposedError("the worker"));
      if (error instanceof RelumineError) resolve(undefined);
      else reject(error);
    }
    this.next();
  }
}

/** A worker that has the data; undefined if it does not start, as where a content security policy forbids it. */
async function connect(start: () => Promise<WorkerLike>, setup: TrialSetup): Promise<Connection | undefined> {
  let connection: Connection | undefined;
  try {
    connection = new Connection(await start());
    await connection.call(0, "setUpTrials", [setup]);
    return connection;
  } catch {
    connection?.close(disposedError("the worker"));
    return undefined;
  }
}

export function startTrialWorkers(start: () => Promise<WorkerLike>): StartTrialWorkers {
  return async (setup, count) => {
    const most = count === "auto" ? Math.min(countCores(), MOST_WORKERS) : count;
    if (most < 2) return undefined;
    const started = await Promise.all(Array.from({ length: most }, () => connect(start, setup)));
    const connections = started.filter((connection) => connection !== undefined);
    return connections.length > 0 ? new Workers(connections) : undefined;
  };
}
