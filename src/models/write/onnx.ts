// A network as an ONNX file of opset 13, which every reader takes, or of 17 where it has layer normalization, which is
// an operator from there on: Gemm, the normalization, an activation and dropout for each layer, GELU and SiLU in
// pieces, and what passes a residual layer by added. Field numbers are those of onnx.proto.
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import type { ImportedLayer } from "../chain/layers.js";
import type { Head } from "../chain/head.js";
import type { GraphEnds } from "../read/said.js";

/** Opset, and the version of the format that came with it. */
const OLDEST = { opset: 13, format: 7 };
const WITH_LAYER_NORMALIZATION = { opset: 17, format: 8 };
const FLOAT = 1;
const [ATTRIBUTE_FLOAT, ATTRIBUTE_INTEGER] = [1, 2];

type Fill = (writer: BinaryWriter) => void;

/** A message within another. */
const message = (writer: BinaryWriter, field: number, fill: Fill): void => {
  writer.tag(field, WireType.LengthDelimited).fork();
  fill(writer);
  writer.join();
};
const text = (writer: BinaryWriter, field: number, value: string): BinaryWriter =>
  writer.tag(field, WireType.LengthDelimited).string(value);
const integer = (writer: BinaryWriter, field: number, value: number): BinaryWriter =>
  writer.tag(field, WireType.Varint).int64(value);

/** What is called how in the file. */
type Naming = (name: string) => string;

function tensor(name: string, shape: readonly number[], data: Float32Array, nameOf: Naming): Fill {
  return (writer) => {
    for (const size of shape) integer(writer, 1, size);
    integer(writer, 2, FLOAT);
    text(writer, 8, nameOf(name));
    // little-endian, as all that run WebAssembly
    writer.tag(9, WireType.LengthDelimited).bytes(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  };
}

interface Attributes {
  readonly floats?: Readonly<Record<string, number>>;
  readonly integers?: Readonly<Record<string, number>>;
}

/** The nodes and tensors of a graph as they are added, a value named after another. */
class Graph {
  readonly nodes: ((nameOf: Naming) => Fill)[] = [];
  readonly tensors: ((nameOf: Naming) => Fill)[] = [];
  #count = 0;

  constant(name: string, shape: readonly number[], data: Float32Array): string {
    this.tensors.push((nameOf) => tensor(name, shape, data, nameOf));
    return name;
  }

  number(value: number): string {
    return this.constant(`number_${this.#count++}`, [], Float32Array.of(value));
  }

  node(op: string, inputs: readonly string[], { floats = {}, integers = {} }: Attributes = {}): string {
    const output = `${op.toLowerCase()}_${this.#count++}`;
    this.nodes.push((nameOf) => (writer) => {
      for (const input of inputs) text(writer, 1, nameOf(input));
      text(writer, 2, nameOf(output));
      text(writer, 3, output);
      text(writer, 4, op);
      for (const [name, value] of Object.entries(floats))
        message(writer, 5, (each) => {
          text(each, 1, name).tag(2, WireType.Bit32).float(value);
          integer(each, 20, ATTRIBUTE_FLOAT);
        });
      for (const [name, value] of Object.entries(integers))
        message(writer, 5, (each) => integer(integer(text(each, 1, name), 3, value), 20, ATTRIBUTE_INTEGER));
    });
    return output;
  }
}

const PLAIN: Readonly<Record<string, string>> = {
  relu: "Relu",
  selu: "Selu",
  softplus: "Softplus",
  sigmoid: "Sigmoid",
  tanh: "Tanh",
};

function activate(
  graph: Graph,
  z: string,
  { activation: { name, alpha }, alpha: slopes, units }: ImportedLayer,
  layer: number,
): string {
  const plain = PLAIN[name];
  if (plain !== undefined) return graph.node(plain, [z]);
  switch (name) {
    case "leakyRelu":
      return graph.node("LeakyRelu", [z], { floats: { alpha: alpha! } });
    case "elu":
      return graph.node("Elu", [z], { floats: { alpha: alpha! } });
    case "prelu":
      return graph.node("PRelu", [z, graph.constant(`layers.${layer}.alpha`, [units], slopes!)]);
    case "silu":
      return graph.node("Mul", [z, graph.node("Sigmoid", [z])]);
    case "hardSwish": {
      const gate = graph.node("HardSigmoid", [z], { floats: { alpha: 1 / 6, beta: 0.5 } });
      return graph.node("Mul", [z, gate]);
    }
    case "gelu": {
      const erf = graph.node("Erf", [graph.node("Div", [z, graph.number(Math.SQRT2)])]);
      const product = graph.node("Mul", [z, graph.node("Add", [erf, graph.number(1)])]);
      return graph.node("Mul", [product, graph.number(0.5)]);
    }
    case "softmax":
      return graph.node("Softmax", [z], { integers: { axis: 1 } });
    default:
      return z;
  }
}

/** What goes into the activation: as the network has it outside of training. */
function normalize(graph: Graph, z: string, layer: ImportedLayer, index: number): string {
  const { normalization, units } = layer;
  if (normalization === undefined) return z;
  const isBatch = normalization.kind === "batch";
  const names = isBatch ? (["gamma", "beta", "runningMean", "runningVariance"] as const) : (["gamma", "beta"] as const);
  const numbers = names.map((name) => graph.constant(`layers.${index}.${name}`, [units], layer[name]!));
  const floats = { epsilon: normalization.epsilon };
  if (isBatch) {
    const momentum = 1 - normalization.momentum!; // there the share that stays
    return graph.node("BatchNormalization", [z, ...numbers], { floats: { ...floats, momentum } });
  }
  return graph.node("LayerNormalization", [z, ...numbers], { floats, integers: { axis: -1 } });
}

function applyHead(graph: Graph, value: string, head: Head): string {
  if (head === "none") return value;
  if (head === "sigmoid") return graph.node("Sigmoid", [value]);
  return graph.node(head === "softmax" ? "Softmax" : "LogSoftmax", [value], { integers: { axis: 1 } });
}

/** name: float[rows, size]. */
const value =
  (name: string, size: number): Fill =>
  (writer) => {
    text(writer, 1, name);
    message(writer, 2, (type) =>
      message(type, 1, (array) => {
        integer(array, 1, FLOAT);
        message(array, 2, (shape) => {
          message(shape, 1, (rows) => text(rows, 2, "rows"));
          message(shape, 1, (columns) => integer(columns, 1, size));
        });
      }),
    );
  };

/** The ends by the names that they are to have; what lies between them gives way where it has one of these. */
function namingOf(first: string, last: string, { input, output }: GraphEnds): Naming {
  return (name) => {
    if (name === first) return input;
    if (name === last) return output;
    let free = name;
    while (free === input || free === output) free = `inner_${free}`;
    return free;
  };
}

/** The file's bytes. */
export function writeOnnx(layers: readonly ImportedLayer[], head: Head, ends: GraphEnds): Uint8Array {
  const graph = new Graph();
  const first = "";
  let last = first;
  layers.forEach((layer, index) => {
    const kernel = graph.constant(`layers.${index}.kernel`, [layer.inputs, layer.units], layer.kernel);
    const bias = layer.useBias === false ? [] : [graph.constant(`layers.${index}.bias`, [layer.units], layer.bias)];
    const n = normalize(graph, graph.node("Gemm", [last, kernel, ...bias]), layer, index);
    const active = activate(graph, n, layer, index);
    // outside of training it does nothing
    const h = layer.dropout === undefined ? active : graph.node("Dropout", [active, graph.number(layer.dropout)]);
    last = layer.residual ? graph.node("Add", [h, last]) : h;
  });
  const nameOf = namingOf(first, applyHead(graph, last, head), ends);
  const writer = new BinaryWriter();
  const hasLayerNorm = layers.some(({ normalization }) => normalization?.kind === "layer");
  const { opset, format } = hasLayerNorm ? WITH_LAYER_NORMALIZATION : OLDEST;
  integer(writer, 1, format);
  text(writer, 2, "relumine");
  message(writer, 7, (each) => {
    for (const node of graph.nodes) message(each, 1, node(nameOf));
    text(each, 2, "network");
    for (const constant of graph.tensors) message(each, 5, constant(nameOf));
    message(each, 11, value(ends.input, layers[0].inputs));
    message(each, 12, value(ends.output, layers.at(-1)!.units));
  });
  message(writer, 8, (each) => integer(text(each, 1, ""), 2, opset));
  return writer.finish();
}
