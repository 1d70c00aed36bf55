// Checks of what was stored and comes back, perhaps changed by anybody: each takes a path and a value, and gives the
// value back with its type or refuses it with code "format".
import { describe, memberPath } from "./checks.js";
import { RelumineError } from "./errors.js";

export type Check<T> = (path: string, value: unknown) => T;
export type StoredArray = Float32Array | Float64Array | Uint8Array | Uint32Array;

export function refuseStored(path: string, expected: string, given: unknown): never {
  throw new RelumineError("format", path, expected, describe(given));
}

/** Any number, also one that is not finite. */
export const number: Check<number> = (path, value) =>
  typeof value === "number" ? value : refuseStored(path, "to be a number", value);

export const numberFrom =
  (low: number, high = Infinity): Check<number> =>
  (path, value) =>
    typeof value === "number" && value >= low && value <= high
      ? value
      : refuseStored(path, `to be a number from ${low} to ${high}`, value);

export const text: Check<string> = (path, value) =>
  typeof value === "string" ? value : refuseStored(path, "to be text", value);

export const either =
  <A, B>(first: Check<A>, second: Check<B>): Check<A | B> =>
  (path, value) =>
    typeof value === "string" ? first(path, value) : second(path, value);

/** Whatever it is: who needs it checks it. */
export const anything: Check<object> = (_path, value) => value as object;

export const flag: Check<boolean> = (path, value) =>
  typeof value === "boolean" ? value : refuseStored(path, "to be true or false", value);

export const integer =
  (low: number, high = Number.MAX_SAFE_INTEGER): Check<number> =>
  (path, value) =>
    Number.isSafeInteger(value) && (value as number) >= low && (value as number) <= high
      ? (value as number)
      : refuseStored(path, `to be an integer from ${low} to ${high}`, value);

export const oneOf =
  <T extends string>(names: readonly T[]): Check<T> =>
  (path, value) =>
    names.includes(value as T) ? (value as T) : refuseStored(path, `to be one of ${names.join(", ")}`, value);

export const optional =
  <T>(check: Check<T>): Check<T | undefined> =>
  (path, value) =>
    value === undefined ? undefined : check(path, value);

/** Numbers of one kind, `length` of them, each of which passes. */
export const numbers =
  <A extends StoredArray>(
    kind: new (length: number) => A,
    length: number,
    isFine: (value: number) => boolean = () => true,
  ): Check<A> =>
  (path, value) => {
    if (!(value instanceof kind) || value.length !== length)
      refuseStored(path, `to be a ${kind.name} of ${length} numbers`, value);
    const at = (value as Float64Array).findIndex((each) => !isFine(each));
    return at < 0 ? value : refuseStored(`${path}[${at}]`, "to be within its range", value[at]);
  };

/** As many as the others, which the check of each place says; else from `least` to `most`. */
export const list =
  <T>(check: Check<T> | readonly Check<T>[], least = 0, most = Infinity): Check<T[]> =>
  (path, value) => {
    const isWanted = Array.isArray(check) ? (n: number) => n === check.length : (n: number) => n >= least && n <= most;
    if (!Array.isArray(value) || !isWanted(value.length))
      refuseStored(path, "to be a list as long as it has to be", value);
    return (value as unknown[]).map((each, i) => (Array.isArray(check) ? check[i] : check)(`${path}[${i}]`, each));
  };

/** These members and no others. */
export const object =
  <T extends object>(checks: { readonly [Name in keyof T]-?: Check<T[Name]> }): Check<T> =>
  (path, value) => {
    if (typeof value !== "object" || value === null || Array.isArray(value) || ArrayBuffer.isView(value))
      refuseStored(path, "to be an object", value);
    const given = value as Record<string, unknown>;
    const other = Object.keys(given).find((name) => !Object.hasOwn(checks, name));
    if (other !== undefined) refuseStored(memberPath(path, other), "not to be there", given[other]);
    const members = Object.entries(checks as Record<string, Check<unknown>>).map(([name, check]) => [
      name,
      check(memberPath(path, name), Object.hasOwn(given, name) ? given[name] : undefined),
    ]);
    return Object.fromEntries(members.filter(([, member]) => member !== undefined)) as T;
  };
