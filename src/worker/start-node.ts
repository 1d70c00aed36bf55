// A worker in Node (also Deno and Bun): worker_threads.
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import type { WorkerLike } from "./port.js";

/** The package's own worker, or the one in the file that is named. */
export async function startWorker(file: string | URL | undefined): Promise<WorkerLike> {
  if (file !== undefined)
    return new Worker(/^[\w+.-]{2,}:/.test(String(file)) ? new URL(file) : pathToFileURL(String(file)));
  const { SOURCE } = await import("./embedded-node.js");
  return new Worker(SOURCE, { eval: true, execArgv: [] });
}
