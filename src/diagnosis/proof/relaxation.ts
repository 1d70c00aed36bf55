// What is known of f(z) for low <= z <= high: a range, and two lines that enclose it.
//
// Piecewise linear functions: Zhang et al. 2018 (CROWN), equations of the upper chord and of the lower line through 0.
// Smooth monotone ones: f(z) - s·z grows wherever s is no more than the smallest slope, so its ends bound it. f may be
// evaluated in float32: ranges and lines are widened by the error of the kernels' functions (assembly/math.ts).
import type { Layer64 } from "./layers64.js";
import { isRectifier, type ObservedActivationName, shapeOf } from "../../activations/activations.js";
import { activate, analysisOf, slope } from "../../activations/analysis.js";

/**
 * Relative and absolute error of a smooth activation in float32: at most 6 units in the last place, and what
 * underflows.
 */
const SMOOTH_ERROR = 2 ** -20;
const SMOOTH_FLOOR = 1e-14;
/** Of a product with a slope that is itself rounded. */
const PRODUCT_ERROR = 2 ** -22;
const PRODUCT_FLOOR = 2 ** -149;

/**
 * f within `error` of [low, high]; lowSlope·z + lowAt <= f(z) <= highSlope·z + highAt. Where an end of z is infinite,
 * slopes are 0.
 */
export class Relaxation {
  readonly low: Float64Array;
  readonly high: Float64Array;
  readonly lowSlope: Float64Array;
  readonly lowAt: Float64Array;
  readonly highSlope: Float64Array;
  readonly highAt: Float64Array;

  constructor(units: number) {
    const make = () => new Float64Array(units);
    [this.low, this.high, this.lowSlope, this.lowAt, this.highSlope, this.highAt] = [
      make(),
      make(),
      make(),
      make(),
      make(),
      make(),
    ];
  }

  /** Both lines are s·z + a constant that keeps them outside the range's ends. */
  private enclose(j: number, s: number, low: number, high: number): void {
    this.lowSlope[j] = this.highSlope[j] = s;
    this.lowAt[j] = low;
    this.highAt[j] = high;
  }

  /** Takes over unit j of the layer, whose preactivation is between low and high. */
  relax(layer: Layer64, j: number, low: number, high: number): void {
    const { name, alpha } = layer;
    if (low === -Infinity || high === Infinity) return this.relaxUnbounded(isRectifier(name), j, low, high);
    switch (shapeOf(name)) {
      case "rectifier":
        return this.relaxRelu(j, low, high);
      case "linear":
        return this.relaxPiecewise(1, j, low, high);
      case "leaky":
        return this.relaxPiecewise(alpha[j], j, low, high);
      case "smooth":
        return this.relaxSmooth(name, alpha[j], j, low, high);
    }
  }

  /** Level lines at the range's ends, which are infinite themselves where NaN is possible. */
  private relaxUnbounded(isRelu: boolean, j: number, low: number, high: number): void {
    const hasEnd = isRelu && (low > -Infinity || high < Infinity);
    this.low[j] = hasEnd ? Math.max(0, low) : -Infinity;
    this.high[j] = hasEnd ? Math.max(0, high) : Infinity;
    this.enclose(j, 0, this.low[j], this.high[j]);
  }

  private relaxRelu(j: number, low: number, high: number): void {
    this.low[j] = low > 0 ? low : 0;
    this.high[j] = high > 0 ? high : 0;
    if (high <= 0 || low >= 0) return this.enclose(j, high <= 0 ? 0 : 1, 0, 0);
    const chord = high / (high - low);
    this.highSlope[j] = chord;
    this.highAt[j] = -chord * low;
    this.lowSlope[j] = high > -low ? 1 : 0;
    this.lowAt[j] = 0;
  }

  /** z for z > 0, alpha·z below: convex or concave with the one corner at 0. */
  private relaxPiecewise(alpha: number, j: number, low: number, high: number): void {
    const error = low < 0 && alpha !== 0 && alpha !== 1 ? PRODUCT_ERROR * Math.abs(alpha * low) + PRODUCT_FLOOR : 0;
    const atLow = low > 0 ? low : alpha * low;
    const atHigh = high > 0 ? high : alpha * high;
    const within = low < 0 && high > 0;
    this.low[j] = Math.min(atLow, atHigh, within ? 0 : Infinity) - error;
    this.high[j] = Math.max(atLow, atHigh, within ? 0 : -Infinity) + error;
    if (!within) return this.enclose(j, high <= 0 ? alpha : 1, -error, error);
    const chord = (atHigh - atLow) / (high - low);
    const chordAt = atHigh - chord * high;
    const tangent = high > -low ? 1 : alpha;
    const isConvex = alpha <= 1;
    this.lowSlope[j] = isConvex ? tangent : chord;
    this.lowAt[j] = (isConvex ? 0 : chordAt) - error;
    this.highSlope[j] = isConvex ? chord : tangent;
    this.highAt[j] = (isConvex ? chordAt : 0) + error;
  }

  private relaxSmooth(name: ObservedActivationName, alpha: number, j: number, low: number, high: number): void {
    const atLow = activate(name, low, alpha);
    const atHigh = activate(name, high, alpha);
    const dip = analysisOf(name).dip;
    const error = SMOOTH_ERROR * Math.max(Math.abs(atLow), Math.abs(atHigh), dip ? 1 : 0) + SMOOTH_FLOOR;
    this.low[j] = (dip && low < dip.at + 0.01 && high > dip.at - 0.01 ? dip.value : Math.min(atLow, atHigh)) - error;
    this.high[j] = Math.max(atLow, atHigh) + error;
    if (dip) return this.enclose(j, 0, this.low[j], this.high[j]);
    const s = 0.999999 * Math.min(slope(name, low, alpha), slope(name, high, alpha));
    const margin = error + 1e-12 * (Math.abs(s * low) + Math.abs(s * high));
    this.enclose(j, s, atLow - s * low - margin, atHigh - s * high + margin);
  }
}
