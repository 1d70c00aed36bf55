// A worker in Node (also Deno and Bun): worker_threads.
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import type { WorkerLike } from "./port.js";

/** The package's own worker, or the one in the file that is named. */
export async function startWorker(file: string | URL | undefined): Promise<WorkerLike> {
  if (file !== undefined)
    return new Worker(/^[\w+.-]{2,}:/.test(String(file)) ? new URL(file) : pathToFileURL(String(file)));
  return startSource(await ownSource());
}

/** The text of the package's own worker. */
export async function ownSource(): Promise<string> {
  return (await import("./embedded-node.js")).readSource();
}

export function startSource(source: string): WorkerLike {
  return new Worker(source, { eval: true, execArgv: [] });
}
