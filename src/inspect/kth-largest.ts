// The k-th largest of a stream of numbers (no NaN), in room for up to 2k of them.

/** Room at first: most streams are given up soon. */
const FIRST_ROOM = 64;

/** Moves the `k` largest of the first `count` to the front, the least of them to place k - 1 (Hoare 1961). */
function selectLargest(values: Float32Array, k: number, count: number): void {
  let low = 0,
    high = count - 1;
  while (low < high) {
    const pivot = values[(low + high) >>> 1];
    let i = low,
      j = high;
    while (i <= j) {
      while (values[i] > pivot) i++;
      while (values[j] < pivot) j--;
      if (i > j) break;
      const value = values[i];
      values[i++] = values[j];
      values[j--] = value;
    }
    if (k - 1 <= j) high = j;
    else if (k - 1 >= i) low = i;
    else return;
  }
}

export class KthLargest {
  private kept: Float32Array;
  private count = 0;
  /** What is not above it is none of the k largest. */
  threshold = -Infinity;

  constructor(private readonly k: number) {
    this.kept = new Float32Array(Math.min(2 * k, FIRST_ROOM));
  }

  add(value: number): void {
    if (value <= this.threshold) return;
    this.kept[this.count++] = value;
    if (this.count === this.kept.length) this.makeRoom();
  }

  /** The largest but `place` - 1 so far; place is at most k, and so many numbers must have been added. */
  at(place: number): number {
    if (this.count < place) return -Infinity; // which is not kept
    if (this.count >= this.k) this.discardSmall();
    if (place < this.k) selectLargest(this.kept, place, this.count);
    return this.kept[place - 1];
  }

  /** The k-th largest so far; k numbers must have been added. */
  get value(): number {
    return this.at(this.k);
  }

  private makeRoom(): void {
    if (this.count === 2 * this.k) {
      this.discardSmall();
      return;
    }
    const kept = new Float32Array(Math.min(2 * this.k, 2 * this.count));
    kept.set(this.kept);
    this.kept = kept;
  }

  private discardSmall(): void {
    selectLargest(this.kept, this.k, this.count);
    this.count = this.k;
    this.threshold = this.kept[this.k - 1];
  }
}
