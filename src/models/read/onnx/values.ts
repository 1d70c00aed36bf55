// What the names in an ONNX graph stand for while it is read.
import { RelumineError } from "../../../core/errors.js";
import type { Head } from "../../chain/head.js";
import { type Affine, checkWeights, isSame } from "../../chain/value.js";
import { productOf } from "../../../arrays/numbers.js";
import { broadcast } from "./constants.js";
import type { Node, Tensor } from "./model.js";
import { nodePath, refuseNode } from "./refused.js";

type Shape = readonly number[];

/** Numbers of every row: rows first, NaN if their number is open, then what is flattened into units. */
export interface ChainValue {
  readonly kind: "chain";
  readonly value: Affine;
  readonly shape: readonly number[];
  /** Integers, until they are cast. */
  readonly isInteger?: boolean;
  /** A softmax was applied. */
  readonly head?: Head;
}

export interface ConstantValue {
  readonly kind: "constant";
  readonly tensor: Tensor;
}

/** The value is above the threshold, or below it. */
export interface ConditionValue {
  readonly kind: "condition";
  readonly of: ChainValue;
  readonly threshold: number;
  readonly isAbove: boolean;
}

export interface PieceValue {
  readonly kind: "piece";
  readonly condition: ConditionValue;
  readonly chain: ChainValue;
}

/** One number a row, or what becomes of the units by it: a layer normalization in pieces. */
export interface RowValue {
  readonly kind: "row";
  readonly part: "mean" | "centered" | "squares" | "variance" | "deviation" | "inverse";
  readonly of: ChainValue;
  /** What was added to the variance. */
  readonly epsilon: number;
}

export type Value =
  | ChainValue
  | RowValue
  | ConstantValue
  /** [1 - p, p]. */
  | { readonly kind: "pair"; readonly of: ChainValue }
  | ConditionValue
  /** A condition as numbers: 1 where it holds, else 0. */
  | { readonly kind: "mask"; readonly condition: ConditionValue }
  /** A value where a condition holds, else 0. */
  | PieceValue
  /** Class numbers, names, and what is made of them. */
  | { readonly kind: "labels" }
  /** What nobody may need. */
  | { readonly kind: "refused"; readonly error: RelumineError };

/** Thrown where the number of inputs, which the file leaves open, shows. */
export class InputsFound extends Error {
  constructor(readonly inputs: number) {
    super(`${inputs} inputs`);
  }
}

export function unitsOf(shape: readonly number[]): number {
  return productOf(shape.slice(1));
}

/** A constant beside a chain's value, as one number for each unit, or one for all. */
export function unitVector(node: Node, { shape, data }: Tensor, chain: readonly number[]): Float64Array {
  const own = shape.slice(0, Math.max(0, shape.length - chain.length)).every((size) => size === 1) ? [...shape] : [];
  const fits = data.length === 1 ? shape.length <= chain.length : shape.length <= chain.length && own.length > 0;
  if (!fits || (shape.length === chain.length && shape[0] !== 1))
    throw refuseNode(
      node,
      `a value and a constant of the shape [${shape.join(", ")}], which is no bias or scale of units`,
    );
  checkWeights(`the constant of ${nodePath(node)}`, data);
  if (data.length === 1) return data;
  const rest = chain.slice(1);
  if (Number.isNaN(rest.at(-1)) && rest.length === 1) throw new InputsFound(data.length);
  const sizes = shape.length === chain.length ? shape.slice(1) : shape;
  const widens = sizes.some((size, axis) => size !== 1 && size !== rest[axis + rest.length - sizes.length]);
  if (widens)
    throw refuseNode(node, `a value and a constant of another shape, [${rest.join(", ")}] and [${sizes.join(", ")}]`);
  return broadcast({ shape: sizes, data, isFloat: true }, rest).data;
}

export function isChain(value: Value | undefined): value is ChainValue {
  return value?.kind === "chain";
}

export function isConstant(value: Value | undefined): value is ConstantValue {
  return value?.kind === "constant";
}

/** Of one shape; NaN is the number of rows of both. */
export function isAlike({ shape: x }: { shape: Shape }, { shape: y }: { shape: Shape }): boolean {
  return x.length === y.length && x.every((size, axis) => Object.is(size, y[axis]));
}

/** The same numbers: of two branches either may be taken. */
export function areEqual(xs: readonly Value[], ys: readonly Value[]): boolean {
  return xs.length === ys.length && xs.every((x, index) => isEqual(x, ys[index]));
}

function isEqual(x: Value, y: Value): boolean {
  if (isConstant(x) && isConstant(y)) {
    const [p, q] = [x.tensor, y.tensor];
    return p.isFloat === q.isFloat && isAlike(p, q) && p.data.every((each, i) => Object.is(each, q.data[i]));
  }
  if (!isChain(x) || !isChain(y)) return x === y && x.kind !== "refused";
  return x.head === y.head && x.isInteger === y.isInteger && isAlike(x, y) && isSame(x.value, y.value, true);
}
