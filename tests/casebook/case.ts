// The case book's form: a small network made by hand, the samples, and the verdicts that are true of it.
import type { Activation, DiagnoseOptions, FindingKind, History, Loss, UnitState } from "../../src/index.js";
import type { Rows } from "../reference/network.js";

export interface HandLayer {
  /** Default: relu, and linear for the last layer. */
  readonly activation?: Activation;
  /** inputs x units. */
  readonly kernel: Rows;
  readonly bias: readonly number[];
  /** PReLU slopes. */
  readonly alpha?: readonly number[];
}

export interface Dead {
  readonly state: "dead";
  readonly mechanism: "negativeBias" | "negativeWeights" | "silentInputs";
  readonly permanent: boolean;
  /** What may be said of the whole input box: one answer, or several where the bounds need not be tight. */
  readonly proof?: readonly Proof[];
}
export type Proof = "provenDead" | "refuted" | "open";
export type Verdict = Dead | Exclude<UnitState, "dead">;

export interface Case {
  readonly name: string;
  /** Why the expected verdicts are true, in one sentence. */
  readonly why: string;
  /** Hidden layers, then the output layer. */
  readonly layers: readonly HandLayer[];
  readonly loss?: Loss;
  readonly x: Rows;
  readonly targets?: readonly number[] | Rows;
  /** For rules that look at gradients and accuracy, where diagnose has no use for targets. */
  readonly usersTargets?: readonly number[] | Rows;
  readonly history?: History;
  readonly options?: Pick<DiagnoseOptions, "rareBelow" | "dormantBelow" | "inputBox">;
  readonly expected: {
    /** By hidden layer and unit. */
    readonly units: readonly (readonly Verdict[])[];
    /** Kinds of findings that must be there, and such as must not. */
    readonly present?: readonly FindingKind[];
    readonly absent?: readonly FindingKind[];
  };
}

export function dead(mechanism: Dead["mechanism"], permanent: boolean, ...proof: readonly Proof[]): Dead {
  return proof.length === 0 ? { state: "dead", mechanism, permanent } : { state: "dead", mechanism, permanent, proof };
}

/** A layer's units as [weights..., bias] each: how one reads a unit. */
export function units(activation: Activation, ...each: readonly (readonly number[])[]): HandLayer {
  const inputs = each[0].length - 1;
  return {
    activation,
    kernel: Array.from({ length: inputs }, (_, i) => each.map((unit) => unit[i])),
    bias: each.map((unit) => unit[inputs]),
  };
}

export const relu = (...each: readonly (readonly number[])[]) => units("relu", ...each);

/** An output unit that adds up what it gets. */
export function sum(inputs: number, activation: Activation = "linear"): HandLayer {
  return { activation, kernel: Array.from({ length: inputs }, () => [1]), bias: [0] };
}

/** Samples of a single input. */
export const column = (...values: readonly number[]): Rows => values.map((value) => [value]);

export function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}
