// How long units were silent before they fired again: for each unit of a layer a histogram of its gaps, in rows. Gaps
// up to 15 rows, and each power of two in eights, have bins of their own, so that a gap is known to an eighth of
// itself.

const EIGHTHS = 8;
const LARGEST = 2 ** 26 - 1;
/** Bins of a unit: gaps of 1 to 7, then eight for each power of two. */
export const GAP_BINS = 7 + 23 * EIGHTHS;

/** The bin of a gap of at least one row. */
export function binOf(gap: number): number {
  const rows = Math.min(gap, LARGEST);
  if (rows < EIGHTHS) return rows - 1;
  const shift = 28 - Math.clz32(rows);
  return 7 + shift * EIGHTHS + ((rows >>> shift) & 7);
}

/** The longest gap of a bin. */
export function lastOf(bin: number): number {
  if (bin < 7) return bin + 1;
  const shift = Math.floor((bin - 7) / EIGHTHS);
  return (EIGHTHS + ((bin - 7) % EIGHTHS) + 1) * 2 ** shift - 1;
}

export interface SavedGaps {
  /** By unit: rows since the batch in which it fired last. */
  readonly silence: Float64Array;
  /** By unit: its gaps, those of 0 rows too; older ones count less. */
  readonly count: Float64Array;
  /** Unit by unit: its gaps of 1 row and more. */
  readonly histogram: Float32Array;
}

/** The gaps of a layer's units. */
export class Gaps {
  readonly silence: Float64Array;
  /** While a unit is silent: the silence that it must exceed to be beyond its quantile. */
  readonly quantile: Float64Array;
  private readonly count: Float64Array;
  private readonly histogram: Float32Array;
  /** By unit: bins up to the last that holds a gap. */
  private readonly used: Uint8Array;
  /** So many gaps can show a share as small as the threshold. */
  private readonly least: number;
  private longest = 0;

  /** @param threshold the share of gaps that may be as long as the silence */
  constructor(
    readonly units: number,
    private readonly threshold: number,
  ) {
    this.least = Math.ceil(1 / threshold);
    this.silence = new Float64Array(units);
    this.quantile = new Float64Array(units);
    this.count = new Float64Array(units);
    this.histogram = new Float32Array(units * GAP_BINS);
    this.used = new Uint8Array(units);
  }

  save(): SavedGaps {
    const { silence, count, histogram } = this;
    return { silence, count, histogram };
  }

  restore({ silence, count, histogram }: SavedGaps): void {
    this.silence.set(silence);
    this.count.set(count);
    this.histogram.set(histogram);
    for (let unit = 0; unit < this.units; unit++) {
      const bins = histogram.subarray(unit * GAP_BINS, (unit + 1) * GAP_BINS);
      this.used[unit] = bins.findLastIndex((weight) => weight > 0) + 1;
    }
  }

  /** @param batchSize in rows: what gaps that are not known yet are measured by */
  begin(batchSize: number): void {
    this.longest = this.least * batchSize;
    for (let unit = 0; unit < this.units; unit++) if (this.silence[unit] > 0) this.measure(unit);
  }

  /** The unit fired in this batch: a gap has ended. */
  fired(unit: number): void {
    const gap = this.silence[unit];
    if (gap > 0) {
      const bin = binOf(gap);
      this.histogram[unit * GAP_BINS + bin]++;
      if (bin >= this.used[unit]) this.used[unit] = bin + 1;
      this.silence[unit] = 0;
    }
    if (++this.count[unit] >= 4 * this.least) this.age(unit);
  }

  /** The unit fired on none of these rows; true when it has been silent for longer than its quantile. */
  stayedSilent(unit: number, rows: number): boolean {
    if (this.silence[unit] === 0) this.measure(unit);
    this.silence[unit] += rows;
    return this.silence[unit] > this.quantile[unit];
  }

  /** A unit begins anew. */
  forget(unit: number): void {
    this.silence[unit] = this.count[unit] = this.used[unit] = 0;
    this.histogram.fill(0, unit * GAP_BINS, (unit + 1) * GAP_BINS);
  }

  /** All gaps of a unit count half as much from now on. */
  private age(unit: number): void {
    this.count[unit] /= 2;
    for (let at = unit * GAP_BINS, end = at + this.used[unit]; at < end; at++) this.histogram[at] /= 2;
  }

  /**
   * The smallest silence s for which (1 + gaps of at least s) / (1 + gaps) is at most the threshold; of a bin all gaps
   * count. That is the share of equally likely orders in which the present gap would be among the longest so many, so
   * that it is exceeded by chance in at most that share of gaps.
   */
  private measure(unit: number): void {
    const { used, histogram, threshold, least } = this;
    const all = 1 + this.count[unit];
    let bins = used[unit];
    if (all < least) {
      this.quantile[unit] = Math.max(this.longest, bins > 0 ? lastOf(bins - 1) : 0);
      return;
    }
    let longer = 1;
    for (; bins > 0; bins--) {
      longer += histogram[unit * GAP_BINS + bins - 1];
      if (longer > threshold * all) break;
    }
    this.quantile[unit] = bins > 0 ? lastOf(bins - 1) : 0;
  }
}
