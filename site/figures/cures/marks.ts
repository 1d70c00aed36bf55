// The rule by which cells are marked, the same for all.
import type { Outcome } from "./messages.js";

/**
 * cured: it passes, which without a cure it would not; needless: it passes, and would have without; failed: neither;
 * worse: it does not pass, and would have without.
 */
export type Mark = "cured" | "needless" | "failed" | "worse";

/** @param untreated of the same network, left alone */
export function markOf({ passes }: Outcome, untreated: Outcome): Mark {
  if (untreated.passes) return passes ? "needless" : "worse";
  return passes ? "cured" : "failed";
}

export const RULE =
  "A tick: 300 epochs later the network has learned (nine tenths of the way from guessing to a perfect answer), and " +
  "fewer than a tenth of its units are dead. A cross: not so. A ring: nothing to cure, since it is so without a cure, too.";
