// What the base itself has for an axis: the setting that a user would train with.
import { type Draft, draftedTrial } from "../plan/base.js";
import { NAMED } from "../plan/named-axes.js";
import { parsePath, type Plain, type PlainObject } from "../plan/plain.js";

function readAt(target: Plain, steps: readonly string[]): Plain | undefined {
  let at: Plain | undefined = target;
  for (const step of steps) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, step)) return undefined;
    at = (at as PlainObject)[step];
  }
  return at;
}

/** Undefined where the base has none, or several. */
export function ownValue(draft: Draft, name: string): unknown {
  const trial = draftedTrial(draft);
  if (Object.hasOwn(NAMED, name)) return NAMED[name].own(trial);
  const { spec, optimizer } = trial.settings;
  const fit = { ...draft.fit, optimizer: optimizer as unknown as Plain };
  const all = { spec: spec as unknown as Plain, fit, remedies: draft.remedies };
  return readAt(all, parsePath(name) ?? []);
}
