// What the page and the engine of the figure "One unit" tell each other.
export type UnitActivation = "relu" | "sigmoid" | "tanh";
export const UNIT_ACTIVATIONS: readonly UnitActivation[] = ["relu", "sigmoid", "tanh"];

/** Of all steps after the first. */
export const ORDINARY_RATE = 0.1;
/** At so many steps after the first the units are shown as they train on. */
export const SHOWN_AT: readonly number[] = [1, 10, 100, 1000, 10_000]
  .flatMap((power) => [1, 1.3, 1.8, 2.4, 3.2, 4.2, 5.6, 7.5].map((factor) => Math.round(factor * power)))
  .filter((steps, index, all) => steps !== all[index - 1] && steps <= 32_000);

export interface UnitWeights {
  /** One number an input. */
  readonly kernel: readonly number[];
  readonly bias: number;
  readonly outgoing: number;
  readonly outputBias: number;
}

export interface UnitLook {
  /** Since the start. */
  readonly steps: number;
  readonly weights: UnitWeights;
  /** The unit's preactivation on each row. */
  readonly z: Float32Array;
  readonly loss: number;
  /** Of the loss, by either bias. */
  readonly gradient: { readonly bias: number; readonly outputBias: number };
  /** Of the activation, the mean over the rows. */
  readonly slope: number;
}

/** What one large step does. */
export interface FirstStep {
  readonly before: UnitLook;
  readonly after: UnitLook;
}

export type ToUnits =
  | { readonly kind: "start"; readonly bias: number; readonly rate: number }
  /** So many ordinary steps more. */
  | { readonly kind: "train"; readonly steps: number };

/** In the order of UNIT_ACTIVATIONS. */
export type FromUnits =
  | { readonly kind: "started"; readonly units: readonly FirstStep[] }
  | { readonly kind: "trained"; readonly units: readonly UnitLook[] };
