// What queues in Redis and in PostgreSQL have in common: BullMQ's jobs and workers, bytes in pieces, addresses.
import type { loadBullmq } from "./peers.js";
import { type ConsumerOptions, type QueueStore, RECONNECT_MILLISECONDS } from "./store.js";

export type Bullmq = Awaited<ReturnType<typeof loadBullmq>>;

export abstract class BullmqStore implements Pick<QueueStore, "handBack" | "failure"> {
  constructor(protected readonly bullmq: Bullmq) {}

  async handBack(...[job, token]: Parameters<QueueStore["handBack"]>): Promise<never> {
    await job.moveToWait(token!);
    throw new this.bullmq.WaitingError();
  }

  failure(message: string): Error {
    return new this.bullmq.UnrecoverableError(message);
  }
}

/** Beside what hangs on where the queue lives. */
export const workerOptions = ({ concurrency, lockDuration }: ConsumerOptions) => ({
  concurrency,
  lockDuration,
  stalledInterval: lockDuration / 2,
  maxStalledCount: 3,
  drainDelay: 2,
  runRetryDelay: RECONNECT_MILLISECONDS,
});

/** Redis takes strings of up to 512 MB, and does nothing else while it does. */
export const PIECE = 2 ** 24;

/** A size that nothing here has: a hundred thousand pieces. */
export const MOST_PIECES = 1e5;

/** Views of the bytes, each of a piece. */
export function cutBytes(bytes: Uint8Array): Buffer[] {
  return Array.from({ length: Math.ceil(bytes.length / PIECE) }, (_, index) => {
    const part = bytes.subarray(index * PIECE, (index + 1) * PIECE);
    return Buffer.from(part.buffer, part.byteOffset, part.length);
  });
}

/** Without what must not be seen. */
export function nameOf(url: string): string {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname.length > 1 ? pathname : ""}`;
}

/** In options it would count less than the URL's, which has none. */
export function withPassword(url: string, password: string | undefined): string {
  if (password === undefined) return url;
  const parsed = new URL(url);
  parsed.password = encodeURIComponent(password);
  return parsed.href;
}
