// The output layer and the loss that reads it, where the last layer is known to be the output layer.
import type { Evidence } from "../evidence.js";
import type { JudgedActivation } from "../../../activations/analysis.js";
import { factsOf, type LossFacts } from "../../../network/losses.js";

export interface Output {
  readonly loss: LossFacts["name"];
  readonly from: LossFacts["from"];
  readonly activation: JudgedActivation;
  readonly units: number;
  /** Its index. */
  readonly layer: number;
}

export function outputOf({ observation: { loss, layers } }: Evidence): Output | undefined {
  const last = layers.at(-1);
  if (!loss || !last) return undefined;
  const { name, from } = factsOf(loss);
  return { loss: name, from, activation: last.activation, units: last.units.length, layer: layers.length - 1 };
}
