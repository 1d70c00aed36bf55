// Layers that keep their weights in a training step.
import type { MomentPowers, OptimizerRecipe, UpdateOperands } from "./optimizers.js";
import type { NetworkState } from "../state/state.js";

/** What a step does where some layers are frozen: their gradient is 0, and updates go by the spans between them. */
export class FrozenLayers {
  /** The lowest layer that learns: no gradient is wanted below it. */
  readonly lowest: number;
  private readonly spans: readonly UpdateOperands[];
  /** Of each layer's parameters in their block; at last the block's end. */
  private readonly starts: readonly number[];

  constructor(
    private readonly state: NetworkState,
    { gradient, parameters, slots, touched }: UpdateOperands,
  ) {
    const { layers } = state.spec;
    this.starts = [...state.layout.layers.map(({ kernel }) => kernel), state.layout.bytes];
    this.lowest = layers.findIndex(({ frozen }) => !frozen);
    if (this.lowest < 0) this.lowest = layers.length;
    this.spans = layers.flatMap(({ frozen }, layer) => {
      if (frozen) return [];
      const at = this.starts[layer];
      const count = (this.starts[layer + 1] - at) / 4;
      const blocks = { parameters: parameters + at, gradient: gradient + at, slots: slots.map((slot) => slot + at) };
      return [{ count, ...blocks, ...(touched && layer === 0 && { touched }) }];
    });
    this.clearGradient(0);
  }

  /** Of the frozen layers from `from` on: those that backward wrote. */
  clearGradient(from = this.lowest): void {
    const { layers } = this.state.spec;
    const { f32 } = this.state.runtime.heap;
    for (let layer = from; layer < layers.length; layer++) {
      if (!layers[layer].frozen) continue;
      const at = this.state.gradient + this.starts[layer];
      const end = this.state.gradient + this.starts[layer + 1];
      f32.fill(0, at >>> 2, end >>> 2);
    }
  }

  /** As one update of all: the powers of betas go on by one. False if some entry was refused. */
  updateOthers(rate: number, recipe: OptimizerRecipe, powers: MomentPowers): boolean {
    const { beta1, beta2, decay } = powers;
    let refused = 0;
    for (const span of this.spans) {
      powers.beta1 = beta1;
      powers.beta2 = beta2;
      if (decay !== undefined) powers.decay = decay;
      refused += recipe.update(this.state.runtime.kernels, span, rate, powers);
    }
    return refused === 0;
  }
}
