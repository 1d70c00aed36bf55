// `relumine treat resnet.onnx images.npz --remedy liftBias --out treated.onnx`: the graph itself with its dead units
// lifted.
import { describeGraphModel, graphDocument, type GraphModel } from "./graph-model.js";
import { type GraphOptions, IS_GRAPH } from "./graph-options.js";
import { readGraphRows, toldRows } from "./graph-rows.js";
import { runGraph } from "./run-graph.js";
import { tellSubject } from "../diagnose/judged.js";
import { refuseOptions } from "../models/load-subject.js";
import { pathsOf } from "../models/model-file.js";
import { MODEL_OPTION_NAMES } from "../models/model-options.js";
import type { OtherModelOptions } from "../models/other-subject.js";
import { tellWritten } from "../models/tell-written.js";
import { checkTarget } from "../models/written-model.js";
import { saveFile } from "../save-file.js";
import type { Terminal } from "../terminal.js";
import { RelumineError } from "../../core/errors.js";
import { describeGraphTreatment } from "../../report/graph-treatment-text.js";
import type { RemedyKind } from "../../index.js";
import type { WrittenFormat } from "../../models.js";

export interface TreatGraphOptions extends OtherModelOptions, GraphOptions {
  readonly remedy: RemedyKind;
  readonly out: string;
  readonly format?: WrittenFormat;
  readonly json?: boolean;
}

const WITHOUT_EFFECT = [...MODEL_OPTION_NAMES, "share", "dormantBelow", "replaceBy"];
const EXPECTED = "to be liftBias, as the model is a graph that is no chain of dense layers";

async function checkOut({ model }: GraphModel, source: string, { out, format }: TreatGraphOptions): Promise<void> {
  const sources = [...pathsOf(model), source];
  const target = await checkTarget({ place: out, option: "--out", from: "onnx", sources, ...(format && { format }) });
  if (target.format !== "onnx")
    throw new RelumineError("unsupported", `--out ${out}`, "to be an ONNX file, as the graph is one", target.format);
}

/** @throws RelumineError about a file or an option */
export async function treatGraphFile(
  graph: GraphModel,
  source: string,
  options: TreatGraphOptions,
  terminal: Terminal,
): Promise<void> {
  const { model, description } = graph;
  const { remedy, out, json } = options;
  refuseOptions(options, WITHOUT_EFFECT, IS_GRAPH);
  if (remedy !== "liftBias") throw new RelumineError("value", "--remedy", EXPECTED, remedy);
  await checkOut(graph, source, options);
  const { rows, data } = await readGraphRows(source, description.inputs, options);
  const { treatGraph } = await import("../../onnx.js");
  const treatment = await runGraph(graph, options, terminal, "treating", (how) =>
    treatGraph(model.bytes, rows, remedy, how),
  );
  const { model: bytes, before, after, ...rest } = treatment;
  await saveFile(out, bytes);
  const told = toldRows(data, before);
  const saved = { format: "onnx", files: [{ file: out, bytes: bytes.length }] } as const;
  if (json)
    return terminal.document({
      model: graphDocument(graph),
      data: told,
      treatment: { remedy, ...rest },
      before,
      after,
      saved,
    });
  tellSubject(terminal, describeGraphModel(graph), told);
  terminal.tell(describeGraphTreatment(treatment));
  return tellWritten(terminal, saved);
}
