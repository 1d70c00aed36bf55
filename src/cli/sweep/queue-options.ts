// Options of commands whose trials a queue may do, and the engine that they choose.
import type { Command } from "commander";
import { withDashes } from "../options.js";
import type { Terminal } from "../terminal.js";
import { RelumineError } from "../../core/errors.js";
import type { SweepEngine } from "../../sweep.js";

export interface QueueCommandOptions {
  readonly queue?: string;
  readonly share?: string;
  readonly threads?: number;
}

/** Where an URL would be seen by everybody who lists the machine's programs. */
const PASSWORD = "RELUMINE_QUEUE_PASSWORD";

export function queuePlace(url: string): { url: string; password?: string } {
  const password = process.env[PASSWORD];
  return { url, ...(password !== undefined && { password }) };
}

/** What a refusal of the queue is about, as it is written on the command line. */
export async function namingQueue<T>(act: () => T | Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw withDashes(error, ["queue", "share", "allow"]);
  }
}

export function addQueueOptions(command: Command): Command {
  return command
    .option("--queue <url>", "let workers of that queue train: see relumine worker")
    .option("--share <place>", "put the rows into that folder or URL, not the queue");
}

/** This machine's workers, or those of the queue. */
export async function engineFor(options: QueueCommandOptions, terminal: Terminal): Promise<SweepEngine> {
  const { queue, share, threads } = options;
  if (queue === undefined && share !== undefined)
    throw new RelumineError(
      "value",
      "--share",
      "to come with --queue: it says where workers find the rows",
      "no queue",
    );
  if (queue === undefined) {
    const { localEngine } = await import("../../sweep.js");
    return localEngine({ ...(threads !== undefined && { workers: threads }) });
  }
  const { queueEngine } = await import("../../sweep-queue.js");
  return namingQueue(() =>
    queueEngine({
      ...queuePlace(queue),
      ...(share !== undefined && { share }),
      onNotice: (notice) => terminal.warn(notice),
    }),
  );
}
