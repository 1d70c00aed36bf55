// The dead and the rare: how they are closed, what is known of how far, and where their preactivations lie.
import { layerHeading, layerName } from "./layer-names.js";
import { text, type Block } from "../blocks.js";
import type { Plot } from "../plot.js";
import { binCounts, type Histogram } from "../svg/histogram.js";
import type { RangePlot } from "../svg/ranges.js";
import type { ShownDiagnosis, ShownLayer } from "../shown.js";
import { MOVER_WORDS, NOTHING } from "../unit-words.js";
import { MOVERS } from "../../diagnosis/units/permanence.js";
import type { Mechanism, ObservedUnit, Proof, Spread } from "../../diagnosis/types.js";
import { shiftName } from "../../text/shift.js";
import { countOf, formatCount, formatPercent, listWords } from "../../text/numbers.js";

const MOST_RANGES = 12;
const BINS = 24;
const RATE_BINS = 20;
/** Layers that have a histogram of their own. */
const MOST_LAYERS = 6;

function unitsOf({ layers }: Pick<ShownDiagnosis, "layers">, state: ObservedUnit["state"]): ObservedUnit[] {
  return layers.flatMap(({ units }) => units.filter((unit) => unit.state === state));
}

const closedBy = (shift: string): readonly (readonly [Mechanism, string])[] => [
  ["negativeBias", `by their ${shift} (without it some row would open them)`],
  ["negativeWeights", `by their weights (without any ${shift} they would stay closed)`],
  ["zeroGamma", "by a gamma of 0 (what feeds them does not count)"],
  ["silentInputs", "by inputs that are all silent"],
];
const PROVED: readonly (readonly [Proof, string])[] = [
  ["provenDead", "proved closed"],
  ["refuted", "opened by some input"],
  ["open", "undecided"],
];

/** `3 proved closed and 2 undecided` of what is known; "" where nothing is. */
function countEach<K>(words: readonly (readonly [K, string])[], keys: readonly (K | undefined)[]): string {
  const counts = words.map(([key, name]) => ({ name, count: keys.filter((each) => each === key).length }));
  return listWords(counts.filter(({ count }) => count > 0).map(({ name, count }) => `${formatCount(count)} ${name}`));
}

function describePermanent(dead: readonly ObservedUnit[]): string[] {
  const permanent = dead.filter((unit) => unit.permanent);
  if (permanent.length === 0) return [];
  const movers = MOVERS.filter((mover) => permanent.some(({ stillMovedBy }) => stillMovedBy?.includes(mover)));
  const still =
    movers.length === 0
      ? "a remedy can"
      : `the ${listWords(movers.map((mover) => MOVER_WORDS[mover]))} of the last training would still move some`;
  return [`Permanent: gradients on these rows cannot move ${formatCount(permanent.length)} of them; ${still}.`];
}

/** What is not known, as mechanisms where there are no weights, is not told. */
function describeDead(dead: readonly ObservedUnit[], { samples, layers }: ShownDiagnosis): string[] {
  const closed = countEach(
    closedBy(shiftName(layers.filter((layer) => layer.dead > 0))),
    dead.map(({ mechanism }) => mechanism),
  );
  const proofs = countEach(
    PROVED,
    dead.map(({ proof }) => proof),
  );
  return [
    ...(closed === "" ? [] : [`Closed: ${closed}.`]),
    ...describePermanent(dead),
    ...(proofs === "" ? [] : [`Over the whole input box: ${proofs}.`]),
    `A unit that fires on none of ${countOf(samples, "row")} may still fire on up to ` +
      `${formatPercent(dead[0].activityBound)} of rows like these (with 95 % confidence).`,
  ];
}

interface KnownUnit extends ObservedUnit {
  readonly preactivation: Spread;
}

const isKnown = (unit: ObservedUnit): unit is KnownUnit => {
  const { min, max, mean, std } = unit.preactivation ?? NOTHING;
  return Number.isFinite(min + max + mean + std);
};

/** Of the first so many units; those whose preactivations are not known are left out. */
function rangePlot(title: string, known: readonly KnownUnit[], layers: readonly ShownLayer[]): RangePlot[] {
  if (known.length === 0) return [];
  const nameOf = (index: number) => layerName(layers.find(({ layer }) => layer === index)!);
  const rows = known.slice(0, MOST_RANGES).map(({ layer, unit, preactivation: { min, max, mean, std } }) => ({
    name: `${nameOf(layer)}, unit ${unit}`,
    low: min,
    high: max,
    mean,
    std,
  }));
  const cut = known.length > MOST_RANGES ? `${MOST_RANGES} of ${formatCount(known.length)}` : "all";
  const axis = { label: "preactivation z; box: mean ± standard deviation" };
  return [{ kind: "ranges", title: `${title} (${cut})`, axis, rows }];
}

/** By their highest preactivation: the farther left, the more a bias must rise before any row opens one. */
function deadHistogram(dead: readonly KnownUnit[]): Histogram[] {
  const highest = dead.map(({ preactivation }) => preactivation.max);
  if (highest.length <= MOST_RANGES) return [];
  const low = highest.reduce((a, b) => Math.min(a, b));
  if (!(low < 0)) return [];
  const { edges, counts } = binCounts(highest, low, 0, BINS);
  return [
    {
      kind: "histogram",
      title: "How far the dead are from opening",
      x: { label: "highest preactivation of a unit" },
      y: { label: "dead units" },
      edges,
      series: [{ name: "dead", counts }],
    },
  ];
}

/** Nothing where no unit is dead or rare. */
export function deadBlocks(diagnosis: ShownDiagnosis): Block[] {
  const { layers } = diagnosis;
  const dead = unitsOf(diagnosis, "dead");
  const rare = unitsOf(diagnosis, "rare").sort((a, b) => a.activity - b.activity);
  const closed = dead.filter(isKnown).sort((a, b) => a.preactivation.max - b.preactivation.max);
  const plots: Plot[] = [
    ...rangePlot("Dead units, the furthest from opening first", closed, layers),
    ...deadHistogram(closed),
    ...rangePlot("Rare units, the rarest first", rare.filter(isKnown), layers),
  ];
  return [
    ...(dead.length > 0 ? describeDead(dead, diagnosis).map(text) : []),
    ...(plots.length > 0 ? [{ kind: "plots", plots } as const] : []),
  ];
}

function rateHistogram(layer: ShownLayer): Histogram {
  const { edges, counts } = binCounts(
    layer.units.map(({ activity }) => 100 * activity),
    0,
    100,
    RATE_BINS,
  );
  return {
    kind: "histogram",
    title: layerHeading(layer),
    x: { label: "% of the rows on which a unit fires" },
    y: { label: "units" },
    edges,
    series: [{ name: "units", counts }],
  };
}

/** How often the units of each layer fire: one histogram a layer. */
export function firingBlocks({ layers }: ShownDiagnosis): Block[] {
  const known = layers.filter(({ units }) => units.some(({ activity }) => Number.isFinite(activity)));
  if (known.length === 0) return [];
  const cut =
    known.length > MOST_LAYERS ? [text(`The first ${MOST_LAYERS} of ${countOf(known.length, "layer")}.`)] : [];
  return [...cut, { kind: "plots", plots: known.slice(0, MOST_LAYERS).map(rateHistogram) }];
}
