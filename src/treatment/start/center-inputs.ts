// Inputs around 0: the ratio of the inputs' mean to their spread predicts how many units die (Simon 2026), and subtracting the mean removes it.
import { RelumineError } from "../../core/errors.js";
import { type Matrix, type Samples, toMatrix, toRows } from "../../core/matrix.js";
import type { Network } from "../../network/types.js";
import { stateOf } from "../../network/state/state.js";

export interface Centering {
  /** Of each input, in float32. */
  readonly mean: Float32Array;
  /**
   * Samples with the means subtracted, a copy.
   * @throws RelumineError "shape" or "value"
   */
  apply(samples: Samples): Matrix;
  /**
   * Lets a network that was trained on centred inputs take raw ones: bias -= mean · kernel in its first layer. Once for each network.
   * @throws RelumineError "shape", "value" or "disposed", the network unchanged
   */
  foldInto(network: Network): void;
}

function meanOf({ rows, columns, data }: Matrix): Float32Array {
  const sums = new Float64Array(columns);
  for (let i = 0; i < data.length; i++) sums[i % columns] += data[i];
  return Float32Array.from(sums, (sum) => sum / rows);
}

/** What the first layer's biases become. */
function foldedBias(kernel: Float32Array, bias: Float32Array, mean: Float32Array): Float32Array {
  const units = bias.length;
  return bias.map(
    (value, unit) => value - mean.reduce((sum, each, input) => sum + each * kernel[input * units + unit], 0),
  );
}

/**
 * The means of the inputs, to train on centred ones.
 * @param x rows x inputs
 * @throws RelumineError "shape" or "value"
 * @example
 * const centering = centerInputs(x);
 * await network.fit({ x: centering.apply(x), y });
 * centering.foldInto(network); // from now on it takes x as it is
 */
export function centerInputs(x: Samples): Centering {
  const samples = toRows("x", x);
  const mean = meanOf(samples);
  const folded = new WeakSet<Network>();
  return {
    mean,
    apply(given) {
      const { rows, columns, data } = toMatrix("samples", given, mean.length);
      return { rows, columns, data: data.map((value, i) => value - mean[i % columns]) };
    },
    foldInto(network) {
      const state = stateOf(network);
      state.checkIdle();
      if (state.spec.inputs !== mean.length)
        throw new RelumineError(
          "shape",
          "network",
          `to have ${mean.length} inputs, as the means are of so many`,
          `${state.spec.inputs}`,
        );
      if (folded.has(network))
        throw new RelumineError(
          "value",
          "network",
          "to have biases without these means",
          "one that they were folded into already",
        );
      const { kernel, bias } = network.layers[0].getWeights();
      network.layers[0].setWeights({ bias: foldedBias(kernel, bias, mean) });
      folded.add(network);
    },
  };
}
