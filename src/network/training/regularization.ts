// What holds kernels down in a training step: penalties whose gradient is added to the loss's before it is clipped, and
// norms of units' incoming weights that each update is held to. Frozen layers have none.
import type { NetworkState } from "../state/state.js";

interface Kernel {
  readonly inputs: number;
  readonly units: number;
  /** Offset into a block of parameters. */
  readonly offset: number;
  readonly l1: number;
  readonly l2: number;
  readonly maxNorm: number;
}

export class Regularization {
  private readonly penalized: readonly Kernel[];
  private readonly limited: readonly Kernel[];
  private readonly scratch: number;

  constructor(private readonly state: NetworkState) {
    const kernels = state.spec.layers.flatMap(({ units, frozen, kernelRegularizer, maxNorm = Infinity }, layer) => {
      const { l1 = 0, l2 = 0 } = kernelRegularizer ?? {};
      const inputs = state.inputsOf(layer);
      return frozen ? [] : [{ inputs, units, offset: state.layout.layers[layer].kernel, l1, l2, maxNorm }];
    });
    this.penalized = kernels.filter(({ l1, l2 }) => l1 > 0 || l2 > 0);
    this.limited = kernels.filter(({ maxNorm }) => maxNorm < Infinity);
    this.scratch = this.limited.length > 0 ? state.normRoom() : 0;
  }

  /** Adds the penalties' gradient; adds what they come to to `sum`. */
  penalize(gradient: number, sum: Float64Array): void {
    const {
      runtime: { kernels },
      parameters,
      buffers,
    } = this.state;
    for (let i = 0; i < this.penalized.length; i++) {
      const { inputs, units, offset, l1, l2 } = this.penalized[i];
      sum[0] += kernels.penalize(inputs * units, parameters + offset, l1, l2, gradient + offset);
      buffers.sparse.forgetSpread(); // all rows of a kernel have a gradient now
    }
  }

  /** After an update. */
  limit(): void {
    const {
      runtime: { kernels },
      parameters,
    } = this.state;
    for (let i = 0; i < this.limited.length; i++) {
      const { inputs, units, offset, maxNorm } = this.limited[i];
      kernels.limitNorms(inputs, units, parameters + offset, maxNorm, this.scratch);
    }
  }
}
