// Passes over a whole data set, a chunk at a time.
import type { Metrics } from "../types.js";
import type { PreparedData } from "../data.js";
import { lossDivisor } from "../state/passes.js";
import type { ResolvedSpec } from "../spec.js";
import type { NetworkState } from "../state/state.js";
import type { Matrix } from "../../core/matrix.js";

export function hiddenUnits(spec: ResolvedSpec): number[] {
  return spec.layers.slice(0, -1).map(({ units }) => units);
}

/** Mean loss, and for classification the share of right answers: of rows, or of single outputs for binaryCrossEntropy. */
export function toMetrics(spec: ResolvedSpec, lossSum: number, correct: number, rows: number): Metrics {
  const divisor = lossDivisor(spec.loss, rows, spec.layers.at(-1)!.units);
  const loss = lossSum / divisor;
  return spec.loss === "crossEntropy" || spec.loss === "binaryCrossEntropy"
    ? { loss, accuracy: correct / divisor }
    : { loss };
}

/** Runs `x` forward in chunks, with counters where they are wanted; `visit` reads what a chunk left in the buffers before the next one overwrites it. */
export function forEachChunk(
  { passes, buffers }: Pick<NetworkState, "passes" | "buffers">,
  x: Matrix,
  counted: boolean,
  visit: (start: number, rows: number) => void,
): void {
  const chunk = buffers.chunk(x.rows);
  buffers.ensure(chunk, false);
  for (let start = 0; start < x.rows; start += chunk) {
    const rows = Math.min(chunk, x.rows - start);
    passes.copyInputs(x, start, rows);
    passes.forward(rows, counted ? "all" : "none");
    visit(start, rows);
  }
}

/** Loss and accuracy on `count` rows from `first` on, in the order of the indices at `order` (0: as they are). */
export function evaluateRows(
  state: NetworkState,
  data: PreparedData,
  first: number,
  count: number,
  order: number,
): Metrics {
  const { passes, buffers, spec } = state;
  const chunk = buffers.chunk(count);
  buffers.ensure(chunk, false);
  buffers.clearResult();
  for (let start = first; start < first + count; start += chunk) {
    const rows = Math.min(chunk, first + count - start);
    passes.gather(data, start, rows, order);
    passes.forward(rows, "none");
    passes.loss(rows, data.y.kind, false);
  }
  return toMetrics(spec, buffers.lossSum, buffers.correct, count);
}
