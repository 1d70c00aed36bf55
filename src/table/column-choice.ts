// How a caller wants single columns read, where the text leaves it open or says otherwise.
import { checkInteger, checkName, checkOptions, describe } from "../core/checks.js";
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

/** A column of text whose words are hashed into so many inputs, 1 to 2^24: for texts that are no categories. */
export interface HashChoice {
  /** Tells it from other choices. */
  readonly kind: "hash";
  /** Inputs. */
  readonly buckets: number;
}

/** Choices by the names of columns: `{ zip: "words", price: "decimal comma", note: "ignore" }`. */
export type ColumnChoices = Readonly<Record<string, ColumnChoice | HashChoice>>;

/** A choice that was checked; a hashed column is read as words. */
export interface CheckedChoice {
  readonly choice: ColumnChoice;
  readonly buckets?: number;
}

const MOST_BUCKETS = 2 ** 24;

export function checkBuckets(path: string, buckets: unknown): number {
  return checkInteger(path, buckets, { low: 1, high: MOST_BUCKETS });
}

function checkChoice(path: string, choice: unknown): CheckedChoice {
  if (typeof choice !== "object" || choice === null) return { choice: checkName(path, choice, COLUMN_CHOICES) };
  const { kind, buckets } = checkOptions(path, choice as HashChoice, ["kind", "buckets"]);
  checkName(`${path}.kind`, kind, ["hash"]);
  return { choice: "words", buckets: checkBuckets(`${path}.buckets`, buckets) };
}

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
  return Object.entries(choices).flatMap(([name, choice]) =>
    choice === "words" || typeof choice === "object" ? [name] : [],
  );
}

/**
 * What the caller chose, by column.
 * @throws RelumineError "value" for an unknown column or choice
 */
export function checkChoices(choices: unknown, index: ColumnIndex): ReadonlyMap<string, CheckedChoice> {
  if (choices === undefined) return new Map();
  if (typeof choices !== "object" || choices === null || Array.isArray(choices))
    throw new RelumineError("value", "columns", "to be an object of column names", describe(choices));
  return new Map(
    Object.entries(choices).map(([name, choice]) => {
      index.column(name, "columns");
      return [name, checkChoice(`columns[${quote(name)}]`, choice)];
    }),
  );
}
