// A death in one sentence, with its figures.
import type { Death } from "./types.js";
import { total } from "./types.js";
import { formatCount, formatNumber, formatPercent, formatRate, formatSigned } from "../../text/numbers.js";

type Facts = Omit<Death, "explanation">;

const spread = ({ mean, std }: Death["before"]) => `${formatSigned(mean, 3)} ± ${formatNumber(std, 2)}`;

/** How much of the fall over the window came with the last update, and how much from the inputs. */
function driftReason({ before, after, windowMean }: Facts): string {
  if (windowMean === undefined) return ", the last part of a longer fall";
  const share = (before.mean - after.mean) / (windowMean - after.mean);
  return `, the last part of a fall from ${formatSigned(windowMean, 3)} over the window (${formatPercent(share)} of it)`;
}

function upstreamReason({ change }: Facts): string {
  const fall = total(change);
  const isMostOfIt = fall < 0 && change.inputs < fall / 2;
  return isMostOfIt ? `; ${formatPercent(change.inputs / fall)} of that came from its inputs` : "; its inputs did it";
}

function reason(death: Facts): string {
  switch (death.cause) {
    case "upstream":
      return upstreamReason(death);
    case "drift":
      return driftReason(death);
    case "momentum":
      return "; without momentum that update would not have closed it";
    case "weightDecay":
      return "; without weight decay that update would not have closed it";
    case "learningRate":
      return "; the plain gradient step did it";
    default:
      return "; the update could not be replayed, so that its cause is not known";
  }
}

const AFTERMATH: Partial<Record<Death["cause"], string>> = {
  upstream: "its inputs",
  momentum: "momentum",
  weightDecay: "weight decay",
};

/** The rate is cut, not rounded, so that the sentence holds. */
function survival({ survivesAt, rate }: Facts): string {
  if (survivesAt === undefined) return "";
  const was = rate === undefined ? "" : ` (it was ${formatNumber(rate, 3)})`;
  return `; at a rate of ${formatRate(survivesAt)} or less${was} it would have lived`;
}

/**
 * One sentence: which update closed the unit, why, and at what rate it would have lived.
 * @param stepsBefore steps of earlier fits, where the steps of several are counted on
 */
export function explainDeath(death: Facts, stepsBefore = 0): string {
  const { layer, unit, step, cause, before, after, closedBy } = death;
  const name = `unit ${unit} in layer ${layer}`;
  if (cause === "born")
    return `${name} was silent from the start: its preactivation was ${spread(before)}, at most ${formatNumber(before.max, 3)}`;
  const at = (of: number) => `step ${formatCount(of + stepsBefore)}`;
  const path =
    step === 0
      ? `no batch ever opened ${name}, whose preactivation was ${spread(before)} at the start`
      : `the preactivation of ${name} went from ${spread(before)} to ${spread(after)} in ${at(step)}`;
  const end =
    closedBy === undefined
      ? reason(death)
      : `; after that ${AFTERMATH[cause] ?? "something else"} closed it, by ${at(closedBy)} at the latest`;
  return path + end + survival(death);
}
