// `relumine worker`: does trials of sweeps that others put into a queue.
import { Command } from "commander";
import { decimal, threadsOption } from "../options.js";
import { namingQueue, queuePlace } from "../sweep/queue-options.js";
import { interruption, Terminal } from "../terminal.js";
import { countOf, formatCount } from "../../text/numbers.js";

const EXAMPLES = `
Examples:
  $ relumine worker --queue redis://10.0.0.5
  $ relumine worker --queue rediss://user@10.0.0.5:6380 --threads 4
  $ relumine worker --queue redis://10.0.0.5 --allow /shared/rows

Then, anywhere: relumine sweep plan.json table.csv --queue redis://10.0.0.5
Any number of workers, which come and go as they like: what one leaves undone
another does. Ctrl-C, or SIGTERM, gives trials under way the seconds of --grace
and hands the rest back. The password may stand in RELUMINE_QUEUE_PASSWORD.`;

const MOST_THREADS = 256;
const LOG_EVERY = 60_000; // milliseconds

interface WorkerCommandOptions {
  readonly queue: string;
  readonly threads?: number;
  readonly allow: readonly string[];
  readonly cache?: string;
  readonly lock: number;
  readonly grace: number;
  readonly limit: number;
  readonly memory?: number;
}

const more = (text: string, before: readonly string[]): string[] => [...before, text];

/** A line now and then of how many there were. */
function countTrials(terminal: Terminal) {
  let [done, failed, last] = [0, 0, performance.now()];
  const tell = () =>
    terminal.tell(`${countOf(done, "trial")} done${failed > 0 ? `, ${formatCount(failed)} failed` : ""}`);
  return {
    tell,
    onTrial(trial: { readonly id: string; readonly failed?: string }): void {
      if (trial.failed === undefined) done++;
      else {
        failed++;
        terminal.fail(`trial ${trial.id.slice(0, 12)}: ${trial.failed}`);
      }
      if (performance.now() - last < LOG_EVERY) return;
      last = performance.now();
      tell();
    },
  };
}

async function work(options: WorkerCommandOptions): Promise<void> {
  const { queue, threads, allow, cache, lock, grace, limit, memory } = options;
  const terminal = new Terminal();
  const signal = interruption();
  const { serveQueue } = await import("../../sweep-queue.js");
  const counts = countTrials(terminal);
  await namingQueue(() =>
    serveQueue({
      ...queuePlace(queue),
      ...(threads !== undefined && { threads }),
      ...(cache !== undefined && { cache }),
      allow,
      lockSeconds: lock,
      graceSeconds: grace,
      trialSeconds: limit,
      ...(memory !== undefined && { trialBytes: Math.ceil(memory * 1e6) }),
      signal,
      onReady: (builds) => terminal.tell(`Waiting for trials of ${builds.join(" and ")}`),
      onTrial: counts.onTrial,
      onNotice: (notice) => terminal.warn(notice),
    }),
  );
  counts.tell();
}

export function workerCommand(): Command {
  const DAY = 86_400;
  return new Command("worker")
    .description("Train what sweeps on other machines put into a queue.")
    .requiredOption("--queue <url>", "redis://, rediss:// (TLS) or postgres://")
    .addOption(threadsOption("trials at a time", MOST_THREADS))
    .option("--allow <place>", "a folder or URL from which rows may be read; repeatable", more, [])
    .option("--cache <folder>", "where rows are kept (default: a temporary folder)")
    .option("--lock <seconds>", "silent for so long, its trials go to others", decimal({ low: 0.1, high: DAY }), 60)
    .option("--grace <seconds>", "what trials under way have at the end", decimal({ low: 0, high: DAY }), 10)
    .option("--limit <seconds>", "a trial that takes longer fails", decimal({ low: 0.001, high: 400 * DAY }), DAY)
    .option("--memory <MB>", "a trial that needs more fails (default: half of all)", decimal({ low: 1, high: 1e6 }))
    .addHelpText("after", EXAMPLES)
    .action(work);
}
