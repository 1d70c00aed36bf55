// Arrays as a table: a column for each number of a row, and the targets'. NaN is a missing value.
import { targetName, type ChosenArrays } from "./choose.js";
import type { FileArray } from "./file-array.js";
import { shapeText } from "./numbers.js";
import { MOST_COLUMNS } from "../table/read/layout.js";
import { type Column, MOST_CELLS, type Table } from "../table/columns.js";
import { RelumineError } from "../core/errors.js";

/** What columns without missing values share, and what is shared by those that are all missing. */
export class NumberColumns {
  readonly #rows: number;
  #noWords: Int32Array | undefined;

  constructor(rows: number) {
    this.#rows = rows;
  }

  /** Every `step`-th number from `start` on. */
  column(name: string, all: Float64Array, start: number, step: number): Column {
    const numbers = new Float64Array(this.#rows);
    const words: string[] = [];
    let wordOf = (this.#noWords ??= new Int32Array(this.#rows).fill(-1));
    for (let row = 0; row < this.#rows; row++) {
      const value = all[start + row * step] + 0; // -0 is 0, as in a table of text
      numbers[row] = value;
      if (Number.isFinite(value)) continue;
      if (words.length === 0) wordOf = wordOf.slice();
      const word = Number.isNaN(value) ? "" : String(value);
      if (!words.includes(word)) words.push(word);
      wordOf[row] = words.indexOf(word);
      numbers[row] = Number.NaN;
    }
    return { name, numbers, words, wordOf };
  }
}

async function columnsOf(
  builder: NumberColumns,
  array: FileArray,
  nameOf: (place: number) => string,
): Promise<Column[]> {
  const { rowSize, rows } = array;
  if (rowSize > MOST_COLUMNS)
    throw new RelumineError(
      "memory",
      array.what,
      `to have rows of at most ${MOST_COLUMNS} numbers, as a table`,
      `${rowSize}`,
    );
  if (rows * rowSize > MOST_CELLS)
    throw new RelumineError(
      "memory",
      array.what,
      `to have at most ${MOST_CELLS} numbers, as a table`,
      `${rows * rowSize}`,
    );
  const all = await array.read64();
  return Array.from({ length: rowSize }, (_, place) => builder.column(nameOf(place), all, place, rowSize));
}

/** Lists of numbers, all as long, as the columns of a table. */
export async function tableOfColumns(arrays: ReadonlyMap<string, FileArray>): Promise<Table> {
  const all = [...arrays.values()];
  const builder = new NumberColumns(all[0].rows);
  const columns: Column[] = [];
  for (const array of all) columns.push(...(await columnsOf(builder, array, () => array.name)));
  return madeTable(columns, all[0], []);
}

function madeTable(columns: readonly Column[], { rows, what }: FileArray, notes: readonly string[]): Table {
  if (rows === 0) throw new RelumineError("format", what, "to have at least one row", "none");
  return { columns, rows, line: () => undefined, notes };
}

/**
 * The arrays as a table. Columns are called "column 1" and so on, as those of a text without a header; the targets as
 * their array is, without _train or _test.
 * @param names of the targets' columns; default: one
 * @throws RelumineError "shape" for targets of other rows or columns, "memory"
 */
export async function tableOfArrays({ x, y, notes }: ChosenArrays, names?: readonly string[]): Promise<Table> {
  const builder = new NumberColumns(x.rows);
  const columns = await columnsOf(builder, x, (place) => `column ${place + 1}`);
  if (y) {
    const called = names ?? [targetName(y.name) || "target"];
    checkTargets(y, x.rows, called.length);
    columns.push(...(await columnsOf(builder, y, (place) => called[place])));
  }
  return madeTable(columns, x, notes);
}

function checkTargets(y: FileArray, rows: number, columns: number): void {
  if (y.rows === rows && y.rowSize === columns) return;
  const expected = columns === 1 ? `to have ${rows} numbers, one a row` : `to have ${rows} rows of ${columns} numbers`;
  throw new RelumineError("shape", y.what, expected, `the shape ${shapeText(y.shape)}`);
}
