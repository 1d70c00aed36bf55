// Random numbers that do not come from the package: the same on every machine but for the last bits of Math.log and
// Math.cos.

import { normal, seededRandom as uniforms } from "../../tests/support/random.js";

export { uniforms };

/** Standard normal draws. */
export const normals = (seed: number): (() => number) => normal(uniforms(seed));
