// Columns that number or name the rows: they tell a network nothing but the order of the file.
import type { Profile } from "./extremes.js";

const FEWEST_ROWS = 20;
/** Names of counters: id, row_id, no., index, Unnamed: 0, or none at all. */
const WORDS =
  "id|ids|uid|uuid|guid|pid|sid|index|idx|row|rows|rowid|rownames?|record|serial|sl|sno|s.no|nr|no|num|number|obs|case|#|№";
const ID_NAME = new RegExp(
  String.raw`(?:^|[_\s.-])(?:${WORDS.replace(".", "\\.")})\.?$|^(?:unnamed: ?\d+|column \d+|level_\d+|objectid)$`,
  "i",
);
/** customerId, RowNumber */
const CAMEL_NAME = /[a-z](?:ID|Id|Index|No|Nr|Number)$/;
/** Single letters are variables, and steps of time or place are data. */
const VARIABLES =
  "time|year|yr|month|day|days|hour|hours|minute|minutes|second|seconds|week|weeks|date|age|step|steps|distance|dose|" +
  "depth|epoch|iteration|lag|temperature|temp";
const VARIABLE = new RegExp(String.raw`^[a-z]\d{0,2}$|(?:^|[_\s-])(?:${VARIABLES})$`, "i");

export function hasIdName(name: string): boolean {
  return (ID_NAME.test(name) || CAMEL_NAME.test(name)) && !VARIABLE.test(name);
}

/** Whether the values go up by one from row to row. */
function isCounter(values: Float64Array, rows: number): boolean {
  for (let row = 1; row < rows; row++) if (values[row] - values[row - 1] !== 1) return false;
  return true;
}

function areDifferent(values: Float64Array, rows: readonly number[]): boolean {
  const seen = new Set<number>();
  for (const row of rows) {
    const value = values[row];
    if (value !== value) continue;
    if (seen.has(value)) return false;
    seen.add(value);
  }
  return true;
}

/**
 * Why a column of numbers numbers its rows, or undefined. Whole numbers alone do: real ones are all different by
 * nature.
 * @param values of all rows of the table, in the order of the file
 */
export function numberIdReason(
  name: string,
  values: Float64Array,
  rows: readonly number[],
  { count, isWhole, low, high }: Profile,
): string | undefined {
  if (!isWhole || count < FEWEST_ROWS || low === high) return undefined;
  const isNamed = hasIdName(name);
  const mayCount = isNamed || (!VARIABLE.test(name) && (values[0] === 0 || values[0] === 1));
  if (mayCount && isCounter(values, values.length)) return `numbers the rows, ${low} to ${high}`;
  const isOneToN = !VARIABLE.test(name) && (low === 0 || low === 1) && high - low + 1 === count;
  if (!isNamed && !isOneToN) return undefined;
  if (!areDifferent(values, rows)) return undefined;
  return isNamed ? "a different whole number in each row" : `numbers the rows in another order, ${low} to ${high}`;
}
