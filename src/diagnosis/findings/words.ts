// The words and figures that findings are made of.

const MOST_NAMED = 8;

/** `3, 5, 8` or `3, 5, 8 ... (and 12 more)` */
export function listOf(indices: readonly number[]): string {
  const named = indices.slice(0, MOST_NAMED).join(", ");
  return indices.length <= MOST_NAMED ? named : `${named} ... (and ${indices.length - MOST_NAMED} more)`;
}

/** Three digits that count. */
export function figure(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  return size >= 1e5 || size < 1e-3 ? value.toExponential(2) : String(Number(value.toPrecision(3)));
}

/** `12.3 %` */
export function percent(share: number): string {
  return `${figure(100 * share)} %`;
}

/** `1 unit`, `2 units` */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** The word for one or for many. */
export function either(number: number, one: string, many: string): string {
  return number === 1 ? one : many;
}
