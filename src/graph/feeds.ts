// The caller's rows as tensors for a graph's inputs, a batch at a time.
import { describe, memberPath } from "../core/checks.js";
import { RelumineError } from "../core/errors.js";
import { isMatrix, type Matrix, toMatrix } from "../core/matrix.js";
import { countOf, productOf, shapeText } from "../arrays/numbers.js";
import { numberToHalf } from "../core/rows/compact.js";
import type { GraphInput } from "./graph.js";
import type { Feeds, OnnxRuntime, OnnxTensor } from "./runtime.js";

/** Numbers with a shape: rows along the first axis. */
export interface GraphArray {
  /** Row-major. */
  readonly data: ArrayLike<number> | ArrayLike<bigint>;
  /** Its sizes: [rows, channels, height, width], say. */
  readonly shape: readonly number[];
  /** The same for all rows: fed as it is on every run. Default: only where the input has no axes. */
  readonly fixed?: boolean;
}

/** Rows for a graph of one input, or arrays by the names of its inputs. */
export type GraphRows =
  Matrix | readonly ArrayLike<number>[] | GraphArray | Readonly<Record<string, GraphArray | Matrix>>;

interface ElementType {
  readonly name: string;
  readonly make: (length: number) => { [index: number]: number | bigint; readonly length: number };
  /** Whole numbers alone, from the first to the second. */
  readonly range?: readonly [number, number];
  readonly convert?: (value: number) => number | bigint;
}

const halfs = (length: number) => new Uint16Array(length);

/** As in TensorProto. */
const TYPES: ReadonlyMap<number, ElementType> = new Map<number, ElementType>([
  [1, { name: "float32", make: (length) => new Float32Array(length) }],
  [2, { name: "uint8", make: (length) => new Uint8Array(length), range: [0, 255] }],
  [3, { name: "int8", make: (length) => new Int8Array(length), range: [-128, 127] }],
  [4, { name: "uint16", make: (length) => new Uint16Array(length), range: [0, 65535] }],
  [5, { name: "int16", make: (length) => new Int16Array(length), range: [-32768, 32767] }],
  [6, { name: "int32", make: (length) => new Int32Array(length), range: [-(2 ** 31), 2 ** 31 - 1] }],
  [7, { name: "int64", make: (length) => new BigInt64Array(length), range: [-(2 ** 53), 2 ** 53], convert: BigInt }],
  [9, { name: "bool", make: (length) => new Uint8Array(length), range: [0, 1] }],
  [10, { name: "float16", make: halfs, convert: numberToHalf }],
  [11, { name: "float64", make: (length) => new Float64Array(length) }],
]);

/** One input's numbers, as they were read and checked. */
interface Feed {
  readonly name: string;
  readonly type: ElementType;
  readonly data: ArrayLike<number | bigint>;
  /** Of all rows. */
  readonly shape: readonly number[];
  readonly isFixed: boolean;
  /** How many rows a run takes; undefined: any number. */
  readonly batch: number | undefined;
}

type Dimensions = Readonly<Record<string, number>>;

function readArray(path: string, given: unknown): GraphArray {
  if (Array.isArray(given) || isMatrix(given)) {
    const { rows, columns, data } = toMatrix(path, given as Matrix);
    return { data, shape: [rows, columns] };
  }
  const { data, shape, fixed } = (given ?? {}) as Partial<GraphArray>;
  const isArray = typeof data === "object" && data !== null && Number.isSafeInteger((data as ArrayLike<number>).length);
  if (!isArray || !Array.isArray(shape))
    throw new RelumineError("value", path, "to be rows of numbers, or { data, shape }", describe(given));
  const sizes: unknown[] = Array.from(shape as readonly unknown[]);
  if (sizes.some((size) => !Number.isSafeInteger(size) || (size as number) < 0))
    throw new RelumineError("shape", `${path}.shape`, "to be sizes of at least 0", shapeText(sizes as number[]));
  const count = countOf(`${path}.shape`, sizes as number[]);
  if (data.length !== count)
    throw new RelumineError("shape", `${path}.data`, `to have ${count} numbers, by its shape`, `${data.length}`);
  return { data, shape: sizes as number[], fixed: fixed === true };
}

/** The sizes of an input's axes behind the rows, where rows are flat. */
function unflattened(path: string, { name, axes }: GraphInput, columns: number, dimensions: Dimensions): number[] {
  const sizes = axes!.slice(1).map((axis) => {
    const size = axis.size ?? (axis.name === undefined ? undefined : dimensions[axis.name]);
    if (size !== undefined) return size;
    const where = axis.name === undefined ? path : memberPath("dimensions", axis.name);
    const hint = `The input ${describe(name)} is ${axesText(axes!)}: give rows of that shape, or its sizes by name`;
    throw new RelumineError("value", where, "to be given where rows are flat", "nothing", hint);
  });
  if (productOf(sizes) === columns) return sizes;
  const expected = `to have rows of ${productOf(sizes)} numbers, for the input ${describe(name)} ${axesText(axes!)}`;
  throw new RelumineError("shape", path, expected, `${columns}`);
}

function axesText(axes: NonNullable<GraphInput["axes"]>): string {
  return `[${axes.map(({ size, name }) => size ?? (name === undefined ? "?" : name.slice(0, 40))).join(", ")}]`;
}

function fitted(path: string, input: GraphInput, { shape }: GraphArray, dimensions: Dimensions): readonly number[] {
  const { axes, name } = input;
  if (axes === undefined) return shape;
  if (shape.length === 2 && axes.length > 2) return [shape[0], ...unflattened(path, input, shape[1], dimensions)];
  const isFit =
    shape.length === axes.length &&
    axes.every(({ size }, axis) => axis === 0 || size === undefined || size === shape[axis]);
  if (isFit) return shape;
  const expected = `to have the shape of the input ${describe(name)}, ${axesText(axes)}, rows first`;
  throw new RelumineError("shape", path, expected, shapeText(shape));
}

function readFeed(path: string, input: GraphInput, given: unknown, dimensions: Dimensions): Feed {
  const array = readArray(path, given);
  const type = TYPES.get(input.type);
  if (type === undefined)
    throw new RelumineError(
      "unsupported",
      `the model's input ${describe(input.name)}`,
      "to take numbers",
      `the data type ${input.type}`,
    );
  checkNumbers(path, type, array.data);
  const isFixed = array.fixed === true || input.axes?.length === 0;
  const shape = isFixed ? array.shape : fitted(path, input, array, dimensions);
  if (!isFixed && shape.length === 0)
    throw new RelumineError("shape", path, "to have rows along its first axis", "no axes");
  return {
    name: input.name,
    type,
    data: array.data,
    shape,
    isFixed,
    batch: isFixed ? undefined : input.axes?.[0].size,
  };
}

function checkNumbers(path: string, { name, range }: ElementType, data: ArrayLike<number | bigint>): void {
  for (let i = 0; i < data.length; i++) {
    const value = Number(data[i]);
    const isFit = range ? Number.isInteger(value) && value >= range[0] && value <= range[1] : Number.isFinite(value);
    if (isFit) continue;
    const expected = range ? `to have whole numbers that ${name} can hold` : "to have finite numbers";
    throw new RelumineError("value", path, expected, `${describe(data[i])} at ${i}`);
  }
}

const FLOAT16 = (globalThis as { Float16Array?: new (buffer: ArrayBufferLike) => unknown }).Float16Array;

/** Rows that are looked at for one that is unlike another. */
const MOST_COMPARED = 64;

const rowSize = ({ shape }: Feed): number => productOf(shape.slice(1));

/** In how many numbers two rows differ. */
function countDiffering(feed: Feed, row: number, other: number): number {
  const size = rowSize(feed);
  let count = 0;
  for (let i = 0; i < size; i++) if (feed.data[row * size + i] !== feed.data[other * size + i]) count++;
  return count;
}

/** All that is fed to a graph. */
export class RowFeeds {
  /** How many rows there are. */
  readonly rows: number;
  /** How many a run has to take; undefined: any number. */
  readonly batch: number | undefined;

  constructor(
    private readonly ort: OnnxRuntime,
    private readonly feeds: readonly Feed[],
  ) {
    const moving = this.#moving;
    if (moving.length === 0)
      throw new RelumineError("value", "rows", "to hold an input that changes from row to row", "fixed ones alone");
    const [{ shape, name }] = moving;
    this.rows = shape[0];
    if (this.rows === 0) throw new RelumineError("shape", "rows", "to hold a row at least", "none");
    for (const other of moving)
      if (other.shape[0] !== this.rows) {
        const expected = `to have ${this.rows} rows, as ${describe(name)} has`;
        throw new RelumineError("shape", memberPath("rows", other.name), expected, `${other.shape[0]}`);
      }
    this.batch = moving.find(({ batch }) => batch !== undefined)?.batch;
  }

  /**
   * Tensors of the rows from `start` on; the last one is repeated where there are too few.
   * @param count how many rows the tensors have
   */
  make(start: number, count: number): Feeds {
    return this.of(Array.from({ length: count }, (_, i) => Math.min(start + i, this.rows - 1)));
  }

  /** Tensors of a whole batch of one row. */
  copies(row: number): Feeds {
    return this.of(Array<number>(this.batch ?? 1).fill(row));
  }

  /** Tensors of these rows, in this order. */
  of(rows: readonly number[]): Feeds {
    return Object.fromEntries(this.feeds.map((feed) => [feed.name, this.#tensor(feed, rows)]));
  }

  /** Numbers of a row, of all inputs that change from row to row. */
  get numbersOfRow(): number {
    return this.#moving.reduce((sum, feed) => sum + rowSize(feed), 0);
  }

  /** Of the first rows the one that differs from a row in most of its numbers. */
  leastLike(row: number): number {
    const differing = Array.from({ length: Math.min(this.rows, MOST_COMPARED) }, (_, other) =>
      this.#moving.reduce((sum, feed) => sum + countDiffering(feed, row, other), 0),
    );
    return differing.indexOf(Math.max(...differing));
  }

  get #moving(): Feed[] {
    return this.feeds.filter(({ isFixed }) => !isFixed);
  }

  #tensor(feed: Feed, rows: readonly number[]): OnnxTensor {
    const { type, data, shape, isFixed } = feed;
    const { convert = (value: number) => value } = type;
    const size = rowSize(feed);
    const length = isFixed ? data.length : rows.length * size;
    const numbers = type.make(length);
    for (let i = 0; i < length; i++) {
      const value = data[isFixed ? i : rows[Math.floor(i / size)] * size + (i % size)];
      numbers[i] = typeof value === "bigint" && type.name === "int64" ? value : convert(Number(value));
    }
    const given =
      type.name === "float16" && FLOAT16 ? new FLOAT16((numbers as unknown as Uint16Array).buffer) : numbers;
    return new this.ort.Tensor(type.name as never, given as never, isFixed ? shape : [rows.length, ...shape.slice(1)]);
  }
}

/**
 * @param inputs those of the graph that are no weights
 * @throws RelumineError "value" or "shape", with the path of what does not fit
 */
export function readFeeds(
  ort: OnnxRuntime,
  inputs: readonly GraphInput[],
  rows: GraphRows,
  dimensions: Dimensions,
): RowFeeds {
  const isObject = typeof rows === "object" && rows !== null;
  const isOne = Array.isArray(rows) || isMatrix(rows) || (isObject && "data" in rows && "shape" in rows);
  if (inputs.length === 0) throw new RelumineError("unsupported", "the model", "to have an input", "none");
  if (isOne && inputs.length === 1) return new RowFeeds(ort, [readFeed("rows", inputs[0], rows, dimensions)]);
  const names = inputs
    .map(({ name, axes }) => `${describe(name)} ${axes ? axesText(axes) : ""}`)
    .slice(0, 8)
    .join(", ");
  if (isOne || !isObject) {
    const hint = `Give { [name]: { data, shape } } for ${names}`;
    throw new RelumineError("value", "rows", "to be arrays by the names of the model's inputs", describe(rows), hint);
  }
  const given = new Map(Object.entries(rows));
  const unknown = [...given.keys()].find((name) => !inputs.some((input) => input.name === name));
  if (unknown !== undefined)
    throw new RelumineError(
      "value",
      memberPath("rows", unknown),
      `to be an input of the model: ${names}`,
      describe(unknown),
    );
  return new RowFeeds(
    ort,
    inputs.map((input) => readFeed(memberPath("rows", input.name), input, given.get(input.name), dimensions)),
  );
}
