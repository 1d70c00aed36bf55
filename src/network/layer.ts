// A dense layer as its users see it: shapes, and copies of its weights in and out.
import type { ResolvedActivation } from "../activations/activations.js";
import type { DenseLayer, Weights } from "./types.js";
import type { NetworkState, StateCell } from "./state/state.js";
import { isWeight, WEIGHT_NAMES } from "./state/weight-names.js";
import { checkOptions, describe } from "../core/checks.js";
import { RelumineError } from "../core/errors.js";

interface Part {
  readonly name: keyof Weights;
  readonly address: number;
  readonly count: number;
}

export class NetworkLayer implements DenseLayer {
  readonly inputs: number;
  readonly units: number;
  readonly #cell: StateCell;
  readonly #index: number;

  /** @internal */
  constructor(cell: StateCell, index: number) {
    this.inputs = cell.current.inputsOf(index);
    this.units = cell.current.spec.layers[index].units;
    this.#cell = cell;
    this.#index = index;
  }

  get activation(): ResolvedActivation {
    return this.#cell.current.spec.layers[this.#index].activation;
  }

  getWeights(): Weights {
    const state = this.#alive();
    const copies = this.#parts(state).map(({ name, address, count }) => [name, state.floats(address, count).slice()]);
    return Object.fromEntries(copies) as Weights;
  }

  setWeights(weights: Partial<Weights>): void {
    const state = this.#alive();
    const parts = this.#parts(state);
    if (weights === undefined)
      throw new RelumineError("value", "weights", "to be an object like { kernel, bias }", "undefined");
    const given = checkOptions(
      "weights",
      weights,
      parts.map(({ name }) => name),
    );
    for (const part of parts) if (given[part.name] !== undefined) this.#check(part, given[part.name]);
    state.edit(() => {
      for (const { name, address, count } of parts) {
        const values = given[name];
        if (values === undefined) continue;
        state.floats(address, count).set(values);
        // of no biases not even the sign of a 0 is another
        if (name === "bias" && this.#hasNoBias) state.floats(address, count).fill(0);
      }
    });
  }

  get #hasNoBias(): boolean {
    return this.#cell.current.spec.layers[this.#index].useBias === false;
  }

  #alive(): NetworkState {
    const { current } = this.#cell;
    current.checkAlive();
    return current;
  }

  #parts(state: NetworkState): Part[] {
    const view = state.layer(this.#index);
    return WEIGHT_NAMES.flatMap((name) => {
      const values = view[name];
      return values ? [{ name, address: values.byteOffset, count: values.length }] : [];
    });
  }

  #check({ name, count }: Part, values: unknown): void {
    if (!(values instanceof Float32Array))
      throw new RelumineError("value", name, "to be a Float32Array", describe(values));
    if (values.length !== count) {
      const shape = name === "kernel" ? ` (${this.inputs} inputs x ${this.units} units)` : "";
      throw new RelumineError("shape", name, `to have ${count} numbers${shape}`, `${values.length}`);
    }
    const index = values.findIndex((value) => !isWeight(name, value));
    const expected = name === "runningVariance" ? "to be a finite number of at least 0" : "to be a finite number";
    if (index >= 0) throw new RelumineError("value", `${name}[${index}]`, expected, `${values[index]}`);
    if (name === "bias") this.#checkBias(values);
  }

  /** A layer without biases takes back what it gives. */
  #checkBias(values: Float32Array): void {
    if (!this.#hasNoBias) return;
    const index = values.findIndex((value) => value !== 0);
    if (index < 0) return;
    const expected = "to be 0, as the layer has no biases (useBias: false)";
    throw new RelumineError("value", `bias[${index}]`, expected, `${values[index]}`);
  }
}
