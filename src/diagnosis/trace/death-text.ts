// A death of what is known of its blow and its last straw; in one sentence, with its figures.
import type { Blow, Cause, Death, LastStraw } from "./types.js";
import { total } from "./types.js";
import type { UnitIndex } from "../../inspect/inspector.js";
import { BY_INDEX } from "../../text/naming.js";
import { formatCount, formatNumber, formatPercent, formatRate, formatSigned } from "../../text/numbers.js";

type Facts = Omit<Death, "explanation">;

const spread = ({ mean, std }: Death["before"]) => `${formatSigned(mean, 3)} ± ${formatNumber(std, 2)}`;

/** How much of the fall over the window came with the last update. */
function driftReason({ cause, before, after, windowMean, openBefore, lastStraw }: Facts): string {
  if (cause !== lastStraw.cause)
    return `; it closed the last ${formatPercent(openBefore!)} of the rows, and no update before it took most of them`;
  if (windowMean === undefined) return ", the last part of a longer fall";
  const share = (before.mean - after.mean) / (windowMean - after.mean);
  return `, the last part of a fall from ${formatSigned(windowMean, 3)} over the window (${formatPercent(share)} of it)`;
}

function upstreamReason({ change }: Facts): string {
  const fall = total(change);
  const isMostOfIt = fall < 0 && change.inputs < fall / 2;
  return isMostOfIt ? `; ${formatPercent(change.inputs / fall)} of that came from its inputs` : "; its inputs did it";
}

/** What the cause means for an update, or a run of them, that did something to a unit. */
const REASONS: Partial<Record<Death["cause"], string>> = {
  upstream: "; its inputs did it",
  learningRate: "; the plain gradient step did it",
  unexplained: "; not explained yet: more died at once than are replayed unasked",
};
const GONE = "; it was not explained in time: the snapshots that would tell its cause are gone";
const UNKNOWN = "; the update could not be replayed, so that its cause is not known";

const NORMALIZED = "; what is normalized moves with statistics, too: which part of it that was is not known";

function unknownReason({ lastStraw }: Facts): string {
  if (lastStraw.snapshotsGone) return GONE;
  return lastStraw.change.statistics === undefined ? UNKNOWN : NORMALIZED;
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
    default:
      return REASONS[death.cause] ?? unknownReason(death);
  }
}

const AFTERMATH: Partial<Record<Death["cause"], string>> = {
  upstream: "its inputs",
  momentum: "momentum",
  weightDecay: "weight decay",
};

/** The rate is cut, not rounded, so that the sentence holds; for that one update, and no other. */
function survival({ survivesAt, rate }: Pick<Facts, "survivesAt" | "rate">, wouldHave = "lived"): string {
  if (survivesAt === undefined) return "";
  const was = rate === undefined ? "" : ` (it was ${formatNumber(rate, 3)})`;
  return `; in that update, at a rate of ${formatRate(survivesAt)} or less${was} it would have ${wouldHave}`;
}

function blowReason({ cause, openAfter }: Blow, unknown: string): string {
  const spared = openAfter === 0 ? "would not have closed it" : "would have left it half of them";
  if (cause === "momentum") return `; without momentum that ${spared}`;
  if (cause === "weightDecay") return `; without weight decay that ${spared}`;
  return REASONS[cause] ?? unknown;
}

/** The blow first, then what was left. */
function explainBlow(name: string, blow: Blow, death: Facts, stepsBefore: number): string {
  const count = (step: number) => formatCount(step + stepsBefore);
  const { step, lastStep, openBefore, openAfter, isEstimate } = blow;
  const when = lastStep === undefined ? `step ${count(step)}` : `steps ${count(step)} to ${count(lastStep)}`;
  const about = isEstimate ? "about " : "";
  const share = (value: number) => (value === 0 ? "none" : `${about}${formatPercent(value)}`);
  const { lastStraw } = death;
  const isRest = lastStraw.step > (lastStep ?? step);
  const left = lastStraw.openBefore === undefined ? "rest" : `last ${formatPercent(lastStraw.openBefore)}`;
  const rest = isRest ? `; step ${count(lastStraw.step)} closed the ${left}` : "";
  const aftermath =
    lastStraw.closedBy === undefined
      ? ""
      : `; step ${count(lastStraw.step)} was the last whose batch opened it, and ` +
        `step ${count(lastStraw.closedBy)} found it closed`;
  return (
    `${when} took most of the rows that open ${name}: ${share(openBefore)} before, ${share(openAfter)} after` +
    blowReason(blow, unknownReason(death)) +
    survival(blow, openAfter === 0 ? "lived" : "kept half of them") +
    (aftermath || rest)
  );
}

/** The blow was the last straw too, or there was none: one update is told. */
function isOneUpdate({ blow, lastStraw }: Facts): boolean {
  return !blow || (blow.step === lastStraw.step && blow.lastStep === undefined && lastStraw.closedBy === undefined);
}

/**
 * One sentence: which update took most of the unit's rows, why, and at what rate of that update it would not have;
 * which one closed the rest.
 * @param stepsBefore steps of earlier fits, where the steps of several are counted on
 * @param naming what it calls layers and units
 */
export function explainDeath(death: Facts, stepsBefore = 0, naming = BY_INDEX): string {
  const { layer, unit, step, cause, before, after, closedBy, blow } = death;
  const name = `unit ${naming.unit(unit)} in layer ${naming.layer(layer)}`;
  if (cause === "born")
    return `${name} was silent from the start: its preactivation was ${spread(before)}, at most ${formatNumber(before.max, 3)}`;
  if (!isOneUpdate(death)) return explainBlow(name, blow!, death, stepsBefore);
  const at = (of: number) => `step ${formatCount(of + stepsBefore)}`;
  const path =
    step === 0
      ? `no batch ever opened ${name}, whose preactivation was ${spread(before)} at the start`
      : `the preactivation of ${name} went from ${spread(before)} to ${spread(after)} in ${at(step)}`;
  const end =
    closedBy === undefined
      ? reason(death)
      : `; after that ${AFTERMATH[cause] ?? "something else"} closed it, by ${at(closedBy)} at the latest`;
  return path + end + (cause === death.lastStraw.cause ? survival(death) : "");
}

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
