// What an index (u32, ascending) selects of a matrix: made dense, packed into the panels of pack.ts, or spread again.

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

/** Rows i .. i + 4 of a panel. */
function packHalf(i: usize, count: usize, kc: usize, from: usize, acrossBytes: usize, kBytes: usize, acrossIndex: usize, kIndex: usize, to: usize): void {
  const r0 = rowAt(i, count, from, acrossBytes, acrossIndex), r1 = rowAt(i + 1, count, from, acrossBytes, acrossIndex);
  const r2 = rowAt(i + 2, count, from, acrossBytes, acrossIndex), r3 = rowAt(i + 3, count, from, acrossBytes, acrossIndex);
  for (let k: usize = 0; k < kc; k++) {
    const at = selected(kIndex, k) * kBytes;
    store<f32>(to, load<f32>(r0 + at));
    store<f32>(to, load<f32>(r1 + at), 4);
    store<f32>(to, load<f32>(r2 + at), 8);
    store<f32>(to, load<f32>(r3 + at), 12);
    to += 32;
  }
}

/** Two panels of 8 that are neighbours in memory too. */
function packNeighbours(kc: usize, from: usize, kBytes: usize, kIndex: usize, to: usize): void {
  const second = kc << 5;
  for (let k: usize = 0; k < kc; k++) {
    const source = from + selected(kIndex, k) * kBytes;
    v128.store(to, v128.load(source));
    v128.store(to, v128.load(source, 16), 16);
    v128.store(to + second, v128.load(source, 32));
    v128.store(to + second, v128.load(source, 48), 16);
    to += 32;
  }
}

/** As `pack` with panels of 8, for the rows and k that the indices select (0: all). */
export function packSelected(count: usize, kc: usize, from: usize, acrossStride: usize, kStride: usize, acrossIndex: usize, kIndex: usize, to: usize): void {
  const kBytes = kStride << 2, panelBytes = kc << 5;
  let i: usize = 0;
  if (acrossIndex == 0 && acrossStride == 1) {
    for (; i + 16 <= count; i += 16) {
      packNeighbours(kc, from + (i << 2), kBytes, kIndex, to);
      to += panelBytes << 1;
    }
  }
  for (; i < count; i += 8) {
    packHalf(i, count, kc, from, acrossStride << 2, kBytes, acrossIndex, kIndex, to);
    packHalf(i + 4, count, kc, from, acrossStride << 2, kBytes, acrossIndex, kIndex, to + 16);
    to += panelBytes;
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

/**
 * Spreads rows x columns floats, dense at c, in place: to the rows and columns of a height x width matrix that the indices select
 * (0: all); the others become 0. workspace: `columns` floats.
 */
export function spread(
  height: usize, width: usize, rows: usize, columns: usize, rowIndex: usize, columnIndex: usize, c: usize, workspace: usize,
): void {
  let end = height;
  for (let r = rows; r > 0; r--) { // from the last row on: none is overwritten before it is read
    const row = selected(rowIndex, r - 1);
    const to = c + (row * width << 2);
    memory.copy(workspace, c + ((r - 1) * columns << 2), columns << 2);
    memory.fill(to, 0, (end - row) * width << 2);
    for (let j: usize = 0; j < columns; j++) store<f32>(to + (selected(columnIndex, j) << 2), load<f32>(workspace + (j << 2)));
    end = row;
  }
  memory.fill(c, 0, end * width << 2);
}
