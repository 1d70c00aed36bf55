// Messages of protocol buffers as lists of fields, by number. What a field means is for those who ask; nothing is
// decoded before, so that depth and size of what nobody asks for cost nothing. Source: protobuf.dev, "Encoding".
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { RelumineError } from "../../../core/errors.js";

type Field = bigint | Uint8Array;

/** Of one message; a network of a hundred layers has some thousands. */
const MOST_FIELDS = 2 ** 17;
const MOST_NUMBERS = 2 ** 27;

function malformed(what: string, given: string): RelumineError {
  return new RelumineError("format", what, "to be a message of protocol buffers", given);
}

/** A message whose fields were told apart. */
export class Message {
  readonly #fields = new Map<number, Field[]>();

  constructor(
    readonly what: string,
    bytes: Uint8Array,
  ) {
    const reader = new BinaryReader(bytes);
    try {
      for (let count = 0; reader.pos < reader.len; count++) {
        if (count === MOST_FIELDS) throw malformed(what, `one of over ${MOST_FIELDS} fields`);
        const [number, type] = reader.tag();
        const field = type === WireType.Varint ? varint(reader) : body(reader, type, number);
        const list = this.#fields.get(number);
        if (list) list.push(field);
        else this.#fields.set(number, [field]);
      }
    } catch (error) {
      if (error instanceof RelumineError) throw error;
      throw malformed(what, `bytes that are none (${(error as Error).message.slice(0, 80)})`);
    }
  }

  has(number: number): boolean {
    return this.#fields.has(number);
  }

  /** What stands there once; a reader that took the last of two would not see what another one sees. */
  #single(number: number): Field | undefined {
    const list = this.#fields.get(number);
    if (list !== undefined && list.length > 1) throw malformed(this.what, `field ${number} ${list.length} times`);
    return list?.[0];
  }

  bytes(number: number): Uint8Array | undefined {
    const field = this.#single(number);
    if (typeof field === "bigint") throw malformed(this.what, `a number in field ${number}`);
    return field;
  }

  message(number: number, what: string): Message | undefined {
    const bytes = this.bytes(number);
    return bytes && new Message(what, bytes);
  }

  messages(number: number, what: string): Message[] {
    return this.#lists(number).map((bytes) => new Message(what, bytes));
  }

  text(number: number): string {
    const bytes = this.bytes(number);
    return bytes === undefined ? "" : decode(bytes);
  }

  texts(number: number): string[] {
    return this.#lists(number).map(decode);
  }

  integer(number: number): number | undefined {
    const field = this.#single(number);
    if (field === undefined) return undefined;
    if (typeof field !== "bigint") throw malformed(this.what, `bytes in field ${number}`);
    return toNumber(this.what, field);
  }

  float(number: number): number | undefined {
    const bytes = this.bytes(number);
    if (bytes === undefined) return undefined;
    if (bytes.length !== 4) throw malformed(this.what, `${bytes.length} bytes for a float`);
    return new DataView(bytes.buffer, bytes.byteOffset).getFloat32(0, true);
  }

  /** Packed or one by one. */
  integers(number: number): number[] {
    return (this.#fields.get(number) ?? []).flatMap((field) => {
      if (typeof field === "bigint") return [toNumber(this.what, field)];
      const reader = new BinaryReader(field);
      const numbers: number[] = [];
      try {
        while (reader.pos < reader.len) numbers.push(toNumber(this.what, varint(reader)));
      } catch (error) {
        if (error instanceof RelumineError) throw error;
        throw malformed(this.what, `numbers that do not end in field ${number}`);
      }
      return numbers;
    });
  }

  /** Packed or one by one, `size` bytes each. */
  fixed(number: number, size: 4 | 8): Float64Array {
    const lists = this.#lists(number);
    const length = lists.reduce((sum, { length: bytes }) => sum + bytes / size, 0);
    if (lists.some((bytes) => bytes.length % size !== 0) || length > MOST_NUMBERS)
      throw malformed(this.what, `numbers cut short in field ${number}`);
    const numbers = new Float64Array(length);
    let index = 0;
    for (const bytes of lists) {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      for (let place = 0; place < bytes.length; place += size)
        numbers[index++] = size === 4 ? view.getFloat32(place, true) : view.getFloat64(place, true);
    }
    return numbers;
  }

  #lists(number: number): Uint8Array[] {
    return (this.#fields.get(number) ?? []).map((field) => {
      if (typeof field === "bigint") throw malformed(this.what, `a number in field ${number}`);
      return field;
    });
  }
}

function varint(reader: BinaryReader): bigint {
  return BigInt(reader.int64());
}

function body(reader: BinaryReader, type: WireType, number: number): Uint8Array {
  if (type === WireType.LengthDelimited) return reader.bytes();
  return reader.skip(type, number);
}

function toNumber(what: string, value: bigint): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw malformed(what, `the number ${value}`);
  return number;
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
