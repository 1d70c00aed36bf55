// What may be lost is lost, at random moments: a worker, the caller, Redis with its data and without. Each time the
// sweep ends with every trial told once, and right. RELUMINE_LONG=10 kills each ten times as often.
import { join } from "node:path";
import { describe, expect, it, type TestContext } from "vitest";
import { sweep, type SweepPlan } from "../../../src/sweep.js";
import { queueEngine } from "../../../src/sweep-queue.js";
import { finish, Folder, PENGUINS, relumine, start } from "../../cli/run.js";
import { seededRandom } from "../../support/random.js";
import { hasRedis, RedisServer } from "../../support/redis.js";
import { startProxy } from "../../support/tcp-proxy.js";
import { times } from "../../support/times.js";
import { localResult, plain, planOf, rows, startMachine } from "./machines.js";

const KILLS = times(2);
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

/** Of one test: those of several run at a time. */
type Ending = Pick<TestContext, "onTestFinished">;

async function newRedis({ onTestFinished }: Ending, ...args: readonly string[]): Promise<RedisServer> {
  const redis = await RedisServer.start(...args);
  onTestFinished(() => redis.stop("SIGKILL"));
  return redis;
}

async function newMachine({ onTestFinished }: Ending, url: string) {
  const machine = await startMachine(url, ...LOCK);
  onTestFinished(() => machine.kill());
  return machine;
}

/** One sweep while something is killed again and again; every trial is told once. */
async function sweepWhile(
  url: string,
  round: number,
  kill: (isDone: () => boolean, underWay: () => Promise<number>) => Promise<void>,
) {
  const heard: string[] = [];
  let isDone = false;
  /** How many are told, once one is. */
  const underWay = async () => {
    for (;;) {
      if (heard.length > 0 || isDone) return heard.length;
      await sleep(10);
    }
  };
  const plan = planOfRound(round);
  const options = { engine: queueEngine({ url }), onTrial: ({ id }: { id: string }) => void heard.push(id) };
  const running = sweep(plan, rows, options).finally(() => (isDone = true));
  await Promise.all([running, kill(() => isDone, underWay)]);
  expect(plain(await running), `seed ${seed}, round ${round}`).toEqual(await localResult(plan));
  expect([heard.length, new Set(heard).size], `seed ${seed}`).toEqual([100, 100]);
}

describe.skipIf(!hasRedis)(`kill -9, ${KILLS} times each`, () => {
  it(
    "of workers",
    async (test) => {
      const redis = await newRedis(test);
      const machines = await Promise.all([1, 2, 3].map(() => newMachine(test, redis.url)));
      const so = { kills: 0 };
      for (let round = 0; so.kills < KILLS; round++)
        await sweepWhile(redis.url, round, async (isDone) => {
          for (;;) {
            await sleep(random() * 400);
            if (isDone() || so.kills >= KILLS) return;
            const place = Math.floor(random() * 3);
            await machines[place].kill();
            so.kills++;
            machines[place] = await newMachine(test, redis.url);
          }
        });
    },
    LIMIT,
  );

  it.for([
    { what: "a journal", hasJournal: true },
    { what: "none", hasJournal: false },
  ])("of callers, with $what", { timeout: LIMIT }, async ({ hasJournal }, test) => {
    const redis = await newRedis(test);
    await Promise.all([1, 2].map(() => newMachine(test, redis.url)));
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
  });

  it.for([
    { what: "kept", args: ["--appendonly", "yes"] },
    { what: "lost", args: [] },
  ])("of Redis, its data $what", { timeout: LIMIT }, async ({ args }, test) => {
    const redis = await newRedis(test, ...args);
    await Promise.all([1, 2].map(() => newMachine(test, redis.url)));
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
  });
});

interface Told {
  readonly trials: readonly { readonly id: string; readonly loss?: number; readonly dead?: readonly number[] }[];
}
const told = (text: string) => (JSON.parse(text) as Told).trials.map(({ id, loss, dead }) => ({ id, loss, dead }));

describe.skipIf(!hasRedis).concurrent("what comes back", () => {
  it("is a worker that was paused beyond its lock: its trial is another's, and is told once", async (test) => {
    const redis = await newRedis(test);
    const [paused] = await Promise.all([newMachine(test, redis.url), newMachine(test, redis.url)]);
    await sweepWhile(redis.url, 1, async (_, underWay) => {
      await underWay();
      paused.child.kill("SIGSTOP");
      await sleep(4000);
      paused.child.kill("SIGCONT");
    });
    await sweepWhile(redis.url, 2, async () => undefined);
    expect(paused.child.exitCode).toBe(null);
  }, 60_000);

  it("is room in a Redis that was full", async (test) => {
    const redis = await newRedis(test, "--maxmemory-policy", "noeviction");
    await newMachine(test, redis.url);
    const [, used] = /used_memory:(\d+)/.exec(redis.command("info", "memory"))!;
    redis.command("config", "set", "maxmemory", `${Number(used) + 1e6}`);
    const notices: string[] = [];
    const plan = planOf(1000);
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

  it("is a connection that was cut for 30 seconds", async (test) => {
    const proxy = await startProxy((await newRedis(test)).port);
    test.onTestFinished(() => proxy.close());
    const url = `redis://127.0.0.1:${proxy.port}`;
    await Promise.all([newMachine(test, url), newMachine(test, url)]);
    await sweepWhile(url, 1, async (_, underWay) => {
      expect(await underWay()).toBeLessThan(100); // who is not yet connected is refused after 5 seconds
      proxy.cut();
      await sleep(30_000);
      proxy.mend();
    });
  }, 120_000);
});
