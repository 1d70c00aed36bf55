// What a worker does with a network when it is asked by name; fit, clone and dispose are in serve.ts.
import { checkInteger } from "../../core/checks.js";
import type { Samples } from "../../core/matrix.js";
import { diagnose } from "../../diagnosis/diagnose.js";
import type { DiagnoseOptions } from "../../diagnosis/types.js";
import { type ExportOptions, exportNetwork, type ModelFormat } from "../../formats/model.js";
import type { DataSet } from "../../network/data.js";
import type { DenseLayer, Weights, Network } from "../../network/types.js";

/** Something to do with a network, inside the worker. What it returns is copied to the page: plain objects, arrays and typed arrays. */
export type Operation = (network: Network, ...args: never[]) => unknown;

function layerOf({ layers }: Network, layer: number): DenseLayer {
  return layers[checkInteger("layer", layer, { low: 0, high: layers.length - 1 })];
}

export const OPERATIONS: Readonly<Record<string, Operation>> = {
  evaluate: (network, data: DataSet) => network.evaluate(data),
  predict: (network, x: Samples, options?: { logits?: boolean }) => network.predict(x, options),
  summary: (network) => network.summary(),
  getWeights: (network, layer: number) => layerOf(network, layer).getWeights(),
  setWeights: (network, layer: number, weights: Partial<Weights>) => layerOf(network, layer).setWeights(weights),
  exportNetwork: (network, format: ModelFormat, options?: ExportOptions) => exportNetwork(network, format, options),
  diagnose(network, x: Samples, options?: DiagnoseOptions) {
    const diagnosis = diagnose(network, x, options);
    return { diagnosis: { ...diagnosis }, text: String(diagnosis) };
  },
};
