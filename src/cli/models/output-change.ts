// How a treatment changes what a network gives on rows: logits, for the cross-entropies.
import type { SampleRows } from "../../core/matrix.js";
import type { Network } from "../../index.js";
import { isClassification, nameOf } from "../../network/losses.js";
import type { ChangedOutputs } from "../../report/treated-text.js";

function largestOf(row: Float32Array): number {
  return row.reduce((best, value, index) => (value > row[best] ? index : best), 0);
}

function classOf(data: Float32Array, columns: number, row: number): number {
  if (columns === 1) return data[row] > 0 ? 1 : 0;
  return largestOf(data.subarray(row * columns, (row + 1) * columns));
}

/** What a network gives before it is treated. */
export class OutputsBefore {
  readonly #outputs: Float32Array;

  constructor(
    network: Network,
    private readonly x: SampleRows,
  ) {
    this.#outputs = network.predict(x, { logits: true }).data;
  }

  changeTo(network: Network): ChangedOutputs {
    const { data, columns, rows } = network.predict(this.x, { logits: true });
    const { loss } = network.spec;
    const before = this.#outputs;
    let [largestChange, total, otherClass] = [0, 0, 0];
    for (let i = 0; i < data.length; i++) {
      const gap = Math.abs(data[i] - before[i]);
      largestChange = Math.max(largestChange, gap);
      total += gap;
    }
    for (let row = 0; row < rows; row++)
      if (classOf(data, columns, row) !== classOf(before, columns, row)) otherClass++;
    // of several outputs a binary cross-entropy makes labels of their own, not classes
    const isOfClasses = nameOf(loss) === "crossEntropy" || (columns === 1 && isClassification(loss));
    const meanChange = data.length === 0 ? 0 : total / data.length;
    return { largestChange, meanChange, ...(isOfClasses && { otherClass }) };
  }
}
