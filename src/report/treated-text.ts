// What became of a model that was treated: its units and its outputs, counted.
import type { OutputChange } from "../graph/treat-graph.js";
import type { Treatment } from "../treatment/types.js";
import { countOf, formatCount, formatNumber } from "../text/numbers.js";

/** Hidden units by what became of them. */
export interface TreatedCounts {
  readonly units: { readonly before: number; readonly after: number };
  readonly dead: { readonly before: number; readonly after: number };
  /** Dead before, and not after. */
  readonly revived: number;
  /** Taken out of the network. */
  readonly removed: number;
}

type Counted = Pick<Treatment, "before" | "after">;

export function countTreated({ before, after }: Counted): TreatedCounts {
  const removed = before.units - after.units;
  return {
    units: { before: before.units, after: after.units },
    dead: { before: before.dead, after: after.dead },
    revived: removed > 0 ? 0 : revivedIn({ before, after }),
    removed,
  };
}

function revivedIn({ before, after }: Counted): number {
  return before.layers.reduce((sum, { units }, layer) => {
    const now = after.layers[layer].units;
    return sum + units.filter(({ state }, unit) => state === "dead" && now[unit].state !== "dead").length;
  }, 0);
}

/** How outputs changed on the rows that the model was treated on. */
export interface ChangedOutputs extends Pick<OutputChange, "largestChange" | "meanChange"> {
  /** Of classes: rows that another class is predicted for. */
  readonly otherClass?: number;
}

/** `26 units revived, 0 removed; outputs: largest change 0.031, mean 0.0004; another class for 3 of 64 rows` */
export function describeTreated(
  { revived, removed }: TreatedCounts,
  { largestChange, meanChange, otherClass }: ChangedOutputs,
  rows: number,
): string {
  const outputs =
    largestChange === 0
      ? "outputs as they were"
      : `outputs: largest change ${formatNumber(largestChange)}, mean ${formatNumber(meanChange)}`;
  const classes =
    otherClass === undefined ? "" : `; another class for ${formatCount(otherClass)} of ${countOf(rows, "row")}`;
  return `${countOf(revived, "unit")} revived, ${formatCount(removed)} removed; ${outputs}${classes}`;
}
