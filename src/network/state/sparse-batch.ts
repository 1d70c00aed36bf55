// A batch of sparse rows in WASM memory, and what the first layer makes of it: its product reads the rows of the kernel
// that the entries name, and of the kernel's gradient come the rows that are not 0 by their places, one after the
// other.
import type { SampleRows } from "../../core/matrix.js";
import { areWhole, isSparse, mostEntries, type SparseRows } from "../../core/sparse.js";
import { RelumineError } from "../../core/errors.js";
import type { KernelExports } from "../../wasm/exports.js";
import { type Arena, type Heap, Layout } from "../../wasm/heap.js";

/** An entry that is sorted by its column: see transposeEntries in assembly/sparse.ts. */
const SORTED_FLOATS = 4;

/**
 * Rows of the first kernel: which, and their gradient, by address; `floats` of parameters lie before those of others.
 */
export interface TouchedRows {
  count: number;
  list: number;
  gradient: number;
  readonly units: number;
  readonly floats: number;
}

/** Offsets into the block; from `sorted` on for the way back. */
interface SparseLayout {
  readonly rows: number;
  readonly entries: number;
  readonly isTraining: boolean;
  /** rows + 1 places among the entries. */
  readonly offsets: number;
  readonly columns: number;
  readonly values: number;
  /** The entries by column, and room to sort them. */
  readonly sorted: number;
  readonly spare: number;
  /** Columns that have entries, and those of the last gradient that was spread. */
  readonly list: number;
  readonly spreadList: number;
  readonly gradient: number;
  readonly bytes: number;
}

function layOut(inputs: number, units: number, rows: number, entries: number, isTraining: boolean): SparseLayout {
  const layout = new Layout();
  const back = isTraining ? entries : 0;
  const most = Math.min(back, inputs);
  return {
    rows,
    entries,
    isTraining,
    offsets: layout.floats(rows + 1),
    columns: layout.floats(entries),
    values: layout.floats(entries),
    sorted: layout.floats(back * SORTED_FLOATS),
    spare: layout.floats(back * SORTED_FLOATS),
    list: layout.floats(most),
    spreadList: layout.floats(most),
    gradient: layout.floats(most * units),
    bytes: layout.bytes,
  };
}

/** How many entries so many rows of x have at most; undefined where it is not sparse. */
export function entriesOf(x: SampleRows, rows: number): number | undefined {
  return isSparse(x) ? mostEntries(x, rows) : undefined;
}

export class SparseBatch {
  /** Whether the batch's inputs are sparse rows. */
  isLoaded = false;
  /** Where the rows that are loaded stand with their zeros; 0: nowhere. */
  private zerosAt = 0;
  readonly touched: TouchedRows;
  private address = 0;
  private layout: SparseLayout | undefined;
  private entries = 0;
  /** The gradient's block that is 0 but for the rows that were spread last; how many those are. */
  private spreadAt = 0;
  private spreadCount = 0;

  /** @param floats of the parameters that lie before those of other kinds */
  constructor(
    private readonly inputs: number,
    private readonly units: number,
    floats: number,
    private readonly heap: Heap,
    private readonly arena: Arena,
  ) {
    this.touched = { count: 0, list: 0, gradient: 0, units, floats };
  }

  /** Makes room; all addresses change. Nothing changes if it does not fit. */
  ensure(rows: number, entries: number, isTraining: boolean): void {
    const { layout: old } = this;
    if (old && rows <= old.rows && entries <= old.entries && (old.isTraining || !isTraining)) return;
    const most = [Math.max(rows, old?.rows ?? 0), Math.max(entries, old?.entries ?? 0)] as const;
    const layout = layOut(this.inputs, this.units, ...most, isTraining || (old?.isTraining ?? false));
    const address = this.arena.allocate(layout.bytes, `the ${most[1]} entries of ${most[0]} sparse rows`);
    if (old) this.arena.free(this.address);
    this.address = address;
    this.layout = layout;
    this.forgetSpread();
  }

  /**
   * Rows start .. start + count, taken in the order of the indices at `order` (0: as they are). A caller's arrays are
   * read in place: what they name is checked again, since the kernels believe it.
   */
  load(x: SparseRows, start: number, count: number, order: number): void {
    if (!areWhole(x)) throw changedError();
    const { rowOffsets, columnIndices, values } = x;
    const { u32, f32 } = this.heap;
    const { offsets, columns, values: numbers, entries: room } = this.layout!;
    const toOffsets = (this.address + offsets) >>> 2;
    const toColumns = (this.address + columns) >>> 2;
    const toValues = (this.address + numbers) >>> 2;
    let place = 0;
    u32[toOffsets] = 0;
    for (let r = 0; r < count; r++) {
      const row = order === 0 ? start + r : u32[(order >>> 2) + start + r];
      const end = rowOffsets[row + 1];
      for (let i = rowOffsets[row]; i < end; i++, place++) {
        const column = columnIndices[i];
        if (!(column < this.inputs) || place === room) throw changedError();
        u32[toColumns + place] = column;
        f32[toValues + place] = values ? values[i] : 1;
      }
      u32[toOffsets + r + 1] = place;
    }
    this.entries = place;
    this.zerosAt = 0;
    this.isLoaded = true;
  }

  /** Writes the rows that are loaded with their zeros, rows x inputs. */
  writeDense(rows: number, to: number): void {
    if (this.zerosAt === to) return;
    this.zerosAt = to;
    const { u32, f32 } = this.heap;
    const [offsets, columns, values] = this.operands.map((address) => address >>> 2);
    f32.fill(0, to >>> 2, (to >>> 2) + rows * this.inputs);
    for (let r = 0; r < rows; r++)
      for (let i = u32[offsets + r]; i < u32[offsets + r + 1]; i++)
        f32[(to >>> 2) + r * this.inputs + u32[columns + i]] = f32[values + i];
  }

  /** Of the rows that are loaded: places among the entries (u32), columns (u32) and numbers, by address. */
  private get operands(): readonly [number, number, number] {
    const { address, layout } = this;
    return [address + layout!.offsets, address + layout!.columns, address + layout!.values];
  }

  /** Z = X·W of the columns of W that an index (u32) selects; 0: all. */
  product(kernels: KernelExports, rows: number, kernel: number, z: number, columns: number, columnIndex: number): void {
    const [offsets, places, values] = this.operands;
    const { units } = this;
    if (columnIndex === 0) kernels.sparseProduct(rows, units, offsets, places, values, kernel, z);
    else kernels.sparseProductSelected(rows, columns, offsets, places, values, kernel, units, columnIndex, z);
  }

  /** The kernel's gradient Xᵀ·dZ, of the rows that are touched; dz: rows x units. */
  differentiate(kernels: KernelExports, rows: number, dz: number, workspace: number): void {
    const { address, layout, touched, units } = this;
    const { sorted, spare, list, gradient } = layout!;
    const [offsets, columns, values] = this.operands;
    const entries = kernels.transposeEntries(
      rows,
      this.inputs,
      offsets,
      columns,
      values,
      address + sorted,
      address + spare,
      workspace,
    );
    touched.list = address + list;
    touched.gradient = address + gradient;
    touched.count = kernels.sparseGradient(this.entries, units, entries, dz, touched.list, touched.gradient);
  }

  /** Puts the touched rows in their places in the gradient of the whole kernel, and 0 in the others. */
  spread(kernels: KernelExports, gradient: number): void {
    const { address, layout, touched, units, heap } = this;
    const { count, list } = touched;
    const spreadList = address + layout!.spreadList;
    if (this.spreadAt === gradient) kernels.clearRows(this.spreadCount, spreadList, units, gradient);
    else heap.f32.fill(0, gradient >>> 2, (gradient >>> 2) + this.inputs * units);
    kernels.spreadRows(count, list, units, touched.gradient, gradient);
    heap.u32.copyWithin(spreadList >>> 2, list >>> 2, (list >>> 2) + count);
    this.spreadAt = gradient;
    this.spreadCount = count;
  }

  /** The gradient of the whole kernel is written by others. */
  forgetSpread(): void {
    this.spreadAt = 0;
  }
}

function changedError(): RelumineError {
  return new RelumineError("value", "x", "to stay as it was when it was passed", "sparse rows that have changed");
}
