// Which random numbers serve what: each purpose has a stream of its own, so that none disturbs another.

/** A seed as the two 32-bit words of the generator's key. */
export interface Seed {
  readonly low: number;
  readonly high: number;
}

export function splitSeed(seed: number): Seed {
  return { low: seed >>> 0, high: Math.floor(seed / 2 ** 32) >>> 0 };
}

export const Stream = { kernel: 1, bias: 2, asymmetry: 3, shuffle: 4, split: 5, redraw: 6 } as const;
