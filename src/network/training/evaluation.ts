// What an evaluation tells beside loss and accuracy: who is taken for whom, and how far numbers are off.
import type { Evaluation } from "../types.js";
import type { PreparedData, PreparedTargets } from "../data.js";
import { placeOfLargest } from "../../core/statistics.js";
import { factsOf } from "../losses.js";
import { evaluateRows } from "./evaluate.js";
import type { NetworkState } from "../state/state.js";

type Figures = Omit<Evaluation, "loss" | "accuracy">;

/** Reads chunks of outputs, rows x units, against the targets of the rows from `start` on. */
interface Collector {
  visit(outputs: Float32Array, start: number, rows: number): void;
  read(): Figures;
}

const share = (part: number, whole: number) => (whole > 0 ? part / whole : undefined);

/** Of one class: rows that are of it, that are said to be, and that are both. */
function figuresOf(rows: number, said: number, right: number): NonNullable<Evaluation["classes"]>[number] {
  const recall = share(right, rows);
  const precision = share(right, said);
  const f1 = share(2 * right, rows + said);
  return {
    rows,
    ...(recall !== undefined && { recall }),
    ...(precision !== undefined && { precision }),
    ...(f1 !== undefined && { f1 }),
  };
}

function meanF1(classes: NonNullable<Evaluation["classes"]>): Pick<Evaluation, "f1"> {
  const known = classes.flatMap(({ f1 }) => (f1 === undefined ? [] : [f1]));
  return known.length === 0 ? {} : { f1: known.reduce((sum, f1) => sum + f1, 0) / known.length };
}

/** Rows of one class each. */
class Confusion implements Collector {
  private readonly counts: number[][];
  private readonly unsaid: number[];

  constructor(
    private readonly classes: number,
    private readonly classOf: (row: number) => number,
    private readonly saidOf: (outputs: Float32Array, row: number) => number,
  ) {
    this.counts = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
    this.unsaid = new Array<number>(classes).fill(0);
  }

  visit(outputs: Float32Array, start: number, rows: number): void {
    for (let r = 0; r < rows; r++) {
      const label = this.classOf(start + r);
      const said = this.saidOf(outputs, r);
      if (said < 0) this.unsaid[label]++;
      else this.counts[label][said]++;
    }
  }

  read(): Figures {
    const { counts, unsaid } = this;
    const classes = counts.map((row, label) =>
      figuresOf(
        row.reduce((a, b) => a + b, unsaid[label]),
        counts.reduce((sum, other) => sum + other[label], 0),
        row[label],
      ),
    );
    const f1 = this.isBinary ? { ...(classes[1].f1 !== undefined && { f1: classes[1].f1 }) } : meanF1(classes);
    return { confusion: counts, classes, ...f1 };
  }

  private get isBinary(): boolean {
    return this.classes === 2;
  }
}

/** Several yes-or-no outputs a row: each is a class that the row may be of. */
class Labels implements Collector {
  private readonly rows: number[];
  private readonly said: number[];
  private readonly right: number[];

  constructor(
    private readonly units: number,
    private readonly targets: Float32Array,
    private readonly threshold: number,
  ) {
    [this.rows, this.said, this.right] = [0, 0, 0].map((zero) => new Array<number>(units).fill(zero));
  }

  visit(outputs: Float32Array, start: number, rows: number): void {
    const { units } = this;
    for (let i = 0, at = start * units; i < rows * units; i++, at++) {
      const [isOf, isSaid] = [this.targets[at] > 0.5, outputs[i] > this.threshold];
      if (isOf) this.rows[i % units]++;
      if (isSaid) this.said[i % units]++;
      if (isOf && isSaid) this.right[i % units]++;
    }
  }

  read(): Figures {
    const classes = this.rows.map((rows, unit) => figuresOf(rows, this.said[unit], this.right[unit]));
    return { classes, ...meanF1(classes) };
  }
}

/** Numbers. */
class Errors implements Collector {
  private absolute = 0;
  private squared = 0;

  constructor(
    private readonly units: number,
    private readonly targets: Float32Array,
  ) {}

  visit(outputs: Float32Array, start: number, rows: number): void {
    for (let i = 0, at = start * this.units; i < rows * this.units; i++, at++) {
      const error = outputs[i] - this.targets[at];
      this.absolute += Math.abs(error);
      this.squared += error * error;
    }
  }

  read(): Figures {
    const { units, targets } = this;
    const sums = new Float64Array(units);
    targets.forEach((value, i) => (sums[i % units] += value));
    const rows = targets.length / units;
    const spread = targets.reduce((sum, value, i) => sum + (value - sums[i % units] / rows) ** 2, 0);
    return { meanAbsoluteError: this.absolute / targets.length, ...(spread > 0 && { r2: 1 - this.squared / spread }) };
  }
}

/** Which class a row is of. */
function classReader(targets: PreparedTargets): (row: number) => number {
  if (targets.kind === "labels") return (row) => targets.labels[row];
  const { data, columns } = targets;
  return (row) => placeOfLargest(data, row * columns, columns);
}

function collectorFor({ spec, passes }: NetworkState, targets: PreparedTargets): Collector {
  const { units } = spec.layers[spec.layers.length - 1];
  const { name } = factsOf(spec.loss);
  if (name === "crossEntropy")
    return new Confusion(units, classReader(targets), (outputs, row) => placeOfLargest(outputs, row * units, units));
  const { data } = targets as Extract<PreparedTargets, { kind: "rows" }>;
  if (name !== "binaryCrossEntropy") return new Errors(units, data);
  const threshold = passes.takesProbabilities ? 0.5 : 0;
  if (units > 1) return new Labels(units, data, threshold);
  return new Confusion(
    2,
    (row) => Number(data[row] > 0.5),
    (outputs, row) => (Number.isNaN(outputs[row]) ? -1 : Number(outputs[row] > threshold)),
  );
}

/** Loss, accuracy and all that goes with them, on all rows; one pass. */
export function evaluate(state: NetworkState, data: PreparedData): Evaluation {
  const { passes, buffers, spec } = state;
  const top = spec.layers.length - 1;
  const { units } = spec.layers[top];
  const collector = collectorFor(state, data.y);
  const metrics = evaluateRows(state, data, 0, data.rows, 0, (start, rows) => {
    const outputs = passes.skipsLastActivation ? buffers.preactivations(top) : buffers.activations(top);
    collector.visit(state.floats(outputs, rows * units), start, rows);
  });
  return { ...metrics, ...collector.read() };
}
