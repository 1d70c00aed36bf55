// Tries remedies from the same start and ranks them: the baseline first, for what it dies of decides the order.
import { type Complaints, findComplaints } from "./complaints.js";
import type { BaselineRun } from "../trial/examine-run.js";
import { judgeConstant } from "../trial/judge.js";
import { hasRareClass } from "../trial/task.js";
import { type Extras, runJob, scaleSchedule } from "../trial/run-trial.js";
import type { TrialJob, TrialOutcome, TrialSettings, TrialSetup } from "../trial/trial.js";
import { callbackOf } from "../callbacks.js";
import {
  beats,
  type Entry,
  failureOf,
  figureOf,
  gainsOf,
  intervalOf,
  isAboveConstant,
  meanDead,
  meanJudgement,
  rank,
  type Scale,
} from "./rank.js";
import { chooseCandidates, compose } from "./candidates.js";
import { readExactRows } from "../trial/exact-rows.js";
import { checkJournal, type TrialJournal } from "../trial/journal/lines.js";
import type { OutcomeStore } from "../trial/journal/outcome-store.js";
import { planWithJudges, setUpTrials } from "../trial/set-up.js";
import { describeBest, drawPrescription } from "./prescription-text.js";
import { compete, enter, epochsOf, wholeOf } from "./successive-halving.js";
import type { Interval, Measure, Prescription, PrescribeOptions, Trial } from "./types.js";
import { checkFunction, checkInteger, checkName, checkNumber, checkOptions, checkSignal } from "../../core/checks.js";
import { RelumineError } from "../../core/errors.js";
import { hasRoomForZeros } from "../../core/matrix.js";
import { mean } from "../../core/statistics.js";
import { yieldToEventLoop } from "../../core/event-loop.js";
import type { Death } from "../../diagnosis/trace/types.js";
import type { Diagnosis } from "../../diagnosis/types.js";
import { type CallbackData, definitionOf } from "../../network/training/callbacks.js";
import type { FitOptions, PackageCallback, Weights } from "../../network/types.js";
import type { DataSet } from "../../network/data.js";
import { createNetwork } from "../../network/network.js";
import { rebuildOptimizer } from "../../network/training/optimizers.js";
import { FIT_OPTION_NAMES } from "../../network/training/option-names.js";
import { type Plan, stepsPerEpoch } from "../../network/training/plan.js";
import { type NetworkSpec, type ResolvedSpec, takesUpConstants } from "../../network/spec.js";

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

/** Opens a journal; loaded when there is one. */
export type OpenStore = (journal: TrialJournal, setup: TrialSetup) => Promise<OutcomeStore>;

interface Checked {
  readonly journal?: TrialJournal;
  readonly trials: number;
  readonly repeats: number;
  readonly budget: number;
  readonly workers: number | "auto";
  readonly arithmetic: "fast" | "reproducible";
  readonly signals: readonly AbortSignal[];
  readonly onTrial: (result: Trial) => void;
}

function checkPrescribe(options: PrescribeOptions | undefined, fit: FitOptions): Checked {
  const given = checkOptions("options", options, [
    "trials",
    "repeats",
    "budget",
    "workers",
    "arithmetic",
    "journal",
    "signal",
    "onTrial",
  ]);
  const { workers = "auto", signal } = given;
  checkSignal(signal, "options.signal");
  return {
    ...(given.journal !== undefined && { journal: checkJournal(given.journal) }),
    trials: given.trials === undefined ? Infinity : checkInteger("trials", given.trials, { low: 1 }),
    repeats: checkInteger("repeats", given.repeats ?? 3, { low: 1, high: 1000 }),
    budget: given.budget === undefined ? Infinity : checkNumber("budget", given.budget, { low: 1 }),
    workers: workers === "auto" ? workers : checkInteger("workers", workers, { low: 1, high: 64 }),
    arithmetic: checkName("arithmetic", given.arithmetic ?? "fast", ["fast", "reproducible"]),
    signals: [signal, fit.signal].filter((each) => each !== undefined),
    onTrial: given.onTrial === undefined ? () => undefined : checkFunction("onTrial", given.onTrial),
  };
}

/** One call of prescribe. */
class Prescriber {
  private readonly stop = new AbortController();
  private trialWorkers: TrialWorkers | undefined;
  private workerCount = 1;
  private isBroken = false;
  private local: Promise<unknown> = Promise.resolve();
  private readonly runs: BaselineRun[] = [];
  private diagnosis: Diagnosis | undefined;
  private deaths: readonly Death[] = [];
  private measure: Measure;
  private readonly baseline: Entry;
  private readonly abort = () => this.end();

  constructor(
    readonly setup: TrialSetup,
    readonly plan: Plan,
    readonly fit: FitOptions,
    readonly settings: TrialSettings,
    readonly options: Checked,
    private readonly startWorkers: StartTrialWorkers,
    private readonly store: OutcomeStore | undefined,
  ) {
    this.baseline = enter({ ...compose(settings, []), name: "baseline", why: "as given" }, true);
    this.measure = setup.bench.task.kind === "numbers" ? "loss" : "accuracy";
    for (const signal of options.signals) signal.addEventListener("abort", this.abort);
    if (options.signals.some(({ aborted }) => aborted)) this.end();
  }

  private end(): void {
    this.stop.abort();
    this.trialWorkers?.end();
  }

  async close(): Promise<void> {
    this.end();
    for (const signal of this.options.signals) signal.removeEventListener("abort", this.abort);
    await this.store?.close();
  }

  private get isAborted(): boolean {
    return this.options.signals.some(({ aborted }) => aborted);
  }

  private extrasFor({ settings }: TrialJob): Extras {
    const [rate, given] = [settings, this.settings].map(({ optimizer }) => optimizer.options.learningRate as number);
    const { schedule } = this.plan;
    const callbacks = this.plan.callbacks.filter((callback) => !definitionOf(callback));
    return {
      ...(typeof schedule === "function" && { schedule: scaleSchedule(schedule, rate === given ? 1 : rate / given) }),
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
    const known = this.store?.find(job);
    if (known) return known;
    const outcome = (await this.trialWorkers?.run(job)) ?? (await this.runHere(job)); // of a lost worker: again, here
    if (outcome) await this.store?.keep(job, outcome);
    return outcome;
  };

  /** Not once more after it threw: other trials may be about to end. */
  private readonly tell = (entry: Entry): void => {
    if (this.isBroken) return;
    this.isBroken = true;
    this.options.onTrial(this.toTrial(entry));
    this.isBroken = false;
  };

  private jobFor(repeat: number): TrialJob {
    const { settings, plan } = this;
    return { settings, seed: settings.spec.seed + repeat, epochs: plan.epochs, isExamined: true };
  }

  /** The first run; here, and whatever the journal has, since its deaths and diagnosis stay. */
  private async runBaseline(): Promise<void> {
    const job = this.jobFor(0);
    const outcome = await runJob(this.setup, job, {
      ...this.extrasFor(job),
      keep: (diagnosis, deaths) => Object.assign(this, { diagnosis, deaths }),
    });
    if (!outcome.run)
      throw new RelumineError("value", "the baseline", "to be trained", outcome.failed?.message ?? "nothing");
    this.runs.push(outcome.run);
    Object.assign(this.baseline, { outcomes: [outcome], budget: 1 });
    this.tell(this.baseline);
  }

  /** The other runs: what is wrong is read off all of them. */
  private async repeatBaseline(): Promise<void> {
    const { repeats, budget } = this.options;
    const more = Math.min(repeats, Math.max(1, Math.floor(budget / 4))) - 1;
    if (more < 1 || this.stop.signal.aborted) return;
    const outcomes = await Promise.all(Array.from({ length: more }, (_, i) => this.run(this.jobFor(i + 1))));
    const whole = wholeOf(outcomes);
    this.runs.push(...whole.map(({ run }) => run).filter((run) => run !== undefined));
    this.baseline.outcomes = [...this.baseline.outcomes, ...whole];
  }

  async prescribe(): Promise<Prescription> {
    const { trials, workers, budget } = this.options;
    const starting =
      isPlain(this.plan) && workers !== 1 && !this.stop.signal.aborted
        ? this.startWorkers(this.setup, workers)
        : Promise.resolve(undefined);
    try {
      await this.runBaseline();
    } finally {
      this.trialWorkers = await starting;
      this.workerCount = Math.max(1, this.trialWorkers?.size ?? 1);
      if (this.stop.signal.aborted) this.trialWorkers?.end();
    }
    await this.repeatBaseline();
    const { task, isOwn } = this.setup.bench;
    const wasTrained = this.setup.start !== undefined;
    const complaints = findComplaints(this.runs, wasTrained, isOwn);
    const isUneven = hasRareClass(task, this.setup.training.y);
    const isLost = complaints.all.some((each) => each === "oneClassPredicted" || each === "classNeverPredicted");
    if (isLost && isUneven) this.measure = "balancedAccuracy";
    const candidates = chooseCandidates({
      baseline: this.settings,
      task,
      complaints,
      wasTrained,
      isUneven,
      hasSchedule: typeof this.plan.schedule === "function",
      wholeEpochs: this.plan.epochs,
      steps: this.plan.epochs * stepsPerEpoch(this.plan),
      canCenter: hasRoomForZeros(this.setup.training.x) && takesUpConstants(this.settings.spec.layers[0]),
    });
    const remedies = candidates.slice(0, trials).map((candidate) => enter(candidate));
    if (this.stop.signal.aborted) return this.conclude([], complaints);
    const entered = await compete(this.baseline, remedies, {
      epochs: this.plan.epochs,
      isUnlearned: !wasTrained && complaints.all.includes("notLearned"),
      seeds: this.baseline.outcomes.map((_, repeat) => this.settings.spec.seed + repeat),
      hasFavourite: complaints.fault !== "none" || complaints.all.length > 0,
      measure: this.measure,
      budget,
      most: trials,
      run: this.run,
      onResult: this.tell,
      isOver: () => this.stop.signal.aborted,
    });
    return this.conclude(entered, complaints);
  }

  private toTrial(entry: Entry): Trial {
    const {
      candidate: { name, why, settings },
      outcomes,
      stoppedEarly,
    } = entry;
    const { metrics, balancedAccuracy } = meanJudgement(entry);
    const { signal: _signal, validation: _validation, learningRate: _rate, ...fit } = this.fit;
    const { measure } = this;
    const gains = entry.isBaseline ? [] : gainsOf(entry, this.baseline, measure);
    const interval = clamp(
      intervalOf(outcomes.map((outcome) => figureOf(outcome, measure))),
      measure === "loss" ? Infinity : 1,
    );
    const same = this.baseline.outcomes.slice(0, outcomes.length);
    const gain = intervalOf(gains);
    const baselineScore = mean(same.map((outcome) => figureOf(outcome, measure)));
    const failed = failureOf(entry);
    const callbacks = settings.callbacks.map(callbackOf);
    const schedule = this.extrasFor({ settings, seed: 0, epochs: 0 }).schedule ?? settings.schedule;
    const { standardize, takesClasses, startsAnew, treat, classWeights } = settings;
    return {
      name,
      why,
      metrics,
      spec: settings.spec,
      fit: {
        ...fit,
        epochs: epochsOf(entry.candidate, this.plan.epochs),
        batchSize: settings.batchSize,
        optimizer: rebuildOptimizer(settings.optimizer),
        ...(settings.accumulate !== undefined && { accumulate: settings.accumulate }),
        ...(settings.clipNorm !== undefined && { clipNorm: settings.clipNorm }),
        ...(classWeights !== undefined && { classWeights }),
        ...(schedule && { learningRate: schedule }),
        ...(callbacks.length > 0 && { callbacks: [...this.plan.callbacks, ...callbacks] }),
      },
      ...(standardize && { standardize }),
      ...(takesClasses && { takesClasses }),
      ...(startsAnew && this.setup.start && { startsAnew }),
      ...(treat && { treat }),
      ...(settings.calibrate && { calibrate: settings.calibrate }),
      ...(callbacks.length > 0 && { callbacks }),
      deadFraction: meanDead(entry),
      ...(balancedAccuracy !== undefined && { balancedAccuracy }),
      ...(!entry.isBaseline && Number.isFinite(baselineScore) && { baselineScore }),
      ...(interval && { interval }),
      ...(gain && { gain }),
      seconds: outcomes.reduce((sum, { seconds }) => sum + seconds, 0) / outcomes.length,
      epochs: outcomes[0].epochs,
      repeats: outcomes.length,
      ...(stoppedEarly && failed === undefined && { stoppedEarly }),
      ...(failed !== undefined && { failed }),
    };
  }

  private conclude(entered: readonly Entry[], complaints: Complaints): Prescription {
    const tried = entered.filter(({ outcomes }) => outcomes.length > 0);
    for (const entry of tried) entry.stoppedEarly ||= entry.budget < 1;
    const { validation, bench, judgesTraining: areTraining } = this.setup;
    const rows = validation.x.rows;
    const { answer, ...constant } = judgeConstant(bench, this.setup);
    const scale: Scale = { measure: this.measure, rows, areTraining, constant };
    const ranked = rank([this.baseline, ...tried], scale);
    const best = isAboveConstant(ranked[0], scale) ? ranked[0] : this.baseline;
    const trials = ranked.map((entry) => this.toTrial(entry));
    const { diagnosis } = this;
    const { metrics, balancedAccuracy } = constant;
    const found = {
      trials,
      reason: complaints.reason,
      causes: complaints.causes,
      deaths: this.deaths,
      baseline: trials[ranked.indexOf(this.baseline)],
      best: trials[ranked.indexOf(best)],
      measure: this.measure,
      constant: { answer, metrics, ...(balancedAccuracy !== undefined && { balancedAccuracy }) },
      ...(diagnosis && { diagnosis }),
      workers: this.workerCount,
      ...(this.store && { journal: this.store.report }),
      validationRows: rows,
      judgedOnTraining: areTraining,
      ...(this.isAborted && { stopped: "aborted" as const }),
    };
    const ranking = {
      ...found,
      hasHidden: this.settings.spec.layers.length > 1,
      isHealthy: complaints.fault === "none" && !complaints.hasCause,
      isBetter: beats(best, this.baseline, scale),
      above: ranked.filter((entry) => isAboveConstant(entry, scale)).length,
      isBestAbove: isAboveConstant(best, scale),
    };
    const whole = { ...found, verdict: describeBest(ranking) };
    return Object.defineProperty(whole, "toString", {
      value: () => drawPrescription({ ...ranking, verdict: whole.verdict }),
      enumerable: false,
    });
  }
}

/** Without functions: it can be sent to workers, and named. */
const isPlain = ({ schedule, callbacks }: Plan): boolean =>
  typeof schedule !== "function" && callbacks.every(definitionOf);

const dataOf = ({ name, options }: PackageCallback): CallbackData => ({ name, options });

const clamp = (interval: Interval | undefined, most: number): Interval | undefined =>
  interval && { mean: interval.mean, low: Math.max(0, interval.low), high: Math.min(most, interval.high) };

/**
 * prescribe of "relumine" (see there), with a way to start workers.
 * @param start the weights of a network that is to go on, by layer
 * @param openStore of a journal
 */
export async function prescribeWith(
  startWorkers: StartTrialWorkers,
  spec: NetworkSpec,
  data: DataSet,
  given: FitOptions = {},
  options?: PrescribeOptions,
  start?: readonly Weights[],
  openStore?: OpenStore,
): Promise<Prescription> {
  const checked = checkPrescribe(options, checkOptions("fit", given, FIT_OPTION_NAMES));
  const rows = readExactRows("data", data);
  const judges = readExactRows("validation", given.validation);
  const fit = { ...given, ...(given.validation !== undefined && { validation: judges.set }) };
  let prescriber: Prescriber;
  {
    using network = await createNetwork(spec, { arithmetic: checked.arithmetic });
    const plan = planWithJudges(network, rows.set, fit);
    const { name, options: recipe } = plan.recipe;
    const options = { ...recipe, learningRate: plan.rate };
    const resolved = network.spec as ResolvedSpec;
    checkInteger("seed + repeats", resolved.seed + checked.repeats, { low: 0 });
    const settings = {
      spec: resolved,
      optimizer: { name, options },
      batchSize: plan.batchSize,
      ...(plan.accumulate > 1 && { accumulate: plan.accumulate }),
      shuffle: plan.shuffle,
      callbacks: [],
      ...(fit.clipNorm !== undefined && { clipNorm: fit.clipNorm }),
      ...(typeof plan.schedule === "object" && { schedule: plan.schedule }),
      ...(plan.classWeights && { classWeights: plan.classWeights }),
    };
    const exact = { data: rows.exact, validation: judges.exact };
    const setup = setUpTrials(network, plan, exact, {
      ...(start && { start }),
      callbacks: (plan.callbacks.filter(definitionOf) as PackageCallback[]).map(dataOf),
      arithmetic: checked.arithmetic,
    });
    const { journal } = checked;
    if (journal && !isPlain(plan))
      throw new RelumineError("unsupported", "journal", "to be left out where fit has functions", "both");
    const store = journal && (await openStore?.(journal, setup));
    prescriber = new Prescriber(setup, plan, fit, settings, checked, startWorkers, store);
  }
  try {
    return await prescriber.prescribe();
  } finally {
    await prescriber.close();
  }
}
