// Continual backpropagation (Dohare et al. 2024, "Loss of plasticity in deep continual learning"): all the time a few
// of the least useful hidden units are reset, so that the network stays able to learn.
import {
  type ContinualBackprop,
  type ContinualBackpropOptions,
  type ContinualBackpropResults,
  describeContinualBackprop,
} from "./options.js";
import { actDuring, type RunningRemedy } from "./remedy-callback.js";
import { resetUnit, takeUp } from "../remedies/unit-parameters.js";
import { defineCallback } from "../../network/training/callbacks.js";
import { isHeldStill } from "../../network/spec.js";
import { batchOf, stepRowsOf } from "../../network/training/plan.js";
import type { RunningFit } from "../../network/training/running-fit.js";
import { analysisOf } from "../../activations/analysis.js";
import type { NetworkState } from "../../network/state/state.js";
import { BatchCounter } from "../../wasm/abi.js";

interface Layer {
  readonly units: number;
  /** Of the layer above: its units, and its kernel's address. */
  readonly unitsAbove: number;
  readonly kernelAbove: number;
  /** Of the moving averages, units float32 each: the utility, and the mean |activation|. */
  readonly utility: number;
  readonly activation: number;
  /** By unit: steps made when it was begun. */
  readonly begun: Float64Array;
  /** Units that are not older than the maturity. */
  young: number;
  /** Replacements that are due: whole ones are made at once. */
  due: number;
}

interface Replacement {
  readonly layer: number;
  readonly unit: number;
  /** Its mean activation, which the next layer's bias takes over. */
  readonly mean: number;
}

export interface SavedLayer extends Pick<Layer, "begun" | "young" | "due"> {
  /** The utility, then the mean |activation|. */
  readonly averages: Float32Array;
}

/** What it keeps. */
export interface SavedReplacer {
  readonly replaced: number[];
  readonly steps: number;
  readonly layers: readonly SavedLayer[];
  /** Layers by their places. */
  readonly growing: { readonly layer: number; readonly until: number }[];
  readonly pending: Replacement[];
}

/** base^exponent by multiplication: Math.pow differs between engines. */
function power(base: number, exponent: number): number {
  let result = 1;
  for (let left = exponent; left > 0; left = Math.floor(left / 2), base *= base) if (left % 2 === 1) result *= base;
  return result;
}

class Replacer implements RunningRemedy<ContinualBackpropResults> {
  replaced: number[] = [];
  private readonly layers: readonly Layer[];
  private steps = 0;
  /** Replaced units that are still young, the oldest first. */
  private growing: { readonly layer: Layer; readonly until: number }[] = [];
  private pending: Replacement[] = [];

  private readonly state: NetworkState;

  constructor(
    { state }: RunningFit,
    private readonly options: Required<ContinualBackpropOptions>,
  ) {
    this.state = state;
    state.reserveResets();
    this.layers = state.spec.layers.slice(0, -1).map(({ units }, index) => {
      const { units: unitsAbove, kernelAddress: kernelAbove } = state.layer(index + 1);
      const utility = state.arena.allocate(units * 8, "the utility of the units");
      const activation = utility + units * 4;
      const begun = new Float64Array(units);
      return { units, unitsAbove, kernelAbove, utility, activation, begun, young: units, due: 0 };
    });
  }

  read(): ContinualBackpropResults {
    return { replaced: this.replaced };
  }

  begin(): void {
    this.replaced = this.layers.map(() => 0);
    this.pending = [];
  }

  save(): SavedReplacer {
    const { replaced, steps, growing, pending } = this;
    return {
      replaced,
      steps,
      layers: this.layers.map((layer) => {
        const { begun, young, due } = layer;
        return { averages: this.averagesOf(layer).slice(), begun, young, due };
      }),
      growing: growing.map(({ layer, until }) => ({ layer: this.layers.indexOf(layer), until })),
      pending,
    };
  }

  restore({ replaced, steps, layers, growing, pending }: SavedReplacer): void {
    Object.assign(this, { replaced, steps, pending });
    layers.forEach(({ averages, ...rest }, index) => {
      this.averagesOf(this.layers[index]).set(averages);
      Object.assign(this.layers[index], rest);
    });
    this.growing = growing.map(({ layer, until }) => ({ layer: this.layers[layer], until }));
  }

  private averagesOf({ utility, units }: Layer): Float32Array {
    return this.state.floats(utility, 2 * units);
  }

  note(fit: RunningFit): void {
    const {
      state: { runtime, buffers },
      plan,
      step,
    } = fit;
    const { replacementRate, maturity, decay } = this.options;
    const { rows } = batchOf(stepRowsOf(plan), step);
    this.steps++;
    if (this.steps === maturity + 1) for (const layer of this.layers) layer.young = 0;
    while (this.growing.length > 0 && this.growing[0].until < this.steps) this.growing.shift()!.layer.young--;
    for (let index = 0; index < this.layers.length; index++) {
      const layer = this.layers[index];
      const { units, unitsAbove, kernelAbove, utility, activation } = layer;
      const magnitude = buffers.counters(index) + BatchCounter.magnitude * units * 4;
      runtime.kernels.updateUtility(
        units,
        unitsAbove,
        kernelAbove,
        magnitude,
        1 / rows,
        1 - decay,
        utility,
        activation,
      );
      if (!isHeldStill(fit.state.spec, index)) layer.due += replacementRate * (units - layer.young);
      if (layer.due >= 1) this.choose(fit, index, rows);
    }
  }

  /** Marks the least useful of the units that are old enough, as many as are due. */
  private choose(fit: RunningFit, index: number, rows: number): void {
    const layer = this.layers[index];
    const { f32 } = fit.state.runtime.heap;
    const corrected = (average: number, unit: number) =>
      f32[(average >>> 2) + unit] / (1 - power(this.options.decay, this.steps - layer.begun[unit]));
    const ranked = [...layer.begun.keys()]
      .filter((unit) => this.steps - layer.begun[unit] > this.options.maturity)
      .map((unit) => ({ unit, utility: corrected(layer.utility, unit) }))
      .sort((a, b) => a.utility - b.utility || a.unit - b.unit);
    const isNonNegative = analysisOf(fit.state.spec.layers[index].activation.name).isNonNegative;
    for (const { unit } of ranked.slice(0, Math.floor(layer.due))) {
      this.pending.push({
        layer: index,
        unit,
        mean: isNonNegative ? corrected(layer.activation, unit) : batchMean(fit, index, unit, rows),
      });
    }
    layer.due -= Math.floor(layer.due);
  }

  apply({ state }: RunningFit): void {
    for (const { layer: index, unit, mean } of this.pending) {
      const layer = this.layers[index];
      state.edit(() => {
        const above = state.layer(index + 1);
        const take = takeUp(state, index + 1, above);
        above.outgoing(unit).forEach((weight, to) => take(to, weight * mean));
        resetUnit(state, index, unit);
      });
      const { f32 } = state.runtime.heap;
      f32[(layer.utility >>> 2) + unit] = 0;
      f32[(layer.activation >>> 2) + unit] = 0;
      layer.begun[unit] = this.steps;
      layer.young++;
      this.growing.push({ layer, until: this.steps + this.options.maturity });
      this.replaced[index]++;
    }
    if (this.pending.length > 0) this.pending = [];
  }
}

/** Mean activation of a unit over the batch in the buffers: the last one of a step of `stepRows`. */
function batchMean({ state, plan }: RunningFit, layer: number, unit: number, stepRows: number): number {
  const rows = ((stepRows - 1) % stepRowsOf(plan).batchSize) + 1;
  const { units } = state.spec.layers[layer];
  const { f32 } = state.runtime.heap;
  let sum = 0;
  for (let row = 0; row < rows; row++) sum += f32[(state.buffers.activations(layer) >>> 2) + row * units + unit];
  return sum / rows;
}

/**
 * A callback that resets the least useful hidden units, a few at a time (continual backpropagation, Dohare et al.
 * 2024).
 *
 * A unit's utility is a moving average of its mean |activation| over the batch times the sum of its outgoing weights'
 * sizes, corrected by the unit's own age. Each step replacementRate of the units older than the maturity are due, in
 * each hidden layer by itself; whole units are replaced: incoming weights redrawn by the layer's initializer, bias 0,
 * outgoing weights 0, the next layer's biases take over what they passed on on average (relu, softplus and sigmoid: the
 * moving average; other activations: that of the last batch; a layer without biases takes over nothing, but with batch
 * normalization in its running mean), the optimizer's moments and step counts of just those entries are reset. Of a
 * normalized layer a replaced unit's gamma is 1, its beta 0 and its running statistics as at the start.
 *
 * A later fit of the same network with the same callback goes on where the last one ended. Put a trace behind it.
 * @param options replacementRate: share of a layer's units a step, default 1e-4; maturity: steps, default 100; decay:
 * of the averages, default 0.99
 * @cost up to 3 % of a step, up to 8 % on a deep and narrow network
 * @throws RelumineError "value"; in a second fit (as its rejection) while the first is still running
 * @example
 * const renewal = continualBackprop();
 * await network.fit({ x, y }, { callbacks: [renewal] });
 * console.log(renewal.replaced);
 */
export function continualBackprop(options?: ContinualBackpropOptions): ContinualBackprop {
  const description = describeContinualBackprop(options);
  const start = actDuring((fit) => new Replacer(fit, description.options));
  return defineCallback({ ...description, takesSource: "cut", start });
}
