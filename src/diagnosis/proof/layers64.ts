// A network's layers for reckoning in float64: copies of the weights, and the activations as functions of one number.
import type { NetworkState } from "../../network/state/state.js";
import type { ActivationName } from "../../activations/activations.js";

export interface Layer64 {
  readonly name: ActivationName;
  readonly inputs: number;
  readonly units: number;
  /** inputs x units, row-major; float32, as all weights are: products of two are exact in float64. */
  readonly kernel: Float32Array;
  readonly bias: Float32Array;
  /** Slope or scale on the negative side, one a unit; 0 where the activation has none. */
  readonly alpha: ArrayLike<number>;
}

export function readLayers(state: NetworkState, count: number): Layer64[] {
  return state.spec.layers.slice(0, count).map(({ units, activation }, index) => {
    const inputs = state.inputsOf(index);
    const offsets = state.layout.layers[index];
    const copy = (offset: number, length: number) => state.floats(state.parameters + offset, length).slice();
    const alpha =
      offsets.alpha === undefined ? new Float64Array(units).fill(activation.alpha ?? 0) : copy(offsets.alpha, units);
    return {
      name: activation.name,
      inputs,
      units,
      kernel: copy(offsets.kernel, inputs * units),
      bias: copy(offsets.bias, units),
      alpha,
    };
  });
}

const SELU_SCALE = 1.0507009873554805;
const SELU_ALPHA = 1.6732632423543772;

export function sigmoid(z: number): number {
  return 1 / (1 + Math.exp(-z));
}

/** Phi(z), by the series of positive terms of erf. */
function normalCdf(z: number): number {
  if (Math.abs(z) > 8) return z > 0 ? 1 : 0;
  let term = z;
  let sum = z;
  for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(sum); n++) {
    term *= (z * z) / (2 * n + 1);
    sum += term;
  }
  return 0.5 + (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * sum;
}

/** f(z). */
export function activate(name: ActivationName, z: number, alpha: number): number {
  switch (name) {
    case "linear":
      return z;
    case "relu":
      return z > 0 ? z : 0;
    case "leakyRelu":
    case "prelu":
      return z > 0 ? z : alpha * z;
    case "elu":
      return z > 0 ? z : alpha * Math.expm1(z);
    case "selu":
      return SELU_SCALE * (z > 0 ? z : SELU_ALPHA * Math.expm1(z));
    case "gelu":
      return z * normalCdf(z);
    case "silu":
      return z * sigmoid(z);
    case "softplus":
      return Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));
    case "sigmoid":
      return sigmoid(z);
    case "tanh":
      return Math.tanh(z);
  }
}

/** f'(z); of gelu and silu by a difference, which is for searching, not for proofs. */
export function slope(name: ActivationName, z: number, alpha: number): number {
  switch (name) {
    case "linear":
      return 1;
    case "relu":
      return z > 0 ? 1 : 0;
    case "leakyRelu":
    case "prelu":
      return z > 0 ? 1 : alpha;
    case "elu":
      return z > 0 ? 1 : alpha * Math.exp(z);
    case "selu":
      return SELU_SCALE * (z > 0 ? 1 : SELU_ALPHA * Math.exp(z));
    case "softplus":
      return sigmoid(z);
    case "sigmoid":
      return sigmoid(z) * sigmoid(-z);
    case "tanh":
      return 1 / Math.cosh(z) ** 2;
    default:
      return (activate(name, z + 1e-4, alpha) - activate(name, z - 1e-4, alpha)) / 2e-4;
  }
}

/** Preactivations of a layer for one row of its inputs. */
export function preactivations({ inputs, units, kernel, bias }: Layer64, x: ArrayLike<number>): Float64Array {
  const z = Float64Array.from(bias);
  for (let i = 0, at = 0; i < inputs; i++, at += units) {
    const value = x[i];
    if (value !== 0) for (let j = 0; j < units; j++) z[j] += value * kernel[at + j];
  }
  return z;
}

export function activations({ name, alpha }: Layer64, z: Float64Array): Float64Array {
  return z.map((value, j) => activate(name, value, alpha[j]));
}

/** What feeds layer `depth` when the network's inputs are x. */
export function inputsAt(layers: readonly Layer64[], depth: number, x: ArrayLike<number>): ArrayLike<number> {
  let a = x;
  for (let l = 0; l < depth; l++) a = activations(layers[l], preactivations(layers[l], a));
  return a;
}

/** One unit's preactivation, and the size of the sum that made it. */
export function preactivationOf(
  { inputs, units, kernel, bias }: Layer64,
  unit: number,
  a: ArrayLike<number>,
): { z: number; size: number } {
  let z = bias[unit];
  let size = Math.abs(z);
  for (let i = 0, at = unit; i < inputs; i++, at += units) {
    const term = a[i] * kernel[at];
    z += term;
    size += Math.abs(term);
  }
  return { z, size };
}
