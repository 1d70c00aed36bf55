// Numbers and verdicts in short plain words.
import type { DeathNote, Frame, UnitName } from "../engine/types.js";
import { analysisOf } from "../../src/activations/analysis.js";
import type { ActivationName, UnitDiagnosis, UnitState } from "../../src/index.js";
import { formatCount, formatNumber, formatPercent, formatRate, formatSigned, typeset } from "../../src/text/numbers.js";

/** Three digits are as many as the page has room for. */
export const figure = (value: number): string => typeset(formatNumber(value, 3));
export const signed = (value: number): string => typeset(formatSigned(value, 3));
export const percent = (share: number): string => typeset(formatPercent(share));
export const count = (value: number): string => formatCount(value);

const CAUSES: Readonly<Record<DeathNote["cause"], string>> = {
  born: "closed from the start",
  learningRate: "one step was too large",
  momentum: "momentum carried it over",
  weightDecay: "weight decay closed it",
  upstream: "its inputs changed",
  drift: "it drifted shut",
  unknown: "the cause is not known",
};

export const causeWord = (cause: DeathNote["cause"]): string => CAUSES[cause];

/** "died at step 118: one step was too large; would have lived at 0.31" */
export function deathSentence({ step, cause, survivesAt }: DeathNote): string {
  const lived = survivesAt === undefined ? "" : `; would have lived at ${formatRate(survivesAt)}`;
  if (step === 0 && cause !== "born") return `closed before any batch opened it: ${causeWord(cause)}`;
  return cause === "born"
    ? `dead since step ${count(step)}: ${causeWord(cause)}`
    : `died at step ${count(step)}: ${causeWord(cause)}${lived}`;
}

const STATES: Readonly<Record<UnitState, string>> = {
  alive: "alive",
  rare: "fires rarely",
  dormant: "dormant",
  dead: "dead",
  linear: "never switches",
  saturated: "saturated",
};

export const stateWord = (state: UnitState): string => STATES[state];
export const nameOf = ({ layer, unit }: UnitName): string => `layer ${layer}, unit ${unit}`;

const MECHANISMS: Readonly<Record<NonNullable<UnitDiagnosis["mechanism"]>, string>> = {
  negativeBias: "Its bias holds it shut: without it, it would fire on some sample.",
  negativeWeights: "Its weights hold it shut: it would stay closed even with a bias of 0.",
  silentInputs: "Every unit that feeds it is silent.",
};

/** The verdict on a unit, and how far the evidence goes: one sentence each. */
export function verdictSentences(unit: UnitDiagnosis, samples: number, activation: ActivationName): string[] {
  const { state, activity, mechanism, permanent, proof, activityBound, stillMovedBy, biasToRevive } = unit;
  if (state !== "dead") {
    const { isTwoSided } = analysisOf(activation); // neither is open or closed
    const fires = `${isTwoSided ? "Its preactivation is above 0" : "It fires"} on ${percent(activity)} of ${count(samples)} training samples.`;
    const notes: Partial<Record<UnitState, string>> = {
      linear: "It never switches, so here it adds nothing that a straight line could not.",
      saturated: "Its slope is practically 0 on every sample: it hardly learns.",
      dormant: "It says little beside its neighbours.",
    };
    return notes[state] ? [fires, notes[state]] : [fires];
  }
  const proofs = {
    provenDead: "Proved: no input in the range of the data opens it.",
    refuted: "An input in the range of the data opens it, though no sample does.",
    open: "Whether some other input in that range opens it is open.",
  };
  const moves = stillMovedBy
    ? ` (${stillMovedBy.map((mover) => (mover === "momentum" ? "momentum" : "weight decay")).join(" and ")} may still move it)`
    : "";
  const end = permanent
    ? `No gradient step on these samples can bring it back${moves}.`
    : "Units below it still learn, so its inputs may yet open it.";
  return [
    `Closed on all ${count(samples)} training samples; it would fire on at most ${percent(Math.ceil(activityBound * 1000) / 1000)} of others like them (95 % bound).`,
    ...(mechanism ? [MECHANISMS[mechanism]] : []),
    end,
    ...(proof ? [proofs[proof]] : []),
    ...(biasToRevive === undefined || biasToRevive < 1e-6
      ? []
      : [`A bias higher by ${figure(biasToRevive)} opens it.`]),
  ];
}

export function statusOf({ step, shown, epoch, stopped, rate }: Frame): string {
  const where =
    shown === step ? `step ${count(step)}, epoch ${count(epoch)}` : `showing step ${count(shown)} of ${count(step)}`;
  const ends = {
    diverged: "; the loss left the finite numbers: lower the rate and reset",
    finished: "; that is as far as a training goes here",
  };
  return `${where}, rate ${figure(rate)}${stopped ? ends[stopped] : ""}`;
}
