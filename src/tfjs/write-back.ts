// From the weights of a network to those of the model that it was made of: what was folded into a layer is divided out
// again, in float64, and rounded once.
//
// A folded kernel is K[i,j] = a[i]·W[i,j]·A[j] and a folded bias B[j] = A[j]·Σ b[i]·W[i,j] + C[j], where a·x + b lies
// before the layer's own kernel W and A·x + C behind it. Behind a layer normalization stands gamma·F·x + beta·F + D,
// where F·x + D is what scales behind it. Weights that are as they were stay so to the bit.
import { type LiveChain, type LiveWeight, type LiveWeights, weightOf, withData } from "./live-chain.js";
import { RelumineError } from "../core/errors.js";
import { type ImportedLayer, type Step } from "../models/chain/layers.js";
import { at } from "../models/chain/value.js";
import { WEIGHT_NAMES } from "../network/state/weight-names.js";

/** Numbers that a variable is to hold. */
export interface Write {
  readonly weight: LiveWeight;
  readonly data: Float32Array;
}

const CHANGED = "to be one that can be written back into the model";

function refuse(name: string | undefined, what: string): RelumineError {
  return new RelumineError(
    "unsupported",
    `the treated layer ${name ?? "behind the last Dense"}`,
    CHANGED,
    what,
    "Treat the network of toNetwork(model), and write it with writeModel of relumine/models",
  );
}

/** W where K is to be other than it was. */
function unfoldKernel({ dense, before, after }: Step, was: ImportedLayer, now: ImportedLayer): Float32Array {
  const { units, name } = dense;
  const kernel = Float32Array.from(dense.kernel);
  for (let i = 0; i < kernel.length; i++) {
    if (now.kernel[i] === was.kernel[i]) continue;
    const factor = at(before.a, Math.floor(i / units)) * at(after.a, i % units);
    kernel[i] = now.kernel[i] === 0 ? 0 : now.kernel[i] / factor;
    if (!Number.isFinite(kernel[i])) throw refuse(name, "one of whose units a normalization multiplies by 0");
  }
  return kernel;
}

/** What C is to be, unit by unit; as it was where neither B nor what goes into it has changed. */
function unfoldShift(step: Step, was: ImportedLayer, now: ImportedLayer, kernel: Float32Array): Float64Array {
  const { dense, before, after } = step;
  const { units, inputs } = dense;
  return Float64Array.from({ length: units }, (_, unit) => {
    let [old, sum] = [0, 0];
    for (let input = 0; input < inputs; input++) {
      const b = at(before.b, input);
      old += b * dense.kernel[input * units + unit];
      sum += b * kernel[input * units + unit];
    }
    if (now.bias[unit] === was.bias[unit] && old === sum) return at(after.b, unit);
    const bias = now.bias[unit] === was.bias[unit] ? at(after.a, unit) * old + at(after.b, unit) : now.bias[unit];
    return bias - at(after.a, unit) * sum;
  });
}

/** A weight that something goes into, times a factor. */
interface Place {
  readonly weight: LiveWeight;
  readonly factor: (unit: number) => number;
}

/**
 * Where a layer's shift can be written: its own bias, times what follows, or the beta of a normalization right behind.
 */
function shiftOf(live: LiveChain, weights: LiveWeights, { dense, after }: Step): Place {
  const name = dense.name!;
  const bias = weightOf(weights, name, "bias");
  if (bias) return { weight: bias, factor: (unit) => at(after.a, unit) };
  const { batch } = live.normalizationsBehind(name);
  const weight = batch === undefined ? undefined : weightOf(weights, batch, "beta");
  if (weight) return { weight, factor: () => 1 };
  throw refuse(name, "one without a bias");
}

type Vector = Float32Array | Float64Array;

const isSame = (x: ArrayLike<number>, y: ArrayLike<number>): boolean =>
  x.length === y.length && Array.prototype.every.call(x, (value, i) => value === y[i]);

/** Other numbers for some units of a weight, of which there is more behind it: of factor·weight + rest. */
function writeUnits({ weight, factor }: Place, name: string, old: Vector, now: ArrayLike<number>): Write[] {
  const data = weight.data.slice();
  for (let unit = 0; unit < data.length; unit++) {
    const is = old.length === 1 ? old[0] : old[unit];
    if (now[unit] === is) continue;
    const rest = is - factor(unit) * weight.data[unit];
    data[unit] = (now[unit] - rest) / factor(unit);
    if (!Number.isFinite(data[unit])) throw refuse(name, "one of whose units a normalization multiplies by 0");
  }
  return isSame(data, weight.data) ? [] : [{ weight, data }];
}

/** The one batch normalization behind a layer normalization: F·x + D. */
interface Scaling {
  readonly gamma: LiveWeight | undefined;
  readonly beta: LiveWeight | undefined;
  readonly mean: LiveWeight;
  readonly variance: LiveWeight;
  readonly epsilon: number;
}

function scalingOf(weights: LiveWeights, name: string, epsilon: number): Scaling {
  const [gamma, beta, mean, variance] = ["gamma", "beta", "moving_mean", "moving_variance"].map((part) =>
    weightOf(weights, name, part),
  );
  return { gamma, beta, mean: mean!, variance: variance!, epsilon };
}

/** Of F·x + D: F, unit by unit. */
function factorsOf({ gamma, variance, epsilon }: Scaling): (unit: number) => number {
  return (unit) => (gamma?.data[unit] ?? 1) / Math.sqrt(variance.data[unit] + epsilon);
}

/**
 * Another gamma of a layer normalization that has none: that of the batch normalization behind it, or, where that has
 * none either, its running variance, which each batch's own stands for in training. Of F·(x + shift - mean) + beta it
 * is F, rounded once; beta, or shift where there is none, is computed with F as it was rounded.
 */
function rescale(behind: Scaling, shift: LiveWeight | undefined, name: string, was: ImportedLayer, now: ImportedLayer) {
  const { mean, epsilon } = behind;
  const moved = behind.beta ?? shift;
  if (moved === undefined) throw refuse(name, "one whose normalization has no beta");
  const [gammas, variances, shifts] = [behind.gamma?.data.slice(), behind.variance.data.slice(), moved.data.slice()];
  now.gamma!.forEach((gamma, unit) => {
    const isScaled = gamma !== was.gamma![unit];
    if (!isScaled && now.beta![unit] === was.beta![unit]) return;
    if (isScaled && gammas) gammas[unit] = gamma * Math.sqrt(variances[unit] + epsilon);
    else if (isScaled) variances[unit] = gamma ** -2 - epsilon;
    const factor = (gammas?.[unit] ?? 1) / Math.sqrt(variances[unit] + epsilon);
    const added = (shift?.data[unit] ?? 0) - mean.data[unit];
    shifts[unit] = behind.beta ? now.beta![unit] - factor * added : now.beta![unit] / factor + mean.data[unit];
    const isFinite = [factor, shifts[unit]].every(Number.isFinite) && variances[unit] >= 0;
    if (!isFinite) throw refuse(name, "one whose scale no weight can make");
  });
  const writes: Write[] = [
    { weight: behind.variance, data: variances },
    { weight: moved, data: shifts },
  ];
  if (gammas) writes.push({ weight: behind.gamma!, data: gammas });
  return writes.filter(({ weight, data }) => !isSame(weight.data, data));
}

/** What a layer normalization multiplies by and adds, with what scales behind it. */
function normWrites(live: LiveChain, weights: LiveWeights, step: Step, was: ImportedLayer, now: ImportedLayer) {
  const { dense, norm } = step;
  if (!norm) return [];
  const name = dense.name!;
  const { rows = "", last = "", isRowsLast, lastEpsilon } = live.normalizationsBehind(name);
  const [gamma, beta] = ["gamma", "beta"].map((part) => weightOf(weights, rows, part));
  if (!gamma && lastEpsilon !== undefined && !isSame(was.gamma!, now.gamma!))
    return rescale(scalingOf(weights, last, lastEpsilon), beta, name, was, now);
  const behind = weightOf(weights, last, "beta");
  // of one normalization its own: the product with a gamma of 0 does not tell it
  const scales = lastEpsilon === undefined ? undefined : factorsOf(scalingOf(weights, last, lastEpsilon));
  const factor = (unit: number) => {
    if (isRowsLast) return 1;
    return scales ? scales(unit) : at(norm.a, unit) / (gamma?.data[unit] ?? 1);
  };
  const write = (part: "gamma" | "beta", place: Place | undefined): Write[] => {
    if (isSame(was[part]!, now[part]!)) return [];
    if (place) return writeUnits(place, name, was[part]!, now[part]!);
    throw refuse(name, `one whose normalization has no ${part}`);
  };
  const shift = behind ? { weight: behind, factor: () => 1 } : beta && { weight: beta, factor };
  return [...write("gamma", gamma && { weight: gamma, factor }), ...write("beta", shift)];
}

function writesOf(live: LiveChain, weights: LiveWeights, step: Step, was: ImportedLayer, now: ImportedLayer): Write[] {
  const { dense, after } = step;
  const hasSlopes = now.alpha && !isSame(was.alpha!, now.alpha);
  if (WEIGHT_NAMES.every((part) => !was[part] || !now[part] || isSame(was[part], now[part]))) return [];
  const { name } = dense;
  if (name === undefined) throw refuse(name, "a normalization of the outputs");
  const kernel = unfoldKernel(step, was, now);
  const shift = unfoldShift(step, was, now, kernel);
  const writes: Write[] = isSame(dense.kernel, kernel)
    ? []
    : [{ weight: weightOf(weights, name, "kernel")!, data: kernel }];
  const isMoved = shift.some((each, unit) => each !== at(after.b, unit));
  if (isMoved) writes.push(...writeUnits(shiftOf(live, weights, step), name, after.b, shift));
  writes.push(...normWrites(live, weights, step, was, now));
  if (hasSlopes) writes.push({ weight: live.slopesBehind(name, weights), data: now.alpha! });
  return writes;
}

/** The weights as they are to be. */
function withWrites(weights: LiveWeights, writes: readonly Write[]): LiveWeights {
  const data = new Map(writes.map((write) => [write.weight, write.data]));
  return withData(weights, (each) => data.get(each) ?? each.data);
}

/** Of the largest number of a layer: rounding is far below it, and a number in the wrong place above. */
const ROUNDING = 0.01;

/** @throws RelumineError "unsupported" where these weights make other layers than those that are wanted */
function checkWrites(made: readonly ImportedLayer[], now: readonly ImportedLayer[]): void {
  made.forEach((layer, index) => {
    for (const part of WEIGHT_NAMES) {
      const [given, wanted] = [layer[part], now[index][part]];
      if (!given || !wanted) continue;
      const most = wanted.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1);
      const isRight = given.every((value, i) => Math.abs(value - wanted[i]) <= ROUNDING * most);
      if (!isRight) throw refuse(layer.name, `one whose ${part} hangs on weights in several places`);
    }
  });
}

/**
 * The numbers that make the model do what the network does.
 * @param steps the model's layers with what lies around each
 * @param was the network's layers as they were made of the model
 * @param now the same with other weights
 * @throws RelumineError "unsupported" where a layer has no place for them
 */
export function unfold(
  live: LiveChain,
  weights: LiveWeights,
  steps: readonly Step[],
  was: readonly ImportedLayer[],
  now: readonly ImportedLayer[],
): Write[] {
  const writes = steps.flatMap((step, i) => writesOf(live, weights, step, was[i], now[i]));
  if (writes.length > 0) checkWrites(live.again(was, withWrites(weights, writes)), now);
  return writes;
}
