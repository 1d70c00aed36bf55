// The engine's worker as the page sees it: asked for one frame at a time, and watched in case it stops answering.
import type { FrameRequest, FromEngine, ToEngine } from "./engine/types.js";

/**
 * The worker counts as gone after so many looks without an answer. They are a second apart; a machine that slept or was
 * busy elsewhere looks less often.
 */
const MOST_SILENT_LOOKS = 8;

export interface EngineClient {
  send(message: ToEngine): void;
  /** Asks for a frame unless one is on its way. @returns whether it did */
  askFrame(request: FrameRequest): boolean;
  stop(): void;
}

export function startEngineClient(
  onMessage: (message: FromEngine) => void,
  onGone: (why: string) => void,
): EngineClient {
  const worker = new Worker(new URL("engine.js", document.baseURI), { type: "module", name: "relumine" });
  let isAsked = false;
  let silentLooks = 0;
  let isReady = false;
  let isGone = false;
  let timer: ReturnType<typeof setInterval> | undefined;

  /** Ends by itself while no answer is waited for. */
  function watch(): void {
    if (!isAsked) {
      clearInterval(timer);
      timer = undefined;
    } else if (!document.hidden && ++silentLooks > MOST_SILENT_LOOKS) gone("it has not answered for some seconds");
  }

  function stop(): void {
    clearInterval(timer);
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
      if (isAsked || !isReady || isGone) return false;
      isAsked = true;
      silentLooks = 0;
      timer ??= setInterval(watch, 1000);
      worker.postMessage({ kind: "frame", ...request } satisfies ToEngine);
      return true;
    },
    stop,
  };
}
