// The state of the page as the part of a link behind the #, and back: the recipe, what was changed on the way, and the
// step. What equals the defaults is left out; the opening is an empty link.
import { changeText, readChange } from "./change-text.js";
import { type Change, MOST_CHANGES, MOST_LINK_STEPS } from "./changes.js";
import { FEATURE_NAMES, type FeatureName } from "../tasks/features.js";
import {
  ACTIVATION_NAMES,
  DATA_NAMES,
  DEFAULTS,
  LEAST_HELD_OUT,
  MOST_DROPOUT,
  MOST_HELD_OUT,
  MOST_LAYERS,
  MOST_NOISE,
  MOST_PENALTY,
  MOST_SCHEDULE_EPOCHS,
  MOST_UNITS,
  NORMALIZATION_NAMES,
  OPENING,
  OPTIMIZER_NAMES,
  type Recipe,
  RESET_NAMES,
  sameRecipe,
  SCALE_NAMES,
  SCHEDULE_NAMES,
  START_NAMES,
} from "./recipe.js";

export interface LinkState {
  readonly recipe: Recipe;
  readonly changes: readonly Change[];
  /** The step to pause at; absent: it runs. */
  readonly step?: number;
  /** What the page shows beside the usual; absent: nothing. */
  readonly show?: readonly ShowName[];
}

/** The output in plain classes; held-out samples over it; activations and gradients by layer. */
export const SHOW_NAMES = ["discrete", "heldOut", "layers"] as const;
export type ShowName = (typeof SHOW_NAMES)[number];

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

/** Names with a hyphen between them, each once, in the order of `names`. */
const someOf =
  <T extends string>(names: readonly T[]): ReadField =>
  (text) => {
    const given = text.split("-");
    const isGood =
      new Set(given).size === given.length && given.every((name) => (names as readonly string[]).includes(name));
    return isGood ? names.filter((name) => given.includes(name)) : undefined;
  };

const readStep = number(0, MOST_LINK_STEPS, true) as (text: string) => number | undefined;

const FIELDS: Readonly<Record<keyof Recipe, ReadField>> = {
  data: oneOf(DATA_NAMES),
  layers: readLayers,
  activation: oneOf(ACTIVATION_NAMES),
  bias: number(-10, 10),
  optimizer: oneOf(OPTIMIZER_NAMES),
  rate: number(1e-6, 100),
  batch: number(1, 1024, true),
  decay: number(0, 10),
  clip: number(0, 1e6),
  seed: number(0, 2 ** 31, true),
  head: oneOf(["usual", "softmax"]),
  scale: oneOf(SCALE_NAMES),
  features: someOf<FeatureName>(FEATURE_NAMES),
  noise: number(0, MOST_NOISE),
  heldOut: number(LEAST_HELD_OUT, MOST_HELD_OUT, true),
  start: oneOf(START_NAMES),
  normalization: oneOf(NORMALIZATION_NAMES),
  dropout: number(0, MOST_DROPOUT),
  residual: (text) => (text === "true" || text === "false" ? text === "true" : undefined),
  l1: number(0, MOST_PENALTY),
  l2: number(0, MOST_PENALTY),
  schedule: oneOf(SCHEDULE_NAMES),
  scheduleEpochs: number(1, MOST_SCHEDULE_EPOCHS, true),
  resets: oneOf(RESET_NAMES),
};

function readChanges(text: string): Change[] | undefined {
  const changes = text
    .split(",")
    .map((each) => readChange(each, readStep, (name, value) => FIELDS[name](value) as number | undefined));
  const isGood = changes.every((change, at) => change && (at === 0 || change.step >= changes[at - 1]!.step));
  return isGood && changes.length <= MOST_CHANGES ? (changes as Change[]) : undefined;
}

function valueText(value: unknown): string {
  return Array.isArray(value) ? value.join("-") : String(value);
}

function recipeFields(recipe: Recipe): string[] {
  if (sameRecipe(recipe, OPENING)) return [];
  const changed = Object.entries(recipe).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(DEFAULTS[name as keyof Recipe]),
  );
  return (changed.length > 0 ? changed : [["data", recipe.data]]).map(([name, value]) => `${name}=${valueText(value)}`);
}

/** What goes beyond the limits of a link is left out: then it leads to the start. */
export function toHash({ recipe, ...given }: LinkState): string {
  const isTooLong = given.changes.length > MOST_CHANGES || (given.changes.at(-1)?.step ?? 0) > MOST_LINK_STEPS;
  const changes = isTooLong ? [] : given.changes;
  const step = isTooLong || (given.step ?? 0) > MOST_LINK_STEPS ? undefined : given.step;
  return [
    ...recipeFields(recipe),
    ...(changes.length > 0 ? [`changes=${changes.map(changeText).join(",")}`] : []),
    ...(step !== undefined ? [`step=${step}`] : []),
    ...(given.show && given.show.length > 0 ? [`show=${given.show.join("-")}`] : []),
  ].join("&");
}

const READERS: Readonly<Record<string, ReadField>> = {
  ...FIELDS,
  changes: readChanges,
  step: readStep,
  show: someOf<ShowName>(SHOW_NAMES),
};

/** @returns the state, and the fields of the link that could not be read and are as by default */
export function fromHash(hash: string): LinkState & { readonly unread: readonly string[] } {
  const found: Record<string, unknown> = {};
  const unread: string[] = [];
  for (const [name, text] of new URLSearchParams(hash.replace(/^#/, ""))) {
    const value = Object.hasOwn(READERS, name) ? READERS[name](text) : undefined;
    if (value === undefined) unread.push(`${name}=${text}`);
    else found[name] = value;
  }
  const { changes = [], step, show, ...fields } = found as Partial<LinkState>;
  const base = Object.keys(fields).length === 0 ? OPENING : DEFAULTS;
  return {
    recipe: { ...base, ...fields },
    changes,
    ...(step !== undefined && { step }),
    ...(show && { show }),
    unread,
  };
}
