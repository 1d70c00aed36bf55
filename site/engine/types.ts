// What page and engine say to each other. The page asks for a frame and asks again when it has come, so that none is ever queued.
import type {
  ActivationName,
  Cause,
  ChanceBounds,
  Finding,
  LethalRate,
  NetworkSpec,
  UnitDiagnosis,
} from "../../src/index.js";
import type { Curves } from "./training-history.js";
import type { Picture } from "./network-evaluator.js";
import type { Task } from "./task.js";
import type { Recipe } from "../state/recipe.js";

export interface UnitName {
  readonly layer: number;
  readonly unit: number;
}

/** A table that was dropped in. */
export interface GivenTable {
  readonly name: string;
  readonly text: string;
  /** The column to be learnt; default: the last. */
  readonly target?: string;
}

export const CURES = ["liftBias", "recycle", "leakyRelu", "lowerRate"] as const;
export type CureName = (typeof CURES)[number];

export type ToEngine =
  | {
      readonly kind: "start";
      readonly recipe: Recipe;
      readonly table?: GivenTable;
      readonly running: boolean;
      readonly speed: number;
    }
  | { readonly kind: "run"; readonly running: boolean; readonly speed: number }
  | { readonly kind: "step" }
  /** at: a step of the past; curves: the version that the page has. */
  | { readonly kind: "frame"; readonly at?: number; readonly chosen?: UnitName; readonly curves: number }
  | { readonly kind: "examine"; readonly chosen?: UnitName }
  | { readonly kind: "cure"; readonly cure: CureName; readonly beside: boolean; readonly rate?: number }
  | { readonly kind: "undo" }
  /** Ends the comparison with the twin, which takes the place of the network if it is kept. */
  | { readonly kind: "twin"; readonly keep: boolean };

export interface DeathNote extends UnitName {
  readonly step: number;
  readonly cause: Cause;
  readonly survivesAt?: number;
  readonly explanation: string;
}

export interface Started {
  readonly kind: "started";
  readonly recipe: Recipe;
  readonly task: Task;
  readonly spec: NetworkSpec;
  /** Where each layer's kernel and bias lie in a block of parameters, in floats. */
  readonly layout: readonly { readonly kernel: number; readonly bias: number }[];
}

export interface Forecasted {
  readonly kind: "forecast";
  readonly lethalRates: readonly LethalRate[];
  readonly bornDead: ChanceBounds;
  readonly advice: readonly string[];
}

export interface Twin {
  readonly label: string;
  readonly picture: Picture;
  readonly curves: Curves;
  readonly step: number;
}

export interface Frame extends Picture {
  readonly kind: "frame";
  /** Of the network that trains. */
  readonly step: number;
  /** Of the weights that are shown. */
  readonly shown: number;
  readonly epoch: number;
  readonly running: boolean;
  readonly stopped?: "diverged" | "finished";
  readonly rate: number;
  readonly activation: ActivationName;
  readonly parameters: Float32Array;
  readonly deaths: readonly DeathNote[];
  /** Units that were dead and fire again. */
  readonly revived: readonly UnitName[];
  readonly canUndo: boolean;
  readonly version: number;
  readonly curves?: Curves;
  readonly twin?: Twin;
}

export interface Examined {
  readonly kind: "examined";
  readonly step: number;
  readonly samples: number;
  readonly unit?: UnitDiagnosis;
  readonly findings: readonly Finding[];
}

export type FromEngine =
  | Started
  | Forecasted
  | Frame
  | Examined
  | { readonly kind: "cured"; readonly message: string }
  /** where: what the message is to be shown beside. */
  | { readonly kind: "failed"; readonly where: "data" | "settings" | "unit" | "engine"; readonly message: string };
