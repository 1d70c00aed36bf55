// A dense layer as its users see it: shapes, and copies of its weights in and out.
import type { ResolvedActivation } from "../wasm/activations.js";
import type { NetworkState } from "./state.js";
import { checkOptions, describe, isFloat32 } from "../core/checks.js";
import { RelumineError } from "../core/errors.js";

/** kernel: inputs x units, row-major. bias: units. alpha: PReLU slopes, one per unit. */
export interface Weights {
  kernel: Float32Array;
  bias: Float32Array;
  alpha?: Float32Array;
}

interface Part {
  readonly name: keyof Weights;
  readonly address: number;
  readonly count: number;
}

export class DenseLayer {
  readonly inputs: number;
  readonly units: number;
  readonly activation: ResolvedActivation;
  readonly #state: NetworkState;
  readonly #parts: readonly Part[];

  /** @internal */
  constructor(state: NetworkState, index: number) {
    const { units, activation } = state.spec.layers[index];
    const { kernel, bias, alpha } = state.layout.layers[index];
    this.inputs = state.inputsOf(index);
    this.units = units;
    this.activation = activation;
    this.#state = state;
    this.#parts = [
      { name: "kernel", address: state.parameters + kernel, count: this.inputs * units },
      { name: "bias", address: state.parameters + bias, count: units },
      ...(alpha === undefined ? [] : [{ name: "alpha" as const, address: state.parameters + alpha, count: units }]),
    ];
  }

  /**
   * Copies of the layer's weights.
   * @throws RelumineError "disposed"
   * @example const { kernel, bias } = network.layers[0].getWeights();
   */
  getWeights(): Weights {
    this.#state.checkAlive();
    const copies = this.#parts.map(({ name, address, count }) => [name, this.#state.floats(address, count).slice()]);
    return Object.fromEntries(copies) as Weights;
  }

  /**
   * Replaces the weights that are given; all or, on an error, none.
   * @throws RelumineError "shape", "value" or "disposed"
   * @example network.layers[0].setWeights({ bias: new Float32Array(64).fill(0.1) });
   */
  setWeights(weights: Partial<Weights>): void {
    this.#state.checkAlive();
    if (weights === undefined) throw new RelumineError("value", "weights is undefined; wanted is an object like { kernel, bias }");
    const given = checkOptions("weights", weights, this.#parts.map(({ name }) => name));
    for (const part of this.#parts) if (given[part.name] !== undefined) this.#check(part, given[part.name]);
    this.#state.changes++;
    for (const { name, address, count } of this.#parts) {
      const values = given[name];
      if (values !== undefined) this.#state.floats(address, count).set(values);
    }
  }

  #check({ name, count }: Part, values: unknown): void {
    if (!(values instanceof Float32Array)) throw new RelumineError("value", `${name} is ${describe(values)}; wanted is a Float32Array`);
    if (values.length !== count) {
      const shape = name === "kernel" ? ` (${this.inputs} inputs x ${this.units} units)` : "";
      throw new RelumineError("shape", `${name} has ${values.length} numbers; wanted are ${count}${shape}`);
    }
    const index = values.findIndex((value) => !isFloat32(value));
    if (index >= 0) throw new RelumineError("value", `${name}[${index}] is ${values[index]}; wanted are finite numbers`);
  }
}
