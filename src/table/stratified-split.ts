// Which rows train and which are held out, or in which fold each is: drawn from the seed with integers alone, the same
// on every machine.

import { randomIntegers, shuffleBy } from "../core/random.js";

function shuffled(rows: readonly number[], random: () => number): number[] {
  const order = [...rows];
  shuffleBy(random, order);
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

/**
 * The fold of each row, from 0 on: of each group as many in every fold, but for one, and as many rows.
 * @param groups as for stratifiedSplit; those of fewer rows than folds are in some folds alone
 */
export function stratifiedFolds(groups: readonly (readonly number[])[], folds: number, seed: number): Int32Array {
  const random = randomIntegers(seed);
  const foldOf = new Int32Array(groups.reduce((sum, rows) => sum + rows.length, 0));
  let next = 0; // goes on from one group to the next
  for (const rows of groups) for (const row of shuffled(rows, random)) foldOf[row] = next++ % folds;
  return foldOf;
}

/**
 * The same where rows of one block stay together: the largest blocks first, each to the fold where the shares of all
 * groups then differ least, of equals to that of the fewest rows.
 * @param blockOf of each row, from 0 on
 */
export function blockedFolds(
  groups: readonly (readonly number[])[],
  blockOf: ArrayLike<number>,
  folds: number,
  seed: number,
): Int32Array {
  const blocks = new Map<number, { readonly rows: number[]; readonly counts: number[] }>();
  groups.forEach((rows, group) => {
    for (const row of rows) {
      const block = blocks.get(blockOf[row]) ?? { rows: [], counts: groups.map(() => 0) };
      blocks.set(blockOf[row], block);
      block.rows.push(row);
      block.counts[group]++;
    }
  });
  const all = [...blocks.entries()].sort(([a], [b]) => a - b).map(([, block]) => block);
  const order = shuffled([...all.keys()], randomIntegers(seed)).sort((a, b) => all[b].rows.length - all[a].rows.length);
  const filled = Array.from({ length: folds }, () => ({ rows: 0, counts: groups.map(() => 0) }));
  const foldOf = new Int32Array(groups.reduce((sum, rows) => sum + rows.length, 0));
  const cost = (fold: number, counts: readonly number[]) =>
    counts.reduce((sum, count, group) => {
      const size = Math.max(1, groups[group].length);
      return sum + (count * (2 * filled[fold].counts[group] + count)) / (size * size);
    }, 0);
  for (const place of order) {
    const { rows, counts } = all[place];
    const costs = filled.map((_, fold) => cost(fold, counts));
    const least = Math.min(...costs);
    const [fold] = [...filled.keys()]
      .filter((each) => costs[each] === least)
      .sort((a, b) => filled[a].rows - filled[b].rows || a - b);
    for (const row of rows) foldOf[row] = fold;
    filled[fold].rows += rows.length;
    counts.forEach((count, group) => (filled[fold].counts[group] += count));
  }
  return foldOf;
}
