// Constants of a graph changed: an initializer or a Constant that one node alone takes is changed in its place; of any
// other the node gets a copy of its own, made by a Constant right before it. All other bytes stay.
import { concatBytes } from "../core/bytes.js";
import { RelumineError } from "../core/errors.js";
import { describe } from "../core/checks.js";
import { halfToNumber, numberToHalf } from "../core/rows/compact.js";
import type { Node, Tensor } from "../models/read/onnx/model.js";
import { Message } from "../models/read/onnx/protobuf.js";
import type { Graph } from "./graph.js";
import {
  ATTRIBUTE,
  GRAPH,
  GraphBytes,
  integerField,
  NODE,
  record,
  type Span,
  spansOf,
  TENSOR,
  withFields,
} from "./wire.js";

const [FLOAT, HALF, DOUBLE] = [1, 10, 11];
const TENSOR_ATTRIBUTE = 4;
/** These hand on the type of what they take. */
const SAME_TYPE = ["Identity", "Transpose", "Reshape", "Squeeze", "Unsqueeze"];

/** The nearest number of a type, or the one beside it where that would be on the wrong side. */
interface Rounding {
  readonly bytes: number;
  readonly write: (view: DataView, at: number, value: number) => void;
  readonly round: (value: number) => number;
}

const ROUNDINGS: ReadonlyMap<number, Rounding> = new Map<number, Rounding>([
  [FLOAT, { bytes: 4, write: (view, at, value) => view.setFloat32(at, value, true), round: Math.fround }],
  [
    HALF,
    {
      bytes: 2,
      write: (view, at, value) => view.setUint16(at, numberToHalf(value), true),
      round: (value) => halfToNumber(numberToHalf(value)),
    },
  ],
  [DOUBLE, { bytes: 8, write: (view, at, value) => view.setFloat64(at, value, true), round: (value) => value }],
]);

interface Edit {
  readonly node: Node;
  readonly input: number;
  readonly type: number;
  readonly tensor: Tensor;
}

export class ConstantEdits {
  readonly #bytes: GraphBytes;
  readonly #spans: ReadonlyMap<Node, Span>;
  readonly #edits = new Map<Node, Map<number, Edit>>();

  constructor(readonly graph: Graph) {
    this.#bytes = new GraphBytes(graph.bytes);
    const spans = this.#bytes.all(GRAPH.node);
    this.#spans = new Map(graph.model.nodes.map((node, index) => [node, spans[index]]));
  }

  /** Whether an input of a node is a constant that can be changed, or can be added. */
  canEdit(node: Node, input: number): boolean {
    const name = node.inputs[input];
    const like = name || node.inputs[1]; // a bias is of its weights' type
    return ROUNDINGS.has(this.#typeOf(like)) && (!name || this.graph.constant(name) !== undefined);
  }

  /** The numbers of a constant, to be written to; new ones are 0. */
  numbers(node: Node, input: number, units: number): Float64Array {
    const ofNode = this.#edits.get(node) ?? new Map<number, Edit>();
    this.#edits.set(node, ofNode);
    const known = ofNode.get(input);
    if (known) return known.tensor.data;
    const name = node.inputs[input];
    const constant = name
      ? this.graph.constant(name)
      : { shape: [units], data: new Float64Array(units), isFloat: true };
    const type = this.#typeOf(name || node.inputs[1]);
    if (!constant || !ROUNDINGS.has(type)) throw this.#refused(node);
    const tensor = { ...constant, data: constant.data.slice() };
    ofNode.set(input, { node, input, type, tensor });
    return tensor.data;
  }

  /** What a number becomes where it is kept, not below (or, with a sign of -1, not above) the number itself. */
  rounded(node: Node, input: number, value: number, sign: 1 | -1): number {
    const { round } = ROUNDINGS.get(this.#typeOf(node.inputs[input] || node.inputs[1])) ?? { round: Math.fround };
    for (let step = 0, unit = Math.max(Math.abs(value), 2 ** -100) * 2 ** -24; step < 16; step++, unit *= 2) {
      const kept = round(value + sign * (step === 0 ? 0 : unit));
      if (sign * (kept - value) >= 0) return kept;
    }
    return value;
  }

  /** Whether a number that was changed is kept in half precision. */
  hasHalves(): boolean {
    return [...this.#edits.values()].some((edits) => [...edits.values()].some(({ type }) => type === HALF));
  }

  #refused(node: Node): RelumineError {
    const what = `the constants of ${describe(node.name || node.outputs[0])}`;
    return new RelumineError("unsupported", what, "to be float, half or double numbers", "others");
  }

  /** As in TensorProto; 0 where it is not known. */
  #typeOf(name: string): number {
    const tensor = this.#tensorOf(name);
    if (tensor) return new Message("the model's tensor", tensor).integer(TENSOR.type) ?? 0;
    const node = this.graph.producer(name);
    if (node === undefined) return 0;
    return SAME_TYPE.includes(node.op) && node.inputs[0] !== name ? this.#typeOf(node.inputs[0]) : 0;
  }

  /** The tensor's own bytes, of an initializer or of a Constant. */
  #tensorOf(name: string): Uint8Array | undefined {
    const { bytes } = this.#bytes;
    const initializer = this.#initializer(name);
    if (initializer) return bytes.subarray(initializer.from, initializer.to);
    const node = this.graph.producer(name);
    if (node?.op !== "Constant") return undefined;
    const attribute = spansOf(bytes, ...this.#content(node)).find(({ number }) => number === NODE.attribute);
    const value =
      attribute && spansOf(bytes, attribute.from, attribute.to).find(({ number }) => number === ATTRIBUTE.tensor);
    return value && bytes.subarray(value.from, value.to);
  }

  readonly #initializers = new Map<string, Span>();

  #initializer(name: string): Span | undefined {
    if (this.#initializers.size === 0)
      for (const span of this.#bytes.all(GRAPH.initializer)) {
        const own = this.#bytes.bytes.subarray(span.from, span.to);
        const named = spansOf(own).find(({ number }) => number === TENSOR.name);
        this.#initializers.set(named ? new TextDecoder().decode(own.subarray(named.from, named.to)) : "", span);
      }
    return this.#initializers.get(name);
  }

  #content(node: Node): [from: number, to: number] {
    const { from, to } = this.#span(node);
    return [from, to];
  }

  #span(node: Node): Span {
    return this.#spans.get(node)!;
  }

  /** Whether a node alone takes a value, once. */
  #isItsOwn(node: Node, name: string): boolean {
    const takers = this.graph.consumers(name);
    const times = node.inputs.filter((each) => each === name).length;
    return takers.length === 1 && times === 1 && !this.graph.isOutput(name);
  }

  /** The model's bytes with all changes. */
  apply(): Uint8Array {
    const replacements: [Span, Uint8Array][] = [];
    const taken = this.graph.names();
    for (const [node, edits] of this.#edits) {
      const before: Uint8Array[] = [];
      const renamed = new Map<number, string>();
      for (const edit of edits.values()) {
        const name = node.inputs[edit.input];
        const initializer = name && this.#isItsOwn(node, name) ? this.#initializer(name) : undefined;
        if (initializer) {
          replacements.push([initializer, record(GRAPH.initializer, tensorBytes(edit, name))]);
          continue;
        }
        const own = freshName(`${name || `${node.outputs[0]}_bias`}_relumine`, taken);
        before.push(constantNode(edit, own));
        renamed.set(edit.input, own);
        const producer = name ? this.graph.producer(name) : undefined;
        if (producer?.op === "Constant" && this.#isItsOwn(node, name))
          replacements.push([this.#span(producer), new Uint8Array(0)]);
      }
      if (renamed.size > 0)
        replacements.push([this.#span(node), concatBytes([...before, this.#withInputs(node, renamed)])]);
    }
    return this.#bytes.edited(replacements, []);
  }

  /** The node's field, with some of its inputs renamed or added. */
  #withInputs(node: Node, renamed: ReadonlyMap<number, string>): Uint8Array {
    const { bytes } = this.#bytes;
    const [from, to] = this.#content(node);
    const inputs = spansOf(bytes, from, to).filter(({ number }) => number === NODE.input);
    const replaced = [...renamed].flatMap(([input, name]): [Span, Uint8Array][] =>
      input < inputs.length ? [[inputs[input], record(NODE.input, name)]] : [],
    );
    const added: Uint8Array[] = [];
    for (let input = inputs.length; input <= Math.max(...renamed.keys()); input++)
      added.push(record(NODE.input, renamed.get(input) ?? ""));
    return record(GRAPH.node, withFields(bytes, { from, to }, replaced, added));
  }
}

function freshName(wanted: string, taken: Set<string>): string {
  let name = wanted;
  while (taken.has(name)) name += "_";
  taken.add(name);
  return name;
}

function tensorBytes({ tensor: { shape, data }, type }: Edit, name: string): Uint8Array {
  const { bytes, write } = ROUNDINGS.get(type)!;
  const raw = new Uint8Array(data.length * bytes);
  const view = new DataView(raw.buffer);
  data.forEach((value, index) => write(view, index * bytes, value));
  return concatBytes([
    ...shape.map((size) => integerField(TENSOR.dims, size)),
    integerField(TENSOR.type, type),
    record(TENSOR.name, name),
    record(TENSOR.raw, raw),
  ]);
}

function constantNode(edit: Edit, output: string): Uint8Array {
  const attribute = concatBytes([
    record(ATTRIBUTE.name, "value"),
    record(ATTRIBUTE.tensor, tensorBytes(edit, output)),
    integerField(ATTRIBUTE.type, TENSOR_ATTRIBUTE),
  ]);
  const fields = [record(NODE.output, output), record(NODE.op, "Constant"), record(NODE.attribute, attribute)];
  return record(GRAPH.node, concatBytes(fields));
}
