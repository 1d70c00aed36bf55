// Units in words, as pages write them.
import type { Mechanism, Mover, ObservedUnit, Proof, Spread } from "../diagnosis/types.js";
import { countStates, type UnitState } from "../inspect/unit-state.js";
import type { ShownLayer } from "./shown.js";
import { shiftName } from "../text/shift.js";
import { formatCount, formatNumber, formatPercent, formatSigned, listWords } from "../text/numbers.js";

/** The worst first. */
export const UNIT_STATES: readonly UnitState[] = [
  "notFinite",
  "dead",
  "saturated",
  "rare",
  "dormant",
  "linear",
  "alive",
];

export const STATE_WORDS: Readonly<Record<UnitState, string>> = {
  notFinite: "not finite",
  dead: "dead",
  saturated: "saturated",
  rare: "rare",
  dormant: "dormant",
  linear: "linear",
  alive: "alive",
};

/** What a state means, after its name. */
export const STATE_MEANINGS: Readonly<Record<UnitState, string>> = {
  notFinite: "a preactivation is infinite or not a number",
  dead: "passes neither signal nor gradient on any row",
  saturated: "its slope is practically 0 on every row",
  rare: "fires on very few of the rows",
  dormant: "fires, with a small share of the layer's mean activation",
  linear: "never bends: it fires on every row, or a leaky unit on none",
  alive: "fires on some rows and not on others, or bends in between",
};

const MECHANISM_WORDS: Readonly<Record<Mechanism, string>> = {
  negativeBias: "its bias",
  negativeWeights: "its weights",
  zeroGamma: "its gamma of 0",
  silentInputs: "silent inputs",
};

/** `its bias`, of a unit of this layer. */
export function mechanismWords(mechanism: Mechanism, layer: Pick<ShownLayer, "normalized">): string {
  return mechanism === "negativeBias" ? `its ${shiftName([layer])}` : MECHANISM_WORDS[mechanism];
}

export const PROOF_WORDS: Readonly<Record<Proof, string>> = {
  provenDead: "proved closed in the input box",
  refuted: "some input in the box opens it",
  open: "undecided in the input box",
};

export const MOVER_WORDS: Readonly<Record<Mover, string>> = {
  momentum: "momentum",
  weightDecay: "weight decay",
  maxNorm: "limit of norms",
};

/** `13 dead, 2 rare, 49 alive` */
export function describeStates(units: readonly { readonly state: UnitState }[]): string {
  const counts = countStates(units);
  return UNIT_STATES.flatMap((state) => {
    const count = counts.get(state);
    return count === undefined ? [] : [`${formatCount(count)} ${STATE_WORDS[state]}`];
  }).join(", ");
}

/** `yes`, or what would move it all the same: `yes, but momentum moves it`; "" where it is not known. */
export function describePermanence({ permanent, stillMovedBy = [] }: ObservedUnit): string {
  if (permanent === undefined) return "";
  if (!permanent) return "no";
  if (stillMovedBy.length === 0) return "yes";
  const verb = stillMovedBy.length === 1 ? "moves" : "move";
  return `yes, but ${listWords(stillMovedBy.map((mover) => MOVER_WORDS[mover]))} ${verb} it`;
}

/** Of what was not given. */
export const NOTHING: Spread = { min: Number.NaN, max: Number.NaN, mean: Number.NaN, std: Number.NaN };

function rangeText(what: string, { min, max }: Spread): string {
  return Number.isNaN(min + max) ? "" : `; ${what} ${formatNumber(min, 3)} to ${formatNumber(max, 3)}`;
}

/** `unit 5: dead, closed by its weights, permanent; z -3.1 to -0.2; bias to revive +0.21` */
export function describeUnit(unit: ObservedUnit, layer: Pick<ShownLayer, "normalized">): string {
  const {
    state,
    activity,
    mechanism,
    permanent,
    proof,
    biasToRevive,
    preactivation: z = NOTHING,
    activation: a = NOTHING,
  } = unit;
  const parts = [
    STATE_WORDS[state],
    ...(mechanism === undefined ? [] : [`closed by ${mechanismWords(mechanism, layer)}`]),
    ...(permanent ? ["permanent"] : []),
    ...(proof === undefined ? [] : [PROOF_WORDS[proof]]),
    ...(state === "dead" ? [] : [`fires on ${formatPercent(activity)}`]),
  ];
  const bias = biasToRevive === undefined ? "" : `; ${shiftName([layer])} to revive ${formatSigned(biasToRevive, 3)}`;
  return `unit ${unit.unit}: ${parts.join(", ")}${rangeText("z", z)}${rangeText("activation", a)}${bias}`;
}
