// States, deaths and diagnoses in short plain sentences, with their numbers as the page shows them.
import type { BlowRecord, DeathRecord, DiagnosisMessage, Frame, UnitName } from "../engine/types.js";
import type { UnitDiagnosis, UnitState } from "../../../src/index.js";
import { MOVER_WORDS } from "../../../src/report/unit-words.js";
import { formatCount, formatNumber, formatRate, formatSigned, listWords, typeset } from "../../../src/text/numbers.js";
import { percent } from "../../look/text.js";

/** Three digits are as many as the page has room for. */
export const figure = (value: number): string => typeset(formatNumber(value, 3));
export const signed = (value: number): string => typeset(formatSigned(value, 3));
export const count = (value: number): string => formatCount(value);

/** With a capital and a full stop. */
export function sentence(text: string): string {
  const full = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.:]$/.test(full) ? full : `${full}.`;
}

const CAUSES: Readonly<Record<DeathRecord["cause"], string>> = {
  born: "closed from the start",
  learningRate: "one step was too large",
  momentum: "momentum closed it",
  weightDecay: "weight decay closed it",
  upstream: "its inputs changed",
  drift: "a slow drift closed it",
  unknown: "the cause is not known",
  unexplained: "not explained, as many died at once",
};

/** "died at step 118: one step was too large; came back by itself at step 203" */
export function briefDeath(record: DeathRecord): string {
  const { step, cause } = record;
  const why = hasEarlierBlow(record) ? `${blowSteps(record.blow)} took most of its samples: ${reasonOf(record)}; ` : "";
  return (why ? `${why}step ${count(step)} the rest` : `${beginning(step, cause)}: ${reasonOf(record)}`) + fate(record);
}

/**
 * The blow first, then the last straw: "step 814 took most of its samples, 35 % before and 4 % after: one step was too
 * large; step 851 closed the last 4 %". A blow that was the last straw too: "died at step 118: one step was too large,
 * which took it from 41 % of the samples to none; at a rate of 0.31 it would have lived through that one step".
 */
export function deathSentence(record: DeathRecord): string {
  const { step, cause, openBefore } = record;
  if (hasEarlierBlow(record)) return earlierBlow(record) + fate(record);
  const isAtOnce = record.blow !== undefined && openBefore !== undefined && cause !== "unknown";
  const fall = isAtOnce ? `, which took it from ${percent(openBefore)} of the samples to none` : "";
  return `${beginning(step, cause)}: ${reasonOf(record)}${fall}${survival(record)}${fate(record)}`;
}

type HasBlow = DeathRecord & { readonly blow: BlowRecord };

/** What took most of its samples was not the last straw, or not that alone. */
export function hasEarlierBlow(record: DeathRecord): record is HasBlow {
  const { blow, step } = record;
  return blow !== undefined && (blow.step !== step || blow.lastStep !== undefined);
}

function beginning(step: number, cause: DeathRecord["cause"]): string {
  if (cause === "born") return `dead since step ${count(step)}`;
  return step === 0 ? "fired in no batch" : `died at step ${count(step)}`;
}

/** One step was too large, or several were. */
export function reasonOf({ cause, blow }: DeathRecord): string {
  return cause === "learningRate" && blow?.lastStep !== undefined ? "these steps were too large" : CAUSES[cause];
}

function blowSteps({ step, lastStep, isEstimate }: BlowRecord): string {
  const about = isEstimate ? "about " : "";
  return lastStep === undefined ? `${about}step ${count(step)}` : `${about}steps ${count(step)} to ${count(lastStep)}`;
}

function earlierBlow(record: HasBlow): string {
  const { blow, step, openBefore } = record;
  const { openAfter } = blow;
  const after = openAfter === 0 ? "none" : percent(openAfter);
  const rest = openBefore === undefined ? "rest" : `last ${percent(openBefore)}`;
  const lastStraw = step > (blow.lastStep ?? blow.step) ? `; step ${count(step)} closed the ${rest}` : "";
  return (
    `${blowSteps(blow)} took most of its samples, ${percent(blow.openBefore)} before and ${after} after: ` +
    reasonOf(record) +
    survival(record) +
    lastStraw
  );
}

/** Of one step: a rate at which the network keeps its units is another matter. */
function survival({ survivesAt, step, blow }: DeathRecord): string {
  if (survivesAt === undefined || step === 0) return "";
  const isHalf = blow !== undefined && blow.openAfter > 0;
  const wouldHave = isHalf ? "kept half of them in" : "lived through";
  return `; at a rate of ${formatRate(survivesAt)} it would have ${wouldHave} that one step`;
}

const BACK_BY: Readonly<Record<string, string | undefined>> = {
  itself: "came back by itself",
  reset: "was reset, or came back by itself,",
};

function fate({ cameBack }: DeathRecord): string {
  if (!cameBack) return "";
  const by = BACK_BY[cameBack.by] ?? `brought back (${cameBack.by})`;
  return `; ${by} at step ${count(cameBack.step)}`;
}

/** Which unit died last or came back last, when and why. */
export function lastEvent({ deaths, shown }: Frame): string {
  const past = deaths.filter(({ step }) => step <= shown);
  const timeOf = ({ step, cameBack }: DeathRecord) => (cameBack && cameBack.step <= shown ? cameBack.step : step);
  const last = past.toSorted((a, b) => timeOf(a) - timeOf(b)).at(-1);
  return last ? `Last: ${nameOf(last)}${hasEarlierBlow(last) ? ":" : ""} ${briefDeath(last)}.` : "";
}

/** What became of the last cure, in one sentence. */
export function outcomeSentence({ cure, step, states, loss, heldOut }: Frame): string {
  if (!cure) return "";
  const { label, deadBefore, revived, diedAgain, accuracyBefore, lossBefore } = cure;
  const before = accuracyBefore === undefined ? `loss ${figure(lossBefore)}` : `accuracy ${percent(accuracyBefore)}`;
  const now = heldOut.accuracy === undefined ? figure(loss) : percent(heldOut.accuracy);
  const dead = states.filter((state) => state === "dead").length;
  const again = revived === 0 ? `${dead} dead` : `${diedAgain} of ${revived} died again, ${dead} dead in all`;
  return (
    `At step ${count(cure.step)} (${label}): ${deadBefore} dead, ${before}. ` +
    `${count(step - cure.step)} steps on: ${again}, ${before.split(" ")[0]} ${now}.`
  );
}

const STATES: Readonly<Record<UnitState, string>> = {
  alive: "alive",
  rare: "fires rarely",
  dormant: "dormant",
  dead: "dead",
  linear: "never switches",
  saturated: "saturated",
  notFinite: "not finite",
};

export const stateText = (state: UnitState): string => STATES[state];
/** The page counts from 1. */
export const nameOf = ({ layer, unit }: UnitName): string => `layer ${layer + 1}, unit ${unit + 1}`;

type Normalization = DiagnosisMessage["normalization"];
/** What is added to all that goes into a hidden unit's activation. */
type Shift = "bias" | "beta";
const MECHANISMS: Readonly<Record<NonNullable<UnitDiagnosis["mechanism"]>, (shift: Shift) => string>> = {
  negativeBias: (shift) => `Its ${shift} keeps it closed: with a ${shift} of 0 it would fire on some sample.`,
  negativeWeights: (shift) => `Its weights keep it closed: it would stay closed even with a ${shift} of 0.`,
  zeroGamma: () => "Its gamma is 0: what is left is beta, which is not above 0.",
  silentInputs: () => "All of its inputs are 0 on every sample.",
};

const PROOFS: Readonly<Record<NonNullable<UnitDiagnosis["proof"]>, string>> = {
  provenDead: "Proved: it fires on no input in the range of the data.",
  refuted: "It fires on an input in the range of the data, though on no sample.",
  open: "Whether it fires on some other input in that range is not decided.",
};

const STATE_NOTES: Readonly<Partial<Record<UnitState, string>>> = {
  linear: "It never switches, so on these samples it is a linear function of its inputs.",
  saturated: "Its slope is practically 0 on every sample: it hardly learns.",
  dormant: "Its mean activation is small beside its layer's.",
};

/** The diagnosis of a unit, and how far the evidence goes: one sentence each. */
export function diagnosisSentences({ unit, samples, isTwoSided, normalization }: DiagnosisMessage): string[] {
  if (!unit) return [];
  return unit.state === "dead"
    ? deadUnitSentences(unit, samples, normalization)
    : livingUnitSentences(unit, samples, isTwoSided);
}

function livingUnitSentences({ state, activity }: UnitDiagnosis, samples: number, isTwoSided: boolean): string[] {
  const fires = isTwoSided ? "Its preactivation is above 0" : "It fires";
  const note = STATE_NOTES[state];
  return [`${fires} on ${percent(activity)} of ${count(samples)} training samples.`, ...(note ? [note] : [])];
}

const REVIVED_BY: Readonly<Record<Normalization, string>> = {
  none: "Layers below it still learn, so a change of its inputs may revive it.",
  batch: "Training may open it: a batch's mean and spread are others than the running ones.",
  layer: "Training may open it: the layer's other units move the mean and spread that all of them share.",
};

function permanenceSentence({ permanent, stillMovedBy }: UnitDiagnosis, normalization: Normalization): string {
  if (!permanent) return REVIVED_BY[normalization];
  const moves = stillMovedBy
    ? ` (${listWords(stillMovedBy.map((mover) => MOVER_WORDS[mover]))} may still move it)`
    : "";
  return `No gradient step on these samples can revive it${moves}.`;
}

function deadUnitSentences(unit: UnitDiagnosis, samples: number, normalization: Normalization): string[] {
  const shift: Shift = normalization === "none" ? "bias" : "beta";
  const { mechanism, proof, activityBound, biasToRevive } = unit;
  const bound = percent(Math.ceil(activityBound * 1000) / 1000);
  const isLiftable = biasToRevive !== undefined && biasToRevive >= 1e-6;
  return [
    `Closed on all ${count(samples)} training samples; ` +
      `it would fire on at most ${bound} of others like them (95 % bound).`,
    ...(mechanism ? [MECHANISMS[mechanism](shift)] : []),
    permanenceSentence(unit, normalization),
    ...(proof ? [PROOFS[proof]] : []),
    ...(isLiftable ? [`It fires if its ${shift} is raised by ${figure(biasToRevive)}.`] : []),
  ];
}

/** "At step 400: it has learned little ..." */
export function verdictText({ step, verdict, constantLoss }: DiagnosisMessage): string {
  if (constantLoss === undefined) return typeset(sentence(verdict)); // it holds at every step
  return typeset(`At step ${count(step)}: ${verdict.charAt(0).toLowerCase()}${verdict.slice(1)}`);
}

const DIVERGED = "; the loss is no longer finite: see the findings, lower the rate, reset";
const SLOWED = "; full speed has ended, it goes on slowly";

export function statusOf(frame: Frame): string {
  const { step, shown, epoch, stopped, settings, scheduledRate, until, isSlowed } = frame;
  const where =
    shown === step ? `step ${count(step)}, epoch ${count(epoch)}` : `showing step ${count(shown)} of ${count(step)}`;
  const goal = until === undefined ? "" : `; going to step ${count(until)} of this link`;
  return `${where}, rate ${figure(scheduledRate ?? settings.rate)}${goal}${stopped ? DIVERGED : ""}${isSlowed ? SLOWED : ""}`;
}
