// The embedded handwritten digits as the literature tests use them: pixels / 16, 1437 rows to train on and 360 held
// out.
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import type { DataSet } from "../../src/index.js";
import { seededRandom } from "./random.js";

const TRAINING_ROWS = 1437;

function shuffled<T>(items: readonly T[], seed: number): T[] {
  const random = seededRandom(seed);
  return items
    .map((item) => ({ item, key: random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
}

function toDataSet(rows: readonly number[][]): DataSet & { readonly x: number[][] } {
  return { x: rows.map((row) => row.slice(0, -1).map((pixel) => pixel / 16)), y: rows.map((row) => row.at(-1)!) };
}

/** Training and held-out rows; the seed decides which are which. A bundle lies elsewhere and says where the file is. */
export function loadDigits(seed = 0, file: string | URL = new URL("../../src/cli/digits.csv.gz", import.meta.url)) {
  const text = gunzipSync(readFileSync(file)).toString();
  const rows = shuffled(
    text
      .trim()
      .split(/\r?\n/)
      .slice(1)
      .map((line) => line.split(",").map(Number)),
    seed,
  );
  return { training: toDataSet(rows.slice(0, TRAINING_ROWS)), heldOut: toDataSet(rows.slice(TRAINING_ROWS)) };
}
