// Trains the plans of a checkup, each from the same start, and diagnoses what came of them.
import type { NamedPreparedTable } from "../prepare-table.js";
import type { CheckupPlan } from "./plans.js";
import { scoreOf, specFor, tryDiagnose } from "../network-for-table.js";
import type { FollowedTrials } from "../trials/followed-trials.js";
import { classWeightsOf, type SharedOptions } from "../options.js";
import { median } from "../../core/statistics.js";
import type { PageOptions } from "../save-page.js";
import type { Terminal } from "../terminal.js";
import type {
  Death,
  Diagnosis,
  EpochLog,
  History,
  Learning,
  Metrics,
  Network,
  NetworkSpec,
  Revival,
} from "../../index.js";
import type { TrialCourse, TrialOutcome } from "../../treatment/trial/trial.js";
import type { CheckupScale, EpochLine } from "../../report/checkup-text.js";

export interface CheckupOptions extends SharedOptions, PageOptions {
  /** Of the healthy network; by default RATES. */
  readonly learningRate?: number;
  readonly classWeights?: "balanced";
  /** Seeds to try. */
  readonly repeats: number;
  readonly threads?: number;
  readonly journal?: string;
}

/** Healthy rates of plain gradient descent. */
export const RATES = { classification: 0.1, regression: 0.01 };

/**
 * What came of one plan with one seed. Unit counts are missing where the numbers overflow and no diagnosis is possible.
 */
export interface CheckupRun {
  readonly plan: CheckupPlan;
  readonly seed: number;
  readonly spec: NetworkSpec;
  /** Of each hidden layer. */
  readonly units: readonly number[];
  readonly score: number;
  readonly loss: number;
  /** Dead units by hidden layer, as the diagnosis says; a leaky unit never is. */
  readonly dead?: readonly number[];
  /** Units that fire on no training row, by hidden layer: for ReLU the dead ones. */
  readonly closed?: readonly number[];
  readonly stepsPerSecond: number;
  readonly stopped?: History["stopped"];
  /** Whether it has learned, for the first seed of what is healthy or faulty. */
  readonly learning?: Learning;
  readonly diagnosis?: Diagnosis;
  /** Where they were traced. */
  readonly deaths?: readonly Death[];
  /** Epoch by epoch, likewise. */
  readonly course?: readonly EpochLine[];
  readonly revivals?: readonly Revival[];
}

/** By the median epoch: the first ones of a process run while the engine still compiles. */
function speedOf(epochs: readonly EpochLog[], stepsPerEpoch: number): number {
  return stepsPerEpoch / median(epochs.map(({ seconds }) => seconds));
}

/** Trains plans on one table. */
export class PlanTrainer {
  readonly scale: CheckupScale;
  readonly healthyRate: number;

  constructor(
    readonly prepared: NamedPreparedTable,
    readonly options: CheckupOptions,
    readonly terminal: Terminal,
    readonly signal: AbortSignal,
    private readonly library: typeof import("../../index.js"),
    private readonly trials: FollowedTrials,
  ) {
    this.healthyRate = options.learningRate ?? RATES[prepared.task];
    this.scale = { units: options.hidden, isAccuracy: prepared.task === "classification" };
  }

  private specOf({ activation, bias }: CheckupPlan, seed: number): NetworkSpec {
    return specFor(this.prepared, { hidden: this.options.hidden, activation, bias, seed });
  }

  private classWeights(): ReturnType<typeof classWeightsOf> {
    return classWeightsOf(this.options, this.prepared);
  }

  /** Whether it is trained here, to be looked at as a whole; others train side by side. */
  private isShown({ role }: CheckupPlan, seed: number): boolean {
    return seed === this.seeds[0] && (role === "healthy" || role === "faulty");
  }

  private runOf(
    plan: CheckupPlan,
    seed: number,
    metrics: Metrics,
    { epochs, stopped, layers }: Pick<History, "epochs" | "stopped"> & Pick<TrialCourse, "layers">,
  ): CheckupRun {
    const { prepared, options } = this;
    return {
      plan,
      seed,
      spec: this.specOf(plan, seed),
      units: options.hidden,
      score: scoreOf(prepared, metrics),
      loss: metrics.loss,
      dead: layers.map(({ dead }) => dead),
      closed: layers.map(({ neverFired }) => neverFired),
      stepsPerSecond: speedOf(epochs, Math.ceil(prepared.training.x.rows / options.batchSize)),
      stopped,
    };
  }

  /**
   * Trains a plan; undefined if it was interrupted. With `onEpoch`, which gets the dead units after each epoch, deaths
   * are traced.
   */
  async run(
    plan: CheckupPlan,
    seed: number,
    label: string,
    onEpoch?: (line: EpochLine) => void,
  ): Promise<CheckupRun | undefined> {
    const { createNetwork, sgd, traceDeaths } = this.library;
    const { prepared, options, signal, terminal } = this;
    const { epochs, batchSize } = options;
    const { training, judges } = prepared;
    const { countDead } = await import("../../inspect/dead-units.js");
    using network = await createNetwork(this.specOf(plan, seed));
    const course: EpochLine[] = [];
    const onEpochEnd = (log: EpochLog): void => {
      if (onEpoch === undefined) terminal.progress({ label, done: log.epoch, total: epochs, unit: "epochs" });
      else {
        const dead = countDead(network, training.x).layers.map((layer) => layer.dead);
        course.push({ epoch: log.epoch, loss: log.loss, score: scoreOf(prepared, log.validation!), dead });
        onEpoch(course.at(-1)!);
      }
    };
    const trace = onEpoch && traceDeaths();
    terminal.startProgress();
    const history = await network.fit(training, {
      epochs,
      batchSize,
      signal,
      optimizer: sgd({ learningRate: plan.learningRate }),
      validation: judges,
      ...this.classWeights(),
      callbacks: [{ onEpochEnd }, ...(trace ? [trace] : [])],
    });
    terminal.endProgress();
    if (history.stopped === "aborted") return undefined;
    const { layers } = countDead(network, training.x);
    const run = this.runOf(plan, seed, network.evaluate(judges), { ...history, layers });
    const diagnosis = this.isShown(plan, seed) ? this.diagnose(network, history, plan.role === "faulty") : undefined;
    return {
      ...run,
      ...(diagnosis?.learning && { learning: diagnosis.learning }),
      ...(plan.role === "faulty" && diagnosis && { diagnosis }),
      ...(trace && { deaths: trace.deaths, revivals: trace.revivals, course }),
    };
  }

  /** @param proofs they take their time; undefined where nothing can be said */
  private diagnose(network: Network, history: History, proofs: boolean): Diagnosis | undefined {
    const { training, heldOut } = this.prepared;
    const validation = heldOut.x.rows > 0 ? { validation: heldOut } : {};
    const options = { targets: training.y, ...validation, history, proofs };
    const diagnosis = tryDiagnose(this.library.diagnose, network, training.x, options);
    return typeof diagnosis === "string" ? undefined : diagnosis;
  }

  private get isAlone(): boolean {
    return this.trials.threads === 1; // here a training tells how far it is
  }

  private trial(plan: CheckupPlan, seed: number): Promise<TrialOutcome | undefined> {
    const { epochs, batchSize } = this.options;
    const { learningRate } = plan;
    return this.trials.run({ spec: this.specOf(plan, seed), learningRate, epochs, batchSize, ...this.classWeights() });
  }

  /** Begins what will be asked for, beside what is trained here. */
  begin(plans: readonly CheckupPlan[]): void {
    if (this.isAlone) return;
    for (const plan of plans) for (const seed of this.seeds) if (!this.isShown(plan, seed)) void this.trial(plan, seed);
  }

  /** Begins as many of them as there are threads, with the first seed. */
  beginFirst(plans: readonly CheckupPlan[]): void {
    if (!this.isAlone) for (const plan of plans.slice(0, this.trials.threads)) void this.trial(plan, this.seeds[0]);
  }

  /** The same as run, beside others; without diagnosis. */
  async runBeside(plan: CheckupPlan, seed: number, label: string): Promise<CheckupRun | undefined> {
    if (this.isAlone && !this.trials.hasJournal) return this.run(plan, seed, label);
    const outcome = await this.trial(plan, seed);
    if (!outcome || this.signal.aborted) return undefined;
    const { course } = outcome;
    return course ? this.runOf(plan, seed, course.evaluation, course) : this.run(plan, seed, label); // it says why
  }

  /** The seeds of the repeats, the first one first. */
  get seeds(): number[] {
    return Array.from({ length: this.options.repeats }, (_, repeat) => this.options.seed + repeat);
  }

  /** The same plan over all seeds; what was finished before an interruption. */
  async repeat(plan: CheckupPlan, label: string): Promise<CheckupRun[]> {
    this.begin([plan]);
    const runs = [];
    for (const seed of this.seeds) {
      const run = await (this.isShown(plan, seed) ? this.run(plan, seed, label) : this.runBeside(plan, seed, label));
      if (run) runs.push(run);
    }
    return runs;
  }
}
