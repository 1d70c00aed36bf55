// From a unit's share of open rows after each update: the run of few updates that took most of it.

/** A run of updates, from + 1 .. to, and the share of open rows before and after it. */
export interface OpenRun {
  readonly from: number;
  readonly to: number;
  readonly before: number;
  readonly after: number;
  /** What each took. */
  readonly steps: readonly { readonly step: number; readonly fall: number }[];
}

type Run = Omit<OpenRun, "steps">;

const MOST = 0.5; // of what there was before
const LEAST_LATER = 0.25;

const fallOf = ({ before, after }: Run) => before - after;

/** By place in `positions`: the largest share within `window` updates up to it. */
function highestBefore(positions: readonly number[], shares: readonly number[], window: number): number[] {
  let first = 0;
  return positions.map((position, i) => {
    while (positions[first] < position - window) first++;
    return shares.slice(first, i + 1).reduce((a, b) => Math.max(a, b));
  });
}

/** By place: the largest share from it on. */
function highestFrom(shares: readonly number[]): number[] {
  const highest = [...shares];
  for (let i = highest.length - 2; i >= 0; i--) highest[i] = Math.max(highest[i], highest[i + 1]);
  return highest;
}

/**
 * Runs of a length that took more than half of the largest share in the window before, and of which the unit never
 * regained half; largest first.
 */
function runsOf(positions: readonly number[], shares: readonly number[], window: number, length: number): Run[] {
  const before = highestBefore(positions, shares, window);
  const later = highestFrom(shares);
  const runs: Run[] = [];
  for (let i = 0, j = 0; i < positions.length; i++) {
    while (j < positions.length && positions[j] < positions[i] + length) j++;
    if (positions[j] !== positions[i] + length) continue;
    if (tookMost(shares[i] - shares[j], before[i]) && later[j] < (shares[i] + shares[j]) / 2)
      runs.push({ from: positions[i], to: positions[j], before: shares[i], after: shares[j] });
  }
  return runs.sort((a, b) => fallOf(b) - fallOf(a) || b.from - a.from);
}

/** Did a fall take most of what the unit had? */
export function tookMost(fall: number, before: number): boolean {
  return fall > MOST * before;
}

/** Does a later fall count, where an earlier one took most of what the unit had? */
export function outweighs(later: number, beforeEarlier: number): boolean {
  return later >= LEAST_LATER * beforeEarlier;
}

/**
 * The run of few updates that took most of a unit's rows: more than half of the largest share in the window before it,
 * of which the unit never regained half. Of several in one window the shortest, then the one that took most, then the
 * last. Of several windows the last, if it took a quarter of what there was before the one before: else it took a
 * remainder. Undefined if there is none.
 * @param known shares by position (updates made), some or all of them
 */
export function findRun(
  known: ReadonlyMap<number, number>,
  { window, longest }: { readonly window: number; readonly longest: number },
): OpenRun | undefined {
  const positions = [...known.keys()].sort((a, b) => a - b);
  const shares = positions.map((position) => known.get(position)!);
  const apart: Run[] = [];
  for (let length = 1; length <= longest; length++) {
    for (const run of runsOf(positions, shares, window, length))
      if (apart.every((other) => Math.abs(other.from - run.from) > window)) apart.push(run);
  }
  const [first, ...later] = apart.sort((a, b) => a.from - b.from);
  if (!first) return undefined;
  const blow = later.reduce((kept, run) => (outweighs(fallOf(run), kept.before) ? run : kept), first);
  return { ...blow, steps: stepsOf(known, blow.from, blow.to) };
}

function stepsOf(known: ReadonlyMap<number, number>, from: number, to: number): OpenRun["steps"] {
  return Array.from({ length: to - from }, (_, i) => {
    const step = from + 1 + i;
    return { step, fall: (known.get(step - 1) ?? NaN) - (known.get(step) ?? NaN) };
  });
}
