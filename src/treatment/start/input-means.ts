// The means of inputs, and inputs without them: plain arithmetic, for a page as for the worker that holds its network.
import { RelumineError } from "../../core/errors.js";
import { type Matrix, type Samples, toMatrix, toRows } from "../../core/matrix.js";

/** The means of inputs. */
export interface InputMeans {
  /** Of each input, in float32. */
  readonly mean: Float32Array;
  /**
   * Samples with the means subtracted, a copy.
   * @throws RelumineError "shape" or "value"
   */
  apply(samples: Samples): Matrix;
}

function meanOf({ rows, columns, data }: Matrix): Float32Array {
  const sums = new Float64Array(columns);
  for (let i = 0; i < data.length; i++) sums[i % columns] += data[i];
  return Float32Array.from(sums, (sum) => sum / rows);
}

export function inputMeans(x: Samples): InputMeans {
  const mean = meanOf(toRows("x", x));
  return {
    mean,
    apply(given) {
      const { rows, columns, data } = toMatrix("samples", given, mean.length);
      return { rows, columns, data: data.map((value, i) => value - mean[i % columns]) };
    },
  };
}

/** Means are folded into a network once. */
export function checkFirst(folded: WeakSet<object>, network: object): void {
  if (!folded.has(network)) return;
  const given = "one that has them in its biases already";
  throw new RelumineError("value", "network", "to be one that these means were not folded into", given);
}
