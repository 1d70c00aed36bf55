// The order in which a grid is gone through: every 2^k-th value of each axis first, then what lies halfway between, and
// so on, so that a sweep under way, or one that was stopped, has seen all of it, coarsely.

/** How many times a stride was halved until it meets the place: 0 for the first place alone. */
function levelsOf(count: number): Uint8Array {
  const halvings = Math.ceil(Math.log2(Math.max(1, count)));
  return Uint8Array.from({ length: count }, (_, place) => {
    let level = 0;
    while (place % 2 ** (halvings - level) !== 0) level++;
    return level;
  });
}

/** @param counts values of each axis, the first of which changes slowest */
export function coarseFirst(counts: readonly number[]): Uint32Array {
  const axes = counts.map(levelsOf);
  const cells = counts.reduce((product, count) => product * count, 1);
  const levels = new Uint8Array(cells);
  let inner = cells;
  axes.forEach((own, axis) => {
    inner /= counts[axis];
    for (let cell = 0; cell < cells; cell++)
      levels[cell] = Math.max(levels[cell], own[Math.floor(cell / inner) % counts[axis]]);
  });
  const places = new Float64Array(34); // where each level begins
  for (const level of levels) places[level + 1]++;
  for (let level = 1; level < places.length; level++) places[level] += places[level - 1];
  const order = new Uint32Array(cells);
  levels.forEach((level, cell) => (order[places[level]++] = cell));
  return order;
}
