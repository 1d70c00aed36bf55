// What a remedy works with: the network as it is, which nothing touches, copies to change, and what was seen of it on
// x.
import type { TreatedUnit, TreatmentFinding, TreatmentFindingKind } from "../types.js";
import type { Matrix } from "../../core/matrix.js";
import type { Diagnosis } from "../../diagnosis/types.js";
import { Inspector } from "../../inspect/inspector.js";
import type { ResolvedSpec } from "../../network/spec.js";
import { NetworkState } from "../../network/state/state.js";
import { BY_INDEX, type Naming } from "../../text/naming.js";
import type { Runtime } from "../../wasm/runtime.js";

/** What a remedy leaves: the treated state, or none where there was nothing to do. */
export interface RemedyResult {
  readonly state?: NetworkState;
  readonly treated: readonly TreatedUnit[];
  readonly findings: readonly TreatmentFinding[];
}

export class WorkingCopy {
  private readonly states: NetworkState[] = [];
  private readonly inspectors: Inspector[] = [];

  constructor(
    /** The network as it is: not to be changed. */
    readonly original: NetworkState,
    readonly before: Diagnosis,
    readonly x: Matrix,
    private readonly runtime: Runtime,
    /** For messages. */
    readonly naming: Naming = BY_INDEX,
  ) {}

  /** A state of this shape, all zero, that is given back if the treatment fails. */
  make(spec: ResolvedSpec): NetworkState {
    const state = new NetworkState(this.runtime, spec);
    this.states.push(state);
    return state;
  }

  copy(): NetworkState {
    const copy = this.make(this.original.spec);
    copy.copyFrom(this.original);
    return copy;
  }

  /** Shows what the units of a state do; given back when the treatment is done. */
  inspect(state: NetworkState): Inspector {
    const inspector = new Inspector(state);
    this.inspectors.push(inspector);
    return inspector;
  }

  /** By hidden layer, the units that are dead before the treatment. */
  deadUnits(): number[][] {
    return this.before.layers.map(({ units }) => units.flatMap(({ state, unit }) => (state === "dead" ? [unit] : [])));
  }

  /** Gives back what only the treatment needed. */
  finish(): void {
    for (const inspector of this.inspectors) inspector.dispose();
  }

  /** Gives back the copies too. */
  discard(): void {
    for (const state of this.states) state.dispose();
  }
}

const ADVICE: Readonly<Record<TreatmentFindingKind, string>> = {
  nothingToTreat: "Train on, or look at what diagnose finds.",
  lossless: "The smaller network can take the place of the old one.",
  onTheseSamples: "Check the treated network on held-out rows.",
  livingUnitsToo: "Outputs have changed: evaluate, and train on.",
  constantNetwork: "Treat the network by liftBias or recycle instead, or start again with another initialization.",
  shareNotReached: "Give the layer inputs that differ from row to row, or take the share as it is.",
  stillDead: "Treat the network by liftBias, which opens units on these rows whatever their weights.",
};

export function finding(kind: TreatmentFindingKind, message: string, layer?: number): TreatmentFinding {
  return { kind, message, advice: ADVICE[kind], ...(layer !== undefined && { layer }) };
}

export function nothing(message: string): RemedyResult {
  return { treated: [], findings: [finding("nothingToTreat", `${message}: nothing was done`)] };
}
