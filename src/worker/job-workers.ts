// Workers that do jobs side by side, one at a time each: the trials of a prescription, the pieces of a proof.
import { Connection } from "./page/connection.js";
import type { WorkerLike } from "./port.js";
import { disposedError, RelumineError } from "../core/errors.js";
import type { StartProofWorkers } from "../diagnosis/proof/prove-network.js";
import type { StartTrialWorkers } from "../treatment/prescribe/prescribe.js";
import { countCores } from "../wasm/threads.js";

const MOST_WORKERS = 8;

/** What a worker is asked by name: to take what all jobs share, and to do one. */
interface Calls {
  readonly setUp: string;
  readonly run: string;
}

interface Waiting<J, R> {
  readonly job: J;
  resolve(result: R | undefined): void;
  reject(error: unknown): void;
}

class Workers<J, R> {
  private readonly idle: Connection[];
  private readonly queue: Waiting<J, R>[] = [];
  private readonly all: Set<Connection>;

  constructor(
    connections: readonly Connection[],
    private readonly name: string,
  ) {
    this.idle = [...connections];
    this.all = new Set(connections);
  }

  get size(): number {
    return this.all.size;
  }

  run(job: J): Promise<R | undefined> {
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
    while (this.idle.length > 0 && this.queue.length > 0) void this.work(this.idle.pop()!, this.queue.shift()!);
  }

  /** A RelumineError tells that the worker is gone: what a network refuses is an outcome. */
  private async work(connection: Connection, { job, resolve, reject }: Waiting<J, R>): Promise<void> {
    try {
      resolve((await connection.call(0, this.name, [job])) as R);
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

/** A worker that has the setup; undefined if it does not start, as where a content security policy forbids it. */
async function connect(
  start: () => Promise<WorkerLike>,
  name: string,
  setup: unknown,
): Promise<Connection | undefined> {
  let connection: Connection | undefined;
  try {
    connection = new Connection(await start());
    await connection.call(0, name, [setup]);
    return connection;
  } catch {
    connection?.close(disposedError("the worker"));
    return undefined;
  }
}

function startWorkers<S, J, R>(start: () => Promise<WorkerLike>, calls: Calls) {
  return async (setup: S, count: number | "auto"): Promise<Workers<J, R> | undefined> => {
    const most = count === "auto" ? Math.min(countCores(), MOST_WORKERS) : count;
    if (most < 2) return undefined;
    const started = await Promise.all(Array.from({ length: most }, () => connect(start, calls.setUp, setup)));
    const connections = started.filter((connection) => connection !== undefined);
    return connections.length > 0 ? new Workers<J, R>(connections, calls.run) : undefined;
  };
}

export function startTrialWorkers(start: () => Promise<WorkerLike>): StartTrialWorkers {
  return startWorkers(start, { setUp: "setUpTrials", run: "trial" });
}

export function startProofWorkers(start: () => Promise<WorkerLike>): StartProofWorkers {
  return startWorkers(start, { setUp: "setUpProof", run: "proveJob" });
}
