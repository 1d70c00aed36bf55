// One sweep on a queue. Nothing that the queue tells is needed but what stands in it: results are looked for, the
// newest ones often, and each trial now and then by its id, so that what was lost on the way is put there again.
import type { Job, Queue } from "bullmq";
import { hashOf } from "./files.js";
import { dataOf, type Failure, IN_QUEUE, readFailure, readValue } from "./job.js";
import { shareFile } from "./places.js";
import { queueOf, type QueueStore } from "./store.js";
import type { EngineOptions, SweepWork } from "../engine.js";
import { checkFigures } from "../journal/check-figures.js";
import type { SweepTrial } from "../task.js";
import type { TrialFigures } from "../types.js";
import { RelumineError } from "../../core/errors.js";
import { parseStrictJson } from "../../core/strict-json.js";
import { countOf } from "../../text/numbers.js";
import { onOneLine } from "../../text/printable.js";

export interface RunSettings {
  readonly place: string;
  readonly keepSeconds: number;
  readonly ahead: number;
  readonly onNotice: (notice: string) => void;
}

/** A trial that is in the queue. */
interface Placed {
  readonly trial: SweepTrial;
  /** It was put there so often. */
  readonly times: number;
}

const MOST_TOGETHER = 250;
const NEWEST = 64;
const MOST_NEWEST = 4096;
const FAILED = 32;
/** Looked at by id, at a time. */
const PATROL = 256;
/** Milliseconds between looks: as results come, and as none do. */
const [SHORTEST, LONGEST] = [10, 200];
const [PATROL_SHORTEST, PATROL_LONGEST] = [50, 2000];
const RENEW_MILLISECONDS = 60_000;
const WORKERS_MILLISECONDS = 5000;
const RETRY_MILLISECONDS = 500;
const CANCEL_MILLISECONDS = 2000;
/** A worker that has just taken a trial does not hear the first message that stops it. */
const STARTING_MILLISECONDS = 200;
const IDS_IN_A_MESSAGE = 100;
/** A trial that fails for reasons that are not its own is put there again so often. */
const MOST_TIMES = 4;
const RESTORE_MILLISECONDS = 2000;
const LONGEST_NOTICE = 1000;
/** Of a trial's figures as text: a thousand layers, and more. */
const LONGEST_FIGURES = 2 ** 20;
/** A trial whose workers were lost so often, four times each, is what kills them. */
const MOST_LOST = 2;

/** What stands in the queue under a trial's id; "damaged": what is no job. */
type Found = Job | undefined | "damaged";

/** fetch says in the cause what it failed by. */
const reasonOf = ({ message, cause }: Error): string =>
  cause instanceof Error ? `${message} (${cause.message || (cause as { code?: string }).code})` : message;

export class QueueRun {
  private readonly queue: Queue;
  private readonly placed = new Map<string, Placed>();
  /** To be put there. */
  private waiting: Placed[] = [];
  /** Settled as the newest of them are there; the queue may have them before this program hears of it. */
  private adding: Promise<unknown> | undefined;
  /** Their results are on the way to who asked for them. */
  private readonly taking = new Set<string>();
  private isEnded = false;
  /** What waits; called when all is over. */
  private readonly sleepers = new Set<() => void>();
  private failure: { readonly error: unknown } | undefined;
  private isFed = false;
  private makeRoom: () => void = () => undefined;
  private readonly told = new Set<string>();
  private patrolled: string[] = [];
  private sharing: Promise<void | undefined> | undefined;
  private restored = -Infinity;

  constructor(
    private readonly store: QueueStore,
    private readonly work: SweepWork,
    private readonly options: EngineOptions,
    private readonly settings: RunSettings,
  ) {
    this.queue = store.openQueue(queueOf(work.build));
    this.queue.on("error", () => undefined); // what fails is tried again
  }

  async run(trials: AsyncIterable<SweepTrial>): Promise<void> {
    const { signal } = this.options;
    const end = () => this.end();
    signal.addEventListener("abort", end);
    const iterator = trials[Symbol.asyncIterator]();
    this.store.onTrouble((isLost, why) => {
      if (isLost) this.notice("lost", `the connection to ${this.store.name} is lost (${why}); waiting for it`);
      else if (this.told.delete("lost")) this.settings.onNotice(`${this.store.name} answers again`);
    });
    try {
      const concern = await this.store.concern().catch(() => undefined);
      if (concern) this.notice("concern", concern);
      await this.share();
      await Promise.all([
        this.feed(iterator),
        this.place(),
        this.collect(),
        this.patrol(),
        this.keepUp(),
        this.watchWorkers(),
      ]);
      if (this.failure) throw this.failure.error;
      if (signal.aborted) await this.cancel();
    } finally {
      signal.removeEventListener("abort", end);
      await iterator.return?.();
      void this.queue.close().catch(() => undefined);
    }
  }

  private end(): void {
    this.isEnded = true;
    for (const wake of this.sleepers) wake();
    this.makeRoom();
    this.wakePlacing();
  }

  /** What waits for the next look need not. */
  private settle(): void {
    if (this.isOver) this.end();
  }

  private fail(error: unknown): void {
    this.failure ??= { error };
    this.end();
  }

  private get isOver(): boolean {
    const isDone = this.isFed && this.placed.size === 0 && this.waiting.length === 0;
    return isDone || this.isEnded;
  }

  /** What was promised, or undefined once all is over: it may never come. */
  private orEnd<T>(promised: Promise<T>): Promise<T | undefined> {
    return new Promise((resolve, reject) => {
      const wake = () => resolve(undefined);
      if (this.isEnded) return wake();
      this.sleepers.add(wake);
      promised.then(resolve, reject).finally(() => this.sleepers.delete(wake));
    });
  }

  private async sleep(milliseconds: number): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    await this.orEnd(new Promise<void>((resolve) => (timer = setTimeout(resolve, milliseconds))));
    clearTimeout(timer);
  }

  private notice(what: string, text: string): void {
    if (this.told.has(what)) return;
    this.told.add(what);
    this.settings.onNotice(onOneLine(text).slice(0, LONGEST_NOTICE));
  }

  /** Until it succeeds: a queue that is full, or away, is waited for. Undefined where it is all over. */
  private async persist<T>(act: () => Promise<T>, where = this.store.name): Promise<T | undefined> {
    while (!this.isEnded)
      try {
        const result = await this.orEnd(act());
        this.told.delete("full");
        return result;
      } catch (error) {
        if (this.isEnded) return undefined;
        if (error instanceof RelumineError) {
          this.fail(error);
          return undefined;
        }
        if (this.store.isFull(error)) {
          this.notice(
            "full",
            `${this.store.name} is full; waiting for room (raise its maxmemory, or end other sweeps)`,
          );
          await this.forget().catch(() => undefined);
        } else this.notice(`error ${(error as Error).message}`, `${where}: ${reasonOf(error as Error)}`);
        await this.sleep(RETRY_MILLISECONDS);
      }
    return undefined;
  }

  /** Results that were taken are no longer needed in a queue that is full. */
  private async forget(): Promise<void> {
    const ids = (await this.queue.getRanges(["completed"], 0, MOST_NEWEST - 1, true)) as string[];
    for (const id of ids) if (!this.placed.has(id)) await this.queue.remove(id);
  }

  private share(isLost = false): Promise<void | undefined> {
    const { place } = this.settings;
    const { signal } = this.options;
    const options = { pack: () => this.work.pack(), signal, isLost };
    this.sharing ??= this.persist(
      () => shareFile(this.store, place, this.work.data, options),
      place === IN_QUEUE ? undefined : place,
    ).finally(() => (this.sharing = undefined));
    return this.sharing;
  }

  /** What workers did not find, or found to be another file; many trials tell so at once. */
  private async restore(): Promise<void> {
    const isRecent = performance.now() - this.restored < RESTORE_MILLISECONDS;
    this.restored = isRecent ? this.restored : performance.now();
    await this.share(!isRecent);
  }

  /** Takes trials as there is room for them. */
  private async feed(iterator: AsyncIterator<SweepTrial>): Promise<void> {
    try {
      while (!this.isEnded) {
        if (this.placed.size + this.waiting.length >= this.settings.ahead) {
          await new Promise<void>((resolve) => (this.makeRoom = resolve));
          continue;
        }
        const next = await this.orEnd(iterator.next());
        if (!next || next.done) break;
        this.waiting.push({ trial: next.value, times: 0 });
        this.wakePlacing();
      }
    } catch (error) {
      this.fail(error);
    }
    this.isFed = true;
    this.settle();
  }

  private wakePlacing: () => void = () => undefined;

  /** Puts trials there, those that have come meanwhile together. */
  private async place(): Promise<void> {
    while (!this.isOver) {
      const some = this.waiting.slice(0, MOST_TOGETHER);
      if (some.length === 0) {
        await Promise.race([new Promise<void>((resolve) => (this.wakePlacing = resolve)), this.sleep(LONGEST)]);
        await new Promise((resolve) => setImmediate(resolve)); // more may come in this turn
        continue;
      }
      const isThere = await this.persist(async () => {
        await (this.adding = this.queue.addBulk(some.map(({ trial }) => this.jobOf(trial))));
        return true;
      });
      if (!isThere) return;
      this.waiting.splice(0, some.length);
      for (const each of some) this.placed.set(each.trial.id, { ...each, times: each.times + 1 });
    }
  }

  private jobOf(trial: SweepTrial) {
    const { build, arithmetic, data } = this.work;
    const { place, keepSeconds } = this.settings;
    const keep = { age: Math.max(keepSeconds, 60) };
    return {
      name: "trial",
      data: dataOf(trial, { build, arithmetic, data, place }),
      opts: { jobId: trial.id, attempts: 1, removeOnComplete: keep, removeOnFail: keep },
    };
  }

  /** The newest results, as often as they come. */
  private async collect(): Promise<void> {
    for (let pause = SHORTEST; !this.isOver;) {
      const found = (await this.persist(() => this.newest())) ?? 0;
      pause = found > 0 ? SHORTEST : Math.min(LONGEST, pause * 2);
      await this.sleep(pause);
    }
  }

  private isWanted = (id: string): boolean => this.placed.has(id) && !this.taking.has(id);

  private async newest(): Promise<number> {
    if (this.placed.size === 0) return 0;
    let found = 0;
    for (let size = NEWEST; size <= MOST_NEWEST; size *= 4) {
      const ids = (await this.queue.getRanges(["completed"], 0, size - 1, false)) as string[];
      const wanted = ids.filter(this.isWanted);
      found += await this.lookAt(wanted);
      if (wanted.length < size / 4) break;
    }
    const failed = (await this.queue.getRanges(["failed"], 0, FAILED - 1, false)) as string[];
    return found + (await this.lookAt(failed.filter(this.isWanted)));
  }

  /** All in turn, those first that have been there for longest. */
  private async patrol(): Promise<void> {
    for (let pause = PATROL_LONGEST; !this.isOver;) {
      await this.sleep(pause);
      if (this.patrolled.length === 0) this.patrolled = [...this.placed.keys()];
      const ids = this.patrolled.splice(0, PATROL).filter(this.isWanted);
      const found = (await this.persist(() => this.lookAt(ids))) ?? 0;
      pause = found > 0 ? PATROL_SHORTEST : Math.min(PATROL_LONGEST, pause * 2);
    }
  }

  /** What became of some trials. */
  private async lookAt(ids: readonly string[]): Promise<number> {
    if (ids.length === 0) return 0;
    const jobs = await Promise.all(ids.map((id) => this.find(id)));
    const found = await Promise.all(ids.map((id, i) => this.consider(id, jobs[i])));
    return found.filter(Boolean).length;
  }

  private async find(id: string): Promise<Found> {
    try {
      return (await this.queue.getJob(id)) as Job | undefined;
    } catch (error) {
      const { message } = error as Error;
      if (error instanceof SyntaxError || error instanceof TypeError || message.startsWith("WRONGTYPE"))
        return "damaged";
      throw error;
    }
  }

  private async consider(id: string, job: Found): Promise<boolean> {
    const placed = this.placed.get(id);
    if (!placed || this.taking.has(id)) return false;
    if (!job) {
      this.again(placed, placed.times - 1); // the queue has lost it
      return true;
    }
    if (job !== "damaged" && !job.finishedOn) return false;
    this.taking.add(id);
    try {
      if (job === "damaged") await this.retry(placed, "format: the job is damaged");
      else if (job.failedReason !== undefined) await this.retry(placed, job.failedReason);
      else await this.take(placed, job.returnvalue);
    } finally {
      this.taking.delete(id);
    }
    return true;
  }

  private again({ trial }: Placed, times: number): void {
    this.placed.delete(trial.id);
    this.waiting.push({ trial, times });
    this.wakePlacing();
  }

  private async take(placed: Placed, given: unknown): Promise<void> {
    let value: { readonly host: string; readonly figures: TrialFigures };
    try {
      value = await this.readResult(given);
    } catch (error) {
      if (!(error instanceof RelumineError)) throw error;
      return this.retry(placed, `${error.code}: ${error.message}`); // not what a worker of ours wrote
    }
    await this.tell(placed, value.figures, value.host);
  }

  private async readResult(given: unknown) {
    const { host, figures, blob } = readValue(given);
    if (figures) return { host, figures };
    const bytes = blob === undefined ? undefined : await this.store.get(blob, LONGEST_FIGURES);
    if (!bytes || hashOf(bytes) !== blob) throw new RelumineError("format", "result", "to have figures", "none");
    const text = new TextDecoder().decode(bytes);
    return { host, figures: checkFigures("figures", parseStrictJson("figures", text, 5)) };
  }

  private async tell({ trial }: Placed, figures: TrialFigures, host: string): Promise<void> {
    try {
      await this.options.onResult(trial, figures, host);
    } catch (error) {
      this.fail(error);
    }
    if (this.settings.keepSeconds === 0) await this.queue.remove(trial.id).catch(() => undefined);
    this.placed.delete(trial.id);
    this.makeRoom();
    this.settle();
  }

  /** A job that failed says nothing of its trial, which would have failed in its figures. */
  private async retry(placed: Placed, reason: string): Promise<void> {
    const { code, message } = readFailure(reason);
    const { trial, times } = placed;
    const failure = {
      code: "memory" as const,
      message: code === "lost" ? "its workers died again and again" : message,
    };
    if ((code === "lost" && times >= MOST_LOST) || (code === "room" && times >= MOST_TIMES))
      return this.tell(placed, { seconds: 0, trained: 0, failed: failure }, "");
    if (times >= MOST_TIMES && code !== "cancelled") {
      this.fail(this.refusal(code, message));
      return;
    }
    if (code === "data") await this.restore();
    await this.queue.remove(trial.id);
    this.again(placed, code === "cancelled" ? times - 1 : times);
    if (times > 1) await this.sleep(RETRY_MILLISECONDS);
  }

  private refusal(code: Failure, message: string): RelumineError {
    return new RelumineError("unsupported", "queue", "to have workers that take the trials", `${code}: ${message}`);
  }

  /** Rows stay there while they are needed, and come back where they were lost. */
  private async keepUp(): Promise<void> {
    for (let since = performance.now(); !this.isOver;) {
      await this.sleep(LONGEST);
      if (performance.now() - since < RENEW_MILLISECONDS) continue;
      since = performance.now();
      await this.share();
      await this.persist(() => this.store.mark());
    }
  }

  private async watchWorkers(): Promise<void> {
    for (let since = performance.now(); !this.isOver;) {
      await this.sleep(LONGEST);
      if (performance.now() - since < WORKERS_MILLISECONDS) continue;
      since = performance.now();
      const workers = (await this.persist(() => this.store.workers())) ?? [];
      const { build } = this.work;
      if (workers.some(({ builds }) => builds.includes(build))) this.told.delete("workers");
      else if (workers.length === 0)
        this.notice("workers", `no worker is there: start "relumine worker --queue ${this.store.name}" somewhere`);
      else {
        const hosts = [...new Set(workers.map(({ host }) => host))].slice(0, 5).join(", ");
        this.notice(
          "workers",
          `${countOf(workers.length, "worker")} (${hosts}) would give other bits than this program, ` +
            `and are not asked: their builds are not ${build}`,
        );
      }
    }
  }

  private async tellStopped(ids: readonly string[]): Promise<void> {
    for (let at = 0; at < ids.length; at += IDS_IN_A_MESSAGE)
      await this.store.publish(JSON.stringify(ids.slice(at, at + IDS_IN_A_MESSAGE)));
  }

  /** Those that wait are taken out, those that run are stopped. */
  private async cancel(): Promise<void> {
    const act = async () => {
      await this.adding?.catch(() => undefined);
      let there = [...this.placed.keys(), ...this.waiting.map(({ trial }) => trial.id)];
      for (const started = performance.now(); performance.now() - started < CANCEL_MILLISECONDS;) {
        const removed = await Promise.all(there.map((id) => this.queue.remove(id).catch(() => 0)));
        const running = there.filter((_, i) => removed[i] === 0);
        const jobs = await Promise.all(running.map((id) => this.find(id)));
        there = running.filter((_, i) => jobs[i] && jobs[i] !== "damaged" && !jobs[i].finishedOn);
        if (there.length === 0) return;
        await this.tellStopped(there);
        await new Promise((resolve) => setTimeout(resolve, STARTING_MILLISECONDS));
      }
    };
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, CANCEL_MILLISECONDS)));
    await Promise.race([act().catch(() => undefined), late]);
    clearTimeout(timer);
  }
}
