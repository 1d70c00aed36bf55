// What a forecast says.
import type { Targets } from "../../network/data.js";

export interface ForecastOptions {
  /** As for `fit`, one for each row of x: then learning rates that kill are forecast too. */
  readonly targets?: Targets;
  /** The rate to be used: advice says if it kills. */
  readonly learningRate?: number;
  /**
   * Initial networks to draw and count, at least 2; default: as many as a fraction of a second allows, at most 1000.
   */
  readonly draws?: number;
  /** Of the draws; default 0. The spec's own seed plays no part: the forecast is for any. */
  readonly seed?: number;
}

export interface LayerForecast {
  readonly layer: number;
  readonly units: number;
  /** Units of an initial network that no input opens, on average. */
  readonly expectedDeadUnits: number;
  /** Of that average; 0 when exact. */
  readonly standardError: number;
  readonly method: "exact" | "monteCarlo";
}

export interface LethalRate {
  /** Hidden relu units closed, of those that were open at the start. */
  readonly units: number;
  readonly share: number;
  /** The learning rate of one plain gradient step that closes as many: the median over initial networks. */
  readonly rate: number;
}

/** Bounds on a probability. */
export interface ChanceBounds {
  readonly low: number;
  readonly high: number;
  /** "exact": both are the probability; "bounds": they hold for certain; "monteCarlo": with 95 % confidence. */
  readonly method: "exact" | "bounds" | "monteCarlo";
}

export interface Forecast {
  /**
   * That some hidden layer is silent on every input: such a network computes a constant and no gradient reaches the
   * layers below. At most 0.25 apart.
   */
  readonly bornDeadNetwork: ChanceBounds;
  /** Hidden layers. */
  readonly layers: readonly LayerForecast[];
  /** Only with targets; without those rates that no step reaches. */
  readonly lethalRates?: readonly LethalRate[];
  /** What "every input" means: x's rows; or, without x, the real line or a sample of the standard normal. */
  readonly inputs: string;
  /** Initial networks drawn. */
  readonly draws: number;
  readonly advice: readonly string[];
  /** For a terminal of 80 columns. */
  toString(): string;
}
