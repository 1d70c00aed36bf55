// A worker in browsers: a Web Worker.
import type { WorkerLike } from "./port.js";

/** The package's own worker, or the one in the file that is named. */
export async function startWorker(file: string | URL | undefined): Promise<WorkerLike> {
  if (file !== undefined) return new Worker(file);
  return startSource(await ownSource());
}

/** The text of the package's own worker. */
export async function ownSource(): Promise<string> {
  return (await import("./embedded-web.js")).readSource();
}

export function startSource(source: string): WorkerLike {
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const worker = new Worker(url);
  const release = () => URL.revokeObjectURL(url);
  worker.addEventListener("message", release, { once: true });
  worker.addEventListener("error", release, { once: true });
  return worker;
}
