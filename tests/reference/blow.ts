// The blow by its definition: tried on every run of updates.

export interface TrueBlow {
  readonly step: number;
  readonly lastStep: number;
  readonly openBefore: number;
  readonly openAfter: number;
}

/**
 * A run of at most ten updates and a quarter of the window, or two updates, that took more than half of the largest share within a window
 * before it, and of which the unit never regained half. Within a window the shortest, then the largest, then the last;
 * a later one where it took a quarter of what there was before the earlier.
 * @param shares shares[k]: the unit's share of open rows after k updates, up to the update by which it is closed
 * @param window of the trace
 */
export function blowOf(shares: readonly number[], window: number): TrueBlow | undefined {
  const runs: (TrueBlow & { readonly length: number })[] = [];
  for (let length = 1; length <= Math.max(2, Math.min(10, Math.floor(window / 4))); length++) {
    for (let from = 0; from + length < shares.length; from++) {
      const half = Math.max(...shares.slice(Math.max(0, from - window), from + 1)) / 2;
      const [openBefore, openAfter] = [shares[from], shares[from + length]];
      if (
        openBefore - openAfter <= half ||
        shares.slice(from + length).some((share) => share >= (openBefore + openAfter) / 2)
      )
        continue;
      runs.push({ step: from + 1, lastStep: from + length, openBefore, openAfter, length });
    }
  }
  const fall = ({ openBefore, openAfter }: TrueBlow) => openBefore - openAfter;
  const rank = runs.sort((a, b) => a.length - b.length || fall(b) - fall(a) || b.step - a.step);
  const leaders: TrueBlow[] = [];
  while (rank.length > 0) {
    const [leader] = rank;
    leaders.push(leader);
    rank.splice(0, rank.length, ...rank.filter(({ step }) => Math.abs(step - leader.step) > window));
  }
  let blow: TrueBlow | undefined;
  for (const run of leaders.sort((a, b) => a.step - b.step)) if (!blow || fall(run) >= blow.openBefore / 4) blow = run;
  return blow;
}
