// A worker in browsers: a Web Worker.
import type { WorkerLike } from "./port.js";

/** The package's own worker, or the one in the file that is named. */
export async function startWorker(file: string | URL | undefined): Promise<WorkerLike> {
  if (file !== undefined) return new Worker(file);
  const { SOURCE } = await import("./embedded-web.js");
  const url = URL.createObjectURL(new Blob([SOURCE], { type: "text/javascript" }));
  const worker = new Worker(url);
  const release = () => URL.revokeObjectURL(url);
  worker.addEventListener("message", release, { once: true });
  worker.addEventListener("error", release, { once: true });
  return worker;
}
