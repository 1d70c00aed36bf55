// Means and deviations of columns whose rows come in blocks: each block's own, put together (Chan, Golub & LeVeque
// 1983), so that large means take no digits from small deviations.

/** Of a block of rows, and of all so far. */
export class ColumnMoments {
  rows = 0;
  readonly means: Float64Array;
  private readonly squares: Float64Array;
  private readonly low: Float64Array;
  private readonly high: Float64Array;
  private readonly blockMeans: Float64Array;
  private readonly blockSquares: Float64Array;

  constructor(readonly columns: number) {
    this.means = new Float64Array(columns);
    this.squares = new Float64Array(columns);
    this.low = new Float64Array(columns).fill(Infinity);
    this.high = new Float64Array(columns).fill(-Infinity);
    this.blockMeans = new Float64Array(columns);
    this.blockSquares = new Float64Array(columns);
  }

  /** Takes the rows that are marked by a 1. */
  add(data: Float32Array | Float64Array, marked: Uint8Array): void {
    const { columns, blockMeans, blockSquares, low, high } = this;
    const count = marked.reduce((sum, mark) => sum + mark, 0);
    if (count === 0) return;
    blockMeans.fill(0);
    blockSquares.fill(0);
    for (let r = 0; r < marked.length; r++)
      for (let c = 0, at = r * columns; marked[r] === 1 && c < columns; c++, at++) {
        const value = data[at];
        blockMeans[c] += value;
        if (value < low[c]) low[c] = value;
        if (value > high[c]) high[c] = value;
      }
    for (let c = 0; c < columns; c++) blockMeans[c] /= count;
    for (let r = 0; r < marked.length; r++)
      for (let c = 0, at = r * columns; marked[r] === 1 && c < columns; c++, at++)
        blockSquares[c] += (data[at] - blockMeans[c]) ** 2;
    this.join(count);
  }

  private join(count: number): void {
    const { columns, means, squares, blockMeans, blockSquares, rows } = this;
    const all = rows + count;
    for (let c = 0; c < columns; c++) {
      const apart = blockMeans[c] - means[c];
      squares[c] += blockSquares[c] + (apart * apart * rows * count) / all;
      means[c] += (apart * count) / all;
    }
    this.rows = all;
  }

  isConstant(column: number): boolean {
    return this.low[column] === this.high[column];
  }

  /** What standardizes a column; one that never changes has a scale of 1. */
  scaling(column: number): { readonly mean: number; readonly scale: number } {
    const { low, means, squares, rows } = this;
    if (this.isConstant(column)) return { mean: low[column], scale: 1 };
    return { mean: means[column], scale: Math.sqrt(squares[column] / rows) || 1 };
  }
}
