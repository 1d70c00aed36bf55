// The numbers that TypeScript and the kernels have agreed on, beside the signatures (exports.ts): tests/wasm/abi.test.ts holds them
// against assembly/.

/** In the order of their numbers, `Kind` in assembly/activation.ts. */
export const ACTIVATION_NAMES = [
  "linear",
  "relu",
  "leakyRelu",
  "prelu",
  "elu",
  "selu",
  "gelu",
  "silu",
  "softplus",
  "sigmoid",
  "tanh",
  "hardSwish",
] as const satisfies readonly ActivationName[];

/** The activations; all but linear, sigmoid and tanh are of the ReLU family. */
export type ActivationName =
  | "linear"
  | "relu"
  | "leakyRelu"
  | "prelu"
  | "elu"
  | "selu"
  | "gelu"
  | "silu"
  | "softplus"
  | "sigmoid"
  | "tanh"
  | "hardSwish";

/** The activation's number, as the kernels take it; that of "linear" for a softmax, which has a kernel of its own. */
export function activationCode(name: ActivationName | "softmax"): number {
  return name === "softmax" ? 0 : ACTIVATION_NAMES.indexOf(name);
}

/** What a batch's counters are: arrays of `units` float32, one after the other (`Counter` in assembly/counters.ts). */
export const BatchCounter = {
  /** The preactivation z that deviations are taken from. */
  pivot: 0,
  /** Rows on which the unit fired. */
  fired: 1,
  min: 2,
  max: 3,
  /** Σ(z - pivot). */
  deviation: 4,
  /** Σ(z - pivot)². */
  squaredDeviation: 5,
  /** Σ|activation|. */
  magnitude: 6,
} as const;
export type CounterPlace = (typeof BatchCounter)[keyof typeof BatchCounter];
export const BATCH_COUNTERS = 7;

/** What running totals are: arrays of `units` float64, one after the other (`Total` in assembly/counters.ts). */
export const UnitTotal = {
  samples: 0,
  fired: 1,
  min: 2,
  max: 3,
  mean: 4,
  /** Σ(z - mean)². */
  m2: 5,
  /** Σ|activation|. */
  magnitude: 6,
} as const;
export const UNIT_TOTALS = 7;

/**
 * The threads' control block in words of 32 bits (assembly/threads.ts); from `arguments` on lie those of
 * gemmSkippingZeros, then whether it skips them.
 */
export const ControlWord = {
  left: 0,
  finished: 1,
  sleeping: 2,
  callerSleeps: 3,
  product: 4,
  turns: 5,
  held: 6,
  arguments: 7,
} as const;
export const CONTROL_BYTES = 256;
