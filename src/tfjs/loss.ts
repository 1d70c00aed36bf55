// What a compiled model is trained by, in this package's words.
import type { Model } from "./tensorflow.js";
import { compiledLoss as readLoss } from "../models/read/keras/training.js";
import type { Loss } from "../network/losses.js";

/** The loss that a model was compiled with, where it is one of the package's by its name. */
export function compiledLoss({ loss }: Model): Loss | undefined {
  const list: readonly unknown[] = typeof loss === "object" && loss !== null ? Object.values(loss) : [loss];
  return list.length === 1 ? readLoss({ loss: list[0] }) : undefined;
}
