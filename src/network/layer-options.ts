// What a layer may be told beside its shape, activation and start: what holds it down in training, and whether its
// inputs pass it by. Checked, and absent where it is off, so that a spec without it is what it always was.
import { checkBoolean, checkNumber, checkOptions } from "../core/checks.js";
import { RelumineError } from "../core/errors.js";

/** Coefficients of a penalty on some numbers: l1·Σ|a| + l2·Σa², without a half, as in Keras. */
export interface Regularizer {
  /** Of the sum of their sizes. Default 0. */
  readonly l1?: number;
  /** Of the sum of their squares. Default 0. */
  readonly l2?: number;
}

/** Options of a layer. */
export interface LayerOptions {
  /**
   * The share of its activations that each training step sets to 0, others, of which ones is decided by the network's
   * seed, the epoch and the row's place in it; those that stay are divided by 1 - dropout. Off wherever a network is
   * not trained. 0 to below 1, on hidden layers. Default 0.
   */
  readonly dropout?: number;
  /** What its kernel's weights cost in training, beside the loss. */
  readonly kernelRegularizer?: Regularizer;
  /** What its activations cost in training, before dropout: divided by the rows of the batch. On hidden layers. */
  readonly activityRegularizer?: Regularizer;
  /** The largest norm that each unit's incoming weights may have: scaled down to it after an update. Above 0. */
  readonly maxNorm?: number;
  /** true: its inputs, as many as it has units, are added to its activations. On hidden layers but the first. */
  readonly residual?: boolean;
}

export const LAYER_OPTION_NAMES = [
  "dropout",
  "kernelRegularizer",
  "activityRegularizer",
  "maxNorm",
  "residual",
] as const satisfies readonly (keyof LayerOptions)[];

/** Where a layer stands. */
export interface LayerPlace {
  readonly index: number;
  readonly isLast: boolean;
  /** Of the layer below, or the network. */
  readonly inputs: number;
  readonly units: number;
}

/** The penalty; undefined where there is none. */
function resolveRegularizer(path: string, given: Regularizer | undefined): Regularizer | undefined {
  if (given === undefined) return undefined;
  const { l1 = 0, l2 = 0 } = checkOptions(path, given, ["l1", "l2"]);
  const checked = {
    l1: checkNumber(`${path}.l1`, l1, { low: 0 }),
    l2: checkNumber(`${path}.l2`, l2, { low: 0 }),
  };
  return checked.l1 > 0 || checked.l2 > 0 ? Object.freeze(checked) : undefined;
}

function refuseOnLast(path: string, { isLast }: LayerPlace, given: unknown): void {
  if (!isLast) return;
  throw new RelumineError("value", path, "to be left out on the last layer", JSON.stringify(given));
}

function resolveResidual(path: string, given: unknown, { index, isLast, inputs, units }: LayerPlace): boolean {
  if (!checkBoolean(path, given)) return false;
  if (index === 0 || isLast)
    throw new RelumineError("value", path, "to be left out on the first and the last layer", "true");
  if (inputs === units) return true;
  throw new RelumineError("value", path, `to be on a layer of as many units as inputs, ${inputs}`, `${units} units`);
}

/** @throws RelumineError "value" */
export function resolveLayerOptions(where: string, given: LayerOptions, place: LayerPlace): LayerOptions {
  const dropout = checkNumber(`${where}.dropout`, given.dropout ?? 0, { low: 0, high: 1, openHigh: true });
  const kernelRegularizer = resolveRegularizer(`${where}.kernelRegularizer`, given.kernelRegularizer);
  const activityRegularizer = resolveRegularizer(`${where}.activityRegularizer`, given.activityRegularizer);
  if (dropout > 0) refuseOnLast(`${where}.dropout`, place, dropout);
  if (activityRegularizer) refuseOnLast(`${where}.activityRegularizer`, place, activityRegularizer);
  const { maxNorm } = given;
  if (maxNorm !== undefined) checkNumber(`${where}.maxNorm`, maxNorm, { low: 0, openLow: true });
  return {
    ...(dropout > 0 && { dropout }),
    ...(kernelRegularizer && { kernelRegularizer }),
    ...(activityRegularizer && { activityRegularizer }),
    ...(maxNorm !== undefined && { maxNorm }),
    ...(resolveResidual(`${where}.residual`, given.residual ?? false, place) && { residual: true }),
  };
}

/** Whether the training adds something to the loss. */
export function hasPenalty(layers: readonly (LayerOptions & { readonly frozen?: boolean })[]): boolean {
  return layers.some(
    ({ kernelRegularizer, activityRegularizer, frozen }) => (kernelRegularizer || activityRegularizer) && !frozen,
  );
}

/** What the layer says of these, in words. */
export function describeLayerOptions(layer: LayerOptions): string[] {
  const of = (name: string, { l1 = 0, l2 = 0 }: Regularizer) =>
    [...(l1 > 0 ? [`l1 ${l1}`] : []), ...(l2 > 0 ? [`l2 ${l2}`] : [])].map((each) => `${name} ${each}`);
  return [
    ...(layer.dropout ? [`dropout ${layer.dropout}`] : []),
    ...(layer.kernelRegularizer ? of("kernel", layer.kernelRegularizer) : []),
    ...(layer.activityRegularizer ? of("activity", layer.activityRegularizer) : []),
    ...(layer.maxNorm === undefined ? [] : [`norms up to ${layer.maxNorm}`]),
    ...(layer.residual ? ["residual"] : []),
  ];
}
