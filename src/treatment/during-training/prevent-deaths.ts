// A unit that has just fallen silent on every training row is put back on the way it came, to where it still lives. Own
// work: along the straight line from its weights of some steps ago to those of now its preactivation on a row is
// linear, so that the last point at which it opens on enough rows is known without a search.
import {
  type DeathPrevention,
  describePreventDeaths,
  type PreventDeathsOptions,
  type PreventDeathsResults,
  type PreventedDeath,
} from "./options.js";
import { actDuring, type RunningRemedy } from "./remedy-callback.js";
import { clearVelocity, setIncoming } from "../remedies/unit-parameters.js";
import { defineCallback } from "../../network/training/callbacks.js";
import { canDie } from "../../activations/analysis.js";
import type { ResolvedSpec } from "../../network/spec.js";
import { BatchCounter } from "../../wasm/abi.js";
import { type IndexedRows, Inspector } from "../../inspect/inspector.js";
import type { LayerView } from "../../network/state/layer-view.js";
import { batchOf } from "../../network/training/plan.js";
import type { RunningFit } from "../../network/training/running-fit.js";
import { Arena } from "../../wasm/heap.js";

const COPY_EVERY = 16; // steps; the older of two copies is up to twice as old
const LOOK_EVERY = 4; // steps
const ENOUGH = 7; // firings that were to be expected while it was silent: e^-7 is less than 1 in 1000
const PROBED_ROWS = 512; // training rows, evenly spaced, that decide whether a unit is closed
const MARGIN = 2 ** -10; // of the way, so that rounding doesn't close it again

export interface Layer {
  readonly layer: number;
  readonly units: number;
  /** By unit: the last step whose batch opened it, rows since then, and the share of rows on which it fired. */
  readonly lastFired: Float64Array;
  readonly silentRows: Float64Array;
  readonly activity: Float64Array;
  /** Silent rows at which it is to be looked at again. */
  readonly lookAgainAt: Float64Array;
}

/** A unit's incoming weights, then its bias. */
type Weights = Float64Array;

/** What it keeps. */
export interface SavedGuard extends PreventDeathsResults {
  readonly layers: readonly Layer[];
  readonly copies: readonly { readonly step: number; readonly parameters: Float32Array }[];
}

/** The layers whose units are judged; what is normalized is no sum of a unit's weights alone. */
export function guardedLayers({ layers }: ResolvedSpec): { readonly layer: number; readonly units: number }[] {
  return layers
    .slice(0, -1)
    .flatMap(({ units, activation, frozen, normalization }, layer) =>
      canDie(activation) && !frozen && !normalization ? [{ layer, units }] : [],
    );
}

class Guard implements RunningRemedy<PreventDeathsResults> {
  prevented: PreventedDeath[] = [];
  lost: Omit<PreventedDeath, "scale">[] = [];
  private layers: readonly Layer[] = [];
  /** Copies of all parameters, the older one first, by their addresses. */
  private copies: { step: number; readonly block: number }[] = [];
  private probe!: Probe;

  constructor(private readonly openShare: number) {}

  read(): PreventDeathsResults {
    return { prevented: this.prevented, lost: this.lost };
  }

  begin(fit: RunningFit): void {
    const { state } = fit;
    this.prevented = [];
    this.lost = [];
    this.layers = guardedLayers(state.spec).map(({ layer, units }) => {
      const zeros = () => new Float64Array(units);
      return { layer, units, lastFired: zeros(), silentRows: zeros(), activity: zeros(), lookAgainAt: zeros() };
    });
    const scratch = new Arena(state.runtime.heap);
    fit.atEnd(() => scratch.dispose());
    this.copies = [0, 0].map((step) => {
      return { step, block: scratch.allocate(state.layout.weightBytes, "the weights of some steps ago") };
    });
    for (const { block } of this.copies) copyParameters(fit, block);
    this.probe = new Probe(fit);
  }

  save(): SavedGuard {
    const { prevented, lost, layers } = this;
    const copies = this.copies.map(({ step, block }) => ({ step, parameters: this.probe.parametersAt(block).slice() }));
    return { prevented, lost, layers, copies };
  }

  restore({ copies, ...own }: SavedGuard): void {
    Object.assign(this, own);
    copies.forEach(({ step, parameters }, i) => {
      this.copies[i].step = step;
      this.probe.parametersAt(this.copies[i].block).set(parameters);
    });
  }

  note({ state, plan, step }: RunningFit): void {
    const { rows } = batchOf(plan, step);
    const { f32 } = state.runtime.heap;
    for (const { layer, units, lastFired, silentRows, activity, lookAgainAt } of this.layers) {
      const at = (state.buffers.counters(layer) >>> 2) + BatchCounter.fired * units;
      for (let unit = 0; unit < units; unit++) {
        const fired = f32[at + unit];
        if (fired > 0) {
          const share = fired / (rows + silentRows[unit]);
          activity[unit] = lastFired[unit] === 0 ? share : activity[unit] + (share - activity[unit]) / COPY_EVERY;
          lastFired[unit] = step;
          silentRows[unit] = lookAgainAt[unit] = 0;
        } else {
          silentRows[unit] += rows;
        }
      }
    }
  }

  apply(fit: RunningFit): void {
    if (fit.step % LOOK_EVERY === 0) for (const layer of this.layers) this.look(fit, layer);
    if (fit.step % COPY_EVERY !== 0) return;
    this.copies.reverse();
    this.copies[1].step = fit.step;
    copyParameters(fit, this.copies[1].block);
  }

  private look(fit: RunningFit, layer: Layer): void {
    const { lastFired, silentRows, activity, lookAgainAt } = layer;
    const suspects: number[] = [];
    for (let unit = 0; unit < layer.units; unit++) {
      const isOverdue = silentRows[unit] > lookAgainAt[unit] && silentRows[unit] * activity[unit] >= ENOUGH;
      if (isOverdue && lastFired[unit] > this.copies[0].step) suspects.push(unit);
    }
    if (suspects.length > 0) this.examine(fit, layer, suspects);
  }

  private examine(fit: RunningFit, watched: Layer, suspects: readonly number[]): void {
    const { layer, lastFired, silentRows, lookAgainAt } = watched;
    for (const unit of suspects) lookAgainAt[unit] = 2 * silentRows[unit];
    const { state } = fit;
    const weights = suspects.map((unit) => weightsOf(state.layer(layer), unit));
    const isOpen = this.probe.findOpen(layer, weights);
    const closed = suspects.map((unit, i) => ({ unit, now: weights[i] })).filter((_, i) => !isOpen[i]);
    if (closed.length === 0) return;
    const pairs = closed.map(({ unit, now }) => {
      const copy = this.copies.findLast(({ step }) => step < lastFired[unit])!;
      return { unit, now, before: weightsOf(state.layer(layer, copy.block), unit) };
    });
    const readings = this.probe.read(
      layer,
      pairs.flatMap(({ before, now }) => [before, now]),
    );
    pairs.forEach(({ unit, before, now }, i) => {
      const scale = lastLiving(readings[2 * i], readings[2 * i + 1], this.openShare);
      this.putBack(fit, layer, unit, before, now, scale);
      silentRows[unit] = 0;
      lookAgainAt[unit] = scale === undefined ? Infinity : 0; // a lost one is looked at again once it has fired
    });
  }

  private putBack(
    fit: RunningFit,
    layer: number,
    unit: number,
    before: Weights,
    now: Weights,
    scale: number | undefined,
  ): void {
    const place = { layer, unit, step: fit.step };
    if (scale === undefined) {
      this.lost.push(place);
      return;
    }
    const { state } = fit;
    state.edit(() => {
      const between = now.map((weight, i) => before[i] + scale * (weight - before[i]));
      writeWeights(state.layer(layer), unit, between);
      clearVelocity(state, layer, unit);
    });
    this.prevented.push({ ...place, scale });
  }
}

/**
 * Of the way from one set of weights to the other, the largest part after which the wanted share of the rows (or all
 * that were open) is above 0; undefined where none was.
 */
function lastLiving(before: Float64Array, now: Float64Array, share: number): number | undefined {
  const closings = [...before].flatMap((z, row) => (z > 0 ? [z / (z - now[row])] : [])).sort((a, b) => b - a);
  if (closings.length === 0) return undefined;
  return closings[Math.min(closings.length, Math.max(1, Math.ceil(share * before.length))) - 1] * (1 - MARGIN);
}

/** Preactivations of single units on some training rows, from what the layers below give them now. */
class Probe {
  private readonly inspector: Inspector;
  private readonly rows: IndexedRows;

  constructor(private readonly fit: RunningFit) {
    const {
      state,
      plan: { data, trainingRows },
      order,
    } = fit;
    const first = order.address >>> 2;
    const all = state.runtime.heap.u32.slice(first, first + trainingRows).sort();
    const count = Math.min(trainingRows, PROBED_ROWS);
    const indices = Uint32Array.from({ length: count }, (_, i) => all[Math.floor((i * trainingRows) / count)]);
    this.rows = { data, indices };
    this.inspector = new Inspector(state);
    fit.atEnd(() => this.inspector.dispose());
    this.inspector.prepare(count, data.x);
  }

  /** A copy of all parameters. */
  parametersAt(block: number): Float32Array {
    const { state } = this.fit;
    return state.floats(block, state.weightFloats);
  }

  /** Which sets of weights are open on some probed row. */
  findOpen(layer: number, weights: readonly Weights[]): boolean[] {
    const inputs = this.fit.state.inputsOf(layer);
    const isOpen = weights.map(() => false);
    this.inspector.run(this.rows, { layers: layer }, (chunk) => {
      const x = chunk.inputs(layer);
      weights.forEach((each, i) => {
        for (let row = 0; row < chunk.rows && !isOpen[i]; row++) isOpen[i] = dot(x, row * inputs, each) > 0;
      });
      return isOpen.includes(false);
    });
    return isOpen;
  }

  /** For each set of weights, its preactivation on each probed row. */
  read(layer: number, weights: readonly Weights[]): Float64Array[] {
    const inputs = this.fit.state.inputsOf(layer);
    const readings = weights.map(() => new Float64Array(this.rows.indices.length));
    this.inspector.run(this.rows, { layers: layer }, (chunk) => {
      const x = chunk.inputs(layer);
      weights.forEach((each, i) => {
        for (let row = 0; row < chunk.rows; row++) readings[i][chunk.start + row] = dot(x, row * inputs, each);
      });
    });
    return readings;
  }
}

function dot(x: Float32Array, start: number, weights: Weights): number {
  const inputs = weights.length - 1;
  let sum = weights[inputs];
  for (let i = 0; i < inputs; i++) sum += x[start + i] * weights[i];
  return sum;
}

function copyParameters({ state }: RunningFit, to: number): void {
  state.floats(to, state.weightFloats).set(state.allWeights());
}

function weightsOf(layer: LayerView, unit: number): Weights {
  return Float64Array.from([...layer.incoming(unit), layer.bias[unit]]);
}

function writeWeights(layer: LayerView, unit: number, weights: Weights): void {
  setIncoming(layer, unit, weights);
  layer.bias[unit] = weights[layer.inputs];
}

/**
 * A callback that puts a unit back when it has just died: its own weights and bias go back on the straight way from
 * where they were some steps ago to where it still opens on a few training rows, and its momentum is cleared; no other
 * unit is touched.
 *
 * Judged are relu units (and leakyRelu and elu with an alpha of 0) that fired within the last 16 to 32 steps and then
 * were silent for so long that chance explains it less than once in a thousand; closed means closed on up to 512
 * training rows, evenly spaced. A unit that fires on fewer than about 7 rows of what 32 steps see is not judged. Where
 * the unit's former weights are closed too, since what feeds it has changed, it is left alone and noted in `lost`. It
 * works against deaths by large updates, and does not make a rate that is too high a good one: on the digits at rates
 * 0.8 and 1 (npm run demo:prevent) it saves most units, but clipNorm or half the rate does so better, and one run in
 * ten diverged that would have died instead. Units of normalized layers are not judged. Put a trace behind it.
 * @param options activity: the share of those rows on which a unit that is put back is open, default 0.01, at least one
 * row
 * @cost 1 to 7 % of a step; more than half of one where many units of many layers fall silent at once
 * @throws RelumineError "value"; in a second fit (as its rejection) while the first is still running
 * @example
 * const guard = preventDeaths();
 * await network.fit({ x, y }, { callbacks: [guard] });
 * console.log(guard.prevented.length, guard.lost.length);
 */
export function preventDeaths(options?: PreventDeathsOptions): DeathPrevention {
  const description = describePreventDeaths(options);
  return defineCallback({
    ...description,

    start: actDuring(() => new Guard(description.options.activity)),
  });
}
