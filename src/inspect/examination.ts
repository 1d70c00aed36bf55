// A network under examination: one pass over the samples with the counters of the forward kernels.
import { RelumineError } from "../core/errors.js";
import type { Matrix } from "../core/matrix.js";
import { BatchBuffers } from "../network/state/batch-buffers.js";
import { forEachChunk } from "../network/training/evaluate.js";
import { Passes } from "../network/state/passes.js";
import type { NetworkState } from "../network/state/state.js";
import { CounterTotals, type UnitTotals } from "./statistics.js";
import { analysisOf } from "../activations/analysis.js";
import { activationCode, BATCH_COUNTERS } from "../wasm/abi.js";
import type { Arena } from "../wasm/heap.js";

const LINEAR = activationCode("linear");

/** A network under examination: buffers of its own, which keep all preactivations, and what a pass over x counted. */
export interface Examination {
  readonly state: NetworkState;
  readonly x: Matrix;
  readonly buffers: BatchBuffers;
  readonly passes: Passes;
  /** By layer (the output layer included) and unit. */
  readonly totals: readonly (readonly UnitTotals[])[];
  /** The smallest |preactivation|, for layers whose activation is two-sided. */
  readonly nearest: readonly (Float32Array | undefined)[];
  /** The columns of x, counted as if they were the preactivations of a layer. */
  readonly columns: readonly UnitTotals[];
}

/** @throws RelumineError "value" that names the layer whose weights are not finite */
export function checkWeights(state: NetworkState): void {
  const { kernels } = state.runtime;
  state.spec.layers.forEach(({ units }, layer) => {
    const { kernel, bias, alpha } = state.layout.layers[layer];
    const parts = {
      kernel: [kernel, state.inputsOf(layer) * units],
      bias: [bias, units],
      alpha: [alpha ?? bias, units],
    } as const;
    for (const [name, [offset, count]] of Object.entries(parts)) {
      if (!kernels.allFinite(count, state.parameters + offset)) {
        throw new RelumineError(
          "value",
          `layers[${layer}].${name}`,
          "to be finite",
          "numbers that are not",
          "Has the training diverged?",
        );
      }
    }
  });
}

function checkTotals(totals: readonly (readonly UnitTotals[])[]): void {
  totals.forEach((units, layer) => {
    const unit = units.findIndex(({ min, max }) => !Number.isFinite(min) || !Number.isFinite(max));
    if (unit >= 0)
      throw new RelumineError(
        "value",
        `layers[${layer}].units[${unit}]`,
        "to have finite preactivations on x",
        `${Number.isFinite(units[unit].max) ? units[unit].min : units[unit].max}`,
        "Are weights or samples too large?",
      );
  });
}

export function examine(state: NetworkState, x: Matrix, scratch: Arena): Examination {
  const { runtime, spec } = state;
  const buffers = new BatchBuffers(spec, runtime.heap, scratch, true);
  const passes = new Passes(runtime, spec, state.layout, buffers, state.parameters);
  const widths = spec.layers.map(({ units }) => units);
  const counted = new CounterTotals(widths, runtime.kernels, runtime.heap, scratch);
  const nearest = spec.layers.map(({ units, activation }) =>
    analysisOf(activation.name).isTwoSided ? new Float32Array(units).fill(Infinity) : undefined,
  );
  const columns = new CounterTotals([x.columns], runtime.kernels, runtime.heap, scratch);
  const columnCounters = scratch.allocate(x.columns * BATCH_COUNTERS * 4, "the columns' counters");
  forEachChunk({ passes, buffers }, x, true, (_start, rows) => {
    counted.fold(rows, buffers);
    runtime.kernels.activationForward(
      LINEAR,
      0,
      0,
      rows,
      x.columns,
      buffers.inputs,
      0,
      buffers.inputs,
      columnCounters,
      1,
    );
    columns.fold(rows, { counters: () => columnCounters });
    nearest.forEach(
      (smallest, layer) =>
        smallest && keepNearest(smallest, state.floats(buffers.preactivations(layer), rows * smallest.length)),
    );
  });
  const totals = widths.map((_, layer) => counted.readLayer(layer, nearest[layer]));
  checkTotals(totals);
  return { state, x, buffers, passes, totals, nearest, columns: columns.readLayer(0) };
}

function keepNearest(nearest: Float32Array, z: Float32Array): void {
  const units = nearest.length;
  for (let i = 0; i < z.length; i++) nearest[i % units] = Math.min(nearest[i % units], Math.abs(z[i]));
}
