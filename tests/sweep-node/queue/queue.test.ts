// Sweeps on a queue: many machines' results are one machine's, whoever asked before; what is not ours stays as it is.
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readdirSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import { createServer as createTcp, type AddressInfo } from "node:net";
import { join } from "node:path";
import { Queue } from "bullmq";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { memoryJournal, sweep, sweepBuild, type SweepOptions } from "../../../src/sweep.js";
import { loadBullmq, loadIoredis, loadPg } from "../../../src/sweep/queue/peers.js";
import { queueEngine, type QueueOptions, serveQueue } from "../../../src/sweep-queue.js";
import { expectError } from "../../support/errors.js";
import { newFolder } from "../../support/folder.js";
import { PATIENCE_MS } from "../../support/patience.js";
import { freePort, hasRedis, RedisServer } from "../../support/redis.js";
import { RIGHTS } from "./documented.js";
import { localResult, plain, planOf, rows, startMachine } from "./machines.js";

const onQueue = (url: string, plan = planOf(40), options: SweepOptions = {}, more: Partial<QueueOptions> = {}) =>
  sweep(plan, rows, { engine: queueEngine({ url, ...more }), ...options });

describe("a queue that is none", () => {
  // what the first of them would load is no part of the 5 seconds
  beforeAll(() => Promise.all([loadBullmq(), loadIoredis(), loadPg(), sweepBuild("fast"), sweepBuild("reproducible")]));

  // at the same time, as each of them waits for 5 seconds
  it.concurrent.each([
    ["redis", "nothing listens"],
    ["postgres", "nothing listens"],
    ["redis", "nothing answers"],
    ["postgres", "nothing answers"],
  ])("is refused within 5 seconds: %s, %s", async (kind, what) => {
    const silent = createTcp(() => undefined).listen(0, "127.0.0.1");
    await once(silent, "listening");
    const port = what === "nothing listens" ? await freePort() : (silent.address() as AddressInfo).port;
    const url = `${kind}://user:secret@127.0.0.1:${port}`;
    const started = performance.now();
    const tried = [onQueue(url), serveQueue({ url })].map((act) => expectError(act, "value", "queue"));
    for (const { message } of await Promise.all(tried)) {
      expect(message).toContain(`127.0.0.1:${port}`);
      expect(message).not.toContain("secret");
    }
    expect(performance.now() - started).toBeLessThan(6000);
    silent.close();
  });

  it.each(["", "http://127.0.0.1", "redis://", "127.0.0.1:6379", 5, undefined])("is refused: %s", async (url) => {
    await expectError(() => queueEngine({ url: url as string }), "value", "queue");
    await expectError(serveQueue({ url: url as string }), "value", "queue");
  });
});

describe.skipIf(!hasRedis)("a sweep on a queue", () => {
  let redis: RedisServer;
  let machines: Awaited<ReturnType<typeof startMachine>>[] = [];
  beforeAll(async () => {
    redis = await RedisServer.start();
    machines = await Promise.all([1, 2, 3].map(() => startMachine(redis.url)));
  });
  afterAll(async () => {
    await Promise.all(machines.map((machine) => machine.kill()));
    await redis.stop();
  });

  it("gives what one machine gives, to the bit: 1000 trials by three processes", async () => {
    const plan = planOf(1000);
    const heard: string[] = [];
    const result = await onQueue(redis.url, plan, { onTrial: ({ id }) => heard.push(id) });
    expect(plain(result)).toEqual(await localResult(plan));
    expect([heard.length, new Set(heard).size]).toEqual([1000, 1000]);
    const jobs = Number(redis.command("zcard", `relumine:trials-${result.build}:completed`));
    expect(jobs).toBe(1000);
    expect(redis.command("xlen", `relumine:trials-${result.build}:events`).length).toBeLessThan(4);
  });

  it("takes results that are there: a caller that was lost without a journal loses nothing", async () => {
    const plan = planOf(60);
    const stop = new AbortController();
    const first = await onQueue(redis.url, plan, {
      signal: stop.signal,
      onProgress: ({ done }) => done === 20 && stop.abort(),
    });
    expect(first.stopped).toBe("aborted");
    const second = await onQueue(redis.url, plan);
    const once = await onQueue(redis.url, plan);
    expect(plain(second)).toEqual(await localResult(plan));
    expect(once.trials.map(({ seconds }) => seconds)).toEqual(second.trials.map(({ seconds }) => seconds));
  });

  it("serves two sweeps that share trials", async () => {
    const [few, many] = [planOf(80, 3), { ...planOf(80, 3), repeats: 10 }];
    const [a, b] = await Promise.all([onQueue(redis.url, few), onQueue(redis.url, many)]);
    expect(plain(a)).toEqual(await localResult(few));
    expect(plain(b)).toEqual(await localResult(many));
  });

  it("halves as one machine does", async () => {
    const plan = { ...planOf(100, 9), stop: { factor: 3 } };
    expect(plain(await onQueue(redis.url, plan))).toEqual(await localResult(plan));
  });

  it("is reproducible by default, and keeps a journal", async () => {
    const { arithmetic: _arithmetic, ...plan } = planOf(40, 4);
    const journal = memoryJournal();
    const result = await onQueue(redis.url, plan, { journal });
    expect(result.build).toBe(await sweepBuild("reproducible"));
    const again = await onQueue(redis.url, plan, { journal });
    expect(again.trials.every(({ resumed }) => resumed)).toBe(true);
  });

  it("keeps results under 4 KB and rows out of the jobs", async () => {
    const deep = Array.from({ length: 900 }, () => ({ units: 1 }));
    const plan = {
      base: { spec: { inputs: 2, layers: [...deep, { units: 3 }], loss: "crossEntropy" as const }, fit: { epochs: 1 } },
      axes: { learningRate: [0.1, 0.2] },
      arithmetic: "reproducible" as const,
    };
    const result = await onQueue(redis.url, plan);
    expect(plain(result)).toEqual(await localResult(plan));
    const [{ id, dead }] = result.trials;
    expect(dead).toHaveLength(900);
    expect(redis.command("hget", `relumine:trials-${result.build}:${id}`, "returnvalue").length).toBeLessThan(4096);
    expect(redis.command("hget", `relumine:trials-${result.build}:${id}`, "data")).toContain(result.data);
  });

  it("forgets results at once if it is told to", async () => {
    const plan = planOf(20, 5);
    const { build, trials } = await onQueue(redis.url, plan, {}, { keepSeconds: 0 });
    expect(redis.command("exists", ...trials.map(({ id }) => `relumine:trials-${build}:${id}`))).toBe("0");
  });

  it("is stopped long before its trials would end, those that train too", async () => {
    const stop = new AbortController();
    const plan = planOf(20, 100_000);
    const running = onQueue(redis.url, plan, { signal: stop.signal });
    const build = await sweepBuild("reproducible");
    const active = () => Number(redis.command("llen", `relumine:trials-${build}:active`));
    while (active() < 3) await new Promise((resolve) => setTimeout(resolve, 50));
    stop.abort();
    const started = performance.now();
    expect((await running).stopped).toBe("aborted");
    while (active() > 0) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(performance.now() - started).toBeLessThan(PATIENCE_MS / 4); // each of them takes minutes
    expect(redis.command("llen", `relumine:trials-${build}:wait`)).toBe("0");
    expect(plain(await onQueue(redis.url, planOf(20)))).toEqual(await localResult(planOf(20))); // the workers go on
  });

  it("stops trials that the queue has before the caller hears of it", async () => {
    const plan = planOf(20, 1_000_000); // minutes each
    const stop = new AbortController();
    const running = onQueue(redis.url, plan, { signal: stop.signal });
    const key = `relumine:trials-${await sweepBuild("reproducible")}`;
    const count = (list: string) => Number(redis.command("llen", `${key}:${list}`));
    while (count("active") + count("wait") === 0) await new Promise((resolve) => setImmediate(resolve));
    stop.abort(); // no turn of the loop, in which the answer could have come, lies between
    expect((await running).trials).toEqual([]);
    while (count("active") > 0) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(count("wait")).toBe(0);
  });

  it("tells of progress, once a second", async () => {
    const stop = new AbortController();
    const running = onQueue(redis.url, planOf(10, 200_000), { signal: stop.signal });
    const build = await sweepBuild("reproducible");
    let seen: string | undefined;
    for (let round = 0; !seen && round < 200; round++) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      const id = redis.command("lindex", `relumine:trials-${build}:active`, "0");
      if (id !== "") seen = redis.command("hget", `relumine:trials-${build}:${id}`, "progress") || undefined;
    }
    expect(JSON.parse(seen!)).toEqual({ seconds: expect.any(Number), host: expect.any(String) });
    stop.abort();
    await running;
  });

  it("hands back what a worker that is asked to end has no time for", async () => {
    const other = await RedisServer.start();
    const machine = await startMachine(other.url, "--grace", "0.2");
    const running = onQueue(other.url, planOf(10, 2000));
    const build = await sweepBuild("reproducible");
    while (other.command("llen", `relumine:trials-${build}:active`) !== "1")
      await new Promise((resolve) => setTimeout(resolve, 20));
    const started = performance.now();
    expect(await machine.end()).toBe(0);
    expect(performance.now() - started).toBeLessThan(3000);
    expect(machine.said()).toMatch(/trials? done/);
    expect(other.command("llen", `relumine:trials-${build}:active`)).toBe("0");
    const next = await startMachine(other.url, "--threads", "2"); // and another goes on, without waiting for a lock
    expect(plain(await running)).toEqual(await localResult(planOf(10, 2000)));
    await next.kill();
    await other.stop();
  });

  it("gets rows from a folder or an URL that workers allow, whole or not at all", async () => {
    const other = await RedisServer.start();
    const [shared, secret] = [newFolder("shared"), newFolder("secret")];
    const kept = new Map<string, Buffer>();
    const web = createServer((request, response) => {
      const path = request.url!;
      if (request.method === "PUT") void takeBody(request).then((body) => void (kept.set(path, body), response.end()));
      else response.writeHead(kept.has(path) ? 200 : 404).end(request.method === "GET" ? kept.get(path) : undefined);
    }).listen(0, "127.0.0.1");
    await once(web, "listening");
    const address = `http://127.0.0.1:${(web.address() as AddressInfo).port}`;
    const machine = await startMachine(other.url, "--allow", shared, "--allow", `${address}/rows`);
    const local = await localResult(planOf(20));
    const share = (place: string, epochs = 2) => onQueue(other.url, planOf(20, epochs), {}, { share: place });
    const result = await share(shared);
    expect(plain(result)).toEqual(local);
    expect(readdirSync(shared).filter((name) => name !== "package.json")).toEqual([`${result.data}.safetensors`]);
    expect(other.command("exists", `relumine:blob:${result.data}`)).toBe("0");
    other.command("flushall");
    await machine.kill();
    const fresh = await startMachine(other.url, "--allow", shared, "--allow", `${address}/rows`);
    expect(plain(await share(`${address}/rows`))).toEqual(local);
    expect([...kept.keys()]).toEqual([`/rows/${result.data}.safetensors`]);
    await fresh.kill();

    const strict = await startMachine(other.url, "--allow", shared, "--allow", `${address}/rows`);
    for (const place of [secret, join(shared, "..", "elsewhere"), `${address}/rowsmore`, `${address}/rows/../other`])
      await expectError(share(place, 3), "unsupported", "queue");
    writeFileSync(join(shared, `${result.data}.safetensors`), "others");
    await expectError(share(shared, 4), "unsupported", "queue"); // what is not what its name says
    await strict.kill();
    web.close();
    await other.stop();
  });

  it("survives hostile jobs, each of which fails with a code", async () => {
    const build = await sweepBuild("reproducible");
    const { trials, data } = await onQueue(redis.url, planOf(20));
    const redisClient = new Redis(redis.url, { maxRetriesPerRequest: null });
    const queue = new Queue(`trials-${build}`, { connection: redisClient as never, prefix: "relumine" });
    const good = (await queue.getJob(trials[0].id))!.data as Record<string, unknown> & { task: { settings: object } };
    const sorted = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(sorted);
      if (typeof value !== "object" || value === null) return value;
      return Object.fromEntries(
        Object.entries(value)
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([name, each]) => [name, sorted(each)]),
      );
    };
    const idOf = (job: Record<string, unknown>) =>
      createHash("sha256")
        .update(JSON.stringify(sorted({ trial: job.task, data: job.data, build: job.build })))
        .digest("hex");
    expect(idOf(good)).toBe(trials[0].id);
    const task = (change: object) => ({ ...good, task: { ...good.task, ...change } });
    const settings = (change: object) => task({ settings: { ...good.task.settings, ...change } });
    const layers = (units: unknown) => ({ spec: { ...(good.task.settings as { spec: object }).spec, layers: units } });
    const withSeed = (job: typeof good, seed: number) =>
      Array.isArray(job.task) ? job : { ...job, task: { ...job.task, seed } };
    const deep = JSON.parse(`${"[".repeat(500)}${"]".repeat(500)}`) as unknown;
    const hostile: [string, unknown, string][] = [
      ["nothing", null, "format"],
      ["text", "rm -rf", "format"],
      ["code", { ...good, code: "process.exit()" }, "format"],
      ["a prototype", JSON.parse(`{"__proto__": {"x": 1}, "relumine": 1}`), "format"],
      ["a deep one", { ...good, task: deep }, "format"],
      ["another version", { ...good, relumine: 2 }, "format"],
      ["no hash", { ...good, data: "../../etc/passwd" }, "format"],
      ["another build", { ...good, build: "0000-strict" }, "unsupported"],
      ["rows that are nowhere", { ...good, data: "0".repeat(64) }, "data"],
      ["rows of a place that is not allowed", { ...good, place: "/etc", data: "0".repeat(64) }, "unsupported"],
      ["an unknown field", task({ hook: "x" }), "format"],
      ["an unknown setting", settings({ require: "fs" }), "format"],
      ["no layers", settings(layers([])), ""],
      ["layers that are none", settings(layers(7)), ""],
      ["a spec that is null", settings({ spec: null }), ""],
      ["an optimizer that is none", settings({ optimizer: { name: "__proto__", options: {} } }), ""],
      ["a callback that is none", settings({ callbacks: [{ name: "constructor", options: {} }] }), ""],
      ["wrong shapes", settings({ spec: { inputs: 3, layers: [{ units: 3 }], loss: "crossEntropy" } }), ""],
      ["a giant", settings(layers([{ units: 2 ** 30 }, { units: 3 }])), ""],
      ["negative epochs", task({ epochs: -1 }), "format"],
      ["half an epoch", task({ epochs: 0.5 }), "format"],
    ];
    for (const [index, [name, given, code]] of hostile.entries()) {
      const isJob = typeof given === "object" && given !== null && "data" in given;
      const job = isJob ? withSeed(given as unknown as typeof good, 1000 + index) : given;
      const jobId = isJob ? idOf(job as Record<string, unknown>) : createHash("sha256").update(name).digest("hex");
      await queue.add("trial", job, { jobId });
      let done = await queue.getJob(jobId);
      while (!done?.finishedOn) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        done = await queue.getJob(jobId);
      }
      const value = done.returnvalue as { figures?: { failed?: { code: string } } } | null;
      const said = done.failedReason ?? value?.figures?.failed?.code;
      expect(said, name).toBeTruthy(); // a task that a network refuses has a failure among its figures
      if (code !== "") expect(done.failedReason, name).toMatch(new RegExp(`^${code}: `));
      else expect(said, name).toMatch(/^(shape|value|memory|format|unsupported|fault)/);
    }
    const other = { ...trials[1] };
    await queue.remove(other.id);
    await queue.add("trial", good, { jobId: other.id }); // a result under another trial's name
    let poisoned = await queue.getJob(other.id);
    while (!poisoned?.finishedOn) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      poisoned = await queue.getJob(other.id);
    }
    expect(poisoned.failedReason).toMatch(/^format: /);
    redis.command("hset", `relumine:trials-${build}:${trials[2].id}`, "returnvalue", `{"relumine":1,"host":5}`);
    expect(plain(await onQueue(redis.url, planOf(20)))).toEqual(await localResult(planOf(20)));
    expect(machines.map(({ child }) => child.exitCode)).toEqual([null, null, null]);
    expect(data).toMatch(/^[\da-f]{64}$/);
    await queue.close();
    redisClient.disconnect();
  });

  it("leaves another program's queue of the same name as it is", async () => {
    const other = await RedisServer.start();
    const client = new Redis(other.url, { maxRetriesPerRequest: null });
    const build = await sweepBuild("reproducible");
    const queue = new Queue(`trials-${build}`, { connection: client as never, prefix: "relumine" });
    await queue.add("mail", { to: "somebody" });
    const before = other.command("--scan");
    await expectError(onQueue(other.url), "value", "queue");
    await expectError(serveQueue({ url: other.url }), "value", "queue");
    expect(other.command("--scan").split("\n").sort()).toEqual(before.split("\n").sort());
    expect(await queue.getWaitingCount()).toBe(1);
    await queue.close();
    client.disconnect();
    await other.stop();
  });

  it("tells that no worker is there, and that those that are give other bits", async () => {
    const other = await RedisServer.start();
    const stop = new AbortController();
    const notices: string[] = [];
    const options = { onNotice: (notice: string) => notices.push(notice) };
    const running = onQueue(other.url, planOf(20), { signal: stop.signal }, options);
    const until = async (what: RegExp) => {
      while (!what.test(notices.join("\n"))) await new Promise((resolve) => setTimeout(resolve, 50));
    };
    await until(/no worker is there/);
    const note = { id: "x", host: "old-machine", threads: 1, builds: ["1234-strict"] };
    other.command("set", "relumine:worker:x", JSON.stringify(note));
    other.command("sadd", "relumine:workers", "x");
    stop.abort();
    await running;
    const again = new AbortController();
    const second = onQueue(other.url, planOf(20), { signal: again.signal }, options);
    await until(/old-machine.*other bits/);
    again.abort();
    await second;
    await other.stop();
  });

  it("works for a user that may do this alone", async () => {
    const other = await RedisServer.start();
    const said = other.command("acl", "setuser", "relumine", "on", ">secret", "resetkeys", ...RIGHTS);
    expect(said).toBe("OK");
    other.command("acl", "setuser", "default", "off");
    const url = `redis://relumine@127.0.0.1:${other.port}`;
    const stop = new AbortController();
    const served = serveQueue({ url, password: "secret", threads: 1, signal: stop.signal, cache: newFolder("cache") });
    const result = await onQueue(url, planOf(20), {}, { password: "secret" });
    expect(plain(result)).toEqual(await localResult(planOf(20)));
    const soon = await onQueue(url, planOf(20, 3), {}, { password: "secret", keepSeconds: 0 });
    expect(plain(soon)).toEqual(await localResult(planOf(20, 3)));
    const end = new AbortController();
    const long = onQueue(url, planOf(20, 100_000), { signal: end.signal }, { password: "secret" });
    setTimeout(() => end.abort(), 500);
    expect((await long).stopped).toBe("aborted");
    expect(plain(await onQueue(url, planOf(10), {}, { password: "secret" }))).toEqual(await localResult(planOf(10)));
    stop.abort();
    await served;
    const error = await expectError(onQueue(url, planOf(20), {}, { password: "wrong" }), "value", "queue");
    expect(error.message).not.toContain("wrong");
    await other.stop();
  });
});

function takeBody(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  request.on("data", (part: Buffer) => parts.push(part));
  return once(request, "end").then(() => Buffer.concat(parts));
}
