// Units of the second layer at other rates of one update, where the first layer is relu: its preactivations run on
// straight lines in the rate, and so do all weights, so that a unit's preactivation follows from what both were before
// and after the update, without another pass through the first layer.
//
// These are estimates: the passes round otherwise. Each comes with a bound on the difference, far above what rounding
// makes, and nothing is said of a unit where that could decide.
import { isRectifier } from "../../activations/activations.js";
import type { UnitIndex } from "../../inspect/inspector.js";
import type { Replay } from "./replay.js";
import type { ResolvedSpec } from "../../network/spec.js";
import type { UnitReader } from "./unit-readings.js";

/** Of the norms that a preactivation is a product of: several times what rounding was seen to make. */
const ROUNDING = 2 ** -21;
/** Up to so many are faster one by one than by a product. */
const FEW_UNITS = 3;
/** Far from where passes overflow. */
const LARGEST = 2 ** 96;

/** From a rate of 0 to the whole one, linear in between. */
interface Ends<T> {
  readonly from: T;
  readonly to: T;
}

/** The first layer's preactivations, rows x units, before the update and after it. The line takes them over. */
export type FirstLayer = Ends<Float32Array>;

interface LinedUnit {
  readonly kernel: Ends<Float64Array>;
  readonly bias: Ends<number>;
  readonly norm: Ends<number>;
}

const norm = (values: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] * values[i];
  return Math.sqrt(sum);
};
const along = (t: number, { from, to }: Ends<number>): number => from + t * (to - from);
const abs = ({ from, to }: Ends<number>): Ends<number> => ({ from: Math.abs(from), to: Math.abs(to) });

/** Σ max(0, start + t·way)·weights, the weights halved, of a row; four sums, so that none waits for another. */
function dotOfRelu(start: Float32Array, way: Float32Array, at: number, t: number, halved: Float64Array): number {
  const width = halved.length;
  let a = 0,
    b = 0,
    c = 0,
    d = 0,
    k = 0;
  for (; k + 3 < width; k += 4, at += 4) {
    const z0 = start[at] + t * way[at];
    const z1 = start[at + 1] + t * way[at + 1];
    const z2 = start[at + 2] + t * way[at + 2];
    const z3 = start[at + 3] + t * way[at + 3];
    a += (z0 + Math.abs(z0)) * halved[k]; // twice the relu: no branch
    b += (z1 + Math.abs(z1)) * halved[k + 1];
    c += (z2 + Math.abs(z2)) * halved[k + 2];
    d += (z3 + Math.abs(z3)) * halved[k + 3];
  }
  for (; k < width; k++, at++) a += 2 * Math.max(0, start[at] + t * way[at]) * halved[k];
  return a + b + (c + d);
}

/** Room for the first layer's preactivations, where some of these units can be told by them. */
export function roomForLine(replay: Replay, reader: UnitReader, units: readonly UnitIndex[]): FirstLayer | undefined {
  const { spec } = replay.state;
  if (!units.some(({ layer }) => RateLine.serves(spec, layer))) return undefined;
  const room = () => new Float32Array(reader.count * spec.layers[0].units);
  return { from: room(), to: room() };
}

export class RateLine {
  private readonly units: readonly LinedUnit[];
  /** rows x inputs of the layer: where each preactivation of the first layer starts, and how far it goes. */
  private readonly start: Float32Array;
  private readonly way: Float32Array;
  private readonly width: number;
  private readonly rows: number;
  private readonly isFinite: boolean;
  /** By unit: its values on all rows at the rate of the last product. */
  private readonly last: { readonly rate: number; readonly values: Float64Array }[] = [];
  /** Of all that a row's first preactivations are made of. */
  private readonly scale: Ends<number>;

  /** Can units of this layer be told so? */
  static serves({ layers }: ResolvedSpec, layer: number): boolean {
    const isNormalized = layers.slice(0, 2).some(({ normalization }) => normalization); // no straight lines in the rate
    return layer === 1 && isRectifier(layers[0].activation.name) && !isNormalized;
  }

  /** The replay must stand before the update, with its gradient. */
  constructor(
    replay: Replay,
    private readonly reader: UnitReader,
    units: readonly UnitIndex[],
    private readonly rate: number,
    first: FirstLayer,
  ) {
    const { state } = replay;
    this.width = state.spec.layers[0].units;
    const read = () => {
      const { kernel, bias } = state.layer(0);
      return {
        norm: Math.hypot(norm(kernel), norm(bias)) * Math.hypot(reader.longestRow(), 1),
        units: units.map(({ layer, unit }) => {
          const weights = state.layer(layer);
          return { kernel: Float64Array.from(weights.incoming(unit)), bias: weights.bias[unit] };
        }),
      };
    };
    replay.restore();
    const before = read();
    replay.tryUpdate({ rate });
    const after = read();
    this.scale = { from: before.norm, to: after.norm };
    this.start = first.from;
    this.way = first.to;
    let sum = 0;
    for (let i = 0; i < this.way.length; i++) {
      this.way[i] -= this.start[i];
      sum += Math.abs(this.way[i]); // NaN and Infinity stay
    }
    this.isFinite = Number.isFinite(sum);
    this.rows = this.start.length / this.width;
    this.units = before.units.map(({ kernel, bias }, i): LinedUnit => {
      const to = after.units[i];
      return {
        kernel: { from: kernel, to: to.kernel },
        bias: { from: bias, to: to.bias },
        norm: { from: norm(kernel), to: norm(to.kernel) },
      };
    });
  }

  /** Nothing comes near to what a float32 can hold. */
  get isUsable(): boolean {
    const largest = ({ from, to }: Ends<number>) => Math.max(Math.abs(from), Math.abs(to));
    const scale = largest(this.scale);
    const isSmall = ({ bias, norm: length }: LinedUnit) => scale * largest(length) + largest(bias) < LARGEST;
    return this.isFinite && scale < LARGEST && this.units.every(isSmall);
  }

  private tolerance({ norm: length, bias }: LinedUnit, t: number): number {
    return ROUNDING * (along(t, length) * along(t, this.scale) + along(t, abs(bias)));
  }

  private kernelAt({ kernel: { from, to } }: LinedUnit, t: number): Float64Array {
    return from.map((value, i) => value + t * (to[i] - value));
  }

  /** One unit's estimates on the rows at these places, default all. */
  private valuesOf(unit: LinedUnit, t: number, places?: readonly number[]): Float64Array {
    const { start, way, width } = this;
    const halved = this.kernelAt(unit, t).map((weight) => weight / 2);
    const bias = along(t, unit.bias);
    const values = new Float64Array(places ? places.length : this.rows);
    for (let i = 0; i < values.length; i++) {
      const at = (places ? places[i] : i) * width;
      values[i] = bias + dotOfRelu(start, way, at, t, halved);
    }
    return values;
  }

  /** Do at least so many of all rows open the unit at this rate? Its estimates, where rounding decides. */
  isSpared(i: number, rate: number, least: number): boolean | Estimates {
    const t = rate / this.rate;
    const unit = this.units[i];
    return judge({ values: this.valuesOf(unit, t), tolerance: this.tolerance(unit, t) }, least);
  }

  /** Does one of these rows open it, whichever of them are meant? */
  opens(i: number, rate: number, { sure, possible }: RowChoice): boolean | undefined {
    const t = rate / this.rate;
    const unit = this.units[i];
    const tolerance = this.tolerance(unit, t);
    const values = this.valuesOf(unit, t, possible);
    if (values.every((value) => value < -tolerance)) return false;
    return values.subarray(0, sure).some((value) => value > tolerance) ? true : undefined;
  }

  /** The same on all rows, for several units at one rate: one product, if they are not few. */
  areSpared(some: readonly number[], rate: number, leasts: readonly number[]): (boolean | Estimates)[] {
    const t = rate / this.rate;
    const tell = (i: number, values: Float64Array, least: number) => {
      this.last[i] = { rate, values };
      return judge({ values, tolerance: this.tolerance(this.units[i], t) }, least);
    };
    if (some.length <= FEW_UNITS) return some.map((i, k) => tell(i, this.valuesOf(this.units[i], t), leasts[k]));
    const { start, way, rows, width } = this;
    const columns = some.map((i) => this.kernelAt(this.units[i], t));
    const products = this.reader.multiply(rows, width, columns, (hidden) => {
      for (let at = 0; at < hidden.length; at++) {
        const z = start[at] + t * way[at];
        hidden[at] = (z + Math.abs(z)) / 2;
      }
    });
    return some.map((i, column) => {
      const bias = along(t, this.units[i].bias);
      const values = new Float64Array(rows);
      for (let row = 0, at = column; row < rows; row++, at += some.length) values[row] = products[at] + bias;
      return tell(i, values, leasts[column]);
    });
  }

  /** The rows that open the unit most at this rate, at most so many. */
  mostOpen(i: number, rate: number, most: number): RowChoice {
    const t = rate / this.rate;
    const unit = this.units[i];
    const last = this.last[i];
    const z = last?.rate === rate ? last.values : this.valuesOf(unit, t);
    const tolerance = this.tolerance(unit, t);
    const order = [...z.keys()].filter((row) => z[row] >= -tolerance).sort((a, b) => z[b] - z[a]);
    const next = order.length > most ? z[order[most]] : -Infinity;
    const lowest = order.length > most ? z[order[most - 1]] : -Infinity;
    const isSure = (row: number) => z[row] > tolerance && z[row] > next + 2 * tolerance;
    const sure = order.slice(0, most).filter(isSure);
    const others = order.filter((row, place) => !(place < most && isSure(row)) && z[row] >= lowest - 2 * tolerance);
    return { sure: sure.length, possible: [...sure, ...others] };
  }
}

/** Rows by their places: the first `sure` of them are meant, of the others perhaps some. */
export interface RowChoice {
  readonly sure: number;
  readonly possible: readonly number[];
}

/** A unit's preactivations on all rows, each within the tolerance. */
export interface Estimates {
  readonly values: Float64Array;
  readonly tolerance: number;
}

function judge(estimates: Estimates, least: number): boolean | Estimates {
  const { values, tolerance } = estimates;
  let sure = 0,
    possible = 0;
  for (let i = 0; i < values.length; i++) {
    if (values[i] > tolerance) sure++;
    if (!(values[i] < -tolerance)) possible++;
  }
  if (sure >= least) return true;
  return possible < least ? false : estimates;
}
