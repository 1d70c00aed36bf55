// The worker's own end in browsers.
import type { OwnPort } from "./port.js";

export function ownPort(): OwnPort | undefined {
  if (typeof document !== "undefined") return undefined;
  return {
    post: (message, transfer) => postMessage(message, { transfer }),
    listen: (onMessage) => addEventListener("message", ({ data }) => onMessage(data as never)),
  };
}
