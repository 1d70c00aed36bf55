// Take out what changes no output: dead units, units that say the same on every sample (folded into the next bias), and units
// whose outgoing weights are 0 or lead to such units alone.
//
// Bits: gemm adds up each element over its inputs in order, whatever the shape, and a unit that is taken out without being folded
// added 0 times a weight, or a number times 0. So where nothing is folded every output keeps its bits (but for the sign of a 0).
import { type Course, countUnits, finding, nothing, type Outcome } from "./working-copy.js";
import { transplant } from "./transplant.js";
import type { TreatedUnit, TreatmentFinding } from "../types.js";
import { View } from "./view.js";
import type { NetworkState } from "../../network/state/state.js";
import { resolveSpec } from "../../network/spec.js";

/** One layer's units, hidden or not. */
interface Verdicts {
  /** What a unit says on every sample; NaN: not always the same. */
  readonly constants: Float64Array;
  /** The constant holds in the whole range of the samples: proved, or no weight brings anything that could change it. */
  readonly isEverywhere: readonly boolean[];
  isRemoved: boolean[];
  /** Taking it out changes nothing in the range of the samples. */
  isLossless: boolean[];
}

function kernelOf(state: NetworkState, layer: number): Float32Array {
  return state.floats(
    state.parameters + state.layout.layers[layer].kernel,
    state.inputsOf(layer) * state.spec.layers[layer].units,
  );
}

function keepConstant(constants: Float64Array, values: Float32Array, isFirst: boolean): void {
  const units = constants.length;
  if (isFirst) constants.set(values.subarray(0, units));
  for (let i = 0; i < values.length; i++) if (values[i] !== constants[i % units]) constants[i % units] = NaN;
}

function varies({ rows, columns, data }: Course["x"]): boolean {
  for (let i = columns; i < rows * columns; i++) if (data[i] !== data[i - columns]) return true;
  return false;
}

/** What each unit says, and for how far it is known; without variation in x, only the dead count. */
function judgeUnits(course: Course, view: View): { verdicts: Verdicts[]; outputs: Float32Array } {
  const { state, before, x } = course;
  const widths = state.spec.layers.map(({ units }) => units);
  const constants = widths.map((units) => new Float64Array(units));
  const last = widths.length - 1;
  let outputs = new Float32Array();
  view.run(last, false, (rows, start) => {
    constants.forEach((each, layer) => keepConstant(each, view.activations(layer, rows), start === 0));
    if (start === 0) outputs = view.preactivations(last, 1).slice();
  });
  const isTelling = varies(x);
  const verdicts: Verdicts[] = [];
  widths.slice(0, -1).forEach((units, layer) => {
    const kernel = kernelOf(state, layer);
    const isFixed = (unit: number) => {
      for (let at = unit, input = 0; at < kernel.length; at += units, input++) {
        if (kernel[at] !== 0 && !(layer > 0 && verdicts[layer - 1].isEverywhere[input])) return false;
      }
      return true;
    };
    const isEverywhere = before.layers[layer].units.map(({ proof }, unit) => proof === "provenDead" || isFixed(unit));
    const isRemoved = before.layers[layer].units.map(
      (each, unit) =>
        each.state === "dead" || ((isTelling || isEverywhere[unit]) && !Number.isNaN(constants[layer][unit])),
    );
    verdicts.push({
      constants: constants[layer],
      isEverywhere,
      isRemoved,
      isLossless: isEverywhere.map((everywhere, unit) => everywhere && isRemoved[unit]),
    });
  });
  return { verdicts, outputs };
}

/** From the last hidden layer down: units whose weights other than 0 all lead to units that go. */
function removeUseless({ state }: Course, verdicts: readonly Verdicts[]): void {
  for (let layer = verdicts.length - 1; layer >= 0; layer--) {
    const kernel = kernelOf(state, layer + 1);
    const above = verdicts[layer + 1];
    const { units } = state.spec.layers[layer + 1];
    const { isRemoved, isLossless } = verdicts[layer];
    for (let unit = 0; unit < isRemoved.length; unit++) {
      let isUseless = true,
        isLost = true;
      for (let to = 0; to < units; to++) {
        if (kernel[unit * units + to] === 0) continue;
        isUseless &&= above !== undefined && above.isRemoved[to];
        isLost &&= above !== undefined && above.isLossless[to];
      }
      isRemoved[unit] ||= isUseless;
      isLossless[unit] ||= isLost;
    }
  }
}

const indices = (count: number) => Array.from({ length: count }, (_, index) => index);
const keptOf = ({ isRemoved }: Verdicts) => indices(isRemoved.length).filter((unit) => !isRemoved[unit]);

/** What a removed unit adds to the units of the next layer that stay. */
function foldsInto({ state }: Course, layer: number, unit: number, value: number, kept: readonly number[]): number[] {
  const { units } = state.spec.layers[layer + 1];
  const kernel = kernelOf(state, layer + 1);
  return kept.map((to) => (value === 0 || Number.isNaN(value) ? 0 : value * kernel[unit * units + to]));
}

/** The network without the removed units, and by layer which of them were folded. */
function buildSmaller(course: Course, verdicts: readonly Verdicts[]): { state: NetworkState; isFolded: boolean[][] } {
  const { state } = course;
  const { spec } = state;
  const kept = [...verdicts.map(keptOf), indices(spec.layers.at(-1)!.units)];
  const smaller = course.make(
    resolveSpec({ ...spec, layers: spec.layers.map((layer, index) => ({ ...layer, units: kept[index].length })) }),
  );
  transplant(
    state,
    smaller,
    kept.map((units, layer) => ({ layer, inputs: layer === 0 ? indices(spec.inputs) : kept[layer - 1], units })),
  );
  const isFolded = verdicts.map(({ isRemoved, constants }, layer) => {
    const sums = new Float64Array(kept[layer + 1].length);
    const folded = isRemoved.map((removed, unit) => {
      const parts = removed ? foldsInto(course, layer, unit, constants[unit], kept[layer + 1]) : [];
      parts.forEach((part, i) => (sums[i] += part));
      return parts.some((part) => part !== 0);
    });
    const bias = smaller.floats(smaller.parameters + smaller.layout.layers[layer + 1].bias, sums.length);
    sums.forEach((sum, i) => (bias[i] += sum));
    return folded;
  });
  return { state: smaller, isFolded };
}

/** A layer died out as a whole: what is left is the output layer, with a kernel of 0 and the preactivations that it has on every sample. */
function buildConstant(course: Course, outputs: Float32Array): NetworkState {
  const { state } = course;
  const { spec } = state;
  const layer = spec.layers.length - 1;
  const constant = course.make(resolveSpec({ ...spec, layers: [spec.layers[layer]] }));
  transplant(state, constant, [{ layer, inputs: [], units: indices(spec.layers[layer].units) }]);
  constant.floats(constant.parameters + constant.layout.layers[0].bias, outputs.length).set(outputs);
  return constant;
}

function describeEvidence(
  { before, x }: Course,
  verdicts: readonly Verdicts[],
  isConstant: boolean,
): TreatmentFinding[] {
  const removed = verdicts.flatMap(({ isRemoved, isLossless }) =>
    isRemoved.flatMap((each, unit) => (each ? [isLossless[unit]] : [])),
  );
  const lossless = removed.filter(Boolean).length;
  const waking = before.layers.flatMap(({ units }) => units).filter(({ proof }) => proof === "refuted").length;
  const isProved = isConstant
    ? verdicts.some(({ isLossless }) => !isLossless.includes(false))
    : lossless === removed.length;
  if (isProved)
    return [
      finding(
        "lossless",
        `${countUnits(removed.length)} taken out: no input within the range of each feature of x has another output, but for rounding`,
      ),
    ];
  const awake = waking === 0 ? "" : ` (${waking} of them open on other inputs within the range of x)`;
  return [
    finding(
      "onTheseSamples",
      `${countUnits(removed.length)} taken out, ${lossless} of them without loss in the whole range of x; the others change no output on these ${x.rows} samples${awake}`,
    ),
  ];
}

export function prune(course: Course): Outcome {
  const { state } = course;
  const view = new View(course, state);
  const { verdicts, outputs } = judgeUnits(course, view);
  const isEmptied = ({ isRemoved }: Verdicts) => !isRemoved.includes(false);
  const died = verdicts.findIndex(isEmptied); // below it all is without use
  removeUseless(course, verdicts);
  if (!verdicts.some(({ isRemoved }) => isRemoved.includes(true)))
    return nothing("no hidden unit is dead, constant or without outgoing weights on these samples");
  const emptied = died >= 0 ? died : verdicts.findIndex(isEmptied);
  if (emptied < 0) {
    const { state: smaller, isFolded } = buildSmaller(course, verdicts);
    const treated = verdicts.flatMap(({ isRemoved }, layer) =>
      isRemoved.flatMap((removed, unit): TreatedUnit[] =>
        removed ? [{ layer, unit, action: isFolded[layer][unit] ? "folded" : "removed" }] : [],
      ),
    );
    return { state: smaller, treated, findings: describeEvidence(course, verdicts, false) };
  }
  const constant = buildConstant(course, outputs);
  for (const each of verdicts) each.isRemoved = each.isRemoved.map(() => true);
  const treated = verdicts.flatMap(({ constants }, layer) =>
    [...constants].map((value, unit): TreatedUnit => ({
      layer,
      unit,
      action: layer < emptied || value === 0 || Number.isNaN(value) ? "removed" : "folded",
    })),
  );
  const message = `layer ${emptied} dies out as a whole: the output is the same on every sample, and what is left of the network is its output layer with a kernel of 0`;
  return {
    state: constant,
    treated,
    findings: [finding("constantNetwork", message, emptied), ...describeEvidence(course, verdicts, true)],
  };
}
