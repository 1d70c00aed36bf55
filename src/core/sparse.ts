// Rows that are mostly zeros: of each only the numbers that are not.
import { checkSizes, describe, isFloat32 } from "./checks.js";
import { RelumineError } from "./errors.js";
import { groupBy } from "./group-by.js";

/**
 * rows x columns numbers, those that are not 0 row by row ("compressed sparse rows"): row r has the entries from
 * rowOffsets[r] up to rowOffsets[r + 1].
 */
export interface SparseMatrix {
  /** How many samples. */
  readonly rows: number;
  /** Numbers in each row, zeros included. */
  readonly columns: number;
  /** Length rows + 1: 0, and after each row how many entries there were so far. */
  readonly rowOffsets: ArrayLike<number>;
  /** The column of each entry, from 0, ascending within a row. */
  readonly columnIndices: ArrayLike<number>;
  /** The number of each entry; left out: all are 1. */
  readonly values?: ArrayLike<number>;
}

/** The same, checked. */
export interface SparseRows extends SparseMatrix {
  readonly rowOffsets: Uint32Array;
  readonly columnIndices: Uint32Array;
  readonly values?: Float32Array;
}

export function isSparse(value: unknown): value is SparseMatrix {
  return typeof value === "object" && value !== null && !Array.isArray(value) && "rowOffsets" in value;
}

/** More entries fit in no WebAssembly memory. */
const MOST_ENTRIES = 2 ** 29;

function checkLength(path: string, list: ArrayLike<unknown>): number {
  const length: unknown = typeof list === "object" && list !== null ? list.length : undefined;
  if (!Number.isSafeInteger(length) || (length as number) < 0)
    throw new RelumineError("shape", path, "to be a list of numbers", describe(list));
  if ((length as number) <= MOST_ENTRIES) return length as number;
  throw new RelumineError("memory", path, `to have at most ${MOST_ENTRIES} numbers`, `${length as number}`);
}

/** Where they are 32-bit integers already, the numbers as they lie, those below 0 as very large ones. */
function toIntegers(path: string, list: ArrayLike<number>): Uint32Array {
  if (list instanceof Uint32Array) return list;
  // of a detached buffer the length is 0
  if (list instanceof Int32Array && list.length > 0) return new Uint32Array(list.buffer, list.byteOffset, list.length);
  const length = checkLength(path, list);
  const integers = new Uint32Array(length);
  for (let i = 0; i < length; i++) {
    const value = list[i];
    if (typeof value === "number") integers[i] = value; // a BigInt or an object would throw of its own
    if (integers[i] !== value)
      throw new RelumineError("value", `${path}[${i}]`, "to be an integer of at least 0", describe(value));
  }
  return integers;
}

function toValues(path: string, list: ArrayLike<number>): Float32Array {
  const length = checkLength(path, list);
  const isOwn = list instanceof Float32Array;
  const values = isOwn ? list : new Float32Array(length);
  for (let i = 0; i < length; i++) {
    const value = list[i];
    if (typeof value !== "number" || !isFloat32(value))
      throw new RelumineError("value", `${path}[${i}]`, "to be a finite number", describe(value));
    if (!isOwn) values[i] = value;
  }
  return values;
}

function checkOffsets(path: string, offsets: Uint32Array, rows: number, entries: number): void {
  if (offsets.length !== rows + 1)
    throw new RelumineError("shape", path, `to have ${rows + 1} numbers, one more than rows`, `${offsets.length}`);
  for (let r = 0; r <= rows; r++) {
    const least = r === 0 ? 0 : offsets[r - 1];
    const isFine = r === 0 ? offsets[0] === 0 : offsets[r] >= least && offsets[r] <= entries;
    if (isFine) continue;
    const expected = r === 0 ? "to be 0" : `to be from ${least}, as in the row before, to ${entries}, all entries`;
    throw new RelumineError("shape", `${path}[${r}]`, expected, `${offsets[r]}`);
  }
  if (offsets[rows] !== entries)
    throw new RelumineError("shape", `${path}[${rows}]`, `to be ${entries}, all entries`, `${offsets[rows]}`);
}

function checkColumns(path: string, indices: Uint32Array, offsets: Uint32Array, columns: number): void {
  for (let r = 0; r + 1 < offsets.length; r++) {
    for (let i = offsets[r], least = 0; i < offsets[r + 1]; i++) {
      const column = indices[i];
      if (column < least || column >= columns) {
        const expected = `to be from ${least} to ${columns - 1}: columns of row ${r}, ascending and no two the same`;
        throw new RelumineError("value", `${path}[${i}]`, expected, `${column}`);
      }
      least = column + 1;
    }
  }
}

/**
 * The entries as they lie where they are a Uint32Array or an Int32Array of places and a Float32Array of values, else
 * copies. Each field is read once.
 * @throws RelumineError "shape", "value" or "memory"
 */
export function checkSparse(path: string, given: SparseMatrix): SparseRows {
  const { rows, columns, rowOffsets, columnIndices, values } = given;
  checkSizes(path, { rows, columns }, 2 ** 32);
  const indices = toIntegers(`${path}.columnIndices`, columnIndices);
  const offsets = toIntegers(`${path}.rowOffsets`, rowOffsets);
  checkOffsets(`${path}.rowOffsets`, offsets, rows, indices.length);
  checkColumns(`${path}.columnIndices`, indices, offsets, columns);
  const sparse = { rows, columns, rowOffsets: offsets, columnIndices: indices };
  if (values === undefined) return sparse;
  const numbers = toValues(`${path}.values`, values);
  if (numbers.length === indices.length) return { ...sparse, values: numbers };
  const expected = `to have ${indices.length} numbers, as columnIndices has`;
  throw new RelumineError("shape", `${path}.values`, expected, `${numbers.length}`);
}

/** Whether a caller's arrays are as long as they were: one whose buffer is transferred has nothing left. */
export function areWhole({ rows, rowOffsets, columnIndices, values }: SparseRows): boolean {
  const { length } = columnIndices;
  return rowOffsets[rows] === length && (values === undefined || values.length === length);
}

/**
 * The rows' numbers of entries, ascending: asked for again and again by whoever runs a few rows of many. They go with
 * what was checked in one call, not with the caller's array, which may hold other rows in the next.
 */
const sortedCounts = new WeakMap<SparseRows, Uint32Array>();

/** How many entries so many rows have at most. */
export function mostEntries(x: SparseRows, of: number): number {
  const { rows, rowOffsets, columnIndices } = x;
  if (of >= rows) return columnIndices.length;
  let counts = sortedCounts.get(x);
  if (!counts) {
    counts = Uint32Array.from({ length: rows }, (_, r) => rowOffsets[r + 1] - rowOffsets[r]).sort();
    sortedCounts.set(x, counts);
  }
  let sum = 0;
  for (let i = rows - of; i < rows; i++) sum += counts[i];
  return sum;
}

/**
 * The same of the rows that these indices name, some perhaps more than once, of any `chunk` that are taken together.
 */
export function entriesOfChunks({ rowOffsets }: SparseRows, indices: ArrayLike<number>, chunk: number): number {
  let most = 0;
  for (let start = 0; start < indices.length; start += chunk) {
    let sum = 0;
    for (let i = start; i < Math.min(start + chunk, indices.length); i++)
      sum += rowOffsets[indices[i] + 1] - rowOffsets[indices[i]];
    most = Math.max(most, sum);
  }
  return most;
}

/** Of each column, zeros counted. */
export interface SparseColumns {
  /** Rows above 0. */
  readonly above: Uint32Array;
  readonly min: Float64Array;
  readonly max: Float64Array;
  readonly mean: Float64Array;
  /** The mean square around the mean. */
  readonly variance: Float64Array;
  /** Of |number|. */
  readonly meanSize: Float64Array;
}

/** Of more columns the figures alone would take 3.5 GB. */
const MOST_MEASURED = 2 ** 26;

/**
 * Figures of the columns by the entries alone, in two passes over them.
 * @throws RelumineError "memory" of more than 67 million columns
 */
export function measureSparse({ rows, columns, columnIndices, values }: SparseRows): SparseColumns {
  if (columns > MOST_MEASURED)
    throw new RelumineError("memory", "x.columns", `to be at most ${MOST_MEASURED} here`, `${columns}`);
  const [counts, above] = [new Uint32Array(columns), new Uint32Array(columns)];
  const [min, max, mean, variance, meanSize] = Array.from({ length: 5 }, () => new Float64Array(columns));
  min.fill(Infinity);
  max.fill(-Infinity);
  for (let i = 0; i < columnIndices.length; i++) {
    const column = columnIndices[i];
    const value = values ? values[i] : 1;
    counts[column]++;
    if (value > 0) above[column]++;
    if (value < min[column]) min[column] = value;
    if (value > max[column]) max[column] = value;
    mean[column] += value;
    meanSize[column] += Math.abs(value);
  }
  for (let column = 0; column < columns; column++) {
    mean[column] /= rows;
    meanSize[column] /= rows;
    const zeros = rows - counts[column];
    if (zeros === 0) continue;
    min[column] = Math.min(min[column], 0);
    max[column] = Math.max(max[column], 0);
    variance[column] = zeros * mean[column] * mean[column];
  }
  for (let i = 0; i < columnIndices.length; i++) {
    const column = columnIndices[i];
    const deviation = (values ? values[i] : 1) - mean[column];
    variance[column] += deviation * deviation;
  }
  for (let column = 0; column < columns; column++) {
    variance[column] /= rows;
    if (min[column] !== max[column]) continue;
    mean[column] = min[column]; // a constant's mean is itself, and its spread 0, which sums miss by their last digit
    variance[column] = 0;
  }
  return { above, min, max, mean, variance, meanSize };
}

/**
 * Columns whose numbers are those of an earlier one in every row, in order.
 * @param among the columns that are compared
 */
export function repeatedSparse(
  { rows, rowOffsets, columnIndices, values, columns }: SparseRows,
  among: readonly number[],
): number[] {
  const marks = new Int32Array(columns * 2);
  const visit = (see: (column: number, row: number, value: number) => void) => {
    for (let row = 0; row < rows; row++)
      for (let i = rowOffsets[row]; i < rowOffsets[row + 1]; i++) see(columnIndices[i], row, values ? values[i] : 1);
  };
  const bits = new Int32Array(1);
  const float = new Float32Array(bits.buffer);
  visit((column, row, value) => {
    if (value === 0) return;
    float[0] = value;
    marks[2 * column] = Math.imul(marks[2 * column] ^ row ^ (bits[0] << 7), 0x7feb352d);
    marks[2 * column + 1] = Math.imul(marks[2 * column + 1] + row + bits[0], 0x846ca68b) ^ (marks[2 * column] >>> 15);
  });
  const alike = groupBy(among, (column) => `${marks[2 * column]} ${marks[2 * column + 1]}`);
  const entries = new Map<number, number[]>();
  for (const group of alike.values()) if (group.length > 1) for (const column of group) entries.set(column, []);
  visit((column, row, value) => value !== 0 && entries.get(column)?.push(row, value));
  const isEqual = (a: readonly number[], b: readonly number[]) =>
    a.length === b.length && a.every((value, i) => value === b[i]);
  const isFirst = (column: number, group: readonly number[]) =>
    group.find((earlier) => isEqual(entries.get(earlier)!, entries.get(column)!)) === column;
  return [...alike.values()]
    .flatMap((group) => (group.length > 1 ? group.filter((column) => !isFirst(column, group)) : []))
    .sort((a, b) => a - b);
}

/** Writes rows start .. start + count, zeros included, from the front of `to` on. */
export function fillDense(
  { columns, rowOffsets, columnIndices, values }: SparseRows,
  start: number,
  count: number,
  to: Float32Array | Float64Array,
): void {
  to.fill(0, 0, count * columns);
  for (let r = 0; r < count; r++)
    for (let i = rowOffsets[start + r]; i < rowOffsets[start + r + 1]; i++)
      to[r * columns + columnIndices[i]] = values ? values[i] : 1;
}

/** Rows start .. start + count; entries are not copied. */
export function sliceSparse(
  { columns, rowOffsets, columnIndices, values }: SparseRows,
  start: number,
  count: number,
): SparseRows {
  const [from, end] = [rowOffsets[start], rowOffsets[start + count]];
  return {
    rows: count,
    columns,
    rowOffsets: rowOffsets.slice(start, start + count + 1).map((offset) => offset - from),
    columnIndices: columnIndices.subarray(from, end),
    ...(values && { values: values.subarray(from, end) }),
  };
}

/** Rows of one width, one matrix after the other, copied. */
export function joinSparse(parts: readonly SparseRows[], columns: number): SparseRows {
  const rows = parts.reduce((sum, part) => sum + part.rows, 0);
  const entries = parts.reduce((sum, part) => sum + part.columnIndices.length, 0);
  const [rowOffsets, columnIndices] = [new Uint32Array(rows + 1), new Uint32Array(entries)];
  const values = new Float32Array(entries).fill(1);
  let [row, at] = [0, 0];
  for (const part of parts) {
    columnIndices.set(part.columnIndices, at);
    if (part.values) values.set(part.values, at);
    for (let r = 1; r <= part.rows; r++) rowOffsets[row + r] = at + part.rowOffsets[r];
    row += part.rows;
    at += part.columnIndices.length;
  }
  return { rows, columns, rowOffsets, columnIndices, values };
}

/** These rows, copied, in this order. */
export function takeSparseRows(sparse: SparseRows, rows: ArrayLike<number>): SparseRows {
  const { columns, rowOffsets, columnIndices, values } = sparse;
  const offsets = new Uint32Array(rows.length + 1);
  for (let to = 0; to < rows.length; to++)
    offsets[to + 1] = offsets[to] + rowOffsets[rows[to] + 1] - rowOffsets[rows[to]];
  const taken = {
    rows: rows.length,
    columns,
    rowOffsets: offsets,
    columnIndices: new Uint32Array(offsets[rows.length]),
    ...(values && { values: new Float32Array(offsets[rows.length]) }),
  };
  for (let to = 0; to < rows.length; to++) {
    const [from, end] = [rowOffsets[rows[to]], rowOffsets[rows[to] + 1]];
    taken.columnIndices.set(columnIndices.subarray(from, end), offsets[to]);
    if (values) taken.values!.set(values.subarray(from, end), offsets[to]);
  }
  return taken;
}
