// A data set as a source of batches: the rows as they lie, so many a batch.
import type { BatchSource, DataSet, Samples } from "../../src/index.js";
import { takeSamples, toSamples } from "../../src/core/matrix.js";

/** Numbers of rows, one after the other. */
export const rowsFrom = (start: number, rows: number) => Array.from({ length: rows }, (_, r) => start + r);

export function* cut({ x, y, weights }: DataSet, size: number): Generator<DataSet> {
  const samples = toSamples("x", x);
  for (let start = 0; start < samples.rows; start += size) {
    const rows = rowsFrom(start, Math.min(size, samples.rows - start));
    yield {
      x: takeSamples(samples, rows) as Samples,
      y: rows.map((row) => (y as ArrayLike<number>)[row]),
      ...(weights && { weights: rows.map((row) => weights[row]) }),
    };
  }
}

export const sourceOf = (data: DataSet, size: number): BatchSource => ({ batches: () => cut(data, size) });
