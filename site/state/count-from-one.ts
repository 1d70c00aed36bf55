// The package's findings count layers, units, columns and classes from 0, as its arrays do; the page counts layers and
// units from 1, and knows the names of columns and classes.
import type { Finding, FindingKind } from "../../src/index.js";

/** What the numbers at the end of a sentence are. */
export type Listed = "units" | "columns" | "classes";

export interface Names {
  readonly features: readonly string[];
  readonly classes: readonly string[];
}

const more = (digits: string) => String(Number(digits.replaceAll(",", "")) + 1);

function nameIn(names: readonly string[], digits: string): string {
  const name = names[Number(digits.replaceAll(",", ""))];
  if (name === undefined) return more(digits);
  return /^\d+$/.test(name) ? name : `"${name}"`;
}

/**
 * "Layers 0 to 2" becomes "Layers 1 to 3", "unit 3" "unit 4", "column 2" the column's name, "class 0" the class's.
 * @param listed what the list of numbers at the end is of, if there is one
 */
export function countFromOne(text: string, { features, classes }: Names, listed?: Listed): string {
  const nameOf: Record<Listed, (digits: string) => string> = {
    units: more,
    columns: (digits) => nameIn(features, digits),
    classes: (digits) => nameIn(classes, digits),
  };
  const counted = text
    .replace(
      /\b(layers?|units?) (\d+)((?: to |\.\.)(\d+))?/gi,
      (_all, what: string, first: string, range: string | undefined, last: string | undefined) =>
        `${what} ${more(first)}${range ? range.replace(last!, more(last!)) : ""}`,
    )
    .replace(/\(row \d+: /g, "(") // the page's rows are shuffled
    .replace(/\bcolumn (\d+)/g, (_all, digits: string) => `column ${nameOf.columns(digits)}`)
    .replace(/\b(class) (\d+)/gi, (_all, what: string, digits: string) => `${what} ${nameOf.classes(digits)}`);
  if (!listed) return counted;
  return counted.replace(
    /: (\d+(?:, \d+)*)( \.\.\. \(and [\d,]+ more\))?\.$/,
    (_all, list: string, rest = "") => `: ${list.replace(/\d+/g, nameOf[listed])}${rest}.`,
  );
}

/** Findings that end with a list. */
const LISTED: Readonly<Partial<Record<FindingKind, Listed>>> = {
  constantInputs: "columns",
  duplicateInputs: "columns",
  classNeverPredicted: "classes",
  zeroOutgoingWeights: "units",
  deadOutputUnits: "units",
  silentTogether: "units",
  constantTogether: "units",
};

/** What was found, and what to do. */
export function findingText({ kind, message, advice }: Finding, names: Names): string {
  return `${countFromOne(message, names, LISTED[kind])} ${countFromOne(advice, names)}`;
}
