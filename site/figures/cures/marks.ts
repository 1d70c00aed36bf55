// The rule by which cells are marked, the same for all.
import type { Outcome } from "./messages.js";

/** cured: it passes, which without a cure it would not; needless: it passes, and would have without; failed: neither. */
export type Mark = "cured" | "needless" | "failed";

/** @param untreated of the same network, left alone */
export function markOf({ passes }: Outcome, untreated: Outcome): Mark {
  if (!passes) return "failed";
  return untreated.passes ? "needless" : "cured";
}

export const RULE =
  "A tick: 300 epochs later the network has learned (nine tenths of the way from guessing to a perfect answer), and " +
  "fewer than a tenth of its units are dead. A cross: not so. A ring: nothing to cure, since it is so without a cure, too.";
