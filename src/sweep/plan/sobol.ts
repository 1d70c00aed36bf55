// Sobol's sequence: points that fill a cube evenly, however many of them are taken. In each dimension the first 2^k are
// one in each of 2^k equal parts. Direction numbers: new-joe-kuo-6 (Joe and Kuo 2008). A digital shift by the seed,
// which keeps that, makes other points of another seed.
import { randomIntegers } from "../../core/random.js";

/** By dimension from the second on: degree s and coefficients a of the polynomial, and the first s numbers. */
const DIRECTIONS: readonly (readonly [number, number, readonly number[]])[] = [
  [1, 0, [1]],
  [2, 1, [1, 3]],
  [3, 1, [1, 3, 1]],
  [3, 2, [1, 1, 1]],
  [4, 1, [1, 1, 3, 3]],
  [4, 4, [1, 3, 5, 13]],
  [5, 2, [1, 1, 5, 5, 17]],
  [5, 4, [1, 1, 5, 5, 5]],
  [5, 7, [1, 1, 7, 11, 19]],
  [5, 11, [1, 1, 5, 1, 1]],
  [5, 13, [1, 1, 1, 3, 11]],
  [5, 14, [1, 3, 5, 5, 31]],
  [6, 1, [1, 3, 3, 9, 7, 49]],
  [6, 13, [1, 1, 1, 15, 21, 21]],
  [6, 16, [1, 3, 1, 13, 27, 49]],
  [6, 19, [1, 1, 1, 15, 7, 5]],
  [6, 22, [1, 3, 1, 15, 13, 25]],
  [6, 25, [1, 1, 5, 5, 19, 61]],
  [7, 1, [1, 3, 7, 11, 23, 15, 103]],
  [7, 4, [1, 3, 7, 13, 13, 15, 69]],
];
export const MOST_DIMENSIONS = DIRECTIONS.length + 1;
const BITS = 32;

function directionsOf(dimension: number): Uint32Array {
  const v = new Uint32Array(BITS);
  if (dimension === 0) {
    for (let i = 0; i < BITS; i++) v[i] = 2 ** (BITS - 1 - i);
    return v;
  }
  const [s, a, m] = DIRECTIONS[dimension - 1];
  for (let i = 0; i < BITS; i++) {
    if (i < s) {
      v[i] = m[i] * 2 ** (BITS - 1 - i);
      continue;
    }
    v[i] = v[i - s] ^ (v[i - s] >>> s);
    for (let k = 1; k < s; k++) if ((a >>> (s - 1 - k)) & 1) v[i] ^= v[i - k];
  }
  return v;
}

/** The point of an index, from 0 on: a number of [0, 1) for each dimension. */
export function sobol(dimensions: number, seed: number): (index: number) => number[] {
  const draw = randomIntegers(seed);
  const all = Array.from({ length: dimensions }, (_, dimension) => ({
    directions: directionsOf(dimension),
    shift: draw(),
  }));
  return (index) =>
    all.map(({ directions, shift }) => {
      let bits = shift;
      const gray = index ^ (index >>> 1);
      for (let i = 0; i < BITS; i++) if ((gray >>> i) & 1) bits ^= directions[i];
      return (bits >>> 0) / 2 ** BITS;
    });
}

/** Latin hypercube (McKay et al. 1979): of `count` points one in each of as many equal parts of every dimension. */
export function latinHypercube(dimensions: number, count: number, seed: number): (index: number) => number[] {
  const draw = randomIntegers(seed);
  const uniform = () => draw() / 2 ** BITS;
  const columns = Array.from({ length: dimensions }, () => {
    const parts = Float64Array.from({ length: count }, (_, i) => i);
    for (let i = count - 1; i > 0; i--) {
      const other = Math.floor(uniform() * (i + 1));
      [parts[i], parts[other]] = [parts[other], parts[i]];
    }
    return parts.map((part) => (part + uniform()) / count);
  });
  return (index) => columns.map((column) => column[index]);
}
