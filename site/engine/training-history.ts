// The weights of earlier steps and what was measured then, in bounded memory: when it is full, every second entry goes and the rest
// lie twice as far apart. The first entry, the start, stays.
import type { Measured } from "./network-evaluator.js";

export interface Entry {
  readonly step: number;
  readonly parameters: Float32Array;
  readonly loss: number;
  readonly heldOutLoss: number;
  /** NaN in a regression. */
  readonly heldOutAccuracy: number;
  /** Units of each hidden layer that are not dead. */
  readonly living: readonly number[];
}

/** The curves, one number an entry. */
export interface Curves {
  readonly steps: number[];
  readonly loss: number[];
  readonly heldOutLoss: number[];
  readonly heldOutAccuracy: number[];
  /** By hidden layer. */
  readonly living: number[][];
}

const MOST_ENTRIES = 360;
const MOST_BYTES = 2 ** 26;

export class Chronicle {
  private entries: Entry[] = [];
  private stride = 1;
  private readonly capacity: number;
  /** Counts changes, so that curves are sent only when they have some. */
  version = 0;

  constructor(
    private readonly widths: readonly number[],
    parameterBytes: number,
  ) {
    this.capacity = Math.max(16, Math.min(MOST_ENTRIES, Math.floor(MOST_BYTES / parameterBytes)));
  }

  isDue(step: number): boolean {
    return step % this.stride === 0;
  }

  add(step: number, parameters: Float32Array, measured: Measured): void {
    if (this.entries.at(-1)?.step === step) this.entries.pop();
    if (this.entries.length >= this.capacity) this.thin();
    this.version++;
    this.entries.push({
      step,
      parameters: parameters.slice(),
      loss: measured.loss,
      heldOutLoss: measured.heldOut.loss,
      heldOutAccuracy: measured.heldOut.accuracy ?? Number.NaN,
      living: this.countLiving(measured),
    });
  }

  private thin(): void {
    this.stride *= 2;
    this.entries = this.entries.filter((_, index) => index % 2 === 0);
  }

  private countLiving({ states }: Measured): number[] {
    let first = 0;
    return this.widths.map((width) => {
      const living = states.slice(first, first + width).filter((state) => state !== "dead").length;
      first += width;
      return living;
    });
  }

  /** The last entry at or before a step, or the first. */
  at(step: number): Entry | undefined {
    return this.entries.findLast((entry) => entry.step <= step) ?? this.entries[0];
  }

  /** Forgets what came after a step. */
  cutAfter(step: number): void {
    this.entries = this.entries.filter((entry) => entry.step <= step);
    this.version++;
  }

  copy(): Chronicle {
    const copy = new Chronicle(this.widths, 1);
    return Object.assign(copy, {
      entries: [...this.entries],
      stride: this.stride,
      capacity: this.capacity,
      version: this.version + 1,
    });
  }

  curves(): Curves {
    const { entries, widths } = this;
    return {
      steps: entries.map(({ step }) => step),
      loss: entries.map(({ loss }) => loss),
      heldOutLoss: entries.map(({ heldOutLoss }) => heldOutLoss),
      heldOutAccuracy: entries.map(({ heldOutAccuracy }) => heldOutAccuracy),
      living: widths.map((_, layer) => entries.map(({ living }) => living[layer])),
    };
  }
}
