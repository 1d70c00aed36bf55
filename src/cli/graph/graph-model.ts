// Whether an ONNX file is a graph that is no chain of dense layers, and what is said of it.
import { about } from "../files.js";
import type { ModelFile } from "../models/model-file.js";
import { refuseOptions } from "../models/load-subject.js";
import { type ModelOptions, readAnyModel } from "../models/model-options.js";
import { RelumineError } from "../../core/errors.js";
import { countOf } from "../../text/numbers.js";
import { onOneLine } from "../../text/printable.js";
import type { ReadModel } from "../../models.js";
import type { GraphDescription, OnnxRuntime } from "../../onnx.js";
import { type GraphOptions, OF_GRAPHS } from "./graph-options.js";
import { loadRuntime } from "./runtime.js";

/** An ONNX graph, with what is to run it. */
export interface GraphModel {
  readonly model: ModelFile;
  readonly ort: OnnxRuntime;
  readonly description: GraphDescription;
}

/** What a file holds; neither where it is of another format than ONNX. */
export interface GraphOrChain {
  readonly graph?: GraphModel;
  /** Of an ONNX file, which had to be read to tell. */
  readonly chain?: ReadModel;
}

/** Or why it is no chain. */
async function readChain(model: ModelFile, options: ModelOptions): Promise<ReadModel | RelumineError> {
  try {
    return await readAnyModel(model, options);
  } catch (error) {
    if (error instanceof RelumineError && error.code === "unsupported") return error;
    throw error;
  }
}

/**
 * The graph in a file, where it is one that is no chain.
 * @throws RelumineError about the file; "unsupported" where ONNX Runtime is not there
 */
export async function graphOrChain(model: ModelFile, options: ModelOptions & GraphOptions): Promise<GraphOrChain> {
  const chain = model.format === "onnx" ? await readChain(model, options) : undefined;
  if (!(chain instanceof RelumineError)) {
    refuseOptions(options, OF_GRAPHS, `${model.file} is no graph that ONNX Runtime would run`);
    return chain ? { chain } : {};
  }
  const ort = await loadRuntime(chain);
  const { describeGraph } = await import("../../onnx.js");
  const { bytes, beside, file } = model;
  return { graph: { model, ort, description: await about(file, () => describeGraph(bytes, { files: beside })) } };
}

/** In a line: `resnet.onnx: an ONNX graph of pytorch 1.13.1, opset 13, 122 nodes`. */
export function describeGraphModel({ model: { file }, description: { writer, opset, nodes } }: GraphModel): string {
  const by = writer === "" ? "" : ` of ${writer}`;
  return onOneLine(`${file}: an ONNX graph${by}, opset ${opset}, ${countOf(nodes, "node")}`);
}

/** As --json prints it. */
export function graphDocument({ model: { file }, description: { writer, opset } }: GraphModel): object {
  return { file, format: "onnx", writer, opset, graph: true };
}
