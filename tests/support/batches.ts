// A data set as a source of batches: the rows as they lie, so many a batch; and sources that do something wrong.
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

export type WrongSources = Readonly<Record<string, [BatchSource, "value" | "shape" | "unsupported", string | RegExp]>>;

export const ONE_ROW: DataSet = { x: [[1, 2]], y: [0] };

/** For two inputs and three classes: by what is wrong, the source, and code and path of its refusal. */
export const WRONG_SOURCES: WrongSources = {
  "gives nothing to go through": [{ batches: () => 3 as never }, "value", "data.batches()"],
  "is empty": [{ batches: () => [] }, "shape", "data.batches"],
  "has batches of another width": [
    { batches: () => [ONE_ROW, { x: [[1, 2, 3]], y: [0] }] },
    "shape",
    "data.batches[1].x",
  ],
  "has a batch without rows": [{ batches: () => [ONE_ROW, { x: [], y: [] }] }, "shape", "data.batches[1].x"],
  "has a number that is none": [{ batches: () => [ONE_ROW, { x: [[NaN, 2]], y: [0] }] }, "value", /^data.batches.1..x/],
  "has a label of no class": [{ batches: () => [ONE_ROW, { x: [[1, 2]], y: [3] }] }, "value", "data.batches[1].y[0]"],
  "has no data set": [{ batches: () => [ONE_ROW, null as never] }, "value", "data.batches[1]"],
  "has fewer rows than it says": [{ rows: 2, batches: () => [ONE_ROW] }, "shape", "data.batches"],
};
