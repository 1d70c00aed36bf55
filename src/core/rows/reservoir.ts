// A few rows of a stream, each as likely as any other, drawn as they come.
import { mulberry32 } from "../random.js";
import type { Matrix } from "../matrix.js";

/** Rows that are kept: this many, or, of very wide ones, so many floats. */
const MOST_KEPT = 1024;
const MOST_KEPT_FLOATS = 2 ** 24;

/** Rows of a stream, each as likely as any other (Vitter 1985, algorithm R), in their order; the same each time. */
export class Reservoir {
  private readonly random: () => number;
  private readonly most: number;
  /** Places among all rows, and the rows. */
  private readonly kept: { readonly row: number; readonly values: Float32Array }[] = [];
  private seen = 0;

  constructor(
    private readonly columns: number,
    seed = 0,
  ) {
    this.random = mulberry32(seed);
    this.most = Math.max(1, Math.min(MOST_KEPT, Math.floor(MOST_KEPT_FLOATS / Math.max(1, columns))));
  }

  /**
   * The stream goes on by so many rows.
   * @param read makes a copy of the row that is number `at` of these
   */
  add(rows: number, read: (at: number) => Float32Array): void {
    for (let at = 0; at < rows; at++) {
      const row = this.seen++;
      const place = row < this.most ? row : Math.floor(this.random() * this.seen);
      if (place < this.most) this.kept[place] = { row, values: read(at) };
    }
  }

  read(): Matrix {
    const { columns } = this;
    const inOrder = this.kept.toSorted((a, b) => a.row - b.row);
    const data = new Float32Array(inOrder.length * columns);
    inOrder.forEach(({ values }, i) => data.set(values, i * columns));
    return { rows: inOrder.length, columns, data };
  }
}
