// ONNX operators on whole rows: dense products, normalizations, and what only changes shapes.
import type { Head } from "../../chain/head.js";
import type { Budget } from "../../chain/budget.js";
import { RelumineError } from "../../../core/errors.js";
import { momentumOf, type TrainingParts } from "../../chain/training-parts.js";
import { checkWeights, identity, scale, zip } from "../../chain/value.js";
import { productOf } from "../../../arrays/numbers.js";
import { axesOf, integers, shapePart, transpose, unsqueezeShape } from "./constants.js";
import { attributeVector, type Operator } from "./elementwise.js";
import { layerNormalization } from "./layer-norm.js";
import { floatOf, integerOf, isFloatType, type Node, type Tensor } from "./model.js";
import { nodePath, refuseNode } from "./refused.js";
import { type ChainValue, InputsFound, isChain, isConstant, unitsOf, unitVector, type Value } from "./values.js";

function chainOf(node: Node, value: Value | undefined): ChainValue {
  if (isChain(value)) return value;
  throw refuseNode(node, "something else than the rows by a constant: the rows have to come first");
}

function matrix(node: Node, value: Value | undefined): Tensor {
  if (isConstant(value)) return value.tensor;
  throw refuseNode(node, "two values, where one has to be the weights");
}

function dense(node: Node, x: ChainValue, { shape, data }: Tensor, budget: Budget): ChainValue {
  if (x.shape.length !== 2)
    throw refuseNode(
      node,
      `values of ${x.shape.length} axes: a dense layer along the last of them`,
      "Flatten the rows first",
    );
  const [inputs, units] = [shape[0] ?? 0, shape[1] ?? 1];
  if (shape.length < 1 || shape.length > 2 || inputs < 1 || units < 1)
    throw refuseNode(node, `weights of the shape [${shape.join(", ")}]`);
  if (Number.isNaN(x.shape[1])) throw new InputsFound(inputs);
  if (inputs !== x.shape[1])
    throw new RelumineError(
      "format",
      `the weights of ${nodePath(node)}`,
      `to have ${x.shape[1]} rows, as the values before it`,
      `${inputs}`,
    );
  checkWeights(`the weights of ${nodePath(node)}`, data);
  budget.spend(data.length);
  const value = identity({ kind: "dense", units, input: x.value, inputs, kernel: data });
  return { kind: "chain", value, shape: shape.length === 2 ? [x.shape[0], units] : [x.shape[0]] };
}

const product =
  (budget: Budget): Operator =>
  (node, [x, weights]) =>
    dense(node, chainOf(node, x), matrix(node, weights), budget);

const gemm =
  (budget: Budget): Operator =>
  (node, [x, weights, bias]) => {
    const rows = chainOf(node, x);
    const given = matrix(node, weights);
    if (integerOf(node, "transA", 0) !== 0 || given.shape.length !== 2)
      throw refuseNode(node, "columns instead of rows");
    const result = dense(node, rows, integerOf(node, "transB", 0) === 0 ? given : transpose(given), budget);
    const alpha = floatOf(node, "alpha", 1);
    const scaled = alpha === 1 ? result.value : scale(result.value, alpha);
    if (bias === undefined) return { ...result, value: scaled };
    const vector = unitVector(node, matrix(node, bias), result.shape);
    const beta = floatOf(node, "beta", 1);
    const shift = vector.map((each) => each * beta);
    return { ...result, value: scale(scaled, 1, shift) };
  };

const nameOf = (node: Node): string => node.name || node.outputs[0] || "";

const batchNormalization =
  (parts: TrainingParts): Operator =>
  (node, inputs, opset) => {
    const x = chainOf(node, inputs[0]);
    // before opset 14 the further outputs, the batch's own mean and variance, say that it trains
    const isTraining = integerOf(node, "training_mode", 0) !== 0 || node.outputs.slice(1).some((name) => name !== "");
    if (isTraining || opset < 7)
      throw refuseNode(
        node,
        "the batch's own mean and variance (training mode)",
        "Export the model in its evaluation mode",
      );
    if (x.shape.length !== 2) throw refuseNode(node, `values of ${x.shape.length} axes`);
    const [gamma, beta, mean, variance] = [1, 2, 3, 4].map((place) => {
      const { data, shape } = matrix(node, inputs[place]);
      if (Number.isNaN(x.shape[1])) throw new InputsFound(data.length);
      if (shape.length !== 1 || data.length !== x.shape[1])
        throw new RelumineError("format", `the numbers of ${nodePath(node)}`, `to be ${x.shape[1]}`, `${data.length}`);
      checkWeights(`the numbers of ${nodePath(node)}`, data);
      return data;
    });
    const epsilon = floatOf(node, "epsilon", 1e-5);
    const constants = { epsilon, momentum: momentumOf(floatOf(node, "momentum", 0.9)) };
    const value = parts.batchNorm(x.value, nameOf(node), nodePath(node), { gamma, beta, mean, variance }, constants);
    return { ...x, value };
  };

const scaler: Operator = (node, [x]) => {
  const chain = chainOf(node, x);
  const given = ["offset", "scale"].map((name) => node.attributes.get(name)?.floats().length ?? 1);
  if (Number.isNaN(chain.shape[1]) && Math.max(...given) > 1) throw new InputsFound(Math.max(...given));
  if (chain.shape.length !== 2) throw refuseNode(node, `values of ${chain.shape.length} axes`);
  const [offset, factor] = [
    attributeVector(node, "offset", chain.value.term.units, 0),
    attributeVector(node, "scale", chain.value.term.units, 1),
  ];
  return {
    ...chain,
    isInteger: false,
    value: scale(
      chain.value,
      factor,
      zip((o, f) => -o * f, offset, factor),
    ),
  };
};

const cast: Operator = (node, [x]) => {
  const type = integerOf(node, "to", 0);
  if (x?.kind === "condition") return isFloatType(type) ? { kind: "mask", condition: x } : { kind: "labels" };
  if (x?.kind === "pair") return x;
  const chain = chainOf(node, x);
  if (isFloatType(type)) return { ...chain, isInteger: false };
  if (chain.isInteger && type === 7) return chain;
  throw refuseNode(node, "numbers to integers", "Export a model that computes in floats");
};

/** Before opset 12 the ratio is an attribute; 0.2 as a float32 is not 0.2. */
function ratioOf(node: Node, ratio: Value | undefined): number {
  if (ratio !== undefined && !isConstant(ratio)) return NaN;
  const share = ratio === undefined ? floatOf(node, "ratio", 0.5) : ratio.tensor.data[0];
  return Math.round(share * 1e6) / 1e6;
}

const dropout =
  (parts: TrainingParts): Operator =>
  (node, [x, ratio, training]) => {
    if (training !== undefined && (!isConstant(training) || training.tensor.data[0] !== 0))
      throw refuseNode(node, "training mode: it really acts", "Export the model in its evaluation mode (model.eval())");
    const chain = chainOf(node, x);
    return { ...chain, value: parts.dropout(chain.value, nameOf(node), ratioOf(node, ratio)) };
  };

const reshaped = (chain: ChainValue, rest: readonly number[]): ChainValue => ({
  ...chain,
  shape: [chain.shape[0], ...rest],
});

const flatten: Operator = (node, [x]) => {
  const chain = chainOf(node, x);
  const axis = integerOf(node, "axis", 1);
  if ((axis < 0 ? axis + chain.shape.length : axis) !== 1)
    throw refuseNode(node, `values along the axis ${axis}, which mixes rows`);
  return reshaped(chain, [unitsOf(chain.shape)]);
};

const reshape: Operator = (node, [x, target]) => {
  if (x?.kind === "pair" || (x?.kind === "chain" && x.head)) throw refuseNode(node, "probabilities");
  const chain = chainOf(node, x);
  const units = unitsOf(chain.shape);
  const takesZeros = integerOf(node, "allowzero", 0) !== 0;
  if (!isConstant(target) || (takesZeros && target.tensor.data.includes(0)))
    throw refuseNode(node, "a shape that is no constant");
  const [rows, ...rest] = target.tensor.data;
  const sizes = rest.map((size, axis) => (size === 0 ? chain.shape[axis + 1] : size));
  const known = productOf(sizes.filter((size) => size !== -1));
  const full = sizes.map((size) => (size === -1 && rows !== -1 ? units / known : size));
  const keepsRows = rows === 0 || rows === -1 || Object.is(rows, chain.shape[0]);
  if (
    !keepsRows ||
    rows === undefined ||
    productOf(full) !== units ||
    full.some((size) => !(Number.isInteger(size) && size > 0))
  )
    throw refuseNode(
      node,
      `[${chain.shape.join(", ")}] to [${[...target.tensor.data].join(", ")}], which does not keep the rows`,
    );
  return reshaped(chain, full);
};

const squeeze: Operator = (node, [x, given]) => {
  const chain = chainOf(node, x);
  const axes = axesOf(node, isConstant(given) ? given.tensor : undefined)?.map((axis) =>
    axis < 0 ? axis + chain.shape.length : axis,
  );
  if (!axes || axes.some((axis) => !(axis > 0) || chain.shape[axis] !== 1))
    throw refuseNode(node, "axes that are not 1 long");
  return { ...chain, shape: chain.shape.filter((_, axis) => !axes.includes(axis)) };
};

const unsqueeze: Operator = (node, [x, given]) => {
  const chain = chainOf(node, x);
  const axes = axesOf(node, isConstant(given) ? given.tensor : undefined) ?? [];
  const shape = unsqueezeShape(chain.shape, axes);
  if (!Object.is(shape[0], chain.shape[0]) || axes.includes(0) || axes.includes(-shape.length))
    throw refuseNode(node, "an axis before the rows");
  return { ...chain, shape };
};

const turn: Operator = (node, [x]) => {
  const chain = chainOf(node, x);
  const order = node.attributes.get("perm")?.integers() ?? chain.shape.map((_, axis) => chain.shape.length - 1 - axis);
  const moved = order.filter((axis) => axis === 0 || chain.shape[axis] !== 1);
  const isStill =
    order[0] === 0 &&
    order.length === chain.shape.length &&
    moved.every((axis, place) => place === 0 || moved[place - 1] < axis);
  if (!isStill) throw refuseNode(node, "values whose axes change places");
  return { ...chain, shape: order.map((axis) => chain.shape[axis]) };
};

const head =
  (name: Head): Operator =>
  (node, [x], opset) => {
    const chain = chainOf(node, x);
    const axis = integerOf(node, "axis", opset < 13 ? 1 : -1);
    if (chain.shape.length !== 2 || (axis !== 1 && axis !== -1))
      throw refuseNode(node, `the axis ${axis} of ${chain.shape.length}, not over the units of a row`);
    return { ...chain, head: name };
  };

const shapeOf: Operator = (node, [x]) => {
  const { shape } = chainOf(node, x);
  if (shape.slice(1).some(Number.isNaN)) throw refuseNode(node, "a shape that the file leaves open");
  return { kind: "constant", tensor: integers(shapePart(node, shape)) };
};

const same: Operator = (node, [x]) => {
  if (x !== undefined) return x;
  throw refuseNode(node, "nothing");
};

/** The operators, with a file's budget and what it has for its training. */
export function rowOperators(budget: Budget, parts: TrainingParts): ReadonlyMap<string, Operator> {
  return new Map<string, Operator>([
    ["MatMul", product(budget)],
    ["Gemm", gemm(budget)],
    ["BatchNormalization", batchNormalization(parts)],
    ["LayerNormalization", layerNormalization],
    ["ai.onnx.ml.Scaler", scaler],
    ["Cast", cast],
    ["Dropout", dropout(parts)],
    ["Flatten", flatten],
    ["Reshape", reshape],
    ["Squeeze", squeeze],
    ["Unsqueeze", unsqueeze],
    ["Transpose", turn],
    ["Softmax", head("softmax")],
    ["LogSoftmax", head("logSoftmax")],
    ["Shape", shapeOf],
    ["Identity", same],
    ["ai.onnx.ml.ZipMap", same],
    ["ArgMax", () => ({ kind: "labels" })],
  ]);
}
