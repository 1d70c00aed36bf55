// Rows of small numbers as they are stored: bytes, or halves (IEEE 754 binary16), which become float32 as they are
// read. Each stored value stands for one number, so a table holds them all, and widening is a look-up whatever the
// scale; batches are widened by a kernel (assembly/widen.ts), to the same bits.
import { checkNumber, checkSizes, describe } from "../checks.js";
import { RelumineError } from "../errors.js";

/** How numbers of such rows are stored. */
export type CompactType = "uint8" | "float16";

/**
 * rows x columns bytes or halves, row-major: element (r, c) is data[r * columns + c] * scale + offset, computed in
 * float64 and rounded to float32. A quarter, or half, of the memory that a Matrix takes.
 */
export interface CompactMatrix {
  /** How many samples. */
  readonly rows: number;
  /** Numbers in each row. */
  readonly columns: number;
  /** Bytes, the bits of halves (with `type: "float16"`), or, where the engine has it, a Float16Array. */
  readonly data: Uint8Array | Uint8ClampedArray | Uint16Array | Float16Numbers;
  /** "float16" says that a Uint16Array holds the bits of halves; others tell by their kind what they are. */
  readonly type?: CompactType;
  /** Default 1; 1 / 255 makes numbers from 0 to 1 of pixels. */
  readonly scale?: number;
  /** Default 0. */
  readonly offset?: number;
}

/** What is needed of a Float16Array, which not all engines have. */
export interface Float16Numbers extends ArrayBufferView {
  /** How many numbers. */
  readonly length: number;
  /** What tells it from other arrays. */
  readonly [Symbol.toStringTag]: "Float16Array";
}

/** The same, checked. */
export interface CompactRows extends CompactMatrix {
  readonly data: Uint8Array | Uint16Array;
  readonly type: CompactType;
  readonly scale: number;
  readonly offset: number;
}

/** The value of a half's 16 bits. */
export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction ? NaN : sign * Infinity;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** To the nearest whole number; of two the even one. */
function roundToEven(value: number): number {
  const low = Math.floor(value);
  const rest = value - low;
  return rest > 0.5 || (rest === 0.5 && low % 2 === 1) ? low + 1 : low;
}

/** The 16 bits of the half that is nearest to a number. */
export function numberToHalf(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (Number.isNaN(value)) return 0x7e00;
  if (size >= 65520) return sign | 0x7c00;
  if (size < 2 ** -14) return sign | roundToEven(size * 2 ** 24);
  const exponent = Math.floor(Math.log2(size));
  return sign | (((exponent + 14) << 10) + roundToEven((size / 2 ** exponent) * 1024)); // a carry goes to the exponent
}

/** Of samples that were checked, or a matrix as it was given. */
export function isCompact(x: object): x is CompactRows {
  return (x as Partial<CompactRows>).type !== undefined;
}

/** The data's kind, and the stored values themselves, not copied; undefined for other arrays. */
function storedOf(
  data: CompactMatrix["data"],
  type: unknown,
): { readonly type: CompactType; readonly data: CompactRows["data"] } | undefined {
  const isOf = (kind: CompactType) => type === undefined || type === kind;
  if (!ArrayBuffer.isView(data)) return undefined;
  const { buffer, byteOffset, byteLength } = data;
  if (data instanceof Uint8Array && isOf("uint8")) return { type: "uint8", data };
  if (data instanceof Uint8ClampedArray && isOf("uint8"))
    return { type: "uint8", data: new Uint8Array(buffer, byteOffset, byteLength) };
  if (data instanceof Uint16Array && type === "float16") return { type, data };
  if (Object.prototype.toString.call(data) === "[object Float16Array]" && isOf("float16"))
    return { type: "float16", data: new Uint16Array(buffer, byteOffset, byteLength >>> 1) };
  return undefined;
}

/** Whether such a matrix is meant: it says so, or its data are of such a kind. */
export function looksCompact({ data, type }: Pick<CompactMatrix, "data" | "type">): boolean {
  return type !== undefined || storedOf(data, type) !== undefined;
}

/**
 * Its numbers are not copied.
 * @throws RelumineError "shape" or "value"
 */
export function checkCompact(path: string, given: CompactMatrix): CompactRows {
  const { rows, columns, scale = 1, offset = 0, type } = given;
  const stored = storedOf(given.data, type);
  checkSizes(path, { rows, columns });
  if (type !== undefined && type !== "uint8" && type !== "float16")
    throw new RelumineError("value", `${path}.type`, 'to be "uint8" or "float16"', describe(type));
  if (!stored) {
    const expected = `to be ${type === "uint8" ? "a Uint8Array" : "a Uint16Array of halves' bits or a Float16Array"}`;
    throw new RelumineError("value", `${path}.data`, expected, describe(given.data));
  }
  checkNumber(`${path}.scale`, scale);
  checkNumber(`${path}.offset`, offset);
  const { data } = stored;
  if (data.length !== rows * columns) {
    const expected = `to have ${rows * columns} numbers, ${rows} rows x ${columns} columns`;
    throw new RelumineError("shape", `${path}.data`, expected, `${data.length}`);
  }
  const x = { rows, columns, data, type: stored.type, scale, offset };
  checkFinite(path, x);
  return x;
}

function checkFinite(path: string, { type, data, columns, scale, offset }: CompactRows): void {
  const table = tableFor(type, scale, offset);
  if (type === "uint8" && table.every(Number.isFinite)) return;
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += table[data[i]] - table[data[i]];
  if (sum === 0) return;
  const i = data.findIndex((bits) => !Number.isFinite(table[bits]));
  const place = `row ${Math.floor(i / columns)}, column ${i % columns} (as float32, counted from 0)`;
  throw new RelumineError("value", path, "to have finite numbers", `${table[data[i]]} in ${place}`);
}

/** Whether its numbers are what is stored, of which -0 stays -0. */
export function isPlain({ scale, offset }: Pick<CompactRows, "scale" | "offset">): boolean {
  return scale === 1 && offset === 0;
}

/** Numbers by what is stored, of the last few kinds that were asked for: a table of halves takes 256 KB. */
const tables = new Map<string, Float32Array>();
const MOST_TABLES = 8;

function tableFor(type: CompactType, scale: number, offset: number): Float32Array {
  const key = `${type} ${scale} ${Object.is(offset, -0) ? "-0" : offset}`;
  let table = tables.get(key);
  if (table) return table;
  table = new Float32Array(type === "uint8" ? 2 ** 8 : 2 ** 16);
  const plain = isPlain({ scale, offset });
  for (let bits = 0; bits < table.length; bits++) {
    const value = type === "uint8" ? bits : halfToNumber(bits);
    table[bits] = plain ? value : value * scale + offset;
  }
  if (tables.size === MOST_TABLES) tables.delete(tables.keys().next().value!);
  tables.set(key, table);
  return table;
}

/** Whether a scale of 1 / divisor makes the numbers that division makes, to the bit. */
export function isDivision(type: CompactType, divisor: number): boolean {
  const plain = tableFor(type, 1, 0);
  const scaled = tableFor(type, 1 / divisor, 0);
  return plain.every((value, bits) => !Number.isFinite(value) || Math.fround(value / divisor) === scaled[bits]);
}

/** By rows that were checked, so that who reads them one by one makes no key each time. */
const tableOfRows = new WeakMap<CompactRows, Float32Array>();

/** The number that each stored value stands for. */
export function tableOf(x: CompactRows): Float32Array {
  let table = tableOfRows.get(x);
  if (!table) tableOfRows.set(x, (table = tableFor(x.type, x.scale, x.offset)));
  return table;
}

/** Writes rows start .. start + count as float32. */
export function widenRows(x: CompactRows, start: number, count: number, to: Float32Array): void {
  const { data, columns } = x;
  const table = tableOf(x);
  const from = start * columns;
  for (let i = 0; i < count * columns; i++) to[i] = table[data[from + i]];
}

/** These rows, copied as they are stored, in this order. */
export function takeCompactRows(x: CompactRows, rows: ArrayLike<number>): CompactRows {
  const { columns, data } = x;
  const size = rows.length * columns;
  const taken = x.type === "uint8" ? new Uint8Array(size) : new Uint16Array(size);
  for (let to = 0; to < rows.length; to++)
    taken.set(data.subarray(rows[to] * columns, (rows[to] + 1) * columns), to * columns);
  return { ...x, rows: rows.length, data: taken };
}
