// Numbers of other programs' types as float64: half (IEEE 754 binary16), bfloat16 (the upper half of a float32), and
// integers of any width; shapes of arrays of them.
import { RelumineError } from "../core/errors.js";
import { halfToNumber } from "../core/rows/compact.js";

/** A type of numbers, as most containers know it. */
export type NumberType =
  "f16" | "bf16" | "f32" | "f64" | "i8" | "u8" | "i16" | "u16" | "i32" | "u32" | "i64" | "u64" | "bool";

const BYTES: Readonly<Record<NumberType, number>> = {
  f16: 2,
  bf16: 2,
  f32: 4,
  f64: 8,
  i8: 1,
  u8: 1,
  i16: 2,
  u16: 2,
  i32: 4,
  u32: 4,
  i64: 8,
  u64: 8,
  bool: 1,
};

export function bytesOf(type: NumberType): number {
  return BYTES[type];
}

export function isFloat(type: NumberType): boolean {
  return type.includes("f");
}

const scratch = new DataView(new ArrayBuffer(4));

/** The value of a bfloat16's 16 bits. */
export function bfloatToNumber(bits: number): number {
  scratch.setUint16(0, bits);
  scratch.setUint16(2, 0);
  return scratch.getFloat32(0);
}

type Getter = (view: DataView, place: number) => number;

const getters = (little: boolean): Readonly<Record<NumberType, Getter>> => ({
  f16: (view, place) => halfToNumber(view.getUint16(place, little)),
  bf16: (view, place) => bfloatToNumber(view.getUint16(place, little)),
  f32: (view, place) => view.getFloat32(place, little),
  f64: (view, place) => view.getFloat64(place, little),
  i8: (view, place) => view.getInt8(place),
  u8: (view, place) => view.getUint8(place),
  i16: (view, place) => view.getInt16(place, little),
  u16: (view, place) => view.getUint16(place, little),
  i32: (view, place) => view.getInt32(place, little),
  u32: (view, place) => view.getUint32(place, little),
  i64: (view, place) => Number(view.getBigInt64(place, little)),
  u64: (view, place) => Number(view.getBigUint64(place, little)),
  bool: (view, place) => view.getUint8(place),
});
const GETTERS = { true: getters(true), false: getters(false) };

type Floats = Float32Array | Float64Array;

/** Arrays that hold numbers of a type as this machine has them: little-endian, as all that run WebAssembly. */
const ARRAYS: Partial<
  Record<NumberType, new (buffer: ArrayBufferLike, byteOffset: number, length: number) => ArrayLike<number>>
> = {
  f32: Float32Array,
  f64: Float64Array,
  i8: Int8Array,
  u8: Uint8Array,
  i16: Int16Array,
  u16: Uint16Array,
  i32: Int32Array,
  u32: Uint32Array,
  bool: Uint8Array,
};

/** The numbers that the bytes hold, into `numbers` from `at` on. */
export function fillNumbers(type: NumberType, bytes: Uint8Array, numbers: Floats, at = 0, isLittleEndian = true): void {
  const size = bytesOf(type);
  const length = bytes.length / size;
  const kind = isLittleEndian || size === 1 ? ARRAYS[type] : undefined;
  if (kind) {
    const isAligned = bytes.byteOffset % size === 0;
    const { buffer, byteOffset } = isAligned ? bytes : Uint8Array.from(bytes);
    numbers.set(new kind(buffer, byteOffset, length), at);
    return;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const get = GETTERS[`${isLittleEndian}`][type];
  for (let i = 0; i < length; i++) numbers[at + i] = get(view, i * size);
}

/** `length` numbers, all that the bytes hold. */
export function decodeNumbers(
  what: string,
  type: NumberType,
  bytes: Uint8Array,
  length: number,
  isLittleEndian = true,
): Float64Array {
  const size = bytesOf(type);
  if (bytes.length !== length * size)
    throw new RelumineError("format", what, `to have ${length * size} bytes, by its shape`, `${bytes.length}`);
  const numbers = new Float64Array(length);
  fillNumbers(type, bytes, numbers, 0, isLittleEndian);
  return numbers;
}

/** The product of sizes. */
export function productOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** A shape as messages name it. */
export function shapeText(shape: readonly number[]): string {
  return `[${shape.join(", ").slice(0, 80)}]`;
}

export function isSameShape(x: readonly number[], y: readonly number[]): boolean {
  return x.length === y.length && x.every((size, axis) => size === y[axis]);
}

/** Numbers of a shape, row-major, from the places that steps along its axes lead to. */
export function strided<T extends Floats>(
  numbers: T,
  shape: readonly number[],
  steps: readonly number[],
  start = 0,
): T {
  const length = productOf(shape);
  const result = (numbers instanceof Float64Array ? new Float64Array(length) : new Float32Array(length)) as T;
  const index = new Array<number>(shape.length).fill(0);
  for (let i = 0, place = start; i < result.length; i++) {
    result[i] = numbers[place];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      place += steps[axis];
      if (++index[axis] < shape[axis]) break;
      place -= steps[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return result;
}

/** Row-major from Fortran's order, in which neighbours along the first axis lie beside each other. */
export function fromFortran<T extends Floats>(numbers: T, shape: readonly number[]): T {
  const steps = shape.map((_, axis) => productOf(shape.slice(0, axis)));
  return strided(numbers, shape, steps);
}

const MOST_OF_SHAPE = 2 ** 31;

/**
 * How many numbers a shape has.
 * @throws RelumineError "format" for sizes that are none, "memory" for too many
 */
export function countOf(what: string, shape: readonly number[]): number {
  if (shape.length > 16 || shape.some((size) => !Number.isSafeInteger(size) || size < 0))
    throw new RelumineError("format", what, "to have a shape of sizes of at least 0", shapeText(shape));
  const count = productOf(shape);
  if (count <= MOST_OF_SHAPE) return count;
  throw new RelumineError("memory", what, `to have at most ${MOST_OF_SHAPE} numbers`, `the shape ${shapeText(shape)}`);
}
