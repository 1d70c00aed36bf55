// What was done to the dead units of an ONNX graph, for people.
import { groupBy } from "../core/group-by.js";
import type { GraphTreatment, UntreatedUnit } from "../graph/treat-graph.js";
import { countOf, formatNumber } from "../text/numbers.js";
import { listNames } from "../text/naming.js";
import { onOneLine } from "../text/printable.js";
import { wrap } from "../text/wrap.js";

const unitsOf = (units: readonly { readonly unit: number }[]): string =>
  `${units.length === 1 ? "unit" : "units"} ${listNames(units.map(({ unit }) => unit))}`;

function describeUntreated(name: string, units: readonly UntreatedUnit[]): string[] {
  return [...groupBy(units, ({ reason }) => reason)].map(
    ([reason, own]) =>
      `${onOneLine(name)}: ${unitsOf(own)} left as ${own.length === 1 ? "it is" : "they are"}: ${onOneLine(reason)}`,
  );
}

/** Lines, as a terminal shows them. */
export function describeGraphTreatment({ before, after, lifted, untreated, outputs, notes }: GraphTreatment): string {
  const layers = [
    ...[...groupBy(lifted, ({ name }) => name)].map(([name, units]) => `${onOneLine(name)}: ${unitsOf(units)} lifted`),
    ...[...groupBy(untreated, ({ name }) => name)].flatMap(([name, units]) => describeUntreated(name, units)),
  ];
  const change =
    outputs.largestChange === 0
      ? "the outputs on these rows are the same to the bit"
      : `the outputs on these rows change by ${formatNumber(outputs.largestChange)} at most, ` +
        `of up to ${formatNumber(outputs.largest)}`;
  const counts = `${countOf(before.dead, "unit")} of ${before.units} dead before, ${after.dead} after`;
  return [...layers, `${counts}${lifted.length > 0 ? `; ${change}` : ""}.`, ...notes]
    .map((line) => wrap(line, 80, "  "))
    .join("\n");
}
