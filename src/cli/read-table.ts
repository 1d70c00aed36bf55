// Files -> tables. Gzip is known by its first bytes, whatever the name.
import { gunzipSync } from "node:zlib";
import { RelumineError, errorIn } from "../core/errors.js";
import { readBytes } from "./files.js";
import { suggestion } from "../core/suggestion.js";
import { type NamedTable, parseCsv } from "../table/csv.js";

const EMBEDDED = "digits";
const MAX_BYTES = 400_000_000; // a JavaScript string holds little more

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
  const expected = `to be a CSV file, or "${EMBEDDED}" for the embedded digits`;
  const bytes = await readBytes(path, source, { expected, maxBytes: MAX_BYTES, hint: suggestion(source, [EMBEDDED]) });
  const text = decode(unpack(bytes, source), source);
  try {
    const table = parseCsv(text);
    return isEmbedded ? { name: source, table, known: { target: "digit", divisor: 16 } } : { name: source, table };
  } catch (error) {
    if (error instanceof RelumineError) throw errorIn(source, error);
    throw error;
  }
}
