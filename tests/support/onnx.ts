// ONNX files made by hand: nodes, weights of any type, also external ones. Field numbers are those of onnx.proto.
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";

export interface NodeSpec {
  readonly op: string;
  readonly inputs: readonly string[];
  /** One, by default named as `name`. */
  readonly outputs?: readonly string[];
  readonly name?: string;
  readonly ints?: Readonly<Record<string, number | readonly number[]>>;
  readonly floats?: Readonly<Record<string, number>>;
  readonly graphs?: Readonly<Record<string, Uint8Array>>;
  readonly tensors?: Readonly<Record<string, TensorSpec>>;
}

export interface TensorSpec {
  readonly shape: readonly number[];
  readonly data?: readonly number[];
  /** As in TensorProto: 1 float, 7 int64, 10 half, 11 double. Default 1. */
  readonly type?: number;
  /** Bytes in place of data. */
  readonly raw?: Uint8Array;
  readonly external?: Readonly<Record<string, string | number>>;
}

export interface ModelSpec {
  readonly nodes: readonly NodeSpec[];
  readonly tensors?: Readonly<Record<string, TensorSpec>>;
  readonly inputs: Readonly<Record<string, { readonly type?: number; readonly axes?: readonly (number | string)[] }>>;
  readonly outputs: readonly string[];
  readonly opset?: number;
}

type Fill = (writer: BinaryWriter) => unknown;

const bytesOf = (fill: Fill): Uint8Array => {
  const writer = new BinaryWriter();
  fill(writer);
  return writer.finish();
};
const bytes = (writer: BinaryWriter, field: number, content: Uint8Array) =>
  writer.tag(field, WireType.LengthDelimited).bytes(content);
const message = (writer: BinaryWriter, field: number, fill: Fill) => bytes(writer, field, bytesOf(fill));
const text = (writer: BinaryWriter, field: number, value: string) =>
  writer.tag(field, WireType.LengthDelimited).string(value);
const integer = (writer: BinaryWriter, field: number, value: number) => writer.tag(field, WireType.Varint).int64(value);

function rawBytes({ data = [], type = 1, raw }: TensorSpec): Uint8Array {
  if (raw) return raw;
  if (type === 7) return new Uint8Array(BigInt64Array.from(data, BigInt).buffer);
  return new Uint8Array((type === 11 ? Float64Array.from(data) : Float32Array.from(data)).buffer);
}

const tensor =
  (name: string, spec: TensorSpec): Fill =>
  (writer) => {
    for (const size of spec.shape) integer(writer, 1, size);
    integer(writer, 2, spec.type ?? 1);
    text(writer, 8, name);
    if (!spec.external) return bytes(writer, 9, rawBytes(spec));
    for (const [key, value] of Object.entries(spec.external))
      message(writer, 13, (entry) => text(text(entry, 1, key), 2, `${value}`));
    return integer(writer, 14, 1);
  };

const node =
  ({ op, inputs, name = "", outputs = [name], ints = {}, floats = {}, graphs = {}, tensors = {} }: NodeSpec): Fill =>
  (writer) => {
    for (const input of inputs) text(writer, 1, input);
    for (const output of outputs) text(writer, 2, output);
    text(text(writer, 3, name), 4, op);
    for (const [key, value] of Object.entries(ints))
      message(writer, 5, (each) => {
        text(each, 1, key);
        if (typeof value === "number") integer(integer(each, 3, value), 20, 2);
        else {
          for (const one of value) integer(each, 8, one);
          integer(each, 20, 7);
        }
      });
    for (const [key, value] of Object.entries(floats))
      message(writer, 5, (each) => integer(text(each, 1, key).tag(2, WireType.Bit32).float(value), 20, 1));
    for (const [key, value] of Object.entries(tensors))
      message(writer, 5, (each) => {
        message(text(each, 1, key), 5, tensor(key, value));
        integer(each, 20, 4);
      });
    for (const [key, value] of Object.entries(graphs))
      message(writer, 5, (each) => integer(bytes(text(each, 1, key), 6, value), 20, 5));
  };

const value =
  (name: string, { type = 1, axes }: { readonly type?: number; readonly axes?: readonly (number | string)[] }): Fill =>
  (writer) => {
    text(writer, 1, name);
    if (axes)
      message(writer, 2, (of) =>
        message(of, 1, (array) => {
          integer(array, 1, type);
          message(array, 2, (shape) => {
            for (const axis of axes)
              message(shape, 1, (each) => (typeof axis === "number" ? integer(each, 1, axis) : text(each, 2, axis)));
          });
        }),
      );
  };

/** A graph's own bytes, as those of a branch of an If. */
export function onnxGraph({ nodes, tensors = {}, inputs, outputs }: ModelSpec): Uint8Array {
  return bytesOf((writer) => {
    for (const each of nodes) message(writer, 1, node(each));
    text(writer, 2, "graph");
    for (const [name, spec] of Object.entries(tensors)) message(writer, 5, tensor(name, spec));
    for (const [name, spec] of Object.entries(inputs)) message(writer, 11, value(name, spec));
    for (const name of outputs) message(writer, 12, value(name, {}));
  });
}

export function onnxModel(spec: ModelSpec): Uint8Array {
  return bytesOf((writer) => {
    integer(writer, 1, 8);
    bytes(writer, 7, onnxGraph(spec));
    message(writer, 8, (opset) => integer(text(opset, 1, ""), 2, spec.opset ?? 13));
  });
}
