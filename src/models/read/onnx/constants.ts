// Operators on constants, evaluated in float64: shapes on their way to a Reshape, weights that are transposed, cast or
// dequantized first. In a shape NaN is the number of rows, which only moves: no arithmetic is done with it.
import { RelumineError } from "../../../core/errors.js";
import { countOf, productOf, strided } from "../../../arrays/numbers.js";
import { integerOf, isFloatType, type Node, roundTo, type Tensor } from "./model.js";

/** What an operator makes of constants; undefined where it is not one of these. */
type Evaluate = (node: Node, inputs: readonly (Tensor | undefined)[]) => Tensor | undefined;

export const integers = (data: readonly number[], shape = [data.length]): Tensor => ({
  shape,
  data: Float64Array.from(data),
  isFloat: false,
});

function axisOf(value: number, rank: number): number {
  const axis = value < 0 ? value + rank : value;
  if (axis >= 0 && axis < rank) return axis;
  throw new RelumineError("format", "the model's axis", `to be one of ${rank}`, `${value}`);
}

/** Of Squeeze and Unsqueeze: an attribute, since opset 13 an input. */
export function axesOf(node: Node, input: Tensor | undefined): number[] | undefined {
  return input ? [...input.data] : node.attributes.get("axes")?.integers();
}

function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1] * shape[axis + 1];
  return strides;
}

/** Numbers at the places that steps along the axes lead to. */
function gather({ data, isFloat }: Tensor, shape: readonly number[], steps: readonly number[]): Tensor {
  countOf("the model's constant", shape);
  return { shape, data: strided(data, shape, steps), isFloat };
}

export function transpose(tensor: Tensor, order?: readonly number[]): Tensor {
  const { shape } = tensor;
  const axes = order?.length
    ? order.map((axis) => axisOf(axis, shape.length))
    : shape.map((_, axis) => shape.length - 1 - axis);
  if (axes.length !== shape.length || new Set(axes).size !== axes.length)
    throw new RelumineError("format", "the model's Transpose", "to name each axis once", `[${axes.join(", ")}]`);
  const strides = stridesOf(shape);
  return gather(
    tensor,
    axes.map((axis) => shape[axis]),
    axes.map((axis) => strides[axis]),
  );
}

/** At most so many numbers are made of a smaller constant. */
const MOST_BROADCAST = 2 ** 22;

/** Numbers repeated along axes of size 1, or that are not there. */
export function broadcast(tensor: Tensor, shape: readonly number[]): Tensor {
  if (countOf("the model's constant", shape) > Math.max(MOST_BROADCAST, tensor.data.length))
    throw new RelumineError("memory", "the model's constant", `to have at most ${MOST_BROADCAST} numbers`, "more");
  const missing = shape.length - tensor.shape.length;
  const strides = stridesOf(tensor.shape);
  const steps = shape.map((size, axis) => {
    const own = axis < missing ? 1 : tensor.shape[axis - missing];
    if (own !== size && own !== 1) throw mismatch(tensor.shape, shape);
    return own === 1 ? 0 : strides[axis - missing];
  });
  if (missing < 0) throw mismatch(tensor.shape, shape);
  return gather(tensor, shape, steps);
}

function mismatch(x: readonly number[], y: readonly number[]): RelumineError {
  return new RelumineError(
    "format",
    "the model's constants",
    "to have shapes that fit",
    `[${x.join(", ")}] and [${y.join(", ")}]`,
  );
}

function broadcastShape(x: readonly number[], y: readonly number[]): number[] {
  const rank = Math.max(x.length, y.length);
  return Array.from({ length: rank }, (_, axis) => {
    const [p, q] = [x[axis - rank + x.length] ?? 1, y[axis - rank + y.length] ?? 1];
    if (p !== q && p !== 1 && q !== 1) throw mismatch(x, y);
    return p === 1 ? q : p;
  });
}

const arithmetic =
  (f: (x: number, y: number) => number): Evaluate =>
  (_node, [x, y]) => {
    if (!x || !y || x.data.some(Number.isNaN) || y.data.some(Number.isNaN)) return undefined;
    const shape = broadcastShape(x.shape, y.shape);
    const [p, q] = [broadcast(x, shape), broadcast(y, shape)];
    const isFloat = x.isFloat && y.isFloat;
    const round = isFloat ? (value: number) => value : Math.trunc;
    return { shape, data: p.data.map((value, i) => round(f(value, q.data[i]))), isFloat };
  };

const unary =
  (f: (x: number) => number): Evaluate =>
  (_node, [x]) =>
    x && !x.data.some(Number.isNaN) ? { ...x, data: x.data.map(f) } : undefined;

const same: Evaluate = (_node, [x]) => x;

/** As in TensorProto. */
const BOOL = 9;
const truth = (value: number | boolean): number => (value ? 1 : 0);

/** Exporters ask whether an axis is 1. */
const comparison = (f: (x: number, y: number) => boolean): Evaluate => {
  const numbers = arithmetic((x, y) => truth(f(x, y)));
  return (node, inputs) => {
    const result = numbers(node, inputs);
    return result && { ...result, isFloat: false };
  };
};

function cast(node: Node, [x]: readonly (Tensor | undefined)[]): Tensor | undefined {
  const type = integerOf(node, "to", 0);
  if (!x) return undefined;
  if (isFloatType(type)) return { ...x, data: x.data.map((value) => roundTo(type, value)), isFloat: true };
  if (type === BOOL) return x.data.some(Number.isNaN) ? undefined : { ...x, data: x.data.map(truth), isFloat: false };
  if (type !== 7 && (type !== 6 || x.data.some((value) => Math.abs(value) >= 2 ** 31))) return undefined;
  return { ...x, data: x.data.map(Math.trunc), isFloat: false };
}

function reshaped(x: Tensor, given: readonly number[]): Tensor | undefined {
  const sizes = given.map((size, axis) => (size === 0 ? x.shape[axis] : size));
  const known = productOf(sizes.filter((size) => size !== -1));
  const shape = sizes.map((size) => (size === -1 ? x.data.length / known : size));
  return countOf("the model's Reshape", shape) === x.data.length ? { ...x, shape } : undefined;
}

function squeeze(x: Tensor, axes: readonly number[] | undefined): Tensor | undefined {
  const gone = axes?.map((axis) => axisOf(axis, x.shape.length));
  const shape = x.shape.filter((size, axis) => (gone ? !gone.includes(axis) : size !== 1));
  return countOf("the model's Squeeze", shape) === x.data.length ? { ...x, shape } : undefined;
}

export function unsqueezeShape(shape: readonly number[], axes: readonly number[]): number[] {
  const rank = shape.length + axes.length;
  const added = new Set(axes.map((axis) => axisOf(axis, rank)));
  const rest = [...shape];
  return Array.from({ length: rank }, (_, axis) => (added.has(axis) ? 1 : rest.shift()!));
}

function concat(node: Node, inputs: readonly (Tensor | undefined)[]): Tensor | undefined {
  if (inputs.some((each) => each?.shape.length !== 1)) return undefined;
  const all = inputs as readonly Tensor[];
  axisOf(integerOf(node, "axis", 0), 1);
  return { ...integers(all.flatMap(({ data }) => [...data])), isFloat: all.every(({ isFloat }) => isFloat) };
}

function gatherItems(node: Node, [x, indices]: readonly (Tensor | undefined)[]): Tensor | undefined {
  if (x?.shape.length !== 1 || !indices || axisOf(integerOf(node, "axis", 0), 1) !== 0) return undefined;
  const places = indices.data.map((index) => (index < 0 ? index + x.data.length : index));
  if (places.some((place) => !(place >= 0 && place < x.data.length))) return undefined;
  return { shape: indices.shape, data: places.map((place) => x.data[place]), isFloat: x.isFloat };
}

function slice(_node: Node, [x, starts, ends, axes, steps]: readonly (Tensor | undefined)[]): Tensor | undefined {
  if (x?.shape.length !== 1 || starts?.data.length !== 1 || ends?.data.length !== 1) return undefined;
  if ((axes && axes.data[0] !== 0) || (steps && steps.data[0] !== 1)) return undefined;
  const data = [...x.data].slice(starts.data[0], ends.data[0]);
  return { ...integers(data), isFloat: x.isFloat };
}

/** (x - zero point)·scale, for the whole or by the axis. */
function dequantize(node: Node, [x, scales, zeros]: readonly (Tensor | undefined)[]): Tensor | undefined {
  if (!x || !scales || node.attributes.get("block_size")?.integer()) return undefined;
  if (zeros && zeros.data.length !== scales.data.length) return undefined;
  const axis = scales.data.length === 1 ? 0 : axisOf(integerOf(node, "axis", 1), x.shape.length);
  if (scales.data.length !== 1 && scales.data.length !== x.shape[axis]) return undefined;
  const stride = stridesOf(x.shape)[axis] ?? 1;
  const data = x.data.map((value, i) => {
    const place = scales.data.length === 1 ? 0 : Math.floor(i / stride) % x.shape[axis];
    return (value - (zeros?.data[place] ?? 0)) * scales.data[place];
  });
  return { shape: x.shape, data, isFloat: true };
}

function constantOfShape(node: Node, [x]: readonly (Tensor | undefined)[]): Tensor | undefined {
  const value = node.attributes.get("value")?.tensor() ?? { shape: [1], data: Float64Array.of(0), isFloat: true };
  if (!x || value === "texts" || value.data.length !== 1 || x.data.some(Number.isNaN)) return undefined;
  return broadcast({ ...value, shape: [] }, [...x.data]);
}

/** What Shape gives: since opset 15 perhaps a part. */
export function shapePart({ attributes }: Node, shape: readonly number[]): number[] {
  return shape.slice(attributes.get("start")?.integer() ?? 0, attributes.get("end")?.integer());
}

const EVALUATORS: ReadonlyMap<string, Evaluate> = new Map<string, Evaluate>([
  ["Identity", same],
  ["Dropout", (_node, [x, , training]) => (training === undefined || training.data[0] === 0 ? x : undefined)],
  ["Cast", cast],
  ["Transpose", (node, [x]) => x && transpose(x, node.attributes.get("perm")?.integers())],
  ["Reshape", (_node, [x, shape]) => (x && shape ? reshaped(x, [...shape.data]) : undefined)],
  ["Squeeze", (node, [x, axes]) => x && squeeze(x, axesOf(node, axes))],
  ["Unsqueeze", (node, [x, axes]) => x && { ...x, shape: unsqueezeShape(x.shape, axesOf(node, axes) ?? []) }],
  ["Concat", concat],
  ["Gather", gatherItems],
  ["Slice", slice],
  ["Shape", (node, [x]) => x && integers(shapePart(node, x.shape))],
  ["Add", arithmetic((x, y) => x + y)],
  ["Sub", arithmetic((x, y) => x - y)],
  ["Mul", arithmetic((x, y) => x * y)],
  ["Div", arithmetic((x, y) => x / y)],
  ["Equal", comparison((x, y) => x === y)],
  ["Greater", comparison((x, y) => x > y)],
  ["GreaterOrEqual", comparison((x, y) => x >= y)],
  ["Less", comparison((x, y) => x < y)],
  ["LessOrEqual", comparison((x, y) => x <= y)],
  ["And", comparison((x, y) => x !== 0 && y !== 0)],
  ["Or", comparison((x, y) => x !== 0 || y !== 0)],
  ["Not", unary((x) => truth(x === 0))],
  ["Neg", unary((x) => -x)],
  ["Sqrt", unary(Math.sqrt)],
  ["Reciprocal", unary((x) => 1 / x)],
  ["DequantizeLinear", dequantize],
  ["ConstantOfShape", constantOfShape],
]);

/** What a node makes of constants; undefined where this is not one of the operators that are evaluated. */
export const evaluateConstants: Evaluate = (node, inputs) => EVALUATORS.get(node.op)?.(node, inputs);

/** The value of a Constant node; "texts" for strings. */
export function readConstant({ attributes }: Node): Tensor | "texts" | undefined {
  const tensor = attributes.get("value");
  if (tensor) return tensor.tensor();
  const [float, floats] = [attributes.get("value_float"), attributes.get("value_floats")];
  if (float) return { shape: [], data: Float64Array.of(float.float()), isFloat: true };
  if (floats) {
    const data = floats.floats();
    return { shape: [data.length], data, isFloat: true };
  }
  const [integer, list] = [attributes.get("value_int"), attributes.get("value_ints")];
  if (integer) return integers([integer.integer()], []);
  if (list) return integers(list.integers());
  return attributes.has("value_string") || attributes.has("value_strings") ? "texts" : undefined;
}
