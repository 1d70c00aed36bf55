// A network of one hidden unit and one linear output, trained by the package: one full-batch step of SGD at a time.
import type { UnitActivation, UnitLook, UnitWeights } from "./types.js";
import { slope } from "../../../src/activations/analysis.js";
import type { Network } from "../../../src/index.js";
import { mean } from "../../../src/core/statistics.js";
import { Inspector } from "../../../src/inspect/inspector.js";
import { createNetwork } from "../../../src/network/network.js";
import { stateOf } from "../../../src/network/state/state.js";
import { sgd } from "../../../src/network/training/optimizers.js";
import type { LabelledRows } from "../../tasks/learning-task.js";

export class UnitTraining {
  private readonly inspector: Inspector;
  /** Since the weights were given. */
  steps = 0;

  private constructor(
    private readonly network: Network,
    readonly activation: UnitActivation,
    private readonly rows: LabelledRows,
  ) {
    this.inspector = new Inspector(stateOf(network));
  }

  static async create(activation: UnitActivation, rows: LabelledRows): Promise<UnitTraining> {
    const network = await createNetwork(
      { inputs: rows.x.columns, layers: [{ units: 1, activation }, { units: 1 }], loss: "meanSquaredError" },
      { arithmetic: "reproducible" },
    );
    return new UnitTraining(network, activation, rows);
  }

  start({ kernel, bias, outgoing, outputBias }: UnitWeights): void {
    this.network.layers[0].setWeights({ kernel: Float32Array.from(kernel), bias: Float32Array.of(bias) });
    this.network.layers[1].setWeights({ kernel: Float32Array.of(outgoing), bias: Float32Array.of(outputBias) });
    this.steps = 0;
  }

  /** Steps on all rows at once. A training that leaves the finite numbers stands still at the last finite weights. */
  async train(rate: number, count = 1): Promise<void> {
    const { x, y } = this.rows;
    await this.network.fit(
      { x, y },
      { epochs: count, batchSize: x.rows, shuffle: false, optimizer: sgd({ learningRate: rate }) },
    );
    this.steps += count;
  }

  weights(): UnitWeights {
    const [unit, output] = this.network.layers.map((layer) => layer.getWeights());
    return { kernel: [...unit.kernel], bias: unit.bias[0], outgoing: output.kernel[0], outputBias: output.bias[0] };
  }

  preactivations(): Float32Array {
    const z = new Float32Array(this.rows.x.rows);
    this.inspector.run(this.rows.x, { layers: 1 }, (chunk) => z.set(chunk.preactivations(0), chunk.start));
    return z;
  }

  look(): UnitLook {
    const { loss, layers } = this.network.gradients({ x: this.rows.x, y: this.rows.y });
    const z = this.preactivations();
    return {
      steps: this.steps,
      weights: this.weights(),
      z,
      loss,
      gradient: { bias: layers[0].bias[0], outputBias: layers[1].bias[0] },
      slope: mean(Array.from(z, (value) => slope(this.activation, value, 0))),
    };
  }

  dispose(): void {
    this.inspector.dispose();
    this.network.dispose();
  }
}
