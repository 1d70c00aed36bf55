// Take out what changes no output: dead units, units that say the same on every row (folded into the next bias), and
// units whose outgoing weights are 0 or lead to such units alone.
//
// Bits: gemm adds up each element over its inputs in order, whatever the shape, and a unit that is taken out without
// being folded added 0 times a weight, or a number times 0. So where nothing is folded every output keeps its bits (but
// for the sign of a 0). A layer without biases takes nothing up: what says the same on every row, but not 0, stays
// before it, unless batch normalization takes it up in its running mean. A layer that is normalized row by row keeps
// all its units, unless none of them is needed: any that goes changes the mean and variance of the row for the others.
import { finding, leftAsTheyWere, nothing, type RemedyResult, type WorkingCopy } from "./working-copy.js";
import { countOf } from "../../text/numbers.js";
import { transplant } from "./transplant.js";
import { takeUp } from "./unit-parameters.js";
import type { TreatedUnit, TreatmentFinding } from "../types.js";
import type { Chunk } from "../../inspect/inspector.js";
import type { NetworkState } from "../../network/state/state.js";
import { isNormalizedByRows, isPassedBy, resolveSpec, takesUpConstants } from "../../network/spec.js";

/** One hidden layer's units. */
interface Removal {
  /** What a unit says on every row; NaN: not always the same. */
  readonly constants: Float64Array;
  /** The constant holds in the whole range of the rows: proved, or no weight brings anything that could change it. */
  readonly isEverywhere: readonly boolean[];
  isRemoved: boolean[];
  /** Taking it out changes nothing in the range of the rows. */
  isLossless: boolean[];
}

const indices = (count: number) => Array.from({ length: count }, (_, index) => index);

/** Finds, beside a pass over x, which units put out the same on every row. */
export class ConstantUnits {
  /** By layer and unit: the constant; NaN where there is none. */
  readonly constants: readonly Float64Array[];
  /** By layer, the units that have put out the same so far. */
  private readonly candidates: number[][];
  /** The output layer's preactivations on the first row. */
  outputs = new Float32Array();

  constructor({ spec }: NetworkState) {
    this.constants = spec.layers.map(({ units }) => new Float64Array(units));
    this.candidates = spec.layers.map(({ units }) => indices(units));
  }

  readonly visit = (chunk: Chunk): void => {
    this.constants.forEach((constants, layer) => {
      const values = chunk.activations(layer);
      const units = constants.length;
      if (chunk.start === 0) constants.set(values.subarray(0, units));
      this.candidates[layer] = this.candidates[layer].filter((unit) => {
        const constant = constants[unit];
        for (let at = unit; at < values.length; at += units)
          if (values[at] !== constant) {
            constants[unit] = NaN;
            return false;
          }
        return true;
      });
    });
    if (chunk.start > 0) return;
    const last = this.constants.length - 1;
    this.outputs = chunk.preactivations(last).slice(0, this.constants[last].length);
  };
}

/** What each unit says, and for how far it is known; without variation in x, only the dead count. */
function findRemovable(copy: WorkingCopy, constants: readonly Float64Array[]): Removal[] {
  const { original, before, inputsVary: isTelling } = copy;
  const removals: Removal[] = [];
  before.layers.forEach((layer, index) => {
    const { kernel, gamma, units: width } = original.layer(index);
    const isTogether = isNormalizedByRows(original.spec.layers[index]);
    const isFedByMore = original.spec.layers[index - 1]?.residual === true;
    const isConstantInput = (input: number) => index > 0 && !isFedByMore && removals[index - 1].isEverywhere[input];
    const isFixed = (unit: number) => {
      if (gamma?.[unit] === 0) return true;
      if (isTogether) return false;
      for (let at = unit, input = 0; at < kernel.length; at += width, input++)
        if (kernel[at] !== 0 && !isConstantInput(input)) return false;
      return true;
    };
    const isEverywhere = layer.units.map(({ proof }, unit) => proof === "provenDead" || isFixed(unit));
    const isConstant = (unit: number) => (isTelling || isEverywhere[unit]) && !Number.isNaN(constants[index][unit]);
    const isHeld = isPassedBy(original.spec, index);
    const canFold = takesUpConstants(original.spec.layers[index + 1]);
    const isFoldable = (unit: number) =>
      canFold || constants[index][unit] === 0 || Number.isNaN(constants[index][unit]);
    const isRemovable = layer.units.map(
      ({ state }, unit) => !isHeld && (state === "dead" || isConstant(unit)) && isFoldable(unit),
    );
    const isRemoved = isTogether && isRemovable.includes(false) ? isRemovable.map(() => false) : isRemovable;
    const isLossless = isEverywhere.map((everywhere, unit) => everywhere && isRemoved[unit]);
    removals.push({ constants: constants[index], isEverywhere, isRemoved, isLossless });
  });
  return removals;
}

/** From the last hidden layer down: units whose weights other than 0 all lead to units that go. */
function removeUseless(original: NetworkState, removals: readonly Removal[]): void {
  for (let layer = removals.length - 1; layer >= 0; layer--) {
    if (isPassedBy(original.spec, layer) || isNormalizedByRows(original.spec.layers[layer])) continue;
    const view = original.layer(layer + 1);
    const above = removals[layer + 1];
    const { isRemoved, isLossless } = removals[layer];
    for (let unit = 0; unit < isRemoved.length; unit++) {
      let isUseless = true;
      let isLost = true;
      view.outgoing(unit).forEach((weight, to) => {
        if (weight === 0) return;
        isUseless &&= above !== undefined && above.isRemoved[to];
        isLost &&= above !== undefined && above.isLossless[to];
      });
      isRemoved[unit] ||= isUseless;
      isLossless[unit] ||= isLost;
    }
  }
}

const keptOf = ({ isRemoved }: Removal) => indices(isRemoved.length).filter((unit) => !isRemoved[unit]);

/** What a removed unit adds to the units of the next layer that stay. */
function foldsInto(outgoing: Float32Array, value: number, kept: readonly number[]): number[] {
  return kept.map((to) => (value === 0 || Number.isNaN(value) ? 0 : value * outgoing[to]));
}

/** The network without the removed units, and by layer which of them were folded. */
function buildSmaller(
  copy: WorkingCopy,
  removals: readonly Removal[],
): { readonly state: NetworkState; readonly isFolded: boolean[][] } {
  const { original } = copy;
  const { spec } = original;
  const kept = [...removals.map(keptOf), indices(spec.layers.at(-1)!.units)];
  const layers = spec.layers.map((layer, index) => ({ ...layer, units: kept[index].length }));
  const smaller = copy.make(resolveSpec({ ...spec, layers }));
  const inputsOf = (layer: number) => (layer === 0 ? indices(spec.inputs) : kept[layer - 1]);
  transplant(
    original,
    smaller,
    kept.map((units, layer) => ({ layer, inputs: inputsOf(layer), units })),
  );
  const isFolded = removals.map(({ isRemoved, constants }, layer) => {
    const view = original.layer(layer + 1);
    const sums = new Float64Array(kept[layer + 1].length);
    const folded = isRemoved.map((removed, unit) => {
      const parts = removed ? foldsInto(view.outgoing(unit), constants[unit], kept[layer + 1]) : [];
      parts.forEach((part, i) => (sums[i] += part));
      return parts.some((part) => part !== 0);
    });
    const take = takeUp(smaller, layer + 1, smaller.layer(layer + 1));
    sums.forEach((sum, i) => take(i, sum));
    return folded;
  });
  return { state: smaller, isFolded };
}

/**
 * A layer died out as a whole: what is left is the output layer, with a kernel of 0 and the preactivations that it has
 * on every row: in biases, whether it had some or not, and normalized no more.
 */
function buildConstant(copy: WorkingCopy, outputs: Float32Array): NetworkState {
  const { original } = copy;
  const { spec } = original;
  const layer = spec.layers.length - 1;
  const { useBias: _bias, normalization: _normalization, ...last } = spec.layers[layer];
  const constant = copy.make(resolveSpec({ ...spec, layers: [last] }));
  transplant(original, constant, [{ layer, inputs: [], units: indices(spec.layers[layer].units) }]);
  constant.layer(0).bias.set(outputs);
  return constant;
}

function describeEvidence(
  { before, x }: WorkingCopy,
  removals: readonly Removal[],
  isConstant: boolean,
): TreatmentFinding {
  const removed = removals.flatMap(({ isRemoved, isLossless }) =>
    isRemoved.flatMap((each, unit) => (each ? [isLossless[unit]] : [])),
  );
  const lossless = removed.filter(Boolean).length;
  const isProved = isConstant
    ? removals.some(({ isLossless }) => !isLossless.includes(false))
    : lossless === removed.length;
  const taken = `${countOf(removed.length, "unit")} taken out`;
  if (isProved)
    return finding(
      "lossless",
      `${taken}: no input within the range of each feature of x has another output, but for rounding`,
    );
  const waking = before.layers.flatMap(({ units }) => units).filter(({ proof }) => proof === "refuted").length;
  const awake = waking === 0 ? "" : ` (${waking} of them open on other inputs within the range of x)`;
  return finding(
    "onTheseSamples",
    `${taken}, ${lossless} of them without loss in the whole range of x; ` +
      `the others change no output on these ${x.rows} samples${awake}`,
  );
}

function pruneUnits(copy: WorkingCopy, removals: readonly Removal[]): RemedyResult {
  const { state, isFolded } = buildSmaller(copy, removals);
  const treated = removals.flatMap(({ isRemoved }, layer) =>
    isRemoved.flatMap((removed, unit): TreatedUnit[] =>
      removed ? [{ layer, unit, action: isFolded[layer][unit] ? "folded" : "removed" }] : [],
    ),
  );
  return { state, treated, findings: [describeEvidence(copy, removals, false)] };
}

function pruneAll(
  copy: WorkingCopy,
  removals: readonly Removal[],
  emptied: number,
  outputs: Float32Array,
): RemedyResult {
  const state = buildConstant(copy, outputs);
  for (const each of removals) each.isRemoved = each.isRemoved.map(() => true);
  const isSilent = (layer: number, value: number) => layer < emptied || value === 0 || Number.isNaN(value);
  const treated = removals.flatMap(({ constants }, layer) =>
    Array.from(constants, (value, unit): TreatedUnit => {
      return { layer, unit, action: isSilent(layer, value) ? "removed" : "folded" };
    }),
  );
  const message =
    `layer ${copy.naming.layer(emptied)} dies out as a whole: the output is the same on every sample, ` +
    "and what is left of the network is its output layer with a kernel of 0";
  const findings = [finding("constantNetwork", message, emptied), describeEvidence(copy, removals, true)];
  return { state, treated, findings };
}

/** Passes over x: none; `found` was there when the diagnosis made its own. */
export function prune(copy: WorkingCopy, found: ConstantUnits): RemedyResult {
  const result = pruneAllBut(copy, found);
  const gone = new Set(result.treated.map(({ layer, unit }) => `${layer}.${unit}`));
  const left = copy.deadUnits().map((units, layer) => units.filter((unit) => !gone.has(`${layer}.${unit}`)));
  const findings = [
    ...result.findings,
    ...leftAsTheyWere(copy, "passedBy", left),
    ...leftAsTheyWere(copy, "normalizedTogether", left),
  ];
  return { ...result, findings };
}

function pruneAllBut(copy: WorkingCopy, { constants, outputs }: ConstantUnits): RemedyResult {
  const removals = findRemovable(copy, constants);
  const isEmptied = ({ isRemoved }: Removal) => !isRemoved.includes(false);
  const died = removals.findIndex(isEmptied); // below it all is without use
  removeUseless(copy.original, removals);
  if (!removals.some(({ isRemoved }) => isRemoved.includes(true)))
    return nothing("no hidden unit is dead, constant or without outgoing weights on these samples");
  const emptied = died >= 0 ? died : removals.findIndex(isEmptied);
  return emptied < 0 ? pruneUnits(copy, removals) : pruneAll(copy, removals, emptied, outputs);
}
