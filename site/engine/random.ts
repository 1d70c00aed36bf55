// Seeded random numbers for the built-in data (Mulberry32; normal by Box and Muller).

export interface Random {
  /** From 0 to 1. */
  uniform(): number;
  normal(): number;
}

export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return { uniform, normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()) };
}

/** 0 .. count - 1 in a random order (Fisher and Yates). */
export function shuffledIndices(count: number, random: Random): number[] {
  const order = Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const other = Math.floor(random.uniform() * (i + 1));
    [order[i], order[other]] = [order[other], order[i]];
  }
  return order;
}
