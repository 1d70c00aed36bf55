// Layer normalization in ONNX: an operator since opset 17, or the pieces that exporters write before: the mean of each
// row, what lies beside it, its square's mean, a root, and a quotient.
import { layerNorm } from "../../chain/combine.js";
import { isSame } from "../../chain/value.js";
import { axesOf } from "./constants.js";
import type { Operator } from "./elementwise.js";
import { floatOf, integerOf, type Node } from "./model.js";
import { refuseNode } from "./refused.js";
import { type ChainValue, isChain, isConstant, type RowValue, unitVector, type Value } from "./values.js";

type Inputs = readonly (Value | undefined)[];

function isRow(value: Value | undefined, ...parts: readonly RowValue["part"][]): value is RowValue {
  return value?.kind === "row" && parts.includes(value.part);
}

/** The one number of a constant. */
function numberOf(value: Value | undefined): number | undefined {
  return isConstant(value) && value.tensor.data.length === 1 ? value.tensor.data[0] : undefined;
}

/** Rows of units, along whose last axis the node goes. */
function checkRows(node: Node, { shape }: ChainValue, axis: number): void {
  if (shape.length !== 2 || (axis !== -1 && axis !== 1))
    throw refuseNode(node, `values of ${shape.length} axes along the axis ${axis}: not over the units of a row`);
}

/** Over the units of each row. */
function mean(node: Node, [x, given]: Inputs): Value {
  const of = isRow(x, "squares") ? x.of : x;
  if (!isChain(of)) throw refuseNode(node, "what is no value of the chain");
  const axes = axesOf(node, isConstant(given) ? given.tensor : undefined) ?? [];
  if (axes.length !== 1 || integerOf(node, "keepdims", 1) === 0) throw refuseNode(node, "other axes than the units");
  checkRows(node, of, axes[0]);
  return { kind: "row", part: x?.kind === "row" ? "variance" : "mean", of, epsilon: 0 };
}

const isOfOne = (x: RowValue, y: RowValue): boolean => x.of === y.of || isSame(x.of.value, y.of.value);

/** What two values make of each other; undefined where it is no piece of a normalization. */
function piece({ op }: Node, x: Value | undefined, y: Value | undefined): Value | undefined {
  if (op === "Sub" && isChain(x) && isRow(y, "mean") && isSame(x.value, y.of.value)) return { ...y, part: "centered" };
  if (op === "Mul" && isRow(x, "centered") && isRow(y, "centered") && isOfOne(x, y)) return { ...x, part: "squares" };
  if (op === "Pow" && isRow(x, "centered") && numberOf(y) === 2) return { ...x, part: "squares" };
  if (op === "Add" && isRow(x, "variance") && x.epsilon === 0) {
    const epsilon = numberOf(y);
    return epsilon === undefined ? undefined : { ...x, epsilon };
  }
  if (op === "Sqrt" && isRow(x, "variance")) return { ...x, part: "deviation" };
  if (op === "Pow" && isRow(x, "variance") && numberOf(y) === 0.5) return { ...x, part: "deviation" };
  if (op === "Pow" && isRow(x, "variance") && numberOf(y) === -0.5) return { ...x, part: "inverse" };
  if (op === "Reciprocal" && isRow(x, "deviation")) return { ...x, part: "inverse" };
  if (op === "Div" && numberOf(x) === 1 && isRow(y, "deviation")) return { ...y, part: "inverse" };
  if (!isRow(y, op === "Div" ? "deviation" : "inverse") || (op !== "Div" && op !== "Mul")) return undefined;
  if (!isRow(x, "centered") || !isOfOne(x, y)) return undefined;
  return { ...x.of, value: layerNorm(x.of.value, y) };
}

/** Whether the node is to be read by `normalizeByPieces`. */
export function isPieceOfNorm({ op }: Node, inputs: Inputs): boolean {
  return op === "ReduceMean" || inputs.some((input) => input?.kind === "row");
}

/** A node of a layer normalization in pieces. */
export const normalizeByPieces: Operator = (node, inputs) => {
  if (node.op === "ReduceMean") return mean(node, inputs);
  const [x, y] = inputs;
  const isCommutative = node.op === "Add" || node.op === "Mul";
  const found = piece(node, x, y) ?? (isCommutative ? piece(node, y, x) : undefined);
  if (found) return found;
  throw refuseNode(node, "a row's mean or variance, in another way than a layer normalization");
};

export const layerNormalization: Operator = (node, [x, gamma, beta]) => {
  if (!isChain(x)) throw refuseNode(node, "what is no value of the chain");
  checkRows(node, x, integerOf(node, "axis", -1));
  const [scale, shift] = [gamma, beta].map((given) => {
    if (given === undefined) return undefined;
    if (!isConstant(given)) throw refuseNode(node, "a scale or shift that is no constant");
    return unitVector(node, given.tensor, x.shape);
  });
  const epsilon = floatOf(node, "epsilon", 1e-5);
  const value = layerNorm(x.value, { epsilon, ...(scale && { gamma: scale }), ...(shift && { beta: shift }) });
  return { ...x, value };
};
