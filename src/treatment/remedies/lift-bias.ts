// Raise the bias of a dead unit until a chosen share of the rows opens it, and keep every output as it is.
//
// The unit opens where z without its bias, s, is above -bias: a sum of two floats rounds to 0 only if it is 0. So the
// bias comes from the order statistics of s. Outgoing weights become 0, which a dead unit allows: 0 times anything was
// 0. The weights to units that are dead themselves may stay, since these are lifted too and their own outgoing weights
// shield what lies above; so units behind a layer that is silent as a whole get a signal again. A layer without biases
// is left as it is, which is said. Of a normalized layer beta is raised, and s is gamma times what is normalized: other
// units are normalized as before. Where gamma is 0, s is 0 on every row: the unit opens on all of them, which is said.
import { finding, leftAsTheyWere, nothing, type RemedyResult, type WorkingCopy } from "./working-copy.js";
import { countOf } from "../../text/numbers.js";
import type { Naming } from "../../text/naming.js";
import type { TreatedUnit, TreatmentFinding } from "../types.js";
import type { ResolvedRemedy } from "./remedy.js";
import { chosenAmong, noneOf } from "./selection.js";
import { clearMoments } from "./unit-parameters.js";
import { rowsForShare, thresholdForCount } from "../thresholds.js";
import { treatFrontToBack, withAgain } from "./front-to-back.js";
import type { LayerSweep } from "../../inspect/layer-sweep.js";
import type { UnitStatistics } from "../../inspect/statistics.js";
import { hasShift, isNormalizedByRows, isPassedBy } from "../../network/spec.js";
import type { NetworkState } from "../../network/state/state.js";

/** Units of one layer to lift. */
export interface Lift {
  readonly layer: number;
  readonly units: readonly number[];
  /** Share of the rows. */
  readonly activity: number;
  /** Units of the layer above that weights may still lead to. */
  readonly spared: readonly number[];
  /** For messages. */
  readonly naming: Naming;
}

function shareNotReached(
  { layer, activity, naming }: Lift,
  rows: number,
  missed: readonly string[],
  flat: number,
): TreatmentFinding[] {
  if (missed.length === 0) return [];
  const more = missed.length > 1 ? `, ${missed.length - 1} more units miss it too` : "";
  const message =
    `layer ${naming.layer(layer)}: ${missed[0]} of ${rows} samples instead of ${rowsForShare(activity, rows)}${more}; ` +
    "equal preactivations leave no other choice" +
    (flat > 0 ? `; gamma is 0 in ${countOf(flat, "unit")}, which recycle makes 1` : "");
  return [finding("shareNotReached", message, layer)];
}

/** What came of units that were lifted. */
interface Lifted {
  /** What they do now. */
  readonly statistics: readonly UnitStatistics[];
  /** Where equal preactivations do not allow the share. */
  readonly findings: readonly TreatmentFinding[];
}

/** Lifts units of the layer that a sweep has come to and run. The units' columns are run once. */
export async function liftUnits(state: NetworkState, sweep: LayerSweep, lift: Lift): Promise<Lifted> {
  const { layer, units, activity, spared, naming } = lift;
  const { rows } = sweep.x;
  const wanted = rowsForShare(activity, rows);
  const missed: string[] = [];
  const thresholds = new Map<number, number>();
  const products = await sweep.forEachProduct(units, (unit, values) => {
    const { threshold, above } = thresholdForCount(values, wanted);
    thresholds.set(unit, threshold);
    if (Math.abs(above - activity * rows) > 1) missed.push(`unit ${naming.unit(unit)} opens on ${above}`);
  });
  const { gamma } = state.layer(layer);
  const flat = gamma ? units.filter((unit) => gamma[unit] === 0).length : 0;
  state.edit(() => {
    const isSpared = new Set(spared);
    for (const [unit, threshold] of thresholds) {
      state.layer(layer).shift[unit] = -threshold;
      const outgoing = state.layer(layer + 1).outgoing(unit);
      for (let to = 0; to < outgoing.length; to++) if (!isSpared.has(to)) outgoing[to] = 0;
      clearMoments(state, layer, unit);
    }
  });
  return { statistics: await sweep.again(units, products), findings: shareNotReached(lift, rows, missed, flat) };
}

/** Beside one pass over x from the first dead unit's layer on, one of the dead units' columns. */
export async function liftBias(
  copy: WorkingCopy,
  { activity, units: chosen }: Omit<ResolvedRemedy & { kind: "liftBias" }, "kind">,
): Promise<RemedyResult> {
  const { naming } = copy;
  const all = copy.deadUnits().map((units, layer) => chosenAmong(units, layer, chosen));
  if (all.flat().length === 0) return nothing(`${noneOf(chosen)} is dead on these samples`);
  const { spec } = copy.original;
  const isLeft = (layer: number) => !hasShift(spec.layers[layer]) || isPassedBy(spec, layer);
  const left = [
    ...leftAsTheyWere(copy, "hasNoBias", all),
    ...leftAsTheyWere(
      copy,
      "passedBy",
      all.map((units, layer) => (hasShift(spec.layers[layer]) ? units : [])),
    ),
  ];
  const dead = all.map((units, layer) => (isLeft(layer) ? [] : units));
  const count = dead.flat().length;
  if (count === 0) {
    const none = nothing("no unit that is dead on these samples can be lifted");
    return { ...none, findings: [...none.findings, ...left] };
  }
  const state = copy.copy();
  const findings: TreatmentFinding[] = [];
  const seen = await treatFrontToBack(copy, state, async (sweep, layer) => {
    const units = dead[layer];
    const before = await sweep.run();
    if (units.length === 0) return before;
    const isShared = isNormalizedByRows(spec.layers[layer + 1]); // what they get, all others there are normalized by
    const spared = isShared ? [] : (dead[layer + 1] ?? []);
    const lifted = await liftUnits(state, sweep, { layer, units, activity, spared, naming });
    findings.push(...lifted.findings);
    return withAgain(before, units, lifted.statistics);
  });
  const treated = dead.flatMap((units, layer) => units.map((unit): TreatedUnit => ({ layer, unit, action: "lifted" })));
  const message =
    `${countOf(count, "unit")} lifted by what ${copy.x.rows} samples show; ` +
    "other samples may open them more or less often";
  return { state, seen, treated, findings: [...findings, ...left, finding("onTheseSamples", message)] };
}
