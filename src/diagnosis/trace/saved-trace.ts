// What a trace keeps of a fit that stops, so that it goes on as if nothing had been.
import type { FoundDeath } from "./explain-deaths.js";
import type { SavedShares } from "./firing-shares.js";
import type { SavedFirings } from "./last-fired.js";
import type { SavedHistory, SavedSnapshots } from "./snapshots.js";
import type { Death, Revival } from "./types.js";
import type { UnitIndex } from "../../inspect/inspector.js";

/** What explains a death later, beside what it says itself. */
export interface SavedUnexplained extends UnitIndex, Pick<FoundDeath, "foundAt"> {
  readonly counters?: FoundDeath["counters"];
  /** Place in SavedTrace.histories; files before that have none. */
  readonly history?: number;
}

/** What a trace keeps. */
export interface SavedTrace {
  readonly deaths: Death[];
  readonly revivals: Revival[];
  readonly firings: SavedFirings;
  readonly shares: SavedShares;
  /** By traced unit, as in TracedFit. */
  readonly isDead: Uint8Array;
  readonly lookAgainAt: Float64Array;
  readonly snapshots?: SavedSnapshots;
  /** The deaths that are unexplained. */
  readonly unexplained?: readonly SavedUnexplained[];
  /** What explains them. */
  readonly histories?: readonly SavedHistory[];
  /** Multiplications of what was explained unasked. */
  readonly spent?: number;
  /** Of units that evaluation closes and batches open. */
  readonly asleep?: readonly Death[];
  /** The network was changed from outside since the last step ... */
  readonly isChanged: boolean;
  /** ... or before its update. */
  readonly isTainted: boolean;
}
