// What the figure and its engine say to each other.
import type { Death } from "../../../src/index.js";

export const LAYERS = [10, 8] as const;
export const UNITS = 18;
export const LAST_STEP = 1500;
export const RATES = [0.3, 0.5, 0.8, 1.1] as const;
export const OPENING: Settings = { rate: 0.8, seed: 12 };
/** Steps a second. */
export const SPEED = 120;

export interface Settings {
  readonly rate: number;
  readonly seed: number;
}

export interface UnitPlace {
  readonly layer: number;
  readonly unit: number;
}

/** Among all hidden units. */
export const indexOf = ({ layer, unit }: UnitPlace): number => (layer === 0 ? unit : LAYERS[0] + unit);
export const isSame = (a: UnitPlace, b: UnitPlace): boolean => a.layer === b.layer && a.unit === b.unit;

export interface ToldDeath {
  readonly death: Death;
  /** The package's sentence, with layers and units counted from 1. */
  readonly sentence: string;
}

export interface Lives extends Settings {
  readonly kind: "lives";
  readonly step: number;
  readonly isRunning: boolean;
  readonly isOver: boolean;
  /** The step that `open` begins with: 0 after a start, else the one after those that were sent. */
  readonly first: number;
  /** Step by step the share of the training samples that open each hidden unit. */
  readonly open: Float32Array;
  readonly deaths: readonly ToldDeath[];
  /** How often a unit that was taken for dead has come back. */
  readonly revivals: number;
}

/** Some steps of the same training at another rate. */
export interface Change {
  readonly from: number;
  readonly to: number;
  readonly rate: number;
}

export interface Replayed extends UnitPlace, Settings {
  readonly kind: "replayed";
  readonly change: Change;
  /** By step, from 0 on: the share of the training samples that open the unit. */
  readonly shares: Float32Array;
}

export type Reply = Lives | Replayed;

export type Request =
  | { readonly kind: "run"; readonly isRunning: boolean; readonly atOnce: boolean }
  | { readonly kind: "step" }
  | { readonly kind: "stopAtDeaths"; readonly isOn: boolean }
  /** From the start; at once: as fast as it goes. */
  | ({ readonly kind: "begin"; readonly isRunning: boolean; readonly atOnce: boolean } & Settings)
  | ({ readonly kind: "replay"; readonly change: Change } & UnitPlace);
