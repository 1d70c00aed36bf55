// The range test: one training whose rate grows by the same factor from update to update (Smith, "Cyclical Learning
// Rates for Training Neural Networks", arXiv 1506.01186, and arXiv 1803.09820), with the loss smoothed and the end at
// four times the lowest as fastai has it (fastai/callback/schedule.py). New is the look at the hidden units on the way.
import type { RateLook } from "./types.js";
import { findDead } from "../../inspect/dead-units.js";
import type { SampleRows } from "../../core/matrix.js";
import type { DataSet } from "../../network/data.js";
import { factsOf } from "../../network/losses.js";
import type { ResolvedSpec } from "../../network/spec.js";
import type { Callback, FitOptions, Network } from "../../network/types.js";
import { roundTo } from "../../text/numbers.js";

export interface RangeSetup {
  readonly low: number;
  readonly high: number;
  readonly steps: number;
  /** Of the smoothed loss, so much stays with each batch. */
  readonly smoothing: number;
  /** How it trains but for epochs and rate; callbacks of the caller's come before the test's own. */
  readonly fit: Omit<FitOptions, "epochs" | "learningRate">;
  readonly data: DataSet;
  readonly perEpoch: number;
  /** Rows that units are looked at on. */
  readonly shown: SampleRows;
  /** Hears about forty times which share of the updates is made; a promise is awaited. */
  readonly onProgress?: (share: number) => unknown;
}

export interface RangeRun {
  readonly points: readonly (readonly [rate: number, loss: number])[];
  readonly born: number;
  readonly units: number;
  readonly looks: readonly RateLook[];
  readonly stopped?: "diverged" | "aborted";
}

const DIGITS = 6;
const LOOKS = 40;
/** So many times the lowest: the loss has diverged. */
const DIVERGED = 4;
/** Losses before a tenth of the updates are of few batches: none of them is a lowest, nor diverged. */
export const leadOf = (steps: number): number => Math.floor(steps / 10);

/** Losses so far, smoothed with the start's bias taken out. */
class SmoothedLoss {
  private sum = 0;
  private share = 0;

  constructor(private readonly kept: number) {}

  next(loss: number): number {
    this.sum = this.kept * this.sum + (1 - this.kept) * loss;
    this.share = this.kept * this.share + (1 - this.kept);
    return this.sum / this.share;
  }
}

/** Whether a loss has left the lowest behind; of one that may be below 0, by how far it had fallen. */
function hasDiverged(loss: number, lowest: number, first: number, isAboveZero: boolean): boolean {
  const scale = isAboveZero ? lowest : Math.max(Math.abs(lowest), first - lowest);
  return !(loss <= lowest + (DIVERGED - 1) * scale);
}

type Marks = readonly (readonly boolean[])[];

const countMarks = (marks: readonly boolean[]): number => marks.reduce((sum, mark) => sum + Number(mark), 0);

interface Seen {
  readonly step: number;
  readonly dead: Marks;
}

/** Units that were not dead at the look before, are, and stay so up to the next one. */
function countDied({ dead: before }: Seen, { dead }: Seen, next: Seen | undefined): number {
  const died = dead.map((layer, l) =>
    layer.map((isDead, unit) => isDead && !before[l][unit] && (next?.dead[l][unit] ?? true)),
  );
  return died.reduce((sum, layer) => sum + countMarks(layer), 0);
}

function toLooks(seen: readonly Seen[], rateAt: (step: number) => number): RateLook[] {
  return seen.slice(1).map((each, index) => {
    const layers = each.dead.map(countMarks);
    return {
      step: each.step,
      rate: rateAt(each.step),
      dead: layers.reduce((sum, count) => sum + count, 0),
      layers,
      died: countDied(seen[index], each, seen[index + 2]),
    };
  });
}

/** Watches the loss and the units of one such training, and ends it. */
class RangeWatch {
  readonly points: [number, number][] = [];
  readonly seen: Seen[] = [];
  hasDiverged = false;
  private step = 0;
  private lowest = Infinity;
  readonly every: number;
  private readonly smoothed: SmoothedLoss;
  private readonly isAboveZero: boolean;

  constructor(
    private readonly network: Network,
    private readonly setup: RangeSetup,
    private readonly rateAt: (step: number) => number,
  ) {
    this.smoothed = new SmoothedLoss(setup.smoothing);
    this.every = Math.max(1, Math.round(setup.steps / LOOKS));
    this.isAboveZero = factsOf((network.spec as ResolvedSpec).loss).name !== "poisson";
  }

  look(): void {
    if (this.seen.at(-1)?.step === this.step) return;
    this.seen.push({ step: this.step, dead: findDead(this.network, this.setup.shown) });
  }

  /** Whether that was the last update. */
  note(step: number, loss: number): boolean {
    const { steps } = this.setup;
    this.step = step;
    const smoothed = this.smoothed.next(loss);
    this.points.push([this.rateAt(step), smoothed]);
    if (step % this.every === 0) this.look();
    if (step > leadOf(steps)) {
      this.lowest = Math.min(this.lowest, smoothed);
      this.hasDiverged = hasDiverged(smoothed, this.lowest, this.points[0][1], this.isAboveZero);
    }
    return this.hasDiverged || step === steps;
  }
}

/** Trains the network with growing rates. The same network, rows and setup give the same, to the bit. */
export async function runRangeTest(network: Network, setup: RangeSetup): Promise<RangeRun> {
  const { low, high, steps, fit, data, perEpoch } = setup;
  const exactly = (step: number) => low * (high / low) ** ((step - 1) / (steps - 1));
  const rateAt = (step: number) => roundTo(exactly(step), DIGITS);
  const watch = new RangeWatch(network, setup, rateAt);
  watch.look();
  const own: Callback = {
    onBatchEnd: async ({ step, loss }, context) => {
      if (watch.note(step, loss)) context.stop();
      if (step % watch.every === 0 || step === steps) await setup.onProgress?.(step / steps);
    },
  };
  const history = await network.fit(data, {
    ...fit,
    epochs: Math.ceil(steps / perEpoch),
    learningRate: (step) => exactly(Math.min(step, steps)),
    callbacks: [...(fit.callbacks ?? []), own],
  });
  watch.look();
  const { points, seen } = watch;
  const isAborted = history.stopped === "aborted";
  const isDiverged = watch.hasDiverged || history.stopped === "diverged";
  return {
    points,
    born: seen[0].dead.reduce((sum, layer) => sum + countMarks(layer), 0),
    units: seen[0].dead.reduce((sum, layer) => sum + layer.length, 0),
    looks: toLooks(seen, rateAt),
    ...((isDiverged || isAborted) && { stopped: isDiverged ? ("diverged" as const) : ("aborted" as const) }),
  };
}
