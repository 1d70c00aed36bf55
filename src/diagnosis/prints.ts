// Fingerprints of columns of float32: which never change, and which never differ from one another.

const OFFSETS = [0x811c9dc5, 0x9e3779b9] as const;
const PRIMES = [0x01000193, 0x85ebca6b] as const;
const MINUS_ZERO = 0x80000000;

/** Two hashes of each column (FNV-1a by words), fed a chunk of rows at a time. 0 and -0 count as one. */
export class ColumnPrints {
  private readonly first: Int32Array;
  private readonly changes: Int32Array;
  private readonly hashes: readonly [Int32Array, Int32Array];
  private isEmpty = true;

  constructor(private readonly columns: number) {
    this.first = new Int32Array(columns);
    this.changes = new Int32Array(columns);
    this.hashes = [new Int32Array(columns).fill(OFFSETS[0]), new Int32Array(columns).fill(OFFSETS[1])];
  }

  /** rows x columns. */
  add(values: Float32Array): void {
    const { columns, first, changes } = this;
    const bits = new Int32Array(values.buffer, values.byteOffset, values.length);
    const [a, b] = this.hashes;
    if (this.isEmpty) for (let c = 0; c < columns && c < bits.length; c++) first[c] = bits[c] === (MINUS_ZERO | 0) ? 0 : bits[c];
    this.isEmpty &&= bits.length === 0;
    for (let start = 0; start < bits.length; start += columns) {
      for (let c = 0; c < columns; c++) {
        let word = bits[start + c];
        if (word === (MINUS_ZERO | 0)) word = 0;
        changes[c] |= word ^ first[c];
        // Multiplication alone carries nothing downwards: floats of few digits have their low bits 0.
        word ^= word >>> 15;
        a[c] = Math.imul(a[c] ^ word, PRIMES[0]);
        b[c] = Math.imul(b[c] ^ word, PRIMES[1]);
      }
    }
  }

  /** The same number in every row, to the bit. */
  isConstant(column: number): boolean {
    return this.changes[column] === 0;
  }

  /** Groups of two or more of the columns given whose prints agree, each in order. */
  alike(columns: readonly number[]): number[][] {
    const [a, b] = this.hashes;
    const groups = new Map<string, number[]>();
    for (const column of columns) {
      const key = `${a[column]} ${b[column]} ${this.first[column]} ${this.changes[column]}`;
      const group = groups.get(key);
      if (group) group.push(column);
      else groups.set(key, [column]);
    }
    return [...groups.values()].filter(({ length }) => length > 1);
  }
}
