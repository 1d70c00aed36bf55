// Which rows train and which are held out: drawn from the seed with integers alone, the same on every machine.

import { randomIntegers } from "../core/random.js";

/** Fisher-Yates. */
function shuffled(rows: readonly number[], random: () => number): number[] {
  const order = [...rows];
  for (let last = order.length - 1; last > 0; last--) {
    const chosen = Math.floor((random() / 2 ** 32) * (last + 1));
    [order[last], order[chosen]] = [order[chosen], order[last]];
  }
  return order;
}

/** How many of each group to hold out: in proportion (largest remainder), and never a whole group. */
function heldOutCounts(sizes: readonly number[], fraction: number): number[] {
  const rows = sizes.reduce((sum, size) => sum + size, 0);
  const required = Math.ceil(rows * fraction - 1e-9); // 0.07 · 100 is 7.000000000000001
  const counts = sizes.map((size) => Math.min(Math.floor(size * fraction), size - 1));
  let missing = required - counts.reduce((sum, count) => sum + count, 0);
  const remainder = (group: number): number => sizes[group] * fraction - counts[group];
  const byRemainder = sizes.map((_, group) => group).sort((a, b) => remainder(b) - remainder(a) || a - b);
  for (const group of byRemainder) {
    if (missing <= 0 || counts[group] >= sizes[group] - 1) continue;
    counts[group]++;
    missing--;
  }
  return counts;
}

function ascending(a: number, b: number): number {
  return a - b;
}

export interface Split {
  /** Ascending. */
  readonly training: readonly number[];
  /** Ascending. */
  readonly heldOut: readonly number[];
}

/**
 * Holds out `fraction` of the rows (rounded up), of each group in proportion; every group keeps at least one training
 * row.
 * @param groups the rows of each class; one group for a target of numbers
 */
export function stratifiedSplit(groups: readonly (readonly number[])[], fraction: number, seed: number): Split {
  const random = randomIntegers(seed);
  const counts = heldOutCounts(
    groups.map(({ length }) => length),
    fraction,
  );
  const training: number[] = [];
  const heldOut: number[] = [];
  groups.forEach((rows, group) => {
    const order = shuffled(rows, random);
    for (const row of order.slice(0, counts[group])) heldOut.push(row);
    for (const row of order.slice(counts[group])) training.push(row);
  });
  return { training: training.sort(ascending), heldOut: heldOut.sort(ascending) };
}
