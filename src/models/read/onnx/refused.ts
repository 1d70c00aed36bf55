// What operators are that no chain of dense layers has, and what to do instead.
import { RelumineError } from "../../../core/errors.js";
import { describe } from "../../../core/checks.js";
import { refuse } from "../../chain/refuse.js";
import type { Node } from "./model.js";

const ONLY_CHAINS = "Export the dense layers alone, as a model of their own";
/** Of an If. */
export const ONE_BRANCH = "Export the one that is meant, as a model of its own";
const BY_RELU = "Where it may change, train with an activation that is there: relu, leakyRelu, prelu, elu, gelu, silu";
const SCORES = "Export the scores (logits or probabilities) as the output";

const WHAT: ReadonlyMap<string, readonly [what: string, hint: string]> = new Map([
  ["Conv", ["a convolution", ONLY_CHAINS]],
  ["ConvTranspose", ["a convolution", ONLY_CHAINS]],
  ["MaxPool", ["pooling", ONLY_CHAINS]],
  ["AveragePool", ["pooling", ONLY_CHAINS]],
  ["GlobalAveragePool", ["pooling", ONLY_CHAINS]],
  ["GRU", ["a recurrent layer", ONLY_CHAINS]],
  ["LSTM", ["a recurrent layer", ONLY_CHAINS]],
  ["RNN", ["a recurrent layer", ONLY_CHAINS]],
  ["Gather", ["an embedding, or a choice among inputs", "Give the model the numbers that it looks up"]],
  ["ReduceMean", ["a mean over values", ONLY_CHAINS]],
  ["GroupNormalization", ["a normalization that depends on the row", ONLY_CHAINS]],
  ["InstanceNormalization", ["a normalization that depends on the row", ONLY_CHAINS]],
  ["RMSNormalization", ["a normalization that depends on the row", ONLY_CHAINS]],
  ["Attention", ["attention", ONLY_CHAINS]],
  ["HardSwish", ["the activation HardSwish", BY_RELU]],
  ["HardSigmoid", ["the activation HardSigmoid", BY_RELU]],
  ["Mish", ["the activation Mish", BY_RELU]],
  ["Softsign", ["the activation Softsign", BY_RELU]],
  ["Celu", ["the activation Celu", BY_RELU]],
  ["ThresholdedRelu", ["the activation ThresholdedRelu", BY_RELU]],
  ["If", ["two branches, of which a condition chooses one: two networks in one", ONE_BRANCH]],
  ["Loop", ["a loop", ONLY_CHAINS]],
  ["Scan", ["a loop", ONLY_CHAINS]],
  ["ArgMax", ["a class number (int64), no score", SCORES]],
  [
    "DynamicQuantizeLinear",
    ["a quantized model: its activations are rounded to 8 bits", "Export it before it is quantized"],
  ],
  ["QuantizeLinear", ["a quantized model: its activations are rounded to 8 bits", "Export it before it is quantized"]],
  ["MatMulInteger", ["a quantized model", "Export it before it is quantized"]],
  ["QLinearMatMul", ["a quantized model", "Export it before it is quantized"]],
]);

/** How a node is named in errors: the node "name" (Op). */
export function nodePath(node: Node): string {
  return `the model's node ${describe(node.name || node.outputs[0] || "")} (${node.op})`;
}

/** A node that no chain has, by what it is. */
export function refuseNode(node: Node, given?: string, hint = ""): RelumineError {
  const [what, advice] = WHAT.get(node.op) ?? ["an operator that none has", ONLY_CHAINS];
  if (given !== undefined) return refuse(nodePath(node), `${node.op} of ${given}`, hint || ONLY_CHAINS);
  if (node.op.includes("."))
    return refuse(
      nodePath(node),
      `${node.op}, which is not ONNX's own`,
      "Export the model without an optimizer's own operators",
    );
  return refuse(nodePath(node), `${node.op}, ${what}`, hint || advice);
}
