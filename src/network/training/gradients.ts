// The gradient of the mean loss over a whole data set, at the weights as they are.
import { lossDivisor } from "../losses.js";
import { dataRows, forEachChunk } from "../state/chunks.js";
import { entriesOf } from "../state/sparse-batch.js";
import type { NetworkState } from "../state/state.js";
import type { Gradients, Weights } from "../types.js";
import type { PreparedData } from "../data.js";

/** Sums over chunks of rows, in float64; a chunk's own sums are the kernels'. Nothing of the network changes. */
export function gradientsOf(state: NetworkState, data: PreparedData): Gradients {
  const { buffers, passes, spec, gradient, parameterFloats } = state;
  const outputs = spec.layers.at(-1)!.units;
  const sum = new Float64Array(parameterFloats);
  const { weights } = data;
  const total = weights ? weights.reduce((sum_, weight) => sum_ + weight, 0) : data.rows;
  let loss = 0;
  const chunk = buffers.chunk(data.rows);
  buffers.ensure(chunk, true, entriesOf(data.x, chunk));
  forEachChunk(state, dataRows(data, 0, data.rows, 0), { counting: "fired" }, (_start, rows) => {
    buffers.clearResult();
    passes.loss(rows, data.y.kind, true, weights !== undefined);
    passes.backward(rows, gradient);
    loss += buffers.lossSum;
    const share = (weights ? passes.batchWeight : rows) / total;
    const part = state.floats(gradient, parameterFloats);
    for (let i = 0; i < part.length; i++) sum[i] += part[i] * share;
  });
  state.floats(gradient, parameterFloats).set(sum);
  buffers.sparse.forgetSpread();
  const layers = spec.layers.map((_, index): Weights => {
    const { kernel, bias, alpha } = state.layer(index, gradient);
    return { kernel: kernel.slice(), bias: bias.slice(), ...(alpha && { alpha: alpha.slice() }) };
  });
  // A training that is under way takes the part of frozen layers for 0.
  if (spec.layers.some(({ frozen }) => frozen)) state.floats(gradient, parameterFloats).fill(0);
  return { loss: loss / lossDivisor(spec.loss, total, outputs), layers };
}
