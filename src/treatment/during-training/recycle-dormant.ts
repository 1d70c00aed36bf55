// ReDo (Sokar et al. 2023, "The dormant neuron phenomenon in deep reinforcement learning"), without its two known
// faults: a layer that is silent as a whole is reset too, and the optimizer's step counts start again with the moments.
import { BatchCounter } from "../../wasm/abi.js";
import {
  describeRecycleDormant,
  type RecycleDormant,
  type RecycleDormantOptions,
  type RecycleDormantResults,
} from "./options.js";
import { actDuring, type RunningRemedy } from "./remedy-callback.js";
import { resetUnit } from "../remedies/unit-parameters.js";
import { defineCallback } from "../../network/training/callbacks.js";
import { isHeldStill, type ResolvedSpec } from "../../network/spec.js";
import { batchOf, rowsPerStep, stepRowsOf } from "../../network/training/plan.js";
import type { RunningFit } from "../../network/training/running-fit.js";

const LEAST_ROWS = 64; // a unit that is silent on a handful of rows is not dormant: small batches are taken together
const EPSILON = 1e-9; // in a layer that is silent as a whole, 0 / EPSILON is below any share

/** What it keeps. */
export interface SavedRecycler {
  readonly recycled: number[];
  readonly steps: number;
  readonly dueAt: number;
  readonly magnitudes: readonly Float64Array[];
  readonly rows: number;
  readonly pending: { readonly layer: number; readonly unit: number }[];
}

class Recycler implements RunningRemedy<RecycleDormantResults> {
  recycled: number[] = [];
  private steps = 0;
  private dueAt: number;
  /** Of each hidden layer, the sums of |activation| over `rows` rows. */
  private magnitudes: readonly Float64Array[];
  private rows = 0;
  private pending: { readonly layer: number; readonly unit: number }[] = [];
  private readonly spec: ResolvedSpec;

  constructor(
    { state }: RunningFit,
    private readonly options: Required<RecycleDormantOptions>,
  ) {
    state.reserveResets();
    this.spec = state.spec;
    this.dueAt = options.everySteps;
    this.magnitudes = state.spec.layers.slice(0, -1).map(({ units }) => new Float64Array(units));
  }

  read(): RecycleDormantResults {
    return { recycled: this.recycled };
  }

  begin(): void {
    this.recycled = this.magnitudes.map(() => 0);
    this.pending = [];
  }

  save(): SavedRecycler {
    const { recycled, steps, dueAt, magnitudes, rows, pending } = this;
    return { recycled, steps, dueAt, magnitudes, rows, pending };
  }

  restore(saved: SavedRecycler): void {
    Object.assign(this, saved);
  }

  note({ state, plan, step }: RunningFit): void {
    const { everySteps } = this.options;
    const batch = rowsPerStep(stepRowsOf(plan));
    this.steps++;
    if (this.steps <= this.dueAt - Math.min(everySteps, Math.ceil(LEAST_ROWS / batch))) return;
    const { f32 } = state.runtime.heap;
    this.magnitudes.forEach((sums, layer) => {
      const at = (state.buffers.counters(layer) >>> 2) + BatchCounter.magnitude * sums.length;
      for (let unit = 0; unit < sums.length; unit++) sums[unit] += f32[at + unit];
    });
    this.rows += batchOf(stepRowsOf(plan), step).rows;
    if (this.steps < this.dueAt || this.rows < Math.min(LEAST_ROWS, everySteps * batch)) return;
    this.choose();
    this.dueAt = this.steps + everySteps;
  }

  private choose(): void {
    this.magnitudes.forEach((sums, layer) => {
      const isHeld = isHeldStill(this.spec, layer);
      const mean = sums.reduce((sum, each) => sum + each, 0) / sums.length / this.rows;
      sums.forEach((sum, unit) => {
        if (sum / this.rows / (mean + EPSILON) <= this.options.dormantBelow && !isHeld)
          this.pending.push({ layer, unit });
      });
      sums.fill(0);
    });
    this.rows = 0;
  }

  /** Front to back: what a recycled unit passes on to another recycled one is that one's new incoming weight. */
  apply({ state }: RunningFit): void {
    for (const { layer, unit } of this.pending) {
      state.edit(() => resetUnit(state, layer, unit));
      this.recycled[layer]++;
    }
    if (this.pending.length > 0) this.pending = [];
  }
}

/**
 * A callback that now and then resets dormant hidden units (ReDo, Sokar et al. 2023).
 *
 * A unit is dormant when its mean |activation| is at most `dormantBelow` of its layer's mean; in a layer that is silent
 * as a whole all are. The means are over the batch of every `everySteps`-th step; of smaller batches the last ones are
 * taken together, at least 64 rows. A dormant unit gets incoming weights redrawn by its layer's initializer, bias 0 and
 * outgoing weights 0, and of a normalized layer gamma 1, beta 0 and running statistics as at the start; the optimizer's
 * moments and step counts of just those entries are reset.
 *
 * A later fit of the same network with the same callback goes on counting steps. Put a trace behind it.
 * @param options everySteps: default 1000; dormantBelow: default 0.025
 * @cost up to 5 % of a step
 * @throws RelumineError "value"; in a second fit (as its rejection) while the first is still running
 * @example
 * const recycling = recycleDormant({ everySteps: 500 });
 * await network.fit({ x, y }, { callbacks: [recycling] });
 * console.log(recycling.recycled);
 */
export function recycleDormant(options?: RecycleDormantOptions): RecycleDormant {
  const description = describeRecycleDormant(options);
  const start = actDuring((fit) => new Recycler(fit, description.options));
  return defineCallback({ ...description, takesSource: "cut", start });
}
