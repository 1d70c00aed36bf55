// What a callback inside a worker has found since the last report: of lists what is new at their end, of all else
// what is different.

/** Of a list: so many of its first items stay, then come these. Of another value: it is this now. */
type FieldChange = { readonly keep: number; readonly add: readonly unknown[] } | { readonly value: unknown };
export type Change = Readonly<Record<string, FieldChange>>;

type Results = Readonly<Record<string, unknown>>;

function changeOf(before: unknown, now: unknown): FieldChange | undefined {
  if (!Array.isArray(before) || !Array.isArray(now)) return before === now ? undefined : { value: now };
  let keep = 0;
  while (keep < now.length && keep < before.length && Object.is(now[keep], before[keep])) keep++;
  return keep === now.length && keep === before.length ? undefined : { keep, add: now.slice(keep) };
}

/** Remembers what was told: lists grow in place, so copies are kept. */
export class Changes {
  private told: Results = {};

  /** What is new since the last call; undefined where nothing is. */
  next(results: object): Change | undefined {
    const entries = Object.entries(results).flatMap(([key, now]) => {
      const change = changeOf(this.told[key], now);
      return change ? [[key, change] as const] : [];
    });
    if (entries.length === 0) return undefined;
    this.told = Object.fromEntries(
      Object.entries(results).map(([key, now]) => [key, Array.isArray(now) ? now.slice() : (now as unknown)]),
    );
    return Object.fromEntries(entries);
  }
}

/** The results after a change: new objects, so that what was read before stays as it was. */
export function applyChange(before: object, change: Change): object {
  const fields = Object.entries(change).map(([key, field]) => {
    if ("value" in field) return [key, field.value] as const;
    const list = (before as Results)[key];
    return [key, [...(Array.isArray(list) ? list.slice(0, field.keep) : []), ...field.add]] as const;
  });
  return { ...before, ...Object.fromEntries(fields) };
}
