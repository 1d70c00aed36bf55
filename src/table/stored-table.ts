// What a model's file keeps of the table it was trained on, and how much of it is believed when it is read: nothing.
import { checkEncodingMembers, checkText } from "./check-encoding.js";
import { inputWidth, isUnscaled, outputWidth, type TableEncoding, type TargetEncoding } from "./encoding.js";
import { describe } from "../core/checks.js";
import { RelumineError, errorIn } from "../core/errors.js";
import { checkMembers, parseStrictJson } from "../core/strict-json.js";
import { isClassification, type Loss, nameOf } from "../network/losses.js";
import type { NetworkSpec } from "../network/spec.js";

/** The name in the file's metadata. */
const METADATA_NAME = "table";
const DEPTH = 5; // table, inputs, one of them, its notation, its codes

/** The table that a model was trained on. */
export interface StoredTable {
  readonly name: string;
  readonly encoding: TableEncoding;
}

/** The metadata to store beside the network. */
export function tableMetadata({ name, encoding: { inputs, target } }: StoredTable): Record<string, string> {
  return { [METADATA_NAME]: JSON.stringify({ name, inputs, target }) };
}

/** Whether a network's metadata say that it was trained on a table. */
export function holdsTable(metadata: Readonly<Record<string, string>>): boolean {
  return Object.hasOwn(metadata, METADATA_NAME);
}

function checkFit({ inputs, target }: TableEncoding, spec: NetworkSpec): void {
  const width = inputWidth(inputs);
  if (width !== spec.inputs)
    throw new RelumineError("format", "inputs", `to make the network's ${spec.inputs} inputs`, `columns for ${width}`);
  const outputs = outputWidth(target);
  const units = spec.layers.at(-1)!.units;
  if (outputs !== units)
    throw new RelumineError("format", "target", `to have the network's ${units} outputs`, `${outputs}`);
  const loss = nameOf(spec.loss);
  if (!goesWith(target, loss))
    throw new RelumineError("format", "target.kind", `to go with the loss ${loss}`, describe(target.kind));
}

/** Classes are labels; a cross-entropy takes rows of shares besides, and one of two classes a single share. */
function goesWith(target: TargetEncoding, loss: Loss): boolean {
  if (target.kind === "classes") return loss === "crossEntropy";
  if (!isClassification(loss)) return true;
  return isUnscaled(target) && (target.kind === "numbers" || loss === "binaryCrossEntropy");
}

function checkStored(text: string, spec: NetworkSpec): StoredTable {
  const members = checkMembers("the record", parseStrictJson("the record", text, DEPTH), ["name", "inputs", "target"]);
  const stored = { name: checkText("name", members.name), encoding: checkEncodingMembers(members) };
  checkFit(stored.encoding, spec);
  return stored;
}

/**
 * What tableMetadata stored, every field of it checked, against the network too.
 * @throws RelumineError "format"
 */
export function readStoredTable(metadata: Readonly<Record<string, string>>, spec: NetworkSpec): StoredTable {
  if (!holdsTable(metadata)) {
    throw new RelumineError(
      "format",
      "the file",
      'to hold a record of a table\'s columns, as "relumine train --out" writes it',
      "none",
    );
  }
  try {
    return checkStored(metadata[METADATA_NAME], spec);
  } catch (error) {
    if (error instanceof RelumineError) throw errorIn("its record of the table's columns", error, "format");
    throw error;
  }
}
