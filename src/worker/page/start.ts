// Starts a worker for the page: the package's own, a file's, or one of the caller's.
import * as chosen from "#worker";
import { Connection } from "./connection.js";
import { checkWorker, type WorkerLike, type WorkerStarter } from "../port.js";
import type { Program } from "../protocol.js";
import type { WorkerChoice } from "../types.js";
import { describe } from "../../core/checks.js";
import { disposedError, RelumineError } from "../../core/errors.js";

const starter: WorkerStarter = chosen;

/** Addresses are the page's, not those of a worker that started from a blob. */
export function absolute(path: string, url: string | URL | undefined): string | undefined {
  if (url === undefined) return undefined;
  const base = globalThis.document?.baseURI ?? (globalThis.location as Location | undefined)?.href;
  const refusal = () => new RelumineError("value", path, "to be a URL", describe(url));
  if (typeof url !== "string" && !(url instanceof URL)) throw refusal();
  try {
    return base === undefined ? String(url) : String(new URL(url, base));
  } catch {
    throw refusal();
  }
}

async function startChosen(worker: WorkerChoice["worker"]): Promise<WorkerLike> {
  if (typeof worker === "function") return checkWorker(worker());
  const url = absolute("options.worker", worker);
  try {
    return await starter.startWorker(url);
  } catch (error) {
    const hint = "Name a file from the page's own origin, or none";
    throw new RelumineError("unsupported", "the worker", "to start here", (error as Error).message, hint);
  }
}

export async function connect(worker: WorkerChoice["worker"]): Promise<Connection> {
  return new Connection(await startChosen(worker));
}

/** The program that the worker's own workers are to run; undefined where only the caller knows how to start one. */
export async function programFor(worker: WorkerChoice["worker"]): Promise<Program | undefined> {
  if (typeof worker === "function") return undefined;
  return worker === undefined ? { source: await starter.ownSource() } : { file: absolute("options.worker", worker)! };
}

/** Does something in a worker that is started for it, and ended with it. */
export async function inOwnWorker<T>(
  worker: WorkerChoice["worker"],
  act: (connection: Connection) => Promise<T>,
): Promise<T> {
  const connection = await connect(worker);
  try {
    return await act(connection);
  } finally {
    connection.close(disposedError("the worker"));
  }
}
