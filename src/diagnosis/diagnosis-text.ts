// A diagnosis as a terminal shows it, 80 columns wide: a bar for each layer, the worst units, a line of advice for each
// mechanism.
import { CAN_FIND } from "./findings/findings.js";
import type * as Types from "./types.js";
import type { Mechanism, ObservedUnit, Proof, UnitState } from "./types.js";
import { MOVERS } from "./units/permanence.js";
import { countStates } from "../inspect/unit-state.js";
import { alignColumns } from "../text/columns.js";
import { formatCount, formatNumber, formatPercent, formatSigned } from "../text/numbers.js";
import { endOf, onOneLine } from "../text/printable.js";
import { shiftName } from "../text/shift.js";
import { indent, wrap } from "../text/wrap.js";

type Diagnosis = Types.Diagnosis<ObservedUnit>;
type LayerDiagnosis = Types.LayerDiagnosis<ObservedUnit>;

const BAR_CELLS = 32;
const WORST_UNITS = 8;

/** In the order in which a bar shows them. */
const STATE_MARKS: readonly (readonly [UnitState, string])[] = [
  ["alive", "█"],
  ["linear", "▓"],
  ["rare", "▒"],
  ["dormant", "▒"],
  ["saturated", "░"],
  ["notFinite", "?"],
  ["dead", "·"],
];

const ADVICE: Record<Mechanism, string> = {
  negativeBias: "start with a positive bias, or add biasToRevive.",
  negativeWeights: "lower the learning rate, or use leakyRelu.",
  zeroGamma: "give it another gamma: as it is its inputs do not count.",
  silentInputs: "the layer below is silent: revive that one first.",
};

export const MECHANISMS = Object.keys(ADVICE) as Mechanism[];

/** What to do about the units of these layers that are closed so. */
export function adviceFor(mechanism: Mechanism, layers: readonly Pick<LayerDiagnosis, "normalized">[]): string {
  const shift = shiftName(layers);
  if (mechanism !== "negativeBias" || shift === "bias") return ADVICE[mechanism];
  return `lower the learning rate, or add biasToRevive to ${shift}.`;
}

/** Of all layers those with units that are closed so, and how many these are. */
export function closedSo<Layer extends LayerDiagnosis>(layers: readonly Layer[], mechanism: Mechanism) {
  const count = ({ units }: Layer) => units.filter((unit) => unit.mechanism === mechanism).length;
  const found = layers.filter((layer) => count(layer) > 0);
  return { layers: found, units: found.reduce((sum, layer) => sum + count(layer), 0) };
}

const PROOFS: Record<Proof, string> = { provenDead: "closed", refuted: "opens", open: "unknown" };

/** A bar of the units' states: cells in proportion; a state that occurs at all gets one. */
function drawStateBar(units: readonly ObservedUnit[]): string {
  const cells = Math.min(BAR_CELLS, units.length);
  const counts = countStates(units);
  const shares = STATE_MARKS.map(([state, mark]) => ({
    mark,
    share: ((counts.get(state) ?? 0) / units.length) * cells,
    cells: 0,
  }));
  for (const part of shares) part.cells = part.share === 0 ? 0 : Math.max(1, Math.floor(part.share));
  for (let used = shares.reduce((sum, part) => sum + part.cells, 0); used !== cells; used += used < cells ? 1 : -1) {
    const errors = shares.filter((part) => part.share > 0 && (used < cells || part.cells > 1));
    const most = errors.reduce((a, b) => ((b.share - b.cells - (a.share - a.cells)) * (cells - used) > 0 ? b : a));
    most.cells += used < cells ? 1 : -1;
  }
  return shares
    .map(({ mark, cells: count }) => mark.repeat(count))
    .join("")
    .padEnd(BAR_CELLS);
}

const nameOf = ({ layer, name }: Pick<LayerDiagnosis, "layer" | "name">) =>
  endOf(onOneLine(name ?? String(layer)), LONGEST_NAME);

function describeLayer({ activation, dead, units, ...layer }: LayerDiagnosis): string[] {
  return [
    /\D/.test(nameOf(layer)) ? nameOf(layer) : `layer ${nameOf(layer)}`,
    activation,
    drawStateBar(units),
    `${formatCount(dead)} of ${formatCount(units.length)} dead`,
  ];
}

/** The states beside dead and alive, on a line of their own: with them the layer's line would not fit. */
function describeStates({ units }: LayerDiagnosis): string[] {
  const counts = countStates(units);
  if (![...counts.keys()].some((state) => state !== "dead" && state !== "alive")) return [];
  const parts = STATE_MARKS.filter(([state]) => state !== "dead" && counts.has(state)).map(
    ([state, mark]) => `${mark} ${formatCount(counts.get(state)!)} ${state}`,
  );
  return [`  ${parts.join("  ")}`];
}

function drawLayers(layers: readonly LayerDiagnosis[]): string[] {
  const bars = alignColumns(layers.map(describeLayer), []);
  return layers.flatMap((layer, index) => [bars[index], ...describeStates(layer)]);
}

function worstUnits(diagnosis: Diagnosis): ObservedUnit[] {
  const dead = diagnosis.layers.flatMap(({ units }) => units.filter(({ state }) => state === "dead"));
  const highest = ({ preactivation }: ObservedUnit) => preactivation?.max ?? 0; // of a closed unit at most that
  return dead.sort((a, b) => highest(a) - highest(b)).slice(0, WORST_UNITS);
}

/** What an observation does not tell, such as a mechanism where no weights are known. */
const UNKNOWN = "unknown";
/** Of a layer's name as much as leaves room on its line. */
const LONGEST_NAME = 16;

function permanenceText(permanent: boolean | undefined): string {
  if (permanent === undefined) return UNKNOWN;
  return permanent ? "yes" : "no";
}

function drawWorst(diagnosis: Diagnosis): string[] {
  const worst = worstUnits(diagnosis);
  if (worst.length === 0) return [];
  const isTried = worst.some(({ proof }) => proof);
  const rows = worst.map(({ layer, unit, mechanism, permanent, proof, preactivation, biasToRevive }) => [
    nameOf(diagnosis.layers[layer]),
    String(unit),
    mechanism ?? UNKNOWN,
    permanenceText(permanent),
    ...(isTried ? [proof ? PROOFS[proof] : "not tried"] : []),
    preactivation ? formatNumber(preactivation.max, 3) : UNKNOWN,
    biasToRevive === undefined ? UNKNOWN : formatSigned(biasToRevive, 3),
  ]);
  const header = [
    "layer",
    "unit",
    "closed by",
    "permanent",
    ...(isTried ? ["in the box"] : []),
    "highest z",
    `${shiftName(worst.map(({ layer }) => diagnosis.layers[layer]))} to revive`,
  ];
  const title =
    worst.length < diagnosis.dead
      ? `The ${worst.length} dead units that are furthest from opening:`
      : "The dead units:";
  return ["", title, ...indent(alignColumns([header, ...rows], isTried ? [0, 1, 5, 6] : [0, 1, 4, 5]))];
}

/** How far the evidence on the dead goes. */
function drawEvidence({ layers }: Diagnosis): string[] {
  const dead = layers.flatMap(({ units }) => units.filter(({ state }) => state === "dead"));
  if (dead.length === 0) return [];
  const proved = (result: Proof) => formatCount(dead.filter(({ proof }) => proof === result).length);
  const isTried = dead.some(({ proof }) => proof);
  const proofs = [
    `${proved("provenDead")} proved closed`,
    `${proved("refuted")} opened by some input`,
    `${proved("open")} unknown`,
  ].join(", ");
  const isOwn = layers.every(({ name }) => name === undefined);
  const box = isTried || isOwn ? [`In the input box: ${isTried ? proofs : "not tried"}.`] : [];
  const lines = [...box, ...drawPermanent(dead)];
  return lines.length === 0 ? [] : ["", ...lines];
}

/** What could still move the dead that gradients cannot. */
function drawPermanent(dead: readonly ObservedUnit[]): string[] {
  const permanent = dead.filter((unit) => unit.permanent);
  if (permanent.length === 0) return [];
  const moves = MOVERS.flatMap((mover) => {
    const moved = dead.filter(({ stillMovedBy }) => stillMovedBy?.includes(mover)).length;
    return moved === 0 ? [] : [`${mover} moves ${formatCount(moved)}`];
  });
  return [
    `Permanent: gradients on these samples cannot move ${formatCount(permanent.length)};`,
    "  momentum left in the optimizer, weight decay, maxNorm or a remedy can.",
    ...(moves.length > 0 ? [`  The last training would: ${moves.join(", ")}.`] : []),
  ];
}

function drawAdvice(diagnosis: Diagnosis): string[] {
  const lines = MECHANISMS.flatMap((mechanism) => {
    const { layers, units } = closedSo(diagnosis.layers, mechanism);
    return units === 0 ? [] : [[`  ${mechanism}`, `(${formatCount(units)})`, adviceFor(mechanism, layers)]];
  });
  return lines.length === 0 ? [] : ["", ...alignColumns(lines, [1])];
}

function drawFindings({ findings }: Diagnosis): string[] {
  if (!CAN_FIND) return ["", "Units alone: what is wrong beside them, the whole package tells."];
  return findings.flatMap(({ kind, message, advice }) => [
    "",
    kind,
    ...wrap(`${message} ${advice}`, 80, "  ").split("\n"),
  ]);
}

export function drawDiagnosis(diagnosis: Diagnosis): string {
  const { samples, units, dead, deadFraction, layers, learning } = diagnosis;
  const head =
    `${formatCount(dead)} of ${formatCount(units)} hidden units dead (${formatPercent(deadFraction)}), ` +
    `judged on ${formatCount(samples)} samples`;
  const parts = [
    drawLayers(layers),
    drawWorst(diagnosis),
    drawEvidence(diagnosis),
    drawAdvice(diagnosis),
    drawFindings(diagnosis),
  ];
  const verdict = learning ? [...wrap(learning.verdict, 80).split("\n"), ""] : [];
  return [...verdict, head, ...parts.flat()].join("\n");
}
