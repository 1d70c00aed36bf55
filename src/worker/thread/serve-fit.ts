// The worker's side of one fit: the callbacks that run here, reports to the page, and what the page says meanwhile.
import { Changes } from "../change.js";
import { type FromWorker, pack, type PackedFit, type Report } from "../protocol.js";
import type { ServedCallback } from "./served-callbacks.js";
import type { BatchLog, Callback, EpochLog, History, TrainingContext, Network } from "../../network/types.js";
import type { BatchSource } from "../../network/batches.js";
import type { DataSet } from "../../network/data.js";
import type { Optimizer } from "../../network/training/optimizers.js";
import { batchOf, stepRowsOf, stepsPerEpoch } from "../../network/training/plan.js";
import { fitOf, type RunningFit } from "../../network/training/running-fit.js";

type Post = (message: FromWorker, transfer: ArrayBuffer[]) => void;

const REPORT_AFTER = 16; // milliseconds: a frame
/** The training waits when the page is this far behind. */
const MOST_NUMBERS = 3 * 2 ** 16;
const MOST_EPOCHS = 2 ** 14;
/**
 * Rates of a schedule are fetched for whole epochs together, at least this many: fetching takes longer than a small
 * step.
 */
const FEWEST_RATES = 1024;

export class ServedFit {
  private numbers: number[] = [];
  private epochs: EpochLog[] = [];
  private lastReport = performance.now();
  private isUnread = false;
  private onRead = () => {};
  private context: TrainingContext | undefined;
  private running: RunningFit | undefined;
  private isStopped = false;
  private readonly abort = new AbortController();
  private firstRate = 1;
  private rates = new Float64Array(0);
  private onRates = () => {};
  private readonly changes: readonly Changes[];

  constructor(
    private readonly id: number,
    private readonly post: Post,
    private readonly data: DataSet | BatchSource,
    private readonly packed: PackedFit,
    private readonly inside: readonly ServedCallback[],
  ) {
    this.changes = inside.map(() => new Changes());
    if (packed.stop) this.stop(packed.stop);
  }

  /** @param onBegin is called once nothing of it can be refused any more */
  async run(network: Network, optimizer: Optimizer | undefined, onBegin: () => void): Promise<History> {
    const { options, hasSchedule } = this.packed;
    const callbacks = [...this.inside.map(({ callback }) => callback), this.follower(onBegin)];
    try {
      return await network.fit(this.data, {
        ...options,
        callbacks,
        signal: this.abort.signal,
        ...(optimizer && { optimizer }),
        ...(hasSchedule && { learningRate: (step: number) => this.rateOf(step) }),
      });
    } finally {
      if (this.packed.wantsReports) this.report();
    }
  }

  /** Updates made so far, and the epoch of the last one; 0 before any. */
  get progress(): { readonly step: number; readonly epoch: number } {
    const { step = 0, plan, epoch } = this.running ?? {};
    if (step === 0) return { step, epoch: 0 };
    return { step, epoch: plan!.source ? epoch! : batchOf(plan!, step).epoch };
  }

  stop(reason: "aborted" | "callback"): void {
    if (reason === "aborted") return this.abort.abort();
    this.isStopped = true;
    this.context?.stop();
  }

  reportWasRead(): void {
    this.isUnread = false;
    this.onRead();
  }

  takeRates(first: number, rates: Float64Array<ArrayBuffer>): void {
    this.firstRate = first;
    this.rates = rates;
    this.onRates();
  }

  /** Follows the training for the page, and fetches rates. */
  private follower(onBegin: () => void): Callback {
    const { wantsReports, hasSchedule } = this.packed;
    return {
      onTrainBegin: (context) => {
        this.context = context;
        this.running = fitOf(context);
        onBegin();
        if (this.isStopped) context.stop();
        return hasSchedule ? this.fetchRates(this.running) : undefined;
      },
      ...(wantsReports && { onBatchEnd: (log) => this.note(log) }),
      onEpochEnd: (log) => {
        if (wantsReports) this.epochs.push(log);
        return hasSchedule ? this.fetchRates(this.running!) : undefined;
      },
    };
  }

  private note({ step, epoch, loss }: BatchLog): Promise<void> | undefined {
    if (this.packed.wantsBatches) this.numbers.push(step, epoch, loss);
    if (this.isUnread)
      return this.numbers.length >= MOST_NUMBERS || this.epochs.length >= MOST_EPOCHS ? this.untilRead() : undefined;
    if (performance.now() - this.lastReport >= REPORT_AFTER) this.report();
    return undefined;
  }

  private untilRead(): Promise<void> {
    return new Promise((resolve) => (this.onRead = resolve));
  }

  private report(): void {
    const { numbers, epochs, running } = this;
    const report: Report = {
      ...this.progress,
      loss: running?.loss ?? NaN,
      batches: Float64Array.from(numbers),
      epochs,
      found: this.inside.map(({ read }, place) => this.changes[place].next(read())),
    };
    const transfer: ArrayBuffer[] = [];
    this.post({ kind: "report", id: this.id, report: pack("the report", report, transfer) as Report }, transfer);
    this.numbers = [];
    this.epochs = [];
    this.lastReport = performance.now();
    this.isUnread = true;
  }

  private rateOf(step: number): number {
    const at = step - this.firstRate;
    if (at >= this.rates.length) throw new Error("the schedule has thrown"); // the page knows what
    return this.rates[at];
  }

  /** Fetches the rates of the coming epochs, if those of the next one are not all there. */
  private async fetchRates({ plan, step }: RunningFit): Promise<void> {
    const steps = stepsPerEpoch(stepRowsOf(plan));
    const total = plan.epochs * steps;
    const first = step + 1;
    if (first > total || step + steps < this.firstRate + this.rates.length) return;
    const count = Math.min(total - step, steps * Math.ceil(FEWEST_RATES / steps));
    this.post({ kind: "wantRates", id: this.id, first, count, stepsPerEpoch: steps }, []);
    await new Promise<void>((resolve) => (this.onRates = resolve));
  }
}
