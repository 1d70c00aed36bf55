// Argument checks: each either returns the value with its type or throws a RelumineError that says what was given and what is wanted.
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

function rangeText({ low, high, openLow, openHigh }: NumberRange): string {
  const parts = [];
  if (low !== undefined) parts.push(openLow ? `above ${low}` : `at least ${low}`);
  if (high !== undefined) parts.push(openHigh ? `below ${high}` : `at most ${high}`);
  return parts.length === 0 ? "" : `, ${parts.join(" and ")}`;
}

function isInRange(value: number, { low, high, openLow, openHigh }: NumberRange): boolean {
  return (
    (low === undefined || (openLow ? value > low : value >= low)) &&
    (high === undefined || (openHigh ? value < high : value <= high))
  );
}

/** A number that float32 can hold, within the range. */
export function checkNumber(name: string, value: unknown, range: NumberRange = {}): number {
  if (typeof value !== "number" || !isFloat32(value) || !isInRange(value, range)) {
    throw new RelumineError("value", `${name} is ${describe(value)}; wanted is a finite number${rangeText(range)}`);
  }
  return value;
}

export function checkInteger(name: string, value: unknown, range: NumberRange): number {
  if (!Number.isSafeInteger(value) || !isInRange(value as number, range)) {
    throw new RelumineError("value", `${name} is ${describe(value)}; wanted is a whole number${rangeText(range)}`);
  }
  return value as number;
}

export function checkName<T extends string>(what: string, value: unknown, names: readonly T[]): T {
  if (!names.includes(value as T)) {
    const hint = typeof value === "string" ? suggestion(value, names) : "";
    throw new RelumineError("value", `${what} is ${describe(value)}; wanted is one of ${names.join(", ")}.${hint}`);
  }
  return value as T;
}

export function checkBoolean(name: string, value: unknown): boolean {
  if (typeof value !== "boolean")
    throw new RelumineError("value", `${name} is ${describe(value)}; wanted is true or false`);
  return value;
}

export function checkFunction<T>(name: string, value: T): T {
  if (typeof value !== "function")
    throw new RelumineError("value", `${name} is ${describe(value)}; wanted is a function`);
  return value;
}

/** An options object; names that are not known are refused, with the nearest one suggested. */
export function checkOptions<T extends object>(name: string, value: T | undefined, known: readonly string[]): T {
  if (value === undefined) return {} as T;
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new RelumineError("value", `${name} is ${describe(value)}; wanted is an object`);
  }
  for (const [key, given] of Object.entries(value)) {
    if (given !== undefined && !known.includes(key))
      throw new RelumineError(
        "value",
        `${name} has no "${key}"; known are ${known.join(", ")}.${suggestion(key, known)}`,
      );
  }
  return value;
}
