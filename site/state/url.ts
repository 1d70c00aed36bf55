// A recipe as the part of a link behind the #, and back. What equals the opening recipe is left out.
import {
  ACTIVATION_NAMES,
  DATA_NAMES,
  MOST_LAYERS,
  MOST_UNITS,
  OPENING,
  OPTIMIZER_NAMES,
  type Recipe,
} from "./recipe.js";

/** Reads one field's text; undefined for what it can't be. */
type ReadField = (text: string) => unknown;

const oneOf =
  (names: readonly string[]): ReadField =>
  (text) =>
    names.includes(text) ? text : undefined;
const number =
  (low: number, high: number, whole = false): ReadField =>
  (text) => {
    const value = Number(text);
    return text !== "" && value >= low && value <= high && (!whole || Number.isInteger(value)) ? value : undefined;
  };

function readLayers(text: string): number[] | undefined {
  const layers = text.split("-").map(number(1, MOST_UNITS, true)) as (number | undefined)[];
  return layers.length <= MOST_LAYERS && layers.every((units) => units !== undefined) ? layers : undefined;
}

const FIELDS: Readonly<Record<keyof Recipe, ReadField>> = {
  data: oneOf(DATA_NAMES),
  layers: readLayers,
  activation: oneOf(ACTIVATION_NAMES),
  bias: number(-10, 10),
  optimizer: oneOf(OPTIMIZER_NAMES),
  rate: number(1e-6, 100),
  batch: number(1, 1024, true),
  seed: number(0, 2 ** 31, true),
  head: oneOf(["usual", "softmax"]),
};

export function toHash(recipe: Recipe): string {
  const changed = Object.entries(recipe).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(OPENING[name as keyof Recipe]),
  );
  return changed.map(([name, value]) => `${name}=${Array.isArray(value) ? value.join("-") : String(value)}`).join("&");
}

/** @returns the recipe, and the fields of the link that could not be read and are as in the opening */
export function fromHash(hash: string): { readonly recipe: Recipe; readonly unread: readonly string[] } {
  const found: Record<string, unknown> = {};
  const unread: string[] = [];
  for (const [name, text] of new URLSearchParams(hash.replace(/^#/, ""))) {
    const value = Object.hasOwn(FIELDS, name) ? FIELDS[name as keyof Recipe](text) : undefined;
    if (value === undefined) unread.push(`${name}=${text}`);
    else found[name] = value;
  }
  return { recipe: { ...OPENING, ...found }, unread };
}
