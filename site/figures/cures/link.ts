// A cell as a state of the workshop, where its recipe and its changes can say the same.
import { EPOCHS, type Fault, LOWER, POSITIVE_BIAS } from "./faults.js";
import type { Act } from "./faults.js";
import type { Change } from "../../training/changes.js";
import type { Recipe } from "../../training/recipe.js";
import { toHash } from "../../training/url.js";

/** At the start settings are the recipe's own. */
function asSetting(recipe: Recipe, act: Act): Recipe | undefined {
  if (act === "lowerRate") return { ...recipe, rate: recipe.rate * LOWER };
  return act === "positiveBias" ? { ...recipe, bias: POSITIVE_BIAS } : undefined;
}

function asChange({ rate }: Recipe, act: Act, step: number): Change | undefined {
  switch (act) {
    case "lowerRate":
      return { step, what: "rate", value: rate * LOWER };
    case "lift":
      return { step, what: "liftBias" };
    case "recycle":
      return { step, what: "recycle" };
    case "leaky":
      return { step, what: "leakyRelu" };
    default:
      return undefined;
  }
}

/**
 * @param rows of the training
 * @param dead units at the cure: remedies of the workshop change nothing where none is
 * @returns what stands behind the # of a link; undefined where the workshop has no such state
 */
export function linkOf(
  { recipe, isScaled }: Fault,
  acts: readonly Act[],
  curedAt: number,
  { rows, dead }: { rows: number; dead: number },
): string | undefined {
  if (isScaled) return undefined;
  const perEpoch = Math.ceil(rows / recipe.batch);
  let own = recipe;
  const changes: Change[] = [];
  for (const act of acts) {
    const setting = curedAt === 0 ? asSetting(own, act) : undefined;
    const change = asChange(recipe, act, curedAt * perEpoch);
    if (setting && changes.length === 0) own = setting;
    else if (change && (act === "lowerRate" || dead > 0)) changes.push(change);
    else return undefined;
  }
  return toHash({ recipe: own, changes, step: (curedAt + EPOCHS) * perEpoch });
}
