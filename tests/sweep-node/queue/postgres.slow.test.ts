// The same on PostgreSQL, by BullMQ's own backend; left out where Debian's PostgreSQL is not there.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sweep } from "../../../src/sweep.js";
import { queueEngine } from "../../../src/sweep-queue.js";
import { openStore } from "../../../src/sweep/queue/open-store.js";
import { expectError } from "../../support/errors.js";
import { newFolder } from "../../support/folder.js";
import { freePort } from "../../support/redis.js";
import { localResult, plain, planOf, rows, startMachine } from "./machines.js";

const ROOT = "/usr/lib/postgresql";
const folders = (() => {
  try {
    return readdirSync(ROOT);
  } catch {
    return [];
  }
})();
const bin = folders.length > 0 ? join(ROOT, folders.sort().at(-1)!, "bin") : undefined;

/** PostgreSQL does not run as root. */
const user = (() => {
  if (process.getuid?.() !== 0) return {};
  const [, , uid, gid] = spawnSync("getent", ["passwd", "postgres"], { encoding: "utf8" }).stdout.split(":");
  return { uid: Number(uid), gid: Number(gid) };
})();

describe.skipIf(!bin)("a sweep on PostgreSQL", () => {
  let server: ChildProcess;
  let url: string;

  beforeAll(async () => {
    const folder = newFolder("postgres");
    chmodSync(folder, 0o755);
    const data = join(folder, "data");
    mkdirSync(data, { mode: 0o700 });
    if (user.uid !== undefined) chownSync(data, user.uid, user.gid);
    const made = spawnSync(join(bin!, "initdb"), ["-D", data, "-A", "trust", "-U", "relumine", "--no-sync"], user);
    expect(made.status, String(made.stderr)).toBe(0);
    const port = await freePort();
    const args = ["-D", data, "-p", `${port}`, "-h", "127.0.0.1", "-k", data, "-F"];
    server = spawn(join(bin!, "postgres"), args, { ...user, stdio: "ignore" });
    url = `postgres://relumine@127.0.0.1:${port}/postgres`;
    const isReady = () => spawnSync(join(bin!, "pg_isready"), ["-h", "127.0.0.1", "-p", `${port}`]).status === 0;
    while (!isReady()) await new Promise((resolve) => setTimeout(resolve, 100));
  });

  afterAll(async () => {
    server.kill("SIGINT");
    await once(server, "exit");
  });

  it("gives what one machine gives, to the bit, also where a worker is killed, and is stopped", async () => {
    const plan = planOf(100, 4);
    const machines = await Promise.all([1, 2].map(() => startMachine(url, "--lock", "1")));
    const running = sweep(plan, rows, { engine: queueEngine({ url }) });
    setTimeout(() => void machines[0].kill(), 500);
    expect(plain(await running)).toEqual(await localResult(plan));
    const stop = new AbortController();
    const long = sweep(planOf(20, 100_000), rows, { engine: queueEngine({ url }), signal: stop.signal });
    setTimeout(() => stop.abort(), 2000);
    expect((await long).stopped).toBe("aborted");
    expect(plain(await sweep(planOf(20), rows, { engine: queueEngine({ url }) }))).toEqual(
      await localResult(planOf(20)),
    );
    expect(await machines[1].end()).toBe(0);
  });

  it("believes no size, and hears messages again after its connection was ended", async () => {
    const store = await openStore({ url }, []);
    const name = "a".repeat(64);
    await store.put(name, new Uint8Array(1000).fill(7), 100);
    expect(await store.get(name, 1000)).toEqual(Buffer.alloc(1000, 7));
    await expectError(store.get(name, 999), "memory", `the file ${name.slice(0, 12)}`);
    const client = new Client({ connectionString: url });
    await client.connect();
    await client.query("UPDATE relumine_sweep.blobs SET of = 1000000 WHERE name = $1", [name]);
    await expectError(store.get(name, 2 ** 31), "memory", `the file ${name.slice(0, 12)}`);
    await client.query("INSERT INTO relumine_sweep.workers VALUES ('x', $1, now() + interval '1 hour')", [
      JSON.stringify({ id: "x", host: "h".repeat(10_000), threads: 1, builds: [] }),
    ]);
    expect((await store.workers()).map(({ id }) => id)).not.toContain("x");
    const heard: string[] = [];
    await store.subscribe((text) => void heard.push(text));
    await client.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN relumine%'");
    for (let round = 0; heard.length === 0 && round < 100; round++) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      await store.publish("[]");
    }
    expect(heard[0]).toBe("[]");
    await client.end();
    await store.close();
  });
});
