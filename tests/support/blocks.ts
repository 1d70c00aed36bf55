import type { Matrix } from "../../src/index.js";

/** Blocks of these sizes in turn. */
export async function* cut({ rows, columns, data }: Matrix, ...sizes: number[]): AsyncGenerator<Matrix> {
  for (let start = 0, turn = 0; start < rows; turn++) {
    const count = Math.min(sizes[turn % sizes.length], rows - start);
    yield { rows: count, columns, data: data.slice(start * columns, (start + count) * columns) };
    await Promise.resolve();
    start += count;
  }
}
