// How often each hidden unit fires, epoch by epoch, on the same few samples: a forward pass with the kernels' counters,
// no more.
import { BatchCounter } from "../../wasm/abi.js";
import {
  type ActivityBlocksOptions,
  type ActivityFrame,
  type ActivityOptions,
  type ActivityRecord,
  describeActivity,
  recordOf,
} from "./activity-options.js";
import type { SampleBlocks } from "../../core/blocks.js";
import { type Matrix, type Samples, toMatrix } from "../../core/matrix.js";
import { defineCallback } from "../../network/training/callbacks.js";
import type { Network } from "../../network/types.js";
import { forEachChunk, rowsAsTheyLie } from "../../network/state/chunks.js";
import { hiddenUnits } from "../../network/training/evaluate.js";
import { stateOf } from "../../network/state/state.js";

function measureActivity(network: Network, x: Matrix): Float32Array[] {
  const state = stateOf(network);
  const shares = hiddenUnits(state.spec).map((units) => new Float32Array(units));
  forEachChunk(state, rowsAsTheyLie(x), { counting: "fired", layers: shares.length }, () => {
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
 * @param options samples (128): rows to look at, evenly apart; everyEpochs (1): from one frame to the next
 * @cost a forward pass over its rows, 128 by default, at each frame
 * @throws RelumineError "value" or "shape"; in fit, "shape" where x is not as wide as the network's inputs
 * @example
 * const activity = recordActivity(x);
 * await network.fit({ x, y }, { callbacks: [activity] });
 * activity.frames.at(-1).layers[0][3]; // how often unit 3 of layer 0 fires
 */
export function recordActivity(x: Samples, options?: ActivityOptions): ActivityRecord;
/**
 * The same of rows in blocks: those rows are read that it looks at, which are those of a matrix of all rows.
 * @param x a source { rows, blocks() }, or { blocks() } that can be opened twice: to count the rows it is read once
 *   more
 * @cost one pass over the blocks, or two
 * @throws RelumineError "value" (also for blocks of which no one knows how many rows they have, and that can be read
 *   but once) or "shape", as a rejection
 * @example const activity = await recordActivity({ rows: 100_000, blocks });
 */
export function recordActivity(x: SampleBlocks, options?: ActivityBlocksOptions): Promise<ActivityRecord>;
export function recordActivity(
  x: Samples | SampleBlocks,
  options?: ActivityBlocksOptions,
): ActivityRecord | Promise<ActivityRecord> {
  return recordOf(recordRows, x, options);
}

function recordRows(x: Samples, options?: ActivityOptions): ActivityRecord {
  const description = describeActivity(x, options);
  const { x: chosen, samples, everyEpochs } = description.options;
  return defineCallback({
    ...description,
    takesSource: true,
    check: (_plan, { spec }) => void toMatrix("recordActivity's x", chosen, spec.inputs),
    start(_fit, { network }, saved) {
      const frames = (saved as ActivityFrame[] | undefined) ?? [{ epoch: 0, layers: measureActivity(network, chosen) }];
      return {
        onEpochEnd({ epoch }) {
          if (epoch % everyEpochs === 0) frames.push({ epoch, layers: measureActivity(network, chosen) });
        },
        read: () => ({ frames, samples }),
        save: () => frames,
      };
    },
  });
}
