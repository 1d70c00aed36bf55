// How figures are written.

/** Seconds to three digits, in microseconds, milliseconds or seconds. */
export function time(seconds: number): string {
  if (seconds < 0.9995e-3) return `${digits(seconds * 1e6)} us`;
  return seconds < 0.9995 ? `${digits(seconds * 1e3)} ms` : `${digits(seconds)} s`;
}

/** Three digits, and no exponent. */
function digits(value: number): string {
  return String(Number(value.toPrecision(3)));
}
