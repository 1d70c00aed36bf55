// ONNX operators that act on each number: activations, and the arithmetic that is folded or an activation in pieces.
import { add, choose, kink, larger, multiply, smooth } from "../../chain/combine.js";
import { type Affine, checkWeights, isIdentity, isSame, isSmooth, scale, zip } from "../../chain/value.js";
import { floatOf, type Node } from "./model.js";
import { refuseNode } from "./refused.js";
import {
  type ChainValue,
  type ConditionValue,
  type ConstantValue,
  type PieceValue,
  isAlike,
  isChain,
  isConstant,
  unitVector,
  type Value,
} from "./values.js";

/** The constants of Klambauer et al. 2017, within what float32 leaves of them. */
const SELU_ALPHA = 1.6732632423543772;
const SELU_GAMMA = 1.0507009873554805;
/** From here on a limit is none: exporters write the largest float32 for it. */
const NO_LIMIT = 3e38;

export type Operator = (node: Node, inputs: readonly (Value | undefined)[], opset: number) => Value;

const isNear = (x: number, y: number): boolean => Math.abs(x - y) <= 1e-6 * Math.abs(y);
const withValue = (chain: ChainValue, value: Affine): ChainValue => ({ ...chain, value });

function one(node: Node, [x]: readonly (Value | undefined)[]): ChainValue {
  if (isChain(x)) return x;
  throw refuseNode(node, "what is no value of the chain");
}

const activation =
  (f: (node: Node, value: Affine) => Affine): Operator =>
  (node, inputs) => {
    const x = one(node, inputs);
    return withValue(x, f(node, x.value));
  };

function selu(node: Node, value: Affine): Affine {
  if (isNear(floatOf(node, "alpha", SELU_ALPHA), SELU_ALPHA) && isNear(floatOf(node, "gamma", SELU_GAMMA), SELU_GAMMA))
    return smooth("selu", value);
  throw refuseNode(node, "other constants than those of its paper");
}

function gelu(node: Node, value: Affine): Affine {
  const approximate = node.attributes.get("approximate")?.text() ?? "none";
  if (approximate === "none" || approximate === "") return smooth("gelu", value);
  throw refuseNode(
    node,
    `the approximation by ${approximate}, up to 5e-4 from the exact one`,
    'Use GELU with approximate="none"',
  );
}

function swish(node: Node, value: Affine): Affine {
  const alpha = floatOf(node, "alpha", 1);
  if (alpha !== 0) return scale(smooth("silu", scale(value, alpha)), 1 / alpha);
  throw refuseNode(node, "an alpha of 0");
}

const prelu: Operator = (node, inputs) => {
  const x = one(node, inputs);
  if (!isConstant(inputs[1])) throw refuseNode(node, "a slope that is no constant");
  return withValue(x, kink(x.value, unitVector(node, inputs[1].tensor, x.shape), true));
};

const negated = (vector: Float64Array): Float64Array => vector.map((each) => -each);

/** The larger of a value and a number, one for each unit or for all. */
const atLeast = (value: Affine, low: Float64Array): Affine => scale(kink(scale(value, 1, negated(low)), 0), 1, low);

const clip: Operator = (node, inputs) => {
  const x = one(node, inputs);
  const limit = (place: number, name: string, none: number): number | undefined => {
    const input = inputs[place];
    if (input !== undefined && (!isConstant(input) || input.tensor.data.length !== 1))
      throw refuseNode(node, "limits that are no numbers");
    const number = isConstant(input) ? input.tensor.data[0] : node.attributes.get(name)?.float();
    return number === undefined || number * none >= NO_LIMIT ? undefined : number;
  };
  const [low, high] = [limit(1, "min", -1), limit(2, "max", 1)];
  if (high !== undefined)
    throw refuseNode(
      node,
      `values held to at most ${high}, as ReLU6 (relu6) does`,
      "Train with a ReLU without an upper limit",
    );
  if (low === undefined) return x;
  checkWeights("the model's Clip", [low]);
  return withValue(x, atLeast(x.value, Float64Array.of(low)));
};

interface Two {
  readonly chains?: readonly [ChainValue, ChainValue];
  readonly chain?: ChainValue;
  readonly constant?: ConstantValue;
  /** The constant came first. */
  readonly isTurned: boolean;
}

function two(node: Node, [x, y]: readonly (Value | undefined)[]): Two {
  if (isChain(x) && isChain(y)) {
    if (!isAlike(x, y)) throw refuseNode(node, "two values of different shapes: a skip connection or a branch");
    return { chains: [x, y], isTurned: false };
  }
  if (isChain(x) && isConstant(y)) return { chain: x, constant: y, isTurned: false };
  if (isConstant(x) && isChain(y)) return { chain: y, constant: x, isTurned: true };
  throw refuseNode(node, "what is no value of the chain");
}

/** What a value is, in the words of its operators: "Tanh of Softplus". */
function wordsOf({ term }: Affine, depth = 3): string {
  const words = {
    input: "the input",
    dense: "a dense layer",
    kink: "Relu",
    norm: "a layer normalization",
    batch: "a batch normalization",
    dropout: "Dropout",
    sum: "a residual sum",
  };
  if (term.kind === "input" || term.kind === "dense" || term.kind === "sum") return words[term.kind];
  const name = term.kind === "smooth" ? term.name : words[term.kind];
  return depth === 0 ? name : `${name} of ${wordsOf(term.argument, depth - 1)}`;
}

function combine(node: Node, [x, y]: readonly [ChainValue, ChainValue], f: typeof add): Value {
  const value = f(x.value, y.value);
  if (value) return withValue(x, value);
  const what = "a skip connection (residual), a branch, or an activation in pieces that is none of the known";
  throw refuseNode(node, `two values, ${wordsOf(x.value)} and ${wordsOf(y.value)}: ${what}`);
}

const negate = (value: Affine): Affine => scale(value, -1);

/** Two pieces of one value, side by side, are a choice between two. */
function joined(node: Node, x: PieceValue, y: PieceValue): Value {
  const { of, threshold, isAbove } = x.condition;
  const isOpposite = y.condition.threshold === threshold && y.condition.isAbove !== isAbove;
  if (!isOpposite || !isSame(of.value, y.condition.of.value)) throw refuseNode(node, "pieces of two values");
  return where(node, [x.condition, x.chain, y.chain], 0);
}

const sum: Operator = (node, inputs) => {
  const [x, y] = inputs;
  if (x?.kind === "piece" && y?.kind === "piece") return joined(node, x, y);
  const { chains, chain, constant } = two(node, inputs);
  if (chains) return combine(node, chains, add);
  return withValue(chain!, scale(chain!.value, 1, unitVector(node, constant!.tensor, chain!.shape)));
};

const difference: Operator = (node, inputs) => {
  const { chains, chain, constant, isTurned } = two(node, inputs);
  if (chains) return combine(node, chains, (x, y) => add(x, negate(y)));
  const vector = unitVector(node, constant!.tensor, chain!.shape);
  return withValue(chain!, isTurned ? scale(chain!.value, -1, vector) : scale(chain!.value, 1, negated(vector)));
};

function pieceOf(node: Node, { condition }: { readonly condition: ConditionValue }, chain: Value | undefined): Value {
  if (isChain(chain) && isAlike(chain, condition.of)) return { kind: "piece", condition, chain };
  throw refuseNode(node, "a condition and what is no value of its shape");
}

const product: Operator = (node, inputs) => {
  const [x, y] = inputs;
  if (x?.kind === "mask") return pieceOf(node, x, y);
  if (y?.kind === "mask") return pieceOf(node, y, x);
  const { chains, chain, constant } = two(node, inputs);
  if (chains) return combine(node, chains, multiply);
  return withValue(chain!, scale(chain!.value, unitVector(node, constant!.tensor, chain!.shape)));
};

const quotient: Operator = (node, inputs) => {
  const { chain, constant, isTurned } = two(node, inputs);
  if (!chain || isTurned) throw refuseNode(node, "something by a value of the chain");
  const vector = unitVector(node, constant!.tensor, chain.shape).map((each) => 1 / each);
  checkWeights("what the model divides by", vector);
  return withValue(chain, scale(chain.value, vector));
};

/** Max and Min, of two. */
const extreme: Operator = (node, inputs) => {
  if (inputs.length !== 2) throw refuseNode(node, `${inputs.length} values`);
  const isMax = node.op === "Max";
  const turn = isMax ? (value: Affine) => value : negate;
  const { chains, chain, constant } = two(node, inputs);
  if (chains)
    return combine(node, chains, (x, y) => {
      const most = larger(turn(x), turn(y));
      return most && turn(most);
    });
  const limit = unitVector(node, constant!.tensor, chain!.shape);
  const low = isMax ? limit : negated(limit);
  return withValue(chain!, turn(atLeast(turn(chain!.value), low)));
};

const comparison: Operator = (node, inputs) => {
  const { chain, constant, isTurned } = two(node, inputs);
  const isGreater = node.op.startsWith("Greater");
  if (!chain || constant?.tensor.data.length !== 1 || constant.tensor.shape.length > chain.shape.length)
    throw refuseNode(node, "two values");
  const [threshold] = constant.tensor.data;
  return { kind: "condition", of: chain, threshold, isAbove: isGreater !== isTurned };
};

const not: Operator = (node, [x]) => {
  if (x?.kind === "condition") return { ...x, isAbove: !x.isAbove };
  throw refuseNode(node, "what is no condition");
};

const where: Operator = (node, [condition, x, y]) => {
  if (condition?.kind !== "condition" || !isChain(x) || !isChain(y) || !isAlike(x, y) || !isAlike(x, condition.of))
    throw refuseNode(node, "what is no activation in pieces");
  const [above, below] = condition.isAbove ? [x, y] : [y, x];
  const value = choose(condition.of.value, condition.threshold, above.value, below.value);
  if (value) return withValue(x, value);
  throw refuseNode(node, `${wordsOf(x.value)} or ${wordsOf(y.value)}, by a condition, which is no known activation`);
};

/** [1 - p, p] of one probability. */
const pair: Operator = (node, inputs) => {
  const [x, y] = inputs;
  const axis = node.attributes.get("axis")?.integer();
  const isPair =
    inputs.length === 2 &&
    isChain(x) &&
    isChain(y) &&
    x.shape.length === 2 &&
    (axis === 1 || axis === -1) &&
    y.value.term.units === 1 &&
    isSmooth(y.value.term, "sigmoid") &&
    isIdentity(y.value) &&
    isSame(x.value, scale(y.value, -1, 1));
  if (!isPair) throw refuseNode(node, "several values: a branch");
  return { kind: "pair", of: y };
};

const kinkOf = (slope: number) => (_node: Node, value: Affine) => kink(value, slope);

export const ELEMENTWISE: ReadonlyMap<string, Operator> = new Map<string, Operator>([
  ["Relu", activation(kinkOf(0))],
  ["LeakyRelu", activation((node, value) => kink(value, floatOf(node, "alpha", 0.01)))],
  ["PRelu", prelu],
  ["Elu", activation((node, value) => smooth("elu", value, floatOf(node, "alpha", 1)))],
  ["Selu", activation(selu)],
  ["Gelu", activation(gelu)],
  ["Swish", activation(swish)],
  ["Softplus", activation((_node, value) => smooth("softplus", value))],
  ["Sigmoid", activation((_node, value) => smooth("sigmoid", value))],
  ["Tanh", activation((_node, value) => smooth("tanh", value))],
  ["Erf", activation((_node, value) => smooth("erf", value))],
  ["Erfc", activation((_node, value) => scale(smooth("erf", value), -1, 1))],
  ["Neg", activation((_node, value) => negate(value))],
  ["Clip", clip],
  ["Add", sum],
  ["Sub", difference],
  ["Mul", product],
  ["Div", quotient],
  ["Max", extreme],
  ["Min", extreme],
  ["Greater", comparison],
  ["GreaterOrEqual", comparison],
  ["Less", comparison],
  ["LessOrEqual", comparison],
  ["Where", where],
  ["Not", not],
  ["Concat", pair],
]);

/** One number for each unit, of operators that name them by attributes. */
export function attributeVector(node: Node, name: string, units: number, otherwise: number): Float64Array {
  const given = node.attributes.get(name)?.floats() ?? Float64Array.of(otherwise);
  if (given.length !== 1 && given.length !== units)
    throw refuseNode(node, `${given.length} numbers for ${units} inputs`);
  checkWeights(`the model's ${node.op}`, given);
  return zip((each) => each, given);
}
