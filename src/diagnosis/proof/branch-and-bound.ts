// Branch and bound for a unit that plain bounds and search leave open: the box is parted by the sign of one
// preactivation below after another, and in each part the linear bound is tightened by descent on its free slopes
// (alpha, beta-CROWN: Xu et al. 2021, Wang et al. 2021). The bound's gradient by a slope is the preactivation at the
// corner that attains the bound, so each round also tries an input.
import type { Box } from "./box.js";
import { activateLive, type LiveLayer, type LiveNetwork, multiply } from "./reduced-network.js";

const ROUNDS_AT_FIRST = 24;
const ROUNDS_IN_A_PART = 8;
const DUAL_TURNS = 7;
/** Of the climb from a part's best corner. */
const SWEEPS = 6;
/**
 * A fine climb tries every input at every unit of the first layer: where they are more than this, it takes too long.
 */
const MOST_KINKS = 2 ** 14;
/** With more parts than this the newest is parted next, not the worst: memory stays bounded. */
const MOST_PARTS = 2000;
const RATE = 0.25;
/** What is left of the rate after all rounds. */
const RATE_LEFT = 0.08;

/** A part of the box: signs of preactivations, and what the descent has learnt of the slopes. */
interface Part {
  readonly signs: Int8Array;
  readonly slopes: Float64Array;
  /** Bounds on preactivations where the target may still be open. */
  readonly low: Float64Array;
  readonly high: Float64Array;
  bound: number;
  /** The unit whose lines are furthest from its activation at the worst corner; -1: none. */
  loosest: number;
}

/** coefficients·x + constant, which is at least 0 wherever an input could open the target. */
interface Plane {
  readonly coefficients: Float64Array;
  readonly constant: number;
}

/** The slope of relu's upper line. */
function chordOf({ low, high }: Part, at: number): number {
  return high[at] / (high[at] - low[at]);
}

/** The lower or upper line of unit j of a layer, `at` its place among all, at a preactivation. */
function lineOf(layer: LiveLayer, j: number, part: Part, at: number, isLower: boolean, value: number): number {
  const isFree = layer.free[j] !== 0;
  if (isFree) return isLower ? part.slopes[at] * value + 0 : chordOf(part, at) * (value - part.low[at]);
  const line = isLower ? layer.lowSlope[j] * value + layer.lowAt[j] : layer.highSlope[j] * value + layer.highAt[j];
  return Number.isFinite(line) ? line : 0; // an infinite one has no part in a bound that is finite
}

export type BranchResult = "provenDead" | "open" | { readonly candidate: Float64Array };

/** The search tree of one unit. */
export class Branching {
  private readonly weights: Float64Array;
  private readonly constant: number;
  private readonly bias: number;
  /** Of the last round, over all live units: coefficients on activations, and preactivations as the lines have them. */
  private readonly coefficients: Float64Array;
  private readonly relaxed: Float64Array;
  private readonly scale: number;
  work = 0;
  private budget = 0;
  private nearestValue = -Infinity;
  /** The input that came nearest to opening the unit. */
  nearest: Float64Array | undefined;

  /** @param sign -1: of -z in place of z */
  constructor(
    private readonly net: LiveNetwork,
    unit: number,
    private readonly ceiling: number,
    sign: 1 | -1 = 1,
  ) {
    const { weights, constant } = net.top(unit, sign);
    this.bias = sign * net.bias(unit);
    this.weights = weights;
    this.constant = constant;
    this.coefficients = new Float64Array(net.count);
    this.relaxed = new Float64Array(net.count);
    this.scale = weights.reduce((most, w) => Math.max(most, Math.abs(w)), 0);
  }

  /** In small steps: others may have their turn between two. */
  *steps(_box: Box, budget: number): Generator<void, BranchResult> {
    this.budget = budget;
    const first = this.root();
    const parts: Part[] = [];
    let candidate = this.tighten(first, ROUNDS_AT_FIRST);
    if (candidate) return { candidate };
    if (first.bound > this.ceiling) parts.push(first);
    while (parts.length > 0) {
      yield;
      const part = parts.length > MOST_PARTS ? parts.pop()! : takeWorst(parts);
      if (part.loosest < 0 || !Number.isFinite(part.bound) || this.work > budget) return "open";
      for (const sign of [1, -1] as const) {
        const child: Part = {
          signs: part.signs.slice(),
          slopes: part.slopes.slice(),
          low: part.low.slice(),
          high: part.high.slice(),
          bound: part.bound,
          loosest: -1,
        };
        this.fix(child, part.loosest, sign);
        if (part.loosest < this.net.layers[0].units && !this.contract(child, this.planeOf(part.loosest, sign)))
          continue;
        candidate = this.tighten(child, ROUNDS_IN_A_PART);
        if (candidate) return { candidate };
        if (child.bound > this.ceiling) parts.push(child);
      }
    }
    return "provenDead";
  }

  /**
   * The best upper bound that so many rounds on the slopes give, without parts; the ceiling, where that is larger: what
   * the rounds bound is only the part of the box where the unit may be above it.
   */
  upperBound(rounds: number): number {
    this.budget = Infinity;
    const first = this.root();
    this.tighten(first, rounds, false);
    return Math.max(this.ceiling, first.bound);
  }

  private root(): Part {
    const { count, layers, offsets } = this.net;
    const slopes = new Float64Array(count);
    const low = new Float64Array(count),
      high = new Float64Array(count);
    layers.forEach((layer, l) => {
      slopes.set(layer.lowSlope, offsets[l]);
      low.set(layer.low, offsets[l]);
      high.set(layer.high, offsets[l]);
    });
    const first: Part = { signs: new Int8Array(count), slopes, low, high, bound: Infinity, loosest: -1 };
    const cautious: Part = { ...first, slopes: new Float64Array(count) }; // no worse than intervals
    if (this.descend(cautious).bound < this.descend(first).bound) slopes.fill(0);
    return first;
  }

  /**
   * From here on the preactivation has this sign; its slope becomes the multiplier of that condition, which starts
   * where it loosens nothing.
   */
  private fix(part: Part, at: number, sign: number): void {
    const a = Math.min(0, this.coefficients[at]);
    part.slopes[at] = sign > 0 ? -a * (1 - part.slopes[at]) : -a * part.slopes[at];
    part.signs[at] = sign;
  }

  /**
   * Rounds of Adam on the slopes; stops early when the part is closed, or with an input that opens the unit, if one is
   * looked for.
   */
  private tighten(part: Part, rounds: number, seeks = true): Float64Array | undefined {
    const m = new Float64Array(this.net.count),
      v = new Float64Array(this.net.count);
    let best = Infinity;
    let plane: Plane | undefined;
    let kept: Pick<Part, "signs" | "slopes"> = part;
    let top: { actual: number; corner?: Float64Array } = { actual: -Infinity };
    for (
      let round = 0, rate = RATE;
      round < rounds && this.work <= this.budget;
      round++, rate *= RATE_LEFT ** (1 / rounds)
    ) {
      const { bound, corner, coefficients, constant } = this.descend(part);
      const { actual, loosest } = this.ascend(part, corner);
      if (seeks && actual > 0) return corner;
      if (actual > top.actual) top = { actual, corner };
      if (bound < best) {
        best = bound;
        plane = { coefficients, constant: constant - this.ceiling };
        kept = { signs: part.signs.slice(), slopes: part.slopes.slice() };
      }
      part.loosest = loosest;
      if (best <= this.ceiling) break;
      if (plane && round % 4 === 3 && !this.contract(part, plane)) {
        best = -Infinity;
        break;
      }
      this.improve(part, rate, m, v, round + 1);
    }
    part.bound = Math.min(part.bound, best);
    kept.signs.forEach((sign, at) => {
      if (sign === part.signs[at]) part.slopes[at] = kept.slopes[at];
    });
    if (!seeks || !(part.bound > this.ceiling) || !top.corner) return undefined;
    const reached = this.climb(top.corner, top.actual, rounds === ROUNDS_AT_FIRST);
    if (reached > this.nearestValue) [this.nearestValue, this.nearest] = [reached, top.corner];
    return reached > 0 ? top.corner : undefined;
  }

  /**
   * Moves one input after another to an end of its range (a fine climb: or to where a unit of the first layer
   * switches), as long as that helps; returns the unit's preactivation.
   */
  private climb(x: Float64Array, actual: number, isFine: boolean): number {
    const { box, layers } = this.net;
    const { units, kernel } = layers[0];
    const kinks = isFine && x.length * units <= MOST_KINKS ? units : 0;
    const z = multiply(layers[0], x),
      moved = new Float64Array(units);
    for (let sweep = 0, helped = true; helped && sweep < SWEEPS && actual <= 0 && this.work <= this.budget; sweep++) {
      helped = false;
      for (let i = 0; i < x.length; i++) {
        for (let k = -2; k < kinks; k++) {
          const w = k < 0 ? 0 : kernel[i * units + k];
          let end = x[i] - z[k] / w; // where unit k opens or closes
          if (k < 0) end = k === -2 ? box.low[i] : box.high[i];
          if (!(end >= box.low[i] && end <= box.high[i])) continue;
          const change = end - x[i];
          if (change === 0) continue;
          for (let j = 0, at = i * units; j < units; j++) moved[j] = z[j] + change * kernel[at + j];
          const value = this.value(moved);
          if (!(value > actual)) continue;
          actual = value;
          x[i] = end;
          helped = true;
          z.set(moved);
        }
      }
      this.work += (x.length * (kinks + 8) * (this.net.cost - 2 * kernel.length + 4 * units)) / 16;
    }
    return actual;
  }

  /** The unit's preactivation, given those of the first layer. */
  private value(first: Float64Array): number {
    const { layers } = this.net;
    let a = activateLive(layers[0], first);
    for (let l = 1; l < layers.length; l++) a = activateLive(layers[l], multiply(layers[l], a));
    let sum = this.bias;
    for (let i = 0; i < a.length; i++) sum += this.weights[i] * a[i];
    return sum;
  }

  /** The coefficient on z and the constant that bound coefficient·f(z) from above. */
  private descend(part: Part): Plane & { bound: number; corner: Float64Array } {
    const { layers, offsets, box } = this.net;
    this.work += this.net.cost;
    let constant = this.constant;
    let above = this.weights;
    for (let l = layers.length - 1; l >= 0; l--) {
      const { inputs, units, kernel, bias, error, lowSlope, lowAt, highSlope, highAt, free } = layers[l];
      const scaled = new Float64Array(units);
      for (let j = 0; j < units; j++) {
        const a = above[j];
        const at = offsets[l] + j;
        this.coefficients[at] = a;
        const sign = part.signs[at];
        let offset = 0;
        if (a === 0 && sign === 0) continue;
        if (sign !== 0) scaled[j] = sign > 0 ? a + part.slopes[at] : -part.slopes[at];
        else if (a < 0 && free[j]) scaled[j] = a * part.slopes[at];
        else if (free[j]) {
          scaled[j] = a * chordOf(part, at);
          offset = -scaled[j] * part.low[at];
        } else {
          scaled[j] = a * (a > 0 ? highSlope[j] : lowSlope[j]);
          offset = a * (a > 0 ? highAt[j] : lowAt[j]);
        }
        constant += offset + Math.abs(offset) * 1e-12 + scaled[j] * bias[j] + Math.abs(scaled[j]) * error[j];
      }
      above = multiplyBack(kernel, inputs, units, scaled);
    }
    const corner = above.map((a, i) => (a > 0 ? box.high[i] : box.low[i]));
    return { bound: above.reduce((sum, a, i) => sum + a * corner[i], constant), corner, coefficients: above, constant };
  }

  /** Where unit j of the first layer has this sign, in exact arithmetic or in float32. */
  private planeOf(j: number, sign: 1 | -1): Plane {
    const {
      firstByUnit,
      layers: [{ inputs, bias, error }],
    } = this.net;
    return {
      coefficients: firstByUnit.slice(j * inputs, (j + 1) * inputs).map((w) => sign * w),
      constant: sign * bias[j] + error[j],
    };
  }

  /** Narrows the first layer's preactivations to where the plane is not below 0; false if that is nowhere. */
  private contract(part: Part, plane: Plane): boolean {
    const { units, free, bias, error } = this.net.layers[0];
    for (let j = 0; j < units; j++) {
      if (!free[j] || part.signs[j] !== 0) continue;
      part.high[j] = Math.min(part.high[j], this.highest(j, 1, plane) + bias[j] + error[j]);
      part.low[j] = Math.max(part.low[j], -this.highest(j, -1, plane) + bias[j] - error[j]);
      if (part.low[j] > part.high[j]) return false;
      if (part.high[j] <= 0 || part.low[j] >= 0) this.fix(part, j, part.high[j] <= 0 ? -1 : 1);
    }
    return true;
  }

  /**
   * A bound on sign·w·x for unit j of the first layer, where the plane is not below 0: for every factor >= 0 the
   * largest of sign·w·x + factor·plane(x) is one.
   */
  private highest(j: number, sign: 1 | -1, { coefficients, constant }: Plane): number {
    const {
      box,
      firstByUnit: kernel,
      layers: [{ inputs }],
    } = this.net;
    let least = Infinity,
      factor = 0,
      under = 0,
      over = Infinity;
    for (let turn = 0; turn < DUAL_TURNS; turn++) {
      let slope = constant;
      let value = factor * slope;
      for (let i = 0, at = j * inputs; i < inputs; i++, at++) {
        const q = sign * kernel[at] + factor * coefficients[i];
        const x = q > 0 ? box.high[i] : box.low[i];
        value += q * x;
        slope += coefficients[i] * x;
      }
      least = Math.min(least, value);
      if (slope >= 0) over = factor;
      else under = factor;
      if (over === 0) break;
      if (over < Infinity) factor = (under + over) / 2;
      else factor = factor === 0 ? this.scaleOf(j, coefficients) : 2 * factor;
    }
    this.work += 2 * DUAL_TURNS * inputs;
    return least;
  }

  private scaleOf(j: number, coefficients: Float64Array): number {
    const {
      firstByUnit,
      layers: [{ inputs }],
    } = this.net;
    let own = 0,
      other = 1e-300;
    for (let i = 0; i < inputs; i++) {
      own += Math.abs(firstByUnit[j * inputs + i]);
      other += Math.abs(coefficients[i]);
    }
    return own / other;
  }

  /** Up again from the corner: preactivations along the lines, which are the gradient, and as they really are. */
  private ascend(part: Part, corner: Float64Array): { actual: number; loosest: number } {
    const { layers, offsets } = this.net;
    let real: Float64Array = corner,
      lines: Float64Array = corner;
    let loosest = -1,
      most = 0;
    for (let l = 0; l < layers.length; l++) {
      const current = layers[l];
      const z = multiply(current, real),
        relaxed = l === 0 ? z : multiply(current, lines);
      real = activateLive(current, z);
      lines = relaxed.map((value, j) => {
        const at = offsets[l] + j;
        const a = this.coefficients[at];
        this.relaxed[at] = value;
        const sign = part.signs[at];
        if (sign !== 0) return sign > 0 ? value : 0;
        const line = lineOf(current, j, part, at, a < 0, value);
        const gap = a * (line - Math.max(value, 0));
        if (current.free[j] && gap > most) [most, loosest] = [gap, at];
        return line;
      });
    }
    let actual = this.bias;
    for (let i = 0; i < real.length; i++) actual += this.weights[i] * real[i];
    return { actual, loosest };
  }

  /** One step of Adam, down the bound. */
  private improve(part: Part, rate: number, m: Float64Array, v: Float64Array, step: number): void {
    const { layers, offsets } = this.net;
    layers.forEach(({ free, units }, l) => {
      for (let j = 0, at = offsets[l]; j < units; j++, at++) {
        if (!free[j]) continue;
        const sign = part.signs[at];
        if (sign === 0 && this.coefficients[at] >= 0) continue;
        const gradient = sign === 0 ? this.coefficients[at] * this.relaxed[at] : sign * this.relaxed[at];
        m[at] = 0.9 * m[at] + 0.1 * gradient;
        v[at] = 0.99 * v[at] + 0.01 * gradient * gradient;
        const change = (rate * (m[at] / (1 - 0.9 ** step))) / (Math.sqrt(v[at] / (1 - 0.99 ** step)) + 1e-30);
        const moved = part.slopes[at] - change * (sign === 0 ? 1 : Math.abs(this.coefficients[at]) + 1e-3 * this.scale);
        part.slopes[at] = sign === 0 ? Math.min(1, Math.max(0, moved)) : Math.max(0, moved);
      }
    });
  }
}

/** Out[i] = sum over j of kernel[i, j]·scaled[j]; four rows at once. */
function multiplyBack(kernel: Float64Array, inputs: number, units: number, scaled: Float64Array): Float64Array {
  const out = new Float64Array(inputs);
  const whole = inputs - (inputs % 4);
  for (let i = 0, a = 0; i < whole; i += 4, a += 4 * units) {
    const b = a + units,
      c = b + units,
      d = c + units;
    let s0 = 0,
      s1 = 0,
      s2 = 0,
      s3 = 0;
    for (let j = 0; j < units; j++) {
      const factor = scaled[j];
      s0 += kernel[a + j] * factor;
      s1 += kernel[b + j] * factor;
      s2 += kernel[c + j] * factor;
      s3 += kernel[d + j] * factor;
    }
    out[i] = s0;
    out[i + 1] = s1;
    out[i + 2] = s2;
    out[i + 3] = s3;
  }
  for (let i = whole; i < inputs; i++)
    for (let j = 0, at = i * units; j < units; j++) out[i] += kernel[at + j] * scaled[j];
  return out;
}

/** Removes and returns the part with the largest bound. */
function takeWorst(parts: Part[]): Part {
  let worst = 0;
  for (let i = 1; i < parts.length; i++) if (parts[i].bound > parts[worst].bound) worst = i;
  const [part] = parts.splice(worst, 1);
  return part;
}
