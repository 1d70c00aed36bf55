// A chain of layers as a network of this package.
import { createNetwork } from "../../network/network.js";
import { RelumineError } from "../../core/errors.js";
import type { ResolvedActivation } from "../../activations/activations.js";
import { isClassification, type Loss, type LossSpec, nameOf } from "../../network/losses.js";
import type { Network } from "../../network/types.js";
import { type NetworkSpec, resolveSpec } from "../../network/spec.js";
import { WEIGHT_NAMES } from "../../network/state/weight-names.js";
import type { RuntimeOptions } from "../../wasm/runtime.js";
import { headOf, lossOf, type ReadChain } from "./head.js";
import { foldedBatch, type ImportedLayer } from "./layers.js";

/** A head that is not the one of the loss stays in the last layer. */
function keepHead({ layers, head }: ReadChain): ReadChain {
  const last = layers.at(-1)!;
  if (head === "none" || head === "logSoftmax" || last.activation.name !== "linear") return { layers, head };
  const plain = head === "softmax" ? foldedBatch(last) : last; // a layer with a softmax is not normalized
  if (head === "softmax" && plain.normalization) return { layers, head };
  const activation = { name: head } as ResolvedActivation; // of the last layer, that has a softmax too
  return { layers: [...layers.slice(0, -1), { ...plain, activation }], head: "none" };
}

function specOfLayers({ layers, head }: ReadChain, loss: Loss | LossSpec | undefined): NetworkSpec {
  return resolveSpec({
    inputs: layers[0].inputs,
    layers: layers.map(({ units, activation, kernelInitializer, normalization, residual, dropout, useBias }) => ({
      units,
      activation,
      ...(useBias === false && { useBias }),
      ...(normalization && { normalization }),
      ...(dropout !== undefined && { dropout }),
      ...(residual && { residual }),
      ...(kernelInitializer !== undefined && { kernelInitializer }),
    })),
    loss: loss ?? lossOf(head),
  });
}

/** A network's spec, and the layers whose weights it has. */
export interface FittedChain {
  readonly spec: NetworkSpec;
  readonly layers: readonly ImportedLayer[];
}

function fitted(chain: ReadChain, loss: Loss | LossSpec | undefined): FittedChain {
  return { spec: specOfLayers(chain, loss), layers: chain.layers };
}

/**
 * Of a network that predicts what the chain gives, and is trained as it is; its loss suits the head where none is said.
 * @param given by the caller
 * @param compiled what the file says of its training: of probabilities, where it is a cross-entropy
 * @throws RelumineError "unsupported" for a loss under which `predict` would leave the head out
 */
export function fitChain(chain: ReadChain, given: Loss | LossSpec | undefined, compiled?: Loss): FittedChain {
  const loss = given ?? compiled;
  if (loss === undefined || (chain.head !== "none" && headOf(loss) === chain.head)) return fitted(chain, given);
  const kept = keepHead(chain);
  if (kept.head !== "none") {
    const fits = given === undefined || headOf(given) === (kept.head === "logSoftmax" ? "softmax" : kept.head);
    if (fits) return fitted(chain, given);
    const expected = `to be one that goes with the ${kept.head} that the model ends with`;
    throw new RelumineError("unsupported", "loss", expected, nameOf(loss));
  }
  const spec: LossSpec = typeof loss === "string" ? { name: loss } : loss;
  // a head that stays in the last layer gives probabilities, and so does what a file was compiled for
  const isRead = spec.from === undefined && (given === undefined || chain.head !== "none");
  return fitted(kept, isRead && isClassification(spec) ? { ...spec, from: "probabilities" } : loss);
}

/** A network's layers with copies of their weights. */
export function layersOfNetwork({ layers, spec }: Pick<Network, "layers" | "spec">): ImportedLayer[] {
  const resolved = resolveSpec(spec).layers;
  return layers.map((layer, index) => {
    const { inputs, units, activation } = layer;
    const { normalization, residual, dropout, useBias } = resolved[index];
    const options = {
      ...(useBias === false && { useBias }),
      ...(normalization && { normalization }),
      ...(dropout !== undefined && { dropout }),
      ...(residual && { residual }),
    };
    return { inputs, units, activation, ...options, ...layer.getWeights() };
  });
}

/** Puts the layers' weights into a network of their shapes. */
export function setLayers({ layers: targets }: Pick<Network, "layers">, layers: readonly ImportedLayer[]): void {
  layers.forEach((layer, index) => {
    const weights = WEIGHT_NAMES.flatMap((name) => (layer[name] ? [[name, layer[name]] as const] : []));
    targets[index].setWeights(Object.fromEntries(weights));
  });
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
