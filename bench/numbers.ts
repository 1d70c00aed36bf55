// Numbers to fill matrices with, the same in every run.

/** From -1 to 1: a multiplicative congruential generator, good enough for this. */
export function filler(seed: number): () => number {
  let state = (seed * 2 + 1) >>> 0;
  return () => {
    state = Math.imul(state, 747796405) >>> 0;
    return Math.fround((state >>> 8) / 2 ** 23 - 1);
  };
}

export function filled(count: number, next: () => number): Float32Array {
  return Float32Array.from({ length: count }, next);
}
