// What was changed on the way, and at which step: with the recipe it makes a training that a link or a program repeats.
import type { Remedy, UnitPlace } from "../../src/index.js";
import { LIVE_NAMES, type LiveName } from "./recipe.js";

export const CURE_NAMES = ["liftBias", "recycle", "leakyRelu"] as const;
export type CureName = (typeof CURE_NAMES)[number];
export const CURES: Readonly<Record<CureName, Remedy>> = {
  liftBias: { kind: "liftBias", activity: 0.1 },
  recycle: { kind: "recycle" },
  leakyRelu: { kind: "replaceActivation", activation: "leakyRelu" },
};
/** Numbers of the network that were written by hand. */
export const EDIT_NAMES = ["setBias", "setWeight", "setGamma", "setBeta"] as const;
export type EditName = (typeof EDIT_NAMES)[number];
/** Of the layer's weights. */
export const EDITED_PARTS = {
  setBias: "bias",
  setWeight: "kernel",
  setGamma: "gamma",
  setBeta: "beta",
} as const satisfies Readonly<Record<EditName, string>>;
/** break: a fit ended there, and the next began a new epoch (a comparison was started, or a change undone). */
export const CHANGE_NAMES = ["break", ...CURE_NAMES, ...LIVE_NAMES, ...EDIT_NAMES] as const;
export type ChangeName = (typeof CHANGE_NAMES)[number];

export interface Change {
  /** Steps that had been taken. */
  readonly step: number;
  readonly what: ChangeName;
  /** Of a setting or an edit. */
  readonly value?: number;
  /** Of an edit; of a cure that is for one unit. A unit of the output layer has the layer after the hidden ones. */
  readonly unit?: UnitPlace;
  /** Of a weight: which of its unit's inputs it is from. */
  readonly input?: number;
}

export function isCure(what: ChangeName): what is CureName {
  return (CURE_NAMES as readonly ChangeName[]).includes(what);
}

export function isEdit(what: ChangeName): what is EditName {
  return (EDIT_NAMES as readonly ChangeName[]).includes(what);
}

/** As `treat` is asked for it. */
export function remedyOf(cure: CureName, unit?: UnitPlace): Remedy {
  if (!unit || cure === "leakyRelu") return CURES[cure];
  return { ...CURES[cure], units: [{ layer: unit.layer, unit: unit.unit }] } as Remedy;
}

/** Whether both set the same number. */
export function setsTheSame(a: Omit<Change, "step">, b: Omit<Change, "step">): boolean {
  if (a.what !== b.what || !(isSetting(a.what) || isEdit(a.what))) return false;
  return a.unit?.layer === b.unit?.layer && a.unit?.unit === b.unit?.unit && a.input === b.input;
}

export function isSetting(what: ChangeName): what is LiveName {
  return (LIVE_NAMES as readonly ChangeName[]).includes(what);
}

/** A change of the rate is taken up by the fit that runs; each other change ends it. */
export function endsFit({ what }: Change): boolean {
  return what !== "rate";
}

/** Changes that a link may hold. */
export const MOST_CHANGES = 100;
/** A link's page goes to its step at full speed: further than this would keep people waiting. */
export const MOST_LINK_STEPS = 1_000_000;
