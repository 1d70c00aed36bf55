// Tries remedies from the same start and ranks them: the baseline first, for what it dies of decides the order.
import { type BaselineEvidence, type BaselineFault, findFault } from "./baseline-fault.js";
import {
  type Extras,
  type TrialJob,
  type TrialOutcome,
  type PlainSet,
  type TrialSettings,
  runJob,
  scaleSchedule,
  type TrialSetup,
} from "./run-trial.js";
import { callbackOf } from "../callbacks.js";
import { beats, type Entry, failureOf, gainsOf, intervalOf, meanDead, meanMetrics, rank } from "./rank.js";
import { chooseRemedies } from "./candidates.js";
import { splitData } from "./split-data.js";
import { drawPrescription } from "./prescription-text.js";
import { compete, enter } from "./successive-halving.js";
import type { Interval, Prescription, PrescribeOptions, Trial } from "./types.js";
import { checkFunction, checkInteger, checkName, checkOptions, describe } from "../../core/checks.js";
import { RelumineError } from "../../core/errors.js";
import { yieldToEventLoop } from "../../core/event-loop.js";
import { diagnose } from "../../diagnosis/diagnose.js";
import { traceDeaths } from "../../diagnosis/trace/trace-deaths.js";
import type { DeathTrace, TraceOptions, TraceResults } from "../../diagnosis/trace/trace-options.js";
import { type CallbackData, defineCallback, type Definition, definitionOf } from "../../network/training/callbacks.js";
import type { Network, FitOptions, PackageCallback } from "../../network/types.js";
import type { DataSet } from "../../network/data.js";
import { createNetwork } from "../../network/network.js";
import { rebuildOptimizer } from "../../network/training/optimizers.js";
import { FIT_OPTION_NAMES } from "../../network/training/option-names.js";
import { makePlan, type Plan } from "../../network/training/plan.js";
import type { NetworkSpec, ResolvedSpec } from "../../network/spec.js";
import { stateOf } from "../../network/state/state.js";

const HELD_OUT = 0.2;
const MOST_TRACED = 64; // a trace that has found so many deaths knows the cause, and each further one costs a replay

/** Workers that train side by side. */
export interface TrialWorkers {
  readonly size: number;
  /**
   * The outcome; undefined if the worker was lost, or all were ended. Rejects with what a trial threw that is not an
   * outcome.
   */
  run(job: TrialJob): Promise<TrialOutcome | undefined>;
  end(): void;
}

/** At most `count` workers ("auto": one a core), or undefined where none starts. */
export type StartTrialWorkers = (setup: TrialSetup, count: number | "auto") => Promise<TrialWorkers | undefined>;

interface Checked {
  readonly trials: number;
  readonly repeats: number;
  readonly workers: number | "auto";
  readonly arithmetic: "fast" | "reproducible";
  readonly signals: readonly AbortSignal[];
  readonly onTrial: (result: Trial) => void;
}

function checkPrescribe(options: PrescribeOptions | undefined, fit: FitOptions): Checked {
  const given = checkOptions("options", options, ["trials", "repeats", "workers", "arithmetic", "signal", "onTrial"]);
  const { workers = "auto", signal } = given;
  if (signal !== undefined && typeof signal?.aborted !== "boolean")
    throw new RelumineError("value", "options.signal", "to be an AbortSignal", describe(given.signal));
  return {
    trials: given.trials === undefined ? Infinity : checkInteger("trials", given.trials, { low: 1 }),
    repeats: checkInteger("repeats", given.repeats ?? 3, { low: 1, high: 1000 }),
    workers: workers === "auto" ? workers : checkInteger("workers", workers, { low: 1, high: 64 }),
    arithmetic: checkName("arithmetic", given.arithmetic ?? "fast", ["fast", "reproducible"]),
    signals: [signal, fit.signal].filter((each) => each !== undefined),
    onTrial: given.onTrial === undefined ? () => undefined : checkFunction("onTrial", given.onTrial),
  };
}

/** A trace that looks no further once it has found enough. */
function traceSome(): DeathTrace {
  const { start, ...rest } = definitionOf(traceDeaths()) as Definition<TraceOptions, TraceResults>;
  return defineCallback({
    ...rest,
    start(fit, context) {
      const { read, onBatchEnd, onEpochEnd, onTrainEnd } = start!(fit, context);
      const isEnough = (): boolean => read().deaths.length >= MOST_TRACED;
      return {
        onBatchEnd: (log) => (isEnough() ? undefined : onBatchEnd!(log, context)),
        onEpochEnd: (log) => (isEnough() ? undefined : onEpochEnd!(log, context)),
        onTrainEnd: (history) => (isEnough() ? undefined : onTrainEnd!(history, context)),
        read,
      };
    },
  });
}

/** One call of prescribe. */
class Prescriber {
  private readonly stop = new AbortController();
  private trialWorkers: TrialWorkers | undefined;
  private workerCount = 1;
  private isBroken = false;
  private local: Promise<unknown> = Promise.resolve();
  private evidence: BaselineEvidence | undefined;
  private readonly baseline: Entry;
  private readonly abort = () => this.end();

  constructor(
    readonly setup: TrialSetup,
    readonly plan: Plan,
    readonly fit: FitOptions,
    readonly settings: TrialSettings,
    readonly options: Checked,
    private readonly startWorkers: StartTrialWorkers,
  ) {
    this.baseline = enter({ name: "baseline", why: "as given", settings }, true);
    for (const signal of options.signals) signal.addEventListener("abort", this.abort);
    if (options.signals.some(({ aborted }) => aborted)) this.end();
  }

  private end(): void {
    this.stop.abort();
    this.trialWorkers?.end();
  }

  close(): void {
    this.end();
    for (const signal of this.options.signals) signal.removeEventListener("abort", this.abort);
  }

  private get isAborted(): boolean {
    return this.options.signals.some(({ aborted }) => aborted);
  }

  private extrasFor({ settings }: TrialJob): Extras {
    const [rate, given] = [settings, this.settings].map(({ optimizer }) => optimizer.options.learningRate as number);
    const { schedule } = this.plan;
    const callbacks = this.plan.callbacks.filter((callback) => !definitionOf(callback));
    return {
      schedule: scaleSchedule(schedule, rate === given ? 1 : rate / given),
      ...(callbacks.length > 0 && { callbacks }),
      signal: this.stop.signal,
    };
  }

  /** Here, one at a time. */
  private runHere(job: TrialJob): Promise<TrialOutcome | undefined> {
    const run = async (): Promise<TrialOutcome | undefined> => {
      await yieldToEventLoop(); // a short trial does not, and a page or a message to stop would wait
      if (this.stop.signal.aborted) return undefined;
      const outcome = await runJob(this.setup, job, this.extrasFor(job));
      return outcome.failed?.code === "aborted" ? undefined : outcome;
    };
    const running = this.local.then(run);
    this.local = running;
    return running;
  }

  private readonly run = async (job: TrialJob): Promise<TrialOutcome | undefined> => {
    if (this.stop.signal.aborted) return undefined;
    const outcome = await this.trialWorkers?.run(job);
    return outcome ?? this.runHere(job); // of a worker that was lost: once more, here
  };

  /** Not once more after it threw: other trials may be about to end. */
  private readonly tell = (entry: Entry): void => {
    if (this.isBroken) return;
    this.isBroken = true;
    this.options.onTrial(this.toTrial(entry));
    this.isBroken = false;
  };

  /** Traced and diagnosed; here, since deaths and diagnosis stay. */
  private async runBaseline(): Promise<void> {
    const trace = traceSome();
    const job = { settings: this.settings, seed: this.settings.spec.seed, epochs: this.plan.epochs };
    const extras = this.extrasFor(job);
    const outcome = await runJob(this.setup, job, {
      ...extras,
      callbacks: [...(extras.callbacks ?? []), trace],
      inspect: (network, history) => {
        const diagnosis = diagnoseFinite(network, this.setup.training);
        this.evidence = { spec: this.settings.spec, history, deaths: trace.deaths, ...(diagnosis && { diagnosis }) };
      },
    });
    if (!this.evidence)
      throw new RelumineError("value", "the baseline", "to be trained", outcome.failed?.message ?? "nothing");
    Object.assign(this.baseline, { outcomes: [outcome], budget: this.plan.epochs });
    this.tell(this.baseline);
  }

  async prescribe(): Promise<Prescription> {
    const { trials, workers, repeats } = this.options;
    const isPlain = !this.plan.schedule && this.plan.callbacks.every(definitionOf);
    const starting =
      isPlain && workers !== 1 && !this.stop.signal.aborted
        ? this.startWorkers(this.setup, workers)
        : Promise.resolve(undefined);
    try {
      await this.runBaseline();
    } finally {
      this.trialWorkers = await starting;
      this.workerCount = Math.max(1, this.trialWorkers?.size ?? 1);
      if (this.stop.signal.aborted) this.trialWorkers?.end();
    }
    const baselineFault = findFault(this.evidence!);
    const remedies = chooseRemedies(this.settings, baselineFault.fault, this.evidence!)
      .slice(0, trials)
      .map((candidate) => enter(candidate));
    const seeds = Array.from({ length: repeats }, (_, repeat) => this.settings.spec.seed + repeat);
    const rules = {
      epochs: this.plan.epochs,
      seeds,
      hasFavourite: baselineFault.fault !== "none",
      run: this.run,
      onResult: this.tell,
    };
    if (!this.stop.signal.aborted)
      await compete(this.baseline, remedies, { ...rules, isOver: () => this.stop.signal.aborted });
    return this.conclude(remedies, baselineFault);
  }

  private toTrial(entry: Entry): Trial {
    const {
      candidate: { name, why, settings },
      outcomes,
      stoppedEarly,
    } = entry;
    const metrics = meanMetrics(entry);
    const { signal: _signal, validation: _validation, learningRate: _rate, ...fit } = this.fit;
    const gains = entry.isBaseline ? [] : gainsOf(entry, this.baseline);
    const interval = clamp(
      intervalOf(outcomes.map(({ metrics: each }) => each.accuracy ?? each.loss)),
      metrics.accuracy === undefined ? Infinity : 1,
    );
    const gain = intervalOf(gains);
    const failed = failureOf(entry);
    const callbacks = settings.callbacks.map(callbackOf);
    const schedule = this.extrasFor({ settings, seed: 0, epochs: 0 }).schedule;
    return {
      name,
      why,
      metrics,
      spec: settings.spec,
      fit: {
        ...fit,
        epochs: this.plan.epochs,
        optimizer: rebuildOptimizer(settings.optimizer),
        ...(settings.clipNorm !== undefined && { clipNorm: settings.clipNorm }),
        ...(schedule && { learningRate: schedule }),
        ...(callbacks.length > 0 && { callbacks: [...this.plan.callbacks, ...callbacks] }),
      },
      ...(settings.calibrate && { calibrate: settings.calibrate }),
      ...(callbacks.length > 0 && { callbacks }),
      deadFraction: meanDead(entry),
      ...(interval && { interval }),
      ...(gain && { gain }),
      seconds: outcomes.reduce((sum, { seconds }) => sum + seconds, 0) / outcomes.length,
      epochs: outcomes[0].epochs,
      repeats: outcomes.length,
      ...(stoppedEarly && failed === undefined && { stoppedEarly }),
      ...(failed !== undefined && { failed }),
    };
  }

  private conclude(remedies: readonly Entry[], { fault, reason, causes }: BaselineFault): Prescription {
    const tried = remedies.filter(({ outcomes }) => outcomes.length > 0);
    for (const entry of tried) entry.stoppedEarly ||= entry.budget < this.plan.epochs;
    const rows = this.setup.validation.x.rows;
    const ranked = rank([this.baseline, ...tried], rows);
    const trials = ranked.map((entry) => this.toTrial(entry));
    const { diagnosis, deaths } = this.evidence!;
    const found = {
      trials,
      reason,
      causes,
      deaths,
      baseline: trials[ranked.indexOf(this.baseline)],
      best: trials[0],
      ...(diagnosis && { diagnosis }),
      workers: this.workerCount,
      validationRows: rows,
      ...(this.isAborted && { stopped: "aborted" as const }),
    };
    const isBetter = beats(ranked[0], this.baseline, rows);
    return Object.defineProperty(found, "toString", {
      value: () => drawPrescription({ ...found, fault, isBetter }),
      enumerable: false,
    });
  }
}

const dataOf = ({ name, options }: PackageCallback): CallbackData => ({ name, options });

const clamp = (interval: Interval | undefined, most: number): Interval | undefined =>
  interval && { mean: interval.mean, low: Math.max(0, interval.low), high: Math.min(most, interval.high) };

function diagnoseFinite(network: Network, { x, y }: PlainSet): BaselineEvidence["diagnosis"] {
  try {
    return diagnose(network, x, { proofs: false, targets: y });
  } catch (error) {
    if (error instanceof RelumineError) return undefined;
    throw error;
  }
}

/** prescribe of "relumine" (see there), with a way to start workers. */
export async function prescribeWith(
  startWorkers: StartTrialWorkers,
  spec: NetworkSpec,
  data: DataSet,
  fit: FitOptions = {},
  options?: PrescribeOptions,
): Promise<Prescription> {
  const checked = checkPrescribe(options, checkOptions("fit", fit, FIT_OPTION_NAMES));
  let prescriber: Prescriber;
  {
    using network = await createNetwork(spec, { arithmetic: checked.arithmetic });
    const plan = makePlan(stateOf(network), data, { ...fit, validation: fit.validation || HELD_OUT });
    const { name, options: recipe } = plan.recipe;
    const options = { ...recipe, learningRate: plan.rate };
    const resolved = network.spec as ResolvedSpec;
    checkInteger("seed + repeats", resolved.seed + checked.repeats, { low: 0 });
    const settings = {
      spec: resolved,
      optimizer: { name, options },
      callbacks: [],
      ...(fit.clipNorm !== undefined && { clipNorm: fit.clipNorm }),
    };
    const setup = {
      ...splitData(network, plan),
      batchSize: plan.batchSize,
      shuffle: plan.shuffle,
      ...(plan.classWeights && { classWeights: plan.classWeights }),
      callbacks: (plan.callbacks.filter(definitionOf) as PackageCallback[]).map(dataOf),
      arithmetic: checked.arithmetic,
    };
    prescriber = new Prescriber(setup, plan, fit, settings, checked, startWorkers);
  }
  try {
    return await prescriber.prescribe();
  } finally {
    prescriber.close();
  }
}
