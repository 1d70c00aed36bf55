// What a compiled model is trained by, in this package's words.
import type { Model } from "./tensorflow.js";
import { isClassification, type Loss, type LossSpec, nameOf } from "../network/losses.js";
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

/** The head is that which a loss takes its outputs with. */
function isOwnHead(head: Head, loss: Loss | LossSpec): boolean {
  const from = typeof loss === "string" ? undefined : loss.from;
  return (from === undefined || from === "logits") && HEAD_OF[nameOf(loss)] === head;
}

/** A head that is not the one of the loss stays in the last layer. */
function keepHead({ layers, head }: ReadChain): ReadChain {
  const last = layers.at(-1)!;
  if (head === "none" || head === "logSoftmax" || last.activation.name !== "linear") return { layers, head };
  const activation = { name: head } as ResolvedActivation; // of the last layer, that has a softmax too
  return { layers: [...layers.slice(0, -1), { ...last, activation }], head: "none" };
}

/** The spec of a network that predicts what the model predicts, and is trained as it is. */
export function specOf(chain: ReadChain, compiled: Loss | undefined, given?: Loss | LossSpec): NetworkSpec {
  const loss = given ?? compiled;
  if (loss === undefined || isOwnHead(chain.head, loss)) return specOfChain(chain, given);
  const kept = keepHead(chain);
  if (kept.head !== "none") return specOfChain(chain, given);
  const name = nameOf(loss);
  const isRead = given === undefined && isClassification(name);
  return specOfChain(kept, isRead ? { name, from: "probabilities" } : loss);
}
