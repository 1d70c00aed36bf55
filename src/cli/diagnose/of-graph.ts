// `relumine diagnose resnet.onnx images.npz`: an ONNX graph that is no chain of dense layers, run by ONNX Runtime.
import type { Judged } from "./judged.js";
import { describeGraphModel, graphDocument, type GraphModel } from "../graph/graph-model.js";
import { type GraphOptions, IS_GRAPH } from "../graph/graph-options.js";
import { readGraphRows, toldRows } from "../graph/graph-rows.js";
import { runGraph } from "../graph/run-graph.js";
import { refuseOptions } from "../models/load-subject.js";
import { MODEL_OPTION_NAMES } from "../models/model-options.js";
import type { OtherModelOptions } from "../models/other-subject.js";
import type { Terminal } from "../terminal.js";

/** What is said of chains alone. */
const WITHOUT_EFFECT = [...MODEL_OPTION_NAMES, "prove"];

/** @throws RelumineError about a file */
export async function judgeGraph(
  graph: GraphModel,
  source: string,
  options: OtherModelOptions & GraphOptions & { readonly prove: boolean },
  terminal: Terminal,
): Promise<Judged> {
  const { prove, ...others } = options;
  refuseOptions({ ...others, ...(prove && { prove }) }, WITHOUT_EFFECT, IS_GRAPH);
  const { model, description } = graph;
  const { rows, data } = await readGraphRows(source, description.inputs, options);
  const { diagnoseGraph } = await import("../../onnx.js");
  const diagnosis = await runGraph(graph, options, terminal, "running", (how) => diagnoseGraph(model.bytes, rows, how));
  return {
    text: describeGraphModel(graph),
    document: graphDocument(graph),
    data: toldRows(data, diagnosis),
    diagnosis,
  };
}
