// From the trials of a map to its cells: means over the seeds, and how far those lie apart.
import type { MapCell, MapRange } from "./types.js";
import { meansByLayer, sumCauses, sumCounts } from "../results.js";
import type { SweepTrialResult } from "../types.js";
import { mean, sum } from "../../core/statistics.js";
import type { Cause } from "../../diagnosis/trace/types.js";

const rangeOf = (values: readonly number[]): MapRange => ({ low: Math.min(...values), high: Math.max(...values) });

/** Of equals the first by name. */
function mainOf(causes: Readonly<Partial<Record<Cause, number>>>): Cause | undefined {
  const found = Object.entries(causes).filter(([, count]) => count > 0) as [Cause, number][];
  return found.sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))[0]?.[0];
}

function bornOf(trials: readonly SweepTrialResult[]): number | undefined {
  const shares = trials.flatMap(({ born, units }) => (born ? [sum(born) / sum(units!)] : []));
  return shares.length > 0 ? mean(shares) : undefined;
}

/** @param trials of one setting, in the order of their seeds */
export function mapCell(
  trials: readonly SweepTrialResult[],
  place: Pick<MapCell, "x" | "y" | "column" | "row">,
): MapCell {
  const dead = trials.flatMap(({ deadFraction }) => deadFraction ?? []);
  const judged = trials.flatMap(({ failed, score }) => (failed ? [] : (score ?? [])));
  const isJudged = judged.length === trials.length;
  const failed = trials.flatMap((trial) => trial.failed?.code ?? []);
  const causes = sumCauses(trials);
  const cause = mainOf(causes);
  const [layers, bornLayers] = [meansByLayer(trials, "dead"), meansByLayer(trials, "born")];
  const born = bornOf(trials);
  return {
    ...place,
    ...(dead.length > 0 && { dead: mean(dead), deadRange: rangeOf(dead) }),
    ...(layers && { layers }),
    ...(born !== undefined && { born }),
    ...(bornLayers && { bornLayers }),
    ...(isJudged && { score: mean(judged), scoreRange: rangeOf(judged) }),
    causes,
    ...(cause && { cause }),
    failed: failed.length,
    ...(failed.length > 0 && { failures: sumCounts(failed.map((code) => ({ [code]: 1 }))) }),
    seeds: trials.length,
  };
}
