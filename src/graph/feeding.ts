// What feeds an activation: its preactivations are a product by weights, scaled and shifted by constants, unit by unit.
// Walked backwards from the activation through batch norms, sums and factors that are constants.
import { integerOf, floatOf, type Node, type Tensor } from "../models/read/onnx/model.js";
import { productOf } from "../arrays/numbers.js";
import type { Graph } from "./graph.js";

/** A value whose units lie along one of its axes. */
export interface UnitValue {
  readonly name: string;
  readonly rank: number;
  readonly axis: number;
  readonly units: number;
}

/** A constant, one number a unit, that is added to the preactivations with a factor. */
export interface BiasPlace {
  readonly node: Node;
  /** Which of its inputs; one that is not there yet is left out of the node, and 0. */
  readonly input: number;
  readonly factors: Float64Array;
}

/** A product by weights. */
export interface Product {
  readonly kind: "conv" | "convTranspose" | "dense";
  readonly node: Node;
  /** What is multiplied. */
  readonly x: string;
  readonly weights: string;
}

export interface Feeding {
  /** By unit, what is added to the product; of a sum of branches, in the one that ends in a product. */
  readonly bias: Float64Array;
  readonly place?: BiasPlace;
  /** The values from that of the place's node to the preactivations. */
  readonly passed: readonly string[];
  /** The values from the product, or from what is known of it, to the preactivations. */
  readonly way: readonly string[];
  readonly product?: Product;
  /** The product is one of several terms, and what the others are is not known. */
  readonly isSum: boolean;
  /** What is learned on the way may be moved by other units or other nodes. */
  readonly isShared: boolean;
}

/** Walks are no longer than this. */
const FARTHEST = 64;
/** These hand on each number of their first input. */
export const PASSES: ReadonlySet<string> = new Set(["Identity", "Dropout", "Cast"]);
/** These hand on the numbers of a constant, each to itself. */
const SAME_NUMBERS = new Set(["Identity", "Cast", "Transpose", "Reshape", "Squeeze", "Unsqueeze"]);

/** Whether a constant is one tensor of the file that goes nowhere else. */
function isTakenOnce(graph: Graph, name: string): boolean {
  const [taker, ...others] = graph.consumers(name);
  const isOnce = others.length === 0 && taker?.inputs.filter((each) => each === name).length === 1;
  if (!isOnce || graph.isOutput(name)) return false;
  const node = graph.producer(name);
  return (
    node === undefined || node.op === "Constant" || (SAME_NUMBERS.has(node.op) && isTakenOnce(graph, node.inputs[0]))
  );
}

/** Numbers by unit of a constant beside a value; undefined where it is another. */
export function vectorOf(tensor: Tensor | undefined, { rank, axis, units }: UnitValue): Float64Array | undefined {
  if (tensor === undefined) return undefined;
  const { shape, data } = tensor;
  if (data.length === 1) return new Float64Array(units).fill(data[0]);
  const place = axis - (rank - shape.length);
  return data.length === units && shape[place] === units ? data : undefined;
}

class Walk {
  factors: Float64Array;
  bias: Float64Array;
  place: BiasPlace | undefined;
  product: Product | undefined;
  /** The values that the walk went through, and those of them behind the bias's place. */
  passed: string[] = [];
  behindPlace: readonly string[] = [];
  isSum = false;
  isShared = false;
  /** A constant was met. */
  isTold = false;

  constructor(
    readonly graph: Graph,
    readonly value: UnitValue,
    from?: Walk,
  ) {
    this.factors = from ? from.factors.slice() : new Float64Array(value.units).fill(1);
    this.bias = from ? from.bias.slice() : new Float64Array(value.units);
    this.place = from?.place;
    this.isTold = from?.isTold ?? false;
    if (!from) return;
    this.passed = from.passed.slice();
    this.behindPlace = from.behindPlace;
    this.isShared = from.isShared;
  }

  #setPlace(place: BiasPlace): void {
    if (this.place) return;
    this.place = place;
    this.behindPlace = this.passed.slice();
  }

  /** Notes a constant that may be learned: by this unit alone where it has a number for each, and one taker. */
  #meet(name: string): void {
    const isByUnit = this.graph.constant(name)?.data.length === this.value.units;
    if (!isByUnit || !isTakenOnce(this.graph, name)) this.isShared = true;
  }

  vector(name: string): Float64Array | undefined {
    return this.graph.isConstant(name) ? vectorOf(this.graph.constant(name), this.value) : undefined;
  }

  /** A list with one number for each unit, wherever the units' axis is. */
  #list(name: string): Float64Array | undefined {
    const tensor = this.graph.isConstant(name) ? this.graph.constant(name) : undefined;
    return tensor?.shape.length === 1 && tensor.data.length === this.value.units ? tensor.data : undefined;
  }

  /** Notes a constant that is added, with a sign. */
  #add(node: Node, input: number, sign: number, vector = this.vector(node.inputs[input])): boolean {
    if (!vector) return false;
    const factors = this.factors.map((factor) => factor * sign);
    this.bias = this.bias.map((sum, unit) => sum + factors[unit] * vector[unit]);
    this.isTold = true;
    this.#meet(node.inputs[input]);
    if (this.graph.constant(node.inputs[input])?.data.length === this.value.units)
      this.#setPlace({ node, input, factors });
    return true;
  }

  #scale(name: string, power: 1 | -1): boolean {
    const vector = this.vector(name);
    if (!vector) return false;
    this.#meet(name);
    this.factors = this.factors.map((factor, unit) => factor * vector[unit] ** power);
    return true;
  }

  /** Goes back from a value until it ends. */
  run(name: string): this {
    let at: string | undefined = name;
    for (let steps = 0; at !== undefined && steps < FARTHEST; steps++) {
      const node = this.graph.producer(at);
      this.passed.push(at);
      at = node && this.#step(node);
    }
    return this;
  }

  /** What is before a node; undefined where the walk ends. */
  #step(node: Node): string | undefined {
    const { op, inputs } = node;
    if (PASSES.has(op)) return inputs[0];
    switch (op) {
      case "Add":
      case "Sub":
      case "Mul":
      case "Div":
        return this.#arithmetic(node);
      case "BatchNormalization":
        return this.#norm(node) ? inputs[0] : undefined;
      case "Conv":
      case "ConvTranspose":
        return this.#product(node, op === "Conv" ? "conv" : "convTranspose", 1);
      case "Gemm":
      case "MatMul":
        return this.#product(node, "dense", this.value.rank - 1);
      default:
        return undefined;
    }
  }

  #arithmetic(node: Node): string | undefined {
    const { op, inputs } = node;
    if (inputs.length !== 2) return undefined;
    const isConstant = inputs.map((name) => this.graph.isConstant(name));
    if (isConstant.every(Boolean)) return undefined;
    if (!isConstant.some(Boolean)) return op === "Add" ? this.#branch(inputs) : undefined;
    const constant = isConstant.indexOf(true);
    const other = inputs[1 - constant];
    if (op === "Add") return this.#add(node, constant, 1) ? other : undefined;
    if (op === "Mul") return this.#scale(inputs[constant], 1) ? other : undefined;
    if (op === "Div") return constant === 1 && this.#scale(inputs[1], -1) ? other : undefined;
    if (!this.#add(node, constant, constant === 1 ? -1 : 1)) return undefined;
    if (constant === 0) this.factors = this.factors.map((factor) => -factor);
    return other;
  }

  /** A sum of two values: the branch that ends in a product, which is the only one that is followed. */
  #branch(inputs: readonly string[]): undefined {
    for (const name of inputs) {
      const walk = new Walk(this.graph, this.value, this).run(name);
      if (!walk.product) continue;
      const { bias, place, behindPlace, product, isShared } = walk;
      Object.assign(this, { bias, place, behindPlace, product, isShared, isSum: true, isTold: true });
      return;
    }
  }

  #norm(node: Node): boolean {
    const [gamma, beta, mean, variance] = node.inputs.slice(1, 5).map((name) => this.#list(name));
    if (!gamma || !beta || !mean || !variance || this.value.axis !== 1) return false;
    if (integerOf(node, "training_mode", 0) !== 0 || !this.#add(node, 2, 1, beta)) return false;
    this.#meet(node.inputs[1]);
    const epsilon = floatOf(node, "epsilon", 1e-5);
    this.factors = this.factors.map((factor, unit) => (factor * gamma[unit]) / Math.sqrt(variance[unit] + epsilon));
    this.bias = this.bias.map((sum, unit) => sum - this.factors[unit] * mean[unit]);
    return true;
  }

  #product(node: Node, kind: Product["kind"], axis: number): undefined {
    const [x, weights, bias] = node.inputs;
    const isTransposed = integerOf(node, "transA", 0) !== 0;
    if (axis !== this.value.axis || isTransposed || !this.graph.isConstant(weights) || this.graph.isConstant(x)) return;
    this.product = { kind, node, x, weights };
    this.isTold = true;
    if (!isTakenOnce(this.graph, weights)) this.isShared = true;
    if (node.op === "MatMul") return;
    const beta = floatOf(node, "beta", 1);
    if (bias) this.#add(node, 2, beta, node.op === "Gemm" ? this.vector(bias) : this.#list(bias));
    else this.#setPlace({ node, input: 2, factors: this.factors.map((factor) => factor * beta) });
  }
}

/** What feeds a value; undefined where nothing is known of it. */
export function feedingOf(graph: Graph, value: UnitValue): Feeding | undefined {
  const { bias, place, behindPlace, passed, product, isSum, isShared, isTold } = new Walk(graph, value).run(value.name);
  if (!isTold) return undefined;
  return {
    bias,
    ...(place && { place }),
    passed: behindPlace,
    way: passed,
    ...(product && { product }),
    isSum,
    isShared,
  };
}

/** Above so many numbers connections are not looked at. */
const MOST_CONNECTIONS = 2 ** 24;

export interface InputUnits {
  readonly inputs: number;
  /** Numbers of a row that a dense layer multiplies. */
  readonly size: number;
  readonly unitAt: (place: number) => number;
}

/**
 * By input unit and unit, the largest size of the weights from one to the other: inputs x units. A dense layer behind a
 * flattened value has several of its rows for one input unit.
 * @param from the input units, and which of them is at a place of what a dense layer multiplies
 */
export function connections(
  graph: Graph,
  { kind, node, weights }: Product,
  { inputs, size, unitAt }: InputUnits,
  units: number,
): Float32Array | undefined {
  const tensor = inputs * units <= MOST_CONNECTIONS ? graph.constant(weights) : undefined;
  if (!tensor || tensor.data.length === 0) return undefined;
  const { shape, data } = tensor;
  const sizes = new Float32Array(inputs * units);
  const note = (input: number, unit: number, weight: number) => {
    const at = input * units + unit;
    sizes[at] = Math.max(sizes[at], Math.abs(weight));
  };
  if (kind === "dense") {
    const isTurned = integerOf(node, "transB", 0) !== 0;
    const [rows, columns] = isTurned ? [shape[1], shape[0]] : shape;
    if (shape.length !== 2 || columns !== units || rows !== size) return undefined;
    for (let row = 0; row < rows; row++)
      for (let unit = 0; unit < units; unit++)
        note(unitAt(row), unit, data[isTurned ? unit * rows + row : row * units + unit]);
    return sizes;
  }
  const groups = integerOf(node, "group", 1);
  const isFit =
    kind === "conv"
      ? shape[0] === units && shape[1] * groups === inputs
      : shape[0] === inputs && shape[1] * groups === units;
  if (!isFit) return undefined;
  const places = productOf(shape.slice(2));
  const [inputsOfGroup, unitsOfGroup] = [inputs / groups, units / groups];
  for (let first = 0; first < shape[0]; first++)
    for (let second = 0; second < shape[1]; second++)
      for (let place = 0, at = (first * shape[1] + second) * places; place < places; place++) {
        const [unit, input] =
          kind === "conv"
            ? [first, Math.floor(first / unitsOfGroup) * inputsOfGroup + second]
            : [Math.floor(first / inputsOfGroup) * unitsOfGroup + second, first];
        note(input, unit, data[at + place]);
      }
  return sizes;
}
