// Trainings by plain gradient descent, side by side in workers, with their epochs: what checkup and textbook repeat for
// many plans and seeds. What was asked for is trained once.
import type { DataSet } from "../network/data.js";
import type { ClassWeights } from "../network/training/class-weights.js";
import { canonicalJson } from "../core/canonical-json.js";
import { createNetwork } from "../network/network.js";
import { draftedTrial } from "../sweep/plan/base.js";
import type { Plain, PlainObject } from "../sweep/plan/plain.js";
import { planWithJudges, setUpTrials } from "../treatment/trial/set-up.js";
import type { TrialJob, TrialOutcome } from "../treatment/trial/trial.js";
import { countCores } from "../wasm/threads.js";
import { openTrialPool, type TrialPool } from "../worker/trial-pool.js";
import type { NetworkSpec } from "../index.js";

/** One training. */
export interface FollowedPlan {
  readonly spec: NetworkSpec;
  readonly learningRate: number;
  readonly epochs: number;
  readonly batchSize: number;
  readonly classWeights?: ClassWeights | undefined;
}

function jobFor({ spec, learningRate, epochs, batchSize, classWeights }: FollowedPlan): TrialJob {
  const fit = {
    epochs,
    batchSize,
    shuffle: true,
    callbacks: [],
    optimizer: { name: "sgd", options: { learningRate } },
  };
  const { settings, seed } = draftedTrial({
    spec: spec as unknown as PlainObject,
    fit: { ...fit, ...(classWeights !== undefined && { classWeights: classWeights as Plain }) },
    remedies: {},
  });
  return { settings, seed, epochs, isFollowed: true };
}

export class FollowedTrials {
  private readonly runs = new Map<string, Promise<TrialOutcome | undefined>>();
  private pool: Promise<TrialPool> | undefined;
  /** Trainings at a time. */
  readonly threads: number;

  /**
   * @param training rows that train
   * @param judges rows that judge
   * @param threads default: one a core
   */
  constructor(
    private readonly training: DataSet,
    private readonly judges: DataSet,
    threads: number | undefined,
    private readonly signal: AbortSignal,
  ) {
    this.threads = threads ?? countCores();
  }

  /** All plans are of as many inputs and outputs, and one loss. */
  private async open({ spec }: FollowedPlan): Promise<TrialPool> {
    using network = await createNetwork(spec);
    const plan = planWithJudges(network, this.training, { validation: this.judges });
    const setup = setUpTrials(network, plan, {}, { callbacks: [], arithmetic: "fast" });
    return openTrialPool(setup, this.threads, this.signal);
  }

  /** The outcome, whose course is absent where numbers overflow; undefined if it was interrupted. */
  run(plan: FollowedPlan): Promise<TrialOutcome | undefined> {
    const name = canonicalJson(plan);
    const known = this.runs.get(name);
    if (known) return known;
    this.pool ??= this.open(plan);
    const run = this.pool.then((pool) => pool.run(jobFor(plan)));
    run.catch(() => undefined); // of one that was begun early nobody may ask
    this.runs.set(name, run);
    return run;
  }

  /** Those under way are given up. */
  async end(): Promise<void> {
    (await this.pool)?.end();
  }
}
