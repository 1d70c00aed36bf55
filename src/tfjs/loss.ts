// What a compiled model is trained by, in this package's words.
import type { Model } from "./tensorflow.js";
import { isClassification, type Loss, type LossSpec } from "../network/losses.js";
import type { Head, ReadChain } from "../models/chain/head.js";
import type { ResolvedActivation } from "../activations/activations.js";
import type { NetworkSpec } from "../network/spec.js";
import { specOfChain } from "../models/chain/network.js";

/** TensorFlow.js's own names. */
const NAMES: ReadonlyMap<unknown, Loss> = new Map([
  ["categoricalCrossentropy", "crossEntropy"],
  ["sparseCategoricalCrossentropy", "crossEntropy"],
  ["binaryCrossentropy", "binaryCrossEntropy"],
  ["meanSquaredError", "meanSquaredError"],
  ["meanAbsoluteError", "meanAbsoluteError"],
  ["poisson", "poisson"],
]);

const HEAD_OF: Readonly<Partial<Record<Loss, Head>>> = { crossEntropy: "softmax", binaryCrossEntropy: "sigmoid" };

/** The loss that a model was compiled with, where it is one of these by its name. */
export function compiledLoss({ loss }: Model): Loss | undefined {
  const list: readonly unknown[] = typeof loss === "object" && loss !== null ? Object.values(loss) : [loss];
  return list.length === 1 ? NAMES.get(list[0]) : undefined;
}

/**
 * The spec of a network that predicts what the model predicts, and is trained as it is. A head that is not the one of
 * the loss stays in the last layer.
 */
export function specOf(chain: ReadChain, compiled: Loss | undefined, given?: Loss | LossSpec): NetworkSpec {
  const { layers, head } = chain;
  if (given !== undefined || compiled === undefined) return specOfChain(chain, given);
  if (head === "logSoftmax" || HEAD_OF[compiled] === head) return specOfChain(chain, undefined);
  const last = layers.at(-1)!;
  if (head !== "none" && last.activation.name !== "linear") return specOfChain(chain, undefined);
  const activation = (head === "none" ? last.activation : { name: head }) as ResolvedActivation;
  const kept = [...layers.slice(0, -1), { ...last, activation }];
  const loss: Loss | LossSpec = isClassification(compiled) ? { name: compiled, from: "probabilities" } : compiled;
  return specOfChain({ layers: kept, head: "none" }, loss);
}
