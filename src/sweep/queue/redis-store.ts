// A queue in Redis. Keys begin with "relumine:":
//   relumine:marker             whose they are
//   relumine:trials-BUILD:...   BullMQ's
//   relumine:blob:NAME          { bytes }, and relumine:blob:NAME:0, :1, ... its pieces
//   relumine:workers            ids of workers, and relumine:worker:ID what each says of itself, as long as it does
import type { Processor, QueueOptions, WorkerOptions } from "bullmq";
import type { Redis } from "ioredis";
import {
  type Bullmq,
  BullmqStore,
  cutBytes,
  MOST_PIECES,
  nameOf,
  PIECE,
  withPassword,
  workerOptions,
} from "./bullmq-store.js";
import { loadBullmq, loadIoredis } from "./peers.js";
import {
  checkBytes,
  CONNECT_MILLISECONDS,
  type ConsumerOptions,
  foreignError,
  LateError,
  LONGEST_NOTE,
  MARKER,
  MOST_WORKERS,
  PREFIX,
  type QueueStore,
  readNote,
  RECONNECT_MILLISECONDS,
  SILENT_SECONDS,
  unreachableError,
  within,
  type WorkerNote,
} from "./store.js";
import { RelumineError } from "../../core/errors.js";

const CHANNEL = `${PREFIX}:cancel`;
const MARK = `${PREFIX}:marker`;
const WORKERS = `${PREFIX}:workers`;
const EVENTS = 100;

const blob = (name: string): string => `${PREFIX}:blob:${name}`;
const worker = (id: string): string => `${PREFIX}:worker:${id}`;
const piece = (name: string, index: number): string => `${blob(name)}:${index}`;

class RedisStore extends BullmqStore implements QueueStore {
  private subscriber: Redis | undefined;
  private isClosed = false;

  constructor(
    readonly name: string,
    private readonly redis: Redis,
    bullmq: Bullmq,
  ) {
    super(bullmq);
  }

  openQueue(name: string) {
    const options: QueueOptions = {
      connection: this.redis as never, // BullMQ's types are of one version of ioredis
      prefix: PREFIX,
      skipVersionCheck: true,
      streams: { events: { maxLen: EVENTS } },
    };
    return new this.bullmq.Queue(name, options);
  }

  openWorker(name: string, process: Processor, consumer: ConsumerOptions) {
    const options: WorkerOptions = {
      connection: this.redis as never,
      prefix: PREFIX,
      skipVersionCheck: true,
      ...workerOptions(consumer),
    };
    return new this.bullmq.Worker(name, process, options);
  }

  async put(name: string, bytes: Uint8Array, seconds: number): Promise<void> {
    for (const [index, part] of cutBytes(bytes).entries())
      await this.redis.set(piece(name, index), part, "EX", seconds);
    await this.redis.set(blob(name), String(bytes.length), "EX", seconds);
  }

  /** As it says itself. */
  private async sizeOf(name: string): Promise<number> {
    const text = await this.redis.getrange(blob(name), 0, 15);
    return /^\d{1,15}$/.test(text) ? Number(text) : 0;
  }

  async get(name: string, mostBytes: number): Promise<Uint8Array | undefined> {
    const bytes = await this.sizeOf(name);
    checkBytes(name, bytes, mostBytes);
    const parts: Buffer[] = [];
    for (let index = 0; index * PIECE < bytes; index++) {
      const length = Math.min(PIECE, bytes - index * PIECE);
      const part = await this.redis.getrangeBuffer(piece(name, index), 0, length - 1); // no more, whatever is there
      if (part.length < length) return undefined;
      parts.push(part);
    }
    return parts.length > 0 ? Buffer.concat(parts) : undefined;
  }

  async renew(name: string, seconds: number): Promise<boolean> {
    const count = Math.ceil((await this.sizeOf(name)) / PIECE);
    if (count === 0 || count > MOST_PIECES) return false;
    const names = [blob(name), ...Array.from({ length: count }, (_, index) => piece(name, index))];
    const kept = await Promise.all(names.map((key) => this.redis.expire(key, seconds)));
    return !kept.includes(0);
  }

  async publish(text: string): Promise<void> {
    await this.redis.publish(CHANNEL, text);
  }

  async subscribe(listener: (text: string) => void): Promise<void> {
    this.subscriber = this.redis.duplicate();
    this.subscriber.on("error", () => undefined); // told by the other connection
    this.subscriber.on("message", (_channel: string, text: string) => listener(text));
    await this.subscriber.subscribe(CHANNEL);
  }

  async announce(note: WorkerNote): Promise<void> {
    await this.redis.set(worker(note.id), JSON.stringify(note), "EX", SILENT_SECONDS);
    await this.redis.sadd(WORKERS, note.id);
    await this.mark();
  }

  async withdraw(id: string): Promise<void> {
    await this.redis.del(worker(id));
    await this.redis.srem(WORKERS, id);
  }

  async workers(): Promise<WorkerNote[]> {
    const ids = await this.redis.srandmember(WORKERS, MOST_WORKERS);
    const texts = await Promise.all(ids.map((id) => this.redis.getrange(worker(id), 0, LONGEST_NOTE)));
    const silent = ids.filter((_, i) => texts[i] === "");
    if (silent.length > 0) await this.redis.srem(WORKERS, ...silent);
    return texts.flatMap((text) => readNote(text) ?? []);
  }

  async mark(): Promise<void> {
    await this.redis.set(MARK, MARKER);
  }

  /** A queue of ours has the marker; where Redis lost all, the next word of a worker brings it back. */
  async claim(queues: readonly string[]): Promise<void> {
    for (let patience = 5; ; patience--) {
      const marker = await this.redis.get(MARK);
      if (marker === MARKER) return;
      const found = await Promise.all(queues.map((name) => this.redis.exists(`${PREFIX}:${name}:meta`)));
      if (marker === null && !found.includes(1)) break;
      if (marker !== null || patience === 0) throw foreignError(this.name);
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    await this.mark();
  }

  isFull(error: unknown): boolean {
    return /^(ERR .*)?OOM |\bOOM command not allowed/.test((error as Error | undefined)?.message ?? "");
  }

  async concern(): Promise<string | undefined> {
    const info = await this.redis.info("memory");
    const [, policy = "noeviction"] = /maxmemory_policy:(\S+)/.exec(info) ?? [];
    const [, most = "0"] = /maxmemory:(\d+)/.exec(info) ?? [];
    if (policy === "noeviction" || most === "0") return undefined;
    return `${this.name} drops what it likes when it is full (maxmemory-policy ${policy}): it should be noeviction`;
  }

  onTrouble(listener: (isLost: boolean, why: string) => void): void {
    let why = "";
    this.redis.on("error", (error: Error) => (why = error.message));
    this.redis.on("close", () => !this.isClosed && listener(true, why || "the connection was closed"));
    this.redis.on("ready", () => listener(false, ""));
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.subscriber?.disconnect();
    this.redis.disconnect();
  }
}

/** What another try would meet too: no trust in the certificate, or a user who may not come in. */
function refusalOf(name: string, { message, code = "" }: Error & { code?: string }): RelumineError | undefined {
  const said = `${name} (${message})`;
  if (/^(ERR_TLS_CERT|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|CERT_)/.test(code)) {
    const hint = "The variable NODE_EXTRA_CA_CERTS names a file of certificates to be trusted, too";
    return new RelumineError("value", "queue", "to have a certificate that is trusted here", said, hint);
  }
  if (/^(WRONGPASS|NOAUTH|NOPERM|DENIED)/.test(message))
    return new RelumineError("value", "queue", "to let this user in", said);
  if (/^(ERR_SSL_|EPROTO$)/.test(code)) return new RelumineError("value", "queue", "to speak TLS", said);
  return undefined;
}

/** One that is just being started again is waited for; one that refuses permanently is not. */
function connected(redis: Redis, name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    redis.once("ready", () => resolve());
    redis.on("error", (error: Error) => {
      const refusal = refusalOf(name, error);
      if (refusal) reject(refusal);
    });
    redis.connect().catch(() => undefined); // of the first try alone
  });
}

/** A command that is not answered for so long will not be: the connection is dead, though nobody closed it. */
const SILENT_MILLISECONDS = 60_000;

/** @throws RelumineError "value" for one that does not answer, or is another program's; "unsupported" */
export async function openRedis(
  url: string,
  password: string | undefined,
  queues: readonly string[],
  silentMilliseconds = SILENT_MILLISECONDS,
): Promise<QueueStore> {
  const [bullmq, { Redis }] = await Promise.all([loadBullmq(), loadIoredis()]);
  const name = nameOf(url);
  let why = "no answer";
  const redis = new Redis(withPassword(url, password), {
    lazyConnect: true,
    connectTimeout: CONNECT_MILLISECONDS,
    keepAlive: 10_000,
    maxRetriesPerRequest: null,
    socketTimeout: silentMilliseconds,
    retryStrategy: (times) => Math.min(RECONNECT_MILLISECONDS, 50 * times),
    reconnectOnError: ({ message }) => (message.startsWith("READONLY") ? 2 : false), // now a copy; 2: and send it again
  });
  redis.on("error", (error: Error & { code?: string }) => {
    why = error.message || error.code || why;
  });
  try {
    await within(connected(redis, name), name);
    const store = new RedisStore(name, redis, bullmq);
    await within(store.claim(queues), name);
    return store;
  } catch (error) {
    redis.disconnect();
    throw error instanceof RelumineError && !(error instanceof LateError)
      ? error
      : (refusalOf(name, error as Error) ?? unreachableError(name, why));
  }
}
