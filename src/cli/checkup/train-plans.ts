// Trains the plans of a checkup, each from the same start, and diagnoses what came of them.
import type { NamedPreparedTable } from "../prepare-table.js";
import type { CheckupPlan } from "./plans.js";
import { scoreOf, specFor, tryDiagnose } from "../network-for-table.js";
import { classWeightsOf, type SharedOptions } from "../options.js";
import { median } from "../../core/statistics.js";
import type { PageOptions } from "../save-page.js";
import type { Terminal } from "../terminal.js";
import type { Death, Diagnosis, EpochLog, History, Learning, Network, NetworkSpec, Revival } from "../../index.js";
import type { CheckupScale, EpochLine } from "../../report/checkup-text.js";

export interface CheckupOptions extends SharedOptions, PageOptions {
  /** Of the healthy network; by default RATES. */
  readonly learningRate?: number;
  readonly classWeights?: "balanced";
  /** Seeds to try. */
  readonly repeats: number;
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
  ) {
    this.healthyRate = options.learningRate ?? RATES[prepared.task];
    this.scale = { units: options.hidden, isAccuracy: prepared.task === "classification" };
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
    const { epochs, batchSize, hidden } = options;
    const { training, judges } = prepared;
    const { countDead } = await import("../../inspect/dead-units.js");
    const spec = specFor(prepared, { hidden, activation: plan.activation, bias: plan.bias, seed });
    using network = await createNetwork(spec);
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
      ...classWeightsOf(options, prepared),
      callbacks: [{ onEpochEnd }, ...(trace ? [trace] : [])],
    });
    terminal.endProgress();
    if (history.stopped === "aborted") return undefined;
    const metrics = network.evaluate(judges);
    const { layers } = countDead(network, training.x);
    const isShown = seed === this.seeds[0] && (plan.role === "healthy" || plan.role === "faulty");
    const diagnosis = isShown ? this.diagnose(network, history, plan.role === "faulty") : undefined;
    return {
      plan,
      seed,
      spec,
      units: hidden,
      score: scoreOf(prepared, metrics),
      loss: metrics.loss,
      dead: layers.map(({ dead }) => dead),
      closed: layers.map(({ neverFired }) => neverFired),
      ...(diagnosis?.learning && { learning: diagnosis.learning }),
      diagnosis: plan.role === "faulty" ? diagnosis : undefined,
      stepsPerSecond: speedOf(history.epochs, Math.ceil(training.x.rows / batchSize)),
      stopped: history.stopped,
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

  /** The seeds of the repeats, the first one first. */
  get seeds(): number[] {
    return Array.from({ length: this.options.repeats }, (_, repeat) => this.options.seed + repeat);
  }

  /** The same plan over all seeds; what was finished before an interruption. */
  async repeat(plan: CheckupPlan, label: string): Promise<CheckupRun[]> {
    const runs = [];
    for (const seed of this.seeds) {
      const run = await this.run(plan, seed, label);
      if (run) runs.push(run);
    }
    return runs;
  }
}
