// The k-th largest of a stream of numbers (no NaN), in room for up to 2k of them.
import { select } from "../core/statistics.js";

/** Room at first: most streams are given up soon. */
const FIRST_ROOM = 64;

export class KthLargest {
  /** Negated, as `select` puts the lowest first. */
  private kept: Float32Array;
  private count = 0;
  /** What is not above it is none of the k largest. */
  threshold = -Infinity;

  constructor(private readonly k: number) {
    this.kept = new Float32Array(Math.min(2 * k, FIRST_ROOM));
  }

  add(value: number): void {
    if (value <= this.threshold) return;
    this.kept[this.count++] = -value;
    if (this.count === this.kept.length) this.makeRoom();
  }

  addAll(values: Float32Array): void {
    for (let i = 0; i < values.length; i++) this.add(values[i]);
  }

  /** The largest but `place` - 1 so far; place is at most k, and so many numbers must have been added. */
  at(place: number): number {
    if (this.count < place) return -Infinity; // which is not kept
    if (this.count >= this.k) this.discardSmall();
    if (place < this.k) this.select(place);
    return -this.kept[place - 1];
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
    this.select(this.k);
    this.count = this.k;
    this.threshold = -this.kept[this.k - 1];
  }

  /** Moves the `place` largest to the front, the least of them last. */
  private select(place: number): void {
    select(this.kept.subarray(0, this.count), place - 1);
  }
}
