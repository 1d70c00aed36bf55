// Plain numbers that may be thousands, 1.234 for 1234: those of exactly three decimals, which is seen by their text. A
// table keeps the number alone, and marks the few cells whose number does not show how many decimals were written.

const EXACT = 1e-6; // of a thousandth: what is left of a decimal fraction in float64
const PLUS = 43;
const MINUS = 45;
const POINT = 46;
const ZERO = 48;
const NINE = 57;
const SHORTEST = 5; // 1.234

/** Whether the number is written with three decimals where it is written as short as can be. */
function hasThreeDecimals(value: number): boolean {
  const size = Math.abs(value);
  if (!(size >= 1 && size < 1000) || Number.isInteger(value)) return false;
  const thousandths = Math.round(size * 1000);
  return thousandths % 10 !== 0 && Math.abs(size * 1000 - thousandths) < EXACT;
}

/** One to three digits, a point, three digits: by hand, as it is asked of every cell. */
function isGrouped(cell: string): boolean {
  const { length } = cell;
  if (cell.charCodeAt(length - 4) !== POINT) return false;
  const first = cell.charCodeAt(0);
  const start = first === PLUS || first === MINUS ? 1 : 0;
  if (length - start > 7 || !(cell.charCodeAt(start) > ZERO)) return false;
  for (let place = start; place < length; place++) {
    const code = cell.charCodeAt(place);
    if (place !== length - 4 && !(code >= ZERO && code <= NINE)) return false;
  }
  return true;
}

/** Whether a cell may be thousands and its number does not look so (70.500), or the other way round (1.2340). */
export function isMisleading(cell: string, value: number): boolean {
  if (cell.length < SHORTEST) return false;
  return isGrouped(cell) ? cell.charCodeAt(cell.length - 1) === ZERO : hasThreeDecimals(value);
}

/**
 * Whether a plain number may have been meant as thousands.
 * @param misleads what isMisleading said of its cell
 */
export function mayBeThousands(value: number, misleads: boolean): boolean {
  return hasThreeDecimals(value) !== misleads;
}
