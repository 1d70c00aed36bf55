// One end of a message channel, whichever kind of worker is behind it: a Web Worker (also Deno's and Bun's) or one of
// worker_threads.
import { describe } from "../core/checks.js";
import { RelumineError } from "../core/errors.js";

/** A Web Worker, or a Worker of node:worker_threads. */
export interface WorkerLike {
  /** Sends a message; the buffers in `transfer` are handed over. */
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  /** Ends the worker at once. */
  terminate(): unknown;
}

/** The worker's own end. */
export interface OwnPort {
  post(message: unknown, transfer: ArrayBuffer[]): void;
  listen(onMessage: (message: never) => void): void;
}

/** What starts workers of this package: start-node.ts and start-web.ts, between which "#worker" chooses. */
export interface WorkerStarter {
  /** The package's own worker, or the one in the file that is named. */
  startWorker(file: string | URL | undefined): Promise<WorkerLike>;
  /** The text of the package's own worker. */
  ownSource(): Promise<string>;
  startSource(source: string): WorkerLike;
}

interface Emitter extends WorkerLike {
  on(event: string, listener: (value: unknown) => void): void;
  ref(): void;
  unref(): void;
}

interface Target extends WorkerLike {
  addEventListener(event: string, listener: (event: Event) => void): void;
}

function isEmitter(worker: WorkerLike): worker is Emitter {
  return (
    typeof (worker as Partial<Emitter>).on === "function" && typeof (worker as Partial<Emitter>).unref === "function"
  );
}

export function checkWorker(worker: unknown): WorkerLike {
  const { postMessage, terminate } = (worker ?? {}) as Partial<WorkerLike>;
  if (typeof postMessage !== "function" || typeof terminate !== "function") {
    throw new RelumineError("value", "options.worker", "to return a Worker", describe(worker));
  }
  return worker as WorkerLike;
}

/** Hears what the worker says, and of its end. */
export function attach(worker: WorkerLike, onMessage: (message: never) => void, onDeath: (why: string) => void): void {
  if (isEmitter(worker)) {
    worker.on("message", onMessage as (value: unknown) => void);
    worker.on("messageerror", (error) => onDeath(String(error)));
    worker.on("error", (error) => onDeath(String(error)));
    worker.on("exit", (code) => onDeath(`it ended with code ${String(code)}`));
    return;
  }
  const target = worker as Target;
  target.addEventListener("message", (event) => onMessage((event as MessageEvent<never>).data));
  target.addEventListener("messageerror", () => onDeath("a message of it could not be read"));
  target.addEventListener("error", (event) => {
    event.preventDefault?.();
    onDeath(
      (event as ErrorEvent).message ||
        "it did not start: is its file there, and does the content security policy allow it?",
    );
  });
}

/** In Node an idle worker keeps no process alive. */
export function setBusy(worker: WorkerLike, isBusy: boolean): void {
  if (!isEmitter(worker)) return;
  if (isBusy) worker.ref();
  else worker.unref();
}
