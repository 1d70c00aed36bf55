// A death of what is known of its blow and its last straw.
import type { Blow, Cause, Death, LastStraw } from "./types.js";
import { explainDeath } from "./death-text.js";
import type { UnitIndex } from "../../inspect/inspector.js";

/** The cause of the death: where no update stands out, that of a last step of many is not. */
function causeOf(straw: LastStraw, blow: Blow | undefined): Cause {
  if (blow) return blow.cause;
  const isReplayed = straw.openBefore !== undefined && straw.step > 0 && straw.closedBy === undefined;
  return isReplayed && (straw.cause === "learningRate" || straw.cause === "momentum") ? "drift" : straw.cause;
}

export function makeDeath({ layer, unit }: UnitIndex, lastStraw: LastStraw, blow: Blow | undefined): Death {
  const facts = { layer, unit, ...lastStraw, cause: causeOf(lastStraw, blow), ...(blow && { blow }), lastStraw };
  return { ...facts, explanation: explainDeath(facts) };
}
