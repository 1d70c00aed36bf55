// An array that lies in a file: what its numbers are is known, the numbers are read when they are asked for, as float32
// or float64, all or rows at a time. Nothing is allocated by a shape whose bytes are not there.
import { bytesOf, countOf, fillNumbers, fromFortran, type NumberType, productOf, shapeText } from "./numbers.js";
import { joinBytes } from "../core/bytes.js";
import { RelumineError } from "../core/errors.js";
import { checkUnpacked } from "../core/packed.js";

/** Where an array's bytes are, and what they are. */
export interface Placed {
  /** As messages call it. */
  readonly what: string;
  readonly name: string;
  readonly type: NumberType;
  readonly shape: readonly number[];
  readonly isLittleEndian?: boolean;
  /** The first axis is the one whose neighbours lie beside each other. */
  readonly isFortran?: boolean;
  /** Its bytes, and how many they are in the file where they are packed. */
  readonly bytes: number;
  readonly packed?: number;
  /** Its bytes from the first to the last. */
  open(): AsyncIterable<Uint8Array>;
}

type Floats = Float32Array | Float64Array;
type Kind<T> = { new (length: number): T; readonly BYTES_PER_ELEMENT: number };

/** Numbers of one array in memory. */
const MOST_AT_ONCE = 2 ** 28;
/** Numbers of a block, unless one row has more; and of one row at most. */
const BLOCK = 2 ** 20;
const MOST_IN_ROW = 2 ** 26;

export class FileArray {
  readonly name: string;
  readonly type: NumberType;
  readonly shape: readonly number[];
  /** Of all axes together. */
  readonly length: number;
  readonly #placed: Placed;

  /** @throws RelumineError "format" for a shape that is none or has other bytes, "memory" beyond 2^31 numbers */
  constructor(placed: Placed) {
    const { what, type, shape, bytes } = placed;
    this.name = placed.name;
    this.type = type;
    this.shape = shape;
    this.length = countOf(what, shape);
    this.#placed = placed;
    const wanted = this.length * bytesOf(type);
    if (bytes !== wanted)
      throw new RelumineError("format", what, `to have ${wanted} bytes, by its shape ${shapeText(shape)}`, `${bytes}`);
  }

  /** As messages call it. */
  get what(): string {
    return this.#placed.what;
  }

  /** Along the first axis; an array of no axes is one row. */
  get rows(): number {
    return this.shape[0] ?? 1;
  }

  /** Numbers in each of them. */
  get rowSize(): number {
    return productOf(this.shape.slice(1));
  }

  /**
   * All numbers, row-major, as float32.
   * @throws RelumineError "memory" for more than 2^28, or than the file's bytes make believable; "format"
   */
  read(): Promise<Float32Array> {
    return this.#readAll(Float32Array);
  }

  /** The same as float64: whole numbers and doubles keep their digits. */
  read64(): Promise<Float64Array> {
    return this.#readAll(Float64Array);
  }

  /**
   * Bytes, or the bits of halves, as they are stored, row-major; undefined where the numbers are of another kind, or
   * lie otherwise.
   * @throws RelumineError as `read`
   */
  async readStored(): Promise<Uint8Array | Uint16Array | undefined> {
    const isHalf = this.type === "f16" && this.#placed.isLittleEndian !== false;
    if (this.#isTransposed || !(isHalf || this.type === "u8")) return undefined;
    const kind = isHalf ? Uint16Array : Uint8Array;
    this.#checkRoom(this.length);
    this.#checkUnpacked(kind);
    const numbers = new kind(this.length);
    const bytes = new Uint8Array(numbers.buffer);
    let at = 0;
    for await (const piece of this.#wholeNumbers()) {
      bytes.set(piece, at);
      at += piece.length;
    }
    this.#checkEnd(at / kind.BYTES_PER_ELEMENT);
    return numbers;
  }

  /**
   * Rows in order, a few at a time, each block row-major. Of an array in Fortran's order all is read at once.
   * @throws RelumineError "memory" for rows of more than 2^26 numbers, or more than the file's bytes make believable,
   *   of an array in Fortran's order as `read`; "format"
   */
  async *blocks(rows = Math.max(1, Math.floor(BLOCK / Math.max(1, this.rowSize)))): AsyncGenerator<Float32Array> {
    const size = this.rowSize;
    if (size > MOST_IN_ROW) {
      const given = `the shape ${shapeText(this.shape)}`;
      throw new RelumineError("memory", this.what, `to have rows of at most ${MOST_IN_ROW} numbers`, given);
    }
    if (this.#isTransposed) {
      const all = await this.read();
      for (let at = 0; at < all.length; at += rows * size) yield all.subarray(at, at + rows * size);
      return;
    }
    this.#checkRoom(Math.min(rows * size, this.length));
    this.#checkUnpacked(Float32Array);
    let block = new Float32Array(Math.min(rows * size, this.length));
    let filled = 0;
    let left = this.length;
    for await (const bytes of this.#wholeNumbers())
      for (let at = 0; at < bytes.length;) {
        const count = Math.min(block.length - filled, (bytes.length - at) / bytesOf(this.type));
        this.#fill(bytes.subarray(at, (at += count * bytesOf(this.type))), block, filled);
        filled += count;
        if (filled < block.length) continue;
        left -= filled;
        yield block;
        block = new Float32Array(Math.min(rows * size, left));
        filled = 0;
      }
  }

  get #isTransposed(): boolean {
    return !!this.#placed.isFortran && this.shape.filter((size) => size > 1).length > 1;
  }

  async #readAll<T extends Floats>(kind: Kind<T>): Promise<T> {
    this.#checkRoom(this.length);
    this.#checkUnpacked(kind);
    const numbers = new kind(this.length);
    let at = 0;
    for await (const piece of this.#wholeNumbers()) {
      this.#fill(piece, numbers, at);
      at += piece.length / bytesOf(this.type);
    }
    this.#checkEnd(at);
    return this.#isTransposed ? fromFortran(numbers, this.shape) : numbers;
  }

  #checkEnd(came: number): void {
    if (came < this.length) throw new RelumineError("format", this.what, `to hold ${this.length} numbers`, `${came}`);
  }

  #checkRoom(numbers: number): void {
    if (numbers <= MOST_AT_ONCE) return;
    const given = `the shape ${shapeText(this.shape)}`;
    throw new RelumineError("memory", this.#placed.what, `to have at most ${MOST_AT_ONCE} numbers at once`, given);
  }

  #checkUnpacked({ BYTES_PER_ELEMENT: size }: Pick<Kind<unknown>, "BYTES_PER_ELEMENT">): void {
    const { what, bytes, packed = bytes } = this.#placed;
    if (packed < bytes) checkUnpacked(what, this.length * size, packed);
  }

  #fill(bytes: Uint8Array, numbers: Floats, at: number): void {
    fillNumbers(this.type, bytes, numbers, at, this.#placed.isLittleEndian);
  }

  /** The bytes in pieces that end where a number does. */
  async *#wholeNumbers(): AsyncGenerator<Uint8Array> {
    const size = bytesOf(this.type);
    let rest = new Uint8Array();
    for await (const piece of this.#placed.open()) {
      const all = joinBytes(rest, piece);
      const whole = all.length - (all.length % size);
      if (whole > 0) yield all.subarray(0, whole);
      rest = all.slice(whole);
    }
  }
}
