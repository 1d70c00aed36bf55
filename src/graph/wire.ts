// The bytes of an ONNX file with some fields of its graph replaced or added, and all others as they are: what this
// package does not know of a model stays in it. Field numbers are those of onnx.proto.
import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { concatBytes } from "../core/bytes.js";
import { RelumineError } from "../core/errors.js";

/** A field of a message: where it starts with its tag, where its content lies. */
export interface Span {
  readonly number: number;
  readonly start: number;
  readonly from: number;
  readonly to: number;
}

/** Field numbers of ModelProto, GraphProto, NodeProto, AttributeProto and TensorProto. */
export const MODEL = { graph: 7, functions: 25 } as const;
export const GRAPH = { node: 1, initializer: 5, input: 11, output: 12 } as const;
export const NODE = { input: 1, output: 2, name: 3, op: 4, attribute: 5 } as const;
export const ATTRIBUTE = { name: 1, tensor: 5, graph: 6, tensors: 10, graphs: 11, type: 20 } as const;
export const TENSOR = { dims: 1, type: 2, name: 8, raw: 9, external: 13, location: 14 } as const;
/** Sparse tensors: of GraphProto and AttributeProto, and their parts. */
export const SPARSE = { initializer: 15, attribute: 22, attributes: 23, values: 1, indices: 2 } as const;

/** The fields of a message within bytes, in order. */
export function spansOf(bytes: Uint8Array, from = 0, to = bytes.length): Span[] {
  const reader = new BinaryReader(bytes.subarray(from, to));
  const spans: Span[] = [];
  try {
    while (reader.pos < reader.len) {
      const start = from + reader.pos;
      const [number, type] = reader.tag();
      const body = type === WireType.LengthDelimited ? reader.bytes() : reader.skip(type, number);
      const end = from + reader.pos;
      spans.push({ number, start, from: end - body.length, to: end });
    }
  } catch (error) {
    const given = `bytes that are none (${(error as Error).message.slice(0, 80)})`;
    throw new RelumineError("format", "the ONNX file", "to be a message of protocol buffers", given);
  }
  return spans;
}

/** A field whose content has a length: a message, a text, bytes. */
export function record(number: number, content: Uint8Array | string): Uint8Array {
  const writer = new BinaryWriter().tag(number, WireType.LengthDelimited);
  return (typeof content === "string" ? writer.string(content) : writer.bytes(content)).finish();
}

/** A field of one integer. */
export function integerField(number: number, value: number): Uint8Array {
  return new BinaryWriter().tag(number, WireType.Varint).int64(value).finish();
}

/** Bytes with some spans of theirs replaced. */
function replaced(
  bytes: Uint8Array,
  from: number,
  to: number,
  replacements: readonly (readonly [Span, Uint8Array])[],
): Uint8Array[] {
  const parts: Uint8Array[] = [];
  let at = from;
  for (const [span, replacement] of [...replacements].sort(([a], [b]) => a.start - b.start)) {
    parts.push(bytes.subarray(at, span.start), replacement);
    at = span.to;
  }
  return [...parts, bytes.subarray(at, to)];
}

/** A message, by its content, with some of its fields replaced. */
export function withFields(
  bytes: Uint8Array,
  { from, to }: Pick<Span, "from" | "to">,
  replacements: readonly (readonly [Span, Uint8Array])[],
  added: readonly Uint8Array[] = [],
): Uint8Array {
  return concatBytes([...replaced(bytes, from, to, replacements), ...added]);
}

/** Above this a message of protocol buffers has no length. */
const MOST_BYTES = 2 ** 31 - 1;

/** An ONNX file whose graph can be edited. */
export class GraphBytes {
  readonly #graph: Span;
  /** Of the graph, at their places in the file. */
  readonly fields: readonly Span[];

  constructor(readonly bytes: Uint8Array) {
    const graphs = spansOf(bytes).filter(({ number }) => number === MODEL.graph);
    if (graphs.length !== 1)
      throw new RelumineError("format", "the ONNX file", "to hold one graph", `${graphs.length}`);
    this.#graph = graphs[0];
    this.fields = spansOf(bytes, graphs[0].from, graphs[0].to);
  }

  /** The nodes' or tensors' fields, in order. */
  all(number: number): Span[] {
    return this.fields.filter((field) => field.number === number);
  }

  /** The file anew. */
  edited(replacements: readonly (readonly [Span, Uint8Array])[], added: readonly Uint8Array[]): Uint8Array {
    const { bytes } = this;
    const { start, from, to } = this.#graph;
    const parts = [...replaced(bytes, from, to, replacements), ...added];
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    if (length + bytes.length - (to - from) > MOST_BYTES - 16)
      throw new RelumineError("memory", "the model", "to have less than 2 GB with its weights", `${length} bytes`);
    const header = new BinaryWriter().tag(MODEL.graph, WireType.LengthDelimited).uint32(length).finish();
    return concatBytes([bytes.subarray(0, start), header, ...parts, bytes.subarray(to)]);
  }
}

/** A value that becomes an output; runtimes infer its type. */
export function outputField(name: string): Uint8Array {
  return record(GRAPH.output, record(1, name));
}

/** A node without attributes. */
export function nodeField(op: string, inputs: readonly string[], output: string): Uint8Array {
  const fields = [...inputs.map((name) => record(NODE.input, name)), record(NODE.output, output), record(NODE.op, op)];
  return record(GRAPH.node, concatBytes(fields));
}
