// What traceDeaths takes and what it tells, apart from how it finds it out: a page that sends a trace to its worker
// needs no more.
import type { Death, Revival } from "./types.js";
import { checkBoolean, checkInteger, checkOptions } from "../../core/checks.js";
import type { Description } from "../../network/training/callbacks.js";
import type { PackageCallback } from "../../network/types.js";

/** Options of `traceDeaths`. */
export interface TraceOptions {
  /** Steps that a unit must be silent before it is looked at. Default: an epoch's, at least 20. */
  readonly window?: number;
  /** Replay the lethal updates. Without, the causes but "born" stay "unknown". Default true. */
  readonly replay?: boolean;
}

export interface TraceResults {
  /** By step, layer and unit; complete when fit is done. */
  readonly deaths: readonly Death[];
  /** Units that came back after they were on that list, in order. */
  readonly revivals: readonly Revival[];
}

/** The callback that `traceDeaths` makes: its options, and what it found in the fit that is running or ran last. */
export interface DeathTrace extends PackageCallback<TraceOptions>, TraceResults {}

export function describeTrace(options: TraceOptions | undefined): Description<TraceOptions, TraceResults> {
  const { window, replay } = checkOptions("traceDeaths", options, ["window", "replay"]);
  return {
    name: "traceDeaths",
    options: {
      ...(window !== undefined && { window: checkInteger("window", window, { low: 1 }) }),
      replay: checkBoolean("replay", replay ?? true),
    },
    results: { deaths: [], revivals: [] },
  };
}
