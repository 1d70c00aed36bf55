// An ONNX graph as a graph: who makes a value, who takes it, which values are constants.
import { RelumineError } from "../core/errors.js";
import { describe } from "../core/checks.js";
import { evaluateConstants, readConstant } from "../models/read/onnx/constants.js";
import { type Node, type OnnxModel, readOnnxModel, type Tensor } from "../models/read/onnx/model.js";
import { Message } from "../models/read/onnx/protobuf.js";
import { selfContained } from "./external.js";
import { type InnerGraphs, innerGraphsOf } from "./inner-graphs.js";
import { GRAPH, MODEL } from "./wire.js";

/** An axis of an input: its size, or its name where that is open. */
export interface GraphAxis {
  /** How many numbers lie along it. */
  readonly size?: number;
  /** What the file calls it. */
  readonly name?: string;
}

/** An input of a graph. */
export interface GraphInput {
  /** What the file calls it. */
  readonly name: string;
  /** As in TensorProto; 0 where it is no tensor. */
  readonly type: number;
  /** The first counts the rows; undefined where the file does not say. */
  readonly axes: readonly GraphAxis[] | undefined;
}

/** Constants are made of constants no deeper than this. */
const DEEPEST = 16;
/** Numbers that may go into what is made of constants: weights that are transposed or dequantized, in all. */
const MOST_EVALUATED = 2 ** 24;

function readInput(message: Message): GraphInput {
  const tensor = message.message(2, "an input's type")?.message(1, "an input's type");
  const sizes = tensor?.message(2, "an input's shape")?.messages(1, "an input's shape");
  const axes = sizes?.map((axis): GraphAxis => {
    const [size, name] = [axis.integer(1), axis.text(2)];
    if (size !== undefined && size > 0) return { size };
    return name === "" ? {} : { name };
  });
  return { name: message.text(1), type: tensor?.integer(1) ?? 0, axes };
}

export class Graph {
  /** The file's, with all its weights. */
  readonly bytes: Uint8Array;
  readonly model: OnnxModel;
  /** Those that are no weights. */
  readonly inputs: readonly GraphInput[];
  /** Of some values, as they were seen on a run of a row or two. */
  shapes: ReadonlyMap<string, readonly number[]> = new Map();
  readonly #producers = new Map<string, Node>();
  readonly #consumers = new Map<string, Node[]>();
  readonly #inner = new Map<Node, InnerGraphs>();

  /**
   * @param files with external data, by the names that the model gives them
   * @throws RelumineError "format" for bytes that are no ONNX file, or whose values are made twice; as `selfContained`
   */
  constructor(given: Uint8Array, files: ReadonlyMap<string, Uint8Array>) {
    const bytes = selfContained(given, files);
    const model = readOnnxModel(bytes, new Map());
    this.bytes = bytes;
    this.model = model;
    const graph = new Message("the ONNX file", bytes).message(MODEL.graph, "the model's graph")!;
    this.inputs = graph
      .messages(GRAPH.input, "the model's input")
      .map(readInput)
      .filter(({ name }) => !model.isInitializer(name));
    for (const node of model.nodes) this.#add(node);
  }

  #add(node: Node): void {
    for (const name of node.outputs) {
      if (name === "") continue;
      if (this.#producers.has(name))
        throw new RelumineError("format", "the model's values", "to be made once", `${describe(name)} twice`);
      this.#producers.set(name, node);
    }
    const inner = innerGraphsOf(node);
    if (inner) this.#inner.set(node, inner);
    for (const name of new Set([...node.inputs, ...(inner?.captured ?? [])])) {
      const list = this.#consumers.get(name);
      if (list) list.push(node);
      else this.#consumers.set(name, [node]);
    }
  }

  /** The node that makes a value; undefined for an input or an initializer. */
  producer(name: string): Node | undefined {
    return this.#producers.get(name);
  }

  /** The nodes that take a value, as an input or within a graph of their own. */
  consumers(name: string): readonly Node[] {
    return this.#consumers.get(name) ?? [];
  }

  /** Whether a node has graphs of its own. */
  hasInner(node: Node): boolean {
    return this.#inner.has(node);
  }

  isOutput(name: string): boolean {
    return this.model.outputs.includes(name);
  }

  /** What nodes of these operators take first, and what they make of it. */
  valuesAt(operators: ReadonlySet<string>): string[] {
    const names = this.model.nodes.flatMap(({ op, inputs: [taken], outputs: [made] }) =>
      operators.has(op) ? [taken, made] : [],
    );
    return [...new Set(names)].filter((name) => name && !this.isConstant(name));
  }

  /** Every name that stands for a value, here or in a graph within. */
  names(): Set<string> {
    const names = new Set([
      ...this.inputs.map(({ name }) => name),
      ...this.#producers.keys(),
      ...this.#consumers.keys(),
    ]);
    for (const output of this.model.outputs) names.add(output);
    for (const inner of this.#inner.values()) for (const name of inner.names) names.add(name);
    return names;
  }

  readonly #made = new Map<string, Tensor | undefined>();
  /** Numbers that went into constants so far. */
  #evaluated = 0;

  /** The value of a constant: an initializer, a Constant, or what is made of such; undefined for any other value. */
  constant(name: string, depth = DEEPEST): Tensor | undefined {
    if (this.model.isInitializer(name)) return numbersOnly(this.model.initializer(name));
    const node = this.producer(name);
    if (node === undefined || depth === 0) return undefined;
    if (node.op === "Constant") return numbersOnly(readConstant(node));
    if (node.inputs.length === 0 || !this.isConstant(name)) return undefined;
    if (!this.#made.has(name)) this.#made.set(name, this.#make(node, depth - 1));
    return this.#made.get(name);
  }

  #make(node: Node, depth: number): Tensor | undefined {
    const inputs = node.inputs.map((each) => (each === "" ? undefined : this.constant(each, depth)));
    this.#evaluated += inputs.reduce((sum, tensor) => sum + (tensor?.data.length ?? 0), 1);
    return this.#evaluated > MOST_EVALUATED ? undefined : evaluateConstants(node, inputs);
  }

  readonly #isConstant = new Map<string, boolean>();

  /** Whether a value hangs on no input. */
  isConstant(name: string, depth = DEEPEST): boolean {
    const known = this.#isConstant.get(name);
    if (known !== undefined) return known;
    if (this.model.isInitializer(name)) return true;
    const node = this.producer(name);
    if (node === undefined || depth === 0 || this.hasInner(node)) return false;
    const inputs = node.inputs.filter(Boolean);
    const hasInputs = inputs.length > 0 || node.op === "Constant";
    const result = hasInputs && inputs.every((each) => this.isConstant(each, depth - 1));
    this.#isConstant.set(name, result);
    return result;
  }
}

function numbersOnly(tensor: Tensor | "texts" | undefined): Tensor | undefined {
  return tensor === "texts" ? undefined : tensor;
}
