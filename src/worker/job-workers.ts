// Workers that do jobs side by side, one after another each: trials, the pieces of a proof. Short ones are sent several
// at a time, since a message takes as long as a small training's step or two.
import { Connection } from "./page/connection.js";
import type { WorkerLike } from "./port.js";
import { disposedError, RelumineError } from "../core/errors.js";
import type { ProofJob, ProofJobResult } from "../diagnosis/proof/proof-job.js";
import type { StartProofWorkers } from "../diagnosis/proof/prove-network.js";
import type { StartTrialWorkers } from "../treatment/prescribe/prescribe.js";
import type { TrialJob, TrialOutcome } from "../treatment/trial/trial.js";
import { countCores } from "../wasm/threads.js";

const MOST_WORKERS = 8;
/** Short jobs go together for so long: what is found is heard of soon, and little is lost with a worker. */
const TOGETHER_MILLISECONDS = 25;

interface Waiting<J, R> {
  readonly job: J;
  resolve(result: R | undefined): void;
  reject(error: unknown): void;
}

class Workers<J, R> {
  private readonly idle: Connection[] = [];
  private readonly queue: Waiting<J, R>[] = [];
  private readonly all = new Set<Connection>();
  private starting = 0;
  private isEnded = false;
  /** That a job takes, in milliseconds, of those that were done last. */
  private pace = Infinity;

  /**
   * @param connect starts one; undefined if it does not start
   * @param room how many may be started
   * @param name of the call, which takes a list of jobs and gives what came of the first so many, one or more
   */
  constructor(
    private readonly connect: () => Promise<Connection | undefined>,
    private room: number,
    private readonly name: string,
  ) {}

  /** How many there are, or may be. */
  get size(): number {
    return this.all.size + this.starting + this.room;
  }

  /** One more; where one does not start, none is tried from then on. */
  async start(): Promise<void> {
    this.room--;
    this.starting++;
    const connection = await this.connect();
    this.starting--;
    if (!connection) this.room = 0;
    else if (this.isEnded) connection.close(disposedError("the worker"));
    else {
      this.all.add(connection);
      this.idle.push(connection);
    }
    this.next();
  }

  run(job: J): Promise<R | undefined> {
    return new Promise((resolve, reject) => {
      this.queue.push({ job, resolve, reject });
      this.next();
    });
  }

  end(): void {
    this.isEnded = true;
    this.room = 0;
    for (const connection of this.all) connection.close(disposedError("the worker"));
    this.all.clear();
    this.idle.length = 0;
    this.next();
  }

  private next(): void {
    if (this.isEnded || this.size === 0) for (const { resolve } of this.queue.splice(0)) resolve(undefined);
    while (this.idle.length > 0 && this.queue.length > 0)
      void this.work(this.idle.pop()!, this.queue.splice(0, this.together()));
    for (let more = Math.min(this.room, this.queue.length - this.starting); more > 0; more--) void this.start();
  }

  /** So many that they take a while, and that all workers have some to do until the end. */
  private together(): number {
    const fair = Math.ceil(this.queue.length / (2 * Math.max(1, this.all.size)));
    return Math.max(1, Math.min(fair, Math.floor(TOGETHER_MILLISECONDS / this.pace)));
  }

  /** A RelumineError tells that the worker is gone: what a network refuses is an outcome. */
  private async work(connection: Connection, waiting: readonly Waiting<J, R>[]): Promise<void> {
    const started = performance.now();
    try {
      const jobs = waiting.map(({ job }) => job);
      const results = (await connection.call(0, this.name, [jobs])) as readonly R[];
      this.pace = (performance.now() - started) / results.length;
      waiting.slice(0, results.length).forEach(({ resolve }, place) => resolve(results[place]));
      this.queue.unshift(...waiting.slice(results.length)); // they took longer than those before
      this.idle.push(connection);
    } catch (error) {
      this.all.delete(connection);
      connection.close(disposedError("the worker"));
      for (const { resolve, reject } of waiting)
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

/** "auto": one a core. */
function countWorkers(count: number | "auto"): number {
  return count === "auto" ? Math.min(countCores(), MOST_WORKERS) : count;
}

/** All of them are started at once: each trains from the first round on. */
export function startTrialWorkers(start: () => Promise<WorkerLike>): StartTrialWorkers {
  return async (setup, count) => {
    const most = countWorkers(count);
    if (most < 2) return undefined;
    const workers = new Workers<TrialJob, TrialOutcome>(() => connect(start, "setUpTrials", setup), most, "trials");
    await Promise.all(Array.from({ length: most }, () => workers.start()));
    return workers.size > 0 ? workers : undefined;
  };
}

/** Each is started when there is a job for it; more than one a core are of no use. */
export function startProofWorkers(start: () => Promise<WorkerLike>): StartProofWorkers {
  return async (setup, count) => {
    const most = Math.min(countWorkers(count), Math.max(2, countCores()));
    if (most < 2) return undefined;
    return new Workers<ProofJob, ProofJobResult>(() => connect(start, "setUpProof", setup), most, "proveJobs");
  };
}
