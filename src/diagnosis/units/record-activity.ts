// How often each hidden unit fires, epoch by epoch, on the same few samples: a forward pass with the kernels' counters,
// no more.
import { BatchCounter } from "../../wasm/abi.js";
import { checkInteger, checkOptions } from "../../core/checks.js";
import { type Matrix, type Samples, toMatrix, toRows } from "../../core/matrix.js";
import type { Callback, Network } from "../../network/types.js";
import { forEachChunk, hiddenUnits } from "../../network/training/evaluate.js";
import { stateOf } from "../../network/state/state.js";

/** One look at the network. */
export interface ActivityFrame {
  /** 0: before the training. */
  readonly epoch: number;
  /** For each hidden layer, each unit's share of the samples with a preactivation above 0. */
  readonly layers: readonly Float32Array[];
}

export interface ActivityRecord extends Callback {
  /** In the order of the epochs; a new fit resets it. */
  readonly frames: readonly ActivityFrame[];
  /** Of each frame. */
  readonly samples: number;
}

/** Evenly apart: a table is often sorted. */
function spreadRows({ rows, columns, data }: Matrix, wanted: number): Matrix {
  if (rows <= wanted) return { rows, columns, data: data.slice() };
  const chosen = new Float32Array(wanted * columns);
  for (let i = 0; i < wanted; i++) {
    const row = Math.floor(((i + 0.5) * rows) / wanted);
    chosen.set(data.subarray(row * columns, (row + 1) * columns), i * columns);
  }
  return { rows: wanted, columns, data: chosen };
}

function measureActivity(network: Network, x: Matrix): Float32Array[] {
  const state = stateOf(network);
  const shares = hiddenUnits(state.spec).map((units) => new Float32Array(units));
  forEachChunk(state, x, true, () => {
    shares.forEach((counts, layer) => {
      const fired = state.floats(state.buffers.counters(layer) + BatchCounter.fired * counts.byteLength, counts.length);
      for (let unit = 0; unit < counts.length; unit++) counts[unit] += fired[unit];
    });
  });
  return shares.map((counts) => counts.map((count) => count / x.rows));
}

/**
 * A callback that looks at each hidden unit's activity before the training and at the end of epochs. A unit that is
 * silent in a frame may still fire on other samples: whether it is dead, diagnose says.
 * @param x rows x inputs
 * @param options samples (128): rows to look at, evenly apart; every (1): epochs from one frame to the next
 * @throws RelumineError "value" or "shape"; in fit, "shape" where x is not as wide as the network's inputs
 * @example
 * const activity = recordActivity(x);
 * await network.fit({ x, y }, { callbacks: [activity] });
 * activity.frames.at(-1).layers[0][3]; // how often unit 3 of layer 0 fires
 */
export function recordActivity(x: Samples, options?: { samples?: number; every?: number }): ActivityRecord {
  const given = checkOptions("recordActivity", options, ["samples", "every"]);
  const wanted = checkInteger("samples", given.samples ?? 128, { low: 1 });
  const every = checkInteger("every", given.every ?? 1, { low: 1 });
  const matrix = toRows("x", x);
  const chosen = spreadRows(matrix, wanted);
  const frames: ActivityFrame[] = [];
  return {
    frames,
    samples: chosen.rows,
    onTrainBegin({ network }) {
      frames.length = 0;
      frames.push({
        epoch: 0,
        layers: measureActivity(network, toMatrix("recordActivity's x", chosen, network.spec.inputs)),
      });
    },
    onEpochEnd({ epoch }, { network }) {
      if (epoch % every === 0) frames.push({ epoch, layers: measureActivity(network, chosen) });
    },
  };
}
