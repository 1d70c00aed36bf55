// What a diagnosis says of a network, a layer and a unit.
import type { ActivationName } from "../wasm/activations.js";

export type UnitState =
  | "alive"
  | "rare" // fires, on fewer than rareBelow of the samples
  | "dormant" // tau-dormant (Sokar et al. 2023), yet fires now and then
  | "dead" // passes neither signal nor gradient on any sample
  | "linear" // never switches: fires on every sample (a leaky unit: or on none)
  | "saturated"; // sigmoid, tanh ...: its derivative is practically 0 on every sample

export type Mechanism =
  | "negativeBias" // without its bias it would fire on some sample
  | "negativeWeights" // it would stay closed even with a zero bias
  | "silentInputs"; // every unit that feeds it is silent

export interface DiagnoseOptions {
  /** A unit that fires on a smaller share of the samples is "rare". Default 0.01. */
  readonly rareBelow?: number;
  /** tau: a unit whose dormancy is not above it is "dormant". Default 0.025. */
  readonly dormantBelow?: number;
}

export interface UnitDiagnosis {
  /** Index in network.layers. */
  readonly layer: number;
  readonly unit: number;
  readonly state: UnitState;
  /** Share of the samples with a preactivation above 0. */
  readonly activity: number;
  /** 95 % upper bound on its firing rate on unseen samples: about 3/n when it never fired. */
  readonly activityBound: number;
  /** Mean |activation| over the layer's mean. */
  readonly dormancy: number;
  readonly preactivation: { readonly min: number; readonly max: number; readonly mean: number; readonly std: number };
  /** Dead units only. */
  readonly mechanism?: Mechanism;
  /**
   * Dead units only: no further plain gradient training on these samples can move its inputs or its weights: it is in
   * the first layer, or fed by nothing but such units, or no gradient gets past a layer that is closed as a whole.
   */
  readonly permanent?: boolean;
  /** Dead units only: what to add to the bias so that one sample in a hundred (at least one) opens it. */
  readonly biasToRevive?: number;
}

export interface LayerDiagnosis {
  /** Index in network.layers. */
  readonly layer: number;
  readonly activation: ActivationName;
  readonly dead: number;
  readonly units: readonly UnitDiagnosis[];
}

export interface Diagnosis {
  readonly samples: number;
  /** Hidden units. */
  readonly units: number;
  readonly dead: number;
  readonly deadFraction: number;
  /** Hidden layers, in order. */
  readonly layers: readonly LayerDiagnosis[];
  /** What a terminal should show. */
  toString(): string;
}
