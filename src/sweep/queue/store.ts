// Where a queue lives: a Redis, or a PostgreSQL. Beside BullMQ's queues it keeps what does not belong in jobs: rows,
// results that are too long, who works, and messages that stop trials.
import type { Job, Processor, Queue, Worker } from "bullmq";
import { RelumineError } from "../../core/errors.js";
import { onOneLine } from "../../text/printable.js";

/** What a worker says of itself. */
export interface WorkerNote {
  readonly id: string;
  readonly host: string;
  readonly threads: number;
  /** By arithmetic: what it trains with. */
  readonly builds: readonly string[];
}

/** Options of a worker of BullMQ that hang on ours. */
export interface ConsumerOptions {
  readonly concurrency: number;
  readonly lockDuration: number;
}

export interface QueueStore {
  /** For people: no password. */
  readonly name: string;
  openQueue(name: string): Queue;
  openWorker(name: string, process: Processor, options: ConsumerOptions): Worker;
  /** BullMQ's way to say that a job was handed back. */
  handBack(job: Job, token: string | undefined): Promise<never>;
  /** A job that is not to be tried again. */
  failure(message: string): Error;

  /** Keeps bytes for so many seconds. */
  put(name: string, bytes: Uint8Array, seconds: number): Promise<void>;
  /**
   * Undefined where they are not there, or not whole.
   * @throws RelumineError "memory" for more than so many, before they are fetched
   */
  get(name: string, mostBytes: number): Promise<Uint8Array | undefined>;
  /** For so many seconds more; false if they are not there, or not whole. */
  renew(name: string, seconds: number): Promise<boolean>;

  publish(text: string): Promise<void>;
  subscribe(listener: (text: string) => void): Promise<void>;

  announce(note: WorkerNote): Promise<void>;
  withdraw(id: string): Promise<void>;
  /** Those that spoke within the last seconds, a thousand of them. */
  workers(): Promise<WorkerNote[]>;

  /** Says whose it is. */
  mark(): Promise<void>;
  /** Whether this error says that it is full. */
  isFull(error: unknown): boolean;
  /** Something to tell the operator; undefined if all is well. */
  concern(): Promise<string | undefined>;
  /** Called when the connection is lost (true) and when it is back. */
  onTrouble(listener: (isLost: boolean, why: string) => void): void;
  close(): Promise<void>;
}

export const PREFIX = "relumine";
export const MARKER = "relumine sweep 1";
export const CONNECT_MILLISECONDS = 5000;
/** From one try to the next, where the connection was lost. */
export const RECONNECT_MILLISECONDS = 1000;
/** A worker that has not spoken for so long is gone. */
export const SILENT_SECONDS = 20;

/** One queue a build: who trains other bits does not see the trials. */
export const queueOf = (build: string): string => `trials-${build}`;

/** The queue is another program's. */
export function foreignError(name: string): RelumineError {
  return new RelumineError(
    "value",
    "queue",
    "to be one that sweeps may use",
    `${name}, where another program has a queue of the same name`,
    "Take another database of it",
  );
}

/** It did not answer in time, and did not say why. */
export class LateError extends RelumineError {}

export function unreachableError(name: string, why: string): LateError {
  return new LateError("value", "queue", "to answer within 5 seconds", `${name}, which does not (${why})`);
}

/** @throws RelumineError "value" */
export async function within<T>(promised: Promise<T>, name: string): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(unreachableError(name, "no answer")), CONNECT_MILLISECONDS);
  });
  try {
    return await Promise.race([promised, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Notes of workers that are looked at; anybody may have written them. */
export const MOST_WORKERS = 1000;
export const LONGEST_NOTE = 4096;

/** What was read of a worker's note, if it is one. */
export function readNote(text: string): WorkerNote | undefined {
  if (text.length > LONGEST_NOTE) return undefined;
  try {
    const { id, host, threads, builds } = JSON.parse(text) as WorkerNote;
    if (typeof id !== "string" || typeof host !== "string" || !Array.isArray(builds)) return undefined;
    return { id, host: onOneLine(host).slice(0, 64), threads: Number(threads), builds: builds.map(String) };
  } catch {
    return undefined;
  }
}

/** Of a message that stops trials: a hundred ids, and more. */
const LONGEST_MESSAGE = 2 ** 14;

/** The ids of a message that stops trials; it may come from anybody. */
export function readIds(text: string): readonly string[] {
  if (text.length > LONGEST_MESSAGE) return [];
  try {
    const ids = JSON.parse(text) as unknown;
    return Array.isArray(ids) ? ids.filter((id): id is string => typeof id === "string") : [];
  } catch {
    return [];
  }
}

/** @throws RelumineError "memory" */
export function checkBytes(name: string, bytes: number, mostBytes: number): void {
  if (bytes <= mostBytes) return;
  throw new RelumineError("memory", `the file ${name.slice(0, 12)}`, `to be at most ${mostBytes} bytes`, `${bytes}`);
}
