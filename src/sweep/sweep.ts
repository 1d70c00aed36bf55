// One sweep: its trials, those that a journal has, those that an engine does, and what comes of them.
import type { SweepEngine, SweepWork } from "./engine.js";
import { checkFigures, checkHost } from "./journal/check-figures.js";
import { nameBuild } from "../worker/build.js";
import { type JournalEntry, readJournals, type SweepJournal, writeLine } from "./journal/journal.js";
import { localEngine } from "./local-engine.js";
import { type CheckedPlan, readPlan, trialOf } from "./plan/plan.js";
import { makeResult, resultOf, type Scale } from "./results.js";
import { nameRows, packRows, shareRows } from "./rows.js";
import { type Planned, type Schedule, scheduleOf } from "./schedule.js";
import { nameTrial, type SweepTrial } from "./task.js";
import type { SweepDataSet, SweepPlan, SweepProgress, SweepResult, SweepTrialResult, TrialFigures } from "./types.js";
import { checkFunction, checkInteger, checkOptions, checkSignal, describe } from "../core/checks.js";
import { RelumineError } from "../core/errors.js";
import { yieldToEventLoop } from "../core/event-loop.js";
import { judgeConstant } from "../treatment/trial/judge.js";
import { checkJournal, type JournalContents, type JournalReport } from "../treatment/trial/journal/lines.js";
import type { TrialJob } from "../treatment/trial/trial.js";

/** Options of `sweep`. */
export interface SweepOptions {
  /** What does the trials. Default: workers of this machine, see `localEngine`. */
  readonly engine?: SweepEngine;
  /**
   * Where results are kept as they come in; what is there already is not done again. Of several the first is written
   * to, the others, of shards say, are read.
   */
  readonly journal?: SweepJournal | readonly SweepJournal[];
  /** One of several programs that share the trials, by their ids: number `index`, from 0 on, of `count`. */
  readonly shard?: {
    /** From 0 on. */
    readonly index: number;
    /** How many there are. */
    readonly count: number;
  };
  /** Ends it; the result is of what is in. */
  readonly signal?: AbortSignal;
  /** Called with each trial as it comes in, those of the journal first. */
  readonly onTrial?: (trial: SweepTrialResult) => void;
  /** Called with how far it is, whenever a trial is in. */
  readonly onProgress?: (progress: SweepProgress) => void;
}

interface Checked extends Pick<SweepOptions, "shard" | "signal"> {
  readonly engine: SweepEngine;
  readonly journals: readonly SweepJournal[];
  readonly onTrial: (trial: SweepTrialResult) => void;
  readonly onProgress: (progress: SweepProgress) => void;
}

const OPTIONS = [
  "engine",
  "journal",
  "shard",
  "signal",
  "onTrial",
  "onProgress",
] as const satisfies readonly (keyof SweepOptions)[];

function checkSweep(options: SweepOptions | undefined, plan: CheckedPlan): Checked {
  const given = checkOptions("options", options, OPTIONS);
  const { engine = localEngine(), journal = [], shard, signal } = given;
  if (typeof (engine as Partial<SweepEngine> | null)?.run !== "function")
    throw new RelumineError("value", "engine", "to be an object with run", describe(engine));
  if (shard !== undefined) {
    const { index, count } = checkOptions("shard", shard, ["index", "count"]);
    checkInteger("shard.count", count, { low: 1, high: 1e6 });
    checkInteger("shard.index", index, { low: 0, high: count - 1 });
    if (plan.stop)
      throw new RelumineError("value", "shard", "to be left out where plan.stop decides by all results", "a shard");
  }
  return {
    engine,
    journals: (Array.isArray(journal) ? (journal as readonly SweepJournal[]) : [journal as SweepJournal]).map(
      checkJournal,
    ),
    shard,
    signal: checkSignal(signal),
    onTrial: given.onTrial === undefined ? () => undefined : checkFunction("onTrial", given.onTrial),
    onProgress: given.onProgress === undefined ? () => undefined : checkFunction("onProgress", given.onProgress),
  };
}

/** A trial that was planned, with all that is told of it. */
interface PlannedTrial extends SweepTrial {
  readonly planned: Planned;
  readonly at: SweepTrialResult["at"];
  readonly seed: number;
  readonly epochs: number;
}

/** Failures that say nothing of the trial: it is not journaled, and is done again another time. */
const OF_THE_MACHINE: readonly (string | undefined)[] = ["memory", "disposed"];

const isOfTheMachine = ({ failed }: TrialFigures): boolean => OF_THE_MACHINE.includes(failed?.code);

/** So many trials of the journal are taken in before the event loop turns. */
const IN_A_ROW = 256;

/** One call of sweep. */
class Sweep {
  private readonly stop = new AbortController();
  private readonly schedule: Schedule;
  private readonly results = new Map<string, SweepTrialResult>();
  /** By id, those under way: two cells may be one and the same training. */
  private readonly underWay = new Map<string, PlannedTrial[]>();
  private readonly taken: SweepTrialResult[] = [];
  private wake: () => void = () => undefined;
  private isEnded = false;
  private resumed = 0;
  private failures = 0;
  private left = 0;
  private error: { readonly thrown: unknown } | undefined;
  private cell: (ReturnType<typeof trialOf> & { readonly of: number }) | undefined;

  constructor(
    private readonly plan: CheckedPlan,
    private readonly work: SweepWork,
    private readonly options: Checked,
    private readonly scale: Scale,
    private readonly known: JournalContents<JournalEntry> | undefined,
  ) {
    this.schedule = scheduleOf(plan);
  }

  private end(): void {
    this.isEnded = true;
    this.stop.abort();
    this.wake();
  }

  private trialAt(planned: Planned): PlannedTrial {
    const { cell, repeat, share } = planned;
    if (this.cell?.of !== cell) this.cell = { ...trialOf(this.plan, cell), of: cell };
    const { settings, at, seed: first, epochs: all } = this.cell;
    const [seed, epochs] = [first + repeat, Math.min(all, Math.max(1, Math.ceil(all * share)))];
    const job: TrialJob = { settings, seed, epochs, look: this.plan.look };
    return { ...nameTrial(job, this.work.data, this.work.build), planned, at, seed, epochs };
  }

  private isOurs({ id }: SweepTrial): boolean {
    const { shard } = this.options;
    return shard === undefined || Number.parseInt(id.slice(0, 8), 16) % shard.count === shard.index;
  }

  /** The trials that are to be done, as an engine takes them. */
  private trials(): AsyncIterable<SweepTrial> {
    const next = async (): Promise<IteratorResult<SweepTrial>> => {
      for (let row = 1; !this.isEnded; row++) {
        if (row % IN_A_ROW === 0) await yieldToEventLoop();
        const planned = this.schedule.next();
        if (planned === undefined) break;
        if (planned === "wait") {
          if (this.underWay.size === 0) break;
          await new Promise<void>((resolve) => (this.wake = resolve));
          continue;
        }
        const trial = this.consider(planned);
        if (trial) return { done: false, value: { id: trial.id, task: trial.task } };
      }
      return { done: true, value: undefined };
    };
    const finish = async (): Promise<IteratorResult<SweepTrial>> => {
      this.isEnded = true;
      this.wake();
      return { done: true, value: undefined };
    };
    return { [Symbol.asyncIterator]: () => ({ next, return: finish }) };
  }

  /** The trial, if it is to be done; what is known of it is taken. */
  private consider(planned: Planned): PlannedTrial | undefined {
    let trial: PlannedTrial;
    try {
      trial = this.trialAt(planned);
    } catch (error) {
      this.refuse(planned, error);
      return undefined;
    }
    const result = this.results.get(trial.id) ?? this.resume(trial);
    if (result) this.take(trial, result);
    else if (this.underWay.has(trial.id)) this.underWay.get(trial.id)!.push(trial);
    else if (this.isOurs(trial)) {
      this.underWay.set(trial.id, [trial]);
      return trial;
    } else this.left++;
    return undefined;
  }

  /** Values that do not go together are that cell's failure, not the sweep's. */
  private refuse(planned: Planned, error: unknown): void {
    if (!(error instanceof RelumineError)) throw error;
    const { code, message } = error;
    const values = this.plan.valuesOf(planned.cell);
    const at = Object.fromEntries(this.plan.axes.map(({ name }, i) => [name, values[i]]));
    const first = at["spec.seed"] ?? this.plan.base.spec.seed ?? 0;
    const seed = (Number.isSafeInteger(first) ? (first as number) : 0) + planned.repeat;
    const trial = { id: "", task: {}, planned, at, seed, epochs: 0 };
    this.take(trial, resultOf(trial, { seconds: 0, trained: 0, failed: { code, message } }, "", this.scale));
  }

  /** What the journal has of it. */
  private resume(trial: PlannedTrial): SweepTrialResult | undefined {
    const entry = this.known?.entries.get(trial.id);
    if (!entry || isOfTheMachine(entry.figures)) return undefined;
    this.resumed++;
    return { ...resultOf(trial, entry.figures, entry.host, this.scale), resumed: true };
  }

  private take(trial: PlannedTrial, result: SweepTrialResult): void {
    const own = { ...result, cell: trial.planned.cell, at: trial.at };
    if (trial.id !== "") this.results.set(trial.id, own);
    this.taken.push(own);
    if (own.failed) this.failures++;
    this.schedule.take(trial.planned, own.failed ? undefined : own.score);
    this.options.onTrial(own);
    const { total } = this.schedule;
    this.options.onProgress({
      done: this.taken.length,
      total: total - this.left,
      resumed: this.resumed,
      failed: this.failures,
    });
    this.wake();
  }

  private readonly hear = async (trial: SweepTrial, given: TrialFigures, from: string): Promise<void> => {
    const waiting = this.underWay.get(trial.id);
    if (!waiting || this.error) return; // told before, or nobody's
    try {
      const [figures, host] = [checkFigures("figures", given), checkHost("host", from)];
      if (figures.failed?.code === "aborted") return; // it says nothing of the trial
      const [first] = waiting;
      const { build, data } = this.work;
      const { id, at, seed, epochs } = first;
      const entry = { id, build, data, at: at as JournalEntry["at"], seed, epochs, host, figures };
      if (!isOfTheMachine(figures)) await this.options.journals[0]?.append([writeLine(entry)]);
      if (!this.underWay.delete(trial.id)) return;
      for (const each of waiting) this.take(each, resultOf(each, figures, host, this.scale));
    } catch (thrown) {
      this.error ??= { thrown };
      this.end();
    }
  };

  async run(started: number): Promise<SweepResult> {
    const { engine, signal, journals } = this.options;
    const abort = () => this.end();
    signal?.addEventListener("abort", abort);
    if (signal?.aborted) this.end();
    try {
      const running = engine.run(this.trials(), this.work, { signal: this.stop.signal, onResult: this.hear });
      await running.catch((thrown: unknown) => (this.error ??= { thrown }));
      if (this.error) throw this.error.thrown;
      const isAborted = signal?.aborted ?? false;
      if (!isAborted && this.underWay.size > 0)
        throw new RelumineError("value", "engine", "to tell what came of every trial", `${this.underWay.size} less`);
      return makeResult({
        trials: this.taken,
        repeats: this.plan.repeats,
        scale: this.scale,
        data: this.work.data,
        build: this.work.build,
        planned: this.schedule.total,
        ...(this.known && { journal: this.report(this.known) }),
        ...(isAborted && { stopped: "aborted" as const }),
        seconds: (performance.now() - started) / 1000,
        axes: this.plan.axes.map(({ name }) => name),
        isWhole: ({ cell, epochs }) => !this.plan.stop || epochs === trialOf(this.plan, cell).epochs,
      });
    } finally {
      this.end();
      signal?.removeEventListener("abort", abort);
      await journals[0]?.close?.();
    }
  }

  private report({ entries, others, cut, damaged }: JournalContents<JournalEntry>): JournalReport {
    const ours = this.taken.filter(({ resumed }) => resumed).map(({ id }) => id);
    return { resumed: this.resumed, others: others.size + entries.size - new Set(ours).size, cut, damaged };
  }
}

/**
 * Hundreds of trainings: all combinations of some values, or points drawn among them, each with several seeds, on all
 * cores. Each trial tells its score, its dead units by layer and what killed them, the rows that no unit sees, and
 * whether it learned.
 *
 * Trials are deterministic and named by what they are: their settings, the rows, the program and its arithmetic. What a
 * journal has is not done again, so a sweep that was killed goes on where it was, and shards of one sweep, on as many
 * machines, are one sweep once their journals are read together. Results are the same to the bit on any number of
 * workers; `seconds` and `host` are not.
 * @param plan base, axes, sampling, repeats, stop, trace, arithmetic: plain data, as a file may hold it
 * @param data x: rows x inputs; y: a target a row; weights; validation: rows that judge, or the share that is held out
 * @param options engine, journal, shard, signal, onTrial, onProgress
 * @cost the trainings, and of each about two predictions; beside them 0.2 ms a trial; a kilobyte a trial
 * @throws RelumineError "value" or "shape" for a plan or data that are wrong, before anything trains; "format" for a
 *   journal that is none, or can't be written; what onTrial, onProgress, the journal or the engine throws
 * @example
 * const plan = {
 *   base: {
 *     spec: { inputs: 2, layers: [{ units: 16 }, { units: 3 }], loss: "crossEntropy" },
 *     fit: { optimizer: "sgd" },
 *   },
 *   axes: { learningRate: { from: 0.01, to: 3, count: 8, scale: "log" }, bias: [-1, 0, 1] },
 *   repeats: 3,
 * };
 * const { best, cells } = await sweep(plan, { x, y });
 * console.log(best.at, best.score, best.deadFraction);
 */
export async function sweep(plan: SweepPlan, data: SweepDataSet, options?: SweepOptions): Promise<SweepResult> {
  const started = performance.now();
  const checked = readPlan(plan, options?.engine?.arithmetic);
  const given = checkSweep(options, checked);
  const setup = await shareRows(checked, data);
  const known = given.journals.length > 0 ? await readJournals(given.journals) : undefined;
  const file = packRows(setup);
  const { arithmetic } = checked;
  const work: SweepWork = {
    data: nameRows(file),
    build: await nameBuild(arithmetic),
    arithmetic,
    pack: () => packRows(setup),
    setup,
  };
  const { metrics } = judgeConstant(setup.bench, setup);
  const scale: Scale = { measure: setup.bench.task.kind === "numbers" ? "loss" : "accuracy", constant: metrics };
  return new Sweep(checked, work, given, scale, known).run(started);
}
