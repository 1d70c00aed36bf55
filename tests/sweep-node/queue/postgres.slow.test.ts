// The same on PostgreSQL, by BullMQ's own backend; left out where Debian's PostgreSQL is not there.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sweep } from "../../../src/sweep.js";
import { queueEngine } from "../../../src/sweep-queue.js";
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
});
