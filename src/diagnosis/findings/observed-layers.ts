// What layers of another program's network show, where no more is known than what they did on some rows: which rows
// no unit of a layer passes on, units that are silent together, sparsity.
import type { Evidence, Found } from "./evidence.js";
import { assignRoles } from "./roles.js";
import { findSilentTogether, findSparsity } from "./units.js";
import type { Finding } from "../types.js";
import { countOf, formatCount, formatPercent, plural } from "../../text/numbers.js";

/** Layers all of whose units are closed on some rows; not on all, of which the units tell. */
function findClosedRows({ observation, hidden, naming }: Evidence): Found[] {
  const { layers, rows } = observation;
  return hidden.flatMap(({ layer, units }): Found[] => {
    const closed = layers[layer].closedRows?.length ?? 0;
    if (closed === 0 || closed === rows) return [];
    const name = naming.layer(layer);
    return [
      {
        kind: "closedSamples",
        role: "remark",
        message:
          `On ${formatCount(closed)} of ${countOf(rows, "row")} (${formatPercent(closed / rows)}) ` +
          `${plural(units.length, "the only unit", "every unit")} of layer ${name} is closed: it passes on nothing ` +
          `of ${plural(closed, "it", "them")}, and no gradient comes back through it.`,
        advice:
          `Look at what ${plural(closed, "this row has", "these rows have")} in common, ` +
          "if nothing goes past the layer.",
        layer,
        figures: { closedRows: closed, rows },
      },
    ];
  });
}

export function findOfLayers(evidence: Evidence): Finding[] {
  const several = evidence.observation.rows < 2 ? [] : [...findSilentTogether(evidence), ...findSparsity(evidence)];
  return assignRoles([...findClosedRows(evidence), ...several], evidence);
}
