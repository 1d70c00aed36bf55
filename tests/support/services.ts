// A program of its own that goes on running, and says at its start where it can be reached.
import { type ChildProcess, spawn, type SpawnOptions } from "node:child_process";
import { once } from "node:events";
import { PATIENCE_MS } from "./patience.js";

export interface Service {
  readonly child: ChildProcess;
  /** What its output was found to say. */
  readonly said: string;
  close(): Promise<void>;
}

/**
 * Starts Node with these arguments, and waits until what it prints matches. Fails at once, with all that it printed,
 * where it ends before; and after a minute.
 */
export async function startService(
  args: readonly string[],
  ready: RegExp,
  options: SpawnOptions = {},
): Promise<Service> {
  const child = spawn(process.execPath, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  let [output, errors] = ["", ""];
  const close = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill();
    await once(child, "exit");
  };
  const said = new Promise<string>((resolve, reject) => {
    const fail = (what: string) => reject(new Error(`${args.join(" ")} ${what}:\n${output}${errors}`));
    const timer = setTimeout(() => fail("did not say that it is ready"), PATIENCE_MS);
    child.once("error", (error) => fail(`did not start (${error.message})`));
    child.once("close", (code, signal) => {
      clearTimeout(timer);
      fail(`ended with ${signal ?? code} before it was ready`);
    });
    child.stderr!.on("data", (chunk: Buffer) => (errors += String(chunk)));
    child.stdout!.on("data", (chunk: Buffer) => {
      output += String(chunk);
      const [found] = ready.exec(output) ?? [];
      if (found === undefined) return;
      clearTimeout(timer);
      resolve(found);
    });
  });
  try {
    return { child, said: await said, close };
  } catch (error) {
    await close();
    throw error;
  }
}
