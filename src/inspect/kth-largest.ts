// The k-th largest of a stream of numbers (no NaN), in room for up to 2k of them.
import { select } from "../core/statistics.js";

/** Room for so many, where k is smaller: to discard a few at a time would not pay. */
const LEAST_ROOM = 128;

export class KthLargest {
  private readonly most: number;
  private kept: Float32Array;
  private count = 0;
  /** What is not above it is none of the k largest. */
  threshold = -Infinity;

  constructor(private readonly k: number) {
    this.most = Math.max(2 * k, LEAST_ROOM);
    this.kept = new Float32Array(LEAST_ROOM); // most streams are given up soon
  }

  add(value: number): void {
    if (value <= this.threshold) return;
    this.kept[this.count++] = value;
    if (this.count === this.kept.length) this.makeRoom();
  }

  /** Those of values from `from` to `end`, all of which are above the threshold as it was before. */
  addAll(values: Float32Array, from: number, end: number): void {
    for (let at = from; at < end;) {
      const stop = Math.min(end, at + this.kept.length - this.count);
      while (at < stop) this.kept[this.count++] = values[at++];
      if (this.count === this.kept.length) this.makeRoom();
    }
  }

  /** The largest but `place` - 1 so far; place is at most k, and so many numbers must have been added. */
  at(place: number): number {
    if (this.count < place) return -Infinity; // which is not kept
    if (this.count >= this.k) this.discardSmall();
    return this.bring(place);
  }

  private makeRoom(): void {
    if (this.count === this.most) {
      this.discardSmall();
      return;
    }
    const kept = new Float32Array(Math.min(this.most, 2 * this.count));
    kept.set(this.kept);
    this.kept = kept;
  }

  private discardSmall(): void {
    this.threshold = this.bring(this.k);
    this.kept.copyWithin(0, this.count - this.k, this.count);
    this.count = this.k;
  }

  /** Moves the `place` largest to the end; the least of them, which is then the first of these. */
  private bring(place: number): number {
    const first = this.count - place;
    select(this.kept.subarray(0, this.count), first);
    return this.kept[first];
  }
}
