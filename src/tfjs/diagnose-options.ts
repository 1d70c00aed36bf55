// What the diagnosis of a model of TensorFlow.js takes.
import type { ModelTargets } from "./rows.js";
import type { DiagnoseOptions } from "../diagnosis/types.js";
import type { Loss, LossSpec } from "../network/losses.js";

/** Options of `diagnose` of a model: those of `diagnose`, with targets that may be a tensor. */
export interface DiagnoseModelOptions extends Omit<DiagnoseOptions, "targets"> {
  /** One for each row of x: classes one by one or as one row of probabilities each, or numbers. */
  readonly targets?: ModelTargets;
  /** What the targets are read by; default: the loss that the model was compiled with, where it is one by its name. */
  readonly loss?: Loss | LossSpec;
}
