// A table by columns: numbers as float64, everything else as places in a list of the column's different texts. Built
// row by row from text cells, in blocks of rows, so that neither the text nor a list of rows is ever held.
import { RelumineError } from "../core/errors.js";
import { quote } from "./cells.js";
import { isMisleading } from "./thousands.js";

/** One column as it was written; cells are trimmed (Unicode white space too), quotes taken off. */
export interface Column {
  readonly name: string;
  /**
   * Cells in plain decimal notation (sign, digits, ".", exponent; whole numbers of at most 15 digits; finite); NaN
   * where the cell is something else. Columns without a number share one array.
   */
  readonly numbers: Float64Array;
  /** The different texts of the other cells, in the order of their first appearance ("" among them where empty). */
  readonly words: readonly string[];
  /** For each row its place in words; -1 where numbers holds the cell. Columns without words share one array. */
  readonly wordOf: Int32Array;
  /** 1 for plain cells of which isMisleading is true (70.500); absent where there are none. */
  readonly misleading?: Uint8Array;
  /** Plain whole numbers that began with a zero, which their numbers don't show: 02139. Absent where none did. */
  readonly padded?: PaddedCells;
  /** All cells are words, as they are written: 02139 is not 2139. */
  readonly isLiteral?: true;
}

/** The first of them, and the characters of the longest. */
export interface PaddedCells {
  readonly first: string;
  readonly longest: number;
}

export interface Table {
  readonly columns: readonly Column[];
  readonly rows: number;
  /** Line of the text on which row r ends, from 1; undefined where there is no text. */
  line(row: number): number | undefined;
  /** How the text was read where that may surprise: separator, no header, comment lines... */
  readonly notes: readonly string[];
  /** What separated the cells of its text. */
  readonly separator?: string;
}

/** The places of all its rows. */
export const allRows = ({ rows }: Pick<Table, "rows">): number[] => Array.from({ length: rows }, (_, row) => row);

/** Cells of a table: 2 GiB of float64. */
export const MOST_CELLS = 2 ** 28;
/** Different texts in all columns together: each costs a hundred bytes and more. */
export const MOST_WORDS = 2 ** 24;
/** Characters of all the different texts. */
export const MOST_WORD_CHARACTERS = 2 ** 28;

const EXACT_DIGITS = 15; // of a whole number, which float64 holds whatever they are
const LONG_INTEGER = new RegExp(`^[+-]?0*[1-9]\\d{${EXACT_DIGITS},}$`);
const ZERO = 48;
const NINE = 57;
const PLUS = 43;

/** The trimmed cell as a number in plain decimal notation, or NaN: also for 1e400, and for the digits of a long id. */
export function plainNumber(cell: string): number {
  const first = cell.charCodeAt(0);
  if (!(first >= PLUS && first <= NINE)) return Number.NaN; // most words end here
  const value = Number(cell) + 0; // -0 is 0: a file of JSON would forget its sign
  if (!Number.isFinite(value)) return Number.NaN;
  if (first === ZERO && /^0[box]/i.test(cell)) return Number.NaN; // 0x10 is a name, not 16
  return cell.length > EXACT_DIGITS && LONG_INTEGER.test(cell) ? Number.NaN : value;
}

/** Its own characters, where V8 would keep the long text that the word was cut from. */
function ownCopy(word: string): string {
  return word.length < 13 ? word : (JSON.parse(JSON.stringify(word)) as string);
}

const HASHED_LENGTH = 16_000; // V8 gives all longer texts of one length the same hash

/** Another name for a long word: no cell holds a NUL. */
function digest(word: string): string {
  let a = 0x811c9dc5;
  let b = word.length;
  for (let i = 0; i < word.length; i++) {
    const code = word.charCodeAt(i);
    a = Math.imul(a ^ code, 0x01000193);
    b = Math.imul(b ^ code, 0x5bd1e995) + 1;
  }
  return `\0${a},${b}`;
}

/** The different words of a column. */
class Dictionary {
  readonly words: string[] = [];
  readonly #places = new Map<string, number>();

  /** Its place, from now on. */
  placeOf(word: string): number {
    let key = word.length > HASHED_LENGTH ? digest(word) : word;
    for (; key !== word && this.words[this.#places.get(key) ?? -1] !== word && this.#places.has(key); key += "'");
    const known = this.#places.get(key);
    if (known !== undefined) return known;
    const own = ownCopy(word);
    this.#places.set(key === word ? own : key, this.words.length);
    return this.words.push(own) - 1;
  }
}

/** Rows are stored in blocks, whose sizes double from 64 to 65,536, the same for all columns. */
const SMALLEST_BLOCK = 64;
const LARGEST_BLOCK = 65536;

class ColumnBuilder {
  readonly #numbers: (Float64Array | undefined)[] = [];
  readonly #codes: (Int32Array | undefined)[] = [];
  readonly #misleading: (Uint8Array | undefined)[] = [];
  readonly #dictionary = new Dictionary();
  #padded: PaddedCells | undefined;

  /** @param isLiteral whether numbers are words too */
  constructor(
    readonly name: string,
    readonly isLiteral: boolean,
  ) {}

  get words(): number {
    return this.#dictionary.words.length;
  }

  /** @returns the characters of a word that was not known */
  add(cell: string, block: number, offset: number, size: number): number {
    const value = this.isLiteral ? Number.NaN : plainNumber(cell);
    if (!Number.isNaN(value)) {
      (this.#numbers[block] ??= new Float64Array(size).fill(Number.NaN))[offset] = value;
      if (isMisleading(cell, value)) (this.#misleading[block] ??= new Uint8Array(size))[offset] = 1;
      if (cell.length > 1 && cell.charCodeAt(0) === ZERO && /^\d+$/.test(cell)) this.#addPadded(cell);
      return 0;
    }
    const before = this.words;
    (this.#codes[block] ??= new Int32Array(size).fill(-1))[offset] = this.#dictionary.placeOf(cell);
    return this.words > before ? cell.length + 1 : 0;
  }

  #addPadded(cell: string): void {
    const { first = ownCopy(cell), longest = 0 } = this.#padded ?? {};
    if (cell.length > longest) this.#padded = { first, longest: cell.length };
  }

  /** Empties the builder. */
  finish(starts: readonly number[], empty: EmptyColumns): Column {
    const numbers = this.#numbers.length === 0 ? empty.numbers : empty.newNumbers();
    const wordOf = this.#codes.length === 0 ? empty.words : empty.newWords();
    join(this.#numbers, starts, numbers);
    join(this.#codes, starts, wordOf);
    const padded = this.#padded && { padded: this.#padded };
    const column = { name: this.name, numbers, words: this.#dictionary.words, wordOf, ...padded };
    if (this.isLiteral) return { ...column, isLiteral: true };
    if (this.#misleading.length === 0) return column;
    const misleading = new Uint8Array(empty.rows);
    join(this.#misleading, starts, misleading);
    return { ...column, misleading };
  }
}

/** Columns of nothing: those that are shared are made when they are wanted. */
class EmptyColumns {
  #numbers: Float64Array | undefined;
  #words: Int32Array | undefined;

  constructor(readonly rows: number) {}

  newNumbers(): Float64Array {
    return new Float64Array(this.rows).fill(Number.NaN);
  }

  newWords(): Int32Array {
    return new Int32Array(this.rows).fill(-1);
  }

  get numbers(): Float64Array {
    return (this.#numbers ??= this.newNumbers());
  }

  get words(): Int32Array {
    return (this.#words ??= this.newWords());
  }
}

function join<T extends Float64Array | Int32Array | Uint8Array>(
  blocks: (T | undefined)[],
  starts: readonly number[],
  all: T,
): void {
  blocks.forEach((values, block) => {
    if (values) all.set(values.subarray(0, all.length - starts[block]), starts[block]);
    blocks[block] = undefined;
  });
}

/** Line numbers, stored where they don't go up by one from row to row. */
class LineNumbers {
  readonly #rows: number[] = [];
  readonly #lines: number[] = [];

  add(row: number, line: number): void {
    const last = this.#rows.length - 1;
    if (last >= 0 && this.#lines[last] + row - this.#rows[last] === line) return;
    this.#rows.push(row);
    this.#lines.push(line);
  }

  at(row: number): number {
    let low = 0;
    for (let high = this.#rows.length; high - low > 1;) {
      const middle = (low + high) >> 1;
      if (this.#rows[middle] <= row) low = middle;
      else high = middle;
    }
    return this.#lines[low] + row - this.#rows[low];
  }
}

/** Takes rows of cells, as many as the header has, and makes a table of them. */
export class TableBuilder {
  readonly #columns: readonly ColumnBuilder[];
  readonly #lines = new LineNumbers();
  readonly #starts: number[] = [0];
  #size = SMALLEST_BLOCK;
  #offset = 0;
  #words = 0;
  #characters = 0;

  /** @param literal columns whose cells are all words, as they are written */
  constructor(header: readonly string[], literal: readonly string[] = []) {
    const names = new Set(literal);
    this.#columns = header.map((name) => new ColumnBuilder(name, names.has(name)));
  }

  get rows(): number {
    return this.#starts.at(-1)! + this.#offset;
  }

  /**
   * @param cells trimmed
   * @throws RelumineError "memory"
   */
  add(cells: readonly string[], line: number): void {
    if (this.#offset === this.#size) this.#startBlock();
    const block = this.#starts.length - 1;
    for (let column = 0; column < cells.length; column++) {
      const characters = this.#columns[column].add(cells[column], block, this.#offset, this.#size);
      if (characters > 0) this.#countWord(column, characters);
    }
    this.#lines.add(this.rows, line);
    this.#offset++;
  }

  #startBlock(): void {
    const rows = this.rows;
    const columns = this.#columns.length;
    if (rows * columns > MOST_CELLS)
      throw new RelumineError(
        "memory",
        "the table",
        `to have at most ${MOST_CELLS} cells`,
        `more than ${rows} rows x ${columns} columns`,
      );
    this.#starts.push(rows);
    this.#size = Math.min(LARGEST_BLOCK, this.#size * 2);
    this.#offset = 0;
  }

  #countWord(column: number, characters: number): void {
    this.#words++;
    this.#characters += characters;
    if (this.#words <= MOST_WORDS && this.#characters <= MOST_WORD_CHARACTERS) return;
    const worst = this.#columns.reduce((most, each) => (each.words > most.words ? each : most), this.#columns[column]);
    throw new RelumineError(
      "memory",
      "the table",
      `to have at most ${MOST_WORDS} different texts of ${MOST_WORD_CHARACTERS} characters together`,
      `more within ${this.rows + 1} rows: ${worst.words} in column ${quote(worst.name)}`,
    );
  }

  /** The table; the builder is empty then. */
  finish(notes: readonly string[] = []): Table {
    const { rows } = this;
    const empty = new EmptyColumns(rows);
    const columns = this.#columns.map((column) => column.finish(this.#starts, empty));
    return { columns, rows, line: (row) => this.#lines.at(row), notes };
  }
}

/**
 * The table of text cells that are at hand.
 * @param rows as many cells each as the header has
 * @example columnsOf(["x", "kind"], [["1.5", "a"], ["2", "b"]]).columns[0].numbers // [1.5, 2]
 */
export function columnsOf(header: readonly string[], rows: readonly (readonly string[])[]): Table {
  const builder = new TableBuilder(header);
  rows.forEach((cells, row) =>
    builder.add(
      cells.map((cell) => cell.trim()),
      row + 2,
    ),
  );
  return builder.finish();
}
