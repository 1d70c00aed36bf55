// What a forecast says.
import type { Targets } from "../../network/data.js";

/** Options of `forecast`: what is known of the training before it begins, and how much to compute. */
export interface ForecastOptions {
  /** As for `fit`, one for each row of x: then learning rates that kill are forecast too. */
  readonly targets?: Targets;
  /** The rate to be used: advice says if it kills. */
  readonly learningRate?: number;
  /**
   * Initial networks to draw and count, at least 2; default: as many as a fraction of a second allows, at most 1000;
   * after 350 it ends once the standard error of each layer's count is at most 0.3 % of its units.
   */
  readonly draws?: number;
  /** Of the draws; default 0. The spec's own seed plays no part: the forecast is for any. */
  readonly seed?: number;
}

/** What to expect of one layer of an initial network. */
export interface LayerForecast {
  /** Index in network.layers. */
  readonly layer: number;
  /** How many it has. */
  readonly units: number;
  /** Units of an initial network that no input opens, on average. */
  readonly expectedDeadUnits: number;
  /** Of that average; 0 when exact. */
  readonly standardError: number;
  /** "exact": worked out without draws; "monteCarlo": counted in networks that were drawn. */
  readonly method: "exact" | "monteCarlo";
}

/** A learning rate whose first step closes units, and how many. */
export interface LethalRate {
  /** Hidden relu units closed, of those that were open at the start. */
  readonly units: number;
  /** The same as a share, 0 to 1. */
  readonly share: number;
  /** The learning rate of one plain gradient step that closes as many: the median over initial networks. */
  readonly rate: number;
}

/** Bounds on a probability. */
export interface ChanceBounds {
  /** A probability, 0 to 1. */
  readonly low: number;
  /** A probability, at least `low`. */
  readonly high: number;
  /** "exact": both are the probability; "bounds": they hold for certain; "monteCarlo": with 95 % confidence. */
  readonly method: "exact" | "bounds" | "monteCarlo";
}

/** What `forecast` expects of networks with this spec, before any training. */
export interface Forecast {
  /**
   * That some layer is silent on every input, the output layer included where it is a relu: such a network computes a
   * constant and no gradient reaches the layers below. At most 0.25 apart.
   */
  readonly bornDeadNetwork: ChanceBounds;
  /** The hidden layers, and the output layer where it is a relu. */
  readonly layers: readonly LayerForecast[];
  /** Only with targets; without those rates that no step reaches. */
  readonly lethalRates?: readonly LethalRate[];
  /** What "every input" means: x's rows; or, without x, the real line or a sample of the standard normal. */
  readonly inputs: string;
  /** Initial networks drawn. */
  readonly draws: number;
  /** What to change, a sentence each; empty where nothing has to be. */
  readonly advice: readonly string[];
  /** For a terminal of 80 columns. */
  toString(): string;
}
