// Random numbers that do not come from the package: the same on every machine but for the last bits of Math.log and
// Math.cos.

import { seededRandom as uniforms } from "../../tests/support/random.js";

export { uniforms };

/** Standard normal draws: Box and Muller 1958. */
export function normals(seed: number): () => number {
  const next = uniforms(seed);
  return () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
}
