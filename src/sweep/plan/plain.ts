// Plans are data: what is copied here is what JSON can hold.
import { describe, memberPath } from "../../core/checks.js";
import { RelumineError } from "../../core/errors.js";
import { isJsonObject } from "../../core/strict-json.js";

const MOST_DEEP = 20;

export type Plain = string | number | boolean | null | Plain[] | { [name: string]: Plain };
export type PlainObject = { [name: string]: Plain };

export const isPlainObject = (value: unknown): value is PlainObject => isJsonObject(value);

/**
 * A copy of its own, typed arrays as lists.
 * @throws RelumineError "value" for functions, numbers that are not finite, and what never ends
 */
export function copyPlain(path: string, value: unknown, depth = 0): Plain {
  if (depth > MOST_DEEP)
    throw new RelumineError("value", path, `to be nested at most ${MOST_DEEP} levels deep`, "more");
  if (typeof value === "number") {
    if (Number.isFinite(value)) return value;
    throw new RelumineError("value", path, "to be a finite number", describe(value));
  }
  if (typeof value === "string" || typeof value === "boolean" || value === null) return value;
  if (Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView)))
    return Array.from(value as unknown[], (each, i) => copyPlain(`${path}[${i}]`, each, depth + 1));
  const isData = typeof value === "object" && [null, Object.prototype].includes(Object.getPrototypeOf(value) as null);
  if (!isData) throw new RelumineError("value", path, "to be plain data", describe(value));
  const copy: PlainObject = {};
  for (const [name, each] of Object.entries(value))
    if (each !== undefined && name !== "__proto__") copy[name] = copyPlain(memberPath(path, name), each, depth + 1);
  return copy;
}

/** `spec.layers[0].units` as its steps; undefined for what is no path. */
export function parsePath(text: string): readonly string[] | undefined {
  if (!/^[\w$]+(\.[\w$]+|\[\d+\])*$/.test(text)) return undefined;
  return text.split(/\.|\[|\]\.?/).filter((step) => step !== "");
}

/** The paths of a value and of all that it holds. */
export function pathsOf(value: Plain, path = ""): string[] {
  const join = (name: string) => (path === "" ? name : `${path}.${name}`);
  const own = path === "" ? [] : [path];
  if (Array.isArray(value)) return [...own, ...value.flatMap((each, i) => pathsOf(each, `${path}[${i}]`))];
  if (!isPlainObject(value)) return own;
  return [...own, ...Object.entries(value).flatMap(([name, each]) => pathsOf(each, join(name)))];
}

/** Puts a value at a path; what the way there lacks is taken from `full`. */
export function setAt(target: PlainObject, full: PlainObject, steps: readonly string[], value: Plain): void {
  let [at, known] = [target, full as Plain | undefined];
  steps.slice(0, -1).forEach((step) => {
    known = (known as PlainObject | undefined)?.[step];
    if (typeof at[step] !== "object" || at[step] === null) at[step] = structuredClone(known ?? {});
    at = at[step] as PlainObject;
  });
  at[steps[steps.length - 1]] = value;
}
