// Encodings from elsewhere are believed no more than other data: every field is checked.
import { quote } from "./cells.js";
import { checkBuckets } from "./column-choice.js";
import { CYCLES, type DateNotation } from "./reading/dates.js";
import {
  type InputEncoding,
  type NumberTarget,
  type TableEncoding,
  targetColumns,
  type TargetEncoding,
} from "./encoding.js";
import type { NumberNotation } from "./reading/number-notation.js";
import { checkBoolean, checkName, checkNumber, describe, isFloat32 } from "../core/checks.js";
import { RelumineError, errorIn } from "../core/errors.js";
import { checkMembers, checkObject, type JsonObject } from "../core/strict-json.js";

const LONGEST_UNIT = 40;
const MOST_CODES = 100;

export function checkText(what: string, value: unknown): string {
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

function checkList(what: string, value: unknown, least: number, of: string): readonly unknown[] {
  if (Array.isArray(value) && value.length >= least) return Array.from(value as ArrayLike<unknown>);
  throw new RelumineError("format", what, `to be at least ${least} ${of}`, describe(value));
}

function checkWords(what: string, value: unknown, least: number): string[] {
  const words = checkList(what, value, least, "words").map((word, place) => checkText(`${what}[${place}]`, word));
  checkDifferent(what, words);
  return words;
}

const SMALLEST_SCALE = 2 ** -1022; // below it float64 has fewer digits, and 1 / scale no end

/** Mean and scale, and the median where there is one: what takes their place is finite as float32. */
function checkScaling(what: string, members: JsonObject): { mean: number; scale: number } {
  const mean = checkNumber(`${what}.mean`, members.mean);
  const scale = checkNumber(`${what}.scale`, members.scale, { low: SMALLEST_SCALE });
  const middle = typeof members.median === "number" ? members.median : mean;
  if (isFloat32((middle - mean) / scale) && isFloat32(mean / scale)) return { mean, scale };
  throw new RelumineError("value", `${what}.scale`, "to leave (value - mean) / scale finite as float32", `${scale}`);
}

function kindOf<T extends string>(what: string, value: unknown, kinds: readonly T[]): T {
  const kind =
    typeof value === "object" && value !== null && Object.hasOwn(value, "kind")
      ? (value as JsonObject).kind
      : undefined;
  return checkName(`${what}.kind`, kind, kinds);
}

/** Members that must be there, and one of these that may be: the name of it, or undefined. */
function checkWith(what: string, value: unknown, names: readonly string[], optional: readonly string[]) {
  const more = optional.filter((name) => Object.hasOwn(checkObject(what, value), name));
  const members = checkMembers(what, value, [...names, ...more]);
  if (more.length > 1) throw new RelumineError("format", what, `to have one of ${more.join(" and ")}`, "both");
  return { members, more: more[0] };
}

function checkLiteral(what: string, members: JsonObject): { literal?: boolean } {
  return Object.hasOwn(members, "literal") ? { literal: checkBoolean(`${what}.literal`, members.literal) } : {};
}

function checkNumberNotation(what: string, value: unknown): NumberNotation {
  const members = checkMembers(what, value, ["decimal", "unit", "hasMagnitudes", "codes", "allowsOthers"]);
  const unit = checkText(`${what}.unit`, members.unit);
  if (unit.length > LONGEST_UNIT)
    throw new RelumineError("format", `${what}.unit`, `to have at most ${LONGEST_UNIT} characters`, `${unit.length}`);
  const codes = checkList(`${what}.codes`, members.codes, 0, "numbers");
  if (codes.length > MOST_CODES)
    throw new RelumineError("format", `${what}.codes`, `to be at most ${MOST_CODES} numbers`, `${codes.length}`);
  return {
    decimal: checkName(`${what}.decimal`, members.decimal, [".", ","]),
    unit,
    hasMagnitudes: checkBoolean(`${what}.hasMagnitudes`, members.hasMagnitudes),
    codes: codes.map((code, place) => checkNumber(`${what}.codes[${place}]`, code)),
    allowsOthers: checkBoolean(`${what}.allowsOthers`, members.allowsOthers),
  };
}

function checkDateNotation(what: string, value: unknown): DateNotation {
  const { form, order, allowsOthers } = checkMembers(what, value, ["form", "order", "allowsOthers"]);
  return {
    form: checkName(`${what}.form`, form, ["date", "time"]),
    order: checkName(`${what}.order`, order, ["day first", "month first"]),
    allowsOthers: checkBoolean(`${what}.allowsOthers`, allowsOthers),
  };
}

function checkInput(value: unknown, place: number): InputEncoding {
  const what = `inputs[${place}]`;
  const kind = kindOf(what, value, ["number", "category", "date", "hash"]);
  if (kind === "category") {
    const { members } = checkWith(what, value, ["kind", "column", "categories"], ["literal"]);
    return {
      kind,
      column: checkText(`${what}.column`, members.column),
      categories: checkWords(`${what}.categories`, members.categories, 1),
      ...checkLiteral(what, members),
    };
  }
  if (kind === "hash") {
    const { column, buckets } = checkMembers(what, value, ["kind", "column", "buckets"]);
    return { kind, column: checkText(`${what}.column`, column), buckets: checkBuckets(`${what}.buckets`, buckets) };
  }
  const names = ["kind", "column", "median", "mean", "scale"];
  if (kind === "date") {
    const members = checkMembers(what, value, [...names, "notation", "cycles"]);
    const cycles = checkWords(`${what}.cycles`, members.cycles, 0);
    return {
      kind,
      column: checkText(`${what}.column`, members.column),
      notation: checkDateNotation(`${what}.notation`, members.notation),
      cycles: cycles.map((cycle, c) => checkName(`${what}.cycles[${c}]`, cycle, CYCLES)),
      median: checkNumber(`${what}.median`, members.median),
      ...checkScaling(what, members),
    };
  }
  const { members, more } = checkWith(what, value, names, ["notation"]);
  return {
    kind,
    column: checkText(`${what}.column`, members.column),
    median: checkNumber(`${what}.median`, members.median),
    ...checkScaling(what, members),
    ...(more && { notation: checkNumberNotation(`${what}.notation`, members.notation) }),
  };
}

function checkTarget(value: unknown): TargetEncoding {
  const kind = kindOf("target", value, ["classes", "number", "numbers"]);
  if (kind === "numbers") {
    const { column, outputs } = checkMembers("target", value, ["kind", "column", "outputs"]);
    return {
      kind,
      column: checkText("target.column", column),
      outputs: checkList("target.outputs", outputs, 2, "means and scales").map((output, place) => {
        const what = `target.outputs[${place}]`;
        return checkScaling(what, checkMembers(what, output, ["mean", "scale"]));
      }),
    };
  }
  if (kind === "classes") {
    const { members } = checkWith("target", value, ["kind", "column", "classes"], ["literal"]);
    return {
      kind,
      column: checkText("target.column", members.column),
      classes: checkWords("target.classes", members.classes, 2),
      ...checkLiteral("target", members),
    };
  }
  const { members, more } = checkWith("target", value, ["kind", "column", "mean", "scale"], ["notation", "date"]);
  const target: NumberTarget = {
    kind,
    column: checkText("target.column", members.column),
    ...checkScaling("target", members),
  };
  if (more === undefined) return target;
  return more === "date"
    ? { ...target, date: checkDateNotation("target.date", members.date) }
    : { ...target, notation: checkNumberNotation("target.notation", members.notation) };
}

/** The members of a table's encoding, each checked. */
export function checkEncodingMembers({ inputs, target }: JsonObject): TableEncoding {
  if (!Array.isArray(inputs) || inputs.length === 0)
    throw new RelumineError("format", "inputs", "to be a list of columns", describe(inputs));
  const encoding = { inputs: inputs.map(checkInput), target: checkTarget(target) };
  checkDifferent("inputs and target", [
    ...encoding.inputs.map(({ column }) => column),
    ...targetColumns(encoding.target),
  ]);
  return encoding;
}

/**
 * An encoding from elsewhere, such as JSON, with every field checked; a copy.
 * @param value what JSON.parse gave, or anything else
 * @cost what it holds is gone through once
 * @throws RelumineError "format" or "value", whose path begins with "encoding"
 * @example checkEncoding(JSON.parse(text))
 */
export function checkEncoding(value: unknown): TableEncoding {
  try {
    return checkEncodingMembers(checkMembers("", value, ["inputs", "target"]));
  } catch (error) {
    if (error instanceof RelumineError) throw errorIn("encoding", error);
    throw error;
  }
}
