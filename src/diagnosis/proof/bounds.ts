// Bounds on every preactivation while the inputs stay in a box, for exact arithmetic and for float32 in any order of
// summation alike.
//
// Forwards: intervals. A sum of n products that float32 rounds is off by at most gamma(n)·sum|terms| (Higham 2002,
// section 3.1), so each end is widened by that. Backwards: CROWN (Zhang et al. 2018): a layer's z is W·a + b + d with
// |d| <= error, each activation lies between two lines of its z, and a preactivation's linear bound is carried down to
// the inputs, where the box's corner that is worst for it ends it. The float64 rounding on the way is far below
// `error`, which is why float32's is enough for both.
//
// What batch normalization makes of a sum in float32 is six more operations, each of which rounds a term of
// gamma·inverse·(W·a - (mean - b)) + beta by no more than its own size: the difference from the mean, in two, times
// inverse, which is rounded itself, times gamma, and beta added. Those terms' sizes count, whatever they cancel to.
//
// Overflow is judged by unit. Where the positive terms of a sum cannot reach float32's largest number in any order, nor
// the negative ones, it is finite. Where only the negative ones might, the sum is -Infinity or what rounding makes of
// it, and its upper end holds as always; relu makes 0 of -Infinity. Where only the positive ones might, the lower end
// holds. Where both might, or an infinite input meets a weight of 0, or a weight is no finite number, NaN is possible
// and nothing holds. An end that does not hold is infinite, and no linear bound makes it finite again: that would be
// about a sum that does not overflow.
import { isRectifier } from "../../activations/activations.js";
import { biasSizeOf, type Layer64 } from "./layers64.js";
import { Relaxation } from "./relaxation.js";

/** Sums of terms of one sign beyond this may overflow in float32. */
const LARGEST = 1e38;
const UNDERFLOW = 2 ** -149;
/** What a layer costs on the way down beside its multiplications, in multiplications (measured). */
const STEP_WORK = 10_000;
/** Targets, or one target with different lines, that are carried down together. */
export const LANES = 4;

/** Roundings of what is normalized, and of what stands for it in float64, beside those of a sum: some to spare. */
const NORMALIZING = 12;

/** The largest relative error of a float32 sum of n products and a bias, in any order. */
function gamma(n: number): number {
  const nu = (n + 2) * 2 ** -24;
  return nu < 1 ? nu / (1 - nu) : Infinity;
}

/** The same of a layer's preactivations, by the sizes of all their terms. */
const errorOf = ({ inputs, folded }: Layer64): number => gamma(folded ? inputs + NORMALIZING : inputs) * 1.000001;

/** What underflows in unit j's sum of so many terms. */
function floorOf({ folded }: Layer64, j: number, terms: number): number {
  return folded ? (terms + NORMALIZING) * UNDERFLOW * (2 + 2 * folded.most[j]) : terms * UNDERFLOW;
}

interface Range {
  readonly low: ArrayLike<number>;
  readonly high: ArrayLike<number>;
}

/** Bounds on a layer's preactivations. An infinite end: float32 might overflow; both: or give NaN. */
export interface LayerBounds {
  readonly low: Float64Array;
  readonly high: Float64Array;
  /** How far float32 may be from W·a + b, given the same a; 0 where an end is infinite, as no line is then in z. */
  readonly error: Float64Array;
}

/**
 * The end of unit j's sum, if float32 computes it without any rounding: all terms are multiples of one power of two,
 * and few.
 */
function isExact(
  { inputs, units, kernel, bias }: Layer64,
  j: number,
  size: number,
  positive: ArrayLike<number>,
  negative: ArrayLike<number>,
): boolean {
  if (!(size > 2 ** -100)) return size === 0;
  const quantum = 2 ** (Math.ceil(Math.log2(size)) - 23);
  if (!Number.isInteger(bias[j] / quantum)) return false;
  for (let i = 0, at = j; i < inputs; i++, at += units) {
    const w = kernel[at];
    if (!Number.isInteger((w * (w > 0 ? positive[i] : negative[i])) / quantum)) return false;
  }
  return true;
}

/**
 * Unit j's upper end (of -z for a lower one): `sum` of terms whose sizes add up to `size`. Rounding keeps order, so
 * float32's own sum at the corner is its largest; where that is exact, or has no positive term, or but one product, its
 * sign is known whatever the rounding.
 */
function widen(sum: number, size: number, terms: number, g: number, exact: () => boolean): number {
  if (sum === -size || (terms <= 1 && sum <= 0)) return Math.min(0, sum + g * size);
  return exact() ? sum : sum + g * size + terms * UNDERFLOW;
}

/** Units of a normalized layer that overflow on the way to their preactivations, whatever comes of it. */
function overflowing({ inputs, units, folded }: Layer64, { low, high }: Range): Uint8Array | undefined {
  if (!folded) return undefined;
  const largest = folded.centre.slice();
  for (let i = 0, at = 0; i < inputs; i++, at += units) {
    const most = Math.max(Math.abs(low[i]), Math.abs(high[i]));
    if (most === 0) continue; // 0·Infinity is NaN
    for (let j = 0; j < units; j++) largest[j] += Math.abs(folded.kernel[at + j]) * most;
  }
  return Uint8Array.from(largest, (size, j) => Number(!(2 * (size * folded.most[j] + folded.biasSize[j]) < LARGEST)));
}

/** By unit, the ends of W·a + b for a within the range, and sizes of their terms: all, those of one sign, how many. */
function sumTerms(layer: Layer64, { low, high }: Range) {
  const { inputs, units, kernel, bias } = layer;
  const upper = Float64Array.from(bias),
    lower = Float64Array.from(bias);
  const upperSize = upper.map((_, j) => biasSizeOf(layer, j)),
    lowerSize = upperSize.slice(),
    largest = upperSize.slice(),
    positive = upper.map((value) => Math.max(0, value)),
    negative = upper.map((value) => Math.max(0, -value)),
    terms = new Float64Array(units);
  for (let i = 0, at = 0; i < inputs; i++, at += units) {
    const l = low[i],
      h = high[i];
    if (l === 0 && h === 0) continue;
    const most = Math.max(Math.abs(l), Math.abs(h));
    for (let j = 0; j < units; j++) {
      const w = kernel[at + j];
      if (w === 0) {
        if (most === Infinity) positive[j] = negative[j] = Infinity; // 0·Infinity is NaN
        continue;
      }
      const up = w > 0 ? w * h : w * l;
      const down = w > 0 ? w * l : w * h;
      if (up > 0) positive[j] += up;
      if (down < 0) negative[j] -= down;
      upper[j] += up;
      lower[j] += down;
      upperSize[j] += Math.abs(up);
      lowerSize[j] += Math.abs(down);
      largest[j] += Math.abs(w) * most;
      terms[j]++;
    }
  }
  return { upper, lower, upperSize, lowerSize, largest, positive, negative, terms };
}

/** Bounds on W·a + b for a within the range; of a normalized layer, on what is made of it. */
export function boundLayer(layer: Layer64, range: Range): LayerBounds {
  const { units, bias, broken, folded } = layer;
  const { low, high } = range;
  const { upper, lower, upperSize, lowerSize, largest, positive, negative, terms } = sumTerms(layer, range);
  const make = () => new Float64Array(units);
  const g = errorOf(layer);
  const bounds = { low: make(), high: make(), error: make() };
  const overflows = overflowing(layer, range);
  const mayBeHalf = isRectifier(layer.name); // others make NaN of infinite values, or what no line bounds
  for (let j = 0; j < units; j++) {
    const isBroken = broken?.has(j) === true || overflows?.[j] === 1;
    if (folded && !isBroken) {
      const isBeta = folded.scale[j] === 0; // gamma is 0: beta alone is left, exactly
      const floor = floorOf(layer, j, terms[j]);
      bounds.high[j] = isBeta ? bias[j] : upper[j] + g * upperSize[j] + floor;
      bounds.low[j] = isBeta ? bias[j] : lower[j] - g * lowerSize[j] - floor;
      bounds.error[j] = isBeta ? 0 : g * largest[j] + floor;
      continue;
    }
    const hasHigh = !isBroken && positive[j] * (1 + g) < LARGEST;
    const hasLow = !isBroken && negative[j] * (1 + g) < LARGEST;
    const hasBoth = hasHigh && hasLow;
    bounds.high[j] =
      hasBoth || (hasHigh && mayBeHalf)
        ? widen(upper[j], upperSize[j], terms[j], g, () => isExact(layer, j, upperSize[j], high, low))
        : Infinity;
    bounds.low[j] =
      hasBoth || (hasLow && mayBeHalf)
        ? -widen(-lower[j], lowerSize[j], terms[j], g, () => isExact(layer, j, lowerSize[j], low, high))
        : -Infinity;
    bounds.error[j] = hasBoth ? g * largest[j] + terms[j] * UNDERFLOW : 0;
  }
  return bounds;
}

/** A linear bound of up to LANES targets: coefficients over a layer's inputs, and constants. */
interface Descent {
  coefficients: Float64Array[];
  readonly constants: Float64Array;
}

/** What holds in one box, for layers from the lowest on. */
export class BoxBounds {
  readonly layers: LayerBounds[] = [];
  readonly relaxations: Relaxation[] = [];
  /** Multiplications done so far. */
  work = 0;

  constructor(
    private readonly network: readonly Layer64[],
    private readonly box: Range,
  ) {}

  /**
   * Adds the bounds of layers up to `depth`, and carries those that decide an activation's lines down to the inputs as
   * long as `budget` lasts.
   */
  extend(depth: number, budget: number): void {
    while (this.layers.length <= depth) {
      const l = this.layers.length;
      if (l > 0) {
        if (l > 1) this.sharpen(l - 1, budget);
        this.relax(l - 1);
      }
      const bounds = boundLayer(this.network[l], l === 0 ? this.box : this.relaxations[l - 1]);
      this.work += 4 * this.network[l].kernel.length;
      this.layers.push(bounds);
    }
  }

  /** Takes over what is known already of the layers from the lowest on. */
  restore(layers: readonly LayerBounds[]): void {
    this.layers.push(...layers);
    for (let l = 0; l < layers.length - 1; l++) this.relax(l);
  }

  /** Takes over bounds on a unit of the highest layer so far, where they are tighter; an infinite end stays. */
  narrow(unit: number, low: number, high: number): void {
    this.tighten(this.layers.at(-1)!, unit, low, high);
  }

  private tighten(bounds: LayerBounds, unit: number, low: number, high: number): void {
    if (low > bounds.low[unit] && bounds.low[unit] > -Infinity) bounds.low[unit] = low;
    if (high < bounds.high[unit] && bounds.high[unit] < Infinity) bounds.high[unit] = high;
  }

  private relax(l: number): void {
    const layer = this.network[l];
    const { low, high } = this.layers[l];
    const relaxation = new Relaxation(layer.units);
    for (let j = 0; j < layer.units; j++) relaxation.relax(layer, j, low[j], high[j]);
    this.relaxations.push(relaxation);
  }

  /** Backward bounds for the units of layer l whose intervals leave the sign open. */
  private sharpen(l: number, budget: number): void {
    const { low, high } = this.layers[l];
    const isPiecewise = isRectifier(this.network[l].name);
    const open = [...high.keys()].filter((j) => !isPiecewise || (low[j] < 0 && high[j] > 0));
    for (let at = 0; at < open.length && this.work < budget; at += LANES) {
      const units = open.slice(at, at + LANES);
      this.descend(l, units, 1).forEach((bound, t) => this.tighten(this.layers[l], units[t], -Infinity, bound));
      const still = isPiecewise ? units.filter((j) => high[j] > 0) : units;
      if (still.length > 0)
        this.descend(l, still, -1).forEach((bound, t) => this.tighten(this.layers[l], still[t], -bound, Infinity));
    }
  }

  /**
   * Upper bounds on sign·z of up to LANES units of layer `l` > 0, as long as the sums do not overflow that way.
   * @param visit receives each target's coefficients over the network's inputs
   */
  descend(
    l: number,
    units: readonly number[],
    sign: 1 | -1,
    visit?: (target: number, coefficients: Float64Array) => void,
    varied = false,
  ): number[] {
    const { inputs } = this.network[l];
    const descent: Descent = { coefficients: [], constants: new Float64Array(LANES) };
    for (let t = 0; t < LANES; t++) {
      const target = units[t] === undefined ? undefined : this.target(l, units[t], sign);
      descent.coefficients.push(target?.coefficients ?? new Float64Array(inputs));
      descent.constants[t] = target?.constant ?? 0;
    }
    for (let below = l - 1; below >= 0; below--) this.step(below, descent, varied);
    return units.map((_, t) => {
      visit?.(t, descent.coefficients[t]);
      return this.conclude(descent.coefficients[t], descent.constants[t]);
    });
  }

  /**
   * The least of the upper bounds on unit j that different lower lines of relu give, and the corner of the box that it
   * is attained at.
   */
  leastBound(l: number, j: number): { bound: number; corner: Float64Array } {
    const { low, high } = this.box;
    const rows: Float64Array[] = [];
    const bounds = this.descend(
      l,
      new Array<number>(LANES).fill(j),
      1,
      (_, coefficients) => rows.push(coefficients),
      true,
    );
    const best = bounds.reduce((least, bound, t) => (bound < bounds[least] ? t : least), 0);
    return { bound: bounds[best], corner: rows[best].map((c, i) => (c > 0 ? high[i] : low[i])) };
  }

  /**
   * sign·z of unit j of layer l > 0, rounding included, as a bound that is linear in what feeds it: where that is never
   * negative, so is its part of the rounding.
   */
  target(l: number, j: number, sign: 1 | -1): { coefficients: Float64Array; constant: number } {
    const layer = this.network[l];
    const { kernel, bias, inputs, units } = layer;
    const { low, high } = this.relaxations[l - 1];
    const g = errorOf(layer);
    let constant = sign * bias[j] + g * biasSizeOf(layer, j) + floorOf(layer, j, inputs);
    const coefficients = Float64Array.from({ length: inputs }, (_, i) => {
      const w = kernel[i * units + j];
      if (w === 0) return 0;
      if (low[i] >= 0) return sign * w + g * Math.abs(w);
      constant += g * Math.abs(w) * Math.max(-low[i], high[i]);
      return sign * w;
    });
    return { coefficients, constant };
  }

  /** The worst corner of the box ends the descent. */
  private conclude(coefficients: Float64Array, constant: number): number {
    const { low, high } = this.box;
    let sum = constant;
    for (let i = 0; i < coefficients.length; i++) sum += coefficients[i] * (coefficients[i] > 0 ? high[i] : low[i]);
    return sum;
  }

  /** From coefficients over layer l's activations to coefficients over its inputs. */
  private step(l: number, descent: Descent, varied: boolean): void {
    const { kernel, bias, inputs, units, name } = this.network[l];
    const { lowSlope, lowAt, highSlope, highAt } = this.relaxations[l];
    const { error } = this.layers[l];
    const isReluLayer = isRectifier(name);
    const { coefficients, constants } = descent;
    const scaled = coefficients.map(() => new Float64Array(units));
    const used = new Int32Array(units);
    let count = 0;
    for (let j = 0; j < units; j++) {
      let any = false;
      for (let t = 0; t < LANES; t++) {
        const a = coefficients[t][j];
        if (a === 0) continue;
        let slope = a > 0 ? highSlope[j] : lowSlope[j];
        if (!(a > 0) && varied && isReluLayer && highAt[j] > 0 && highSlope[j] > 0)
          slope = [lowSlope[j], 0, 1, highSlope[j]][t];
        const s = a * slope;
        const at = a * (a > 0 ? highAt[j] : lowAt[j]);
        scaled[t][count] = s;
        constants[t] += at + Math.abs(at) * 1e-12 + s * bias[j] + Math.abs(s) * error[j];
        any ||= s !== 0;
      }
      if (any) used[count++] = j;
      else for (let t = 0; t < LANES; t++) scaled[t][count] = 0;
    }
    descent.coefficients = multiply(kernel, inputs, units, used.subarray(0, count), scaled);
    this.work += inputs * count * LANES + STEP_WORK;
  }
}

/** Out[t][i] = sum over the used j of kernel[i, j]·scaled[t][j]; four targets for one look at the kernel. */
function multiply(
  kernel: Layer64["kernel"],
  inputs: number,
  units: number,
  used: Int32Array,
  [a, b, c, d]: readonly Float64Array[],
): Float64Array[] {
  const out = [a, b, c, d].map(() => new Float64Array(inputs));
  for (let i = 0, row = 0; i < inputs; i++, row += units) {
    let s0 = 0,
      s1 = 0,
      s2 = 0,
      s3 = 0;
    for (let t = 0; t < used.length; t++) {
      const w = kernel[row + used[t]];
      s0 += w * a[t];
      s1 += w * b[t];
      s2 += w * c[t];
      s3 += w * d[t];
    }
    out[0][i] = s0;
    out[1][i] = s1;
    out[2][i] = s2;
    out[3][i] = s3;
  }
  return out;
}
