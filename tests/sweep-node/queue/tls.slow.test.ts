// The page's commands, as they stand there: a certificate, a Redis with TLS and a user of few rights, a worker and a
// sweep of that user. What the page says is out of its reach is.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ON_THE_OTHERS, ON_THE_QUEUE } from "./documented.js";
import { finish, Folder, MAIN, PENGUINS, relumine, start } from "../../cli/run.js";
import { findProgram } from "../../support/browsers.js";
import { PATIENCE_MS } from "../../support/patience.js";
import { freePort, hasRedis } from "../../support/redis.js";
import { type Service, startService } from "../../support/services.js";

const hasTls = hasRedis && spawnSync("redis-cli", ["--help"], { encoding: "utf8" }).stdout.includes("--cacert");
const isThere = process.env.CI !== undefined || (hasTls && findProgram("openssl") !== undefined);

const [ADMIN, PASSWORD] = ["of-the-operator", "of-the-user-5f2c"];
const PLAN = {
  base: { spec: { layers: [{ units: 8 }] }, fit: { epochs: 2 } },
  axes: { learningRate: { from: 0.01, to: 10, count: 10, scale: "log" } },
  repeats: 3,
  arithmetic: "reproducible",
};

describe.skipIf(!isThere)("a queue as the page sets it up", () => {
  const folder = new Folder();
  let port: number;
  let server: ChildProcess;
  let worker: Service;
  const plan = folder.write("plan.json", JSON.stringify(PLAN));

  /** With this test's address, passwords and files in the place of the page's. */
  const here = (text: string) =>
    text
      .replaceAll("10.0.0.5", "127.0.0.1")
      .replaceAll("6380", `${port}`)
      .replaceAll(">ADMIN", `>${ADMIN}`)
      .replace(/([>=])PASSWORD\b/g, `$1${PASSWORD}`)
      .replaceAll("plan.json table.csv", `${plan} ${PENGUINS} --target species --json`);

  /** What redis-cli is told, as that user. */
  const command = (user: string, password: string, ...args: readonly string[]) => {
    const who = ["-p", `${port}`, "--tls", "--cacert", join(folder.path, "cert.pem"), "--user", user];
    const env = { ...process.env, REDISCLI_AUTH: password };
    const { stdout, stderr } = spawnSync("redis-cli", [...who, ...args], { encoding: "utf8", env });
    return (stdout + stderr).trim();
  };
  const asUser = (...args: readonly string[]) => command("relumine", PASSWORD, ...args);
  const asOperator = (...args: readonly string[]) => command("default", ADMIN, ...args);

  const lines = () => here(ON_THE_OTHERS).trim().split("\n");
  const commandOf = (name: string) =>
    lines()
      .find((line) => line.startsWith(`relumine ${name} `))!
      .split(" ")
      .slice(1);
  const variables = () =>
    Object.fromEntries(
      lines()
        .find((line) => line.startsWith("export "))!
        .split(" ")
        .slice(1)
        .map((each) => each.split("=")),
    ) as Record<string, string>;
  /** The sweep of the page, with other variables, or at another address. */
  const sweepWith = (changed: Record<string, string | undefined> = {}, url?: string) => {
    const args = commandOf("sweep").map((each) => (url !== undefined && each.includes("://") ? url : each));
    return finish(start(args, [], { cwd: folder.path, env: { ...variables(), ...changed } as NodeJS.ProcessEnv }));
  };

  async function startServer(commands: string): Promise<void> {
    const script = commands.replace("redis-server ", "exec redis-server --bind 127.0.0.1 ");
    server = spawn("sh", ["-ec", script], { cwd: folder.path, stdio: "ignore" });
    for (const started = performance.now(); asOperator("ping") !== "PONG";) {
      if (performance.now() - started > PATIENCE_MS || server.exitCode !== null) throw new Error("it did not start");
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  async function stopServer(): Promise<void> {
    server.kill();
    if (server.exitCode === null && server.signalCode === null) await once(server, "exit");
  }

  beforeAll(async () => {
    port = await freePort();
    await startServer(here(ON_THE_QUEUE));
    const cache = join(folder.path, "cache");
    const env = { ...process.env, ...variables() };
    const args = [MAIN, ...commandOf("worker"), "--threads", "1", "--cache", cache];
    worker = await startService(args, /Waiting for trials/, { cwd: folder.path, env });
  });
  afterAll(async () => {
    await worker?.close();
    await stopServer();
  });

  it("does a sweep, to the bit, by a user who has the documented rights", async () => {
    const { code, stdout, stderr } = await sweepWith();
    expect([code, stderr.match(/error.*/)?.[0]]).toEqual([0, undefined]);
    const local = await relumine(...commandOf("sweep").filter((each) => !/^--queue$|:\/\//.test(each)));
    expect(told(stdout)).toEqual(told(local.stdout));
    expect(told(stdout)).toHaveLength(30);
    expect(
      asOperator("--scan")
        .split("\n")
        .every((key) => key.startsWith("relumine:")),
    ).toBe(true);
    expect(existsSync(join(folder.path, "appendonlydir"))).toBe(true);
  });

  it.each([
    ["another key", ["get", "other"]],
    ["to write another key", ["set", "other", "1"]],
    ["another key by a script", ["eval", "return redis.call('get', 'other')", "0"]],
    ["another channel", ["publish", "other", "1"]],
    ["the configuration", ["config", "get", "*"]],
    ["all keys' end", ["flushall"]],
    ["a database's end", ["flushdb"]],
    ["the names of keys", ["keys", "*"]],
    ["the names of keys, one after another", ["scan", "0"]],
    ["the name of some key", ["randomkey"]],
    ["the users", ["acl", "list"]],
    ["its own rights", ["acl", "setuser", "relumine", "+@all"]],
    ["the end of all", ["shutdown", "nosave"]],
    ["others' scripts", ["script", "flush"]],
    ["others' functions", ["function", "flush"]],
    ["who else is there", ["client", "list"]],
    ["another server", ["replicaof", "127.0.0.1", "1"]],
    ["what others say", ["monitor"]],
    ["modules", ["module", "list"]],
  ])("refuses that user %s", (_what, args) => {
    expect(asUser(...args)).toMatch(/NOPERM|can't access|No permissions|ACL failure/i);
  });

  it("lets that user do what is its own", () => {
    expect(asUser("set", "relumine:own", "1")).toBe("OK");
    expect(asUser("del", "relumine:own")).toBe("1");
    expect(asOperator("config", "get", "maxmemory-policy")).toMatch(/noeviction/);
    expect(command("default", "", "ping")).toMatch(/NOAUTH|WRONGPASS|required/);
  });

  it.each([
    ["a wrong password", { RELUMINE_QUEUE_PASSWORD: "not-it-81c7" }, undefined, /to let this user in.*WRONGPASS/],
    ["no password", { RELUMINE_QUEUE_PASSWORD: undefined }, undefined, /to let this user in/],
    [
      "an unknown certificate",
      { NODE_EXTRA_CA_CERTS: "" },
      undefined,
      /certificate that is trusted.*NODE_EXTRA_CA_CERTS/,
    ],
    ["a certificate of another name", {}, "rediss://relumine@localhost:PORT", /certificate that is trusted.*localhost/],
    ["no TLS", {}, "redis://relumine@127.0.0.1:PORT", /to answer within 5 seconds/],
  ])("says what is wrong at once, and without the password: %s", async (_what, changed, url, expected) => {
    const started = performance.now();
    const { code, stdout, stderr } = await sweepWith(changed, url?.replace("PORT", `${port}`));
    expect(performance.now() - started).toBeLessThan(url?.startsWith("redis:") ? 10_000 : 5000);
    expect(code).not.toBe(0);
    expect(stderr.replaceAll(/\s+/g, " ")).toMatch(expected);
    for (const secret of [PASSWORD, "not-it-81c7"]) expect(stdout + stderr).not.toContain(secret);
  });

  it("keeps its users and results when it is started again", async () => {
    await stopServer();
    await startServer(here(ON_THE_QUEUE).match(/^redis-server .*$/m)![0]);
    expect(command("default", "", "ping")).toMatch(/NOAUTH|WRONGPASS|required/);
    expect(asUser("flushall")).toMatch(/NOPERM|No permissions/i);
    const { code, stdout } = await sweepWith();
    expect(code).toBe(0);
    expect(told(stdout)).toHaveLength(30);
  });

  it("shows no password to who lists programs", () => {
    const listed = spawnSync("ps", ["-eo", "args"], { encoding: "utf8" }).stdout.split("\n");
    const ours = listed.filter((line) => line.includes(`${port}`));
    expect(ours.some((line) => line.includes("worker --queue"))).toBe(true);
    expect(ours.join("\n")).not.toContain(PASSWORD);
  });
});

interface Told {
  readonly trials: readonly { readonly id: string; readonly loss?: number; readonly dead?: readonly number[] }[];
}
const told = (text: string) => (JSON.parse(text) as Told).trials.map(({ id, loss, dead }) => ({ id, loss, dead }));
