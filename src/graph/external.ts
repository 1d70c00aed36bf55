// A model's bytes with all its weights in them. A runtime that is given bytes would look for external data by itself,
// in whatever folder it runs: it gets none, and what names files where they cannot be put in is refused.
import { RelumineError } from "../core/errors.js";
import { Message } from "../models/read/onnx/protobuf.js";
import { externalBytes } from "../models/read/onnx/model.js";
import {
  ATTRIBUTE,
  GRAPH,
  GraphBytes,
  MODEL,
  NODE,
  record,
  type Span,
  spansOf,
  SPARSE,
  TENSOR,
  withFields,
} from "./wire.js";

const EXTERNAL = 1;
/** Graphs within graphs. */
const DEEPEST = 24;
const FUNCTION_NODE = 7;

function isExternal(bytes: Uint8Array): boolean {
  const { location, external } = TENSOR;
  const spans = spansOf(bytes);
  return (
    spans.some(({ number }) => number === external) ||
    spans.some(({ number, from }) => number === location && bytes[from] === EXTERNAL)
  );
}

function refuseHidden(tensor: Uint8Array): void {
  if (isExternal(tensor))
    throw new RelumineError(
      "unsupported",
      "the model's external data",
      "to be that of the graph's initializers",
      "some of a node's or an inner graph's own",
    );
}

type Visit = (content: Uint8Array, depth: number) => void;

/** By field, what is within a message. */
function walk(content: Uint8Array, depth: number, fields: Readonly<Record<number, Visit>>): void {
  if (depth > DEEPEST)
    throw new RelumineError("format", "the ONNX file", `to have at most ${DEEPEST} graphs within graphs`, "more");
  for (const { number, from, to } of spansOf(content)) fields[number]?.(content.subarray(from, to), depth);
}

const visitSparse: Visit = (content, depth) =>
  walk(content, depth, { [SPARSE.values]: refuseHidden, [SPARSE.indices]: refuseHidden });
const visitAttribute: Visit = (content, depth) =>
  walk(content, depth, {
    [ATTRIBUTE.tensor]: refuseHidden,
    [ATTRIBUTE.tensors]: refuseHidden,
    [ATTRIBUTE.graph]: visitInnerGraph,
    [ATTRIBUTE.graphs]: visitInnerGraph,
    [SPARSE.attribute]: visitSparse,
    [SPARSE.attributes]: visitSparse,
  });
const visitNode: Visit = (content, depth) => walk(content, depth, { [NODE.attribute]: visitAttribute });
function visitInnerGraph(content: Uint8Array, depth: number): void {
  walk(content, depth + 1, {
    [GRAPH.node]: visitNode,
    [GRAPH.initializer]: refuseHidden,
    [SPARSE.initializer]: visitSparse,
  });
}
const visitFunction: Visit = (content, depth) => walk(content, depth, { [FUNCTION_NODE]: visitNode });

/** A tensor that holds its own numbers. */
function withNumbers(bytes: Uint8Array, files: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const message = new Message("the model's tensor", bytes);
  const raw = record(TENSOR.raw, externalBytes(message, "the model's tensor", files));
  const gone = spansOf(bytes)
    .filter(({ number }) => number === TENSOR.external || number === TENSOR.location || number === TENSOR.raw)
    .map((span): [Span, Uint8Array] => [span, new Uint8Array(0)]);
  return withFields(bytes, { from: 0, to: bytes.length }, gone, [raw]);
}

/**
 * @param files what the model names, and the caller gave
 * @throws RelumineError "format", "unsupported", or "memory" where all is more than a file of ONNX can hold
 */
export function selfContained(bytes: Uint8Array, files: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const graph = new GraphBytes(bytes);
  walk(bytes, 0, { [MODEL.functions]: visitFunction });
  for (const { from, to } of graph.all(GRAPH.node)) visitNode(bytes.subarray(from, to), 0);
  const replacements = graph.all(GRAPH.initializer).flatMap((span): [Span, Uint8Array][] => {
    const tensor = bytes.subarray(span.from, span.to);
    return isExternal(tensor) ? [[span, record(GRAPH.initializer, withNumbers(tensor, files))]] : [];
  });
  return replacements.length === 0 ? bytes : graph.edited(replacements, []);
}
