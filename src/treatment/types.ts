// What a treatment says of what it did.
import type { Cause, Death } from "../diagnosis/trace/types.js";
import type { PaceOptions } from "../core/pace.js";
import type { Diagnosis, FindingKind } from "../diagnosis/types.js";
import type { Targets } from "../network/data.js";
import type { History, Network } from "../network/types.js";
import type { ResolvedRemedy } from "./remedies/remedy.js";

/** What was done to a unit. */
export type TreatmentAction =
  | "lifted" // its bias, or beta where the layer is normalized, is such that it opens
  | "redrawn" // its incoming weights are new
  | "redrawnAndLifted" // what was drawn stayed closed, several times, so that its bias, or beta, was set too
  | "rescaled" // gamma is 1 and beta 0 again, or such that it opens: its layer is normalized row by row, and new weights would change the others
  | "activationReplaced"
  | "removed" // it contributed nothing
  | "folded"; // what it contributed, the same on every sample, is in the next layer's bias now

/** A unit that was treated, by its place in the network as it was before. */
export interface TreatedUnit {
  /** Index in network.layers. */
  readonly layer: number;
  /** Index in its layer. */
  readonly unit: number;
  /** See TreatmentAction. */
  readonly action: TreatmentAction;
  /** Share of the samples that open it after the treatment; absent where it was taken out. */
  readonly activity?: number;
}

/** What a finding of a treatment is about. */
export type TreatmentFindingKind =
  | "nothingToTreat" // the network is as it was
  | "lossless" // what was taken out is proved to change no output in the range of the samples
  | "onTheseSamples" // what was done is known to hold on these samples alone
  | "livingUnitsToo" // what was done changes units that were alive as well
  | "constantNetwork" // a layer died out as a whole: the output is the same on every sample
  | "shareNotReached" // no bias opens the unit on the wanted share
  | "hasNoBias" // units that no bias can open, as their layer has none
  | "normalizedTogether" // units that can't be taken out, since each row is normalized over all of the layer's units
  | "passedBy" // units that stay as they are, since what passes their layer by, or the next one, needs them
  | "stillDead"; // units that are dead after the treatment

/** What to know about a treatment. */
export interface TreatmentFinding {
  /** What it is about. */
  readonly kind: TreatmentFindingKind;
  /** One sentence with the figures. */
  readonly message: string;
  /** What to do, in one sentence. */
  readonly advice: string;
  /** Index in network.layers, where it is about one layer. */
  readonly layer?: number;
}

/** What may be known of a network's training, so that a treatment can say what to change besides. */
export interface TreatKnowledge {
  /** The samples' targets, as for `diagnose`. */
  readonly targets?: Targets;
  /** What fit returned. */
  readonly history?: History;
  /** What traceDeaths found in the training. */
  readonly deaths?: readonly Death[];
}

/** Options of `treat`: what is known of the training, a signal that ends it, and who hears how far it is. */
export interface TreatOptions extends TreatKnowledge, PaceOptions {}

/** Options of `treat` of rows in blocks: those that need no rows beside them. */
export interface TreatBlocksOptions extends Omit<TreatOptions, "targets"> {}

/** Something to change beside a treatment, which does not last without. */
export interface Besides {
  /** The finding of `diagnose`, or the cause of the deaths, that asks for it; "unknown": none is known. */
  readonly finding: FindingKind | Cause;
  /** In a sentence or two. */
  readonly change: string;
}

/** What `treat` did, measured, and how to take it back. */
export interface Treatment {
  /**
   * The same network; after "prune" a new one, smaller, of its own, to be disposed of by itself (unless nothing was
   * taken out).
   */
  readonly network: Network;
  /** The remedy with its defaults filled in. */
  readonly remedy: ResolvedRemedy;
  /** Without proofs on the input box, which "prune" alone needs. */
  readonly before: Diagnosis;
  /** On the same samples, after it. */
  readonly after: Diagnosis;
  /** Measured: the largest |difference| of any output (a logit, for the cross-entropies) on x. */
  readonly outputChange: number;
  /** The units that were treated, by layer and unit. */
  readonly treated: readonly TreatedUnit[];
  /** What to know before the network is used. */
  readonly findings: readonly TreatmentFinding[];
  /** What to change before it trains on, so that the treatment lasts. */
  readonly besides: readonly Besides[];
  /**
   * Makes the network what it was before the treatment, bit for bit: weights, activation, optimizer's moments, place in
   * the sequence of epochs. What was trained or treated since is undone with it. After "prune" it disposes of the new
   * network; the old one was never touched. A second call does nothing.
   * @throws RelumineError "disposed" if the network was disposed of, "value" if it is training, or an earlier treatment
   * of it was undone
   */
  undo(): void;
  /** What a terminal should show. */
  toString(): string;
}
