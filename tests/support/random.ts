// Random numbers of the tests' and benchmarks' own: the same everywhere, and not the package's.
import type { Rows } from "../reference/network.js";

/** Uniform on [0, 1): mulberry32 (Tommy Ettinger 2017, public domain). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Whole numbers below 2^32, of which the high bits are the good ones: the linear congruential generator of Numerical Recipes. */
export function congruential(seed: number): () => number {
  let state = seed >>> 0;
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0);
}

/** Whole numbers from low to high, the ends included. */
export function integer(random: () => number, low: number, high: number): number {
  return low + Math.floor(random() * (high - low + 1));
}

/** Standard normal numbers, of two uniform ones each: Box and Muller 1958. */
export function normal(random: () => number): () => number {
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Rows of float32 numbers, uniform from -scale to scale. */
export function randomRows(random: () => number, rows: number, columns: number, scale = 1): Rows {
  return Array.from({ length: rows }, () =>
    Array.from({ length: columns }, () => Math.fround((2 * random() - 1) * scale)),
  );
}
