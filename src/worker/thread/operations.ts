// What a worker does with a network when it is asked by name; what keeps something in the worker is in serve.ts.
import { sendText } from "../text.js";
import { checkInteger } from "../../core/checks.js";
import type { Samples } from "../../core/matrix.js";
import { diagnose } from "../../diagnosis/diagnose.js";
import type { DiagnoseOptions } from "../../diagnosis/types.js";
import { type ExportOptions, exportNetwork, type ModelFormat } from "../../formats/model.js";
import type { DataSet } from "../../network/data.js";
import type { DenseLayer, Weights, Network } from "../../network/types.js";
import type { ColumnFigures } from "../../treatment/start/column-scaling.js";
import { foldInputs, foldTargets } from "../../treatment/start/standardize.js";

/**
 * Something to do with a network, inside the worker. What it returns is copied to the page: plain objects, arrays and
 * typed arrays.
 */
export type Operation = (network: Network, ...args: never[]) => unknown;

function layerAt({ layers }: Network, index: number): DenseLayer {
  return layers[checkInteger("layer", index, { low: 0, high: layers.length - 1 })];
}

export const OPERATIONS: Readonly<Record<string, Operation>> = {
  evaluate: (network, data: DataSet) => network.evaluate(data),
  gradients: (network, data: DataSet) => network.gradients(data),
  predict: (network, x: Samples, options?: { logits?: boolean }) => network.predict(x, options),
  summary: (network) => network.summary(),
  restoreEpochStart: (network) => network.restoreEpochStart(),
  getWeights: (network, layer: number) => layerAt(network, layer).getWeights(),
  setWeights: (network, layer: number, weights: Partial<Weights>) => layerAt(network, layer).setWeights(weights),
  exportNetwork: (network, format: ModelFormat, options?: ExportOptions) => exportNetwork(network, format, options),
  diagnose: (network, x: Samples, options?: DiagnoseOptions) => sendText(diagnose(network, x, options)),
  foldInputs: (network, figures: ColumnFigures) => foldInputs(network, figures),
  foldTargets: (network, figures: ColumnFigures) => foldTargets(network, figures),
};
