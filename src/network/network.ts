// The network as its users meet it.
import { activationCode } from "../wasm/activations.js";
import { fit } from "./fit.js";
import type { History, Metrics } from "./callbacks.js";
import { type DataSet, prepareData } from "./data.js";
import { evaluateRows, forEachChunk } from "./evaluate.js";
import { DenseLayer } from "./layer.js";
import { countParameters } from "./parameters.js";
import type { FitOptions } from "./plan.js";
import { type NetworkSpec, type ResolvedSpec, resolveSpec } from "./spec.js";
import { attachState, NetworkState, StateCell } from "./state.js";
import { summarize } from "./summary.js";
import { checkBoolean, checkOptions } from "../core/checks.js";
import { type Matrix, type Samples, toMatrix } from "../core/matrix.js";
import { getRuntime, renew, type RuntimeOptions } from "../wasm/runtime.js";

/** A network of dense layers. Every method throws RelumineError "disposed" after dispose(). */
export interface Network extends Disposable {
  /** Defaults filled in. */
  readonly spec: NetworkSpec;
  readonly runtime: { readonly simd: "strict" | "relaxed"; readonly threads: number };
  readonly layers: readonly DenseLayer[];
  readonly parameterCount: number;
  /**
   * Trains on `data.rows` samples; yields to the event loop every few milliseconds.
   * An error in the arguments leaves the network as it was; one thrown by a callback or a schedule ends the training with what was learnt so far.
   * @throws RelumineError "value", "shape", "memory" or "disposed" (as a rejection)
   * @example const history = await network.fit({ x, y }, { epochs: 20, optimizer: adam() });
   */
  fit(data: DataSet, options?: FitOptions): Promise<History>;
  /**
   * Mean loss, and accuracy for the cross-entropies.
   * @throws RelumineError "value", "shape" or "disposed"
   * @example const { loss, accuracy } = network.evaluate({ x, y });
   */
  evaluate(data: DataSet): Metrics;
  /**
   * Probabilities for the cross-entropies, plain outputs otherwise; { logits: true } for the last layer as it is.
   * @param x rows x inputs
   * @returns rows x outputs
   * @throws RelumineError "value", "shape" or "disposed"
   * @example const { data } = network.predict([[0.5, 1]]);
   */
  predict(x: Samples, options?: { logits?: boolean }): Matrix;
  /**
   * A network of its own with the same weights, moments and place in the sequence of epochs.
   * @throws RelumineError "memory" or "disposed" (as a rejection)
   * @example const twin = await network.clone();
   */
  clone(): Promise<Network>;
  /**
   * A table of the layers, as text.
   * @example console.log(network.summary());
   */
  summary(): string;
  /**
   * Gives the memory back; a network that is training stops with an error.
   * @example using network = await createNetwork(spec); // disposed of at the end of the block
   */
  dispose(): void;
}

const SIGMOID = activationCode("sigmoid");

class DenseNetwork implements Network {
  readonly runtime: Network["runtime"];
  readonly layers: readonly DenseLayer[];
  readonly #cell: StateCell;

  constructor(state: NetworkState) {
    this.#cell = new StateCell(state);
    attachState(this, this.#cell);
    this.runtime = Object.freeze({ simd: state.runtime.build, threads: state.runtime.threads });
    this.layers = Object.freeze(state.spec.layers.map((_, index) => new DenseLayer(this.#cell, index)));
  }

  get spec(): ResolvedSpec {
    return this.#cell.current.spec;
  }

  get parameterCount(): number {
    return countParameters(this.spec);
  }

  async fit(data: DataSet, options?: FitOptions): Promise<History> {
    return fit(this, this.#cell.current, data, options);
  }

  evaluate(data: DataSet): Metrics {
    const state = this.#alive();
    const prepared = prepareData("data", data, this.spec.inputs, this.spec.layers.at(-1)!.units, this.spec.loss);
    return evaluateRows(state, prepared, 0, prepared.rows, 0);
  }

  predict(x: Samples, options?: { logits?: boolean }): Matrix {
    const state = this.#alive();
    const { logits = false } = checkOptions("predict", options, ["logits"]);
    checkBoolean("logits", logits);
    return predict(state, toMatrix("x", x, this.spec.inputs), logits);
  }

  async clone(): Promise<Network> {
    const state = this.#alive();
    const runtime = await renew(state.runtime);
    state.checkAlive();
    const copy = new NetworkState(runtime, state.spec);
    try {
      copy.copyFrom(state);
    } catch (error) {
      copy.dispose();
      throw error;
    }
    return new DenseNetwork(copy);
  }

  summary(): string {
    return summarize(this.#alive().spec);
  }

  dispose(): void {
    this.#cell.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #alive(): NetworkState {
    const { current } = this.#cell;
    current.checkAlive();
    return current;
  }
}

function predict(state: NetworkState, x: Matrix, logits: boolean): Matrix {
  const { spec, buffers, runtime } = state;
  const { kernels } = runtime;
  const last = spec.layers.length - 1;
  const columns = spec.layers[last].units;
  const data = new Float32Array(x.rows * columns);
  forEachChunk(state, x, false, (start, rows) => {
    const outputs = buffers.activations(last);
    if (!logits && spec.loss === "crossEntropy") kernels.softmax(rows, columns, outputs, outputs);
    if (!logits && spec.loss === "binaryCrossEntropy")
      kernels.activationForward(SIGMOID, 0, 0, 1, rows * columns, outputs, 0, outputs, 0, 0);
    data.set(state.floats(outputs, rows * columns), start * columns);
  });
  return { rows: x.rows, columns, data };
}

/**
 * A network with initial weights drawn from its seed.
 * @param spec inputs, layers (hidden ones, then the output), loss, seed
 * @param options arithmetic: "reproducible" gives the same bits on every machine
 * @throws RelumineError "value" for a spec that is wrong, "memory" for one that does not fit (both as rejections)
 * @example
 * const network = await createNetwork({ inputs: 2, layers: [{ units: 16 }, { units: 1 }], loss: "meanSquaredError" });
 */
export function createNetwork(spec: NetworkSpec, options?: RuntimeOptions): Promise<Network> {
  return buildNetwork(spec, options, (state) => state.initialize());
}

/** A network that lives in this state. */
export function networkOf(state: NetworkState): Network {
  return new DenseNetwork(state);
}

/** A network whose parameters, all zero so far, `fill` is to set. */
export async function buildNetwork(
  spec: NetworkSpec,
  options: RuntimeOptions | undefined,
  fill: (state: NetworkState) => void,
): Promise<Network> {
  const resolved = resolveSpec(spec);
  const state = new NetworkState(await getRuntime(options), resolved);
  try {
    fill(state);
  } catch (error) {
    state.dispose();
    throw error;
  }
  return new DenseNetwork(state);
}
