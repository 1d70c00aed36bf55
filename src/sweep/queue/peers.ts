// The packages of the queue: optional peers, loaded where a queue is used.
import { RelumineError } from "../../core/errors.js";

async function load<T>(name: string, module: () => Promise<T>): Promise<T> {
  try {
    return await module();
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    const isAbsent = code === "ERR_MODULE_NOT_FOUND" || code === "MODULE_NOT_FOUND";
    throw new RelumineError(
      "unsupported",
      `the package ${name}`,
      "to be installed",
      isAbsent ? "none" : `one that does not load (${message})`,
      "Queues need: npm install bullmq ioredis (or pg, for PostgreSQL)",
    );
  }
}

export const loadBullmq = (): Promise<typeof import("bullmq")> => load("bullmq", () => import("bullmq"));
export const loadIoredis = (): Promise<{ readonly Redis: typeof import("ioredis").Redis }> =>
  load("ioredis", () => import("ioredis"));
export const loadPg = (): Promise<typeof import("pg")> => load("pg", () => import("pg"));
