// Graphs within nodes (the branches of an If, the body of a Loop or Scan): what they use of the graph around them. A
// name that an inner graph has itself, as an input, an initializer or a node's output, stands for its own value from
// there on.
import type { Node } from "../models/read/onnx/model.js";
import type { Message } from "../models/read/onnx/protobuf.js";
import { ATTRIBUTE, GRAPH, NODE, SPARSE, TENSOR } from "./wire.js";

/** Of all graphs within one node. */
export interface InnerGraphs {
  /** The names of values that they use and don't have: those of the graph around the node. */
  readonly captured: ReadonlySet<string>;
  /** Every name in them. */
  readonly names: ReadonlySet<string>;
}

const WHAT = "an inner graph";

class Search {
  readonly captured = new Set<string>();
  readonly names = new Set<string>();
  /** What is named so far, graph within graph. */
  readonly #scopes: Set<string>[] = [];

  #use(name: string): void {
    if (name === "") return;
    this.names.add(name);
    if (!this.#scopes.some((scope) => scope.has(name))) this.captured.add(name);
  }

  #define(name: string): void {
    this.names.add(name);
    this.#scopes.at(-1)!.add(name);
  }

  visit(graph: Message): void {
    this.#scopes.push(new Set());
    for (const input of graph.messages(GRAPH.input, WHAT)) this.#define(input.text(1));
    for (const tensor of graph.messages(GRAPH.initializer, WHAT)) this.#define(tensor.text(TENSOR.name));
    for (const sparse of graph.messages(SPARSE.initializer, WHAT))
      this.#define(sparse.message(SPARSE.values, WHAT)?.text(TENSOR.name) ?? "");
    for (const node of graph.messages(GRAPH.node, WHAT)) {
      for (const name of node.texts(NODE.input)) this.#use(name);
      for (const attribute of node.messages(NODE.attribute, WHAT))
        for (const field of [ATTRIBUTE.graph, ATTRIBUTE.graphs])
          for (const inner of attribute.messages(field, WHAT)) this.visit(inner);
      for (const name of node.texts(NODE.output)) this.#define(name);
    }
    for (const output of graph.messages(GRAPH.output, WHAT)) this.#use(output.text(1));
    this.#scopes.pop();
  }
}

/**
 * What the graphs within a node use; undefined where it has none.
 * @throws RelumineError "format"
 */
export function innerGraphsOf({ attributes }: Node): InnerGraphs | undefined {
  const graphs = [...attributes.values()].flatMap((attribute) => attribute.graphs());
  if (graphs.length === 0) return undefined;
  const search = new Search();
  for (const graph of graphs) search.visit(graph);
  return search;
}
