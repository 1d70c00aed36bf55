// Where the experiments are made: the digits, the seeds of the repeats, and networks trained on them. What was trained
// once is kept.
import type { FollowedTrials } from "../trials/followed-trials.js";
import { RelumineError } from "../../core/errors.js";
import { denseRows } from "../../core/matrix.js";
import { sum } from "../../core/statistics.js";
import type { TrialOutcome } from "../../treatment/trial/trial.js";
import type { EncodedRows, PreparedTable } from "../../table/prepare.js";
import type { ActivationName, DenseSpec, Network, NetworkSpec } from "../../index.js";

/** Thrown at the next pause after Ctrl-C. */
export class Interrupted extends Error {}

/** A network on the digits, trained by plain gradient descent. */
export interface DigitPlan {
  readonly activation: ActivationName;
  readonly rate: number;
  /** Of the hidden units, at the start. */
  readonly bias: number;
  /** Widths of the hidden layers. Default: two of 128. */
  readonly hidden?: readonly number[];
  /** What the hidden layers have beside; the skip connections only those whose inputs are as many as their units. */
  readonly layer?: HiddenOptions;
  /** The rate climbs over so many epochs. */
  readonly warmUp?: number;
}

type HiddenOptions = Pick<DenseSpec, "normalization" | "dropout" | "kernelRegularizer" | "residual">;

export interface DigitRun {
  /** By epoch: mean loss of the epoch's batches, and accuracy on the held-out rows. */
  readonly losses: readonly number[];
  readonly accuracies: readonly number[];
  /** On the held-out rows, at the end. */
  readonly accuracy: number;
  /** The share of the hidden units that fire on no training row, at the end. */
  readonly closed: number;
}

export const HEALTHY: DigitPlan = { activation: "relu", rate: 0.1, bias: 0 };
const HIDDEN = [128, 128];
const EPOCHS = 10;
const BATCH_SIZE = 32;

export class DigitRuns {
  constructor(
    private readonly prepared: PreparedTable,
    private readonly trials: FollowedTrials,
    readonly library: typeof import("../../index.js"),
    readonly seed: number,
    readonly repeats: number,
    private readonly signal: AbortSignal,
    /** Called with what is under way. */
    private readonly note: (text: string) => void,
  ) {}

  get seeds(): number[] {
    return Array.from({ length: this.repeats }, (_, repeat) => this.seed + repeat);
  }

  get training(): PreparedTable["training"] {
    return this.prepared.training;
  }

  get heldOut(): PreparedTable["heldOut"] {
    return this.prepared.heldOut;
  }

  /** Lets signals and drawings through between parts of an experiment. @throws Interrupted */
  async pause(note: string): Promise<void> {
    this.note(note);
    await new Promise((resolve) => setImmediate(resolve));
    if (this.signal.aborted) throw new Interrupted();
  }

  /** The first rows of the training set: they are in no order of classes. */
  someRows(rows: number): EncodedRows {
    const { x, y } = this.training;
    return { x: denseRows(x, 0, rows), y: y.slice(0, rows) };
  }

  /** Hidden layers of one activation, and ten outputs. */
  digitsSpec(
    hidden: readonly number[],
    activation: ActivationName,
    seed: number,
    bias = 0,
    { residual, ...layer }: HiddenOptions = {},
  ): NetworkSpec {
    const layers = hidden.map((units, i) => ({
      units,
      activation,
      biasInitializer: bias,
      ...layer,
      ...(residual && units === hidden[i - 1] && { residual }),
    }));
    return { inputs: this.training.x.columns, layers: [...layers, { units: 10 }], loss: "crossEntropy", seed };
  }

  /** Begins what will be asked for, as many at a time as there are threads. */
  begin(plans: readonly DigitPlan[]): void {
    for (const plan of plans) for (const seed of this.seeds) void this.run(plan, seed);
  }

  /** One run for each seed. */
  async trainAll(plan: DigitPlan): Promise<DigitRun[]> {
    this.begin([plan]);
    const runs: DigitRun[] = [];
    for (const seed of this.seeds) {
      await this.pause(`${plan.activation}, rate ${plan.rate}, bias ${plan.bias}, seed ${seed}`);
      runs.push(await this.train(plan, seed));
    }
    return runs;
  }

  /** Shares of the hidden units that fire on no training row before any training, one for each seed. */
  async closedAtStart(plan: DigitPlan): Promise<number[]> {
    const shares: number[] = [];
    for (const seed of this.seeds) {
      await this.pause(`start at bias ${plan.bias}, seed ${seed}`);
      using network = await this.library.createNetwork(this.digitsSpec(HIDDEN, plan.activation, seed, plan.bias));
      shares.push(await this.closedShare(network));
    }
    return shares;
  }

  /** Which units fire on no training row after a training that began with changed weights, by hidden layer. */
  async trainPrepared(
    plan: DigitPlan,
    seed: number,
    prepare: (network: Network) => void,
  ): Promise<readonly (readonly boolean[])[]> {
    await this.pause(`units lowered, seed ${seed}`);
    const { hidden = HIDDEN, activation, bias, layer, rate } = plan;
    using network = await this.library.createNetwork(this.digitsSpec(hidden, activation, seed, bias, layer));
    prepare(network);
    await network.fit(this.training, {
      epochs: EPOCHS,
      batchSize: BATCH_SIZE,
      optimizer: this.library.sgd({ learningRate: rate }),
      signal: this.signal,
    });
    if (this.signal.aborted) throw new Interrupted();
    const { layers } = this.library.diagnose(network, this.training.x, { proofs: false });
    return layers.slice(0, hidden.length).map(({ units }) => units.map(({ activity }) => activity === 0));
  }

  private run(plan: DigitPlan, seed: number): Promise<TrialOutcome | undefined> {
    const { activation, rate, bias, hidden, layer, warmUp } = plan;
    const spec = this.digitsSpec(hidden ?? HIDDEN, activation, seed, bias, layer);
    const schedule = warmUp === undefined ? {} : { schedule: this.library.warmup({ epochs: warmUp }) };
    return this.trials.run({ spec, learningRate: rate, ...schedule, epochs: EPOCHS, batchSize: BATCH_SIZE });
  }

  private async train(plan: DigitPlan, seed: number): Promise<DigitRun> {
    const outcome = await this.run(plan, seed);
    if (!outcome || this.signal.aborted) throw new Interrupted();
    const { course, failed } = outcome;
    if (!course) throw new RelumineError("value", "the training", "to end with finite numbers", `${failed?.message}`);
    return {
      losses: course.epochs.map(({ loss }) => loss),
      accuracies: course.epochs.map(({ validation }) => validation!.accuracy!),
      accuracy: course.evaluation.accuracy!,
      closed: sum(course.layers.map(({ neverFired }) => neverFired)) / sum(course.layers.map(({ units }) => units)),
    };
  }

  /** The share of hidden units that fire on no training row. */
  private async closedShare(network: Network): Promise<number> {
    const { countDead } = await import("../../inspect/dead-units.js");
    const { neverFired, units } = countDead(network, this.training.x);
    return neverFired / units;
  }
}

export function norm(values: Iterable<number>): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return Math.sqrt(sum);
}
