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

/** A source whose passes are watched: how many were begun, and which of them are neither at their end nor closed. */
export function watchPasses<T>(read: () => AsyncIterable<T> | Iterable<T>) {
  const open = new Set<number>();
  const watched = {
    opened: 0,
    open,
    async *blocks(): AsyncGenerator<T, void> {
      const own = watched.opened++;
      open.add(own);
      try {
        yield* read();
      } finally {
        open.delete(own);
      }
    },
  };
  return watched;
}
