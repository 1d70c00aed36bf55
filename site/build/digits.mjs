// The digits that pages train on, a file of 500 rows: for each its 64 pixels, then its class, a byte each; gzipped.
import { readFileSync } from "node:fs";
import { gunzipSync, gzipSync } from "node:zlib";

const ROWS = 500; // enough to learn from ...
const GREYS = 4; // ... and small enough to send: of 16 steps of grey every fourth is kept

/** The first rows of the package's table. */
export function digits() {
  const table = gunzipSync(readFileSync(new URL("../../src/cli/digits.csv.gz", import.meta.url))).toString();
  const rows = table
    .trim()
    .split("\n")
    .slice(1, ROWS + 1)
    .map((line) => line.split(",").map(Number));
  return gzipSync(
    Uint8Array.from(
      rows.flatMap((row) => row.map((value, at) => (at < 64 ? Math.round(value / GREYS) * GREYS : value))),
    ),
    { level: 9 },
  );
}
