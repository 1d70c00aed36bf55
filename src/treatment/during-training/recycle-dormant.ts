// ReDo (Sokar et al. 2023, "The dormant neuron phenomenon in deep reinforcement learning"), without its two known faults: a layer that is silent
// as a whole is reset too, and the optimizer's step counts start again with the moments.
import { BatchCounter } from "../../wasm/abi.js";
import { actDuring, type RunningRemedy } from "./remedy-callback.js";
import { resetUnit } from "../remedies/unit-parameters.js";
import { checkInteger, checkNumber, checkOptions } from "../../core/checks.js";
import type { Callback } from "../../network/types.js";
import { batchOf } from "../../network/training/plan.js";
import type { RunningFit } from "../../network/training/running-fit.js";

export interface RecycleDormant extends Callback {
  /** Units that were reset in the fit that is running or ran last, one count per hidden layer. */
  readonly recycled: readonly number[];
}

interface Options {
  readonly every: number;
  readonly tau: number;
}

const LEAST_ROWS = 64; // a unit that is silent on a handful of rows is not dormant: small batches are taken together
const EPSILON = 1e-9; // in a layer that is silent as a whole, 0 / EPSILON is below any tau

class Recycler implements RunningRemedy {
  recycled: number[] = [];
  private steps = 0;
  private dueAt: number;
  /** Of each hidden layer, the sums of |activation| over `rows` rows. */
  private readonly magnitudes: readonly Float64Array[];
  private rows = 0;
  private pending: { readonly layer: number; readonly unit: number }[] = [];

  constructor(
    { state }: RunningFit,
    private readonly options: Options,
  ) {
    this.dueAt = options.every;
    this.magnitudes = state.spec.layers.slice(0, -1).map(({ units }) => new Float64Array(units));
  }

  begin(): void {
    this.recycled = this.magnitudes.map(() => 0);
    this.pending = [];
  }

  note({ state, plan, step }: RunningFit): void {
    const { every } = this.options;
    const batch = Math.min(plan.batchSize, plan.trainingRows);
    this.steps++;
    if (this.steps <= this.dueAt - Math.min(every, Math.ceil(LEAST_ROWS / batch))) return;
    const { f32 } = state.runtime.heap;
    this.magnitudes.forEach((sums, layer) => {
      const at = (state.buffers.counters(layer) >>> 2) + BatchCounter.magnitude * sums.length;
      for (let unit = 0; unit < sums.length; unit++) sums[unit] += f32[at + unit];
    });
    this.rows += batchOf(plan, step).rows;
    if (this.steps < this.dueAt || this.rows < Math.min(LEAST_ROWS, every * batch)) return;
    this.choose();
    this.dueAt = this.steps + every;
  }

  private choose(): void {
    this.magnitudes.forEach((sums, layer) => {
      const mean = sums.reduce((sum, each) => sum + each, 0) / sums.length / this.rows;
      sums.forEach((sum, unit) => {
        if (sum / this.rows / (mean + EPSILON) <= this.options.tau) this.pending.push({ layer, unit });
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
 * A unit is dormant when its mean |activation| is at most tau of its layer's mean; in a layer that is silent as a whole all are. The means are over
 * the batch of every `every`-th step; of smaller batches the last ones are taken together, at least 64 rows. A dormant unit gets incoming weights
 * redrawn by its layer's initializer, bias 0 and outgoing weights 0; the optimizer's moments and step counts of just those entries are reset.
 *
 * A later fit of the same network with the same callback goes on counting steps. Put a trace behind it.
 * @param options every: steps, default 1000; tau: default 0.025
 * @throws RelumineError "value"; in a second fit (as its rejection) while the first is still running
 * @example
 * const recycling = recycleDormant({ every: 500 });
 * await network.fit({ x, y }, { callbacks: [recycling] });
 * console.log(recycling.recycled);
 */
export function recycleDormant(options?: { every?: number; tau?: number }): RecycleDormant {
  const given = checkOptions("recycleDormant", options, ["every", "tau"]);
  const checked: Options = {
    every: checkInteger("every", given.every ?? 1000, { low: 1 }),
    tau: checkNumber("tau", given.tau ?? 0.025, { low: 0 }),
  };
  const { callback, last } = actDuring("recycleDormant", (fit) => new Recycler(fit, checked));
  return Object.defineProperty(callback, "recycled", { get: () => last()?.recycled ?? [] }) as RecycleDormant;
}
