// One text for one value: members in the order of their names (by code units), no spaces, absent ones left out, and
// numbers as JSON writes them but for -0, which JSON reads and does not write.
import { describe } from "./checks.js";
import { RelumineError } from "./errors.js";

/** As JavaScript writes numbers, but -0 with its sign. */
export const numberText = (value: number): string => (Object.is(value, -0) ? "-0" : String(value));

/** @throws RelumineError "value" for what is no JSON: a function, or a number that is not finite */
export function canonicalJson(value: unknown, path = "value"): string {
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw new RelumineError("value", path, "to have finite numbers", describe(value));
    return numberText(value);
  }
  if (typeof value === "string" || typeof value === "boolean" || value === null) return JSON.stringify(value);
  if (ArrayBuffer.isView(value)) return canonicalJson(Array.from(value as Float32Array), path);
  if (Array.isArray(value))
    return `[${value.map((each, i) => canonicalJson(each ?? null, `${path}[${i}]`)).join(",")}]`;
  if (typeof value !== "object") throw new RelumineError("value", path, "to be plain data", describe(value));
  const members = Object.keys(value)
    .sort()
    .filter((name) => (value as Record<string, unknown>)[name] !== undefined)
    .map(
      (name) => `${JSON.stringify(name)}:${canonicalJson((value as Record<string, unknown>)[name], `${path}.${name}`)}`,
    );
  return `{${members.join(",")}}`;
}
