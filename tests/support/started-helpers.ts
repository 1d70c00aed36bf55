// Helper threads as they start, for tests that end them:
// vi.mock("#helpers", async (original) => (await import("../support/started-helpers.js")).noteStarted(original));
import type { Helper } from "../../src/wasm/threads.js";

interface Helpers {
  startHelper(...given: unknown[]): Helper;
}

/** In the order in which they were started. */
export const started: Helper[] = [];

/** The module with a startHelper that notes what it starts. */
export async function noteStarted(importOriginal: <T>() => Promise<T>): Promise<Helpers> {
  const original = await importOriginal<Helpers>();
  return {
    ...original,
    startHelper(...given: unknown[]) {
      const helper = original.startHelper(...given);
      started.push(helper);
      return helper;
    },
  };
}
