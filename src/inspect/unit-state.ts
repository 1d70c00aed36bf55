// From a unit's statistics to its state. Open means a preactivation above 0: exactly 0 is closed.
import type { UnitStatistics } from "./statistics.js";
import type { ActivationName, ResolvedActivation } from "../activations/activations.js";

export type UnitState =
  | "alive"
  | "rare" // fires, on fewer than rareBelow of the samples
  | "dormant" // tau-dormant (Sokar et al. 2023), yet fires now and then
  | "dead" // passes neither signal nor gradient on any sample
  | "linear" // never switches: fires on every sample (a leaky unit: or on none)
  | "saturated"; // sigmoid, tanh ...: its derivative is practically 0 on every sample

const SATURATED_SLOPE = 1e-3;
const SELU_SLOPE = 1.0507009873554805 * 1.6732632423543772;

/** Piecewise linear: never saturated. */
const PIECEWISE: readonly ActivationName[] = ["linear", "relu", "leakyRelu", "prelu"];
/** The identity, up to scale, on every sample that fires. */
const LINEAR_WHEN_OPEN: readonly ActivationName[] = ["relu", "leakyRelu", "prelu", "elu", "selu"];
/** The identity, up to scale, on every sample that does not fire; a PReLU's slope learns, so that even one of 0 does not kill. */
const LINEAR_WHEN_CLOSED: readonly ActivationName[] = ["leakyRelu", "prelu"];
/** Gates: what fires seldom is rarely used. */
const GATES: readonly ActivationName[] = ["relu", "leakyRelu", "prelu", "elu", "selu", "gelu", "silu"];

const sigmoid = (z: number) => 1 / (1 + Math.exp(-z));

/** gelu's slope and silu's fall towards 0 from here on downwards. */
const TAIL = -2.5;
const TAIL_SLOPES: Partial<Record<ActivationName, (z: number) => number>> = {
  silu: (z) => Math.abs(sigmoid(z) * (1 + z * (1 - sigmoid(z)))),
  gelu: (z) => (-z + 1) * Math.exp((-z * z) / 2), // a bound
};

/** Flat on either side of 0: min and max alone don't tell how steep a unit was. */
export const TWO_SIDED: readonly ActivationName[] = ["sigmoid", "tanh"];

/** The largest |f'(z)| for low <= z <= high, or a bound on it; where f is two-sided, for |z| >= nearest. */
function largestSlope({ name, alpha = 0 }: ResolvedActivation, high: number, nearest: number): number {
  switch (name) {
    case "relu":
      return high > 0 ? 1 : 0;
    case "leakyRelu":
      return high > 0 ? 1 : alpha;
    case "elu":
      return high > 0 ? 1 : alpha * Math.exp(high);
    case "selu":
      return high > 0 ? 1 : SELU_SLOPE * Math.exp(high);
    case "softplus":
      return sigmoid(high);
    case "sigmoid":
      return sigmoid(nearest) * sigmoid(-nearest);
    case "tanh":
      return 1 / Math.cosh(nearest) ** 2;
    case "gelu":
    case "silu":
      return high < TAIL ? TAIL_SLOPES[name]!(high) : 1;
    default:
      return 1;
  }
}

export interface Thresholds {
  readonly rareBelow: number;
  readonly dormantBelow: number;
}

/** Neither signal nor gradient passes on any of the rows; NaN among them passes. */
export function isDead(activation: ResolvedActivation, unit: UnitStatistics): boolean {
  const slope = largestSlope(activation, unit.max, unit.nearest);
  return activation.name !== "prelu" && unit.meanActivation === 0 && Math.fround(slope) === 0;
}

/**
 * The first that holds: dead, saturated, linear, rare, dormant, alive.
 */
export function judge(
  activation: ResolvedActivation,
  totals: UnitStatistics,
  dormancy: number,
  { rareBelow, dormantBelow }: Thresholds,
): UnitState {
  const { name } = activation;
  const { fired, samples } = totals;
  if (isDead(activation, totals)) return "dead";
  const slope = largestSlope(activation, totals.max, totals.nearest);
  if (!PIECEWISE.includes(name) && slope < SATURATED_SLOPE) return "saturated";
  if (
    name === "linear" ||
    (fired === samples && LINEAR_WHEN_OPEN.includes(name)) ||
    (fired === 0 && LINEAR_WHEN_CLOSED.includes(name))
  )
    return "linear";
  if (GATES.includes(name) && fired > 0 && fired < rareBelow * samples) return "rare";
  return dormancy <= dormantBelow ? "dormant" : "alive";
}
