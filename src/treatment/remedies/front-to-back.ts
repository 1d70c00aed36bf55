// A copy of a network treated layer by layer, each on what the treated layers before it give; and what it does in the
// end, seen on the way, so that nobody has to run it again.
import type { Seen, WorkingCopy } from "./working-copy.js";
import { rowsForShare } from "../thresholds.js";
import { select } from "../../core/statistics.js";
import type { LayerSweep } from "../../inspect/layer-sweep.js";
import type { UnitStatistics } from "../../inspect/statistics.js";
import { isDead } from "../../inspect/unit-state.js";
import type { ResolvedActivation } from "../../activations/activations.js";
import type { NetworkState } from "../../network/state/state.js";

export function deadAmong(activation: ResolvedActivation, units: readonly UnitStatistics[]): number[] {
  return units.flatMap((unit, index) => (isDead(activation, unit) ? [index] : []));
}

/** Of units that are dead after all. */
async function readOpenings(
  sweep: LayerSweep,
  dead: readonly number[],
  shift: Float32Array,
): Promise<ReadonlyMap<number, number>> {
  const { rows } = sweep.x;
  const shifts = dead.map((unit) => shift[unit]);
  const openings = new Map<number, number>();
  await sweep.forEachProduct(dead, (unit, values) => {
    const place = rows - rowsForShare(0.01, rows);
    select(values, place);
    openings.set(unit, Math.fround(values[place] + shifts[openings.size]));
  });
  return openings;
}

/**
 * Runs the state's layers from the first to the last; of rows in blocks, whose outputs are not kept, not the last one.
 * @param treatLayer changes a hidden layer, which is the one that the sweep has come to, and gives the statistics that
 *   its units have then
 */
export async function treatFrontToBack(
  copy: WorkingCopy,
  state: NetworkState,
  treatLayer: (sweep: LayerSweep, layer: number) => Promise<readonly UnitStatistics[]>,
): Promise<Seen | undefined> {
  const sweep = copy.sweep(state);
  const last = state.spec.layers.length - 1;
  const statistics: (readonly UnitStatistics[])[] = [];
  const openings: ReadonlyMap<number, number>[] = [];
  for (; sweep.layer < last; sweep.next()) {
    const { layer } = sweep;
    const found = await treatLayer(sweep, layer);
    if (!copy.x.matrix) continue;
    const dead = deadAmong(state.spec.layers[layer].activation, found);
    statistics.push(found);
    openings.push(await readOpenings(sweep, dead, state.layer(layer).shift));
  }
  if (!copy.x.matrix) return undefined;
  const width = state.spec.layers[last].units;
  const outputs = new Float32Array(copy.x.rows * width);
  statistics.push(await sweep.run(({ start, activations }) => outputs.set(activations, start * width)));
  return { statistics, openings: [...openings, new Map()], outputs };
}

/** The statistics of a layer some of whose units were run again. */
export function withAgain(
  all: readonly UnitStatistics[],
  units: readonly number[],
  again: readonly UnitStatistics[],
): UnitStatistics[] {
  const changed = [...all];
  units.forEach((unit, i) => (changed[unit] = again[i]));
  return changed;
}
