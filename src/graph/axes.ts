// Which axis of a value counts its units: channels of a convolution come second, units of a dense layer last. It is
// told by the node that a value comes from, through those that keep its axes.
import type { Node } from "../models/read/onnx/model.js";
import type { Graph } from "./graph.js";

const CHANNELS_SECOND = new Set([
  "Conv",
  "ConvTranspose",
  "QLinearConv",
  "ConvInteger",
  "BatchNormalization",
  "InstanceNormalization",
  "GroupNormalization",
  "MaxPool",
  "AveragePool",
  "LpPool",
  "GlobalAveragePool",
  "GlobalMaxPool",
  "LRN",
  "Resize",
  "Upsample",
  "DepthToSpace",
  "SpaceToDepth",
]);
const UNITS_LAST = new Set([
  "Gemm",
  "MatMul",
  "MatMulInteger",
  "LayerNormalization",
  "RMSNormalization",
  "SkipLayerNormalization",
  "com.microsoft.SkipLayerNormalization",
  "com.microsoft.FusedMatMul",
  "com.microsoft.Attention",
  "LSTM",
  "GRU",
  "RNN",
  "Gather",
]);
/** These move or merge axes: what was known before them does not hold behind. */
const MOVES = new Set(["Reshape", "Flatten", "Squeeze", "Unsqueeze", "Expand", "Einsum", "Tile", "Shape"]);
const FARTHEST = 64;

function placeAfterTranspose(node: Node, axis: number, rank: number): number | undefined {
  const order = node.attributes.get("perm")?.integers() ?? Array.from({ length: rank }, (_, i) => rank - 1 - i);
  const place = order.indexOf(axis);
  return order.length === rank && place >= 0 ? place : undefined;
}

/** By the nodes that a value comes from; undefined where they do not tell. */
function axisByOrigin(graph: Graph, name: string, rank: number, seen: Set<string>): number | undefined {
  const node = graph.producer(name);
  if (node === undefined || seen.has(name) || seen.size > FARTHEST) return undefined;
  seen.add(name);
  if (CHANNELS_SECOND.has(node.op)) return 1;
  if (UNITS_LAST.has(node.op)) return rank - 1;
  if (MOVES.has(node.op)) return undefined;
  for (const input of node.inputs) {
    if (input === "" || graph.isConstant(input)) continue;
    const axis = axisByOrigin(graph, input, rank, seen);
    if (axis === undefined) continue;
    return node.op === "Transpose" ? placeAfterTranspose(node, axis, rank) : axis;
  }
  return undefined;
}

/** The axis that counts the units of a value of this rank, and whether the graph says so or it is the usual one. */
export function unitAxis(
  graph: Graph,
  name: string,
  rank: number,
): { readonly axis: number; readonly isKnown: boolean } {
  const axis = axisByOrigin(graph, name, rank, new Set());
  if (axis !== undefined && axis < rank) return { axis, isKnown: true };
  return { axis: rank >= 4 ? 1 : rank - 1, isKnown: rank === 2 };
}
