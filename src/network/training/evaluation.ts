// What an evaluation tells beside loss and accuracy: who is taken for whom, how rows are ranked, how far numbers are
// off.
import type { Evaluation } from "../types.js";
import type { PreparedData, PreparedTargets } from "../data.js";
import { placeOfLargest, shareAbove } from "../../core/statistics.js";
import { factsOf, isClassification } from "../losses.js";
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

/** Beyond so many scores they are not kept. */
const MOST_SCORES = 2 ** 25;

/**
 * The area under the ROC curve of each column of scores, by ranks: mean over the columns, which stand for a class each.
 */
class Ranks implements Collector {
  private readonly scores: Float32Array;

  /** @param isOf whether a row is of a column's class */
  constructor(
    private readonly rows: number,
    private readonly columns: number,
    private readonly isOf: (row: number, column: number) => boolean,
  ) {
    this.scores = new Float32Array(rows * columns);
  }

  /** Keeps, column by column, the last ones of each row. */
  visit(scores: Float32Array, start: number, rows: number): void {
    const width = scores.length / rows;
    const first = width - this.columns;
    for (let r = 0; r < rows; r++)
      for (let c = 0; c < this.columns; c++) this.scores[c * this.rows + start + r] = scores[r * width + first + c];
  }

  private areaOf(column: number): number | undefined {
    const { rows } = this;
    const own = this.scores.subarray(column * rows, (column + 1) * rows);
    const parts = [own.filter((_, row) => this.isOf(row, column)), own.filter((_, row) => !this.isOf(row, column))];
    return shareAbove(parts[0], parts[1]);
  }

  read(): Figures {
    let sum = 0;
    for (let column = 0; column < this.columns; column++) {
      const area = this.areaOf(column);
      if (area === undefined) return {};
      sum += area;
    }
    return { auc: sum / this.columns };
  }
}

/**
 * Of each row of shares the odds of every class, into its place. What makes the odds of the largest share is added up,
 * as its difference from 1 has lost its digits.
 */
function toOdds(shares: Float32Array, classes: number): void {
  const rows = shares.length / classes;
  for (let r = 0; r < rows; r++) {
    const first = r * classes;
    const top = placeOfLargest(shares, first, classes);
    let [total, rest] = [0, 0];
    for (let c = 0; c < classes; c++) {
      total += shares[first + c];
      if (c !== top) rest += shares[first + c];
    }
    for (let c = 0; c < classes; c++) {
      const share = shares[first + c];
      shares[first + c] = share === 0 ? 0 : share / (c === top ? rest : total - share);
    }
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

/** After what else reads a chunk, as it makes odds of it; none of numbers, of one class, and of too many scores. */
function ranksFor({ spec, passes, runtime }: NetworkState, { y, rows: count }: PreparedData): Collector | undefined {
  const { units } = spec.layers[spec.layers.length - 1];
  const { name } = factsOf(spec.loss);
  if (!isClassification(spec.loss) || count * units > MOST_SCORES) return undefined;
  if (name === "binaryCrossEntropy") {
    const { data } = y as Extract<PreparedTargets, { kind: "rows" }>;
    return new Ranks(count, units, (row, column) => data[row * units + column] > 0.5);
  }
  if (units === 1) return undefined;
  const readClass = classReader(y);
  const classOf = Int32Array.from({ length: count }, (_, row) => readClass(row));
  const ranks = new Ranks(count, units === 2 ? 1 : units, (row, column) => classOf[row] === (units === 2 ? 1 : column));
  return {
    visit(outputs, start, rows) {
      const { byteOffset: at } = outputs;
      if (passes.takesProbabilities) toOdds(outputs, units);
      else runtime.kernels.logOdds(rows, units, at, at); // odds would make ties of rows that the network orders
      ranks.visit(outputs, start, rows);
    },
    read: () => ranks.read(),
  };
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
  const ranks = ranksFor(state, data);
  const metrics = evaluateRows(state, data, 0, data.rows, 0, (start, rows) => {
    const outputs = passes.skipsLastActivation ? buffers.preactivations(top) : buffers.activations(top);
    const values = state.floats(outputs, rows * units);
    collector.visit(values, start, rows);
    ranks?.visit(values, start, rows);
  });
  return { ...metrics, ...collector.read(), ...ranks?.read() };
}
