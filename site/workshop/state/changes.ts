// What was changed on the way, and at which step: with the recipe it makes a training that a link or a program repeats.
import type { Remedy } from "../../../src/index.js";
import { LIVE_NAMES, type LiveName } from "./recipe.js";

export const CURE_NAMES = ["liftBias", "recycle", "leakyRelu"] as const;
export type CureName = (typeof CURE_NAMES)[number];
export const CURES: Readonly<Record<CureName, Remedy>> = {
  liftBias: { kind: "liftBias", activity: 0.1 },
  recycle: { kind: "recycle" },
  leakyRelu: { kind: "replaceActivation", activation: "leakyRelu" },
};
/** break: a fit ended there, and the next began a new epoch (a comparison was started, or a change undone). */
export const CHANGE_NAMES = ["break", ...CURE_NAMES, ...LIVE_NAMES] as const;
export type ChangeName = (typeof CHANGE_NAMES)[number];

export interface Change {
  /** Steps that had been taken. */
  readonly step: number;
  readonly what: ChangeName;
  /** Of a setting. */
  readonly value?: number;
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
