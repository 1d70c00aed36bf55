// What an ONNX file holds, before anything is run.
import { checkOptions } from "../core/checks.js";
import type { ModelFiles } from "../models/files.js";
import { toFileMap } from "../models/files.js";
import { checkModel } from "./check-model.js";
import { Graph, type GraphInput } from "./graph.js";

/** What `describeGraph` says. */
export interface GraphDescription {
  /** The program that wrote it, as far as the file says, or "". */
  readonly writer: string;
  /** The version of ONNX's operators. */
  readonly opset: number;
  /** How many nodes it has. */
  readonly nodes: number;
  /** Those that are no weights: rows have to be given for each. */
  readonly inputs: readonly GraphInput[];
  /** Their names. */
  readonly outputs: readonly string[];
}

/**
 * What an ONNX file asks for and gives.
 * @param model its bytes
 * @param options files: those with external data, by the names that the model gives them
 * @cost the file is read through once, its weights are not
 * @throws RelumineError "format", "unsupported" or "memory"
 * @example
 * for (const { name, axes } of describeGraph(bytes).inputs) console.log(name, axes);
 */
export function describeGraph(model: Uint8Array, options?: { readonly files?: ModelFiles }): GraphDescription {
  const { files } = checkOptions("describeGraph", options, ["files"]);
  const { model: read, inputs } = new Graph(checkModel(model), toFileMap(files));
  return { writer: read.writer, opset: read.opset, nodes: read.nodes.length, inputs, outputs: read.outputs };
}
