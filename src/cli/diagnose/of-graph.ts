// `relumine diagnose resnet.onnx images.npz`: an ONNX graph that is no chain of dense layers, run by ONNX Runtime.
import type { Judged } from "./judged.js";
import { about } from "../files.js";
import { describeGraphModel, graphDocument, type GraphModel } from "../graph/graph-model.js";
import { type GraphOptions, inCommandLine, inGraph, IS_GRAPH } from "../graph/graph-options.js";
import { readGraphRows } from "../graph/graph-rows.js";
import { refuseOptions } from "../models/load-subject.js";
import type { OtherModelOptions } from "../models/other-subject.js";
import type { Terminal } from "../terminal.js";

/** What is said of chains alone. */
const WITHOUT_EFFECT = ["activation", "head", "order", "loss", "prove"];

/** @throws RelumineError about a file */
export async function judgeGraph(
  graph: GraphModel,
  source: string,
  options: OtherModelOptions & GraphOptions & { readonly prove: boolean },
  terminal: Terminal,
): Promise<Judged> {
  const { prove, ...others } = options;
  refuseOptions({ ...others, ...(prove && { prove }) }, WITHOUT_EFFECT, IS_GRAPH);
  const { model, ort, description } = graph;
  const { rows, data } = await readGraphRows(source, description.inputs, options);
  const { diagnoseGraph } = await import("../../onnx.js");
  terminal.startProgress();
  const run = (signal: AbortSignal) =>
    diagnoseGraph(model.bytes, rows, {
      ort,
      files: model.beside,
      ...inGraph(options),
      signal,
      onProgress: (done) => terminal.progress({ label: "running", done: 100 * done, total: 100, unit: "%" }),
    });
  const diagnosis = await about(model.file, () => inCommandLine(run));
  terminal.endProgress();
  return {
    text: describeGraphModel(graph),
    document: graphDocument(graph),
    data: { ...data, rows: diagnosis.samples, notes: [...data.notes, ...diagnosis.notes] },
    diagnosis,
  };
}
