// What a table's reader should know, one sentence each. A sentence that many columns share is said once.
import { shorten } from "./cells.js";
import { groupBy } from "../core/group-by.js";
import { countOf, listWords } from "../text/numbers.js";

const MOST_ALONE = 5; // columns with the same kind of note that are told one by one
const NAMED = 3;
const MOST_LETTERS = 30; // of a name in a list

interface Note {
  readonly column?: string;
  readonly text: string;
  /** The sentence for many columns. */
  readonly shared?: string;
}

export class Notes {
  readonly #notes: Note[] = [];

  /** A note on the table. */
  add(text: string): void {
    this.#notes.push({ text });
  }

  /**
   * @param shared what to say where many columns have such a note: the text without what is of the column alone
   */
  addColumn(column: string, text: string, shared: string): void {
    this.#notes.push({ column, text, shared });
  }

  /** Those of single columns, each by itself. */
  ofColumns(): string[] {
    return this.#notes.flatMap(({ column, text }) => (column === undefined ? [] : [`${shorten(column)}: ${text}`]));
  }

  /** In the order of their columns; one that many share stands at its first. */
  list(): string[] {
    const alike = columnsBy(this.#notes, ({ text }) => text);
    const kinds = columnsBy(this.#notes, ({ shared = "" }) => shared);
    return this.#notes.flatMap(({ column, text, shared }) => {
      if (column === undefined || shared === undefined) return [text];
      const kind = kinds.get(shared)!;
      const group = kind.length > MOST_ALONE ? kind : alike.get(text)!;
      if (group.length <= NAMED - 1) return [`${shorten(column)}: ${text}`];
      if (group[0] !== column) return [];
      return [`${columnNames(group)}: ${kind.length > MOST_ALONE ? shared : text}`];
    });
  }
}

/** The columns of notes that are alike. */
function columnsBy(notes: readonly Note[], keyOf: (note: Note) => string): ReadonlyMap<string, string[]> {
  const ofColumns = notes.filter(({ column }) => column !== undefined);
  return new Map([...groupBy(ofColumns, keyOf)].map(([key, group]) => [key, group.map(({ column }) => column!)]));
}

/** `a, b and c`, or `a, b, c and 61 more columns` */
function columnNames(names: readonly string[]): string {
  const first = names.slice(0, NAMED).map((name) => shorten(name, MOST_LETTERS));
  if (names.length <= NAMED) return listWords(first);
  return `${first.join(", ")} and ${countOf(names.length - NAMED, "more column")}`;
}
