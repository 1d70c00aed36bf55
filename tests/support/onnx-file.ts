// Files of ONNX for tests, node by node: what a file may hold that no exporter here writes. Field numbers are those of
// onnx.proto.
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";

type Fill = (writer: BinaryWriter) => void;

function message(writer: BinaryWriter, field: number, fill: Fill): void {
  writer.tag(field, WireType.LengthDelimited).fork();
  fill(writer);
  writer.join();
}

const text = (writer: BinaryWriter, field: number, value: string): BinaryWriter =>
  writer.tag(field, WireType.LengthDelimited).string(value);
const integer = (writer: BinaryWriter, field: number, value: number): BinaryWriter =>
  writer.tag(field, WireType.Varint).int64(value);

/** TensorProto's data types. */
export const FLOAT = 1;
export const INT64 = 7;
export const BOOL = 9;
export const HALF = 10;
export const DOUBLE = 11;

export interface OnnxTensor {
  readonly shape: readonly number[];
  /** Whole numbers where the type is INT64. */
  readonly data: ArrayLike<number>;
  readonly type?: number;
}

function bytesOf({ data, type = FLOAT }: OnnxTensor): Uint8Array {
  if (type === BOOL) return Uint8Array.from(data);
  if (type === INT64) return new Uint8Array(BigInt64Array.from(Array.from(data, BigInt)).buffer);
  return new Uint8Array((type === DOUBLE ? Float64Array.from(data) : Float32Array.from(data)).buffer);
}

const tensor =
  (name: string, given: OnnxTensor): Fill =>
  (writer) => {
    for (const size of given.shape) integer(writer, 1, size);
    integer(writer, 2, given.type ?? FLOAT);
    text(writer, 8, name);
    writer.tag(9, WireType.LengthDelimited).bytes(bytesOf(given));
  };

/** An attribute: a whole number, a list of them, text, or { float }. */
export type OnnxAttribute =
  number | readonly number[] | string | { readonly float: number } | { readonly floats: readonly number[] };

const attribute =
  (name: string, value: OnnxAttribute): Fill =>
  (writer) => {
    text(writer, 1, name);
    if (typeof value === "number") integer(integer(writer, 3, value), 20, 2);
    else if (typeof value === "string") integer(text(writer, 4, value), 20, 3);
    else if (Array.isArray(value)) {
      for (const each of value as readonly number[]) integer(writer, 8, each);
      integer(writer, 20, 7);
    } else if ("float" in value) integer(writer.tag(2, WireType.Bit32).float(value.float), 20, 1);
    else if ("floats" in value) {
      for (const each of value.floats) writer.tag(7, WireType.Bit32).float(each);
      integer(writer, 20, 6);
    }
  };

export interface OnnxOptions {
  readonly opset?: number;
  /** Of the input x; a name for a size that is open. Default ["rows", as many as `inputs`]. */
  readonly shape?: readonly (number | string)[];
  /** Of the input. */
  readonly type?: number;
  readonly outputs?: readonly string[];
}

/** A graph of one input x, which grows by a node at a time; values have names. */
export class OnnxFile {
  readonly #nodes: Fill[] = [];
  readonly #tensors: Fill[] = [];
  #count = 0;

  constructor(readonly inputs: number) {}

  /** An initializer's name. */
  constant(given: OnnxTensor | number): string {
    const name = `constant_${this.#count++}`;
    this.#tensors.push(tensor(name, typeof given === "number" ? { shape: [], data: [given] } : given));
    return name;
  }

  vector(data: ArrayLike<number>): string {
    return this.constant({ shape: [data.length], data });
  }

  /** The name of the node's first output. */
  node(
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, OnnxAttribute>> = {},
    { domain = "", more = [] }: { readonly domain?: string; readonly more?: readonly string[] } = {},
  ): string {
    const output = `${op}_${this.#count++}`;
    this.#nodes.push((writer) => {
      for (const input of inputs) text(writer, 1, input);
      for (const name of [output, ...more]) text(writer, 2, name);
      text(writer, 3, output);
      text(writer, 4, op);
      for (const [name, value] of Object.entries(attributes)) message(writer, 5, attribute(name, value));
      if (domain !== "") text(writer, 7, domain);
    });
    return output;
  }

  /** The file, with these values as outputs. */
  bytes(
    outputs: readonly string[],
    { opset = 20, shape = ["rows", this.inputs], type = FLOAT }: OnnxOptions = {},
  ): Uint8Array {
    const value =
      (name: string, sizes?: readonly (number | string)[]): Fill =>
      (writer) => {
        text(writer, 1, name);
        message(writer, 2, (each) =>
          message(each, 1, (array) => {
            integer(array, 1, sizes ? type : FLOAT);
            if (sizes)
              message(array, 2, (dims) => {
                for (const size of sizes)
                  message(dims, 1, (dim) => (typeof size === "number" ? integer(dim, 1, size) : text(dim, 2, size)));
              });
          }),
        );
      };
    const writer = new BinaryWriter();
    integer(writer, 1, 9);
    message(writer, 7, (graph) => {
      for (const node of this.#nodes) message(graph, 1, node);
      text(graph, 2, "graph");
      for (const each of this.#tensors) message(graph, 5, each);
      message(graph, 11, value("x", shape));
      for (const output of outputs) message(graph, 12, value(output));
    });
    message(writer, 8, (each) => integer(text(each, 1, ""), 2, opset));
    message(writer, 8, (each) => integer(text(each, 1, "ai.onnx.ml"), 2, 3));
    return writer.finish();
  }
}
