// Whether helper threads pay. Where other programs hold the cores, sharing a product can take longer than running it alone.

/** It is judged over this many milliseconds: several turns of the programs that may hold a core. */
const JUDGED_MS = 20;
/** The caller's own rate is taken over at least this long, for clocks that tell 5 to 20 microseconds. */
const RATED_MS = 0.25;
/** Products that took more than this share of what the caller would have needed alone did not pay. */
const MOST_TIME = 0.95;
/** Then the caller goes on alone this long, twice as long after each further time. */
const FEWEST_ALONE_MS = 40;
const MOST_ALONE_MS = 1280;

export class Benefit {
  private aloneUntil = 0;
  private nextAlone = FEWEST_ALONE_MS;
  /** Multiply-adds of the products since it was judged, and their milliseconds. */
  private work = 0;
  private time = 0;
  /** The same of the caller's own part of them, and the most multiply-adds a millisecond that it reached. */
  private ownWork = 0;
  private ownTime = 0;
  private bestRate = 0;

  /** For the time being products had better be run alone. */
  isMissing(): boolean {
    return performance.now() < this.aloneUntil;
  }

  /** Takes note of a shared product: its multiply-adds and milliseconds, the share of them that the caller did, and how long that took. */
  note(work: number, time: number, ownShare: number, ownTime: number): void {
    this.noteOwn(work * ownShare, ownTime);
    this.work += work;
    this.time += time;
    if (this.time >= JUDGED_MS) this.judge();
  }

  /** The best rate is that of a core which the caller has for itself; a mean would not be, where another program takes turns. */
  private noteOwn(work: number, time: number): void {
    this.ownWork += work;
    this.ownTime += time;
    if (this.ownTime < RATED_MS) return;
    this.bestRate = Math.max(this.bestRate, this.ownWork / this.ownTime);
    this.ownWork = this.ownTime = 0;
  }

  private judge(): void {
    const pays = this.time * this.bestRate <= this.work * MOST_TIME;
    this.aloneUntil = pays ? 0 : performance.now() + this.nextAlone;
    this.nextAlone = pays ? FEWEST_ALONE_MS : Math.min(MOST_ALONE_MS, this.nextAlone * 2);
    this.work = this.time = this.bestRate = 0;
  }
}
