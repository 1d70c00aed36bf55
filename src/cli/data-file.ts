// Files of data: opened for as long as they are read, and the embedded digits.
import type { DataSource } from "../arrays/open.js";
import { suggestion } from "../core/suggestion.js";
import { about, openFile, readPieces } from "./files.js";

export const EMBEDDED = "digits";
/** Of the embedded set: its target, and what to divide its pixels by. */
export const EMBEDDED_FACTS = { target: "digit", divisor: 16 };

/**
 * Reads what a file holds.
 * @throws RelumineError whose message begins with the file's name
 */
export async function withDataFile<T>(name: string, task: (source: DataSource) => Promise<T>): Promise<T> {
  const path = name === EMBEDDED ? new URL("digits.csv.gz", import.meta.url) : name;
  const kinds = "CSV, .npy, .npz, .safetensors, IDX, Parquet";
  const expected = `to be a file of data (${kinds}), or "${EMBEDDED}" for the embedded set`;
  const wanted = { expected, hint: suggestion(name, [EMBEDDED]) };
  const file = await openFile(path, name, wanted);
  try {
    return await about(name, () => task(file ?? readPieces(path, name, wanted)));
  } finally {
    await file?.close();
  }
}
