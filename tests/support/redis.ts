// A redis-server of the test's own, on a free port of this machine.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { connect, createServer, type AddressInfo } from "node:net";
import { findProgram } from "./browsers.js";
import { newFolder } from "./folder.js";
import { PATIENCE_MS } from "./patience.js";

/** Tests are left out where there is none, but not in CI. */
export const hasRedis = findProgram("redis-server") !== undefined;

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

export class RedisServer {
  private child: ChildProcess | undefined;
  readonly folder = newFolder("redis");

  private constructor(
    readonly port: number,
    private readonly args: readonly string[],
  ) {}

  /** @param args beside those that keep it to this machine and this folder */
  static async start(...args: readonly string[]): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), args);
    await server.start();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    return this.child!.pid!;
  }

  async start(): Promise<void> {
    const own = ["--port", `${this.port}`, "--bind", "127.0.0.1", "--dir", this.folder, "--save", ""];
    this.child = spawn("redis-server", [...own, ...this.args], { stdio: "ignore" });
    for (const started = performance.now(); !(await this.answers()); await new Promise((r) => setTimeout(r, 20)))
      if (performance.now() - started > PATIENCE_MS || this.child.exitCode !== null)
        throw new Error("redis-server did not start");
  }

  private answers(): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connect(this.port, "127.0.0.1", () => socket.write("PING\r\n"));
      socket.on("data", (bytes) => {
        socket.destroy();
        resolve(/^(\+PONG|-NOAUTH)/.test(String(bytes)));
      });
      socket.on("error", () => resolve(false));
    });
  }

  /** What redis-cli says to it. */
  command(...args: readonly string[]): string {
    const { stdout, stderr } = spawnSync("redis-cli", ["-p", `${this.port}`, ...args], { encoding: "utf8" });
    return (stdout + stderr).trim();
  }

  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    const { child } = this;
    this.child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, "exit");
  }
}
