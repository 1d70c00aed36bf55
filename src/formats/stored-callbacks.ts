// What the package's callbacks keep, as it comes back from a file: checked field by field.
import {
  type Check,
  flag,
  integer,
  list,
  number,
  numberFrom,
  numbers,
  object,
  oneOf,
  optional,
  refuseStored,
} from "../core/stored-values.js";
import { sum } from "../core/statistics.js";
import { type SavedFirings, SUMMARY, tracedLayers } from "../diagnosis/trace/last-fired.js";
import {
  KEEP_AT_MOST,
  loggedSteps,
  type SavedHistory,
  type SavedSnapshots,
  type Snapshot,
} from "../diagnosis/trace/snapshots.js";
import type { SavedTrace, SavedUnexplained } from "../diagnosis/trace/saved-trace.js";
import { type SavedShares, sharesSizes } from "../diagnosis/trace/firing-shares.js";
import { makeDeath } from "../diagnosis/trace/death-text.js";
import type { Blow, Death, LastStraw, Revival } from "../diagnosis/trace/types.js";
import { intervalOf, windowOf } from "../diagnosis/trace/window.js";
import type { ActivityFrame } from "../diagnosis/units/activity-options.js";
import type { UnitIndex } from "../inspect/inspector.js";
import type { ResolvedSpec } from "../network/spec.js";
import type { SavedStopping } from "../network/training/early-stopping.js";
import { hiddenUnits } from "../network/training/evaluate.js";
import type { FitProgress } from "../network/training/progress.js";
import type { SavedLayer, SavedReplacer } from "../treatment/during-training/continual-backprop.js";
import {
  guardedLayers,
  type Layer as GuardedLayer,
  type SavedGuard,
} from "../treatment/during-training/prevent-deaths.js";
import { GAP_BINS, type SavedGaps } from "../treatment/during-training/gaps.js";
import type { UnitReset } from "../treatment/during-training/options.js";
import type { SavedRecycler } from "../treatment/during-training/recycle-dormant.js";
import { resettableLayers, type SavedResets } from "../treatment/during-training/self-normalized-resets.js";

/** What a callback's state has to fit. */
export interface StoredFitContext {
  readonly spec: ResolvedSpec;
  readonly fit: Pick<FitProgress, "plan" | "step" | "epoch">;
  /** All parameters, as the network lays them out, with the running statistics behind them. */
  readonly weights: Check<Float32Array>;
  /** Each block of moments. */
  readonly slots: readonly Check<Float32Array>[];
}

const count = integer(0);
const atLeast0 = (value: number) => value >= 0;

/** Places of hidden units, each of a unit that is there, and what else belongs to each. */
function unitsOf<Rest extends object = object>(
  hidden: readonly number[],
  rest = {} as { readonly [Name in keyof Rest]-?: Check<Rest[Name]> },
): Check<(UnitIndex & Rest)[]> {
  return list((path, value) => {
    const check = object<UnitIndex & Rest>({ layer: integer(0, hidden.length - 1), unit: count, ...rest } as never);
    const place = check(path, value);
    integer(0, hidden[place.layer] - 1)(`${path}.unit`, place.unit);
    return place;
  });
}

/** What the rest of a death follows from. */
type StoredDeath = UnitIndex & Pick<Death, "lastStraw" | "blow">;

const packDeath = ({ layer, unit, lastStraw, blow }: Death): StoredDeath => ({
  layer,
  unit,
  lastStraw,
  ...(blow && { blow }),
});

/** Deaths, with sentences of our own: no words of a file's. */
function deathsOf(hidden: readonly number[], step: Check<number>, epoch: Check<number>): Check<Death[]> {
  const preactivation = object({ max: number, mean: number, std: number });
  const share = optional(numberFrom(0, 1));
  const causes = ["learningRate", "momentum", "weightDecay", "upstream", "unknown", "unexplained"] as const;
  const samples = optional(list(object({ row: count, share: number })));
  // In the order in which a trace makes them, so that what goes on is stored and printed as what never stopped.
  const lastStraw = object<LastStraw>({
    step,
    epoch,
    cause: oneOf(["born", "drift", ...causes]),
    openBefore: share,
    before: preactivation,
    after: preactivation,
    change: object({ weights: number, bias: number, inputs: number, statistics: optional(number) }),
    survivesAt: optional(number),
    rate: optional(number),
    closedBy: optional(step),
    windowMean: optional(number),
    samples,
    snapshotsGone: optional(flag),
  });
  const blow = object<Blow>({
    step,
    lastStep: optional(step),
    epoch,
    openBefore: numberFrom(0, 1),
    openAfter: numberFrom(0, 1),
    isEstimate: flag,
    cause: oneOf(causes),
    meanBefore: optional(number),
    meanAfter: optional(number),
    rate: optional(number),
    survivesAt: optional(number),
    samples,
  });
  const check = unitsOf<Omit<StoredDeath, keyof UnitIndex>>(hidden, { lastStraw, blow: optional(blow) });
  return (path, value) => check(path, value).map((death) => makeDeath(death, death.lastStraw, death.blow));
}

function snapshotsOf(
  { spec, fit, weights, slots }: StoredFitContext,
  step: Check<number>,
  window: number | undefined,
): { readonly live: Check<SavedSnapshots>; readonly held: Check<SavedHistory[]> } {
  const log = numbers(Float64Array, loggedSteps(intervalOf(windowOf(window, fit.plan))));
  const snapshot = object<Snapshot>({
    step,
    blocks: list([weights, ...slots]),
    beta1: number,
    beta2: number,
    decay: optional(numberFrom(0, 1)),
    stepCounts: optional(numbers(Float64Array, 2 * sum(hiddenUnits(spec)))),
    isBreak: flag,
    isTainted: flag,
  });
  const fields = { kept: list(snapshot, 1, KEEP_AT_MOST), lostBreak: flag, rates: log, losses: log };
  return { live: object<SavedSnapshots>(fields), held: list(object<SavedHistory>({ ...fields, now: step })) };
}

const keyOf = ({ layer, unit }: UnitIndex): string => `${layer} ${unit}`;

function unexplainedOf(hidden: readonly number[], step: Check<number>): Check<SavedUnexplained[]> {
  const share = numberFrom(-1, 1);
  return unitsOf<Omit<SavedUnexplained, keyof UnitIndex>>(hidden, {
    foundAt: step,
    history: optional(count),
    counters: optional(object({ step: count, lastStep: count, before: share, after: share, isSudden: flag })),
  });
}

function traceDeaths(
  context: StoredFitContext,
  { window, replay, memory }: { window?: number; replay?: boolean; memory?: number },
): Check<SavedTrace> {
  const { spec, fit } = context;
  const hidden = hiddenUnits(spec);
  const layers = tracedLayers(spec);
  const traced = sum(layers.map(({ units }) => units));
  const [step, epoch] = [integer(0, fit.step), integer(0, fit.epoch)];
  const summaries = numbers(Float32Array, traced * SUMMARY);
  const sizes = sharesSizes(traced);
  const noSnapshots: Check<undefined> = optional((path, value) => refuseStored(path, "not to be there", value));
  const hasSnapshots = replay && memory !== 0;
  const snapshots = snapshotsOf(context, step, window);
  const check = object<SavedTrace>({
    deaths: deathsOf(hidden, step, epoch),
    revivals: unitsOf<Omit<Revival, keyof UnitIndex>>(hidden, { diedAt: step, step, epoch }),
    firings: object<SavedFirings>({
      steps: numbers(Float64Array, traced, (at) => Number.isInteger(at) && at >= 0 && at <= fit.step),
      before: summaries,
      after: summaries,
    }),
    shares: object<SavedShares>({
      fired: numbers(Float32Array, sizes.fired, atLeast0),
      rows: numbers(Float64Array, sizes.rows, atLeast0),
      blocks: numbers(
        Float64Array,
        sizes.blocks,
        (block) => Number.isInteger(block) && block >= 0 && block <= fit.step,
      ),
      figures: numbers(Float32Array, sizes.figures, (figure) => figure >= -1 && figure <= 1),
    }),
    isDead: numbers(Uint8Array, traced, (mark) => mark <= 1),
    lookAgainAt: numbers(Float64Array, traced, atLeast0),
    snapshots: hasSnapshots ? snapshots.live : noSnapshots,
    unexplained: optional(unexplainedOf(hidden, step)),
    histories: hasSnapshots ? optional(snapshots.held) : noSnapshots,
    spent: optional(numberFrom(0)),
    asleep: optional(deathsOf(hidden, step, epoch)),
    isChanged: flag,
    isTainted: flag,
  });
  const places = layers.flatMap(({ layer, units }) => Array.from({ length: units }, (_, unit) => `${layer} ${unit}`));
  return (path, value) => {
    const trace = check(path, value);
    const dead = new Set(trace.deaths.map(keyOf));
    const open = new Set(trace.deaths.filter(({ cause }) => cause === "unexplained").map(keyOf));
    const stray = (trace.unexplained ?? []).find((each) => !open.delete(keyOf(each)));
    if (stray || open.size > 0) refuseStored(`${path}.unexplained`, "to be the deaths with that cause", stray);
    const histories = trace.histories?.length ?? 0;
    const unheld = trace.unexplained?.find(({ history = -1 }) => history >= histories);
    if (unheld) refuseStored(`${path}.unexplained`, "to name histories that are there", unheld);
    const untraced = trace.asleep?.find((each) => !places.includes(keyOf(each)));
    if (untraced) refuseStored(`${path}.asleep`, "to be of units that are traced", untraced);
    const lost = places.find((place, at) => dead.has(place) !== Boolean(trace.isDead[at]));
    return lost === undefined ? trace : refuseStored(`${path}.isDead`, "to mark the deaths", lost);
  };
}

/** All frames in one: files have room for few arrays. */
interface StoredFrames {
  readonly epochs: Float64Array;
  /** Frame by frame, layer by layer. */
  readonly shares: Float32Array;
}

function packFrames(frames: readonly ActivityFrame[]): StoredFrames {
  const layers = frames.flatMap((frame) => frame.layers);
  const shares = new Float32Array(sum(layers.map(({ length }) => length)));
  let at = 0;
  for (const layer of layers) shares.set(layer, (at += layer.length) - layer.length);
  return { epochs: Float64Array.from(frames, ({ epoch }) => epoch), shares };
}

function unpackFrames({ epochs, shares }: StoredFrames, hidden: readonly number[]): ActivityFrame[] {
  let at = 0;
  return Array.from(epochs, (epoch) => ({
    epoch,
    layers: hidden.map((units) => shares.slice(at, (at += units))),
  }));
}

function recordActivity({ spec, fit }: StoredFitContext): Check<ActivityFrame[]> {
  const hidden = hiddenUnits(spec);
  return (path, value) => {
    const frames = (value as Partial<StoredFrames> | null | undefined)?.epochs?.length ?? 0;
    const check = object<StoredFrames>({
      epochs: numbers(Float64Array, frames, (epoch) => Number.isInteger(epoch) && epoch >= 0 && epoch <= fit.epoch),
      shares: numbers(Float32Array, frames * sum(hidden), (share) => share >= 0 && share <= 1),
    });
    return unpackFrames(check(path, value), hidden);
  };
}

function earlyStopping({ weights }: StoredFitContext): Check<SavedStopping> {
  return object<SavedStopping>({ best: number, epochsSince: count, bestParameters: optional(weights) });
}

function recycleDormant({ spec }: StoredFitContext): Check<SavedRecycler> {
  const hidden = hiddenUnits(spec);
  return object<SavedRecycler>({
    recycled: list(hidden.map(() => count)),
    steps: count,
    dueAt: count,
    magnitudes: list(hidden.map((units) => numbers(Float64Array, units, Number.isFinite))),
    rows: count,
    pending: unitsOf(hidden),
  });
}

function continualBackprop({ spec }: StoredFitContext): Check<SavedReplacer> {
  const hidden = hiddenUnits(spec);
  const layerOf = (units: number) =>
    object<SavedLayer>({
      averages: numbers(Float32Array, 2 * units, atLeast0),
      begun: numbers(Float64Array, units, atLeast0),
      young: integer(0, units),
      due: numberFrom(0),
    });
  return object<SavedReplacer>({
    replaced: list(hidden.map(() => count)),
    steps: count,
    layers: list(hidden.map(layerOf)),
    growing: list(object({ layer: integer(0, hidden.length - 1), until: count })),
    pending: unitsOf(hidden, { mean: number }),
  });
}

function selfNormalizedResets({ spec, fit }: StoredFitContext): Check<SavedResets> {
  const step = integer(0, fit.step);
  const reset = unitsOf<Omit<UnitReset, keyof UnitIndex>>(hiddenUnits(spec), { step, silence: count, quantile: count });
  const layerOf = ({ units }: { units: number }) =>
    object<SavedGaps>({
      silence: numbers(Float64Array, units, (rows) => Number.isSafeInteger(rows) && rows >= 0),
      count: numbers(Float64Array, units, atLeast0),
      histogram: numbers(Float32Array, units * GAP_BINS, atLeast0),
    });
  return object<SavedResets>({ resets: reset, layers: list(resettableLayers(spec).map(layerOf)), pending: reset });
}

function preventDeaths({ spec, fit, weights }: StoredFitContext): Check<SavedGuard> {
  const hidden = hiddenUnits(spec);
  const step = integer(0, fit.step);
  const copy = object({ step, parameters: weights });
  const layerOf = ({ layer, units }: { layer: number; units: number }) => {
    const each = numbers(Float64Array, units, atLeast0);
    return object<GuardedLayer>({
      layer: integer(layer, layer),
      units: integer(units, units),
      lastFired: each,
      silentRows: each,
      activity: each,
      lookAgainAt: each,
    });
  };
  return object<SavedGuard>({
    prevented: unitsOf(hidden, { step, scale: number }),
    lost: unitsOf(hidden, { step }),
    layers: list(guardedLayers(spec).map(layerOf)),
    copies: list([copy, copy]),
  });
}

/** The state of the callback of that name, as a file holds it. */
export function packCallback(name: string, saved: object): object {
  if (name === "recordActivity") return packFrames(saved as ActivityFrame[]);
  if (name !== "traceDeaths") return saved;
  const trace = saved as SavedTrace;
  const { deaths, asleep } = trace;
  return { ...trace, deaths: deaths.map(packDeath), ...(asleep && { asleep: asleep.map(packDeath) }) };
}

/** By the callbacks' names: what checks the state of one that has these options, and unpacks it. */
export const STORED_CALLBACKS: Readonly<Record<string, (context: StoredFitContext, options: never) => Check<object>>> =
  {
    traceDeaths,
    recordActivity,
    earlyStopping,
    recycleDormant,
    continualBackprop,
    selfNormalizedResets,
    preventDeaths,
  };
