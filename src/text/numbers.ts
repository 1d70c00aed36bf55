// Numbers as people read them: the one place that turns a number into text. Everything is ASCII; a page passes its
// texts through `typeset`.

const NONE = "-"; // what is not a number
const DIGITS = 4;
const LARGE = 1e6; // from here on, and below SMALL, powers of ten
const SMALL = 1e-4;

/** Rounds to significant digits, for numbers that a program goes on with. */
export function roundTo(value: number, digits: number): number {
  return Number(value.toPrecision(digits));
}

/** With so many decimals, zeros too. */
export function withDecimals(value: number, decimals: number): string {
  return value.toFixed(decimals);
}

function trimZeros(text: string): string {
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

function groupThousands(text: string): string {
  return text.replace(/\B(?=(\d{3})+$)/g, ",");
}

/** `1.2e-7`, `3.4e+20` */
function formatPower(value: number, digits: number): string {
  const [mantissa, exponent] = value.toExponential(digits - 1).split("e");
  return `${trimZeros(mantissa)}e${exponent}`;
}

/**
 * A number with `digits` significant digits, trailing zeros dropped: `0.0123`, `-1.25`, `12,346`. Below a million its
 * whole part is never rounded away; from there on, and below 0.0001, it is a power of ten: `3.4e+20`. NaN is `-`.
 * @example formatNumber(0.12345) // "0.1235" (digits: 4)
 */
export function formatNumber(value: number, digits = DIGITS): string {
  if (Number.isNaN(value)) return NONE;
  if (value === 0 || !Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size >= LARGE || size < SMALL) return formatPower(value, digits);
  const decimals = Math.max(0, digits - 1 - Math.floor(Math.log10(size)));
  const text = value.toFixed(decimals);
  return decimals > 0 ? trimZeros(text) : groupThousands(text);
}

/** formatNumber with a sign: `+0.1`, `-3`, `0`. */
export function formatSigned(value: number, digits?: number): string {
  return (value > 0 ? "+" : "") + formatNumber(value, digits);
}

/** A count, rounded to a whole number: `1,437`. */
export function formatCount(count: number): string {
  return Number.isFinite(count) ? groupThousands(String(Math.round(count))) : formatNumber(count);
}

/** `97.2 %`; a share of less than 0.1 % with one significant digit, so that it does not read as none: `0.04 %`. */
export function formatPercent(share: number): string {
  if (!Number.isFinite(share)) return NONE;
  const percents = 100 * share;
  const isTiny = percents !== 0 && Math.abs(percents) < 0.1;
  return `${isTiny ? formatNumber(percents, 1) : percents.toFixed(1)} %`;
}

/** formatPercent with a sign: `+1.5 %`. */
export function formatSignedPercent(share: number): string {
  return (share > 0 ? "+" : "") + formatPercent(share);
}

/** A score: accuracy in percent, or R² to three places; an R² below 0, no better than the mean, is `below 0`. */
export function formatScore(score: number, isAccuracy: boolean): string {
  if (isAccuracy) return formatPercent(score);
  if (Number.isNaN(score)) return NONE;
  return score < 0 ? "below 0" : score.toFixed(3);
}

/**
 * Cuts a positive number to significant digits, never up: what holds "at this rate or less" holds at the cut rate.
 * @example cutTo(0.31899, 3) // 0.318
 */
export function cutTo(value: number, digits: number): number {
  const rounded = roundTo(value, digits);
  if (!(rounded > value)) return rounded;
  const [mantissa, exponent] = value.toExponential(20).split("e");
  return Number(`${mantissa.slice(0, digits + 1)}e${exponent}`);
}

/** A rate below which something holds, cut to three significant digits: `0.318`. */
export function formatRate(rate: number): string {
  return formatNumber(cutTo(rate, 3), 3);
}

const BYTE_UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

/** `1.5 GiB` */
export function formatBytes(bytes: number): string {
  const power = Math.min(BYTE_UNITS.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, bytes)) / 10)));
  return `${formatNumber(bytes / 1024 ** power, 3)} ${BYTE_UNITS[power]}`;
}

/** Seconds, rounded up: `45 s`, `3 min 20 s`, `2 h 5 min`. */
export function formatDuration(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  return minutes < 60 ? `${minutes} min ${whole % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/**
 * The ends of a range, or one number where both read the same; a unit that both have stands once: `97.2..98.1 %`.
 * @param between " to " in sentences
 */
export function formatRange(low: number, high: number, format = (end: number) => formatNumber(end), between = "..") {
  const [first, last] = [format(low), format(high)];
  if (first === last) return first;
  return (last.endsWith(" %") ? first.replace(/ %$/, "") : first) + between + last;
}

/** The word for one or for many: `unit`, `units`; `is`, `are`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return count === 1 ? one : many;
}

/** `1 unit`, `1,437 units` */
export function countOf(count: number, one: string, many?: string): string {
  return `${formatCount(count)} ${plural(count, one, many)}`;
}

/** `a`, `a and b`, `a, b and c` */
export function listWords(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

/** For HTML and SVG, never for a terminal: U+2212 before a number, and a percent sign that does not leave it. */
export function typeset(text: string): string {
  return text.replace(/(?<![\w-])-(?=\.?\d|Infinity)/g, "\u2212").replace(/(?<=\d) %/g, "\u00a0%");
}
