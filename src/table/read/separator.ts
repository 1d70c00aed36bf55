// What separates a table's cells, seen by its first records.
import { haveRowNames, looksLikeNumber } from "./header.js";
import { ALONE, BLANKS, parseRecords } from "./records.js";

/** What tells cells apart, the likeliest first, as notes and messages call it. */
export const SEPARATORS: Readonly<Record<string, string>> = {
  ",": "commas",
  ";": "semicolons",
  "\t": "tabs",
  "|": "vertical bars",
  [BLANKS]: "blanks",
};

export function cellsOf(text: string, separator: string, place = { row: 0, line: 1 }): string[] {
  let all: string[] = [];
  parseRecords(text, separator, place, (cells) => (all = cells));
  const cells = separator === ALONE ? all.slice(0, 1) : all;
  return cells.map((cell) => cell.trim());
}

export function tryCells(text: string, separator: string): string[] {
  try {
    return cellsOf(text, separator);
  } catch {
    return text.split(separator).map((cell) => cell.trim()); // wrong quotes are told when the record's turn comes
  }
}

export function mostFrequent(values: readonly number[]): { value: number; count: number } {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].map(([value, count]) => ({ value, count })).reduce((a, b) => (b.count > a.count ? b : a));
}

export function countAmong(names: readonly string[], cells: readonly string[]): number {
  const all = new Set(cells);
  return names.filter((name) => all.has(name)).length;
}

/** How well a separator explains the records. */
function judge(records: readonly string[], separator: string, needed: readonly string[] = []) {
  const cells = records.map((text) => tryCells(text, separator));
  const { value: columns, count } = mostFrequent(cells.map(({ length }) => length));
  const regular = cells.filter(({ length }) => length === columns).flat();
  const numbers = regular.filter((cell) => looksLikeNumber(cell) && !(separator === "," && cell.includes(";")));
  const [header, ...rows] = cells;
  const { length: names } = header; // a header of names of rows has one cell less
  const isRagged = rows.some(({ length }) => length !== columns);
  // the blanks of "1, 2, 3" only follow what separates
  const isOther = rows.length > 0 && rows.every((row) => row.slice(0, -1).every((cell) => /[,;|]$/.test(cell)));
  return {
    separator,
    columns,
    needed: countAmong(needed, header),
    hasHeader: names > 1 && Math.abs(names - columns) <= 1,
    regularity: count / records.length,
    /** All have equally many cells, the header one less where the rows have names. */
    isStrict:
      !isRagged &&
      !isOther &&
      (names === columns || (names === columns - 1 && haveRowNames(records.slice(1), rows, names))),
    numbers: numbers.length / regular.length,
  };
}

/** One number with a decimal comma in each, not two cells. */
function areDecimals(rows: readonly string[]): boolean {
  return rows.length > 0 && rows.every((text) => /^\s*[+-]?\d*,\d+\s*$/.test(text));
}

/**
 * The separator that cuts the most records into equally many cells, the most numbers among them.
 * @param needed names of columns: of two separators that which shows more of them, and ALONE if only a whole line is
 *   one
 */
export function seeSeparator(records: readonly string[], needed: readonly string[]): string {
  const score = ({ columns, needed: found, hasHeader, regularity, numbers }: ReturnType<typeof judge>) => [
    found,
    Number(hasHeader),
    Math.round(regularity * 10),
    Math.round(numbers * 20),
    columns,
  ];
  const fits = Object.keys(SEPARATORS)
    .map((separator) => judge(records, separator, needed))
    .filter(({ separator, columns, isStrict }) => columns > 1 && (separator !== BLANKS || isStrict));
  const isBetter = (a: readonly number[], b: readonly number[]): boolean => {
    const place = a.findIndex((value, i) => value !== b[i]);
    return place >= 0 && a[place] > b[place];
  };
  const best = fits.reduce<(typeof fits)[number] | undefined>(
    (found, each) => (found && !isBetter(score(each), score(found)) ? found : each),
    undefined,
  );
  const alone = judge(records, ALONE, needed);
  const isAlone = alone.needed > (best?.needed ?? 0) || (alone.needed > 0 && areDecimals(records.slice(1)));
  return isAlone ? ALONE : (best?.separator ?? ",");
}
