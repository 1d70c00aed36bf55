// What of a layer's preactivations is normalized before its activation, and how: the user's words, checked.
import { checkName, checkNumber, checkOptions } from "../core/checks.js";
import { RelumineError } from "../core/errors.js";

/**
 * "batch": each unit over the rows of the batch (Ioffe and Szegedy 2015); outside of training by running statistics.
 * "layer": each row over the layer's units (Ba, Kiros and Hinton 2016).
 */
export type NormalizationKind = "batch" | "layer";

/** Normalization of a layer: activation(gamma · normalized(input · kernel + bias) + beta). */
export interface Normalization {
  /** Over what mean and variance are taken. */
  readonly kind: NormalizationKind;
  /**
   * Of "batch" alone: the share of the batch's mean and variance in the next running ones, as PyTorch has it: the
   * variance with rows - 1 below, though the step itself takes that with rows. A batch of one row moves the mean alone.
   * Default 0.1.
   */
  readonly momentum?: number;
  /** Added to the variance. Default 1e-5. */
  readonly epsilon?: number;
}

/** With its defaults filled in. */
export interface ResolvedNormalization extends Normalization {
  readonly epsilon: number;
}

const KINDS = ["batch", "layer"] as const satisfies readonly NormalizationKind[];
/** PyTorch's. */
export const DEFAULT_MOMENTUM = 0.1;
export const DEFAULT_EPSILON = 1e-5;
/** Keras', of what programs add to a variance the most. */
export const USUAL_EPSILON = 1e-3;
/** 1 / sqrt(epsilon) is a float32. */
export const LEAST_EPSILON = 1e-30;

/** @throws RelumineError "value" */
export function resolveNormalization(path: string, given: unknown): ResolvedNormalization {
  if (typeof given === "string") return resolveNormalization(path, { kind: checkName(path, given, KINDS) });
  const options = checkOptions(path, given as Normalization, ["kind", "momentum", "epsilon"]);
  const kind = checkName(`${path}.kind`, options.kind, KINDS);
  const epsilon = checkNumber(`${path}.epsilon`, options.epsilon ?? DEFAULT_EPSILON, { low: LEAST_EPSILON });
  if (kind === "batch") {
    const momentum = checkNumber(`${path}.momentum`, options.momentum ?? DEFAULT_MOMENTUM, { low: 0, high: 1 });
    return Object.freeze({ kind, momentum, epsilon });
  }
  if (options.momentum !== undefined)
    throw new RelumineError(
      "value",
      `${path}.momentum`,
      "to be left out, as layer normalization has no running statistics",
      String(options.momentum),
    );
  return Object.freeze({ kind, epsilon });
}
