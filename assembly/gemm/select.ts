// What an index (u32, ascending) selects of a matrix: made dense, packed into the panels of pack.ts, or spread again.
import { LANES } from "../simd";

/** Position of the i-th of the elements that `index` selects; 0 selects all. */
// @ts-ignore: decorator
@inline
function selected(index: usize, i: usize): usize {
  return index ? <usize>load<u32>(index + (i << 2)) : i;
}

/** Address of the i-th selected row; where there are no more, of the last one again: what is computed from it goes nowhere. */
// @ts-ignore: decorator
@inline
function rowAt(i: usize, count: usize, from: usize, acrossBytes: usize, acrossIndex: usize): usize {
  return from + selected(acrossIndex, min(i, count - 1)) * acrossBytes;
}

/** Rows i .. i + 4 of a panel whose k lie `rowBytes` apart. */
function packFour(
  i: usize, count: usize, kc: usize, from: usize, acrossBytes: usize, kBytes: usize,
  acrossIndex: usize, kIndex: usize, to: usize, rowBytes: usize,
): void {
  const r0 = rowAt(i, count, from, acrossBytes, acrossIndex), r1 = rowAt(i + 1, count, from, acrossBytes, acrossIndex);
  const r2 = rowAt(i + 2, count, from, acrossBytes, acrossIndex), r3 = rowAt(i + 3, count, from, acrossBytes, acrossIndex);
  for (let k: usize = 0; k < kc; k++) {
    const at = selected(kIndex, k) * kBytes;
    store<f32>(to, load<f32>(r0 + at));
    store<f32>(to, load<f32>(r1 + at), 4);
    store<f32>(to, load<f32>(r2 + at), 8);
    store<f32>(to, load<f32>(r3 + at), 12);
    to += rowBytes;
  }
}

/** As `pack` with panels of 8, for the rows and k that the indices select (0: all); halves of a panel that would hold nothing stay as they are. */
export function packSelected(count: usize, kc: usize, from: usize, acrossStride: usize, kStride: usize, acrossIndex: usize, kIndex: usize, to: usize): void {
  for (let i: usize = 0; i < count; i += 4) {
    const panel = to + ((i & ~7) * kc << 2);
    packFour(i, count, kc, from, acrossStride << 2, kStride << 2, acrossIndex, kIndex, panel + ((i & 4) << 2), 32);
  }
}

/** The same as one panel of 32. */
export function packSelectedWide(
  count: usize, kc: usize, from: usize, acrossStride: usize, kStride: usize,
  acrossIndex: usize, kIndex: usize, to: usize,
): void {
  for (let i: usize = 0; i < count; i += 4) {
    packFour(i, count, kc, from, acrossStride << 2, kStride << 2, acrossIndex, kIndex, to + (i << 2), 128);
  }
}

/** Copies the columns of a rows x width matrix that the index selects to rows x columns. */
export function gatherColumns(rows: usize, width: usize, columns: usize, columnIndex: usize, from: usize, to: usize): void {
  for (let r: usize = 0; r < rows; r++) {
    for (let j: usize = 0; j < columns; j++) store<f32>(to + (j << 2), load<f32>(from + (<usize>load<u32>(columnIndex + (j << 2)) << 2)));
    from += width << 2;
    to += columns << 2;
  }
}

/** Bytes of a group of four columns: the dense bytes that each lane takes (v128), from which address on (u32). */
const GROUP_BYTES: usize = 20;
const NONE: u32 = 0x80808080;
const FIRST: u32 = 0x03020100;
const NEXT: u32 = 0x04040404;

/** Lists the groups of `width` columns. */
function listGroups(width: usize, columns: usize, columnIndex: usize, group: usize): void {
  let column: usize = 0;
  for (let j: usize = 0; j < width; j += LANES, group += GROUP_BYTES) {
    store<u32>(group, <u32>column << 2, 16);
    let bytes = FIRST;
    for (let lane: usize = 0; lane < LANES; lane++) {
      const isSelected = column < columns && selected(columnIndex, column) == j + lane;
      store<u32>(group + (lane << 2), isSelected ? bytes : NONE);
      bytes += isSelected ? NEXT : 0;
      column += usize(isSelected);
    }
  }
}

/** One row, dense at `from`, to the `width` columns at `to`, which is no lower: from its end on, so that nothing is overwritten unread. */
function spreadRow(width: usize, columns: usize, columnIndex: usize, groups: usize, from: usize, to: usize): void {
  let j = width;
  while (j & 3) {
    j--;
    const isSelected = columns > 0 && selected(columnIndex, columns - 1) == j;
    columns -= usize(isSelected);
    store<f32>(to + (j << 2), isSelected ? load<f32>(from + (columns << 2)) : 0);
  }
  let group = groups + (j >> 2) * GROUP_BYTES;
  while (j) {
    j -= LANES;
    group -= GROUP_BYTES;
    v128.store(to + (j << 2), v128.swizzle(v128.load(from + load<u32>(group, 16)), v128.load(group)));
  }
}

/**
 * Spreads rows x columns floats, dense at c, in place: to the rows and columns of a height x width matrix that the indices select
 * (0: all); the others become 0. workspace: 5 bytes a column and 20 more.
 */
export function spread(
  height: usize, width: usize, rows: usize, columns: usize, rowIndex: usize, columnIndex: usize, c: usize, workspace: usize,
): void {
  listGroups(width, columns, columnIndex, workspace);
  const widthBytes = width << 2, columnsBytes = columns << 2;
  let end = height;
  for (let r = rows; r > 0; r--) {
    const row = selected(rowIndex, r - 1);
    memory.fill(c + (row + 1) * widthBytes, 0, (end - row - 1) * widthBytes);
    spreadRow(width, columns, columnIndex, workspace, c + (r - 1) * columnsBytes, c + row * widthBytes);
    end = row;
  }
  memory.fill(c, 0, end * widthBytes);
}
