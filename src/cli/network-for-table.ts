// From a prepared table to a network's spec, and from its loss to a score that people read.
import type { PreparedTable } from "../table/prepare.js";
import type { NamedPreparedTable } from "./prepare-table.js";
import { inputWidth, outputWidth } from "../table/encoding.js";
import { mean, variance } from "../core/statistics.js";
import { RelumineError } from "../core/errors.js";
import { wrap } from "../text/wrap.js";
import type { Terminal } from "./terminal.js";
import type { LayerOptions, TrainLoss } from "./options.js";
import { isClassification } from "../network/losses.js";
import type { Task } from "../table/target.js";
import type { DenseSpec, Diagnosis, DiagnoseOptions, Metrics, Network, NetworkSpec } from "../index.js";
import type { SampleRows } from "../core/matrix.js";

export interface ModelOptions extends LayerOptions {
  readonly hidden: readonly number[];
  readonly seed: number;
  readonly labelSmoothing?: number;
  /** By default that of the target's kind. */
  readonly loss?: TrainLoss;
}

/** What a loss's targets are. */
export const taskOfLoss = (loss: TrainLoss): Task => (isClassification(loss) ? "classification" : "regression");

/** @throws RelumineError where labels of none are to be smoothed */
function lossOfTable(
  { target }: PreparedTable["encoding"],
  { loss: asked, labelSmoothing }: Pick<ModelOptions, "loss" | "labelSmoothing">,
): NetworkSpec["loss"] {
  const name = asked ?? (target.kind === "classes" ? "crossEntropy" : "meanSquaredError");
  if (isClassification(name)) return labelSmoothing ? { name, labelSmoothing } : name;
  if (labelSmoothing === undefined) return name;
  const given = "a target of numbers";
  throw new RelumineError("value", "--label-smoothing", "to be left out where there are no classes", given);
}

/** What is told is there, and nothing else. */
function hiddenLayer(units: number, place: number, options: ModelOptions): DenseSpec {
  const { activation, bias, normalization, dropout, maxNorm, residual } = options;
  return {
    units,
    activation,
    ...(bias === false ? { useBias: false } : { biasInitializer: bias }),
    ...(normalization !== undefined && { normalization }),
    ...(dropout !== undefined && { dropout }),
    ...(maxNorm !== undefined && { maxNorm }),
    ...(residual && place > 0 && { residual }),
  };
}

/** Cross-entropy over the classes, mean squared error of the standardized targets, or the loss that is asked for. */
export function specFor({ encoding }: Pick<PreparedTable, "encoding">, options: ModelOptions): NetworkSpec {
  const { inputs, target } = encoding;
  const { hidden, seed, l1, l2 } = options;
  const layers = [...hidden.map((units, place) => hiddenLayer(units, place, options)), { units: outputWidth(target) }];
  const kernelRegularizer = { ...(l1 !== undefined && { l1 }), ...(l2 !== undefined && { l2 }) };
  const isPenalized = l1 !== undefined || l2 !== undefined;
  return {
    inputs: inputWidth(inputs),
    layers: isPenalized ? layers.map((layer) => ({ ...layer, kernelRegularizer })) : layers,
    loss: lossOfTable(encoding, options),
    seed,
  };
}

/** The diagnosis, or why there is none: preactivations may overflow after a divergence. */
export function tryDiagnose(
  diagnose: typeof import("../index.js").diagnose,
  network: Network,
  x: SampleRows,
  options?: DiagnoseOptions,
): Diagnosis | string {
  try {
    return diagnose(network, x, options);
  } catch (error) {
    if (error instanceof RelumineError) return error.message;
    throw error;
  }
}

/** Whether the network has learned, in a sentence or two: what is said first. */
export function tellLearning(terminal: Terminal, diagnosis: Diagnosis | string | undefined, whose = ""): void {
  if (typeof diagnosis === "object" && diagnosis.learning)
    terminal.tell(`${wrap(whose + diagnosis.learning.verdict)}\n`);
}

/** What tryDiagnose gave, for people; tellLearning has said the first of it. */
export function describeDiagnosis(diagnosis: Pick<Diagnosis, "toString"> | string): string {
  if (typeof diagnosis !== "string") return String(diagnosis);
  return `No diagnosis: ${diagnosis}${/[.?]$/.test(diagnosis) ? "" : "."}`;
}

/** 1 - loss / variance of the targets: NaN if those do not vary, -Infinity if the loss overflows. */
function r2Of(targets: readonly number[], meanSquared: number): number {
  const spread = variance(targets);
  if (spread === 0) return Number.NaN;
  return Number.isFinite(meanSquared) ? 1 - meanSquared / spread : Number.NEGATIVE_INFINITY;
}

/** Accuracy for classes, R² for numbers, on the rows that judge. */
export function scoreOf({ judges }: Pick<NamedPreparedTable, "judges">, { loss, accuracy }: Metrics): number {
  return accuracy ?? r2Of(judges.y, loss);
}

/** Errors of a target of numbers, in its own units. */
export interface RegressionErrors {
  readonly r2?: number;
  readonly meanAbsoluteError: number;
  readonly rootMeanSquaredError: number;
}

/** @param predicted standardized, as the targets are */
export function regressionErrors(
  { scale }: { readonly scale: number },
  targets: readonly number[],
  predicted: ArrayLike<number>,
): RegressionErrors {
  const errors = targets.map((value, row) => predicted[row] - value);
  const meanSquared = mean(errors.map((error) => error ** 2));
  const r2 = r2Of(targets, meanSquared);
  return {
    ...(Number.isFinite(r2) && { r2 }),
    meanAbsoluteError: mean(errors.map(Math.abs)) * scale,
    rootMeanSquaredError: Math.sqrt(meanSquared) * scale,
  };
}
