// A sweep's side of a queue: puts trials there, and takes what workers made of them.
import { checkPlace } from "./places.js";
import { checkQueueUrl, openStore, type QueuePlace } from "./open-store.js";
import { QueueRun } from "./queue-run.js";
import { queueOf } from "./store.js";
import type { EngineOptions, SweepEngine, SweepWork } from "../engine.js";
import type { SweepTrial } from "../task.js";
import { checkFunction, checkInteger, checkOptions } from "../../core/checks.js";

/** Options of `queueEngine`. */
export interface QueueOptions extends QueuePlace {
  /**
   * Where the rows are for workers: "queue" (default), a folder that all machines see, or an URL that takes PUT and
   * GET; workers have to allow the last two.
   */
  readonly share?: string;
  /** Results stay in the queue for so long, in seconds: a sweep without a journal goes on from them. Default: a day. */
  readonly keepSeconds?: number;
  /** Trials that are in the queue at a time. Default 1024. */
  readonly ahead?: number;
  /** Told what the operator may want to know: that no worker is there, that the connection is lost, in a sentence. */
  readonly onNotice?: (notice: string) => void;
}

const OPTIONS = [
  "url",
  "password",
  "share",
  "keepSeconds",
  "ahead",
  "onNotice",
] as const satisfies readonly (keyof QueueOptions)[];
const DAY = 86_400;

/**
 * The engine of a sweep whose trials other machines do: `relumine worker`, or `serveQueue`, on any number of them,
 * which come and go as they like. Needs bullmq and ioredis (or pg). Machines' fast arithmetic differs, so a plan that
 * names none is "reproducible" here: results are those of localEngine to the bit.
 *
 * Whatever is lost, a worker, the queue's memory, or this program, each trial's result is told once: a trial that is
 * not there any more is put there again, and one that is done already is not done again.
 * @param options url, password, share, keepSeconds, ahead, onNotice
 * @cost about a millisecond and three kilobytes of the queue a trial; the rows once
 * @throws RelumineError "value"; as a rejection of `sweep` "value" for a queue that does not answer within 5 seconds or
 *   is another program's, "unsupported" where the packages are not installed or workers refuse what they are given
 * @example await sweep(plan, { x, y }, { engine: queueEngine({ url: "redis://127.0.0.1:6379" }) });
 */
export function queueEngine(options: QueueOptions): SweepEngine {
  const { url, password, share, keepSeconds = DAY, ahead = 1024, onNotice } = checkOptions("queue", options, OPTIONS);
  const place: QueuePlace = { url: checkQueueUrl(url), ...(password !== undefined && { password }) };
  const settings = {
    place: checkPlace(share),
    keepSeconds: checkInteger("keepSeconds", keepSeconds, { low: 0, high: 400 * DAY }),
    ahead: checkInteger("ahead", ahead, { low: 1, high: 2 ** 16 }),
    onNotice: onNotice === undefined ? () => undefined : checkFunction("onNotice", onNotice),
  };
  return {
    arithmetic: "reproducible",
    async run(trials: AsyncIterable<SweepTrial>, work: SweepWork, told: EngineOptions): Promise<void> {
      if (told.signal.aborted) return;
      const store = await openStore(place, [queueOf(work.build)]);
      try {
        await new QueueRun(store, work, told, settings).run(trials);
      } finally {
        await store.close();
      }
    },
  };
}
