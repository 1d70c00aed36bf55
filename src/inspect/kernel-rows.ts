// The order of a kernel's rows where several places of each unit below feed a layer.
import type { Matrix } from "../core/matrix.js";

/**
 * Rows that one unit below feeds brought together: from [places, feeding, units], as flattened channels-last values and
 * Keras' convolutions have them, to feeding x places rows of `units` numbers.
 * @param kernel as many numbers as a multiple of feeding x units
 * @param feeding units below; with one place each a copy comes back
 */
export function rowsByUnit(kernel: Float32Array, feeding: number, units: number): Matrix {
  const places = kernel.length / (feeding * units);
  const data = new Float32Array(kernel.length);
  for (let place = 0; place < places; place++)
    for (let unit = 0; unit < feeding; unit++) {
      const from = (place * feeding + unit) * units;
      data.set(kernel.subarray(from, from + units), (unit * places + place) * units);
    }
  return { rows: feeding * places, columns: units, data };
}
