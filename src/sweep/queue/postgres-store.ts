// A queue in PostgreSQL, by BullMQ's own backend; in the schema relumine, beside which relumine_sweep keeps the rest:
//   blobs (name, piece, of, bytes, until)   pieces; workers (id, note, until); marker (text)
import type { Processor } from "bullmq";
import type { Client, Pool } from "pg";
import { type Bullmq, BullmqStore, cutBytes, nameOf, PIECE, withPassword, workerOptions } from "./bullmq-store.js";
import { loadBullmq, loadPg } from "./peers.js";
import {
  checkBytes,
  CONNECT_MILLISECONDS,
  type ConsumerOptions,
  foreignError,
  LONGEST_NOTE,
  MARKER,
  MOST_WORKERS,
  type QueueStore,
  readNote,
  RECONNECT_MILLISECONDS,
  SILENT_SECONDS,
  unreachableError,
  within,
  type WorkerNote,
} from "./store.js";
import { RelumineError } from "../../core/errors.js";

const CHANNEL = "relumine_cancel";
const SCHEMA = "relumine";
const TABLES = `
  CREATE SCHEMA IF NOT EXISTS relumine_sweep;
  CREATE TABLE IF NOT EXISTS relumine_sweep.marker (text text PRIMARY KEY);
  CREATE TABLE IF NOT EXISTS relumine_sweep.blobs (name text, piece int, of int, bytes bytea, until timestamptz,
    PRIMARY KEY (name, piece));
  CREATE TABLE IF NOT EXISTS relumine_sweep.workers (id text PRIMARY KEY, note text, until timestamptz);`;
/** Two that come at once would both make the tables. */
const LOCK = 0x72656c75;

class PostgresStore extends BullmqStore implements QueueStore {
  private listener: Client | undefined;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private isClosed = false;

  constructor(
    readonly name: string,
    private readonly options: { connectionString: string },
    private readonly pool: Pool,
    bullmq: Bullmq,
    private readonly connect: () => Client,
  ) {
    super(bullmq);
  }

  private get connection() {
    return { ...this.options, schema: SCHEMA, migrate: true } as never;
  }

  openQueue(name: string) {
    const { Queue, createPostgresBackend } = this.bullmq;
    return new Queue(name, { connection: this.connection }, createPostgresBackend as never) as never;
  }

  openWorker(name: string, process: Processor, consumer: ConsumerOptions) {
    const { Worker, createPostgresBackend } = this.bullmq;
    const options = { connection: this.connection, ...workerOptions(consumer) };
    return new Worker(name, process, options, createPostgresBackend as never) as never;
  }

  async put(name: string, bytes: Uint8Array, seconds: number): Promise<void> {
    await this.pool.query("DELETE FROM relumine_sweep.blobs WHERE until < now()");
    const parts = cutBytes(bytes);
    for (const [index, part] of parts.entries())
      await this.pool.query(
        `INSERT INTO relumine_sweep.blobs VALUES ($1, $2, $3, $4, now() + $5 * interval '1 second')
         ON CONFLICT (name, piece) DO UPDATE SET bytes = excluded.bytes, until = excluded.until`,
        [name, index, parts.length, part, seconds],
      );
  }

  async get(name: string, mostBytes: number): Promise<Uint8Array | undefined> {
    const parts: Buffer[] = [];
    let size = 0;
    for (let of = 1; parts.length < of;) {
      const { rows } = await this.pool.query(
        "SELECT substring(bytes FROM 1 FOR $3) AS bytes, of FROM relumine_sweep.blobs WHERE name = $1 AND piece = $2",
        [name, parts.length, PIECE],
      );
      if (rows.length === 0) return undefined;
      of = Number(rows[0].of);
      parts.push(rows[0].bytes as Buffer);
      size += parts.at(-1)!.length;
      checkBytes(name, Math.max(size, (of - 1) * PIECE), mostBytes);
    }
    return Buffer.concat(parts);
  }

  async renew(name: string, seconds: number): Promise<boolean> {
    const { rows } = await this.pool.query(
      `UPDATE relumine_sweep.blobs SET until = now() + $2 * interval '1 second' WHERE name = $1 RETURNING of`,
      [name, seconds],
    );
    return rows.length > 0 && rows.length === Number(rows[0].of);
  }

  async publish(text: string): Promise<void> {
    await this.pool.query("SELECT pg_notify($1, $2)", [CHANNEL, text]);
  }

  async subscribe(listener: (text: string) => void): Promise<void> {
    const client = this.connect();
    this.listener = client;
    client.on("error", () => this.listener === client && this.subscribeLater(listener));
    client.on("notification", ({ payload }) => listener(payload ?? ""));
    await client.connect();
    await client.query(`LISTEN ${CHANNEL}`);
  }

  /** Until it succeeds, or the store is closed. */
  private subscribeLater(listener: (text: string) => void): void {
    void this.listener?.end().catch(() => undefined);
    this.listener = undefined;
    clearTimeout(this.retry);
    this.retry = setTimeout(() => {
      if (!this.isClosed) void this.subscribe(listener).catch(() => this.subscribeLater(listener));
    }, RECONNECT_MILLISECONDS);
  }

  async announce(note: WorkerNote): Promise<void> {
    await this.pool.query(
      `INSERT INTO relumine_sweep.workers VALUES ($1, $2, now() + $3 * interval '1 second')
       ON CONFLICT (id) DO UPDATE SET note = excluded.note, until = excluded.until`,
      [note.id, JSON.stringify(note), SILENT_SECONDS],
    );
  }

  async withdraw(id: string): Promise<void> {
    await this.pool.query("DELETE FROM relumine_sweep.workers WHERE id = $1 OR until < now()", [id]);
  }

  async workers(): Promise<WorkerNote[]> {
    const { rows } = await this.pool.query(
      "SELECT left(note, $1) AS note FROM relumine_sweep.workers WHERE until > now() LIMIT $2",
      [LONGEST_NOTE + 1, MOST_WORKERS],
    );
    return rows.flatMap(({ note }) => readNote(String(note)) ?? []);
  }

  async mark(): Promise<void> {
    await this.pool.query("INSERT INTO relumine_sweep.marker VALUES ($1) ON CONFLICT DO NOTHING", [MARKER]);
  }

  /** The schemas are ours if the marker is there, or if they are not. */
  async claim(): Promise<void> {
    const { rows } = await this.pool.query(
      "SELECT nspname FROM pg_namespace WHERE nspname IN ('relumine', 'relumine_sweep')",
    );
    const { rows: tables } = await this.pool.query("SELECT to_regclass('relumine_sweep.marker') AS name");
    const isMarked = tables[0].name !== null;
    if (rows.length > 0 && !isMarked) throw foreignError(this.name);
    await this.pool.query(`BEGIN; SELECT pg_advisory_xact_lock(${LOCK}); ${TABLES} COMMIT;`);
    await this.mark();
  }

  isFull(error: unknown): boolean {
    return ["53100", "53200", "53300"].includes((error as { code?: string } | undefined)?.code ?? "");
  }

  async concern(): Promise<string | undefined> {
    return undefined;
  }

  onTrouble(listener: (isLost: boolean, why: string) => void): void {
    this.pool.on("error", (error) => listener(true, error.message));
  }

  async close(): Promise<void> {
    const { listener } = this;
    this.isClosed = true;
    clearTimeout(this.retry);
    this.listener = undefined;
    await Promise.allSettled([listener?.end(), this.pool.end()]);
  }
}

/** @throws RelumineError "value" for one that does not answer, or is another program's; "unsupported" */
export async function openPostgres(url: string, password: string | undefined): Promise<QueueStore> {
  const [bullmq, { default: pg }] = await Promise.all([loadBullmq(), loadPg()]);
  const name = nameOf(url);
  const options = {
    connectionString: withPassword(url, password),
    connectionTimeoutMillis: CONNECT_MILLISECONDS,
    keepAlive: true,
  };
  const pool = new pg.Pool({ ...options, max: 4 });
  pool.on("error", () => undefined);
  try {
    const store = new PostgresStore(name, options, pool, bullmq, () => new pg.Client(options));
    await within(store.claim(), name);
    return store;
  } catch (error) {
    void pool.end().catch(() => undefined);
    throw error instanceof RelumineError ? error : unreachableError(name, (error as Error).message);
  }
}
