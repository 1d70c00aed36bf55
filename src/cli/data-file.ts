// Files of data: opened for as long as they are read, and the embedded digits.
import type { DataSource } from "../arrays/open.js";
import { RelumineError, errorIn } from "../core/errors.js";
import { suggestion } from "../core/suggestion.js";
import { openFile, readPieces } from "./files.js";

export const EMBEDDED = "digits";
/** Of the embedded set: its target, and what to divide its pixels by. */
export const EMBEDDED_FACTS = { target: "digit", divisor: 16 };

/**
 * Reads what a file holds.
 * @throws RelumineError whose message begins with the file's name
 */
export async function withDataFile<T>(name: string, task: (source: DataSource) => Promise<T>): Promise<T> {
  const path = name === EMBEDDED ? new URL("digits.csv.gz", import.meta.url) : name;
  const expected = `to be a file of data (CSV, .npy, .npz, .safetensors, IDX, Parquet), or "${EMBEDDED}" for the embedded set`;
  const wanted = { expected, hint: suggestion(name, [EMBEDDED]) };
  const file = await openFile(path, name, wanted);
  try {
    return await task(file ?? readPieces(path, name, wanted));
  } catch (error) {
    if (error instanceof RelumineError && error.path !== name) throw errorIn(name, error);
    throw error;
  } finally {
    await file?.close();
  }
}
