// Copies of rows in the order of a list: how a batch is gathered, from rows in memory and from windows of a file.

/** Numbers of rows, as they are stored. */
export type RowNumbers = Float32Array | Float64Array | Uint8Array | Uint16Array;

/** One view a row, made when the row is first copied: that leaves no garbage. */
export type RowViews = (RowNumbers | undefined)[];

/** Rows this long are copied through views, shorter ones element by element (measured) ... */
const VIEWS_FROM_COLUMNS = 96;
/** ... unless the views, some 130 bytes each, would be too many. */
const VIEWS_UP_TO_ROWS = 2 ** 18;

/**
 * Copies rows, one after the other, to `to` from element `at` on.
 * @param views of these rows; without them the rows are copied element by element
 * @param order rows by number; those from place `first` on are copied, `count` of them
 */
export function gatherRows(
  to: RowNumbers,
  at: number,
  from: RowNumbers,
  columns: number,
  views: RowViews | undefined,
  order: Uint32Array,
  first: number,
  count: number,
): void {
  const hasViews = columns >= VIEWS_FROM_COLUMNS && from.length <= VIEWS_UP_TO_ROWS * columns;
  if (views && hasViews) copyViews(to, at, from, columns, views, order, first, count);
  else copyElements(to, at, from, columns, order, first, count);
}

function copyViews(
  to: RowNumbers,
  at: number,
  from: RowNumbers,
  columns: number,
  views: RowViews,
  order: Uint32Array,
  first: number,
  count: number,
): void {
  for (let r = 0; r < count; r++) {
    const row = order[first + r];
    to.set((views[row] ??= from.subarray(row * columns, (row + 1) * columns)), at + r * columns);
  }
}

/** Rows of one or two columns have a loop of their own: a loop within costs them 60 to 80 % more (measured). */
function copyElements(
  to: RowNumbers,
  at: number,
  from: RowNumbers,
  columns: number,
  order: Uint32Array,
  first: number,
  count: number,
): void {
  if (columns === 1) {
    for (let r = 0; r < count; r++) to[at + r] = from[order[first + r]];
  } else if (columns === 2) {
    for (let r = 0; r < count; r++) {
      const source = order[first + r] * 2;
      to[at + r * 2] = from[source];
      to[at + r * 2 + 1] = from[source + 1];
    }
  } else {
    for (let r = 0; r < count; r++)
      for (let c = 0, source = order[first + r] * columns; c < columns; c++) to[at++] = from[source + c];
  }
}
