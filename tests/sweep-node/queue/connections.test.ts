// Connections that are dead though nobody closed them, a Redis that became another's copy, a disk that is full.
import { existsSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { sweep } from "../../../src/sweep.js";
import { queueEngine, serveQueue } from "../../../src/sweep-queue.js";
import { FileCache, hashOf, readNamed } from "../../../src/sweep/queue/files.js";
import { openRedis } from "../../../src/sweep/queue/redis-store.js";
import { expectError } from "../../support/errors.js";
import { newFolder } from "../../support/folder.js";
import { freePort, hasRedis, RedisServer } from "../../support/redis.js";
import { startProxy } from "../../support/tcp-proxy.js";
import { localResult, plain, planOf, rows } from "./machines.js";

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe.skipIf(!hasRedis)("a connection", () => {
  it("that is silent is given up, and made anew", async () => {
    const redis = await RedisServer.start();
    const proxy = await startProxy(redis.port);
    const store = await openRedis(`redis://127.0.0.1:${proxy.port}`, undefined, [], 500);
    const lost: boolean[] = [];
    store.onTrouble((isLost) => lost.push(isLost));
    await store.put("a", new Uint8Array(10), 100);
    await sleep(1500); // one that has nothing to say is no dead one
    expect(lost).toEqual([]);
    proxy.freeze();
    const started = performance.now();
    expect(await store.get("a", 10)).toHaveLength(10);
    expect(performance.now() - started).toBeGreaterThan(400);
    expect(lost).toEqual([true, false]);
    await store.close();
    proxy.close();
    await redis.stop();
  });

  it("to a Redis that became another's copy is waited for, and made anew", async () => {
    const redis = await RedisServer.start();
    const stop = new AbortController();
    const url = redis.url;
    const served = serveQueue({ url, threads: 1, cache: newFolder("cache"), signal: stop.signal, graceSeconds: 1 });
    const plan = planOf(100, 6);
    const heard: string[] = [];
    const running = sweep(plan, rows, { engine: queueEngine({ url }), onTrial: ({ id }) => void heard.push(id) });
    while (heard.length < 5) await sleep(10);
    const connections = () => Number(/total_connections_received:(\d+)/.exec(redis.command("info", "stats"))![1]);
    const before = connections();
    redis.command("replicaof", "127.0.0.1", `${await freePort()}`);
    await sleep(1500);
    expect(heard.length).toBeLessThan(100);
    redis.command("replicaof", "no", "one");
    expect(plain(await running)).toEqual(await localResult(plan));
    expect(new Set(heard).size).toBe(heard.length);
    expect(connections()).toBeGreaterThan(before + 3); // besides those of redis-cli
    stop.abort();
    await served;
    await redis.stop();
  });
});

describe("rows that a worker keeps", () => {
  const bytes = (length: number, value: number) => new Uint8Array(length).fill(value);

  it("are fetched again where there is no room for them", async () => {
    const folder = newFolder("cache");
    const place = join(folder, "no-folder");
    writeFileSync(place, "");
    const cache = new FileCache(join(place, "below"), 1000);
    const name = hashOf(bytes(10, 1));
    await cache.put(name, bytes(10, 1));
    expect(await cache.get(name)).toBe(undefined);
  });

  it("go when there are too many, those that were left half written too", async () => {
    const folder = newFolder("cache");
    const cache = new FileCache(folder, 1000);
    const old = join(folder, `${"a".repeat(64)}.safetensors.host-x.tmp`);
    const fresh = join(folder, `${"b".repeat(64)}.safetensors.host-y.tmp`);
    const other = join(folder, "other.tmp");
    for (const path of [old, fresh, other]) writeFileSync(path, "x");
    for (const path of [old, other]) utimesSync(path, new Date(0), new Date(0));
    const names = Array.from({ length: 6 }, (_, i) => hashOf(bytes(900, i)));
    for (const [i, name] of names.entries()) {
      await cache.put(name, bytes(900, i));
      utimesSync(join(folder, `${name}.safetensors`), new Date(1000 * i), new Date(1000 * i));
    }
    expect([old, fresh, other].map((path) => existsSync(path))).toEqual([false, true, true]);
    expect(readdirSync(folder).filter((name) => name.endsWith(".safetensors"))).toHaveLength(4);
    expect(await cache.get(names[5])).toHaveLength(900);
    expect(await cache.get(names[0])).toBe(undefined);
  });

  it("are no file that is larger than any, no pipe, and none of other content", async () => {
    const folder = newFolder("cache");
    const cache = new FileCache(folder, 1000);
    const name = hashOf(bytes(2000, 1));
    writeFileSync(join(folder, `${name}.safetensors`), bytes(2000, 1));
    expect(await cache.get(name)).toBe(undefined);
    await expectError(readNamed(folder, name, 1000), "memory", `the file ${name.slice(0, 12)}`);
    const another = hashOf(bytes(5, 1));
    writeFileSync(join(folder, `${another}.safetensors`), "other");
    expect(await cache.get(another)).toBe(undefined);
    const pipe = hashOf(bytes(5, 2));
    const { spawnSync } = await import("node:child_process");
    if (spawnSync("mkfifo", [join(folder, `${pipe}.safetensors`)]).status !== 0) return;
    expect(await cache.get(pipe)).toBe(undefined);
    await expectError(readNamed(folder, pipe, 1000), "format", join(folder, `${pipe}.safetensors`));
  });
});
