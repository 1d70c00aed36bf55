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

/** Numbers of a unit that are added together, and units whose numbers are turned over together: they stay in L1. */
const TOGETHER = 64;

/** A unit that has not fired so far, and the largest numbers of rows. */
interface Unfired {
  readonly unit: number;
  largest: KthLargest | undefined;
}

export class RowTotals {
  rows = 0;
  private samples = 0;
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
  /**
   * Twice the sum of the numbers above 0: without a branch, which costs five times as much where signs vary (measured).
   */
  private readonly positive: Float64Array;
  /** Of sizes, where a function gives them. */
  private readonly sizes: Float64Array;
  private readonly steepest: Float64Array;
  private readonly closed: number[] = [];
  private unfired: Unfired[] | undefined;
  private readonly tile = new Float32Array(TOGETHER * TOGETHER);
  /** Of the rows under way: a unit fired at each of their places. */
  private firesAlways = false;

  /** @param most how many of the largest numbers are kept of a unit that has not fired so far */
  constructor(
    readonly units: number,
    private readonly as: CountedAs,
    private readonly most: number,
  ) {
    const array = (value = 0) => new Float64Array(units).fill(value);
    this.fired = array();
    this.min = array(Infinity);
    this.max = array(-Infinity);
    this.pivot = array();
    this.deviation = array();
    this.squares = array();
    this.positive = array();
    this.sizes = array();
    this.steepest = array();
  }

  /** Adds whole rows. */
  add(values: Float32Array, layout: RowLayout): void {
    const { units } = this;
    const size = units * layout.places;
    const count = values.length / size;
    if (this.rows === 0 && count > 0)
      for (let unit = 0; unit < units; unit++) this.pivot[unit] = values[unit * layout.unitStride];
    const together = Math.max(1, Math.floor(TOGETHER / layout.places));
    for (let row = 0; row < count; row += together)
      this.addGroup(values, row * size, Math.min(together, count - row), layout);
  }

  /** A few rows: unit by unit, as sums that stay in registers take a third of the time (measured). */
  private addGroup(values: Float32Array, start: number, rows: number, layout: RowLayout): void {
    this.firesAlways = false;
    if (layout.unitStride === 1) this.addUnitsLast(values, start, rows * layout.places);
    else this.addUnitsFirst(values, start, rows, layout);
    if (this.as.canDie && !this.firesAlways) this.findClosed(values, start, rows, layout.places);
    this.followUnfired(values, start, rows, layout);
    this.rows += rows;
    this.samples += rows * layout.places;
  }

  /** Samples x units: tiles of them are turned over, so that a unit's numbers lie side by side. */
  private addUnitsLast(values: Float32Array, start: number, samples: number): void {
    const { units, tile } = this;
    for (let first = 0; first < units; first += TOGETHER) {
      const width = Math.min(TOGETHER, units - first);
      const fired = new Float64Array(width);
      for (let from = 0; from < samples; from += TOGETHER) {
        const count = Math.min(TOGETHER, samples - from);
        for (let i = 0; i < count; i++) {
          const at = start + (from + i) * units + first;
          for (let j = 0; j < width; j++) tile[j * TOGETHER + i] = values[at + j];
        }
        for (let j = 0; j < width; j++)
          fired[j] += this.addNumbers(first + j, tile, j * TOGETHER, j * TOGETHER + count);
      }
      this.firesAlways ||= fired.includes(samples);
    }
  }

  private addUnitsFirst(values: Float32Array, start: number, rows: number, { places }: RowLayout): void {
    const { units } = this;
    for (let unit = 0; unit < units; unit++) {
      let fired = 0;
      for (let row = 0; row < rows; row++) {
        const from = start + (row * units + unit) * places;
        fired += this.addNumbers(unit, values, from, from + places);
      }
      if (fired === rows * places) this.firesAlways = true;
    }
  }

  /** Adds numbers of one unit, side by side; returns on how many it fired. */
  private addNumbers(unit: number, values: Float32Array, from: number, end: number): number {
    const { firesAbove, sizeOf, slopeOf } = this.as;
    const pivot = this.pivot[unit];
    let [low, high, fired] = [this.min[unit], this.max[unit], 0];
    let [deviation, squares, positive] = [this.deviation[unit], this.squares[unit], this.positive[unit]];
    for (let at = from; at < end; at++) {
      const value = values[at];
      fired += Number(!(value <= firesAbove));
      if (value < low) low = value;
      if (value > high) high = value;
      const away = value - pivot;
      deviation += away;
      squares += away * away;
      positive += Math.abs(value) + value;
    }
    this.fired[unit] += fired;
    this.min[unit] = low;
    this.max[unit] = high;
    this.deviation[unit] = deviation;
    this.squares[unit] = squares;
    this.positive[unit] = positive;
    if (sizeOf) for (let at = from; at < end; at++) this.sizes[unit] += sizeOf(values[at], unit);
    if (slopeOf) this.measureSlopes(unit, values, from, end, slopeOf);
    return fired;
  }

  /** From a slope on that is not flat a unit's steepest does not matter any more. */
  private measureSlopes(
    unit: number,
    values: Float32Array,
    from: number,
    end: number,
    slopeOf: (value: number) => number,
  ): void {
    let most = this.steepest[unit];
    for (let at = from; at < end && most < SATURATED_SLOPE; at++) most = Math.max(most, Math.abs(slopeOf(values[at])));
    this.steepest[unit] = most;
  }

  /** Rows on which no unit fires at any place. */
  private findClosed(values: Float32Array, start: number, rows: number, places: number): void {
    const { firesAbove } = this.as;
    const size = this.units * places;
    for (let row = 0, at = start; row < rows; row++, at += size) {
      let i = 0;
      while (i < size && values[at + i] <= firesAbove) i++;
      if (i === size) this.closed.push(this.rows + row);
    }
  }

  /** Of units that are closed so far, each row's largest number. */
  private followUnfired(
    values: Float32Array,
    start: number,
    rows: number,
    { places, placeStride, unitStride }: RowLayout,
  ): void {
    this.unfired ??= Array.from({ length: this.units }, (_, unit) => ({ unit, largest: undefined }));
    let kept = 0;
    for (const each of this.unfired) {
      if (this.fired[each.unit] > 0) continue;
      each.largest ??= new KthLargest(this.most);
      for (let row = 0; row < rows; row++) {
        const from = start + row * places * this.units + each.unit * unitStride;
        let most = -Infinity;
        for (let place = 0, at = from; place < places; place++, at += placeStride)
          if (values[at] > most) most = values[at];
        each.largest.add(most);
      }
      this.unfired[kept++] = each;
    }
    this.unfired.length = kept;
  }

  /** By unit. A number that is not finite shows in min and max. */
  read(): UnitStatistics[] {
    return Array.from({ length: this.units }, (_, unit) => this.statisticsOf(unit));
  }

  private statisticsOf(unit: number): UnitStatistics {
    const { samples } = this;
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
      ...(this.as.slopeOf && { steepest: this.steepest[unit] }),
    };
  }

  /** Numbers that are not above 0 add up to what the others leave of the sum. */
  private meanSize(unit: number, mean: number): number {
    const { samples } = this;
    if (this.as.sizeOf) return this.sizes[unit] / samples;
    const positive = this.positive[unit] / 2 / samples;
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
    if (place > this.most) return new Map();
    return new Map(this.unfired?.map(({ unit, largest }) => [unit, largest!.at(place)]));
  }
}
