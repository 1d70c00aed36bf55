// Helper threads in Node (also Deno and Bun): worker_threads.
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { Helper, HelperStart } from "./threads.js";

/** In braces: Deno wraps the script in a function that has declared `module` already. */
const SOURCE = `{
const { parentPort, workerData: { module, memory, control, index } } = require("node:worker_threads");
const { exports } = new WebAssembly.Instance(module, { env: { memory } });
parentPort.postMessage("ready");
exports.helperLoop(control, index);
}`;

export function startHelper(
  start: HelperStart,
  onReady: () => void,
  onDeath: (why: string) => void,
  _file?: string | URL,
): Helper {
  const worker = new Worker(SOURCE, { eval: true, execArgv: [], workerData: start });
  worker.once("message", () => {
    worker.unref(); // an idle pool keeps no process alive
    onReady();
  });
  worker.once("error", (error) => onDeath(String(error)));
  worker.once("exit", (code) => onDeath(`it ended with code ${code}`));
  return { stop: () => void worker.terminate() };
}

export function countCores(): number {
  return availableParallelism();
}

/** The calling thread may sleep while it waits. */
export function maySleep(): boolean {
  return true;
}
