// The training loop: epochs, batches, callbacks and logs around the steps of step.ts.
import type {
  BatchLog,
  DivergedFit,
  EpochLog,
  History,
  Metrics,
  TrainingContext,
  Network,
  FitOptions,
} from "../types.js";
import { beginCallback, checkCallbackUse, claimCallbacks, definitionOf, type StartedCallback } from "./callbacks.js";
import {
  canPause,
  checkResume,
  describeProgress,
  type PausableRun,
  placeOfTold,
  restoreProgress,
  type Resumed,
} from "./pause.js";
import type { FitProgress, PausableFit, PlanRecord } from "./progress.js";
import { SilentUnits } from "./silent-units.js";
import type { DataSet } from "../data.js";
import { weighByClass } from "./class-weights.js";
import { EpochStartKeeper } from "./epoch-start.js";
import { evaluateRows, hiddenUnits, toMetrics } from "./evaluate.js";
import { yieldToEventLoop } from "../../core/event-loop.js";
import { makePlan, type Plan, rowsPerStep, stepRowsOf, stepsPerEpoch } from "./plan.js";
import { runSchedule, type RunningSchedule } from "./schedules/running-schedule.js";
import type { BatchSource } from "../batches.js";
import { Batches } from "./source/batches.js";
import { attachFit, type RunningFit } from "./running-fit.js";
import { entriesOf } from "../state/sparse-batch.js";
import type { NetworkState } from "../state/state.js";
import { RowOrder, TrainingStep } from "./step.js";
import { Arena } from "../../wasm/heap.js";

const YIELD_AFTER = 8; // milliseconds: half a frame, so that a page paints and a server answers

/** One run of `fit`: everything that a step needs is made beforehand, so that a step allocates nothing. */
class TrainingRun implements RunningFit, PausableRun, PausableFit {
  readonly epochLogs: EpochLog[] = [];
  stopped: History["stopped"];
  readonly plan: Plan;
  readonly order: RowOrder;
  readonly firstEpoch: number;
  step = 0;
  busy: Promise<void> | undefined;
  epoch = 0;
  told = 0;
  epochStarted = 0;
  record: PlanRecord | undefined;
  /** Where the training ended, before callbacks heard of that. */
  private ending: FitProgress | undefined;
  private changesAtEnd = 0;
  /**
   * Undefined at first, so that engines keep a number that is boxed once: else each step that reads it makes a box
   * (measured).
   */
  private constantRate = undefined as unknown as number;
  /** One number, which a schedule changes: in an array, where it is not boxed. */
  private readonly rates = new Float64Array(1);
  readonly schedule: RunningSchedule | undefined;
  isOver = false;
  private readonly watchers: (() => void)[] = [];
  private readonly releases: (() => void)[] = [];
  readonly steps: TrainingStep;
  readonly silent: SilentUnits;
  private readonly batches: Batches | undefined;
  readonly callbacks: StartedCallback[] = [];
  private readonly epochStart: EpochStartKeeper;
  private diverged: DivergedFit["what"] | undefined;
  private hasBatchCallbacks = false;
  private readonly context: TrainingContext;
  nextRow = 0;
  /** Of a source: the rows of the batches that wait for their one update. */
  private gathered = 0;
  private lastYield = performance.now();
  private lastClock = this.lastYield;
  private stepsSinceClock = 0;
  private stepsPerClock = 1;
  private readonly rowsPerStep: number;

  constructor(
    network: Network,
    readonly state: NetworkState,
    given: Plan,
    scratch: Arena,
    private readonly resumed: Resumed | undefined,
  ) {
    this.order = new RowOrder(state, given, scratch);
    const plan = withClassWeights(given, state, this.order);
    this.plan = plan;
    this.rowsPerStep = rowsPerStep(plan);
    const { runtime, spec } = state;
    const rows = Math.min(plan.batchSize, plan.trainingRows);
    const validationRows = plan.validation?.rows ?? plan.data.rows - plan.trainingRows;
    const most = Math.max(rows, state.buffers.chunk(validationRows));
    for (const { x } of [plan.data, plan.validation ?? plan.data]) state.buffers.ensure(most, true, entriesOf(x, most));
    this.firstEpoch = resumed?.progress.firstEpoch ?? state.epochsBegun;
    this.record = resumed?.record;
    const steps = stepsPerEpoch(stepRowsOf(plan));
    const course = { rate: plan.rate, stepsPerEpoch: steps, steps: plan.epochs * steps };
    this.schedule = plan.schedule && runSchedule(plan.schedule, this.rates, course);
    this.rate = plan.rate;
    if (plan.data.weights ?? plan.validation?.weights) state.buffers.ensureWeights();
    this.silent = new SilentUnits(hiddenUnits(spec), runtime.kernels, runtime.heap, scratch);
    this.steps = new TrainingStep(state, plan, this.order, scratch);
    if (plan.source) {
      const batches = new Batches(plan.source, spec, plan);
      this.batches = batches;
      this.steps.copied = () => batches.copied();
    }
    this.epochStart = new EpochStartKeeper(this);
    this.context = { network, stop: () => this.stop("callback") };
    attachFit(this.context, this);
  }

  get rate(): number {
    return this.schedule ? this.rates[0] : this.constantRate;
  }

  set rate(value: number) {
    if (this.schedule) this.rates[0] = value;
    else this.constantRate = value;
  }

  get loss(): number {
    return this.steps.loss;
  }

  watch(watcher: () => void): void {
    this.watchers.push(watcher);
    this.steps.counting = "all";
  }

  atEnd(release: () => void): void {
    this.releases.push(release);
  }

  end(): void {
    this.isOver = true;
    for (const release of this.releases) release();
  }

  async run(): Promise<History> {
    if (this.resumed) {
      restoreProgress(this, this.resumed.progress);
      this.epochStart.note(this.epoch);
    }
    await this.beginCallbacks();
    try {
      if (this.resumed) await this.goOn(this.resumed.progress);
      while (this.epoch < this.plan.epochs && !this.isStopped()) {
        this.beginEpoch();
        if (this.batches) await this.nextBatch(this.batches);
        await this.finishEpoch();
      }
    } finally {
      await this.batches?.close();
    }
    const { epochLogs: epochs, stopped, diverged } = this;
    const sample = this.batches?.sample;
    const history: History = {
      epochs,
      ...(stopped !== undefined && { stopped }),
      ...(diverged !== undefined && stopped === "diverged" && { diverged: this.epochStart.describe(diverged) }),
      ...(sample && { sample }),
    };
    if (canPause === true && !this.state.isDisposed) this.noteEnd();
    for (const callback of this.callbacks) await callback.onTrainEnd?.(history, this.context);
    return history;
  }

  private async beginCallbacks(): Promise<void> {
    let own = 0;
    for (const callback of this.plan.callbacks) {
      const saved = definitionOf(callback) && this.resumed?.progress.callbacks[own++];
      this.callbacks.push(await beginCallback(callback, this, this.context, saved));
    }
    this.told = this.callbacks.length;
    this.hasBatchCallbacks = this.callbacks.some(({ onBatchEnd }) => onBatchEnd !== undefined);
  }

  /** Callbacks that have not heard of the last batch or epoch do, and the epoch under way is finished. */
  private async goOn(progress: FitProgress): Promise<void> {
    const { epoch, step, callbacks } = this;
    const place = placeOfTold(callbacks, progress);
    const from = place < 0 ? callbacks.length : place;
    if (this.epochLogs.length === epoch) return this.tell("onEpochEnd", this.epochLogs[epoch - 1], from);
    if (this.hasBatchCallbacks) await this.tell("onBatchEnd", this.describeBatch(step, epoch), from);
    if (this.nextRow < stepRowsOf(this.plan).trainingRows && this.isStopped()) return;
    if (this.batches) await this.catchUp(this.batches);
    await this.finishEpoch();
  }

  capture(): FitProgress | undefined {
    const { ending, state } = this;
    if (!ending) return this.isOver ? undefined : describeProgress(this, false);
    return state.changes === this.changesAtEnd ? { ...ending, parameters: undefined } : ending;
  }

  /** Before callbacks may put other weights in the place of the last ones. */
  private noteEnd(): void {
    const { state } = this;
    const progress = describeProgress(this, this.stopped === undefined);
    this.ending = progress && { ...progress, isStopped: false, parameters: state.allWeights().slice() };
    this.changesAtEnd = state.changes;
  }

  private stop(reason: NonNullable<History["stopped"]>): void {
    this.stopped ??= reason;
  }

  private isStopped(): boolean {
    this.state.checkAlive();
    if (this.plan.signal?.aborted) this.stop("aborted");
    return this.stopped !== undefined;
  }

  private async finishEpoch(): Promise<void> {
    const { epoch } = this;
    while (this.hasNext) {
      if (this.batches && this.steps.isOfSeveral && !(await this.gather(this.batches))) return;
      const isYielding = this.trainOn();
      if (isYielding === undefined) return this.stop("diverged");
      if (this.hasBatchCallbacks) await this.tell("onBatchEnd", this.describeBatch(this.step, epoch));
      if (isYielding) await this.yield();
      if (this.batches) await this.nextBatch(this.batches);
      if (this.isStopped() && this.hasNext) return;
    }
    if (this.batches?.isUnfinished) return void this.isStopped();
    const [lossSum, correct, weight] = this.steps.sums;
    const metrics = toMetrics(this.state.spec, lossSum, correct, this.nextRow, weight);
    const log = this.describeEpoch(epoch, metrics, (performance.now() - this.epochStarted) / 1000);
    this.schedule?.endEpoch?.(log, this.step);
    this.epochLogs.push(log);
    await this.tell("onEpochEnd", log);
  }

  /** The source gives the epoch's batches anew, up to where the fit stopped. */
  private async catchUp(batches: Batches): Promise<void> {
    batches.begin(this.epoch, this.firstEpoch + this.epoch - 1);
    await batches.skip(this.nextRow);
    await this.nextBatch(batches);
  }

  /** Others have their turn meanwhile, and may end the network's life. */
  private async nextBatch(batches: Batches): Promise<void> {
    await batches.next();
    this.state.checkAlive();
  }

  /**
   * Takes the batches of one update from the source, which may have fewer left; false where the fit is stopped amid
   * them: then it is as if none had come, and a fit that goes on begins with the first of them.
   */
  private async gather(batches: Batches): Promise<boolean> {
    const { steps, plan } = this;
    steps.begin();
    let rows = 0;
    for (let count = 1; ; count++) {
      const batch = batches.current!;
      steps.take(batch);
      const isFinite = steps.addBatch(this.nextRow + rows, batch.rows);
      rows += batch.rows;
      if (!isFinite || count === plan.accumulate) break;
      if (this.isTimeToYield()) await this.yield();
      await this.nextBatch(batches);
      if (this.isStopped()) return false;
      if (!batches.current) break;
    }
    this.gathered = rows;
    return true;
  }

  /** Whether the epoch has a batch to train on. */
  private get hasNext(): boolean {
    return this.batches ? this.batches.current !== undefined : this.nextRow < this.plan.trainingRows;
  }

  private beginEpoch(): void {
    this.epoch++;
    this.epochStart.note(this.epoch);
    this.epochStarted = performance.now();
    this.batches?.begin(this.epoch, this.state.epochsBegun);
    this.order.beginEpoch(this.state.epochsBegun++);
    this.silent.reset();
    this.steps.clearSums();
    this.nextRow = 0;
  }

  /**
   * Steps up to the next thing to wait for, or the epoch's end: whether it is time to yield; undefined if a step
   * diverged.
   */
  private trainOn(): boolean | undefined {
    do {
      if (!this.trainBatch()) return undefined;
      if (this.isTimeToYield()) return true;
    } while (!this.hasBatchCallbacks && !this.batches && this.nextRow < this.plan.trainingRows && !this.isStopped());
    return false;
  }

  /** One step; false, with the weights as they were, if the loss or its gradient is not finite. */
  private trainBatch(): boolean {
    const { steps } = this;
    const start = this.nextRow;
    this.schedule?.begin(this.step + 1, this.epoch);
    const rows = this.differentiate(start);
    if (rows === 0) {
      this.diverged = Number.isFinite(steps.loss) ? "gradient" : "loss";
      return false;
    }
    this.silent.note(this.state.buffers);
    this.nextRow = start + rows;
    if (++this.step === 1) this.epochStart.noteFirst(steps.loss);
    const isWhole = steps.update(this.rate);
    if (!isWhole) this.diverged = "update";
    for (let i = 0; i < this.watchers.length; i++) this.watchers[i]();
    return isWhole;
  }

  /** The gradient of the next step's rows: how many these are; 0 if it or the loss is not finite. */
  private differentiate(start: number): number {
    const { steps, plan, gathered } = this;
    if (gathered > 0) {
      this.gathered = 0;
      return steps.finish() ? gathered : 0;
    }
    const batch = this.batches?.current;
    const rows = batch ? batch.rows : Math.min(this.rowsPerStep, plan.trainingRows - start);
    if (batch) steps.take(batch);
    return steps.differentiate(start, rows) ? rows : 0;
  }

  /** Callbacks from one on hear of a batch or an epoch, each when the one before is done. */
  private async tell(hook: "onBatchEnd", log: BatchLog, from?: number): Promise<void>;
  private async tell(hook: "onEpochEnd", log: EpochLog, from?: number): Promise<void>;
  private async tell(hook: "onBatchEnd" | "onEpochEnd", log: object, from = 0): Promise<void> {
    this.told = from;
    while (this.told < this.callbacks.length) {
      const callback = this.callbacks[this.told++];
      const pending = callback[hook]?.(log as never, this.context);
      if (!pending) continue;
      if (callback.save) this.busy = pending;
      await pending;
      this.busy = undefined;
    }
  }

  /** Looks at the clock about once a millisecond: a look costs a short step a twentieth of its time. */
  private isTimeToYield(): boolean {
    if (++this.stepsSinceClock < this.stepsPerClock) return false;
    const now = performance.now();
    const stepsPerMillisecond = this.stepsSinceClock / (now - this.lastClock);
    this.stepsPerClock = Math.max(1, Math.min(1000, Math.floor(stepsPerMillisecond)));
    this.lastClock = now;
    this.stepsSinceClock = 0;
    return now - this.lastYield > YIELD_AFTER;
  }

  private async yield(): Promise<void> {
    await yieldToEventLoop();
    this.lastYield = this.lastClock = performance.now();
  }

  private describeBatch(step: number, epoch: number): BatchLog {
    const { loss, penalty } = this.steps;
    return { step, epoch, loss, ...(penalty !== undefined && { penalty }) };
  }

  private describeEpoch(epoch: number, metrics: Metrics, seconds: number): EpochLog {
    const validation = this.validate();
    const silentUnits = hiddenUnits(this.state.spec).map((_, layer) => this.silent.count(layer));
    const penalty = this.steps.meanPenalty;
    return {
      epoch,
      ...metrics,
      ...(penalty !== undefined && { penalty }),
      learningRate: this.rate,
      seconds,
      silentUnits,
      ...(validation && { validation }),
    };
  }

  private validate(): Metrics | undefined {
    const { judged: data, validation, trainingRows } = this.plan;
    if (validation) return evaluateRows(this.state, validation, 0, validation.rows, 0);
    if (trainingRows === data.rows) return undefined;
    return evaluateRows(this.state, data, trainingRows, data.rows - trainingRows, this.order.address);
  }
}

/** The plan with the weights of the training rows' classes in its data. */
function withClassWeights(plan: Plan, { runtime }: NetworkState, { address }: RowOrder): Plan {
  const { data, classWeights, trainingRows } = plan;
  if (!classWeights) return plan;
  const rows = runtime.heap.u32.slice(address >>> 2, (address >>> 2) + trainingRows);
  return { ...plan, data: { ...data, weights: weighByClass(classWeights, data.y, rows, data.weights, data.rows) } };
}

/** Trains the network; see Network.fit. All is checked and all memory taken before anything changes. */
export async function fit(
  network: Network,
  state: NetworkState,
  data: DataSet | BatchSource,
  options?: FitOptions,
): Promise<History> {
  state.checkIdle();
  const plan = makePlan(state, data, options);
  checkCallbackUse(plan, state);
  const resumed = plan.resumed && checkResume(plan, plan.resumed, state);
  const release = claimCallbacks(plan.callbacks);
  const scratch = new Arena(state.runtime.heap);
  let run: TrainingRun | undefined;
  try {
    if (resumed) state.passMomentsTo(plan.recipe);
    run = new TrainingRun(network, state, plan, scratch, resumed);
    state.running = run;
    return await run.run();
  } finally {
    state.running = undefined;
    run?.end();
    if (run && !state.isDisposed) state.keepStopped(run.capture());
    scratch.dispose();
    release();
  }
}
