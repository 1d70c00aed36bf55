// Products of matrices in float64, where there is no WebAssembly to wait for: tiles of four rows and two columns whose
// sums stay in registers, over copies that lie in the order in which they are read. Three times the speed of sums that
// go to memory and back.
import { isRectifier } from "../../activations/activations.js";
import { activate } from "../../activations/analysis.js";
import type { Matrix } from "../../core/matrix.js";
import { softmaxRows } from "./loss-gradient.js";
import type { Layer64 } from "../proof/layers64.js";

export type Numbers = Float32Array | Float64Array;

/** The right factor: element (i, j) lies at i·rowStep + columns[j]·columnStep. */
export interface RightFactor {
  readonly data: Numbers;
  readonly rowStep: number;
  readonly columnStep: number;
  /** Which of its columns, or how many of the first. */
  readonly columns: ArrayLike<number> | number;
}

/**
 * rows x inner numbers by the right factor, into out, rows x columns. Each column begins at 0 or at its `start`, which
 * holds one for every column, whichever are taken. Of a product that is symmetric half is worked out.
 */
export type Multiply = (
  left: Numbers,
  rows: number,
  inner: number,
  right: RightFactor,
  start: Numbers | undefined,
  out: Float64Array,
  isSymmetric?: boolean,
) => Float64Array;

const TALL = 4;
/** Columns that are copied side by side: as many as share a cache line. */
const TOGETHER = 16;

/** Rows from `first` on, by turns an element of each; those that are missing are 0. */
function packRows(left: Numbers, first: number, rows: number, inner: number, panel: Float64Array): void {
  if (first + TALL <= rows) {
    for (let i = 0, to = 0, at = first * inner; i < inner; i++, to += TALL, at++) {
      panel[to] = left[at];
      panel[to + 1] = left[at + inner];
      panel[to + 2] = left[at + 2 * inner];
      panel[to + 3] = left[at + 3 * inner];
    }
    return;
  }
  for (let r = 0; r < TALL; r++) {
    const from = (first + r) * inner;
    const isMissing = first + r >= rows;
    for (let i = 0; i < inner; i++) panel[i * TALL + r] = isMissing ? 0 : left[from + i];
  }
}

const countColumns = ({ columns }: RightFactor) => (typeof columns === "number" ? columns : columns.length);
const columnAt = ({ columns }: RightFactor, j: number) => (typeof columns === "number" ? j : columns[j]);

/** The columns by twos, by turns an element of both; a last one is there twice. */
function packColumns(right: RightFactor, inner: number, panels: Float64Array): void {
  const { data, rowStep, columnStep } = right;
  const count = countColumns(right);
  const places = new Int32Array(count + (count & 1));
  for (let j = 0; j < places.length; j++) places[j] = columnAt(right, Math.min(j, count - 1));
  for (let first = 0; first < places.length; first += TOGETHER) {
    const end = Math.min(first + TOGETHER, places.length);
    for (let i = 0; i < inner; i++) {
      for (let j = first, to = first * inner + 2 * i; j < end; j += 2, to += 2 * inner) {
        panels[to] = data[i * rowStep + places[j] * columnStep];
        panels[to + 1] = data[i * rowStep + places[j + 1] * columnStep];
      }
    }
  }
}

/** Four rows of a panel by two columns of another: sums by rows. */
function sumTile(a: Float64Array, b: Float64Array, at: number, inner: number, sums: Float64Array): void {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let s4 = 0;
  let s5 = 0;
  let s6 = 0;
  let s7 = 0;
  for (let i = 0, x = 0, y = at; i < inner; i++, x += TALL, y += 2) {
    const b0 = b[y];
    const b1 = b[y + 1];
    const a0 = a[x];
    const a1 = a[x + 1];
    const a2 = a[x + 2];
    const a3 = a[x + 3];
    s0 += a0 * b0;
    s1 += a0 * b1;
    s2 += a1 * b0;
    s3 += a1 * b1;
    s4 += a2 * b0;
    s5 += a2 * b1;
    s6 += a3 * b0;
    s7 += a3 * b1;
  }
  sums[0] = s0;
  sums[1] = s1;
  sums[2] = s2;
  sums[3] = s3;
  sums[4] = s4;
  sums[5] = s5;
  sums[6] = s6;
  sums[7] = s7;
}

/** Where each column begins; a last one that is there twice begins anywhere. */
function packStarts(right: RightFactor, start: Numbers | undefined, starts: Float64Array): void {
  const count = countColumns(right);
  for (let j = 0; j < count; j++) starts[j] = start ? start[columnAt(right, j)] : 0;
}

/** The upper triangle of n x n numbers onto the lower one. */
function mirror(n: number, out: Float64Array): void {
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) out[i * n + j] = out[j * n + i];
}

/** A product with memory of its own, which grows to the largest factors. */
export function makeMultiply(): Multiply {
  const sums = new Float64Array(2 * TALL);
  let rowPanel = new Float64Array(0);
  let columnPanels = new Float64Array(0);
  let starts = new Float64Array(0);
  return (left, rows, inner, right, start, out, isSymmetric = false) => {
    const columns = countColumns(right);
    if (rowPanel.length < TALL * inner) rowPanel = new Float64Array(TALL * inner);
    if (columnPanels.length < (columns + 1) * inner) columnPanels = new Float64Array((columns + 1) * inner);
    if (starts.length < columns + 1) starts = new Float64Array(columns + 1);
    packColumns(right, inner, columnPanels);
    packStarts(right, start, starts);
    for (let first = 0; first < rows; first += TALL) {
      packRows(left, first, rows, inner, rowPanel);
      const tall = Math.min(TALL, rows - first);
      for (let j = isSymmetric ? first : 0; j < columns; j += 2) {
        sumTile(rowPanel, columnPanels, j * inner, inner, sums);
        const isPair = j + 1 < columns;
        for (let r = 0, to = first * columns + j; r < tall; r++, to += columns) {
          out[to] = starts[j] + sums[2 * r];
          if (isPair) out[to + 1] = starts[j + 1] + sums[2 * r + 1];
        }
      }
    }
    if (isSymmetric) mirror(rows, out);
    return out;
  };
}

/** In place; NaN becomes 0. A branch by the sign, which is as good as random, would take six times as long. */
function rectify(z: Float64Array): void {
  let sum = 0;
  for (let i = 0; i < z.length; i++) {
    const open = (z[i] + Math.abs(z[i])) / 2;
    z[i] = open;
    sum += open;
  }
  if (Number.isNaN(sum)) for (let i = 0; i < z.length; i++) if (Number.isNaN(z[i])) z[i] = 0; // of -Infinity, too
}

/** Of rows of a layer's preactivations, in place. */
export function activateRows({ name, alpha, units }: Layer64, z: Float64Array): Float64Array {
  if (name === "softmax") z.set(softmaxRows(z, units));
  else if (isRectifier(name)) rectify(z);
  else for (let i = 0; i < z.length; i++) z[i] = activate(name, z[i], alpha[i % units]);
  return z;
}

/** Preactivations of rows of inputs; only of the columns that are named. */
export function preactivateRows(
  { inputs, units, kernel, bias }: Layer64,
  input: Numbers,
  rows: number,
  multiply: Multiply,
  out: Float64Array,
  columns: RightFactor["columns"] = units,
): Float64Array {
  return multiply(input, rows, inputs, { data: kernel, rowStep: units, columnStep: 1, columns }, bias, out);
}

/** What a layer makes of some rows. */
export interface LayerRows {
  readonly input: Numbers;
  readonly z: Float64Array;
  readonly output: Float64Array;
}

/** What each layer makes of all rows; known: what the first of them do. */
export function passRows(
  layers: readonly Layer64[],
  { rows, data }: Matrix,
  multiply: Multiply,
  known: readonly LayerRows[] = [],
): LayerRows[] {
  const passes = [...known];
  for (const layer of layers.slice(known.length)) {
    const input = passes.at(-1)?.output ?? data;
    const z = preactivateRows(layer, input, rows, multiply, new Float64Array(rows * layer.units));
    passes.push({ input, z, output: activateRows(layer, z.slice()) });
  }
  return passes;
}
