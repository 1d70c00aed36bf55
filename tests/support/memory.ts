// The memory of Node.js once what nobody holds is collected.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
export const collectGarbage = runInNewContext("gc") as (options?: { type: "minor" }) => void;

/** Collects what nobody holds, and lets finalizers run. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 3; i++) {
    await new Promise((resolve) => setTimeout(resolve, 2)); // finalizers run between tasks
    collectGarbage();
  }
}

/** In use by JavaScript, once settled. */
export async function javaScriptBytes(): Promise<number> {
  await settle();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
