// The gradient of the mean loss over a whole data set, at the weights as they are.
import { lossDivisor } from "../losses.js";
import { dataRows, forEachChunk } from "../state/chunks.js";
import { entriesOf } from "../state/sparse-batch.js";
import { isSparse } from "../../core/sparse.js";
import type { NetworkState } from "../state/state.js";
import type { Gradients, Weights } from "../types.js";
import type { PreparedData } from "../data.js";

/** Of sparse rows: adds a chunk's gradient of the rows of the first kernel that have one. */
function addTouched({ buffers, runtime }: NetworkState, share: number, sum: Float64Array): void {
  const { count, list, gradient, units } = buffers.sparse.touched;
  const { f32, u32 } = runtime.heap;
  for (let i = 0, from = gradient >>> 2; i < count; i++) {
    const to = u32[(list >>> 2) + i] * units;
    for (let unit = 0; unit < units; unit++, from++) sum[to + unit] += f32[from] * share;
  }
}

/** Sums over chunks of rows, in float64; a chunk's own sums are the kernels'. Nothing of the network changes. */
export function gradientsOf(state: NetworkState, data: PreparedData): Gradients {
  const { buffers, passes, spec, gradient, parameterFloats } = state;
  const outputs = spec.layers.at(-1)!.units;
  const sum = new Float64Array(parameterFloats);
  const { weights } = data;
  const total = weights ? weights.reduce((sum_, weight) => sum_ + weight, 0) : data.rows;
  const isTouching = isSparse(data.x);
  const first = isTouching ? buffers.sparse.touched.floats : 0;
  let loss = 0;
  const chunk = buffers.chunk(data.rows);
  buffers.ensure(chunk, true, entriesOf(data.x, chunk));
  forEachChunk(state, dataRows(data, 0, data.rows, 0), { counting: "fired" }, (_start, rows) => {
    buffers.clearResult();
    passes.loss(rows, data.y.kind, true, weights !== undefined);
    passes.backward(rows, gradient, 0, !isTouching);
    loss += buffers.lossSum;
    const share = (weights ? passes.batchWeight : rows) / total;
    const part = state.floats(gradient, parameterFloats);
    if (isTouching) addTouched(state, share, sum);
    for (let i = first; i < part.length; i++) sum[i] += part[i] * share;
  });
  state.floats(gradient, parameterFloats).set(sum);
  buffers.sparse.forgetSpread();
  const layers = spec.layers.map((_, index): Weights => {
    const { kernel, bias, alpha, gamma, beta } = state.layer(index, gradient);
    return {
      kernel: kernel.slice(),
      bias: bias.slice(),
      ...(alpha && { alpha: alpha.slice() }),
      ...(gamma && beta && { gamma: gamma.slice(), beta: beta.slice() }),
    };
  });
  // A training that is under way takes the part of frozen layers for 0.
  if (spec.layers.some(({ frozen }) => frozen)) state.floats(gradient, parameterFloats).fill(0);
  return { loss: loss / lossDivisor(spec.loss, total, outputs), layers };
}
