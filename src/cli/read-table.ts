// Files -> tables: the only place that opens one. Gzip is known by its first bytes, whatever the name.
import { readFile, stat } from "node:fs/promises";
import { gunzipSync } from "node:zlib";
import { RelumineError, errorIn } from "../core/errors.js";
import { suggestion } from "../core/suggestion.js";
import { type NamedTable, parseCsv } from "../table/csv.js";

const EMBEDDED = "digits";
const MAX_BYTES = 400_000_000; // a JavaScript string holds little more

const REASONS: Record<string, string> = {
  ENOENT: "no such file",
  ENOTDIR: "no such file",
  EACCES: "no permission to read it",
  EPERM: "no permission to read it",
  ENAMETOOLONG: "a name that is too long for a file",
};

function fileError(source: string, error: unknown): RelumineError {
  const { code = "", message } = error as NodeJS.ErrnoException;
  const hint = code === "ENOENT" ? suggestion(source, [EMBEDDED]) : "";
  const expected = `to be a CSV file, or "${EMBEDDED}" for the embedded digits`;
  return new RelumineError("format", source, expected, REASONS[code] ?? `no readable file: ${message}`, hint);
}

async function readBytes(path: string | URL, source: string): Promise<Uint8Array> {
  try {
    const status = await stat(path);
    if (status.isDirectory()) throw new RelumineError("format", source, "to be a CSV file", "a directory");
    if (!status.isFile() && !status.isFIFO()) throw new RelumineError("format", source, "to be a CSV file", "a device");
    if (status.size > MAX_BYTES)
      throw new RelumineError("memory", source, `to have at most ${MAX_BYTES} bytes`, `${status.size}`);
    return await readFile(path);
  } catch (error) {
    throw error instanceof RelumineError ? error : fileError(source, error);
  }
}

function unpack(bytes: Uint8Array, source: string): Uint8Array {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: MAX_BYTES });
  } catch (error) {
    const reason =
      (error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE"
        ? `one of more than ${MAX_BYTES} bytes`
        : "a damaged one";
    throw new RelumineError("format", source, "to be a whole .csv.gz", reason);
  }
}

function decode(bytes: Uint8Array, source: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new RelumineError(
      "format",
      source,
      "to be comma-separated values saved as UTF-8",
      "bytes that are not UTF-8",
    );
  }
}

/**
 * Reads a CSV file, plain or gzipped, or the embedded digits.
 * @throws RelumineError "format" or "memory"; the message begins with the file's name
 */
export async function readTable(source: string): Promise<NamedTable> {
  const isEmbedded = source === EMBEDDED;
  const path = isEmbedded ? new URL("digits.csv.gz", import.meta.url) : source;
  const text = decode(unpack(await readBytes(path, source), source), source);
  try {
    const table = parseCsv(text);
    return isEmbedded ? { name: source, table, known: { target: "digit", divisor: 16 } } : { name: source, table };
  } catch (error) {
    if (error instanceof RelumineError) throw errorIn(source, error);
    throw error;
  }
}
