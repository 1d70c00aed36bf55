// Helper threads in browsers: Web Workers, where the page is cross-origin isolated.
import type { Helper, HelperStart } from "./threads.js";

/** Also written to a file of its own, for pages that forbid blob: (relumine/helper-thread.js). */
export const SOURCE = `
onmessage = ({ data: { module, memory, control, index } }) => {
  const { exports: kernels } = new WebAssembly.Instance(module, { env: { memory } });
  postMessage("ready");
  kernels.helperLoop(control, index);
};
`;

export function startHelper(
  start: HelperStart,
  onReady: () => void,
  onDeath: (why: string) => void,
  file?: string | URL,
): Helper {
  const url = file ?? URL.createObjectURL(new Blob([SOURCE], { type: "text/javascript" }));
  const worker = new Worker(url);
  worker.onmessage = () => {
    if (file === undefined) URL.revokeObjectURL(url as string);
    onReady();
  };
  worker.onerror = ({ message }) => onDeath(message);
  worker.postMessage(start);
  return { stop: () => worker.terminate() };
}

export function countCores(): number {
  return navigator.hardwareConcurrency ?? 1;
}

/** A page's own thread must not sleep. */
export function maySleep(): boolean {
  return typeof document === "undefined";
}
