// How a caller wants single columns read, where the text leaves it open or says otherwise.
import { checkName, describe } from "../core/checks.js";
import { RelumineError } from "../core/errors.js";
import { suggestion } from "../core/suggestion.js";
import { quote, shorten } from "./cells.js";
import type { Column, Table } from "./columns.js";

/** All choices, as messages list them. */
export const COLUMN_CHOICES = [
  "number",
  "decimal point",
  "decimal comma",
  "date",
  "day first",
  "month first",
  "words",
  "ignore",
] as const satisfies readonly ColumnChoice[];

/**
 * "number" (with "decimal point" or "decimal comma": 1,234 is 1234 or 1.234), "date" (with "day first" or "month
 * first": 1/2/2012 is in February or in January), "words" (categories), or "ignore" (no input). What is no number, or
 * no date, is a missing value then.
 */
export type ColumnChoice =
  "number" | "decimal point" | "decimal comma" | "date" | "day first" | "month first" | "words" | "ignore";

/** Choices by the names of columns: `{ zip: "words", price: "decimal comma", note: "ignore" }`. */
export type ColumnChoices = Readonly<Record<string, ColumnChoice>>;

/** `age, height, …` */
export function columnList({ columns }: Pick<Table, "columns">): string {
  const names = columns.slice(0, 12).map(({ name }) => shorten(name));
  return [...names, ...(columns.length > 12 ? ["…"] : [])].join(", ");
}

/** Columns by name. */
export class ColumnIndex {
  readonly #places: ReadonlyMap<string, number>;

  constructor(readonly table: Table) {
    this.#places = new Map(table.columns.map(({ name }, place) => [name, place]));
  }

  has(name: string): boolean {
    return this.#places.has(name);
  }

  /** @throws RelumineError "value" with the nearest name */
  column(name: string, path = "the column"): Column {
    const place = this.#places.get(name);
    if (place !== undefined) return this.table.columns[place];
    const { columns } = this.table;
    const near =
      columns.length > 1000
        ? ""
        : suggestion(
            name,
            columns.map((column) => column.name),
          );
    throw new RelumineError("value", path, `to be one of ${columnList(this.table)}`, quote(name), near);
  }
}

/** Columns that are chosen as words, whatever else the choices are: their texts are kept when the table is read. */
export function literalColumns(choices: unknown): string[] {
  if (typeof choices !== "object" || choices === null) return [];
  return Object.entries(choices).flatMap(([name, choice]) => (choice === "words" ? [name] : []));
}

/**
 * What the caller chose, by column.
 * @throws RelumineError "value" for an unknown column or choice
 */
export function checkChoices(choices: unknown, index: ColumnIndex): ReadonlyMap<string, ColumnChoice> {
  if (choices === undefined) return new Map();
  if (typeof choices !== "object" || choices === null || Array.isArray(choices))
    throw new RelumineError("value", "columns", "to be an object of column names", describe(choices));
  return new Map(
    Object.entries(choices).map(([name, choice]) => {
      index.column(name, "columns");
      return [name, checkName(`columns[${quote(name)}]`, choice, COLUMN_CHOICES)];
    }),
  );
}
