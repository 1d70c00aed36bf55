// The trial's runs, side by side in processes; those that a journal has are not made again.
import { type ChildProcess, fork } from "node:child_process";
import type { Job, Outcome } from "./run.js";
import { RULES } from "./rules.js";
import { BATCH, STREAMS, TASKS } from "./streams.js";
import { nameContent } from "../../../src/core/content-name.js";
import { fileJournal } from "../../../src/sweep/journal/file-journal.js";
import { readLines, readMembers, type TrialJournal, writeMembers } from "../../../src/treatment/trial/journal/lines.js";
import { nameBuild } from "../../../src/worker/build.js";

type Reply = { readonly outcome: Outcome } | { readonly error: string };

interface Entry {
  readonly id: string;
  readonly outcome: Outcome;
}

/** Outcomes that are kept, by the names of jobs. */
class Kept {
  private constructor(
    private readonly build: string,
    private readonly journal: TrialJournal | undefined,
    private readonly known: ReadonlyMap<string, Entry>,
  ) {}

  static async open(path: string | undefined): Promise<Kept> {
    const journal = path === undefined ? undefined : fileJournal(path);
    const read = (line: string) => {
      const members = readMembers("run 1", line);
      return typeof members === "string" ? members : (members as Entry);
    };
    const { entries } = await readLines(journal ? [journal] : [], read);
    return new Kept(await nameBuild("reproducible"), journal, entries);
  }

  private nameOf({ stream, rule, seed }: Job): string {
    const { build } = this;
    return nameContent({ build, stream: STREAMS[stream]!.name, rule: RULES[rule]!.name, seed, TASKS, BATCH });
  }

  find(job: Job): Outcome | undefined {
    return this.known.get(this.nameOf(job))?.outcome;
  }

  async add(job: Job, outcome: Outcome): Promise<void> {
    await this.journal?.append([writeMembers("run 1", { id: this.nameOf(job), outcome })]);
  }

  async close(): Promise<void> {
    await this.journal?.close?.();
  }
}

function ask(child: ChildProcess, job: Job): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const onExit = () => reject(new Error("a process of the trial ended"));
    child.once("exit", onExit);
    child.once("message", (reply: Reply) => {
      child.off("exit", onExit);
      if ("outcome" in reply) resolve(reply.outcome);
      else reject(new Error(reply.error));
    });
    child.send(job);
  });
}

export interface PoolOptions {
  readonly workers: number;
  readonly journal: string | undefined;
  readonly signal: AbortSignal;
  /** After each run. */
  onRun(done: number): void;
}

/** What came of each job, in their order; undefined of those that were not made when the signal came. */
export async function runAll(jobs: readonly Job[], options: PoolOptions): Promise<(Outcome | undefined)[]> {
  const { workers, signal, onRun } = options;
  const kept = await Kept.open(options.journal);
  const outcomes = jobs.map((job) => kept.find(job));
  const missing = [...jobs.keys()].filter((place) => !outcomes[place]);
  let done = jobs.length - missing.length;
  onRun(done);
  const work = async () => {
    const child = fork(new URL("child.ts", import.meta.url));
    try {
      while (missing.length > 0 && !signal.aborted) {
        const place = missing.shift()!;
        const outcome = await ask(child, jobs[place]!);
        outcomes[place] = outcome;
        await kept.add(jobs[place]!, outcome);
        onRun(++done);
      }
    } finally {
      child.kill();
    }
  };
  await Promise.all(Array.from({ length: Math.min(workers, missing.length) }, work));
  await kept.close();
  return outcomes;
}
