// What a model's file keeps of the table it was trained on, and how much of it is believed when it is read: nothing.
import { quote } from "./cells.js";
import type { PreparedTable, Preprocessing } from "./prepare.js";
import { type InputEncoding, inputWidth } from "./inputs.js";
import type { TargetEncoding } from "./target.js";
import { checkName, checkNumber, describe } from "../core/checks.js";
import { RelumineError, errorIn } from "../core/errors.js";
import { checkMembers, type JsonObject, parseStrictJson } from "../core/strict-json.js";
import type { NetworkSpec } from "../network/spec.js";

/** The name in the file's metadata. */
const METADATA_NAME = "table";
const DEPTH = 4; // table, inputs, one of them, its categories

/** The table that a model was trained on. */
export interface StoredTable extends Preprocessing {
  readonly name: string;
}

/** The metadata to store beside the network. */
export function tableMetadata({ name, preprocessing: { inputs, target } }: PreparedTable): Record<string, string> {
  return { [METADATA_NAME]: JSON.stringify({ name, inputs, target }) };
}

function checkText(what: string, value: unknown): string {
  if (typeof value !== "string") throw new RelumineError("format", what, "to be a text", describe(value));
  return value;
}

function checkDifferent(what: string, words: readonly string[]): void {
  const seen = new Set<string>();
  for (const word of words) {
    if (seen.has(word)) throw new RelumineError("format", what, "to have different words", `${quote(word)} twice`);
    seen.add(word);
  }
}

function checkWords(what: string, value: unknown, least: number): string[] {
  if (!Array.isArray(value) || value.length < least)
    throw new RelumineError("format", what, `to be at least ${least} words`, describe(value));
  const words = value.map((word, place) => checkText(`${what}[${place}]`, word));
  checkDifferent(what, words);
  return words;
}

function checkScaling(what: string, { mean, scale }: JsonObject): { mean: number; scale: number } {
  return {
    mean: checkNumber(`${what}.mean`, mean),
    scale: checkNumber(`${what}.scale`, scale, { low: 0, openLow: true }),
  };
}

function kindOf<T extends string>(what: string, value: unknown, kinds: readonly T[]): T {
  const kind =
    typeof value === "object" && value !== null && Object.hasOwn(value, "kind")
      ? (value as JsonObject).kind
      : undefined;
  return checkName(`${what}.kind`, kind, kinds);
}

function checkInput(value: unknown, place: number): InputEncoding {
  const what = `inputs[${place}]`;
  const kind = kindOf(what, value, ["number", "category"]);
  if (kind === "category") {
    const { column, categories } = checkMembers(what, value, ["kind", "column", "categories"]);
    return {
      kind,
      column: checkText(`${what}.column`, column),
      categories: checkWords(`${what}.categories`, categories, 1),
    };
  }
  const members = checkMembers(what, value, ["kind", "column", "median", "mean", "scale"]);
  return {
    kind,
    column: checkText(`${what}.column`, members.column),
    median: checkNumber(`${what}.median`, members.median),
    ...checkScaling(what, members),
  };
}

function checkTarget(value: unknown): TargetEncoding {
  const kind = kindOf("target", value, ["classes", "number"]);
  if (kind === "classes") {
    const { column, classes } = checkMembers("target", value, ["kind", "column", "classes"]);
    return { kind, column: checkText("target.column", column), classes: checkWords("target.classes", classes, 2) };
  }
  const members = checkMembers("target", value, ["kind", "column", "mean", "scale"]);
  return { kind, column: checkText("target.column", members.column), ...checkScaling("target", members) };
}

function checkFit({ inputs, target }: StoredTable, spec: NetworkSpec): void {
  const width = inputWidth(inputs);
  if (width !== spec.inputs)
    throw new RelumineError("format", "inputs", `to make the network's ${spec.inputs} inputs`, `columns for ${width}`);
  const outputs = target.kind === "classes" ? target.classes.length : 1;
  const units = spec.layers.at(-1)!.units;
  if (outputs !== units)
    throw new RelumineError("format", "target", `to have the network's ${units} outputs`, `${outputs}`);
  const isClassifier = spec.loss === "crossEntropy";
  if (isClassifier !== (target.kind === "classes") || spec.loss === "binaryCrossEntropy") {
    throw new RelumineError("format", "target.kind", `to go with the loss ${spec.loss}`, describe(target.kind));
  }
}

function checkStored(text: string, spec: NetworkSpec): StoredTable {
  const { name, inputs, target } = checkMembers("the record", parseStrictJson("the record", text, DEPTH), [
    "name",
    "inputs",
    "target",
  ]);
  if (!Array.isArray(inputs) || inputs.length === 0)
    throw new RelumineError("format", "inputs", "to be a list of columns", describe(inputs));
  const table = { name: checkText("name", name), inputs: inputs.map(checkInput), target: checkTarget(target) };
  checkDifferent("inputs and target", [...table.inputs.map(({ column }) => column), table.target.column]);
  checkFit(table, spec);
  return table;
}

/**
 * What tableMetadata stored, every field of it checked, against the network too.
 * @throws RelumineError "format"
 */
export function readStoredTable(metadata: Readonly<Record<string, string>>, spec: NetworkSpec): StoredTable {
  if (!Object.hasOwn(metadata, METADATA_NAME)) {
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
