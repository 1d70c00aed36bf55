// The worker's own end in Node, Deno and Bun.
import { parentPort } from "node:worker_threads";
import type { OwnPort } from "./port.js";

export function ownPort(): OwnPort | undefined {
  if (!parentPort) return undefined;
  const port = parentPort;
  return {
    post: (message, transfer) => port.postMessage(message, transfer),
    listen: (onMessage) => void port.on("message", (message: unknown) => onMessage(message as never)),
  };
}
