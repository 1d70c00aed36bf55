// The course of a treatment: the network as it is, which nothing touches, and the copies on which a remedy works.
import type { TreatedUnit, TreatmentFinding, TreatmentFindingKind } from "../types.js";
import type { Matrix } from "../../core/matrix.js";
import type { Diagnosis } from "../../diagnosis/types.js";
import type { ResolvedSpec } from "../../network/spec.js";
import { NetworkState } from "../../network/state/state.js";
import { Arena } from "../../wasm/heap.js";
import type { Runtime } from "../../wasm/runtime.js";

/** What a remedy leaves: the treated state, or none where there was nothing to do. */
export interface Outcome {
  readonly state?: NetworkState;
  readonly treated: readonly TreatedUnit[];
  readonly findings: readonly TreatmentFinding[];
}

export class Course {
  /** For blocks that are needed until the treatment is done. */
  readonly scratch: Arena;
  private readonly made: NetworkState[] = [];

  constructor(
    /** Not to be changed. */
    readonly state: NetworkState,
    readonly before: Diagnosis,
    readonly x: Matrix,
    private readonly runtime: Runtime,
  ) {
    this.scratch = new Arena(runtime.heap);
  }

  /** A state of this shape, all zero, that is given back if the treatment fails. */
  make(spec: ResolvedSpec): NetworkState {
    const state = new NetworkState(this.runtime, spec);
    this.made.push(state);
    return state;
  }

  copy(): NetworkState {
    const copy = this.make(this.state.spec);
    copy.copyFrom(this.state);
    return copy;
  }

  /** By hidden layer, the units that are dead before the treatment. */
  deadUnits(): number[][] {
    return this.before.layers.map(({ units }) => units.flatMap(({ state, unit }) => (state === "dead" ? [unit] : [])));
  }

  giveUp(): void {
    for (const state of this.made) state.dispose();
  }
}

export function finding(kind: TreatmentFindingKind, message: string, layer?: number): TreatmentFinding {
  return { kind, message, ...(layer !== undefined && { layer }) };
}

export function nothing(message: string): Outcome {
  return { treated: [], findings: [finding("nothingToTreat", `${message}: nothing was done`)] };
}

/** `1 unit`, `2 units` */
export function countUnits(count: number): string {
  return `${count} ${count === 1 ? "unit" : "units"}`;
}
