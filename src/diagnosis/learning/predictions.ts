// Which class a network says for each row, and which one it is.
import { areOneHot } from "../../core/matrix.js";
import { placeOfLargest } from "../../core/statistics.js";
import { forEachTarget, type LossReader } from "./row-losses.js";
import type { PreparedTargets } from "../../network/data.js";
import { isClassification } from "../../network/losses.js";

/** Rows of one class, or those of which one yes-or-no output is to say yes. */
export interface ClassCounts {
  readonly rows: number;
  /** Rows that are said to be. */
  readonly said: number;
  /** Those of both. */
  readonly right: number;
}

export interface Predictions {
  /** Of each class; of each output where a row may be of several classes. */
  readonly classes: readonly ClassCounts[];
  /** A row is of one class, and only one is said of it. */
  readonly areExclusive: boolean;
  readonly accuracy: number;
  /** Of always saying the most frequent class, of each output where a row may be of several. */
  readonly constantAccuracy: number;
}

/** Numbers that stand for classes: 0 and 1 in one column, or a 1 among zeros in each row. */
function areClasses(targets: PreparedTargets): boolean {
  if (targets.kind === "labels") return true;
  const { data, columns } = targets;
  if (columns > 1) return areOneHot(targets);
  return data.every((value) => value === 0 || value === 1) && data.includes(0) && data.includes(1);
}

/** Above it an output says yes: what the kernels compare with. */
function thresholdOf({ name, readsLogits }: LossReader): number {
  if (name === "crossEntropy") return -Infinity; // the softmax of one output is 1
  return readsLogits ? 0 : 0.5;
}

/** Counts for each class. */
class Counter {
  readonly rows: number[];
  readonly said: number[];
  readonly right: number[];

  constructor(classes: number) {
    [this.rows, this.said, this.right] = [0, 0, 0].map((zero) => new Array<number>(classes).fill(zero));
  }

  /** @param said -1: none */
  note(label: number, said: number): void {
    this.rows[label]++;
    if (said >= 0) this.said[said]++;
    if (said === label) this.right[label]++;
  }

  read(): ClassCounts[] {
    return this.rows.map((rows, i) => ({ rows, said: this.said[i], right: this.right[i] }));
  }
}

function exclusive(counter: Counter, rows: number): Predictions {
  const classes = counter.read();
  return {
    classes,
    areExclusive: true,
    accuracy: classes.reduce((sum, { right }) => sum + right, 0) / rows,
    constantAccuracy: Math.max(...counter.rows) / rows,
  };
}

/**
 * Absent where targets are no classes.
 * @param outputs rows x units: what the loss reads
 */
export function readPredictions(
  reader: LossReader,
  outputs: Float32Array,
  targets: PreparedTargets,
): Predictions | undefined {
  const { units, name } = reader;
  const rows = outputs.length / units;
  if (!isClassification(name) && !areClasses(targets)) return undefined;
  if (units === 1) {
    const threshold = thresholdOf(reader);
    const counter = new Counter(2);
    forEachTarget(targets, 1, (row, [t]) =>
      counter.note(Number(t > 0.5), Number.isNaN(outputs[row]) ? -1 : Number(outputs[row] > threshold)),
    );
    return exclusive(counter, rows);
  }
  if (name !== "binaryCrossEntropy") {
    const counter = new Counter(units);
    forEachTarget(targets, units, (row, target) =>
      counter.note(placeOfLargest(target), placeOfLargest(outputs, row * units, units)),
    );
    return exclusive(counter, rows);
  }
  return severalAnswers(reader, outputs, targets, rows);
}

/** Yes or no by each output. */
function severalAnswers(
  reader: LossReader,
  outputs: Float32Array,
  targets: PreparedTargets,
  rows: number,
): Predictions {
  const { units } = reader;
  const threshold = thresholdOf(reader);
  const counts = Array.from({ length: units }, () => new Counter(2));
  forEachTarget(targets, units, (row, target) =>
    counts.forEach((counter, i) => {
      const y = outputs[row * units + i];
      counter.note(Number(target[i] > 0.5), Number.isNaN(y) ? -1 : Number(y > threshold));
    }),
  );
  const share = (of: (counter: Counter) => number) =>
    counts.reduce((sum, counter) => sum + of(counter), 0) / (rows * units);
  return {
    classes: counts.map((counter) => counter.read()[1]),
    areExclusive: false,
    accuracy: share(({ right }) => right[0] + right[1]),
    constantAccuracy: share((counter) => Math.max(...counter.rows)),
  };
}
