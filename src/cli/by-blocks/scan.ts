// One look at all rows of two files before a training: that all are numbers, what scales them, which classes there are,
// which rows are held out, and a sample of the others.
import { RelumineError } from "../../core/errors.js";
import { denseRows, type Matrix, type SampleRows } from "../../core/matrix.js";
import { randomIntegers } from "../../core/random.js";
import { Reservoir } from "../../core/rows/reservoir.js";
import { median } from "../../core/statistics.js";
import type { OpenRows } from "../../files/open-rows.js";
import { countHeldOut } from "../../network/training/plan.js";
import { ColumnMoments } from "./column-moments.js";
import { interruptedError } from "../terminal.js";

/** Numbers of the rows that are held out: they are in memory for as long as the training takes. */
const MOST_HELD_OUT = 2 ** 24;
/** Different targets that are counted; more are no classes. */
export const MOST_CLASSES = 2 ** 16;

/** Rows in memory, as they were read. */
export interface RawRows {
  readonly x: Matrix;
  readonly y: Float64Array;
}

/** What was seen. */
export interface Scan {
  readonly rows: number;
  /** Of the rows that train. */
  readonly inputs: ColumnMoments;
  readonly medians: Float64Array;
  readonly target: ColumnMoments;
  /** Of all rows: which targets there are, ascending; undefined: too many to be classes. */
  readonly values: readonly number[] | undefined;
  readonly areWhole: boolean;
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
    seed: number,
  ) {
    this.reservoir = new Reservoir(columns + 2, seed);
  }

  add(row: Float32Array, target: number): void {
    this.reservoir.add(1, () => {
      const values = new Float32Array(this.columns + 2);
      values.set(row);
      values[this.columns] = target;
      values[this.columns + 1] = target - values[this.columns];
      return values;
    });
  }

  read(): RawRows {
    const { columns } = this;
    const { rows, columns: width, data: all } = this.reservoir.read();
    const data = new Float32Array(rows * columns);
    for (let r = 0; r < rows; r++) data.set(all.subarray(r * width, r * width + columns), r * columns);
    const y = Float64Array.from({ length: rows }, (_, r) => all[r * width + columns] + all[r * width + columns + 1]);
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
  private readonly target = new ColumnMoments(1);
  private readonly counts = new Map<number, number>();
  private readonly values = new Set<number>();
  private areWhole = true;
  private readonly drawing: Drawing;
  private readonly held: RawRows;
  private readonly heldOutRows: Float64Array;
  private heldCount = 0;
  private readonly sample: Sample;
  private row = 0;

  constructor(
    private readonly names: FileNames,
    private readonly rows: OpenRows,
    heldOut: number,
    seed: number,
  ) {
    const { inputs: columns } = rows;
    this.inputs = new ColumnMoments(columns);
    this.drawing = new Drawing(rows.rows, heldOut, seed);
    this.heldOutRows = new Float64Array(heldOut);
    const x = { rows: heldOut, columns, data: new Float32Array(heldOut * columns) };
    this.held = { x, y: new Float64Array(heldOut) };
    this.sample = new Sample(columns, seed);
  }

  /** Rows as a batch has them. */
  add(x: Matrix, y: Float64Array): void {
    const { columns, data } = x;
    const training = new Uint8Array(x.rows);
    for (let r = 0; r < x.rows; r++) {
      const row = data.subarray(r * columns, (r + 1) * columns);
      this.check(row, y[r]);
      const target = y[r] + 0; // -0 is 0
      this.noteTarget(target);
      if (this.drawing.next()) this.hold(row, target);
      else {
        training[r] = 1;
        if (this.values.size <= MOST_CLASSES) this.counts.set(target, (this.counts.get(target) ?? 0) + 1);
        this.sample.add(row, target);
      }
      this.row++;
    }
    this.inputs.add(data, training);
    this.target.add(y, training);
  }

  private check(row: Float32Array, target: number): void {
    for (let c = 0; c < row.length; c++)
      if (!Number.isFinite(row[c])) {
        const path = `${this.names.x}: row ${this.row + 1}, column ${c + 1}`;
        throw new RelumineError("value", path, "to be a number that float32 holds", String(row[c]));
      }
    if (!Number.isFinite(target))
      throw new RelumineError("value", `${this.names.y}: row ${this.row + 1}`, "to be a number", String(target));
  }

  private noteTarget(target: number): void {
    if (!Number.isInteger(target)) this.areWhole = false;
    if (this.values.size <= MOST_CLASSES) this.values.add(target);
  }

  private hold(row: Float32Array, target: number): void {
    const place = this.heldCount++;
    this.held.x.data.set(row, place * row.length);
    this.held.y[place] = target;
    this.heldOutRows[place] = this.row;
  }

  finish(): Scan {
    const { rows, inputs, target, counts, values, areWhole, held: heldOut, heldOutRows } = this;
    const sample = this.sample.read();
    if (values.size < 2) {
      const [value] = values;
      throw new RelumineError("format", this.names.y, "to have at least two different values", `${value} in all rows`);
    }
    const areClasses = values.size <= MOST_CLASSES;
    return {
      rows: rows.rows,
      inputs,
      medians: mediansOf(sample.x),
      target,
      values: areClasses ? [...values].sort((a, b) => a - b) : undefined,
      areWhole,
      counts,
      heldOut,
      heldOutRows,
      sample,
    };
  }
}

/**
 * @param rows as they lie
 * @param tell hears how much of the rows was seen
 * @throws RelumineError "value", "format" or "shape", and what reading throws
 */
export async function scanRows(
  names: FileNames,
  rows: OpenRows,
  heldOut: number,
  seed: number,
  signal: AbortSignal,
  tell: (share: number) => void,
): Promise<Scan> {
  const scanner = new Scanner(names, rows, heldOut, seed);
  let seen = 0;
  for await (const { x, y } of rows.batches(1, { seed, begun: 0 })) {
    if (signal.aborted) throw interruptedError();
    if (!(y instanceof Float64Array)) {
      const hint = 'A program can train on rows of targets: openRows of "relumine/node".';
      const given = `${(y as unknown as Matrix).columns}`;
      throw new RelumineError("shape", names.y, "to have one label or number a row", given, hint);
    }
    const block = denseRows(x as SampleRows);
    scanner.add(block, y);
    seen += block.rows;
    tell(seen / rows.rows);
  }
  return scanner.finish();
}
