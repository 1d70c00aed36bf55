// Which of many deaths are explained unasked: one of each layer and step of death first, the largest such groups first
// and in each the unit that lost most; then the others by what they lost, the share of open rows by the counters.
import type { FoundDeath } from "./explain-deaths.js";
import { groupBy } from "../../core/group-by.js";

const lost = ({ counters }: FoundDeath): number => (counters ? counters.before - counters.after : 0);

const byLoss = (a: FoundDeath, b: FoundDeath): number =>
  lost(b) - lost(a) || a.step - b.step || a.layer - b.layer || a.unit - b.unit;

/** At most so many of them. */
export function mostTelling(found: readonly FoundDeath[], most: number): ReadonlySet<FoundDeath> {
  if (found.length <= most) return new Set(found);
  const groups = [...groupBy(found, ({ layer, step }) => `${layer} ${step}`).values()]
    .map((group) => group.sort(byLoss))
    .sort((a, b) => b.length - a.length || byLoss(a[0], b[0]));
  const others = groups.flatMap((group) => group.slice(1)).sort(byLoss);
  return new Set([...groups.map(([first]) => first), ...others].slice(0, most));
}
