// Words -> categories. Words that differ in upper and lower case or in blanks alone are one category, and so are the
// spellings of yes and no in a column that holds nothing else.
import type { WordColumn } from "./cell-values.js";
import { hasSigns, isMissing } from "./missing.js";
import { groupBy } from "../../core/group-by.js";

const TRUE = new Set(["yes", "y", "true", "t", "1", "on"]);
const FALSE = new Set(["no", "n", "false", "f", "0", "off"]);

/** The word without what spellings differ in. */
export function fold(word: string): string {
  return word.normalize("NFKC").toLowerCase().replaceAll(/\s+/g, " ").trim();
}

/** Whether a folded word says yes or no; undefined for others. */
export function senseOf(folded: string): boolean | undefined {
  if (TRUE.has(folded)) return true;
  return FALSE.has(folded) ? false : undefined;
}

/** Whether these words say yes and no, and nothing else. */
export function areBooleans(words: Iterable<string>): boolean {
  const senses = new Set<boolean | undefined>();
  for (const word of words) {
    if (word.length > 5) return false;
    senses.add(senseOf(fold(word)));
    if (senses.has(undefined)) return false;
  }
  return senses.size === 2;
}

/** Finds a word's category: as it is written, else in another spelling. */
export class CategoryFinder {
  readonly #exact: ReadonlyMap<string, number>;
  readonly #folded = new Map<string, number>();
  readonly #senses = new Map<boolean, number>();
  readonly #missing: number;
  readonly #hasSigns: boolean;

  /** @param categories "" stands for a missing value */
  constructor(categories: readonly string[]) {
    this.#exact = new Map(categories.map((category, place) => [category, place]));
    this.#missing = categories.indexOf("");
    this.#hasSigns = hasSigns(categories);
    const present = categories.filter(Boolean);
    const hasSenses = present.length === 2 && areBooleans(present);
    categories.forEach((category, place) => {
      const folded = fold(category);
      if (!this.#folded.has(folded)) this.#folded.set(folded, place);
      const sense = senseOf(folded);
      if (hasSenses && sense !== undefined) this.#senses.set(sense, place);
    });
  }

  /** Its place, or -1. */
  placeOf(word: string): number {
    const exact = this.#exact.get(word);
    if (exact !== undefined) return exact;
    if (isMissingWord(word, this.#hasSigns)) return this.#missing;
    const folded = fold(word);
    const sense = senseOf(folded);
    return this.#folded.get(folded) ?? (sense === undefined ? undefined : this.#senses.get(sense)) ?? -1;
  }
}

/** @param signs whether "+" is a word beside it: "-" is one too then */
export function isMissingWord(word: string, signs: boolean): boolean {
  return isMissing(word) && !(signs && (word === "-" || word === "–"));
}

export interface Categories {
  /** For each text its category's name; "" where it is missing, or where none of the rows has it. */
  readonly nameOf: readonly string[];
  /** Rows that have a value. */
  readonly present: number;
  /** Different categories, without the missing one. */
  readonly different: number;
  /** Spellings that were taken for one category, with its name in front: the first such, or undefined. */
  readonly merged?: readonly string[];
  readonly mergedCount: number;
}

function groupKey(folded: string, hasSenses: boolean): string {
  return hasSenses ? String(senseOf(folded)) : folded;
}

/** The categories of the given rows; each is called by its most frequent spelling. */
export function categoriesOf({ texts, textOf }: WordColumn, rows: Iterable<number>): Categories {
  const counts = new Int32Array(texts.length);
  for (const row of rows) counts[textOf[row]]++;
  const signs = hasSigns(texts);
  const used = texts.map((text, place) => (counts[place] > 0 && !isMissingWord(text, signs) ? place : -1));
  const places = used.filter((place) => place >= 0);
  const hasSenses = areBooleans(places.map((place) => texts[place]));
  const groups = groupBy(places, (place) => groupKey(fold(texts[place]), hasSenses));
  const nameOf = new Array<string>(texts.length).fill("");
  const merged: string[][] = [];
  let present = 0;
  for (const group of groups.values()) {
    group.sort((a, b) => counts[b] - counts[a] || (texts[a] < texts[b] ? -1 : 1));
    for (const place of group) {
      nameOf[place] = texts[group[0]];
      present += counts[place];
    }
    if (group.length > 1) merged.push(group.map((place) => texts[place]));
  }
  return { nameOf, present, different: groups.size, merged: merged[0], mergedCount: merged.length };
}
