// From the weights of a network to those of the model that it was made of: what was folded into a layer is divided out
// again, in float64, and rounded once.
//
// A folded kernel is K[i,j] = a[i]·W[i,j]·A[j] and a folded bias B[j] = A[j]·Σ b[i]·W[i,j] + C[j], where a·x + b lies
// before the layer's own kernel W and A·x + C behind it. Weights that are as they were stay so to the bit.
import { type LiveChain, type LiveWeight, type LiveWeights, weightOf } from "./live-chain.js";
import { RelumineError } from "../core/errors.js";
import { type ImportedLayer, type Step } from "../models/chain/layers.js";
import { at } from "../models/chain/value.js";

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

/**
 * Where a layer's shift can be written: its own bias, times what follows, or the beta of a normalization right behind.
 */
function shiftOf(live: LiveChain, weights: LiveWeights, { dense, after }: Step) {
  const name = dense.name!;
  const bias = weightOf(weights, name, "bias");
  if (bias) return { weight: bias, factor: (unit: number) => at(after.a, unit) };
  const beta = live.normalizationBehind(name);
  const weight = beta === undefined ? undefined : weightOf(weights, beta, "beta");
  if (weight) return { weight, factor: () => 1 };
  throw refuse(name, "one without a bias");
}

const isSame = (x: ArrayLike<number>, y: ArrayLike<number>): boolean =>
  x.length === y.length && Array.prototype.every.call(x, (value, i) => value === y[i]);

function writesOf(live: LiveChain, weights: LiveWeights, step: Step, was: ImportedLayer, now: ImportedLayer): Write[] {
  const { dense, after } = step;
  const hasSlopes = now.alpha && !isSame(was.alpha!, now.alpha);
  if (isSame(was.kernel, now.kernel) && isSame(was.bias, now.bias) && !hasSlopes) return [];
  const { name, units } = dense;
  if (name === undefined) throw refuse(name, "a normalization of the outputs");
  const kernel = unfoldKernel(step, was, now);
  const own = weightOf(weights, name, "kernel")!;
  const shift = unfoldShift(step, was, now, kernel);
  const writes: Write[] = isSame(dense.kernel, kernel) ? [] : [{ weight: own, data: kernel }];
  const moved = Array.from({ length: units }, (_, unit) => unit).filter((unit) => shift[unit] !== at(after.b, unit));
  if (moved.length > 0) {
    const { weight, factor } = shiftOf(live, weights, step);
    const data = weight.data.slice();
    for (const unit of moved) {
      const rest = at(after.b, unit) - factor(unit) * weight.data[unit];
      data[unit] = (shift[unit] - rest) / factor(unit);
      if (!Number.isFinite(data[unit])) throw refuse(name, "one of whose units a normalization multiplies by 0");
    }
    writes.push({ weight, data });
  }
  if (hasSlopes) writes.push({ weight: live.slopesBehind(name, weights), data: now.alpha! });
  return writes;
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
  return steps.flatMap((step, i) => writesOf(live, weights, step, was[i], now[i]));
}
