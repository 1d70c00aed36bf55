// Trains all folds, side by side, and gathers what they come to.
import { splitInto, splitOf, type FoldSource, type SplitOptions } from "./source.js";
import { drawCrossValidation } from "./folds-text.js";
import { sharedFindings, summaryOf } from "./summary.js";
import type { CrossValidation, FoldFigures, FoldOptions, FoldResult } from "./types.js";
import type { DraftedTrial } from "../plan/base.js";
import { deadShareOf } from "../task.js";
import type { SweepProgress } from "../types.js";
import { checkBoolean, checkFunction, checkInteger, checkName, checkSignal } from "../../core/checks.js";
import type { Matrix } from "../../core/matrix.js";
import type { Split } from "../../table/stratified-split.js";
import { checkJournal, type TrialJournal } from "../../treatment/trial/journal/lines.js";
import { OutcomeStore } from "../../treatment/trial/journal/outcome-store.js";
import type { Bench } from "../../treatment/trial/judge.js";
import type { FoldJob, TrialJob, TrialOutcome, TrialSetup } from "../../treatment/trial/trial.js";
import { countCores } from "../../wasm/threads.js";
import { nameBuild } from "../../worker/build.js";
import { openTrialPool, type TrialPool } from "../../worker/trial-pool.js";

/** Folds that wait for each worker. */
const AHEAD = 2;

export interface CheckedFolds {
  readonly look: "units" | "deaths";
  readonly diagnose: boolean;
  readonly predictions: boolean;
  readonly arithmetic: "fast" | "reproducible";
  readonly workers: number | "auto";
  readonly journal: TrialJournal | undefined;
  readonly signal: AbortSignal | undefined;
  readonly onFold: (fold: FoldResult) => void;
  readonly onProgress: (progress: SweepProgress) => void;
}

/** @throws RelumineError "value" */
export function checkFoldOptions(given: FoldOptions): CheckedFolds {
  const { workers = "auto", journal, signal, onFold, onProgress } = given;
  return {
    look: checkBoolean("trace", given.trace ?? false) ? "deaths" : "units",
    diagnose: checkBoolean("diagnose", given.diagnose ?? true),
    predictions: checkBoolean("predictions", given.predictions ?? false),
    arithmetic: checkName("arithmetic", given.arithmetic ?? "fast", ["fast", "reproducible"]),
    workers: workers === "auto" ? workers : checkInteger("workers", workers, { low: 1, high: 64 }),
    journal: journal === undefined ? undefined : checkJournal(journal),
    signal: checkSignal(signal),
    onFold: onFold === undefined ? () => undefined : checkFunction("onFold", onFold),
    onProgress: onProgress === undefined ? () => undefined : checkFunction("onProgress", onProgress),
  };
}

/** What all folds share. */
export interface FoldPlan {
  readonly source: FoldSource;
  readonly split: SplitOptions;
  readonly options: CheckedFolds;
  readonly trial: DraftedTrial;
  readonly bench: Bench;
}

interface PlannedFold {
  readonly repeat: number;
  readonly fold: number;
  readonly split: Split;
  readonly scale: number;
  readonly job: TrialJob & { readonly fold: FoldJob };
}

const finite = (value: number | undefined) => (Number.isFinite(value) ? value! + 0 : undefined); // -0 is 0

/** Figures that are there. */
function figuresOf({ fold }: TrialOutcome, scale: number): FoldFigures {
  const { meanAbsoluteError, ...rest } = fold?.evaluation ?? {};
  const all = Object.entries({ ...rest, meanAbsoluteError: (meanAbsoluteError ?? Number.NaN) * scale });
  return Object.fromEntries(
    all.map(([name, value]) => [name, finite(value)]).filter(([, value]) => value !== undefined),
  ) as FoldFigures;
}

function foldOf({ repeat, fold, split, scale, job }: PlannedFold, outcome: TrialOutcome, resumed: boolean): FoldResult {
  const { look, epochs, seconds, failed, fold: own } = outcome;
  const deadFraction = look && deadShareOf(look as Parameters<typeof deadShareOf>[0]);
  return {
    repeat,
    fold,
    seed: job.seed,
    trainingRows: split.training.length,
    rows: split.heldOut,
    ...figuresOf(outcome, scale),
    ...(deadFraction !== undefined && { deadFraction }),
    ...look,
    epochs,
    ...(own?.findings && { findings: own.findings }),
    seconds,
    ...(failed && { failed }),
    ...(resumed && { resumed }),
  };
}

/** One cross-validation. */
class Folds {
  private readonly stop = new AbortController();
  private readonly results: (FoldResult | undefined)[] = [];
  private readonly answers = new Map<number, Float32Array>();
  private readonly folds: Int32Array[] = [];
  private readonly planned: number;
  private pool: Promise<TrialPool> | undefined;
  private next = 0;
  private failures = 0;
  private resumed = 0;
  private error: { readonly thrown: unknown } | undefined;
  private readonly end = (): void => this.stop.abort();

  constructor(
    private readonly plan: FoldPlan,
    private readonly setup: TrialSetup,
    private readonly build: string,
    private readonly store: OutcomeStore | undefined,
  ) {
    this.planned = plan.split.folds * plan.split.repeats;
  }

  private planFold(place: number): PlannedFold {
    const { source, split, trial, options } = this.plan;
    const [repeat, fold] = [Math.floor(place / split.folds), place % split.folds];
    this.folds[repeat] ??= splitInto(source, split, trial.seed + repeat);
    const own = splitOf(this.folds[repeat], fold);
    const { sets, inputs, scale = 1 } = source.rowsOf(own);
    const settings = { ...trial.settings, spec: { ...trial.settings.spec, inputs } };
    const job = {
      settings,
      seed: trial.seed + place,
      epochs: trial.epochs,
      look: options.look,
      fold: { rows: sets, isDiagnosed: options.diagnose, predicts: options.predictions },
    };
    return { repeat, fold, split: own, scale, job };
  }

  private async train(job: TrialJob): Promise<TrialOutcome | undefined> {
    this.pool ??= openTrialPool(this.setup, this.plan.options.workers, this.stop.signal);
    const outcome = await (await this.pool).run(job);
    if (outcome) await this.store?.keep(job, outcome);
    return outcome;
  }

  private async do(place: number): Promise<void> {
    const planned = this.planFold(place);
    const known = this.store?.find(planned.job);
    const outcome = known ?? (await this.train(planned.job));
    if (!outcome || this.stop.signal.aborted) return;
    const result = foldOf(planned, outcome, known !== undefined);
    this.results[place] = result;
    if (outcome.fold?.answers) this.answers.set(place, outcome.fold.answers);
    this.failures += Number(result.failed !== undefined);
    this.resumed += Number(known !== undefined);
    const done = this.results.filter(Boolean).length;
    this.plan.options.onFold(result);
    this.plan.options.onProgress({ done, total: this.planned, resumed: this.resumed, failed: this.failures });
  }

  /** Takes one fold after another. */
  private async lane(): Promise<void> {
    while (this.next < this.planned && !this.stop.signal.aborted) {
      try {
        await this.do(this.next++);
      } catch (thrown) {
        this.error ??= { thrown };
        this.end();
      }
    }
  }

  private predictions(): readonly Matrix[] {
    const { source, split, trial } = this.plan;
    const { units: columns } = trial.settings.spec.layers.at(-1)!;
    const all = Array.from({ length: split.repeats }, () => ({
      rows: source.rows,
      columns,
      data: new Float32Array(source.rows * columns).fill(Number.NaN),
    }));
    for (const [place, answers] of this.answers) {
      const { repeat, rows } = this.results[place]!;
      rows.forEach((row, i) => all[repeat].data.set(answers.subarray(i * columns, (i + 1) * columns), row * columns));
    }
    return all;
  }

  private result(started: number): CrossValidation {
    const { options, split } = this.plan;
    const folds = this.results.filter((fold) => fold !== undefined);
    const result = {
      folds,
      summary: summaryOf(folds),
      findings: sharedFindings(folds),
      failed: this.failures,
      planned: this.planned,
      ...(options.predictions && { predictions: this.predictions() }),
      build: this.build,
      ...(this.store && { journal: this.store.report }),
      ...(options.signal?.aborted && { stopped: "aborted" as const }),
      seconds: (performance.now() - started) / 1000,
    };
    return Object.defineProperty(result, "toString", {
      value: () => drawCrossValidation(result, split.repeats),
      enumerable: false,
    });
  }

  async run(started: number): Promise<CrossValidation> {
    const { signal, workers } = this.plan.options;
    signal?.addEventListener("abort", this.end);
    if (signal?.aborted) this.end();
    try {
      const lanes = AHEAD * (workers === "auto" ? countCores() : workers);
      await Promise.all(Array.from({ length: Math.min(lanes, this.planned) }, () => this.lane()));
      if (this.error) throw this.error.thrown;
      return this.result(started);
    } finally {
      this.end();
      signal?.removeEventListener("abort", this.end);
      await this.pool?.then((pool) => pool.end());
      await this.store?.close();
    }
  }
}

/** Rows come with each fold. */
function setupFor({ bench, options, trial }: FoldPlan): TrialSetup {
  const x: Matrix = { rows: 0, columns: trial.settings.spec.inputs, data: new Float32Array(0) };
  const none = { x, y: new Int32Array(0) };
  const { arithmetic } = options;
  return { training: none, validation: none, judgesTraining: false, bench, callbacks: [], arithmetic };
}

export async function validateFolds(plan: FoldPlan, started: number): Promise<CrossValidation> {
  const setup = setupFor(plan);
  const { journal, arithmetic } = plan.options;
  const build = await nameBuild(arithmetic);
  const store = journal && (await OutcomeStore.open(journal, setup, build));
  return new Folds(plan, setup, build, store).run(started);
}
