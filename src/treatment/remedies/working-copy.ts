// What a remedy works with: the network as it is, which nothing touches, copies to change, and what was seen of it.
import type { TreatedRows } from "../treated-rows.js";
import type { TreatedUnit, TreatmentFinding, TreatmentFindingKind } from "../types.js";
import type { Diagnosis } from "../../diagnosis/types.js";
import type { Pace } from "../../core/pace.js";
import { type KnownLayers, LayerSweep } from "../../inspect/layer-sweep.js";
import type { UnitStatistics } from "../../inspect/statistics.js";
import { hasShift, isNormalizedByRows, isPassedBy, type ResolvedSpec } from "../../network/spec.js";
import { NetworkState } from "../../network/state/state.js";
import { BY_INDEX, type Naming } from "../../text/naming.js";
import { countOf } from "../../text/numbers.js";
import type { Runtime } from "../../wasm/runtime.js";

/** What a state does on x. */
export interface Seen {
  /** By layer, the output layer included, and unit. */
  readonly statistics: readonly (readonly UnitStatistics[])[];
  /** By layer, of the dead units: the preactivation that one row in a hundred (at least one) reaches. */
  readonly openings: readonly ReadonlyMap<number, number>[];
  /** rows x outputs; logits for the cross-entropies. */
  readonly outputs: Float32Array;
}

/** What a remedy leaves: the treated state, or none where there was nothing to do. */
export interface RemedyResult {
  readonly state?: NetworkState;
  readonly treated: readonly TreatedUnit[];
  readonly findings: readonly TreatmentFinding[];
  /** What the treated state does, where that was seen on the way: of rows in memory. */
  readonly seen?: Seen | undefined;
}

/** What was seen of a network before it is treated. */
export interface BeforeTreatment {
  readonly diagnosis: Diagnosis;
  /** By layer, the output layer included, and unit. */
  readonly statistics: readonly (readonly UnitStatistics[])[];
  /** The inputs' columns, as if they were units. */
  readonly columns: readonly UnitStatistics[];
  /** For one sweep, where it was kept. */
  readonly known?: KnownLayers | undefined;
}

export class WorkingCopy {
  private readonly states: NetworkState[] = [];
  private readonly sweeps: LayerSweep[] = [];

  constructor(
    /** The network as it is: not to be changed. */
    readonly original: NetworkState,
    private readonly looked: BeforeTreatment,
    /** What it is treated on. */
    readonly x: TreatedRows,
    private readonly runtime: Runtime,
    private readonly pace: Pace,
    /** For messages. */
    readonly naming: Naming = BY_INDEX,
  ) {}

  get before(): Diagnosis {
    return this.looked.diagnosis;
  }

  /** By layer and unit, what `before` was made from. */
  get statistics(): BeforeTreatment["statistics"] {
    return this.looked.statistics;
  }

  /** Whether any input differs from row to row. */
  get inputsVary(): boolean {
    return this.looked.columns.some(({ min, max }) => min < max);
  }

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

  /** Runs a state layer by layer; given back when the treatment is done. */
  sweep(state: NetworkState): LayerSweep {
    const sweep = new LayerSweep(state, this.x.forSweep, this.pace, { known: this.looked.known });
    this.sweeps.push(sweep);
    return sweep;
  }

  /** By hidden layer, the units that are dead before the treatment. */
  deadUnits(): number[][] {
    return this.before.layers.map(({ units }) => units.flatMap(({ state, unit }) => (state === "dead" ? [unit] : [])));
  }

  /** Gives back what only the treatment needed. */
  finish(): void {
    for (const sweep of this.sweeps) sweep.dispose();
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
  hasNoBias: "Treat them by reinitialize or recycle, or make the network anew with useBias: true.",
  passedBy: "Treat them by reinitialize, or train on.",
  normalizedTogether: "Treat them by liftBias or recycle, or leave them: they change no output by themselves.",
  stillDead: "Treat the network by liftBias, which opens units on these rows whatever their weights.",
};

export function finding(kind: TreatmentFindingKind, message: string, layer?: number): TreatmentFinding {
  return { kind, message, advice: ADVICE[kind], ...(layer !== undefined && { layer }) };
}

/** Why a remedy leaves units of some layers as they are. */
const LEFT = {
  /** Only a bias could open them. */
  hasNoBias: (spec, layer) => (hasShift(spec.layers[layer]) ? undefined : "it has no biases"),
  passedBy(spec, layer) {
    if (!isPassedBy(spec, layer)) return undefined;
    return spec.layers[layer].residual ? "its inputs pass it by" : "it passes the next layer by";
  },
  /** Without them those that stay would be normalized by other numbers. */
  normalizedTogether: (spec, layer) =>
    isNormalizedByRows(spec.layers[layer]) ? "each row is normalized over all of its units" : undefined,
} as const satisfies Partial<Record<TreatmentFindingKind, (spec: ResolvedSpec, layer: number) => string | undefined>>;

/** @param units by layer: those that are left where there is that reason */
export function leftAsTheyWere(
  { original: { spec }, naming }: WorkingCopy,
  kind: keyof typeof LEFT,
  units: readonly (readonly number[])[],
): TreatmentFinding[] {
  return units.flatMap((own, layer) => {
    const reason = own.length === 0 ? undefined : LEFT[kind](spec, layer);
    if (reason === undefined) return [];
    const message = `layer ${naming.layer(layer)}: ${countOf(own.length, "unit")} left as it was, since ${reason}`;
    return [finding(kind, message, layer)];
  });
}

export function nothing(message: string): RemedyResult {
  return { treated: [], findings: [finding("nothingToTreat", `${message}: nothing was done`)] };
}
