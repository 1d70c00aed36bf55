// Argument checks: each either returns the value with its type or throws a RelumineError that names the path.
import { RelumineError } from "./errors.js";
import { suggestion } from "./suggestion.js";

const MAX_FLOAT32 = 3.4028234663852886e38;

/** A value as an error message names it, in a few words. */
export function describe(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  if (typeof value === "function") return "a function";
  if (Array.isArray(value)) return `an array of length ${value.length}`;
  if (ArrayBuffer.isView(value)) return `a ${value.constructor.name} of ${value.byteLength} bytes`;
  if (typeof value === "object" && value !== null) return "an object";
  return typeof value === "bigint" ? `${value}n` : String(value);
}

export function isFloat32(value: number): boolean {
  return Math.abs(value) <= MAX_FLOAT32;
}

export interface NumberRange {
  readonly low?: number;
  readonly high?: number;
  /** The ends themselves are not allowed. */
  readonly openLow?: boolean;
  readonly openHigh?: boolean;
}

/** ` of at least 0 and below 1` */
function rangeText({ low, high, openLow, openHigh }: NumberRange): string {
  const parts = [];
  if (low !== undefined) parts.push(openLow ? `above ${low}` : `at least ${low}`);
  if (high !== undefined) parts.push(openHigh ? `below ${high}` : `at most ${high}`);
  if (parts.length === 0) return "";
  const isOpen = low === undefined ? openHigh : openLow;
  return `${isOpen ? "" : " of"} ${parts.join(" and ")}`;
}

function isInRange(value: number, { low, high, openLow, openHigh }: NumberRange): boolean {
  return (
    (low === undefined || (openLow ? value > low : value >= low)) &&
    (high === undefined || (openHigh ? value < high : value <= high))
  );
}

/** A number that float32 can hold, within the range. */
export function checkNumber(path: string, value: unknown, range: NumberRange = {}): number {
  if (typeof value === "number" && isFloat32(value) && isInRange(value, range)) return value;
  throw new RelumineError("value", path, `to be a finite number${rangeText(range)}`, describe(value));
}

export function checkInteger(path: string, value: unknown, range: NumberRange): number {
  if (Number.isSafeInteger(value) && isInRange(value as number, range)) return value as number;
  throw new RelumineError("value", path, `to be an integer${rangeText(range)}`, describe(value));
}

/** Each a length: an integer of at least 0, and below `limit`. */
export function checkSizes(path: string, sizes: Readonly<Record<string, number>>, limit = Infinity): void {
  for (const [part, size] of Object.entries(sizes)) {
    if (!Number.isSafeInteger(size) || size < 0 || size >= limit)
      throw new RelumineError("shape", `${path}.${part}`, "to be an integer of at least 0", describe(size));
  }
}

export function checkName<T extends string>(path: string, value: unknown, names: readonly T[]): T {
  if (names.includes(value as T)) return value as T;
  const hint = typeof value === "string" ? suggestion(value, names) : "";
  throw new RelumineError("value", path, `to be one of ${names.join(", ")}`, describe(value), hint);
}

export function checkBoolean(path: string, value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw new RelumineError("value", path, "to be true or false", describe(value));
}

export function checkFunction<T>(path: string, value: T): T {
  if (typeof value === "function") return value;
  throw new RelumineError("value", path, "to be a function", describe(value));
}

/** `fit.epochs`, `metadata["a b"]` */
export function memberPath(path: string, name: string): string {
  return /^[\w$]{1,40}$/.test(name) ? `${path}.${name}` : `${path}[${describe(name)}]`;
}

/**
 * The options that an object holds, each read once: what its getters say later does not matter. Names that are not
 * known, inherited ones too, are refused with the nearest one suggested.
 */
export function checkOptions<T extends object>(path: string, value: T | undefined, known: readonly string[]): T {
  if (value === undefined) return {} as T;
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new RelumineError("value", path, "to be an object", describe(value));
  }
  const given = value as Record<string, unknown>;
  for (const name in given) {
    if (!known.includes(name) && given[name] !== undefined) {
      const names = `to have a known name (${known.join(", ")})`;
      throw new RelumineError("value", memberPath(path, name), names, describe(name), suggestion(name, known));
    }
  }
  const options: Record<string, unknown> = {};
  for (const name of known) {
    const option = given[name];
    if (option !== undefined) options[name] = option;
  }
  return options as T;
}

/** That it is aborted shows, and can be listened for. */
function isSignal(value: unknown): value is AbortSignal {
  const { aborted, addEventListener, removeEventListener } = (value ?? {}) as Partial<AbortSignal>;
  return (
    typeof aborted === "boolean" && typeof addEventListener === "function" && typeof removeEventListener === "function"
  );
}

export function checkSignal(signal: AbortSignal | undefined, path = "signal"): AbortSignal | undefined {
  if (signal === undefined || isSignal(signal)) return signal;
  throw new RelumineError("value", path, "to be an AbortSignal", describe(signal));
}
