// Random numbers. Weights, shuffles and splits draw from the kernels' counter-based generator (assembly/random.ts):
// each purpose has a stream of its own, so that none disturbs another. What needs no kernels draws from mulberry32.

/** A seed as the two 32-bit words of the generator's key. */
export interface Seed {
  readonly low: number;
  readonly high: number;
}

export function splitSeed(seed: number): Seed {
  return { low: seed >>> 0, high: Math.floor(seed / 2 ** 32) >>> 0 };
}

export const Stream = { kernel: 1, bias: 2, asymmetry: 3, shuffle: 4, split: 5, redraw: 6, dropout: 7 } as const;

/**
 * Uniform on [0, 1), in steps of 2^-32; the seed's low 32 bits count. Period 2^32.
 *
 * Source: mulberry32, Tommy Ettinger 2017, public domain
 * (https://gist.github.com/tommyettinger/46a874533244883189143505d203312c).
 */
export function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** lowbias32 (Wellons 2018): a bijection of 32-bit integers that leaves no pattern. */
function mix(value: number): number {
  let x = value >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 0;
}

/** Puts the first `length` numbers in an order that is drawn, of integers of 32 bits (Fisher-Yates). */
export function shuffleBy(draw: () => number, numbers: number[] | Uint32Array, length = numbers.length): void {
  for (let last = length - 1; last > 0; last--) {
    const chosen = Math.floor((draw() / 2 ** 32) * (last + 1));
    const kept = numbers[last];
    numbers[last] = numbers[chosen];
    numbers[chosen] = kept;
  }
}

/**
 * A stream of 32-bit integers: a counter, mixed and keyed by the seed. The rows that are held out are drawn from it.
 */
export function randomIntegers(seed: number): () => number {
  const key = mix(mix(seed % 2 ** 32) + Math.floor(seed / 2 ** 32));
  let counter = 0;
  return () => mix(mix(counter++) + key);
}

/** A stream of bits, the same every time; which corners of the box a proof's search starts from is drawn from it. */
export function randomBits(seed: number): () => number {
  let state = seed;
  return () => (state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x6d2b79f5) >>> 31;
}
