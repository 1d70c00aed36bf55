// A name for plain data by what it holds: SHA-256 of its members in the order of their names, numbers as they are, and
// typed arrays by their bytes, so that rows need not be written out.
import { numberText } from "./canonical-json.js";
import { describe } from "./checks.js";
import { RelumineError } from "./errors.js";
import { Sha256 } from "./sha256.js";

function addMembers(hash: Sha256, value: object, path: string): void {
  const members = Object.entries(value as Record<string, unknown>)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  hash.add(`{${members.length} `);
  for (const [name, member] of members) {
    hash.add(`${JSON.stringify(name)}:`);
    addContent(hash, member, `${path}.${name}`);
  }
}

/** Each value says where it ends, by its length or a mark behind it: no two pieces of data are the same bytes. */
function addContent(hash: Sha256, value: unknown, path: string): void {
  if (ArrayBuffer.isView(value)) hash.add(`${value.constructor.name} ${value.byteLength} `).add(value);
  else if (Array.isArray(value)) {
    hash.add(`[${value.length} `);
    value.forEach((each, i) => addContent(hash, each, `${path}[${i}]`));
  } else if (typeof value === "number") hash.add(`${numberText(value)};`);
  else if (typeof value === "string" || typeof value === "boolean" || value === null || value === undefined)
    hash.add(`${JSON.stringify(value) ?? "undefined"};`);
  else if (typeof value === "object") addMembers(hash, value, path);
  else throw new RelumineError("value", path, "to be plain data", describe(value));
}

/**
 * 64 hexadecimal digits: the same for the same data, whatever the order of its members; absent and undefined are one.
 * @throws RelumineError "value" for functions
 */
export function nameContent(value: unknown): string {
  const hash = new Sha256();
  addContent(hash, value, "data");
  return hash.digest();
}
