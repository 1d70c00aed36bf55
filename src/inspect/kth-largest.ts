// The k-th largest of a stream of numbers, in room for 2k of them.

export class KthLargest {
  private readonly kept: Float32Array;
  private count = 0;
  private threshold = -Infinity;

  constructor(private readonly k: number) {
    this.kept = new Float32Array(2 * k);
  }

  add(value: number): void {
    if (value <= this.threshold) return;
    this.kept[this.count++] = value;
    if (this.count === this.kept.length) this.discardSmall();
  }

  /** The k-th largest so far; k numbers must have been added. */
  get value(): number {
    this.discardSmall();
    return this.kept[this.k - 1];
  }

  private discardSmall(): void {
    this.kept.subarray(0, this.count).sort().reverse();
    if (this.count < this.k) return;
    this.count = this.k;
    this.threshold = this.kept[this.k - 1];
  }
}
