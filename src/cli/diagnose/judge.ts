// Who judges what `relumine diagnose` is given: a network on rows, here; what is no network of this package, in a file
// of its own beside this one.
import type { Judged } from "./judged.js";
import { readModelFile } from "../models/model-file.js";
import type { OtherModelOptions } from "../models/other-subject.js";
import { subjectOf } from "../models/load-subject.js";
import type { Subject } from "../models/subject.js";
import { tryDiagnose } from "../network-for-table.js";

/** What `relumine diagnose` was asked. */
export interface Asked {
  readonly file: string;
  readonly source: string;
  readonly options: OtherModelOptions & { readonly prove: boolean };
}

async function judgeSubject({ network, x, y, ...subject }: Subject, prove: boolean): Promise<Judged> {
  const { diagnose } = await import("../../index.js");
  const diagnosis = tryDiagnose(diagnose, network, x, { proofs: prove, ...(y !== undefined && { targets: y }) });
  return { ...subject, diagnosis };
}

/** @throws RelumineError about the file that it is about */
export async function judge({ file, source, options }: Asked): Promise<Judged> {
  const model = await readModelFile(file);
  return judgeSubject(await subjectOf(model, source, options), options.prove);
}
