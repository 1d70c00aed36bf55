// Who can write to the queue: sizes that are lies, files under other names, jobs and notes that are none, floods.
// Callers and workers go on, hold little, and show no escape codes.
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { Queue } from "bullmq";
import { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { sweep, sweepBuild, type SweepEngine, type SweepOptions } from "../../../src/sweep.js";
import { queueEngine, type QueueOptions, serveQueue, type ServeOptions } from "../../../src/sweep-queue.js";
import { openStore } from "../../../src/sweep/queue/open-store.js";
import type { QueueStore } from "../../../src/sweep/queue/store.js";
import { expectError } from "../../support/errors.js";
import { newFolder } from "../../support/folder.js";
import { hasRedis, RedisServer } from "../../support/redis.js";
import { localResult, plain, planOf, rows, startMachine } from "./machines.js";

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe.skipIf(!hasRedis)("a queue into which others write", () => {
  let redis: RedisServer;
  let store: QueueStore;
  let build: string;
  beforeAll(async () => {
    redis = await RedisServer.start();
    build = await sweepBuild("reproducible");
  });
  beforeEach(async () => {
    await store?.close();
    redis.command("flushall");
    store = await openStore({ url: redis.url }, []);
  });
  afterAll(async () => {
    await store.close();
    await redis.stop();
  });

  const onQueue = (plan = planOf(20), options: SweepOptions = {}, more: Partial<QueueOptions> = {}) =>
    sweep(plan, rows, { engine: queueEngine({ url: redis.url, ...more }), ...options });

  /** A worker in this process, while something is done. */
  async function served<T>(act: (said: string[]) => Promise<T>, options: Partial<ServeOptions> = {}): Promise<T> {
    const stop = new AbortController();
    const said: string[] = [];
    const all = { url: redis.url, threads: 1, cache: newFolder("cache"), graceSeconds: 0.1, ...options };
    let running: Promise<void> | undefined;
    await new Promise<void>((resolve) => {
      running = serveQueue({
        ...all,
        signal: stop.signal,
        onReady: () => resolve(),
        onTrial: ({ failed }) => failed !== undefined && said.push(failed),
      });
    });
    try {
      return await act(said);
    } finally {
      stop.abort();
      await running; // lest it take what is put there for the next one
    }
  }

  it("believes no size: what is too much is refused before it is fetched", async () => {
    const name = "a".repeat(64);
    await store.put(name, new Uint8Array(1000).fill(7), 100);
    expect(await store.get(name, 1000)).toEqual(Buffer.alloc(1000, 7));
    await expectError(store.get(name, 999), "memory", `the file ${name.slice(0, 12)}`);
    for (const lie of ["9007199254740991", "999999999999999", "1e308", "-5", "0x10", "many", "9".repeat(5000)]) {
      redis.command("set", `relumine:blob:${name}`, lie);
      const got = await store.get(name, 2 ** 20).catch((error: { code: string }) => error.code);
      expect(["memory", undefined], lie).toContain(got);
      expect(await store.renew(name, 100), lie).toBe(false);
    }
    redis.command("set", `relumine:blob:${name}`, "10"); // and a piece that is longer than a piece can be
    redis.command("setrange", `relumine:blob:${name}:0`, `${2 ** 25}`, "x");
    expect((await store.get(name, 2 ** 30))!.length).toBe(10);
    redis.command("set", `relumine:blob:${name}`, `${2 ** 24 + 1}`);
    expect(await store.get(name, 2 ** 30)).toBe(undefined);
  });

  it("puts rows there again that somebody changed", async () => {
    const { data } = await served(() => onQueue(planOf(20, 3)));
    redis.command("flushall");
    await store.put(data, Buffer.from("others"), 3600);
    const plan = planOf(20, 2);
    expect(plain(await served(() => onQueue(plan)))).toEqual(await localResult(plan));
    expect(Number(redis.command("get", `relumine:blob:${data}`))).toBeGreaterThan(1000);
  });

  it("takes out what is no job, and goes on", async () => {
    const plan = planOf(20);
    const { trials } = await sweep(plan, rows);
    const key = (place: number) => `relumine:trials-${build}:${trials[place].id}`;
    const queue = `relumine:trials-${build}`;
    const reproducible = await served(() => onQueue(plan));
    expect(reproducible.trials.map(({ id }) => id)).toEqual(trials.map(({ id }) => id));
    const finished = ["finishedOn", "5", "timestamp", "1"];
    redis.command("hset", key(0), "data", "{not JSON");
    redis.command("hset", key(1), "opts", "null", "data", "[[[[", "returnvalue", "x");
    redis.command("hset", key(2), "returnvalue", '{"relumine":1,"host":"h","figures":{"__proto__":{"x":1}}}');
    redis.command("hset", key(3), "returnvalue", "null");
    redis.command("hset", key(4), "returnvalue", `{"relumine":1,"host":"h","blob":"${"b".repeat(64)}"}`);
    await store.put("b".repeat(64), Buffer.from('{"seconds":1,"trained":1,"loss":0}'), 100); // not what its name says
    redis.command("del", key(5));
    redis.command("hset", key(5), ...finished, "failedReason", "\u001B[31mno: reason", "data", "{}");
    redis.command("zadd", `${queue}:completed`, "6", "no-such-job");
    redis.command("zadd", `${queue}:failed`, "6", trials[5].id);
    redis.command("lpush", `${queue}:wait`, "no-such-job", "");
    redis.command("hset", `${queue}:odd`, "name", "x", "data", "{", "timestamp", "1");
    redis.command("lpush", `${queue}:wait`, "odd");
    const again = await served(() => onQueue(plan));
    expect(plain(again)).toEqual(await localResult(plan));
  }, 60_000);

  it("ends where what stands under a trial's name can't be taken out", async () => {
    const { trials } = await sweep(planOf(20), rows);
    redis.command("set", "relumine:marker", "relumine sweep 1");
    redis.command("set", `relumine:trials-${build}:${trials[0].id}`, "no hash");
    const notices: string[] = [];
    const stop = new AbortController();
    const running = served(() =>
      onQueue(planOf(20), { signal: stop.signal }, { onNotice: (text) => void notices.push(text) }),
    );
    const ended = running.then(
      ({ stopped }) => stopped,
      ({ code }: { code: string }) => code,
    );
    const all = await Promise.race([ended, sleep(8000).then(() => "none")]);
    if (all === "none")
      expect(notices.join("\n")).toMatch(/WRONGTYPE/); // or the operator is told
    else expect(all).toBe("unsupported");
    stop.abort();
    await ended;
  }, 30_000);

  it("hears no message that is none, and survives a flood of them", async () => {
    const plan = planOf(40);
    const flood = async () => {
      const other = new Redis(redis.url);
      for (const text of ["", "null", "[", "{}", "[null, 5, {}]", '["__proto__", "constructor"]', "[".repeat(1e5)])
        await other.publish("relumine:cancel", text);
      await other.publish("relumine:cancel", JSON.stringify(Array.from({ length: 1e5 }, () => "a".repeat(64))));
      for (let i = 0; i < 5000; i++) void other.publish("relumine:cancel", `["${i}"]`);
      await other.ping();
      other.disconnect();
    };
    const [result] = await served(() => Promise.all([onQueue(plan), flood()]));
    expect(plain(result)).toEqual(await localResult(plan));
  });

  it("puts a trial there again that others stop, as often as they do", async () => {
    const plan = planOf(10, 300);
    const { trials } = await sweep(plan, rows);
    const message = JSON.stringify(trials.map(({ id }) => id));
    const done = { is: false };
    const nag = async () => {
      for (let round = 0; round < 30 && !done.is; round++) {
        redis.command("publish", "relumine:cancel", message);
        await sleep(50);
      }
    };
    const running = served(() => onQueue(plan).finally(() => (done.is = true)));
    const [result] = await Promise.all([running, nag()]);
    expect(plain(result)).toEqual(await localResult(plan));
  }, 60_000);

  it("shows notes of workers without escape codes, and not those that are too long", async () => {
    const notes = [
      { id: "a", host: "\u001B[2Jevil\r\nhost\u202E", threads: 1, builds: ["x"] },
      { id: "b", host: "h".repeat(3000), threads: 1, builds: ["x"] },
      { id: "c", host: "long", threads: 1, builds: Array.from({ length: 10_000 }, () => "x") },
      { id: "d", host: 5, threads: 1, builds: ["x"] },
      { id: "e", host: "e", threads: 1, builds: "x" },
    ];
    for (const note of notes) {
      redis.command("set", `relumine:worker:${note.id}`, JSON.stringify(note));
      redis.command("sadd", "relumine:workers", note.id);
    }
    redis.command("sadd", "relumine:workers", "gone", "");
    for (const text of ["null", "[]", "5", "{", ""]) {
      redis.command("set", `relumine:worker:x${text}`, text);
      redis.command("sadd", "relumine:workers", `x${text}`);
    }
    const found = await store.workers();
    expect(found.map(({ id, host }) => [id, host.length <= 64]).sort()).toEqual([
      ["a", true],
      ["b", true],
    ]);
    const stop = new AbortController();
    const notices: string[] = [];
    const onNotice = (notice: string) => {
      notices.push(notice);
      stop.abort();
    };
    await onQueue(planOf(20), { signal: stop.signal }, { onNotice });
    expect(notices[0]).toMatch(/evil host.*other bits/);
    expect(notices[0]).not.toMatch(/[\p{Cc}\u202E]/u);
  });

  it("shows ids of jobs without escape codes", async () => {
    await using machine = await startMachine(redis.url); // left behind it would take the next tests' trials
    const client = new Redis(redis.url, { maxRetriesPerRequest: null });
    const queue = new Queue(`trials-${build}`, { connection: client as never, prefix: "relumine" });
    const job = await queue.add("trial", { "\u001B[31m": 1 }, { jobId: "\u001B[2J\u001B]0;title\u0007" });
    while (!machine.said().includes("trial")) await sleep(20);
    while ((await job.getState()) === "active") await sleep(20); // it is told of before it is put there
    expect(await job.getState()).toBe("failed");
    expect(machine.said().trimEnd()).not.toMatch(/\p{Cc}/u);
    await queue.close();
    client.disconnect();
  });

  it("gives no trial more memory than a worker has for it, and tells so once others were asked, too", async () => {
    const { base, ...rest } = planOf(20);
    const big = { ...base, spec: { ...base.spec, layers: [{ units: 4000 }, { units: 4000 }, { units: 3 }] } };
    const plan = { base: big, axes: { units: [8, 4000] }, arithmetic: rest.arithmetic };
    const [small, large] = (await served(() => onQueue(plan), { trialBytes: 2 ** 25 })).trials;
    expect(small.failed).toBe(undefined);
    expect(large.failed?.code).toBe("memory");
  }, 60_000);

  it("refuses a task that is longer than any: the caller before it is sent, a worker where it came from others", async () => {
    const { base } = planOf(20);
    const classWeights = Array.from({ length: 3 }, () => 1.25);
    const engine = queueEngine({ url: redis.url });
    const long: SweepEngine = {
      ...engine,
      run: async (_trials, work, options) =>
        engine.run(
          (async function* () {
            yield { id: "c".repeat(64), task: { settings: "x".repeat(2 ** 22) } };
          })(),
          work,
          options,
        ),
    };
    const plan = { base: { ...base, fit: { ...base.fit, classWeights } }, axes: { bias: [0, 1] } };
    await expectError(sweep(plan, rows, { engine: long }), "memory", "the trial's task");
    await served(async (said) => {
      const client = new Redis(redis.url, { maxRetriesPerRequest: null });
      const queue = new Queue(`trials-${build}`, { connection: client as never, prefix: "relumine" });
      const data = { relumine: 1, build, arithmetic: "reproducible", data: "0".repeat(64), place: "queue" };
      await queue.add("trial", { ...data, task: { settings: { spec: "x".repeat(2 ** 22) } } }, { jobId: "long" });
      await queue.add("trial", { ...data, task: "x".repeat(100) }, { jobId: "short" });
      while (said.length < 2) await sleep(20);
      expect(said[0]).toMatch(/^format: .*characters/);
      expect(said[1]).toMatch(/^format: /);
      await queue.close();
      client.disconnect();
    });
  });

  it("stops a trial whose rows do not come", async () => {
    const silent = createServer((socket) => void socket.on("error", () => undefined)).listen(0, "127.0.0.1");
    await once(silent, "listening");
    const place = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const data = { relumine: 1, build, arithmetic: "reproducible", data: "0".repeat(64), place };
    const { trials } = await served(() => onQueue());
    const client = new Redis(redis.url, { maxRetriesPerRequest: null });
    const queue = new Queue(`trials-${build}`, { connection: client as never, prefix: "relumine" });
    const good = (await queue.getJob(trials[0].id))!.data as { task: object };
    const { nameTrial } = await import("../../../src/sweep/task.js");
    const { id } = nameTrial(good.task as never, data.data, build);
    const add = () => queue.add("trial", { ...data, task: good.task }, { jobId: id });
    const isTaken = async () => {
      while ((await queue.getActiveCount()) !== 1) await sleep(20);
    };
    const remove = async () => {
      while ((await queue.remove(id)) === 0) await sleep(20); // its worker has told of the end, not yet the queue
    };
    await served(
      async (said) => {
        await add();
        await isTaken();
        while (said.length < 1) {
          redis.command("publish", "relumine:cancel", JSON.stringify([id]));
          await sleep(20);
        }
        expect(said[0]).toMatch(/^cancelled: /);
        await remove();
      },
      { allow: [place] },
    );
    await served(
      async (said) => {
        await add();
        while (said.length < 1) await sleep(20);
        expect(said[0]).toMatch(/^value: it took more than 0.3 s/);
        await remove();
      },
      { allow: [place], trialSeconds: 0.3 },
    );
    await served(
      async () => {
        await add();
        await isTaken();
      },
      { allow: [place] },
    );
    expect(await queue.getJobState(id)).toBe("waiting"); // a worker that ends hands it back
    await queue.close();
    client.disconnect();
    silent.close();
  });

  it("ends a sweep that waits for results where workers refuse its trials", async () => {
    const plan = { ...planOf(100, 9), stop: { factor: 3 } };
    const share = newFolder("secret");
    await served(() => expectError(onQueue(plan, {}, { share }), "unsupported", "queue"));
  }, 30_000);
});

describe("where rows are to be", () => {
  it.each([
    "https://user:secret@example.org/rows",
    "https://user@example.org/rows",
    "https://example.org/rows?signature=secret",
    "https://example.org/rows#secret",
    "http://[",
  ])("is refused: %s", async (share) => {
    const make = () => queueEngine({ url: "redis://127.0.0.1", share });
    expect((await expectError(make, "value", "share")).message).not.toContain("secret");
  });
});

describe("an URL", () => {
  it("means the same in capitals: TLS is not left out", async () => {
    const { checkQueueUrl } = await import("../../../src/sweep/queue/open-store.js");
    expect(checkQueueUrl(" REDISS://User:Pass@Host:1/2")).toBe("rediss://User:Pass@Host:1/2");
    expect(checkQueueUrl("Postgres://h/d")).toBe("postgres://h/d");
  });
});
