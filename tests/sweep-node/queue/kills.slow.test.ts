// What may be lost is lost, at random moments: a worker, the caller, Redis with its data and without. Each time the sweep
// ends with every trial told once, and right. RELUMINE_KILLS=50 kills each 50 times.
import { once } from "node:events";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { sweep, type SweepPlan } from "../../../src/sweep.js";
import { queueEngine } from "../../../src/sweep-queue.js";
import { finish, Folder, PENGUINS, relumine, start } from "../../cli/run.js";
import { seededRandom } from "../../support/random.js";
import { hasRedis, RedisServer } from "../../support/redis.js";
import { localResult, plain, planOf, rows, startMachine } from "./machines.js";

const KILLS = Number(process.env.RELUMINE_KILLS ?? 4);
const LIMIT = 60_000 + KILLS * 30_000;
const LOCK = ["--lock", "1"];
const seed = Date.now() % 2 ** 31;
const random = seededRandom(seed);
const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Of each round other trials, so that none is there already. */
const planOfRound = (round: number): SweepPlan => {
  const plan = planOf(100, 6);
  return { ...plan, base: { ...plan.base, spec: { ...plan.base.spec, seed: 1000 * round } } };
};

let ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(ends.map((end) => end()));
  ends = [];
});

async function newRedis(...args: readonly string[]): Promise<RedisServer> {
  const redis = await RedisServer.start(...args);
  ends.push(() => redis.stop("SIGKILL"));
  return redis;
}

async function newMachine(url: string) {
  const machine = await startMachine(url, ...LOCK);
  ends.push(() => machine.kill());
  return machine;
}

/** One sweep while something is killed again and again; every trial is told once. */
async function sweepWhile(url: string, round: number, kill: (isDone: () => boolean) => Promise<void>) {
  const heard: string[] = [];
  let isDone = false;
  const plan = planOfRound(round);
  const options = { engine: queueEngine({ url }), onTrial: ({ id }: { id: string }) => void heard.push(id) };
  const running = sweep(plan, rows, options).finally(() => (isDone = true));
  await Promise.all([running, kill(() => isDone)]);
  expect(plain(await running), `seed ${seed}, round ${round}`).toEqual(await localResult(plan));
  expect([heard.length, new Set(heard).size], `seed ${seed}`).toEqual([100, 100]);
}

describe.skipIf(!hasRedis)(`kill -9, ${KILLS} times each`, () => {
  it(
    "of workers",
    async () => {
      const redis = await newRedis();
      const machines = await Promise.all([1, 2, 3].map(() => newMachine(redis.url)));
      const so = { kills: 0 };
      for (let round = 0; so.kills < KILLS; round++)
        await sweepWhile(redis.url, round, async (isDone) => {
          for (;;) {
            await sleep(random() * 400);
            if (isDone() || so.kills >= KILLS) return;
            const place = Math.floor(random() * 3);
            await machines[place].kill();
            so.kills++;
            machines[place] = await newMachine(redis.url);
          }
        });
    },
    LIMIT,
  );

  it.each([
    ["a journal", true],
    ["none", false],
  ])(
    "of callers, with %s",
    async (_name, hasJournal) => {
      const redis = await newRedis();
      await Promise.all([1, 2].map(() => newMachine(redis.url)));
      const folder = new Folder();
      for (let [kills, round] = [0, 0]; kills < KILLS / 2; round++) {
        const { base, ...plan } = planOfRound(round);
        const spec = { layers: [{ units: 8 }, { units: 8 }] };
        const file = folder.write(`plan-${round}.json`, JSON.stringify({ ...plan, base: { ...base, spec } }));
        const args = ["sweep", file, PENGUINS, "--target", "species", "--json", "--seed", `${1000 * round}`];
        const journal = hasJournal ? ["--journal", join(folder.path, `${round}.jsonl`)] : [];
        for (let isDone = false; !isDone;) {
          const child = start([...args, "--queue", redis.url, ...journal]);
          const timer = setTimeout(() => kills < KILLS / 2 && child.kill("SIGKILL"), 500 + random() * 2000);
          const { code, stdout, stderr } = await finish(child);
          clearTimeout(timer);
          isDone = code !== null;
          kills += Number(!isDone);
          if (!isDone) continue;
          expect([code, stderr.match(/error.*/)?.[0]], `seed ${seed}`).toEqual([0, undefined]);
          const whole = await relumine(...args);
          expect(told(stdout), `seed ${seed}`).toEqual(told(whole.stdout));
        }
      }
    },
    LIMIT,
  );

  it.each([
    ["kept", ["--appendonly", "yes"]],
    ["lost", []],
  ])(
    "of Redis, its data %s",
    async (_name, args) => {
      const redis = await newRedis(...args);
      await Promise.all([1, 2].map(() => newMachine(redis.url)));
      const so = { kills: 0 };
      for (let round = 0; so.kills < KILLS; round++)
        await sweepWhile(redis.url, round, async (isDone) => {
          for (;;) {
            await sleep(100 + random() * 1000);
            if (isDone() || so.kills >= KILLS) return;
            await redis.stop("SIGKILL");
            so.kills++;
            await sleep(random() * 500);
            await redis.start();
          }
        });
    },
    LIMIT,
  );
});

interface Told {
  readonly trials: readonly { readonly id: string; readonly loss?: number; readonly dead?: readonly number[] }[];
}
const told = (text: string) => (JSON.parse(text) as Told).trials.map(({ id, loss, dead }) => ({ id, loss, dead }));

describe.skipIf(!hasRedis)("what comes back", () => {
  it("is a worker that was paused beyond its lock: its trial is another's, and is told once", async () => {
    const redis = await newRedis();
    const [paused] = await Promise.all([newMachine(redis.url), newMachine(redis.url)]);
    await sweepWhile(redis.url, 1, async () => {
      await sleep(300);
      paused.child.kill("SIGSTOP");
      await sleep(4000);
      paused.child.kill("SIGCONT");
    });
    await sweepWhile(redis.url, 2, async () => undefined);
    expect(paused.child.exitCode).toBe(null);
  }, 60_000);

  it("is room in a Redis that was full", async () => {
    const redis = await newRedis("--maxmemory", "3mb", "--maxmemory-policy", "noeviction");
    await newMachine(redis.url);
    const notices: string[] = [];
    const plan = { ...planOf(1000), repeats: 25 };
    const running = sweep(plan, rows, {
      engine: queueEngine({ url: redis.url, onNotice: (notice) => notices.push(notice) }),
    });
    const isFull = () => notices.some((notice) => /is full/.test(notice));
    await Promise.race([
      running,
      (async () => {
        while (!isFull()) await sleep(50);
      })(),
    ]);
    expect(isFull(), notices.join("\n")).toBe(true);
    await sleep(1000);
    redis.command("config", "set", "maxmemory", "0");
    expect(plain(await running)).toEqual(await localResult(plan));
  }, 120_000);

  it("is a connection that was cut for 30 seconds", async () => {
    const { cut, mend, url } = await newProxy(await newRedis());
    await Promise.all([newMachine(url), newMachine(url)]);
    await sweepWhile(url, 1, async () => {
      await sleep(300);
      cut();
      await sleep(30_000);
      mend();
    });
  }, 120_000);
});

/** What stands between workers, caller and Redis. */
async function newProxy(redis: RedisServer) {
  const { connect, createServer } = await import("node:net");
  const sockets = new Set<import("node:net").Socket>();
  let isCut = false;
  const server = createServer((socket) => {
    if (isCut) return void socket.destroy();
    const other = connect(redis.port, "127.0.0.1");
    for (const [from, to] of [
      [socket, other],
      [other, socket],
    ]) {
      sockets.add(from);
      from.pipe(to);
      from.on("error", () => to.destroy());
      from.on("close", () => (sockets.delete(from), to.destroy()));
    }
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  ends.push(async () => server.close());
  const cut = () => {
    isCut = true;
    for (const socket of sockets) socket.destroy();
  };
  const { port } = server.address() as import("node:net").AddressInfo;
  return { cut, mend: () => void (isCut = false), url: `redis://127.0.0.1:${port}` };
}
