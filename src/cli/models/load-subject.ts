// Whatever model a command is given, with its rows: a network that `relumine train` saved knows its table's columns,
// any other comes with rows for it.
import type { ModelFile } from "./model-file.js";
import { MODEL_OPTION_NAMES, readAnyModel } from "./model-options.js";
import { otherSubject, type OtherModelOptions } from "./other-subject.js";
import { storedSubject } from "./stored-subject.js";
import type { Subject } from "./subject.js";
import { describe } from "../../core/checks.js";
import { RelumineError } from "../../core/errors.js";
import { flagOf } from "../options.js";
import { toModel } from "../stored-model.js";
import type { ReadModel } from "../../models.js";
import { holdsTable } from "../../table/stored-table.js";

/** What a file of this package says besides its network. */
export async function metadataOf({ format, bytes }: ModelFile): Promise<Record<string, string> | undefined> {
  return format === "relumine" ? (await import("../../index.js")).readMetadata(bytes) : undefined;
}

/** What such a network's file says itself. */
const KNOWN = [...MODEL_OPTION_NAMES, "ignore", "columns", "like", "scaling", "divisor"];

const isSaid = (value: unknown): boolean =>
  value !== undefined && (typeof value !== "object" || Object.keys(value as object).length > 0);

/**
 * @param why they would be without effect
 * @throws RelumineError "value" for one of these options that was given
 */
export function refuseOptions(options: object, names: readonly string[], why: string): void {
  const given = Object.entries(options).find(([name, value]) => names.includes(name) && isSaid(value));
  if (given) throw new RelumineError("value", flagOf(given[0]), `to be left out, as ${why}`, describe(given[1]));
}

/**
 * @param read the model, where it was read before
 * @throws RelumineError about the file that it is about
 */
export async function subjectOf(
  model: ModelFile,
  source: string,
  options: OtherModelOptions,
  read?: ReadModel,
): Promise<Subject> {
  const metadata = await metadataOf(model);
  if (metadata && holdsTable(metadata)) {
    refuseOptions(options, KNOWN, `${model.file} knows its table's columns`);
    return storedSubject(await toModel(model.file, model.bytes), source, options);
  }
  const subject = await otherSubject(model, source, options, read ?? (await readAnyModel(model, options)));
  return metadata ? { ...subject, besides: { metadata } } : subject;
}
