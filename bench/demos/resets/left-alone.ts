// What units that are reset would have done had they been left alone: a copy of the network, as it was right before,
// trains on to the end of the task without any reset, on the batches of the training.
import { diagnose, type Matrix } from "../../../src/index.js";
import { networkOf } from "../../../src/network/network.js";
import { entriesOf } from "../../../src/network/state/sparse-batch.js";
import { NetworkState } from "../../../src/network/state/state.js";
import { batchOf, stepsPerEpoch } from "../../../src/network/training/plan.js";
import type { RunningFit } from "../../../src/network/training/running-fit.js";
import { RowOrder, TrainingStep } from "../../../src/network/training/step.js";
import { withInspector } from "../../../src/inspect/inspector.js";
import { BatchCounter } from "../../../src/wasm/abi.js";

export interface Place {
  readonly layer: number;
  readonly unit: number;
}

export interface Fate {
  /** Before the reset: it fires on some row of the task. */
  readonly fires: boolean;
  /** No gradient of the task's rows can open it: as `diagnose` has it. */
  readonly permanent: boolean;
  /** Left alone, it fires on some later batch of the task, or on some of its rows at its end. */
  readonly again: boolean;
}

/** One task's training on a copy. */
export class LeftAlone {
  private readonly state: NetworkState;
  private readonly order: RowOrder;
  private readonly steps: TrainingStep;
  private readonly blocks: readonly Float32Array[];
  private powers = { beta1: 1, beta2: 1 };
  private stepCounts: Float64Array | undefined;
  private step = 0;
  private rate = 0;

  constructor(
    private readonly fit: RunningFit,
    private readonly x: Matrix,
  ) {
    const { runtime, spec } = fit.state;
    this.state = new NetworkState(runtime, spec);
    const rows = Math.min(fit.plan.batchSize, fit.plan.trainingRows);
    this.state.buffers.ensure(rows, true, entriesOf(fit.plan.data.x, rows));
    this.order = new RowOrder(this.state, fit.plan, this.state.arena);
    this.steps = new TrainingStep(this.state, fit.plan, this.order);
    this.blocks = this.blocksOf(fit.state).map(([, floats]) => new Float32Array(floats));
  }

  /** Addresses and lengths of what a training changes. */
  private blocksOf(state: NetworkState): (readonly [number, number])[] {
    const { slots } = state.momentsFor(this.fit.plan.recipe);
    return [[state.parameters, state.weightFloats], ...slots.map((slot) => [slot, state.parameterFloats] as const)];
  }

  /** Right after an update: the network as it is before any reset. */
  keep(): void {
    const { state, plan, step, rate } = this.fit;
    this.blocksOf(state).forEach(([at, floats], i) => this.blocks[i]!.set(state.floats(at, floats)));
    this.powers = { ...state.momentsFor(plan.recipe).powers };
    this.stepCounts = state.stepCounts;
    [this.step, this.rate] = [step, rate];
  }

  private load(): void {
    const { state } = this;
    this.blocksOf(state).forEach(([at, floats], i) => state.floats(at, floats).set(this.blocks[i]!));
    Object.assign(state.momentsFor(this.fit.plan.recipe).powers, this.powers);
    state.setStepCounts(this.stepCounts);
  }

  /** Units that have incoming weights other than 0 that they did not have when `keep` was called. */
  changedUnits(): Place[] {
    const { state } = this.fit;
    const kept = this.blocks[0]!;
    const all = state.allWeights();
    return state.spec.layers.slice(0, -1).flatMap(({ units }, layer) => {
      const first = (state.layer(layer).kernelAddress - state.parameters) >>> 2;
      const inputs = state.inputsOf(layer);
      const isChanged = (unit: number): boolean => {
        for (let at = first + unit, i = 0; i < inputs; i++, at += units)
          if (all[at] !== kept[at] && all[at] !== 0) return true;
        return false;
      };
      return Array.from({ length: units }, (_, unit) => ({ layer, unit })).filter(({ unit }) => isChanged(unit));
    });
  }

  /** What would have become of these units. */
  follow(places: readonly Place[]): Fate[] {
    this.load();
    const fires = this.firesOnRows(places);
    const isDead = fires.includes(false);
    const diagnosis = isDead ? diagnose(networkOf(this.state), this.x, { proofs: false }) : undefined;
    const permanent = places.map(({ layer, unit }) => diagnosis?.layers[layer]!.units[unit]!.permanent === true);
    const again = this.trainOn(places);
    return places.map((_, i) => ({ fires: fires[i]!, permanent: permanent[i]!, again: again[i]! }));
  }

  /** Trains to the end of the task, or until all of them have fired. */
  trainOn(places: readonly Place[]): boolean[] {
    const { plan, firstEpoch } = this.fit;
    this.load();
    const again = places.map(() => false);
    const last = plan.epochs * stepsPerEpoch(plan);
    let begun = -1;
    for (let step = this.step + 1; step <= last && again.includes(false); step++) {
      const { epoch, start, rows } = batchOf(plan, step);
      if (epoch !== begun) this.order.beginEpoch(firstEpoch + epoch - 1);
      begun = epoch;
      this.steps.differentiate(start, rows);
      places.forEach((place, i) => (again[i] ||= this.firedInBatch(place)));
      this.steps.update(this.rate);
    }
    if (!again.includes(false)) return again;
    return this.firesOnRows(places).map((fires, i) => fires || again[i]!);
  }

  private firedInBatch({ layer, unit }: Place): boolean {
    const { buffers, runtime, spec } = this.state;
    const at = (buffers.counters(layer) >>> 2) + BatchCounter.fired * spec.layers[layer]!.units;
    return runtime.heap.f32[at + unit]! > 0;
  }

  private firesOnRows(places: readonly Place[]): boolean[] {
    const hidden = this.state.spec.layers.length - 1;
    const layers = withInspector(this.state, (inspector) => inspector.statistics(this.x, undefined, hidden));
    return places.map(({ layer, unit }) => layers[layer]![unit]!.fired > 0);
  }

  /** Parameters of the copy. */
  get parameters(): Float32Array {
    return this.state.allWeights();
  }

  dispose(): void {
    this.state.dispose();
  }
}
