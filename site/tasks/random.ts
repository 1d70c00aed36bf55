// Seeded random numbers for the built-in data (Mulberry32; normal by Box and Muller).
import { mulberry32 } from "../../src/core/random.js";

export interface Random {
  /** From 0 to 1. */
  uniform(): number;
  normal(): number;
}

export function randomFrom(seed: number): Random {
  const uniform = mulberry32(seed);
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
