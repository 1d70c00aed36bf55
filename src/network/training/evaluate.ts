// Passes over a whole data set, a chunk at a time.
import type { Metrics } from "../types.js";
import type { PreparedData } from "../data.js";
import { isClassification, lossDivisor } from "../losses.js";
import type { ResolvedSpec } from "../spec.js";
import { dataRows, forEachChunk } from "../state/chunks.js";
import { entriesOf } from "../state/sparse-batch.js";
import type { NetworkState } from "../state/state.js";

export function hiddenUnits(spec: ResolvedSpec): number[] {
  return spec.layers.slice(0, -1).map(({ units }) => units);
}

/**
 * Mean loss, by the sum of the rows' weights where they have some, and for classification the share of right answers:
 * of rows, or of single outputs for binaryCrossEntropy. Rows that all weigh 0 have a loss of 0.
 */
export function toMetrics(spec: ResolvedSpec, lossSum: number, correct: number, rows: number, weight = rows): Metrics {
  const outputs = spec.layers.at(-1)!.units;
  const loss = lossSum / lossDivisor(spec.loss, weight || 1, outputs);
  return isClassification(spec.loss) ? { loss, accuracy: correct / lossDivisor(spec.loss, rows, outputs) } : { loss };
}

/**
 * Loss and accuracy on `count` rows from `first` on, in the order of the indices at `order` (0: as they are).
 * @param visit reads what each chunk left in the buffers; its rows are counted from `first`
 */
export function evaluateRows(
  state: NetworkState,
  data: PreparedData,
  first: number,
  count: number,
  order: number,
  visit?: (start: number, rows: number) => void,
): Metrics {
  const { passes, buffers, spec } = state;
  const chunk = buffers.chunk(count);
  buffers.ensure(chunk, false, entriesOf(data.x, chunk));
  buffers.clearResult();
  const isWeighted = data.weights !== undefined;
  let weight = isWeighted ? 0 : count;
  forEachChunk(state, dataRows(data, first, count, order), {}, (start, rows) => {
    passes.loss(rows, data.y.kind, false, isWeighted);
    if (isWeighted) weight += passes.batchWeight;
    visit?.(start, rows);
  });
  return toMetrics(spec, buffers.lossSum, buffers.correct, count, weight);
}
