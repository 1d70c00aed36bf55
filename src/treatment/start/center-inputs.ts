// Inputs around 0: the ratio of the inputs' mean to their spread predicts how many units die (Simon 2026), and
// subtracting the mean removes it.
import { checkFirst, type InputMeans, inputMeans } from "./input-means.js";
import { RelumineError } from "../../core/errors.js";
import type { Samples } from "../../core/matrix.js";
import type { Network } from "../../network/types.js";
import { stateOf } from "../../network/state/state.js";

/** What `centerInputs` returns: the means, and what to do with them. */
export interface Centering extends InputMeans {
  /**
   * Lets a network that was trained on centred inputs take raw ones: bias -= mean · kernel in its first layer. Once for
   * each network.
   * @throws RelumineError "shape", "value" or "disposed", the network unchanged
   */
  foldInto(network: Network): void;
}

/** What the first layer's biases become. */
function foldedBias(kernel: Float32Array, bias: Float32Array, mean: Float32Array): Float32Array {
  const units = bias.length;
  return bias.map(
    (value, unit) => value - mean.reduce((sum, each, input) => sum + each * kernel[input * units + unit], 0),
  );
}

/** @throws RelumineError "shape", "value" or "disposed" */
function checkFoldable(network: Network, mean: Float32Array): void {
  const state = stateOf(network);
  state.checkIdle();
  const { inputs } = state.spec;
  if (inputs !== mean.length)
    throw new RelumineError("shape", "network", `to have ${mean.length} inputs, as the means do`, String(inputs));
}

/** bias -= mean · kernel in the first layer. */
export function foldMeans(network: Network, mean: Float32Array): void {
  checkFoldable(network, mean);
  const { kernel, bias } = network.layers[0].getWeights();
  network.layers[0].setWeights({ bias: foldedBias(kernel, bias, mean) });
}

/**
 * The means of the inputs, to train on centred ones.
 * @param x rows x inputs
 * @cost one pass over x; apply copies its samples
 * @throws RelumineError "shape" or "value"
 * @example
 * const centering = centerInputs(x);
 * await network.fit({ x: centering.apply(x), y });
 * centering.foldInto(network); // from now on it takes x as it is
 */
export function centerInputs(x: Samples): Centering {
  const means = inputMeans(x);
  const folded = new WeakSet<Network>();
  return {
    ...means,
    foldInto(network) {
      checkFoldable(network, means.mean);
      checkFirst(folded, network);
      foldMeans(network, means.mean);
      folded.add(network);
    },
  };
}
