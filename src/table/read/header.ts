// Is a table's first record its header, or are those values already? And are its first cells names of rows?
import { isMissingNumber as isMissing } from "../reading/missing.js";
import { plainNumber } from "../columns.js";

type Records = readonly (readonly string[])[];

const MOSTLY = 0.8; // so many of a column's values look like numbers: it is a column of numbers
const YEARS = { first: 1500, last: 2200 };
const FEWEST_STEPS = 3; // names such as 0, 1, 2 or 400, 410, 420
const FEWEST_RISING = 8; // names such as 350.2, 351.7, ...: a row of measurements is hardly sorted

const isPlain = (cell: string): boolean => !Number.isNaN(plainNumber(cell));

/** A number in any notation, a date, a percentage: digits, and no letter but an exponent's. */
export function looksLikeNumber(cell: string): boolean {
  return isPlain(cell) || /^[^\p{L}\d]{0,4}\d[^\p{L}]*$/u.test(cell);
}

/** What a column's numbers look like, if it mostly holds such. */
function notationOf(rows: Records, column: number): ((cell: string) => boolean) | undefined {
  const values = rows.map((cells) => cells[column] ?? "").filter((cell) => !isMissing(cell));
  const isMostly = (test: (cell: string) => boolean): boolean =>
    values.length > 0 && values.filter(test).length >= MOSTLY * values.length;
  return [isPlain, looksLikeNumber].find(isMostly);
}

/** Numbers as they are used for names: years, or whole numbers in equal steps, or many that rise. */
function areNames(cells: readonly string[]): boolean {
  const values = cells.map(plainNumber);
  if (values.length < 2 || values.some(Number.isNaN)) return false;
  const step = values[1] - values[0];
  const hasSteps =
    step !== 0 && values.every((value, i) => Number.isInteger(value) && (i === 0 || value - values[i - 1] === step));
  if (hasSteps && values.every((value) => value >= YEARS.first && value <= YEARS.last)) return true;
  if (hasSteps && values.length >= FEWEST_STEPS) return true;
  return values.length >= FEWEST_RISING && values.every((value, i) => i === 0 || value > values[i - 1]);
}

/**
 * Is the first record a row of values? Where columns hold numbers: if it has numbers in them too, and not such as are
 * names (years, 0 1 2, wavelengths) while the rows below are not like that. Where all is words: if each of its words is
 * found again in its column.
 * @param rows some of those below, all of one length
 */
export function looksLikeValues(first: readonly string[], rows: Records): boolean {
  const notations = first.map((_, column) => notationOf(rows, column));
  const numeric = [...notations.keys()].filter((column) => notations[column]);
  if (numeric.length === 0)
    return (
      rows.length > 1 && first.every((cell, column) => cell !== "" && rows.some((cells) => cells[column] === cell))
    );
  if (!numeric.every((column) => isMissing(first[column]) || notations[column]!(first[column]))) return false;
  const own = numeric.filter((column) => !isMissing(first[column]));
  if (own.length === 0) return false;
  if (first[0] === "" && own.every((column, place) => first[column] === `${place}`)) return false; // pandas writes so
  const pick = (cells: readonly string[]): string[] => own.map((column) => cells[column]);
  return !areNames(pick(first)) || rows.filter((cells) => areNames(pick(cells))).length > rows.length / 2;
}

/**
 * Names of rows, as R writes them: 1 to n, words, or in quotes whatever they are; a table has other first columns too.
 * @param texts of the rows
 * @param names in the header: one name above two cells tells less than many do
 */
export function haveRowNames(texts: readonly string[], rows: readonly (readonly string[])[], names: number): boolean {
  const cells = rows.map(([name]) => name);
  if (cells.length < 2 || new Set(cells).size < cells.length) return false;
  const isSure = cells.every((cell, row) => cell === `${row + 1}`) || texts.every((text) => /^\s*"/.test(text));
  return isSure || (names > 1 && !cells.some(looksLikeNumber));
}
