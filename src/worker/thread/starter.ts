// How a worker starts workers of its own.
import * as chosen from "#worker";
import type { WorkerLike, WorkerStarter } from "../port.js";
import type { Program } from "../protocol.js";

const starter: WorkerStarter = chosen;

/** Starts a worker with the program that the page named; undefined where it named none. */
export function starterOf(program: Program | undefined): (() => Promise<WorkerLike>) | undefined {
  if (!program) return undefined;
  return async () => ("source" in program ? starter.startSource(program.source) : starter.startWorker(program.file));
}
