// A chain of layers as a network of this package.
import { createNetwork } from "../../network/network.js";
import type { Loss, LossSpec } from "../../network/losses.js";
import type { Network } from "../../network/types.js";
import { type NetworkSpec, resolveSpec } from "../../network/spec.js";
import type { RuntimeOptions } from "../../wasm/runtime.js";
import { lossOf, type ReadChain } from "./head.js";
import type { ImportedLayer } from "./layers.js";

/** Of a network like the chain; its loss suits the head unless another is given. */
export function specOfChain({ layers, head }: ReadChain, loss: Loss | LossSpec | undefined): NetworkSpec {
  return resolveSpec({
    inputs: layers[0].inputs,
    layers: layers.map(({ units, activation }) => ({ units, activation })),
    loss: loss ?? lossOf(head),
  });
}

/** Puts the layers' weights into a network of their shapes. */
export function setLayers({ layers: targets }: Pick<Network, "layers">, layers: readonly ImportedLayer[]): void {
  layers.forEach(({ kernel, bias, alpha }, index) =>
    targets[index].setWeights({ kernel, bias, ...(alpha && { alpha }) }),
  );
}

/** The network of a spec with these weights. */
export async function networkOfLayers(
  spec: NetworkSpec,
  layers: readonly ImportedLayer[],
  options?: RuntimeOptions,
): Promise<Network> {
  const network = await createNetwork(spec, options);
  try {
    setLayers(network, layers);
    return network;
  } catch (error) {
    network.dispose();
    throw error;
  }
}
