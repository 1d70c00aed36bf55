// The network as its users meet it.
import { fit } from "./training/fit.js";
import type { BatchSource } from "./batches.js";
import { restoreEpochStart } from "./training/epoch-start.js";
import { NetworkLayer } from "./layer.js";
import type { DenseLayer, Evaluation, FitOptions, Gradients, History, Network } from "./types.js";
import { type DataSet, type PreparedData, prepareData } from "./data.js";
import { evaluate } from "./training/evaluation.js";
import { gradientsOf } from "./training/gradients.js";
import { forEachChunk, rowsAsTheyLie } from "./state/chunks.js";
import { countParameters } from "./state/parameters.js";

import { type NetworkSpec, type ResolvedSpec, resolveSpec } from "./spec.js";
import { attachState, NetworkState, StateCell } from "./state/state.js";
import { applyLink, hasLogitsBefore } from "./losses.js";
import { summarize } from "./summary.js";
import { checkBoolean, checkOptions } from "../core/checks.js";
import { type Matrix, type SampleRows, type Samples, toSamples } from "../core/matrix.js";
import { getRuntime, renew, type RuntimeOptions } from "../wasm/runtime.js";

class DenseNetwork implements Network {
  readonly runtime: Network["runtime"];
  readonly layers: readonly DenseLayer[];
  readonly #cell: StateCell;

  constructor(state: NetworkState) {
    this.#cell = new StateCell(state);
    attachState(this, this.#cell);
    this.runtime = Object.freeze({ simd: state.runtime.build, threads: state.runtime.threads });
    this.layers = Object.freeze(state.spec.layers.map((_, index) => new NetworkLayer(this.#cell, index)));
  }

  get spec(): ResolvedSpec {
    return this.#cell.current.spec;
  }

  get parameterCount(): number {
    return countParameters(this.spec);
  }

  async fit(data: DataSet | BatchSource, options?: FitOptions): Promise<History> {
    return fit(this, this.#cell.current, data, options);
  }

  restoreEpochStart(): void {
    restoreEpochStart(this.#alive());
  }

  evaluate(data: DataSet): Evaluation {
    return evaluate(this.#alive(), this.#prepare(data));
  }

  gradients(data: DataSet): Gradients {
    return gradientsOf(this.#alive(), this.#prepare(data));
  }

  predict(x: Samples, options?: { logits?: boolean }): Matrix {
    const state = this.#alive();
    const { logits = false } = checkOptions("predict", options, ["logits"]);
    checkBoolean("logits", logits);
    return predict(state, toSamples("x", x, this.spec.inputs), logits);
  }

  async clone(): Promise<Network> {
    const copy = copyOf(this.#alive()); // at once: what it does meanwhile is another's
    const runtime = await renew(copy.runtime);
    if (runtime === copy.runtime) return new DenseNetwork(copy);
    try {
      return new DenseNetwork(copyOf(copy, runtime));
    } finally {
      copy.dispose();
    }
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

  #prepare(data: DataSet): PreparedData {
    const { inputs, layers, loss } = this.#alive().spec;
    return prepareData("data", data, inputs, layers.at(-1)!.units, loss);
  }

  #alive(): NetworkState {
    const { current } = this.#cell;
    current.checkAlive();
    return current;
  }
}

function copyOf(state: NetworkState, runtime = state.runtime): NetworkState {
  const copy = new NetworkState(runtime, state.spec);
  try {
    copy.copyFrom(state);
    return copy;
  } catch (error) {
    copy.dispose();
    throw error;
  }
}

function predict(state: NetworkState, x: SampleRows, logits: boolean): Matrix {
  const { spec, buffers, runtime } = state;
  const last = spec.layers.length - 1;
  const columns = spec.layers[last].units;
  const data = new Float32Array(x.rows * columns);
  const ofPreactivations = logits && hasLogitsBefore(spec.loss, spec.layers[last].activation.name);
  forEachChunk(state, rowsAsTheyLie(x), {}, (start, rows) => {
    const outputs = ofPreactivations ? buffers.preactivations(last) : buffers.activations(last);
    if (!logits) applyLink(runtime, spec.loss, rows, columns, outputs);
    data.set(state.floats(outputs, rows * columns), start * columns);
  });
  return { rows: x.rows, columns, data };
}

/**
 * A network with initial weights drawn from its seed.
 * @param spec inputs, layers (hidden ones, then the output), loss, seed
 * @param options arithmetic: "reproducible" gives the same bits on every machine
 * @cost 4 bytes a parameter, in training four to six times that (gradient, moments, an epoch's start); the first
 *   network also compiles the kernels, some tens of milliseconds
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
