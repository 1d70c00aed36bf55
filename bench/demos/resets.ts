// npm run demo:resets: rules that reset units, against what the units would have done. Each unit that a rule resets is
// followed on a copy of the network without the reset: does it fire again before the task's end? And which units that
// no training on the task's rows can open does the rule leave as they are?
import { parseArgs } from "node:util";
import { interruption, Terminal } from "../../src/cli/terminal.js";
import { countCores } from "../../src/wasm/threads.js";
import { readCount, runCommand } from "../command.js";
import { measuredOn, replaceBetweenMarkers } from "../documents.js";
import { runAll } from "./resets/pool.js";
import { RULES } from "./resets/rules.js";
import type { Job } from "./resets/run.js";
import { STREAMS, TASKS } from "./resets/streams.js";
import { type Run, tables } from "./resets/table.js";

const OPTIONS = {
  json: { type: "boolean", default: false },
  quick: { type: "boolean", default: false },
  write: { type: "boolean", default: false },
  streams: { type: "string", default: "" },
  seeds: { type: "string" },
  workers: { type: "string" },
  journal: { type: "string" },
  help: { type: "boolean", default: false },
} as const;

const HELP = `usage: npm run demo:resets -- [options]
  --quick         two streams, one seed
  --streams TEXT  only streams with TEXT in their name
  --seeds N       networks for each stream and rule (default 10)
  --workers N     runs at a time (default: one a core)
  --journal FILE  keeps what is done, and goes on from it
  --write         writes the tables in docs/resets.md
  --json          one JSON document on stdout
Exit code: 0 done, 1 interrupted, 2 bad usage.`;

const DOCUMENT = "docs/resets.md";

interface Settings {
  readonly streams: readonly number[];
  readonly seeds: number;
  readonly workers: number;
  readonly journal: string | undefined;
  readonly json: boolean;
  readonly write: boolean;
}

/** @throws Error for bad usage; undefined: help is asked for */
function readSettings(): Settings | undefined {
  const { values } = parseArgs({ options: OPTIONS });
  if (values.help) return undefined;
  const { quick, json, write, journal } = values;
  const streams = [...STREAMS.keys()].filter((place) => STREAMS[place]!.name.includes(values.streams));
  if (streams.length === 0)
    throw new Error(
      `--streams ${values.streams}: no stream has that in its name; ` +
        `there are ${STREAMS.map(({ name }) => `"${name}"`).join(", ")}`,
    );
  return {
    // one of each way to kill: large steps, and inputs that move away
    streams: quick
      ? streams.filter((place) =>
          ["permuted pixels, Adam 0.01", "drifting inputs, SGD 0.5"].includes(STREAMS[place]!.name),
        )
      : streams,
    seeds: readCount("seeds", values.seeds ?? (quick ? "1" : "10")),
    workers: values.workers === undefined ? countCores() : readCount("workers", values.workers),
    journal,
    json,
    write,
  };
}

/** Seed by seed, so that an interrupted trial has whole ones. */
function jobsOf({ streams, seeds }: Settings): Job[] {
  return Array.from({ length: seeds }, (_, i) => i + 1).flatMap((seed) =>
    streams.flatMap((stream) => RULES.map((_, rule) => ({ stream, rule, seed }))),
  );
}

async function main(settings: Settings): Promise<number> {
  const { json, write, workers, journal } = settings;
  const terminal = new Terminal(json);
  const signal = interruption();
  const jobs = jobsOf(settings);
  terminal.tell(`${jobs.length} runs of ${TASKS} tasks, ${workers} at a time`);
  terminal.startProgress();
  const outcomes = await runAll(jobs, {
    workers,
    journal,
    signal,
    onRun(done) {
      terminal.progress({ label: "runs", done, total: jobs.length, unit: "runs" });
      if (done % 50 === 0) terminal.log(`${done} of ${jobs.length} runs`);
    },
  });
  terminal.endProgress();
  const runs = jobs.flatMap((job, place): Run[] => {
    const outcome = outcomes[place];
    return outcome ? [{ job, outcome }] : [];
  });
  const isWhole = runs.length === jobs.length;
  if (json)
    terminal.document({
      interrupted: !isWhole,
      runs: runs.map(({ job: { stream, rule, seed }, outcome }) => ({
        stream: STREAMS[stream]!.name,
        rule: RULES[rule]!.name,
        seed,
        ...outcome,
      })),
    });
  if (!isWhole) {
    terminal.fail(`interrupted: ${runs.length} of ${jobs.length} runs${journal ? `, which ${journal} has` : ""}`);
    return 1;
  }
  terminal.tell(tables(runs));
  if (write) replaceBetweenMarkers(DOCUMENT, "resets", tables(runs) + measuredOn());
  return 0;
}

await runCommand(HELP, readSettings, main);
