// Files with bytes changed, and what no file may touch.

/** The bytes with some changed, left out or cut off. */
export function mutate(bytes: Uint8Array, next: (limit: number) => number): Uint8Array {
  const mutant = new Uint8Array(bytes);
  const kind = next(8);
  if (kind === 0) return mutant.subarray(0, next(mutant.length));
  if (kind === 1) {
    const start = next(mutant.length);
    const end = Math.min(mutant.length, start + next(64));
    return new Uint8Array([...mutant.subarray(0, start), ...mutant.subarray(end)]);
  }
  for (let count = 1 + next(4); count > 0; count--)
    mutant[next(mutant.length)] = kind < 5 ? next(256) : [0, 1, 127, 128, 255][next(5)];
  return mutant;
}

/** What no file may touch. */
export function prototypes(): string[] {
  return [Object, Array, Map, Function, String, Number].flatMap(({ prototype }) =>
    Reflect.ownKeys(prototype as object).map(String),
  );
}
