// The inputs of a table's rows as they are written, column by column from the left: as a matrix, or sparse where most
// of a row is 0.
import { RelumineError } from "../core/errors.js";
import type { SampleRows } from "../core/matrix.js";

/** A GiB of numbers. */
const MOST_FLOATS = 2 ** 28;

/** Takes a row's numbers in the order of their columns. */
export interface InputRows {
  set(row: number, column: number, value: number): void;
  read(): SampleRows;
}

function checkSize(numbers: number, given: string): void {
  if (numbers <= MOST_FLOATS) return;
  const hint = "Leave columns of many words out (ignore).";
  throw new RelumineError("memory", "the table", `to make at most ${MOST_FLOATS} numbers`, given, hint);
}

class DenseInputs implements InputRows {
  private readonly data: Float32Array;

  constructor(
    private readonly rows: number,
    private readonly columns: number,
  ) {
    checkSize(rows * columns, `${rows} rows x ${columns} inputs`);
    this.data = new Float32Array(rows * columns);
  }

  set(row: number, column: number, value: number): void {
    this.data[row * this.columns + column] = value;
  }

  read(): SampleRows {
    const { rows, columns, data } = this;
    return { rows, columns, data };
  }
}

class SparseInputs implements InputRows {
  private readonly columnIndices: Uint32Array;
  private readonly values: Float32Array;
  /** Where each row's next entry goes. */
  private readonly next: Uint32Array;

  /** @param rowOffsets of as many entries as will be set */
  constructor(
    private readonly columns: number,
    private readonly rowOffsets: Uint32Array,
  ) {
    const rows = rowOffsets.length - 1;
    this.columnIndices = new Uint32Array(rowOffsets[rows]);
    this.values = new Float32Array(rowOffsets[rows]);
    this.next = rowOffsets.slice(0, rows);
  }

  set(row: number, column: number, value: number): void {
    const place = this.next[row]++;
    this.columnIndices[place] = column;
    this.values[place] = value;
  }

  read(): SampleRows {
    const { columns, rowOffsets, columnIndices, values } = this;
    return { rows: rowOffsets.length - 1, columns, rowOffsets, columnIndices, values };
  }
}

/**
 * @param entriesOf how many numbers are set in a row, where rows are sparse
 * @throws RelumineError "memory" for more than 2^28 numbers
 */
export function makeInputRows(rows: number, columns: number, entriesOf?: (row: number) => number): InputRows {
  if (!entriesOf) return new DenseInputs(rows, columns);
  let sum = 0;
  const offsets = Float64Array.from({ length: rows + 1 }, (_, row) => (row === 0 ? 0 : (sum += entriesOf(row - 1))));
  checkSize(sum, `${sum} in ${rows} rows`);
  return new SparseInputs(columns, Uint32Array.from(offsets));
}
