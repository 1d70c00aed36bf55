// An ONNX file: model, graph, nodes and tensors, as far as a chain of dense layers needs them. Field numbers are those
// of onnx.proto (github.com/onnx/onnx, "onnx/onnx.proto").
import { describe } from "../../../core/checks.js";
import { halfToNumber } from "../../../core/rows/compact.js";
import { RelumineError } from "../../../core/errors.js";
import { namedFile } from "../../files.js";
import { bfloatToNumber, countOf, decodeNumbers, isFloat, type NumberType } from "../../../arrays/numbers.js";
import { Message } from "./protobuf.js";

/** An array of numbers; in a shape NaN stands for the rows of the batch. */
export interface Tensor {
  readonly shape: readonly number[];
  readonly data: Float64Array;
  readonly isFloat: boolean;
}

export interface Attribute {
  integer(): number;
  float(): number;
  text(): string;
  integers(): number[];
  floats(): Float64Array;
  tensor(): Tensor | "texts";
  graph(): Graph;
  /** All graphs in it, unread. */
  graphs(): Message[];
}

/** Nodes in their order, and what they name: the model's own, or a branch's of a node. */
export interface Graph {
  readonly nodes: readonly Node[];
  readonly outputs: readonly string[];
  readonly initializers: readonly string[];
  /** Decodes an initializer, anew each time; undefined where there is none of the name. */
  initializer(name: string): Tensor | "texts" | undefined;
  isInitializer(name: string): boolean;
}

export interface Node {
  readonly name: string;
  /** With the domain before it, unless that is ONNX's own: "Gemm", "ai.onnx.ml.Scaler". */
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, Attribute>;
}

export function integerOf({ attributes }: Node, name: string, otherwise: number): number {
  return attributes.get(name)?.integer() ?? otherwise;
}

export function floatOf({ attributes }: Node, name: string, otherwise: number): number {
  return attributes.get(name)?.float() ?? otherwise;
}

export interface GraphInput {
  readonly name: string;
  /** As in TensorProto; 0 where it is no tensor. */
  readonly type: number;
  /** undefined for a size that is a name; the whole where the file does not say. */
  readonly shape: readonly (number | undefined)[] | undefined;
}

export interface OnnxModel extends Graph {
  readonly writer: string;
  readonly opset: number;
  /** Of local functions, with their domains. */
  readonly functions: ReadonlySet<string>;
  readonly inputs: readonly GraphInput[];
}

/** Branches within branches are read up to here. */
export const MOST_BRANCHES = 16;

const TYPES: ReadonlyMap<number, NumberType> = new Map([
  [1, "f32"],
  [2, "u8"],
  [3, "i8"],
  [4, "u16"],
  [5, "i16"],
  [6, "i32"],
  [7, "i64"],
  [9, "bool"],
  [10, "f16"],
  [11, "f64"],
  [12, "u32"],
  [13, "u64"],
  [16, "bf16"],
]);
const TEXT = 8;
const EXTERNAL = 1;

export function typeName(type: number): string {
  const found = TYPES.get(type);
  if (found === undefined) return type === TEXT ? "string" : `the data type ${type}`;
  return found.replace(/^([iu])(\d+)$/, (_, sign: string, bits: string) => `${sign === "u" ? "u" : ""}int${bits}`);
}

export function isFloatType(type: number): boolean {
  const found = TYPES.get(type);
  return found !== undefined && isFloat(found);
}

/** A float of two bytes. */
export function isHalf(type: number): boolean {
  const found = TYPES.get(type);
  return found === "f16" || found === "bf16";
}

/** The digits of a type's numbers, the first of them included, and the exponent of the least normal one. */
const DIGITS: Readonly<Partial<Record<NumberType, readonly [digits: number, least: number]>>> = {
  f16: [11, -14],
  bf16: [8, -126],
};

/** As a type of floats holds a number: to the nearest, of two the even one. */
export function roundTo(type: number, value: number): number {
  const name = TYPES.get(type);
  const known = name && DIGITS[name];
  if (known === undefined) return name === "f32" ? Math.fround(value) : value;
  if (value === 0 || !Number.isFinite(value)) return value;
  const [digits, least] = known;
  const unit = 2 ** (Math.max(Math.floor(Math.log2(Math.abs(value))), least) - digits + 1);
  const count = value / unit;
  const near = Math.round(count); // of two the one above
  const rounded = unit * (near - count === 0.5 && near % 2 !== 0 ? near - 1 : near);
  return name === "f16" && Math.abs(rounded) > 65_504 ? Math.sign(rounded) * Infinity : rounded;
}

/** A list in a field of its own type, for those without raw_data. */
function fieldNumbers(message: Message, type: NumberType): ArrayLike<number> {
  if (type === "f32") return message.fixed(4, 4);
  if (type === "f64") return message.fixed(10, 8);
  if (type === "i64") return message.integers(7);
  if (type === "u32" || type === "u64") return message.integers(11);
  const integers = message.integers(5);
  if (type === "f16") return integers.map(halfToNumber);
  return type === "bf16" ? integers.map(bfloatToNumber) : integers;
}

const DATA_FIELDS = [4, 5, 7, 9, 10, 11];

const isExternal = (message: Message): boolean => (message.integer(14) ?? 0) === EXTERNAL;

/** Where the numbers of a tensor with external data lie: location, offset, length. */
function placeOf(message: Message, what: string): Map<string, string> {
  return new Map(message.messages(13, what).map((entry) => [entry.text(1), entry.text(2)]));
}

export function externalBytes(message: Message, what: string, files: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const said = placeOf(message, what);
  const file = namedFile(files, `${what}'s external location`, said.get("location") ?? "");
  const offset = Number(said.get("offset") ?? 0);
  const length = Number(said.get("length") ?? file.length - offset);
  const isWithin =
    [offset, length].every((size) => Number.isSafeInteger(size) && size >= 0) && offset + length <= file.length;
  if (!isWithin)
    throw new RelumineError(
      "format",
      `${what}'s external data`,
      `to lie within ${file.length} bytes`,
      `${length} from ${offset}`,
    );
  return file.subarray(offset, offset + length);
}

function readTensor(message: Message, files: ReadonlyMap<string, Uint8Array>): Tensor | "texts" {
  const what = `the model's tensor ${describe(message.text(8))}`;
  const code = message.integer(2) ?? 0;
  if (code === TEXT) return "texts";
  const type = TYPES.get(code);
  if (type === undefined)
    throw new RelumineError("unsupported", what, "to be of a known type of numbers", `the data type ${code}`);
  const shape = message.integers(1);
  const count = countOf(what, shape);
  const held = DATA_FIELDS.filter((field) => message.has(field));
  if (held.length > (isExternal(message) ? 0 : 1))
    throw new RelumineError("format", what, "to hold its numbers once", "two lists of them");
  const raw = isExternal(message) ? externalBytes(message, what, files) : message.bytes(9);
  if (raw !== undefined) return { shape, data: decodeNumbers(what, type, raw, count), isFloat: isFloat(type) };
  const data = Float64Array.from(fieldNumbers(message, type));
  if (data.length !== count)
    throw new RelumineError("format", what, `to hold ${count} numbers, by its shape`, `${data.length}`);
  return { shape, data, isFloat: isFloat(type) };
}

function readAttribute(message: Message, files: ReadonlyMap<string, Uint8Array>): Attribute {
  const missing = () =>
    new RelumineError("format", `the model's attribute ${describe(message.text(1))}`, "to have a value", "none");
  return {
    integer: () => message.integer(3) ?? 0,
    float: () => message.float(2) ?? 0,
    text: () => message.text(4),
    integers: () => message.integers(8),
    floats: () => message.fixed(7, 4),
    tensor() {
      const tensor = message.message(5, "the model's tensor");
      if (tensor === undefined) throw missing();
      return readTensor(tensor, files);
    },
    graph() {
      const graph = message.message(6, "the model's branch");
      if (graph === undefined) throw missing();
      return readGraph(graph, files);
    },
    graphs: () => [6, 11].flatMap((field) => message.messages(field, "the model's branch")),
  };
}

const OWN_DOMAINS = ["", "ai.onnx"];

/** An operator's name, with its domain unless that is ONNX's own. */
function operatorName(domain: string, type: string): string {
  return OWN_DOMAINS.includes(domain) ? type : `${domain}.${type}`;
}

function readNode(message: Message, files: ReadonlyMap<string, Uint8Array>): Node {
  return {
    name: message.text(3),
    op: operatorName(message.text(7), message.text(4)),
    inputs: message.texts(1),
    outputs: message.texts(2),
    attributes: new Map(
      message.messages(5, "the model's attribute").map((each) => [each.text(1), readAttribute(each, files)]),
    ),
  };
}

function readInput(message: Message): GraphInput {
  const tensor = message.message(2, "an input's type")?.message(1, "an input's type");
  const shape = tensor?.message(2, "an input's shape");
  const sizes = shape?.messages(1, "an input's shape").map((size) => size.integer(1));
  // exporters write 0 or less for a size that is open
  const known = sizes?.map((size) => (size !== undefined && size > 0 ? size : undefined));
  return { name: message.text(1), type: tensor?.integer(1) ?? 0, shape: known };
}

function opsetOf(model: Message): number {
  const own = model.messages(8, "the model's opset").filter((entry) => OWN_DOMAINS.includes(entry.text(1)));
  const versions = [...new Set(own.map((entry) => entry.integer(2) ?? 0))];
  if (versions.length === 1) return versions[0];
  throw new RelumineError(
    "format",
    "the model's opset",
    "to be one",
    versions.length === 0 ? "none" : versions.join(", "),
  );
}

function graphOf(model: Message): Message {
  const graph = model.message(7, "the model's graph");
  if (graph === undefined) throw new RelumineError("format", "the ONNX file", "to hold a graph", "none");
  return graph;
}

/** The tensors of a graph and of its nodes, branches included. */
function tensorsOf(graph: Message, depth = 0): Message[] {
  const attributes = graph.messages(1, "the model's node").flatMap((node) => node.messages(5, "the model's attribute"));
  const constants = attributes.flatMap((attribute) => attribute.message(5, "the model's tensor") ?? []);
  const branches =
    depth < MOST_BRANCHES ? attributes.flatMap((attribute) => attribute.message(6, "the model's branch") ?? []) : [];
  const below = branches.flatMap((branch) => tensorsOf(branch, depth + 1));
  return [...graph.messages(5, "the model's tensor"), ...constants, ...below];
}

/**
 * The files that the tensors of an ONNX file say their numbers lie in.
 * @throws RelumineError "format" for bytes that are none
 */
export function externalNames(bytes: Uint8Array): string[] {
  return tensorsOf(graphOf(new Message("the ONNX file", bytes)))
    .filter(isExternal)
    .map((tensor) => placeOf(tensor, "the model's tensor").get("location") ?? "");
}

function readGraph(graph: Message, files: ReadonlyMap<string, Uint8Array>): Graph {
  const initializers = new Map<string, Message>();
  for (const each of graph.messages(5, "the model's tensor")) {
    const name = each.text(8);
    if (initializers.has(name))
      throw new RelumineError(
        "format",
        "the model's initializers",
        "to have different names",
        `${describe(name)} twice`,
      );
    initializers.set(name, each);
  }
  if (graph.has(15)) throw new RelumineError("unsupported", "the model's initializers", "to be dense", "sparse ones");
  return {
    nodes: graph.messages(1, "the model's node").map((each) => readNode(each, files)),
    outputs: graph.messages(12, "the model's output").map((each) => each.text(1)),
    initializers: [...initializers.keys()],
    isInitializer: (name) => initializers.has(name),
    initializer(name) {
      const message = initializers.get(name);
      return message && readTensor(message, files);
    },
  };
}

/**
 * What an ONNX file says.
 * @throws RelumineError "format" for bytes that are none
 */
export function readOnnxModel(bytes: Uint8Array, files: ReadonlyMap<string, Uint8Array>): OnnxModel {
  const model = new Message("the ONNX file", bytes);
  const graph = graphOf(model);
  return {
    ...readGraph(graph, files),
    writer: [model.text(2), model.text(3)].filter(Boolean).join(" "),
    opset: opsetOf(model),
    functions: new Set(model.messages(25, "a local function").map((each) => operatorName(each.text(10), each.text(1)))),
    inputs: graph.messages(11, "the model's input").map(readInput),
  };
}
