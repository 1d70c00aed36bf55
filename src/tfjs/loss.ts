// What a compiled model is trained by, in this package's words.
import type { Model } from "./tensorflow.js";
import type { Loss } from "../network/losses.js";

/** TensorFlow.js's own names. */
const NAMES: ReadonlyMap<unknown, Loss> = new Map([
  ["categoricalCrossentropy", "crossEntropy"],
  ["sparseCategoricalCrossentropy", "crossEntropy"],
  ["binaryCrossentropy", "binaryCrossEntropy"],
  ["meanSquaredError", "meanSquaredError"],
  ["meanAbsoluteError", "meanAbsoluteError"],
  ["poisson", "poisson"],
]);

/** The loss that a model was compiled with, where it is one of these by its name. */
export function compiledLoss({ loss }: Model): Loss | undefined {
  const list: readonly unknown[] = typeof loss === "object" && loss !== null ? Object.values(loss) : [loss];
  return list.length === 1 ? NAMES.get(list[0]) : undefined;
}
