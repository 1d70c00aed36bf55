// What a treatment of a model of TensorFlow.js takes and tells.
import type { ModelTargets } from "./rows.js";
import type { Model } from "./tensorflow.js";
import type { Loss, LossSpec } from "../network/losses.js";
import type { Remedy } from "../treatment/remedies/remedy.js";
import type { Treatment, TreatOptions } from "../treatment/types.js";

/** The remedies that leave a model its shapes. */
export type ModelRemedy = Exclude<
  Remedy,
  {
    /** Which remedy. */
    readonly kind: "prune";
  }
>;

/** Options of `treat` of a model. */
export interface TreatModelOptions extends Pick<TreatOptions, "signal" | "onProgress"> {
  /** As for `diagnose`. */
  readonly targets?: ModelTargets;
  /** As for `diagnose`. */
  readonly loss?: Loss | LossSpec;
}

/** What `treat` did to a model, measured, and how to take it back. */
export interface ModelTreatment extends Omit<Treatment, "network"> {
  /** The same model. */
  readonly model: Model;
  /**
   * What became of the optimizer's moments of what was treated: "cleared"; "kept", where the optimizer does not hand
   * them out (Adamax) or they do not start at 0 (Adagrad): they go on; "none": it has none, or nothing was treated.
   */
  readonly moments: "cleared" | "kept" | "none";
  /**
   * Makes the model what it was before: weights, activations, and the moments that were cleared. What was trained since
   * is undone with it. A second call does nothing.
   */
  undo(): void;
}
