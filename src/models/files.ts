// The further files that a model names: only those that the caller gave, by exactly these names. A name in a model is a
// stranger's: it leads to no disk and no server.
import { describe } from "../core/checks.js";
import { RelumineError } from "../core/errors.js";

/** Names to contents. */
export type ModelFiles = ReadonlyMap<string, Uint8Array> | Readonly<Record<string, Uint8Array>>;

export function toFileMap(files: unknown): ReadonlyMap<string, Uint8Array> {
  if (files === undefined) return new Map();
  if (typeof files !== "object" || files === null)
    throw new RelumineError("value", "files", "to be a map or an object of names to Uint8Arrays", describe(files));
  const entries = files instanceof Map ? [...(files as Map<string, Uint8Array>)] : Object.entries(files);
  for (const [name, bytes] of entries)
    if (!(bytes instanceof Uint8Array))
      throw new RelumineError("value", `files[${describe(name)}]`, "to be a Uint8Array", describe(bytes));
  return new Map(entries as [string, Uint8Array][]);
}

const LEADS_OUT = /^[/\\]|^[a-z][a-z0-9+.-]*:|(^|[/\\])\.\.([/\\]|$)|\\|\0/i;

/** A path within the model's folder, as far as its text says. */
export const isWithinFolder = (name: string): boolean => name !== "" && !LEADS_OUT.test(name);

/**
 * The file that a model names.
 * @throws RelumineError "unsupported" for a path that leads elsewhere, "format" for a file that was not given
 */
export function namedFile(files: ReadonlyMap<string, Uint8Array>, what: string, name: string): Uint8Array {
  if (!isWithinFolder(name))
    throw new RelumineError(
      "unsupported",
      what,
      "to lie beside the model, by a path within its folder",
      describe(name),
    );
  const bytes = files.get(name) ?? files.get(name.slice(name.lastIndexOf("/") + 1));
  if (bytes !== undefined) return bytes;
  const hint = "Files beside a model are given as { files: { [name]: bytes } }";
  throw new RelumineError("format", what, "to be among the files that were given", describe(name), hint);
}
