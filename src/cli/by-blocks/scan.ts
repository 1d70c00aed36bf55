// One look at all rows of two files before a training: that all are numbers, what scales them, which classes there are,
// which rows are held out, and a sample of the others.
import { isFloat32 } from "../../core/checks.js";
import { RelumineError } from "../../core/errors.js";
import { denseRows, type Matrix, type SampleRows } from "../../core/matrix.js";
import { randomIntegers } from "../../core/random.js";
import { Reservoir } from "../../core/rows/reservoir.js";
import { median } from "../../core/statistics.js";
import type { OpenRows } from "../../files/open-rows.js";
import { countHeldOut } from "../../network/training/plan.js";
import { ColumnMoments } from "./column-moments.js";
import { TargetRows } from "./target-rows.js";
import { type TrainLoss, UnfitOption } from "../options.js";
import { interruptedError } from "../terminal.js";

/** Numbers of the rows that are held out: they are in memory for as long as the training takes. */
const MOST_HELD_OUT = 2 ** 24;
/** Different targets that are counted; more are no classes. */
export const MOST_CLASSES = 2 ** 16;

/** Rows in memory, as they were read. */
export interface RawRows {
  readonly x: Matrix;
  /** Row after row. */
  readonly y: Float64Array;
}

/** What was seen. */
export interface Scan {
  readonly rows: number;
  /** Of the rows that train. */
  readonly inputs: ColumnMoments;
  readonly medians: Float64Array;
  readonly target: ColumnMoments;
  /** Of all rows: which targets there are, ascending; undefined: too many to be classes, or several a row. */
  readonly values: readonly number[] | undefined;
  readonly areWhole: boolean;
  /** How they come. */
  readonly targetRows: Pick<TargetRows, "columns" | "kind" | "sums">;
  /** Of the rows that train, how many have each of the values. */
  readonly counts: ReadonlyMap<number, number>;
  readonly heldOut: RawRows;
  /** Their places, ascending. */
  readonly heldOutRows: Float64Array;
  readonly sample: RawRows;
}

/** How many rows are held out: as many as were asked for, or as there is room for. */
export function heldOutCount(rows: number, columns: number, share: number): { count: number; isCut: boolean } {
  const wanted = countHeldOut("--validation", rows, share);
  const room = Math.max(1, Math.floor(MOST_HELD_OUT / columns));
  return { count: Math.min(wanted, room), isCut: wanted > room };
}

/** Chooses so many of the rows that come, each as likely as any other (Knuth, algorithm S). */
class Drawing {
  private readonly draw: () => number;
  private seen = 0;
  private drawn = 0;

  constructor(
    private readonly rows: number,
    private readonly count: number,
    seed: number,
  ) {
    this.draw = randomIntegers(seed);
  }

  /** Whether the next row is one. */
  next(): boolean {
    const left = this.rows - this.seen++;
    const isDrawn = (this.draw() / 2 ** 32) * left < this.count - this.drawn;
    if (isDrawn) this.drawn++;
    return isDrawn;
  }
}

/** A sample of rows with their targets, whose digits two floats hold. */
class Sample {
  private readonly reservoir: Reservoir;

  constructor(
    private readonly columns: number,
    private readonly targets: number,
    seed: number,
  ) {
    this.reservoir = new Reservoir(columns + 2 * targets, seed);
  }

  add(row: Float32Array, targets: Float64Array): void {
    const { columns } = this;
    this.reservoir.add(1, () => {
      const values = new Float32Array(columns + 2 * targets.length);
      values.set(row);
      targets.forEach((target, t) => {
        const at = columns + 2 * t;
        values[at] = target;
        values[at + 1] = target - values[at];
      });
      return values;
    });
  }

  read(): RawRows {
    const { columns, targets } = this;
    const { rows, columns: width, data: all } = this.reservoir.read();
    const data = new Float32Array(rows * columns);
    const y = new Float64Array(rows * targets);
    for (let r = 0; r < rows; r++) {
      const row = all.subarray(r * width, (r + 1) * width);
      data.set(row.subarray(0, columns), r * columns);
      for (let t = 0; t < targets; t++) y[r * targets + t] = row[columns + 2 * t] + row[columns + 2 * t + 1];
    }
    return { x: { rows, columns, data }, y };
  }
}

/** The medians of a sample's columns. */
function mediansOf({ rows, columns, data }: Matrix): Float64Array {
  const column = new Float64Array(rows);
  return Float64Array.from({ length: columns }, (_, c) => {
    for (let r = 0; r < rows; r++) column[r] = data[r * columns + c];
    return median(column);
  });
}

/** What the two files are called. */
export interface FileNames {
  readonly x: string;
  readonly y: string;
}

class Scanner {
  private readonly inputs: ColumnMoments;
  private readonly target: ColumnMoments;
  private readonly counts = new Map<number, number>();
  private readonly values = new Set<number>();
  private areWhole = true;
  private readonly targetRows: TargetRows;
  private readonly drawing: Drawing;
  private readonly held: RawRows;
  private readonly heldOutRows: Float64Array;
  private heldCount = 0;
  private readonly sample: Sample;
  private row = 0;

  /** @param targets numbers of a row */
  constructor(
    private readonly names: FileNames,
    private readonly rows: OpenRows,
    private readonly targets: number,
    { heldOut, seed, loss }: Pick<ScanOptions, "heldOut" | "seed" | "loss">,
  ) {
    const { inputs: columns } = rows;
    this.targetRows = new TargetRows(targets, loss);
    this.inputs = new ColumnMoments(columns);
    this.target = new ColumnMoments(targets);
    this.drawing = new Drawing(rows.rows, heldOut, seed);
    this.heldOutRows = new Float64Array(heldOut);
    const x = { rows: heldOut, columns, data: new Float32Array(heldOut * columns) };
    this.held = { x, y: new Float64Array(heldOut * targets) };
    this.sample = new Sample(columns, targets, seed);
  }

  /** Rows as a batch has them; y is written over. */
  add(x: Matrix, y: Float64Array): void {
    const { columns, data } = x;
    const { targets } = this;
    const training = new Uint8Array(x.rows);
    for (let r = 0; r < x.rows; r++) {
      const row = data.subarray(r * columns, (r + 1) * columns);
      const own = y.subarray(r * targets, (r + 1) * targets);
      this.check(row, own);
      for (let t = 0; t < targets; t++) own[t] += 0; // -0 is 0
      const isHeldOut = this.drawing.next();
      this.noteTargets(own, isHeldOut);
      if (isHeldOut) this.hold(row, own);
      else {
        training[r] = 1;
        this.sample.add(row, own);
      }
      this.row++;
    }
    this.inputs.add(data, training);
    this.target.add(y, training);
  }

  private check(row: Float32Array, targets: Float64Array): void {
    const refuse = (name: string, c: number | undefined, given: number): never => {
      const column = c === undefined ? "" : `, column ${c + 1}`;
      const path = `${name}: row ${this.row + 1}${column}`;
      throw new RelumineError("value", path, "to be a number that float32 holds", String(given));
    };
    for (let c = 0; c < row.length; c++) if (!Number.isFinite(row[c])) refuse(this.names.x, c, row[c]);
    for (let t = 0; t < targets.length; t++)
      if (!isFloat32(targets[t])) refuse(this.names.y, targets.length === 1 ? undefined : t, targets[t]);
  }

  /** Which values there are, where a row has one. */
  private noteTargets(own: Float64Array, isHeldOut: boolean): void {
    const fault = this.targetRows.add(own, isHeldOut);
    if (fault) throw new UnfitOption("value", `${this.names.y}: row ${this.row + 1}`, ...fault);
    if (this.targets > 1) return;
    const [target] = own;
    if (!Number.isInteger(target)) this.areWhole = false;
    if (this.values.size > MOST_CLASSES) return;
    this.values.add(target);
    if (!isHeldOut) this.counts.set(target, (this.counts.get(target) ?? 0) + 1);
  }

  private hold(row: Float32Array, targets: Float64Array): void {
    const place = this.heldCount++;
    this.held.x.data.set(row, place * row.length);
    this.held.y.set(targets, place * targets.length);
    this.heldOutRows[place] = this.row;
  }

  /** @throws RelumineError "format" where there is nothing to learn */
  private checkDifferent(): void {
    const { values, names, target, targets } = this;
    const [value] = values;
    if (targets === 1 && values.size < 2)
      throw new RelumineError("format", names.y, "to have at least two different values", `${value} in all rows`);
    if (targets > 1 && Array.from(target.means, (_, t) => target.isConstant(t)).every(Boolean)) {
      const expected = "to have a column with at least two different values among the training rows";
      throw new RelumineError("format", names.y, expected, "none");
    }
  }

  finish(): Scan {
    const { rows, inputs, target, targets, counts, values, areWhole, held: heldOut, heldOutRows } = this;
    this.checkDifferent();
    const sample = this.sample.read();
    const areClasses = targets === 1 && values.size <= MOST_CLASSES;
    return {
      rows: rows.rows,
      inputs,
      medians: mediansOf(sample.x),
      target,
      values: areClasses ? [...values].sort((a, b) => a - b) : undefined,
      areWhole,
      targetRows: this.targetRows,
      counts,
      heldOut,
      heldOutRows,
      sample,
    };
  }
}

/** How rows are looked at. */
export interface ScanOptions {
  /** Numbers of a row that are targets. */
  readonly targets: number;
  /** How many rows are held out, drawn by the seed. */
  readonly heldOut: number;
  readonly seed: number;
  /** What the targets have to go with. */
  readonly loss?: TrainLoss | undefined;
  readonly signal: AbortSignal;
  /** Hears how much of the rows was seen. */
  readonly tell: (share: number) => void;
}

/**
 * @param rows as they lie, with exact targets
 * @throws RelumineError "value" or "format", UnfitOption by a row that the loss does not take, and what reading throws
 */
export async function scanRows(names: FileNames, rows: OpenRows, options: ScanOptions): Promise<Scan> {
  const { targets, seed, signal, tell } = options;
  const scanner = new Scanner(names, rows, targets, options);
  let seen = 0;
  for await (const { x, y } of rows.batches(1, { seed, begun: 0 })) {
    if (signal.aborted) throw interruptedError();
    const block = denseRows(x as SampleRows);
    scanner.add(block, y as Float64Array);
    seen += block.rows;
    tell(seen / rows.rows);
  }
  return scanner.finish();
}
