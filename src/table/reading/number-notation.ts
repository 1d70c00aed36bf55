// Numbers as spreadsheets and people write them: decimal commas, thousands, currencies, units, percent, parentheses. A
// cell alone is often ambiguous ("1,234"): the notation is decided for a whole column.
import { isFloat32 } from "../../core/checks.js";
import { mayBeThousands } from "../thousands.js";

/** How a column of numbers is written where that is not plain decimal notation. Plain data. */
export interface NumberNotation {
  /** The decimal mark; the other one may stand between thousands. */
  readonly decimal: "." | ",";
  /** Stands before or after the number: "$", "%", "m2", or "" for none. A cell without it is taken to be in it. */
  readonly unit: string;
  /** Prefixes of the unit count: 1.2k is 1200, 500 g is 0.5 kg. */
  readonly hasMagnitudes: boolean;
  /** Numbers that stand for a missing value, such as -999. */
  readonly codes: readonly number[];
  /** Cells that are no numbers are missing values, as they were in the training; otherwise they are refused. */
  readonly allowsOthers: boolean;
}

export const PLAIN: NumberNotation = { decimal: ".", unit: "", hasMagnitudes: false, codes: [], allowsOthers: false };

export function isPlain({ decimal, unit, hasMagnitudes, codes, allowsOthers }: NumberNotation): boolean {
  return decimal === "." && unit === "" && !hasMagnitudes && codes.length === 0 && !allowsOthers;
}

/** A cell taken apart. */
export interface WrittenNumber {
  /** Read with "." as the decimal mark, and with ","; NaN where it can't be read so. */
  readonly point: number;
  readonly comma: number;
  readonly currency: string;
  readonly suffix: string;
  /** A whole number of more than 15 digits: more likely a name than a quantity. */
  readonly isLong: boolean;
}

const LONGEST = 60;
const LONG_INTEGER = 16;
const CODES =
  "USD|EUR|GBP|JPY|CNY|RMB|CHF|CAD|AUD|NZD|SEK|NOK|DKK|INR|BRL|MXN|ZAR|RUB|TRY|PLN|CZK|HUF|KRW|SGD|HKD|THB|ILS|AED|SAR";
const CURRENCY = `(?:[A-Z]{0,3}\\p{Sc}|${CODES}|Rs\\.?|kr\\.?|Fr\\.)`;
const IS_CURRENCY = new RegExp(`^${CURRENCY}$`, "u");
// A quotation mark is inches; a plus is "and more"; a unit may hold digits after its first letter: m2, km/h, kg/m^3.
const SUFFIX = String.raw`[\p{L}%‰°\p{Sc}"+µΩ][\p{L}\p{N}%°²³/·*^.\p{Sc}() -]{0,19}`;
const NUMBER = new RegExp(
  String.raw`^(\()?([+-]?) ?(${CURRENCY})? ?([+-]?)(\d[\d.,'’_ ]*|[.,]\d+)(?:[eE]([+-]?\d+)|[dD]([+-]\d{1,3}))? ?(${SUFFIX})?(\))?$`,
  "u",
);
/** What bookkeeping writes for 0: $ -, - €. */
const ZERO_AMOUNT = new RegExp(`^(?:(${CURRENCY}) ?-|- ?(${CURRENCY}))$`, "u");
/** No cents: 5,- and 5.-- */
const NO_CENTS = /(\d[.,])--?(?=$| ?[^\d -][^\d]*$)/;
/** Fortran's exponent without a sign, where the point before it tells it from a name: 1.5D2. */
const FORTRAN = /^([+-]?(?:\d+\.\d*|\.\d+))[dD](\d{1,3})$/;
const SIMPLE = /^([+-]?\d+)[,.](\d+)$/;
const FEET = /^(\d)' ?(1?\d(?:\.\d+)?)(?:"|''|”)?$/;
const DIGITS = /^\d+$/;
const GROUPED = /^[1-9]\d{0,2}([,.'’_ ])\d{3}(?:\1\d{3})*$/;
const INDIAN = /^[1-9]\d?(?:,\d\d)+,\d{3}$/;

/** Whole part without its marks between thousands, or undefined. */
function wholePart(text: string, decimal: string): string | undefined {
  if (DIGITS.test(text)) return text;
  const mark = GROUPED.exec(text)?.[1] ?? (INDIAN.test(text) ? "," : undefined);
  return mark === undefined || mark === decimal ? undefined : text.replaceAll(mark, "");
}

/** With an exponent there are no marks between thousands. */
function readBody(body: string, decimal: string, exponent: string | undefined): number {
  const mark = body.lastIndexOf(decimal);
  const fraction = mark < 0 ? "" : body.slice(mark + 1);
  if (fraction !== "" && !DIGITS.test(fraction)) return Number.NaN;
  const digits = mark < 0 ? body : body.slice(0, mark);
  const whole = mark === 0 ? "0" : wholePart(digits, decimal);
  if (whole === undefined || (exponent !== undefined && whole.length < digits.length)) return Number.NaN;
  return Number(`${whole}.${fraction}e${exponent ?? 0}`);
}

/** One kind of blank, of minus and of digit; no apostrophes or formula around it. */
function normalize(cell: string): string {
  let text = cell;
  if (/[^\u0020-\u007e]/.test(text)) {
    text = text.replaceAll(/\s+/g, " ").replaceAll(/[−–‒﹣－]/g, "-");
    if (/[\uff00-\uffef]/.test(text)) text = text.normalize("NFKC");
  }
  if (text.startsWith('="') && text.endsWith('"')) text = text.slice(2, -1);
  if (text.startsWith("'")) text = text.slice(1, text.endsWith("'") ? -1 : undefined);
  if (text.includes("  ")) text = text.replaceAll(/ +/g, " "); // $     5.00
  if (text.includes("-")) text = text.replace(NO_CENTS, "$100");
  return text.replace(FORTRAN, "$1e$2").trim();
}

const sign = (isNegative: boolean, value: number): number => (isNegative ? -value : value) + 0; // -0 is 0

/** 1,5 and 1.5, which most cells are: the short way. */
function readSimple(cell: string): WrittenNumber | undefined {
  const match = SIMPLE.exec(cell);
  if (!match) return undefined;
  const [, whole, fraction] = match;
  const isComma = cell[whole.length] === ",";
  const asDecimal = Number(`${whole}.${fraction}`) + 0;
  const isThousands = fraction.length === 3 && /^[+-]?[1-9]\d{0,2}$/.test(whole);
  const asThousands = isThousands ? Number(whole + fraction) : Number.NaN;
  const [point, comma] = isComma ? [asThousands, asDecimal] : [asDecimal, asThousands];
  return { point, comma, currency: "", suffix: "", isLong: false };
}

/** Feet and inches, 5'11", as inches. */
function readFeet(cell: string): WrittenNumber | undefined {
  const match = FEET.exec(cell);
  if (!match) return undefined;
  const inches = 12 * Number(match[1]) + Number(match[2]);
  return { point: inches, comma: inches, currency: "", suffix: "inch", isLong: false };
}

/** The 0 of bookkeeping. */
function readZero(text: string): WrittenNumber | undefined {
  const match = ZERO_AMOUNT.exec(text);
  return match ? { point: 0, comma: 0, currency: match[1] ?? match[2], suffix: "", isLong: false } : undefined;
}

/** Takes a cell apart, or undefined where it is no number. */
export function readNumber(cell: string): WrittenNumber | undefined {
  if (cell.length > LONGEST) return undefined;
  const simple = readSimple(cell) ?? readFeet(cell);
  if (simple) return simple;
  let text = normalize(cell);
  const zero = readZero(text);
  if (zero) return zero;
  const isTrailing = text.length > 1 && text.endsWith("-"); // 123-, as some bookkeeping programs write it
  if (isTrailing) text = text.slice(0, -1).trim();
  const match = NUMBER.exec(text);
  if (!match) return undefined;
  const [, open, sign1, currency = "", sign2, digits, exponent1, exponent2, rest = "", close] = match;
  const exponent = exponent1 ?? exponent2;
  if ((open === undefined) !== (close === undefined)) return undefined;
  const signs = [sign1, sign2, open && "-", isTrailing && "-"].filter(Boolean);
  // 20150104T000000 is no number of anything, and "12 Main Street" is no 12 of a unit
  if (/\d\d/.test(rest) || (/\p{Lu}\p{Ll}+ \p{Lu}/u.test(rest) && !/^sq/i.test(rest))) return undefined;
  if (signs.length > 1 || (currency !== "" && IS_CURRENCY.test(rest.trim()))) return undefined;
  const body = digits.trim();
  const isNegative = signs[0] === "-";
  const point = sign(isNegative, readBody(body, ".", exponent));
  const comma = sign(isNegative, readBody(body, ",", exponent));
  if (Number.isNaN(point) && Number.isNaN(comma)) return undefined;
  const suffix = rest.trim();
  const isCurrency = IS_CURRENCY.test(suffix);
  return {
    point,
    comma,
    currency: isCurrency ? suffix : currency,
    suffix: isCurrency ? "" : suffix,
    isLong: body.length >= LONG_INTEGER && DIGITS.test(body),
  };
}

/** Of what is counted: 1.2k, 3M, 4 bn. */
const MAGNITUDES: Readonly<Record<string, number>> = {
  k: 1e3,
  K: 1e3,
  M: 1e6,
  mn: 1e6,
  mio: 1e6,
  Mio: 1e6,
  mln: 1e6,
  million: 1e6,
  B: 1e9,
  bn: 1e9,
  Bn: 1e9,
  mrd: 1e9,
  Mrd: 1e9,
  billion: 1e9,
  T: 1e12,
  tn: 1e12,
  trillion: 1e12,
};
/** Of units of measure: kg, cm, MB. */
const SI: Readonly<Record<string, number>> = {
  n: 1e-9,
  µ: 1e-6,
  u: 1e-6,
  m: 1e-3,
  c: 1e-2,
  d: 1e-1,
  k: 1e3,
  K: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
};

const factorOf = (table: Readonly<Record<string, number>>, prefix: string): number | undefined =>
  Object.hasOwn(table, prefix) ? table[prefix] : undefined;

/** Spellings of one unit are one: years and year, KM and km, 1st and 2nd. */
export function unitName(suffix: string): string {
  const name = suffix.replace(/ +/g, " ").replace(/\.$/, "");
  if (/^(st|nd|rd|th)$/i.test(name)) return "th";
  if (name.length < 3) return name;
  const folded = /^\p{Lu}/u.test(name) && name !== name.toUpperCase() ? name : name.toLowerCase();
  return folded.length > 3 ? folded.replace(/s$/, "") : folded;
}

export function unitOf({ currency, suffix }: Pick<WrittenNumber, "currency" | "suffix">): string {
  return [currency, unitName(suffix)].filter(Boolean).join(" ");
}

/** What a number in this unit is to be multiplied by, or undefined where the unit is another. */
function unitFactor(written: WrittenNumber, { unit, hasMagnitudes }: NumberNotation): number | undefined {
  const own = unitOf(written);
  if (own === unit || own === "") return 1;
  if (!hasMagnitudes) return written.suffix === "" && written.currency === unit ? 1 : undefined;
  const isAmount = unit === "" || IS_CURRENCY.test(unit);
  if (isAmount && (written.currency === "" || written.currency === unit))
    return factorOf(MAGNITUDES, unitName(written.suffix)) ?? factorOf(MAGNITUDES, written.suffix.toUpperCase());
  return own.endsWith(unit) ? factorOf(SI, own.slice(0, own.length - unit.length)) : undefined;
}

/** The value of a cell in a column of this notation, NaN where it is none. Infinity for what float32 can't hold. */
export function valueOf(written: WrittenNumber | undefined, notation: NumberNotation): number {
  if (!written) return Number.NaN;
  const factor = unitFactor(written, notation);
  if (factor === undefined) return Number.NaN;
  const isPoint = notation.decimal === "." || Number.isNaN(written.comma); // 70.5 € among 1,5 €
  const value = isPoint ? written.point : written.comma;
  const scaled = factor === 1 ? value : value * factor;
  return Number.isNaN(scaled) || isFloat32(scaled) ? scaled : Infinity;
}

/**
 * A number that was written in plain notation: thousands in a column of decimal commas, where its text has that form.
 * @param misleads whether its text has not the decimals that the number shows
 */
export function plainValue(value: number, misleads: boolean, { decimal }: NumberNotation): number {
  return decimal === "," && mayBeThousands(value, misleads) ? Math.round(value * 1000) : value;
}

/** What speaks for one decimal mark or the other, in numbers of cells. */
export interface Evidence {
  point: number;
  comma: number;
  /** Written so that both marks give a number, and another one. */
  ambiguous: number;
  /** Plain numbers of exactly three decimals, which may be thousands. */
  pointThousands: number;
  /** Plain whole numbers below 1000, and others. */
  small: number;
  large: number;
}

export function noEvidence(): Evidence {
  return { point: 0, comma: 0, ambiguous: 0, pointThousands: 0, small: 0, large: 0 };
}

export function addWritten(evidence: Evidence, { point, comma }: WrittenNumber, count: number): void {
  if (point === comma) return;
  if (Number.isNaN(comma)) evidence.point += count;
  else if (Number.isNaN(point)) evidence.comma += count;
  else evidence.ambiguous += count;
}

/** @param misleads whether its text has not the decimals that the number shows */
export function addPlain(evidence: Evidence, value: number, misleads: boolean): void {
  if (mayBeThousands(value, misleads)) evidence.pointThousands++;
  else if (!Number.isInteger(value)) evidence.point++;
  else if (Math.abs(value) < 1000) evidence.small++;
  else evidence.large++;
}

/** The decimal mark that a column shows by itself; undefined where it shows none. */
export function ownDecimal({ point, comma }: Evidence): "." | "," | undefined {
  if (point === 0 && comma === 0) return undefined;
  return comma > point ? "," : ".";
}

/** The decimal mark that a table's columns show, for those that show none. */
export interface TableDecimal {
  readonly mark?: "." | ",";
  /** None of them shows the other one. */
  readonly isOnly: boolean;
}

/**
 * The decimal mark of a column: its own, else the table's, else the point. Plain numbers of three decimals are taken
 * for thousands by the table's commas where nothing speaks against it: no whole number that has no mark between its
 * thousands, no column with decimal points.
 */
export function decimalOf(evidence: Evidence, { mark, isOnly }: TableDecimal): "." | "," {
  const { pointThousands, ambiguous, large } = evidence;
  const isOpen = pointThousands === 0 || ambiguous > 0 || (large === 0 && isOnly);
  return ownDecimal(evidence) ?? (isOpen ? mark : undefined) ?? ".";
}

/**
 * Whether 1.234 and 950 in one column look like thousands with a point and small numbers without: all fractions have
 * three decimals, which rounded measurements have too, but whole numbers lie among them, which those seldom do.
 */
export function mayMixThousands(evidence: Evidence, cells: number): boolean {
  const { pointThousands, small, point } = evidence;
  return point === 0 && pointThousands >= 5 && small >= 3 && small > cells / 20;
}

/**
 * The unit of a column's cells, and whether its prefixes count.
 * @param cells how many cells have each unit, those without any at "" : by currency, then by suffix
 */
export function commonUnit(cells: ReadonlyMap<string, { readonly written: WrittenNumber; count: number }>): {
  unit: string;
  hasMagnitudes: boolean;
} {
  const units = [...cells].filter(([unit]) => unit !== "").sort((a, b) => b[1].count - a[1].count);
  if (units.length === 0) return { unit: "", hasMagnitudes: false };
  const amounts = commonAmount([...cells]);
  if (amounts !== undefined) return { unit: amounts, hasMagnitudes: true };
  const shortest = units.map(([unit]) => unit).sort((a, b) => a.length - b.length)[0];
  const isFamily = units.every(([unit]) => unit === shortest || isPrefixed(unit, shortest));
  if (units.length > 1 && isFamily) return { unit: shortest, hasMagnitudes: true };
  return { unit: units[0][0], hasMagnitudes: false };
}

const isPrefixed = (unit: string, base: string): boolean =>
  unit.endsWith(base) && factorOf(SI, unit.slice(0, unit.length - base.length)) !== undefined;

/** The currency of amounts such as 500, 1.2k and $3M, where they are such; "" for none. */
function commonAmount(
  cells: readonly (readonly [string, { readonly written: WrittenNumber; count: number }])[],
): string | undefined {
  const suffixes = new Set(cells.map(([, { written }]) => written.suffix));
  const currencies = new Set(cells.map(([, { written }]) => written.currency).filter(Boolean));
  const known = [...suffixes].every(
    (suffix) => suffix === "" || factorOf(MAGNITUDES, unitName(suffix)) || factorOf(MAGNITUDES, suffix.toUpperCase()),
  );
  const counted = [...suffixes].filter(Boolean);
  if (!known || counted.length === 0 || currencies.size > 1) return undefined;
  // "80 m" and "75" are metres; "8k" alone may be anything, and needs no factor
  const isSure = currencies.size === 1 || suffixes.size > 1;
  const isSmallM = counted.every((suffix) => suffix === "m" || suffix === "t" || suffix === "b");
  return isSure && (!isSmallM || currencies.size === 1) ? ([...currencies][0] ?? "") : undefined;
}
