// The inside of a network: its parameters in the arena, the moments of its optimizer, and what it has trained so far.
import { UnitAges } from "./step-counts.js";
import { BatchBuffers } from "./batch-buffers.js";
import { initializeLayer } from "./initializers.js";
import { LayerView } from "./layer-view.js";
import { type MomentPowers, type OptimizerRecipe, startPowers } from "../training/optimizers/recipe.js";
import type { FitProgress, PausableFit } from "../training/progress.js";
import { layOutParameters, type ParameterLayout } from "./parameters.js";
import { Passes } from "./passes.js";
import { splitSeed } from "../../core/random.js";
import type { ResolvedSpec } from "../spec.js";
import { describe } from "../../core/checks.js";
import { disposedError, RelumineError } from "../../core/errors.js";
import { Arena } from "../../wasm/heap.js";
import type { Runtime } from "../../wasm/runtime.js";

/** The moments of the optimizer that trained last; another optimizer starts with new ones. */
interface Moments {
  readonly recipe: OptimizerRecipe;
  readonly slots: readonly number[];
  readonly powers: MomentPowers;
  /** Of single units, once one was reset under an optimizer that counts its steps. */
  ages?: UnitAges;
}

/** Weights as they were when an epoch started, and when that was. */
export interface EpochStart {
  readonly parameters: Float32Array;
  /** Counted from 1. */
  epoch: number;
  /** Updates made before. */
  step: number;
  /** Of the network, before it. */
  epochsBegun: number;
  /** Whether a fit diverged after it; else there is nothing to go back from. */
  hasDiverged: boolean;
}

export class NetworkState {
  readonly arena: Arena;
  readonly layout: ParameterLayout;
  /** Address of the block of weights, parameters first. */
  readonly parameters: number;
  readonly buffers: BatchBuffers;
  readonly passes: Passes;
  /** Epochs that were begun in all fits so far: each has an order of rows of its own. */
  epochsBegun = 0;
  /** The fit under way. */
  running: PausableFit | undefined;
  /** Units that were drawn anew so far: each has random numbers of its own. */
  redraws = 0;
  /** Of the fit under way, or the last one. */
  epochStart: EpochStart | undefined;
  isDisposed = false;
  private changeCount = 0;
  private gradientAddress = 0;
  private moments: Moments | undefined;
  private unitAges: UnitAges | undefined;
  private redrawBlock: number | undefined;
  private normBlock: number | undefined;
  /** Where the last fit stopped, and how many changes had been made by then. */
  private stopped: { readonly progress: FitProgress | undefined; readonly changes: number } | undefined;

  constructor(
    readonly runtime: Runtime,
    readonly spec: ResolvedSpec,
  ) {
    this.arena = new Arena(runtime.heap, this);
    this.layout = layOutParameters(spec);
    this.parameters = this.arena.allocate(this.layout.weightBytes, "the network's parameters");
    this.buffers = new BatchBuffers(spec, runtime.heap, this.arena);
    this.passes = new Passes(runtime, spec, this.layout, this.buffers, this.parameters);
  }

  /** Floats of all parameters, their gradient, or a slot of moments, gaps included. */
  get parameterFloats(): number {
    return this.layout.bytes / 4;
  }

  /** Floats of the parameters and, behind them, running statistics: of a copy of all that was learnt. */
  get weightFloats(): number {
    return this.layout.weightBytes / 4;
  }

  inputsOf(layer: number): number {
    return layer === 0 ? this.spec.inputs : this.spec.layers[layer - 1].units;
  }

  /**
   * A layer's part of the weights, or of another block that is laid out as their parameters are: the gradient, a slot
   * of moments.
   */
  layer(index: number, block = this.parameters): LayerView {
    const { units, activation } = this.spec.layers[index];
    return new LayerView(this.runtime.heap, block, this.layout.layers[index], this.inputsOf(index), units, activation);
  }

  /** All layers' parameters. */
  get layers(): LayerView[] {
    return this.spec.layers.map((_, index) => this.layer(index));
  }

  /** Counts the changes of parameters or moments that no training step made. */
  get changes(): number {
    return this.changeCount;
  }

  /**
   * Changes parameters or moments other than by a training step: whoever replays the training sees that it was done.
   * One that throws is not counted.
   */
  edit<T>(change: () => T): T {
    const result = change();
    this.changeCount++;
    return result;
  }

  /** Takes the place of a state that this one replaces, in the count of changes too. */
  succeed(other: NetworkState): void {
    this.changeCount = other.changeCount + 1;
  }

  /**
   * Draws the weights that the seed gives.
   * @param block of zeros, where not the weights themselves: laid out as they are
   */
  initialize(block = this.parameters): void {
    const seed = splitSeed(this.spec.seed);
    this.spec.layers.forEach((_, index) => {
      const layer = this.layer(index, block);
      const { kernelInitializer, biasInitializer, useBias } = this.spec.layers[index];
      initializeLayer(this.runtime, index, layer, kernelInitializer, biasInitializer, seed, useBias);
      layer.alpha?.fill(layer.activation.alpha!);
      layer.gamma?.fill(1);
      layer.runningVariance?.fill(1);
    });
  }

  /** A view into the arena, valid until the next allocation. */
  floats(address: number, count: number): Float32Array {
    return this.runtime.heap.f32.subarray(address >>> 2, (address >>> 2) + count);
  }

  /** The parameters and the running statistics. */
  allWeights(): Float32Array {
    return this.floats(this.parameters, this.weightFloats);
  }

  /** The gradient's block, made at the first training. */
  get gradient(): number {
    this.gradientAddress ||= this.arena.allocate(this.layout.bytes, "the gradient");
    return this.gradientAddress;
  }

  /** The moments for this optimizer: those it left behind, or new ones. Nothing changes if they do not fit. */
  momentsFor(recipe: OptimizerRecipe): Moments {
    if (this.moments?.recipe !== recipe) {
      const address =
        recipe.slots === 0 ? 0 : this.arena.allocate(recipe.slots * this.layout.bytes, `the moments of ${recipe.name}`);
      const slots = Array.from({ length: recipe.slots }, (_, slot) => address + slot * this.layout.bytes);
      if (this.moments && this.moments.slots.length > 0) this.arena.free(this.moments.slots[0]);
      this.moments = { recipe, slots, powers: startPowers(recipe) };
    }
    return this.moments;
  }

  /** What the optimizer that trained last left behind. */
  get lastMoments(): Moments | undefined {
    return this.moments;
  }

  /** As new ones. */
  clearMoments(): void {
    if (!this.moments) return;
    for (const slot of this.moments.slots) this.floats(slot, this.parameterFloats).fill(0);
    Object.assign(this.moments.powers, startPowers(this.moments.recipe));
    this.moments.ages = undefined;
  }

  /** The same moments for an equal recipe, another object. */
  passMomentsTo(recipe: OptimizerRecipe): void {
    if (this.moments) this.moments = { ...this.moments, recipe };
  }

  /** Keeps where a fit stopped, for as long as nobody changes the network. */
  keepStopped(progress: FitProgress | undefined): void {
    this.stopped = { progress, changes: this.changeCount };
  }

  /** Where the training stands: the fit under way, or the one that stopped last and can go on. */
  get progress(): FitProgress | undefined {
    if (this.running) return this.running.capture();
    return this.stopped?.changes === this.changeCount ? this.stopped.progress : undefined;
  }

  /**
   * Of these moments, the block that moves parameters without any gradient: momentum; undefined where there is none.
   */
  get velocity(): number | undefined {
    const { recipe, slots } = this.moments ?? {};
    return recipe?.velocity === undefined ? undefined : slots![recipe.velocity];
  }

  /**
   * Lets a hidden unit's step count start again, where the optimizer that trained last has one. Nothing changes if
   * there is no memory for it.
   */
  restartSteps(layer: number, unit: number): void {
    if (!this.moments?.recipe.countsSteps) return;
    this.agesOf(this.moments).reset(layer, unit);
  }

  /** Allocates what redrawing units and restarting their step counts needs, so that neither is refused half way. */
  reserveResets(): void {
    this.unitAges ??= new UnitAges(this.spec, this.layout, this.runtime.heap, this.arena);
    this.redrawRoom();
  }

  /** Address of the numbers that one unit's redraw draws: the inputs of the widest layer, and three more. */
  redrawRoom(): number {
    const widest = Math.max(...this.spec.layers.map((_, layer) => this.inputsOf(layer)));
    this.redrawBlock ??= this.arena.allocate((widest + 3) * 4, "a unit's new weights");
    return this.redrawBlock;
  }

  /** Address of what holding the norms of a layer's units down needs: 12 bytes a unit of the widest. */
  normRoom(): number {
    const widest = Math.max(...this.spec.layers.map(({ units }) => units));
    this.normBlock ??= this.arena.allocate(widest * 12, "the norms of the units");
    return this.normBlock;
  }

  private agesOf(moments: Moments): UnitAges {
    if (!moments.ages) {
      this.unitAges ??= new UnitAges(this.spec, this.layout, this.runtime.heap, this.arena);
      this.unitAges.clear();
      moments.ages = this.unitAges;
    }
    return moments.ages;
  }

  /** A copy of the units' step counts, for `setStepCounts`; undefined while all are as old as the network. */
  get stepCounts(): Float64Array | undefined {
    return this.moments?.ages?.values.slice();
  }

  setStepCounts(counts: Float64Array | undefined): void {
    if (!this.moments) return;
    if (counts) this.agesOf(this.moments).values.set(counts);
    else this.moments.ages = undefined;
  }

  /** Takes over parameters, moments and the count of epochs of a network of the same shape. */
  copyFrom(other: NetworkState): void {
    this.changeCount++;
    this.epochsBegun = other.epochsBegun;
    this.redraws = other.redraws;
    if (other.moments) {
      const { recipe, slots, powers } = other.moments;
      const own = this.momentsFor(recipe);
      Object.assign(own.powers, powers);
      this.setStepCounts(other.stepCounts);
      slots.forEach((slot, i) =>
        this.floats(own.slots[i], this.parameterFloats).set(other.floats(slot, this.parameterFloats)),
      );
    }
    this.allWeights().set(other.allWeights());
  }

  /** @throws RelumineError "disposed", or "value" while a fit runs */
  checkIdle(): void {
    this.checkAlive();
    if (this.running) throw new RelumineError("value", "network", "not to be training", "one that is");
  }

  checkAlive(): void {
    if (this.isDisposed) throw disposedError();
  }

  dispose(): void {
    if (this.isDisposed) return;
    this.isDisposed = true;
    this.stopped = this.epochStart = undefined;
    this.arena.dispose();
  }
}

/** Where a network and its layers find their state: a remedy may put another in its place, and the old one back. */
export class StateCell {
  /** States that were replaced, the oldest first; who may want one back keeps it alive. */
  private replaced: WeakRef<NetworkState>[] = [];

  constructor(public current: NetworkState) {}

  replace(next: NetworkState): void {
    this.replaced = [...this.replaced.filter((each) => each.deref()), new WeakRef(this.current)];
    next.succeed(this.current);
    this.current = next;
  }

  holds(state: NetworkState): boolean {
    return this.replaced.some((each) => each.deref() === state);
  }

  /** Puts a replaced state back; those that came after it are disposed of. */
  restore(state: NetworkState): void {
    state.succeed(this.current);
    const index = this.replaced.findIndex((each) => each.deref() === state);
    this.current.dispose();
    for (const later of this.replaced.splice(index).slice(1)) later.deref()?.dispose();
    this.current = state;
  }

  dispose(): void {
    this.current.dispose();
    for (const each of this.replaced.splice(0)) each.deref()?.dispose();
  }
}

const cells = new WeakMap<object, StateCell>();

export function attachState(network: object, cell: StateCell): void {
  cells.set(network, cell);
}

/** The cell of a network that createNetwork made and nobody disposed of. */
export function cellOf(network: unknown): StateCell {
  const cell = typeof network === "object" && network !== null ? cells.get(network) : undefined;
  if (!cell) throw new RelumineError("value", "network", "to be what createNetwork returns", describe(network));
  cell.current.checkAlive();
  return cell;
}

/** The inside of such a network. */
export function stateOf(network: unknown): NetworkState {
  return cellOf(network).current;
}
