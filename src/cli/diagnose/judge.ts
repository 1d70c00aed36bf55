// Who judges what `relumine diagnose` is given: a network on rows, here; what is no network of this package, in a file
// of its own beside this one.
import type { Judged } from "./judged.js";
import { holdsActivations, judgeActivations } from "./of-activations.js";
import { judgeGraph } from "./of-graph.js";
import { graphOrChain } from "../graph/graph-model.js";
import type { GraphOptions } from "../graph/graph-options.js";
import { readModelFile } from "../models/model-file.js";
import type { OtherModelOptions } from "../models/other-subject.js";
import { subjectOf } from "../models/load-subject.js";
import type { Subject } from "../models/subject.js";
import { tryDiagnose } from "../network-for-table.js";
import type { Terminal } from "../terminal.js";
import { RelumineError } from "../../core/errors.js";

/** What `relumine diagnose` was asked. */
export interface Asked {
  readonly file: string;
  /** Rows for a model; more of the same where the file holds what layers did, or nothing. */
  readonly sources: readonly string[];
  readonly options: OtherModelOptions & GraphOptions & { readonly prove: boolean };
}

async function judgeSubject({ network, x, y, ...subject }: Subject, prove: boolean): Promise<Judged> {
  const { diagnose } = await import("../../index.js");
  const diagnosis = tryDiagnose(diagnose, network, x, { proofs: prove, ...(y !== undefined && { targets: y }) });
  return { ...subject, spec: network.spec, diagnosis };
}

/**
 * @param terminal for progress
 * @throws RelumineError about the file that it is about
 */
export async function judge({ file, sources, options }: Asked, terminal: Terminal): Promise<Judged> {
  const [source, ...more] = sources;
  if (source === undefined || (await holdsActivations(file)))
    return judgeActivations([file, ...sources], options, terminal);
  if (more.length > 0)
    throw new RelumineError("value", "data", "to be one file, as the first holds a model", `${sources.length} files`);
  const model = await readModelFile(file);
  const { graph, chain } = await graphOrChain(model, options);
  if (graph) return judgeGraph(graph, source, options, terminal);
  return judgeSubject(await subjectOf(model, source, options, chain), options.prove);
}
