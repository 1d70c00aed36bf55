// The weights of earlier steps and what was measured then, in bounded memory: when it is full, every second entry is
// dropped and the distance between entries doubles. The first entry, the start, stays.
import type { Curves, Measurement, UnitHistory } from "./types.js";
import { livingByLayer } from "../state/units.js";

interface HistoryEntry {
  readonly step: number;
  readonly parameters: Float32Array;
  readonly loss: number;
  readonly heldOutLoss: number;
  /** NaN in a regression. */
  readonly heldOutAccuracy: number;
  /** Units of each hidden layer that are not dead. */
  readonly living: readonly number[];
  /** Of each unit: the share of the training samples that open it. */
  readonly open: Float32Array;
}

/** As they stand in UnitFigures. */
const [FIGURES, OPEN_FIGURE] = [5, 4];
const MOST_ENTRIES = 360;
const MOST_BYTES = 2 ** 26;

export class TrainingHistory {
  private entries: HistoryEntry[] = [];
  private stride = 1;
  private readonly capacity: number;
  /** Counts changes, so that curves are sent only when they have changed. */
  version = 0;

  constructor(
    private readonly layers: readonly number[],
    parameterBytes: number,
  ) {
    this.capacity = Math.max(16, Math.min(MOST_ENTRIES, Math.floor(MOST_BYTES / parameterBytes)));
  }

  isDue(step: number): boolean {
    return step % this.stride === 0;
  }

  add(step: number, parameters: Float32Array, measurement: Measurement): void {
    if (this.entries.at(-1)?.step === step) this.entries.pop();
    if (this.entries.length >= this.capacity) this.dropEverySecond();
    this.version++;
    this.entries.push({
      step,
      parameters: parameters.slice(),
      loss: measurement.loss,
      heldOutLoss: measurement.heldOut.loss,
      heldOutAccuracy: measurement.heldOut.accuracy ?? Number.NaN,
      living: livingByLayer(measurement.states, this.layers),
      open: Float32Array.from(measurement.states, (_, unit) => measurement.figures[unit * FIGURES + OPEN_FIGURE]),
    });
  }

  private dropEverySecond(): void {
    this.stride *= 2;
    this.entries = this.entries.filter((_, index) => index % 2 === 0);
  }

  /** The last entry at or before a step, or the first. */
  at(step: number): HistoryEntry | undefined {
    return this.entries.findLast((entry) => entry.step <= step) ?? this.entries[0];
  }

  copy(): TrainingHistory {
    const copy = new TrainingHistory(this.layers, 1);
    return Object.assign(copy, {
      entries: [...this.entries],
      stride: this.stride,
      capacity: this.capacity,
      version: this.version + 1,
    });
  }

  ofUnit(index: number): UnitHistory {
    const { entries } = this;
    return { steps: entries.map(({ step }) => step), open: entries.map(({ open }) => open[index]) };
  }

  curves(): Curves {
    const { entries, layers } = this;
    return {
      steps: entries.map(({ step }) => step),
      loss: entries.map(({ loss }) => loss),
      heldOutLoss: entries.map(({ heldOutLoss }) => heldOutLoss),
      heldOutAccuracy: entries.map(({ heldOutAccuracy }) => heldOutAccuracy),
      living: layers.map((_, layer) => entries.map(({ living }) => living[layer])),
    };
  }
}
