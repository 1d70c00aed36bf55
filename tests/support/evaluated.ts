// A network as it is evaluated, in float64 from its spec and weights: normalization by running statistics or by rows,
// layers that something passes by, no dropout.
import { activate } from "../reference/network.js";
import type { Network, Weights } from "../../src/index.js";
import type { ResolvedSpec } from "../../src/network/spec.js";

export interface EvaluatedLayer {
  /** What goes into the activation, rows x units. */
  readonly n: number[][];
  /** What feeds the next layer. */
  readonly o: number[][];
}

function normalize(z: number[], weights: Weights, epsilon: number): number[] {
  const { gamma, beta, runningMean, runningVariance } = weights;
  const mean = z.reduce((sum, value) => sum + value, 0) / z.length;
  const variance = z.reduce((sum, value) => sum + (value - mean) ** 2, 0) / z.length;
  return z.map((value, unit) => {
    const [m, v] = [runningMean?.[unit] ?? mean, runningVariance?.[unit] ?? variance];
    return (gamma![unit]! * (value - m)) / Math.sqrt(v + epsilon) + beta![unit]!;
  });
}

/** By layer. */
export function evaluateLayers(network: Network, x: readonly (readonly number[])[]): EvaluatedLayer[] {
  let rows = x.map((row) => row.map(Math.fround));
  return (network.spec as ResolvedSpec).layers.map(({ activation, normalization, residual }, l) => {
    const weights = network.layers[l]!.getWeights();
    const { kernel, bias } = weights;
    const n = rows.map((row) => {
      const z = Array.from(bias, (b, unit) => row.reduce((sum, v, i) => sum + v * kernel[i * bias.length + unit]!, b));
      return normalization ? normalize(z, weights, normalization.epsilon) : z;
    });
    const o = n.map((row, r) =>
      row.map((value, unit) => activate(activation.name, value, activation.alpha) + (residual ? rows[r]![unit]! : 0)),
    );
    rows = o;
    return { n, o };
  });
}
