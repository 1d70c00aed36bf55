// The page's end of the line to the engine: one frame asked for at a time, and a watch on a worker that has gone.
import type { FromEngine, ToEngine } from "./engine/types.js";

const PATIENCE = 8; // looks a second apart without an answer; a machine that slept or was busy elsewhere looks less often

export interface Client {
  send(message: ToEngine): void;
  /** Asks for a frame unless one is on its way. */
  askFrame(request: Omit<Extract<ToEngine, { kind: "frame" }>, "kind">): void;
  stop(): void;
}

export function startClient(onMessage: (message: FromEngine) => void, onGone: (why: string) => void): Client {
  const worker = new Worker(new URL("engine.js", document.baseURI), { type: "module", name: "relumine" });
  let isAsked = false;
  let silentLooks = 0;
  let isReady = false;
  let isGone = false;
  const watch = setInterval(() => {
    if (isAsked && !document.hidden && ++silentLooks > PATIENCE) gone("it has not answered for some seconds");
  }, 1000);

  function stop(): void {
    clearInterval(watch);
    isGone = true;
    worker.terminate();
  }

  function gone(why: string): void {
    if (isGone) return;
    stop();
    onGone(why);
  }

  worker.onmessage = ({ data }: MessageEvent<FromEngine>) => {
    if (data.kind === "frame" || data.kind === "failed") isAsked = false;
    if (data.kind === "started") isReady = true;
    if (!isGone) onMessage(data);
  };
  worker.onerror = (event) => {
    event.preventDefault();
    gone(event.message || "its file could not be loaded");
  };

  return {
    send: (message) => worker.postMessage(message),
    askFrame: (request) => {
      if (isAsked || !isReady || isGone) return;
      isAsked = true;
      silentLooks = 0;
      worker.postMessage({ kind: "frame", ...request } satisfies ToEngine);
    },
    stop,
  };
}
