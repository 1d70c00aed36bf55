// What traceDeaths takes and what it tells, apart from how it finds it out: a page that sends a trace to its worker
// needs no more.
import type { Divergence } from "./divergence.js";
import type { Death, Revival } from "./types.js";
import { checkBoolean, checkFunction, checkInteger, checkOptions, checkSignal, describe } from "../../core/checks.js";
import { RelumineError } from "../../core/errors.js";
import type { UnitIndex } from "../../inspect/inspector.js";
import type { Description } from "../../network/training/callbacks.js";
import type { PackageCallback } from "../../network/types.js";

/** Options of `traceDeaths`. */
export interface TraceOptions {
  /** Steps that a unit must be silent before it is looked at, at most 2^24. Default: an epoch's, at least 20. */
  readonly window?: number;
  /** Replay the lethal updates. Without, the causes but "born" stay "unknown". Default true. */
  readonly replay?: boolean;
  /**
   * How many deaths are explained unasked of those that are found at once; Infinity: all. First one of each layer and
   * step of death, the largest such groups first; then by the share of rows that they lost. The others have the cause
   * "unexplained" and the counters' figures, until `explain` of the trace is called; "born" is told of all that were.
   *
   * Default: at most 50, and in all of a fit no more than are estimated to take three quarters of the multiplications
   * that it has made so far, or 2^30; one of all that die in any case. What would be too much is left out, with the
   * others of its layer and step. The estimate depends on sizes and steps, not on time: the same training explains
   * the same deaths.
   */
  readonly explain?: number;
  /**
   * Bytes that copies of weights and moments may take; 0: no replay. At most 32 copies are those of the training so
   * far: fewer reach less far back. What memory they leave holds the copies that unexplained deaths need later; the
   * oldest such are given up first. While deaths are explained, as much again. Default 2^27, or six copies where they
   * take more, up to 2^30.
   */
  readonly memory?: number;
}

export interface TraceResults {
  /** By step, layer and unit; complete when fit is done. */
  readonly deaths: readonly Death[];
  /** Units that came back after they were on that list, in order. */
  readonly revivals: readonly Revival[];
  /** Of a fit that diverged, the update that started it; needs `replay`. */
  readonly divergence?: Divergence | undefined;
}

/** Options of `DeathTrace.explain`. */
export interface ExplainOptions {
  /** Stops between two batches of deaths; those explained by then stay so. */
  readonly signal?: AbortSignal;
  /** Called after each batch of deaths. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** The callback that `traceDeaths` makes: its options, and what it found in the fit that is running or ran last. */
export interface DeathTrace extends PackageCallback<TraceOptions>, TraceResults {
  /**
   * Explains deaths whose cause is "unexplained"; in a callback of the fit, or after it until the next one begins. The
   * snapshots that this takes are kept as long as such deaths are on the list, so that they say what they would have
   * said at once. Where there is no memory for them any more, the death has the cause "unknown" and `snapshotsGone`;
   * all have that cause where the data were changed since.
   * @param deaths one or some of `deaths`, by layer and unit; default: all that are unexplained
   * @returns them as they are now, in `deaths` too
   * @cost a replay of the steps up to each death since its window began
   * @throws RelumineError "value"; "disposed" where the network is (as rejections)
   */
  explain(deaths?: Death | readonly Death[], options?: ExplainOptions): Promise<readonly Death[]>;
}

const AT_ONCE = 50;
const LONGEST_WINDOW = 2 ** 24; // rates and losses are kept for some windows
export const EXPLAINED_BY_DEFAULT = 50;

export function describeTrace(
  options: TraceOptions | undefined,
): Description<TraceOptions, TraceResults, Pick<DeathTrace, "explain">> {
  const { window, replay, explain, memory } = checkOptions("traceDeaths", options, [
    "window",
    "replay",
    "explain",
    "memory",
  ]);
  return {
    name: "traceDeaths",
    options: {
      ...(window !== undefined && { window: checkInteger("window", window, { low: 1, high: LONGEST_WINDOW }) }),
      replay: checkBoolean("replay", replay ?? true),
      ...(explain !== undefined && {
        explain: explain === Infinity ? Infinity : checkInteger("explain", explain, { low: 0 }),
      }),
      ...(memory !== undefined && { memory: checkInteger("memory", memory, { low: 0 }) }),
    },
    results: { deaths: [], revivals: [], divergence: undefined },
    methods: (read, act) => ({ explain: (deaths, given) => explainSome(read, act, deaths, given) }),
  };
}

export const isSame = (a: UnitIndex, b: UnitIndex): boolean => a.layer === b.layer && a.unit === b.unit;

function checkDeaths(known: readonly Death[], deaths: Death | readonly Death[] | undefined): readonly Death[] {
  if (deaths === undefined) return known.filter(({ cause }) => cause === "unexplained");
  const asked = (Array.isArray(deaths) ? deaths : [deaths]) as readonly unknown[];
  return asked.map((each, i) => {
    const found = known.find((death) => typeof each === "object" && each !== null && isSame(death, each as Death));
    if (found) return found;
    const path = Array.isArray(deaths) ? `deaths[${i}]` : "deaths";
    throw new RelumineError("value", path, "to be one of the trace's deaths", describe(each));
  });
}

async function explainSome(
  read: () => TraceResults,
  act: (name: string, argument: unknown) => Promise<void>,
  deaths: Death | readonly Death[] | undefined,
  options: ExplainOptions | undefined,
): Promise<readonly Death[]> {
  const { signal, onProgress } = checkOptions<ExplainOptions>("explain", options, ["signal", "onProgress"]);
  checkSignal(signal);
  if (onProgress !== undefined) checkFunction("onProgress", onProgress);
  const asked = checkDeaths(read().deaths, deaths);
  const open = asked.filter(({ cause }) => cause === "unexplained");
  for (let done = 0; done < open.length; done += AT_ONCE) {
    if (signal?.aborted) break;
    const units = open.slice(done, done + AT_ONCE).map(({ layer, unit }): UnitIndex => ({ layer, unit }));
    await act("explain", units);
    onProgress?.(Math.min(open.length, done + AT_ONCE), open.length);
  }
  const { deaths: now } = read();
  return asked.flatMap((death) => now.find((each) => isSame(each, death)) ?? []);
}
