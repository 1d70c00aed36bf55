// What each unit of one layer did, added up from rows of numbers that another program computed. Everything is summed in
// float64 in the order of the rows, and within a row of its places, so that it does not depend on how the rows come in
// blocks, nor on how they lie in memory (units last or first).
import { KthLargest } from "./kth-largest.js";
import { nearestOf, type UnitStatistics } from "./statistics.js";
import { SATURATED_SLOPE } from "./unit-state.js";

/** How the numbers are taken. */
export interface CountedAs {
  /** A unit fires where its number is above this, or NaN. */
  readonly firesAbove: number;
  /** |activation| by a number: itself above 0, and elsewhere the number times this (-1: its size; 0: none) ... */
  readonly below: number;
  /** ... or by a function that is asked for each number. */
  readonly sizeOf?: ((value: number, unit: number) => number) | undefined;
  /** |slope| at a number, where it has to be measured. */
  readonly slopeOf?: ((value: number) => number) | undefined;
  /** Whether a unit that does not fire is 0: rows on which none fires are kept. */
  readonly canDie: boolean;
}

/** Numbers of rows: value (row, place, unit) is at row·units·places + place·placeStride + unit·unitStride. */
export interface RowLayout {
  readonly places: number;
  readonly placeStride: number;
  readonly unitStride: number;
}

/** Units that have not fired so far, and of each the largest numbers of rows. */
interface Unfired {
  units: number[];
  largest: KthLargest[];
}

export class RowTotals {
  rows = 0;
  private samples = 0;
  private readonly firesAbove: number;
  private readonly fired: Float64Array;
  private readonly min: Float64Array;
  private readonly max: Float64Array;
  /**
   * A unit's first number. What is added up is how far others are from it, and the squares: no digits are lost, as the
   * first number is one of those whose variance it is.
   */
  private readonly pivot: Float64Array;
  private readonly deviation: Float64Array;
  private readonly squares: Float64Array;
  /** Of the numbers above 0. */
  private readonly positive: Float64Array;
  /** Of sizes, where a function gives them. */
  private readonly sizes: Float64Array | undefined;
  private readonly steepest: Float64Array | undefined;
  private readonly closed: number[] = [];
  private unfired: Unfired | undefined;

  /** @param most how many of the largest numbers are kept of a unit that has not fired so far */
  constructor(
    readonly units: number,
    private readonly as: CountedAs,
    private readonly most: number,
  ) {
    this.firesAbove = as.firesAbove;
    const array = (value = 0) => new Float64Array(units).fill(value);
    this.fired = array();
    this.min = array(Infinity);
    this.max = array(-Infinity);
    this.pivot = array();
    this.deviation = array();
    this.squares = array();
    this.positive = array();
    if (as.sizeOf) this.sizes = array();
    if (as.slopeOf) this.steepest = array();
  }

  /** Adds whole rows. */
  add(values: Float32Array, layout: RowLayout): void {
    const size = this.units * layout.places;
    for (let at = 0; at + size <= values.length; at += size) this.addRow(values, at, layout);
  }

  private addRow(values: Float32Array, at: number, layout: RowLayout): void {
    const { as } = this;
    if (this.rows === 0)
      for (let unit = 0; unit < this.units; unit++) this.pivot[unit] = values[at + unit * layout.unitStride];
    const fired = layout.unitStride === 1 ? this.addPlaces(values, at, layout) : this.addUnits(values, at, layout);
    if (this.sizes) this.addSizes(values, at, layout, this.sizes, as.sizeOf!);
    if (this.steepest) this.measureSlopes(values, at, layout, this.steepest, as.slopeOf!);
    if (as.canDie && fired === 0) this.closed.push(this.rows);
    this.rows++;
    this.samples += layout.places;
    this.followUnfired(values, at, layout);
  }

  /** Units side by side: place by place. Returns how often one fired. */
  private addPlaces(values: Float32Array, start: number, { places, placeStride }: RowLayout): number {
    const { units, fired, min, max, pivot, deviation, squares, positive, firesAbove } = this;
    let count = 0;
    for (let at = start; at < start + places * placeStride; at += placeStride) {
      for (let unit = 0; unit < units; unit++) {
        const value = values[at + unit];
        if (!(value <= firesAbove)) {
          count++;
          fired[unit]++;
        }
        if (value < min[unit]) min[unit] = value;
        if (value > max[unit]) max[unit] = value;
        const away = value - pivot[unit];
        deviation[unit] += away;
        squares[unit] += away * away;
        positive[unit] += Math.max(value, 0);
      }
    }
    return count;
  }

  /** Places side by side: unit by unit. */
  private addUnits(values: Float32Array, start: number, { places, placeStride, unitStride }: RowLayout): number {
    const { firesAbove } = this;
    let count = 0;
    for (let unit = 0; unit < this.units; unit++) {
      const pivot = this.pivot[unit];
      let [low, high, fired] = [this.min[unit], this.max[unit], 0];
      let [deviation, squares, positive] = [this.deviation[unit], this.squares[unit], this.positive[unit]];
      const from = start + unit * unitStride;
      for (let at = from; at < from + places * placeStride; at += placeStride) {
        const value = values[at];
        if (!(value <= firesAbove)) fired++;
        if (value < low) low = value;
        if (value > high) high = value;
        const away = value - pivot;
        deviation += away;
        squares += away * away;
        positive += Math.max(value, 0);
      }
      count += fired;
      this.fired[unit] += fired;
      this.min[unit] = low;
      this.max[unit] = high;
      this.deviation[unit] = deviation;
      this.squares[unit] = squares;
      this.positive[unit] = positive;
    }
    return count;
  }

  private addSizes(
    values: Float32Array,
    start: number,
    { places, placeStride, unitStride }: RowLayout,
    sizes: Float64Array,
    sizeOf: (value: number, unit: number) => number,
  ): void {
    const { units } = this;
    for (let place = 0; place < places; place++)
      for (let unit = 0, at = start + place * placeStride; unit < units; unit++, at += unitStride)
        sizes[unit] += sizeOf(values[at], unit);
  }

  /** From a slope on that is not flat the unit's steepest does not matter any more. */
  private measureSlopes(
    values: Float32Array,
    start: number,
    { places, placeStride, unitStride }: RowLayout,
    steepest: Float64Array,
    slopeOf: (value: number) => number,
  ): void {
    for (let unit = 0; unit < this.units; unit++) {
      let most = steepest[unit];
      for (let place = 0, at = start + unit * unitStride; place < places && most < SATURATED_SLOPE; place++) {
        most = Math.max(most, Math.abs(slopeOf(values[at])));
        at += placeStride;
      }
      steepest[unit] = most;
    }
  }

  /** Of units that are closed so far, the row's largest number. */
  private followUnfired(values: Float32Array, start: number, layout: RowLayout): void {
    const { places, placeStride, unitStride } = layout;
    const isFirst = this.unfired === undefined;
    const known = (this.unfired ??= { units: Array.from({ length: this.units }, (_, unit) => unit), largest: [] });
    let kept = 0;
    for (let i = 0; i < known.units.length; i++) {
      const unit = known.units[i];
      if (this.fired[unit] > 0) continue;
      const largest = isFirst ? new KthLargest(this.most) : known.largest[i];
      let most = -Infinity;
      for (let place = 0, at = start + unit * unitStride; place < places; place++, at += placeStride)
        if (values[at] > most) most = values[at];
      largest.add(most);
      known.units[kept] = unit;
      known.largest[kept++] = largest;
    }
    known.units.length = kept;
    known.largest.length = kept;
  }

  /** By unit. A number that is not finite shows in min and max. */
  read(): UnitStatistics[] {
    return Array.from({ length: this.units }, (_, unit) => this.statisticsOf(unit));
  }

  private statisticsOf(unit: number): UnitStatistics {
    const { samples, steepest } = this;
    const shift = this.deviation[unit] / samples;
    const mean = this.pivot[unit] + shift;
    const [min, max] = Number.isFinite(mean) ? [this.min[unit], this.max[unit]] : [NaN, NaN];
    return {
      samples,
      fired: this.fired[unit],
      min,
      max,
      mean,
      variance: Math.max(0, this.squares[unit] / samples - shift * shift),
      meanActivation: this.meanSize(unit, mean),
      nearest: nearestOf(min, max),
      ...(steepest && { steepest: steepest[unit] }),
    };
  }

  /** Numbers that are not above 0 add up to what the others leave of the sum. */
  private meanSize(unit: number, mean: number): number {
    const { samples, sizes } = this;
    if (sizes) return sizes[unit] / samples;
    const positive = this.positive[unit] / samples;
    const { below } = this.as;
    return below === 0 ? positive : positive + Math.max(0, positive - mean) * -below;
  }

  /** Rows on which no unit fired, where that means that all are 0. */
  closedRows(): Uint32Array | undefined {
    return this.as.canDie ? Uint32Array.from(this.closed) : undefined;
  }

  /**
   * Of units that fired on no row, the number that one row in a hundred (at least one) reaches at one of its places;
   * of none where too few are kept.
   */
  opening(): ReadonlyMap<number, number> {
    const place = Math.ceil(this.rows / 100);
    const { units, largest } = this.unfired ?? { units: [], largest: [] };
    if (place > this.most) return new Map();
    return new Map(units.map((unit, i) => [unit, largest[i].at(place)]));
  }
}
