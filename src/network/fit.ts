// The training loop: order of rows -> batch -> forward -> loss -> backward -> clip -> update, and the logs.
import type { BatchLog, Callback, EpochLog, History, Metrics, TrainingContext } from "./callbacks.js";
import { type DataSet, type PreparedData, prepareData } from "./data.js";
import { evaluateRows, hiddenUnits, toMetrics } from "./evaluate.js";
import { yieldToEventLoop } from "./event-loop.js";
import type { Network } from "./network.js";
import { adam, checkOptimizer, type MomentPowers, type Optimizer, type OptimizerRecipe, type UpdateOperands } from "./optimizers.js";
import { lossDivisor } from "./passes.js";
import { splitSeed, Stream } from "./random.js";
import type { NetworkState } from "./state.js";
import { CounterTotals } from "./totals.js";
import { checkBoolean, checkFunction, checkInteger, checkNumber, checkOptions, describe } from "../core/checks.js";
import { RelumineError } from "../core/errors.js";
import { Arena } from "../wasm/heap.js";

export interface FitOptions {
  /** Passes over the data. Default 10. */
  readonly epochs?: number;
  /** Default 32; the last batch of an epoch may be smaller. */
  readonly batchSize?: number;
  /** Default adam(). The same optimizer object goes on with its moments in a later fit. */
  readonly optimizer?: Optimizer;
  /** A schedule; overrides the optimizer's rate. Steps and epochs count from 1. */
  readonly learningRate?: (step: number, epoch: number) => number;
  /** Scales the gradient down to this global norm. */
  readonly clipNorm?: number;
  /** Default true, from the network's seed. */
  readonly shuffle?: boolean;
  /** A set, or the fraction of rows held out, drawn from the network's seed (0: none). */
  readonly validation?: DataSet | number;
  readonly callbacks?: readonly Callback[];
  /** Stops after the running batch and resolves with what was learnt. */
  readonly signal?: AbortSignal;
}

interface Plan {
  readonly data: PreparedData;
  readonly validation: PreparedData | undefined;
  /** Of the data's rows, how many train; the others, if any, validate. */
  readonly trainingRows: number;
  readonly epochs: number;
  readonly batchSize: number;
  readonly recipe: OptimizerRecipe;
  readonly schedule: FitOptions["learningRate"];
  readonly clipNorm: number;
  readonly shuffle: boolean;
  readonly callbacks: readonly Callback[];
  readonly signal: AbortSignal | undefined;
}

const OPTION_NAMES = ["epochs", "batchSize", "optimizer", "learningRate", "clipNorm", "shuffle", "validation", "callbacks", "signal"];
const CALLBACK_NAMES = ["onTrainBegin", "onBatchEnd", "onEpochEnd", "onTrainEnd"] as const;
const YIELD_AFTER = 8; // milliseconds: half a frame, so that a page paints and a server answers

function checkCallbacks(callbacks: readonly Callback[]): readonly Callback[] {
  if (!Array.isArray(callbacks)) throw new RelumineError("value", `callbacks is ${describe(callbacks)}; wanted is an array of callbacks`);
  callbacks.forEach((callback: unknown, index) => {
    if (typeof callback !== "object" || callback === null) {
      throw new RelumineError("value", `callbacks[${index}] is ${describe(callback)}; wanted is an object with ${CALLBACK_NAMES.join(", ")}`);
    }
    for (const name of CALLBACK_NAMES) {
      const method = (callback as Callback)[name];
      if (method !== undefined) checkFunction(`callbacks[${index}].${name}`, method);
    }
  });
  return callbacks;
}

function checkSignal(signal: AbortSignal | undefined): AbortSignal | undefined {
  if (signal !== undefined && typeof signal?.aborted !== "boolean") {
    throw new RelumineError("value", `signal is ${describe(signal)}; wanted is an AbortSignal`);
  }
  return signal;
}

function countTrainingRows(rows: number, validation: FitOptions["validation"]): number {
  if (typeof validation !== "number" || validation === 0) return rows;
  checkNumber("validation", validation, { low: 0, high: 1, openHigh: true });
  const heldOut = Math.round(rows * validation);
  if (heldOut === 0 || heldOut === rows) {
    throw new RelumineError("value", `validation is ${validation} of ${rows} rows, which holds out ${heldOut}; wanted is at least one row on each side`);
  }
  return rows - heldOut;
}

function makePlan(state: NetworkState, data: DataSet, options: FitOptions | undefined): Plan {
  const { spec } = state;
  const given = checkOptions("fit", options, OPTION_NAMES);
  const units = spec.layers.at(-1)!.units;
  const epochs = checkInteger("epochs", given.epochs ?? 10, { low: 0 });
  const batchSize = checkInteger("batchSize", given.batchSize ?? 32, { low: 1 });
  const prepared = prepareData("data", data, spec.inputs, units, spec.loss);
  const { validation } = given;
  return {
    data: prepared,
    validation: validation === undefined || typeof validation === "number" ? undefined : prepareData("validation", validation, spec.inputs, units, spec.loss),
    trainingRows: countTrainingRows(prepared.rows, validation),
    epochs,
    batchSize,
    recipe: checkOptimizer(given.optimizer ?? adam()),
    schedule: given.learningRate === undefined ? undefined : checkFunction("learningRate (a schedule)", given.learningRate),
    clipNorm: given.clipNorm === undefined ? Infinity : checkNumber("clipNorm", given.clipNorm, { low: 0, openLow: true }),
    shuffle: checkBoolean("shuffle", given.shuffle ?? true),
    callbacks: checkCallbacks(given.callbacks ?? []),
    signal: checkSignal(given.signal),
  };
}

/** The order in which rows are read: in WASM memory, where the kernel shuffles it. */
class RowOrder {
  /** Address of the indices, the training rows first. */
  readonly address: number;
  private readonly rows: Uint32Array;

  constructor(
    private readonly state: NetworkState,
    private readonly plan: Plan,
    scratch: Arena,
  ) {
    const { heap, kernels } = state.runtime;
    this.address = scratch.allocate(plan.data.rows * 4, "the order of the rows");
    this.rows = Uint32Array.from({ length: plan.data.rows }, (_, row) => row);
    if (plan.trainingRows === plan.data.rows) return;
    const { low, high } = splitSeed(state.spec.seed);
    heap.u32.set(this.rows, this.address >>> 2);
    kernels.shuffle(this.rows.length, this.address, low, high, Stream.split, 0);
    this.rows = heap.u32.slice(this.address >>> 2, (this.address >>> 2) + this.rows.length);
    this.rows.subarray(0, plan.trainingRows).sort();
  }

  /** Shuffles the training rows, differently in each epoch. */
  beginEpoch(epoch: number): void {
    const { heap, kernels } = this.state.runtime;
    heap.u32.set(this.rows, this.address >>> 2);
    if (!this.plan.shuffle) return;
    const { low, high } = splitSeed(this.state.spec.seed);
    kernels.shuffle(this.plan.trainingRows, this.address, low, high, Stream.shuffle, epoch);
  }

}

/** One run of `fit`: everything that a step needs is made beforehand, so that a step allocates nothing. */
class TrainingRun {
  readonly epochLogs: EpochLog[] = [];
  stopped: History["stopped"];
  private readonly order: RowOrder;
  private readonly totals: CounterTotals;
  private readonly operands: UpdateOperands;
  private readonly powers: MomentPowers;
  private readonly hasBatchCallbacks: boolean;
  private readonly context: TrainingContext;
  private step = 0;
  private rate = 0;
  private batchLoss = 0;
  private lastYield = performance.now();
  private lastClock = this.lastYield;
  private stepsSinceClock = 0;
  private stepsPerClock = 1;

  constructor(
    network: Network,
    private readonly state: NetworkState,
    private readonly plan: Plan,
    scratch: Arena,
  ) {
    const { runtime, spec } = state;
    const rows = Math.min(plan.batchSize, plan.trainingRows);
    const validationRows = plan.validation?.rows ?? plan.data.rows - plan.trainingRows;
    state.buffers.ensure(Math.max(rows, state.buffers.chunk(validationRows)), true);
    const { gradient } = state;
    this.order = new RowOrder(state, plan, scratch);
    this.totals = new CounterTotals(hiddenUnits(spec), runtime.kernels, runtime.heap, scratch);
    const { slots, powers } = state.momentsFor(plan.recipe);
    this.operands = { count: state.parameterFloats, parameters: state.parameters, gradient, slots };
    this.powers = powers;
    this.hasBatchCallbacks = plan.callbacks.some(({ onBatchEnd }) => onBatchEnd !== undefined);
    this.context = { network, stop: () => this.stop("callback") };
  }

  async run(): Promise<History> {
    const { callbacks, epochs } = this.plan;
    for (const callback of callbacks) await callback.onTrainBegin?.(this.context);
    for (let epoch = 1; epoch <= epochs && !this.isStopped(); epoch++) await this.runEpoch(epoch);
    const history: History = this.stopped === undefined ? { epochs: this.epochLogs } : { epochs: this.epochLogs, stopped: this.stopped };
    for (const callback of callbacks) await callback.onTrainEnd?.(history, this.context);
    return history;
  }

  private stop(reason: NonNullable<History["stopped"]>): void {
    this.stopped ??= reason;
  }

  private isStopped(): boolean {
    this.state.checkAlive();
    if (this.plan.signal?.aborted) this.stop("aborted");
    return this.stopped !== undefined;
  }

  private async runEpoch(epoch: number): Promise<void> {
    const { trainingRows, batchSize, callbacks } = this.plan;
    const started = performance.now();
    let lossSum = 0;
    let correct = 0;
    this.order.beginEpoch(this.state.epochsBegun++);
    this.totals.reset();
    for (let start = 0; start < trainingRows; start += batchSize) {
      const rows = Math.min(batchSize, trainingRows - start);
      if (!this.trainBatch(start, rows, epoch)) return this.stop("diverged");
      lossSum += this.state.buffers.lossSum;
      correct += this.state.buffers.correct;
      if (this.hasBatchCallbacks) await this.tellBatch(epoch);
      if (this.isTimeToYield()) await this.yield();
      if (this.isStopped() && start + rows < trainingRows) return;
    }
    const metrics = toMetrics(this.state.spec, lossSum, correct, trainingRows);
    const log = this.describeEpoch(epoch, metrics, (performance.now() - started) / 1000);
    this.epochLogs.push(log);
    for (const callback of callbacks) await callback.onEpochEnd?.(log, this.context);
  }

  /** One step; false, with the weights as they were, if the loss or its gradient is not finite. */
  private trainBatch(start: number, rows: number, epoch: number): boolean {
    const { state, plan } = this;
    const { passes, buffers, spec } = state;
    const { gradient } = this.operands;
    this.rate = this.rateFor(this.step + 1, epoch);
    passes.gather(plan.data, start, rows, this.order.address);
    passes.forward(rows, true);
    buffers.clearResult();
    passes.loss(rows, plan.data.y.kind, true);
    this.batchLoss = buffers.lossSum / lossDivisor(spec.loss, rows, spec.layers.at(-1)!.units);
    if (!Number.isFinite(this.batchLoss) || !passes.backward(rows, gradient) || !this.clip()) return false;
    this.totals.fold(rows, buffers);
    this.step++;
    return plan.recipe.update(state.runtime.kernels, this.operands, this.rate, this.powers) === 0;
  }

  private rateFor(step: number, epoch: number): number {
    const { schedule, recipe } = this.plan;
    return schedule ? checkNumber(`learningRate(${step}, ${epoch})`, schedule(step, epoch), { low: 0 }) : recipe.learningRate;
  }

  /** Scales the gradient down to the wanted norm, as PyTorch does; false if the norm is not finite. */
  private clip(): boolean {
    const { clipNorm } = this.plan;
    if (clipNorm === Infinity) return true;
    const { kernels } = this.state.runtime;
    const { count, gradient } = this.operands;
    const norm = Math.sqrt(kernels.sumSquares(count, gradient));
    if (norm > clipNorm) kernels.scale(count, gradient, clipNorm / (norm + 1e-6));
    return Number.isFinite(norm);
  }

  private async tellBatch(epoch: number): Promise<void> {
    const log: BatchLog = { step: this.step, epoch, loss: this.batchLoss };
    for (const callback of this.plan.callbacks) {
      const pending = callback.onBatchEnd?.(log, this.context);
      if (pending) await pending;
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

  private describeEpoch(epoch: number, metrics: Metrics, seconds: number): EpochLog {
    const validation = this.validate();
    const silentUnits = hiddenUnits(this.state.spec).map((_, layer) => this.totals.countSilent(layer));
    return { epoch, ...metrics, learningRate: this.rate, seconds, silentUnits, ...(validation && { validation }) };
  }

  private validate(): Metrics | undefined {
    const { data, validation, trainingRows } = this.plan;
    if (validation) return evaluateRows(this.state, validation, 0, validation.rows, 0);
    if (trainingRows === data.rows) return undefined;
    return evaluateRows(this.state, data, trainingRows, data.rows - trainingRows, this.order.address);
  }
}

/** Trains the network; see Network.fit. All is checked and all memory taken before anything changes. */
export async function fit(network: Network, state: NetworkState, data: DataSet, options?: FitOptions): Promise<History> {
  state.checkAlive();
  if (state.isTraining) throw new RelumineError("value", "the network is training already; wanted is one fit at a time");
  const plan = makePlan(state, data, options);
  const scratch = new Arena(state.runtime.heap);
  try {
    const run = new TrainingRun(network, state, plan, scratch);
    state.isTraining = true;
    return await run.run();
  } finally {
    state.isTraining = false;
    scratch.dispose();
  }
}
