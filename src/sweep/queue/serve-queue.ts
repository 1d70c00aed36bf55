// A worker of queues: takes trials of its own build, trains them in threads, and tells what came of them.
import type { Job, Worker } from "bullmq";
import { defaultCache, FileCache, hostName, memoryOf } from "./files.js";
import { Trials } from "./serve-trials.js";
import { checkQueueUrl, openStore, type QueuePlace } from "./open-store.js";
import { queueOf, type QueueStore, readIds, type WorkerNote } from "./store.js";
import { nameBuild } from "../../worker/build.js";
import { checkFunction, checkInteger, checkNumber, checkOptions, checkSignal, describe } from "../../core/checks.js";
import { RelumineError } from "../../core/errors.js";
import { countCores } from "../../wasm/threads.js";

/** Options of `serveQueue`. */
export interface ServeOptions extends QueuePlace {
  /** Trials that train at the same time, each in a thread of its own. Default "auto": one a core. */
  readonly threads?: number | "auto";
  /** Folders and URLs where rows may be fetched from, beside the queue: those within or below them. Default: none. */
  readonly allow?: readonly string[];
  /** Where rows that were fetched are kept. Default: a folder of the user's own among the system's temporary ones. */
  readonly cache?: string;
  /** Rows of more bytes are refused, and kept ones beyond four times as many are dropped. Default 2 GiB. */
  readonly mostBytes?: number;
  /** A trial that trains for longer, in seconds, fails. Default: a day. */
  readonly trialSeconds?: number;
  /** A trial whose network needs more memory fails. Default: half of the machine's, by threads, and at most 4 GiB. */
  readonly trialBytes?: number;
  /** So long, in seconds, a worker may be silent before its trials go to others. Default 60. */
  readonly lockSeconds?: number;
  /** At the signal, trials under way have so many seconds; then they are handed back. Default 10. */
  readonly graceSeconds?: number;
  /** Ends it. */
  readonly signal?: AbortSignal;
  /** Called once it takes trials, with the builds that it is. */
  readonly onReady?: (builds: readonly string[]) => void;
  /** Called when a trial is done, or has failed. */
  readonly onTrial?: (trial: { readonly id: string; readonly seconds: number; readonly failed?: string }) => void;
  /** Told what the operator may want to know, in a sentence. */
  readonly onNotice?: (notice: string) => void;
}

const OPTIONS = [
  "url",
  "password",
  "threads",
  "allow",
  "cache",
  "mostBytes",
  "trialSeconds",
  "trialBytes",
  "lockSeconds",
  "graceSeconds",
  "signal",
  "onReady",
  "onTrial",
  "onNotice",
] as const satisfies readonly (keyof ServeOptions)[];

const MOST_THREADS = 256;
const DAY = 86_400;
const ANNOUNCE_MILLISECONDS = 5000;
const PROGRESS_MILLISECONDS = 1000;

/** Now and then, but not while the last time is still under way: a queue that is away would get all at once. */
function repeat(act: () => Promise<unknown>, milliseconds: number): ReturnType<typeof setInterval> {
  let isUnderWay = false;
  return setInterval(() => {
    if (isUnderWay) return;
    isUnderWay = true;
    act()
      .catch(() => undefined)
      .finally(() => (isUnderWay = false));
  }, milliseconds);
}

interface Checked extends Required<Omit<ServeOptions, "password" | "signal" | "threads" | "url">> {
  readonly place: QueuePlace;
  readonly threads: number;
  readonly signal: AbortSignal | undefined;
}

const MOST_MEMORY = 2 ** 32; // of WebAssembly

const standardBytes = (threads: number): number =>
  Math.min(MOST_MEMORY, Math.max(2 ** 26, Math.floor(memoryOf() / 2 / threads)));

function checkAllowed(given: unknown): readonly string[] {
  if (Array.isArray(given) && given.every((each) => typeof each === "string" && each !== "")) return given as string[];
  throw new RelumineError("value", "allow", "to be a list of folders and URLs", describe(given));
}

function checkServe(options: ServeOptions): Checked {
  const given = checkOptions("worker", options, OPTIONS);
  const { url, password, threads = "auto", cache = defaultCache() } = given;
  const seconds = (name: "trialSeconds" | "lockSeconds" | "graceSeconds", standard: number, low: number) =>
    checkNumber(name, given[name] ?? standard, { low, high: 400 * DAY });
  const nothing = () => undefined;
  const count = threads === "auto" ? countCores() : checkInteger("threads", threads, { low: 1, high: MOST_THREADS });
  return {
    place: { url: checkQueueUrl(url), ...(password !== undefined && { password }) },
    threads: count,
    allow: checkAllowed(given.allow ?? []),
    cache,
    mostBytes: checkInteger("mostBytes", given.mostBytes ?? 2 ** 31, { low: 1 }),
    trialBytes: checkInteger("trialBytes", given.trialBytes ?? standardBytes(count), { low: 1 }),
    trialSeconds: seconds("trialSeconds", DAY, 0.001),
    lockSeconds: seconds("lockSeconds", 60, 0.1),
    graceSeconds: seconds("graceSeconds", 10, 0),
    signal: checkSignal(given.signal),
    onReady: given.onReady === undefined ? nothing : checkFunction("onReady", given.onReady),
    onTrial: given.onTrial === undefined ? nothing : checkFunction("onTrial", given.onTrial),
    onNotice: given.onNotice === undefined ? nothing : checkFunction("onNotice", given.onNotice),
  };
}

class Server {
  private readonly workers: Worker[] = [];
  private readonly running = new Map<string, { readonly worker: Worker; readonly since: number }>();
  private readonly trials: Trials;
  private readonly note: WorkerNote;

  constructor(
    private readonly store: QueueStore,
    private readonly options: Checked,
    builds: Readonly<Record<"fast" | "reproducible", string>>,
  ) {
    const { allow, mostBytes, trialSeconds, trialBytes, threads, cache } = options;
    const host = hostName();
    const limits = { seconds: trialSeconds, bytes: trialBytes };
    const files = new FileCache(cache, mostBytes);
    this.trials = new Trials(store, files, { allowed: allow, mostBytes, limits, threads, host, builds });
    this.note = { id: crypto.randomUUID(), host, threads, builds: [...new Set(Object.values(builds))] };
  }

  async run(): Promise<void> {
    const { threads, lockSeconds, onNotice, onReady } = this.options;
    for (const build of this.note.builds) {
      const worker = this.store.openWorker(
        queueOf(build),
        (job, token, signal) => this.do(worker, job, token, signal),
        {
          concurrency: threads,
          lockDuration: Math.ceil(1000 * lockSeconds),
        },
      );
      worker.on("error", (error) => this.hearError(error));
      this.workers.push(worker);
    }
    this.store.onTrouble((isLost, why) =>
      onNotice(isLost ? `the connection to ${this.store.name} is lost (${why})` : `${this.store.name} answers`),
    );
    await this.store.subscribe((text) => this.cancel(readIds(text)));
    await this.store.announce(this.note);
    const timer = repeat(() => this.store.announce(this.note), ANNOUNCE_MILLISECONDS);
    onReady(this.note.builds);
    const { signal } = this.options;
    if (!signal?.aborted) await new Promise((resolve) => signal?.addEventListener("abort", resolve));
    clearInterval(timer);
    await this.end();
  }

  private lastError = "";

  private hearError({ message }: Error): void {
    if (message === this.lastError) return;
    this.lastError = message;
    this.options.onNotice(`${this.store.name}: ${message}`);
  }

  private cancel(ids: readonly string[]): void {
    for (const id of ids) this.running.get(id)?.worker.cancelJob(id, "cancelled");
  }

  private async do(worker: Worker, job: Job, token: string | undefined, signal: AbortSignal | undefined) {
    const id = job.id!;
    const since = performance.now();
    const secondsOf = () => (performance.now() - since) / 1000;
    this.running.set(id, { worker, since });
    const timer = repeat(
      () => job.updateProgress({ seconds: Math.round(secondsOf()), host: this.note.host }),
      PROGRESS_MILLISECONDS,
    );
    try {
      const value = await this.trials.do(id, job.data as unknown, signal!);
      this.options.onTrial({ id, seconds: secondsOf() });
      return value;
    } catch (error) {
      const text = (error as Error).message;
      if (signal?.reason === "handed back") return await this.store.handBack(job, token);
      this.options.onTrial({ id, seconds: secondsOf(), failed: text });
      throw this.store.failure(text);
    } finally {
      clearInterval(timer);
      this.running.delete(id);
    }
  }

  /** What is under way has some time; then it is handed back. */
  private async end(): Promise<void> {
    await this.store.withdraw(this.note.id).catch(() => undefined);
    const closing = Promise.all(this.workers.map((worker) => worker.close()));
    const timer = setTimeout(() => {
      for (const worker of this.workers) worker.cancelAllJobs("handed back");
    }, 1000 * this.options.graceSeconds);
    let late: ReturnType<typeof setTimeout> | undefined;
    await Promise.race([
      closing,
      // the queue is away
      new Promise((resolve) => (late = setTimeout(resolve, 1000 * this.options.graceSeconds + 3000))),
    ]);
    clearTimeout(timer);
    clearTimeout(late);
    this.trials.end();
  }
}

/**
 * Does trials of queues until the signal: those of sweeps whose program and arithmetic are this machine's, so that
 * results are the same to the bit whoever trains them; others are left to others. Nothing that comes from the queue is
 * run: a trial is data, checked as files are, and what is none fails with a code.
 * @param options url, password, threads, allow, cache, mostBytes, trialSeconds, trialBytes, lockSeconds, graceSeconds,
 *   signal, onReady, onTrial, onNotice
 * @cost a thread each, and for each of the last two sets of rows a copy in each thread
 * @throws RelumineError "value" for options, and for a queue that does not answer within 5 seconds or is another
 *   program's; "unsupported" where the packages are not installed (as a rejection)
 * @example await serveQueue({ url: "redis://127.0.0.1:6379", threads: 4, signal });
 */
export async function serveQueue(options: ServeOptions): Promise<void> {
  const checked = checkServe(options);
  const builds = { fast: await nameBuild("fast"), reproducible: await nameBuild("reproducible") };
  const store = await openStore(checked.place, Object.values(builds).map(queueOf));
  try {
    const concern = await store.concern().catch(() => undefined);
    if (concern) checked.onNotice(concern);
    await new Server(store, checked, builds).run();
  } finally {
    await store.close();
  }
}
