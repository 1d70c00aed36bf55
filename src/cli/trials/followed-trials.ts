// Trainings by plain gradient descent, side by side in workers, with their epochs: what checkup and textbook repeat for
// many plans and seeds. What was asked for is trained once; what a journal has, not again.
import type { DataSet } from "../../network/data.js";
import type { Schedule } from "../../network/training/schedules/schedules.js";
import type { ClassWeights } from "../../network/training/class-weights.js";
import { canonicalJson } from "../../core/canonical-json.js";
import { createNetwork } from "../../network/network.js";
import { draftedTrial } from "../../sweep/plan/base.js";
import type { Plain, PlainObject } from "../../sweep/plan/plain.js";
import type { JournalReport, TrialJournal } from "../../treatment/trial/journal/lines.js";
import type { OutcomeStore } from "../../treatment/trial/journal/outcome-store.js";
import { planWithJudges, setUpTrials } from "../../treatment/trial/set-up.js";
import type { TrialJob, TrialOutcome } from "../../treatment/trial/trial.js";
import { countCores } from "../../wasm/threads.js";
import { openTrialPool, type TrialPool } from "../../worker/trial-pool.js";
import type { NetworkSpec } from "../../index.js";

/** One training. */
export interface FollowedPlan {
  readonly spec: NetworkSpec;
  readonly learningRate: number;
  readonly schedule?: Schedule | undefined;
  readonly epochs: number;
  readonly batchSize: number;
  readonly classWeights?: ClassWeights | undefined;
}

function jobFor({ spec, learningRate, schedule, epochs, batchSize, classWeights }: FollowedPlan): TrialJob {
  const fit = {
    epochs,
    batchSize,
    shuffle: true,
    callbacks: [],
    optimizer: { name: "sgd", options: { learningRate } },
    ...(schedule !== undefined && { learningRate: schedule as unknown as Plain }),
  };
  const { settings, seed } = draftedTrial({
    spec: spec as unknown as PlainObject,
    fit: { ...fit, ...(classWeights !== undefined && { classWeights: classWeights as Plain }) },
    remedies: {},
  });
  return { settings, seed, epochs, isFollowed: true };
}

interface Opened {
  readonly pool: TrialPool;
  readonly store: OutcomeStore | undefined;
}

export interface FollowedOptions {
  /** Trainings at a time. Default: one a core. */
  readonly threads?: number | undefined;
  readonly journal?: TrialJournal | undefined;
}

export class FollowedTrials {
  private readonly runs = new Map<string, Promise<TrialOutcome | undefined>>();
  private opened: Promise<Opened> | undefined;
  private store: OutcomeStore | undefined;
  private readonly keptIn: TrialJournal | undefined;
  /** Trainings at a time. */
  readonly threads: number;

  /**
   * @param training rows that train
   * @param judges rows that judge
   */
  constructor(
    private readonly training: DataSet,
    private readonly judges: DataSet,
    { threads, journal }: FollowedOptions,
    private readonly signal: AbortSignal,
  ) {
    this.threads = threads ?? countCores();
    this.keptIn = journal;
  }

  /** Its trainings are to come here, so that they are kept. */
  get hasJournal(): boolean {
    return this.keptIn !== undefined;
  }

  /** What the journal had; undefined where there is none, or nothing was asked for. */
  get journal(): JournalReport | undefined {
    return this.store?.report;
  }

  /** All plans are of as many inputs and outputs, and one loss. */
  private async open({ spec }: FollowedPlan): Promise<Opened> {
    using network = await createNetwork(spec);
    const plan = planWithJudges(network, this.training, { validation: this.judges });
    const setup = setUpTrials(network, plan, {}, { callbacks: [], arithmetic: "fast" });
    if (this.keptIn) {
      const { openStore } = await import("../../worker/trial-journal.js");
      this.store = await openStore(this.keptIn, setup);
    }
    return { pool: await openTrialPool(setup, this.threads, this.signal), store: this.store };
  }

  private async train(plan: FollowedPlan): Promise<TrialOutcome | undefined> {
    const { pool, store } = await (this.opened ??= this.open(plan));
    const job = jobFor(plan);
    const known = store?.find(job);
    if (known) return known;
    const outcome = await pool.run(job);
    if (outcome) await store?.keep(job, outcome);
    return outcome;
  }

  /** The outcome, whose course is absent where numbers overflow; undefined if it was interrupted. */
  run(plan: FollowedPlan): Promise<TrialOutcome | undefined> {
    const name = canonicalJson(plan);
    const known = this.runs.get(name);
    if (known) return known;
    const run = this.train(plan);
    run.catch(() => undefined); // of one that was begun early nobody may ask
    this.runs.set(name, run);
    return run;
  }

  /** Those under way are given up. */
  async end(): Promise<void> {
    const opened = await this.opened;
    opened?.pool.end();
    await this.store?.close();
  }
}
