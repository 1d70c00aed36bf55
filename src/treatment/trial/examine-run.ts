// What one run of the baseline shows, as plain data, so that a worker can look at its own: what died and of what, what
// diagnose finds, and whether it learned.
import { RelumineError } from "../../core/errors.js";
import { diagnose } from "../../diagnosis/diagnose.js";
import type { TraceOptions, TraceResults } from "../../diagnosis/trace/trace-options.js";
import { traceDeaths } from "../../diagnosis/trace/trace-deaths.js";
import type { Cause, Death } from "../../diagnosis/trace/types.js";
import type { Diagnosis, Finding, Learning } from "../../diagnosis/types.js";
import type { PlainSet } from "../../network/data.js";
import { constantBias } from "../../network/initializer-spec.js";
import { hasOwnShift, type NetworkSpec, type ResolvedSpec } from "../../network/spec.js";
import { defineCallback, type Definition, definitionOf } from "../../network/training/callbacks.js";
import type { History, Network, PackageCallback } from "../../network/types.js";

const MOST_TRACED = 64; // a trace that has found so many deaths knows the cause, and each further one costs a replay

export interface BaselineRun {
  readonly stopped?: History["stopped"];
  /** Of each epoch. */
  readonly losses: readonly number[];
  readonly units: number;
  readonly dead: number;
  /** Some hidden layer is dead as a whole. */
  readonly hasDeadLayer: boolean;
  /** Dead units that would fire without their bias, in layers that start with a negative one. */
  readonly closedByBias: number;
  readonly findings: readonly Pick<Finding, "kind" | "role">[];
  readonly learning?: Pick<Learning, "score" | "accuracy" | "constantAccuracy">;
  /** Of the deaths that were traced. */
  readonly causes: Readonly<Partial<Record<Cause, number>>>;
}

/** By a tenth in the last quarter of the epochs: larger steps may do, or more of them. */
export function isStillFalling(losses: readonly number[]): boolean {
  const before = losses[Math.floor(losses.length * 0.75) - 1];
  return before !== undefined && losses[losses.length - 1] < before - 0.1 * Math.abs(before);
}

/** A trace that looks no further once it has found enough. */
export function traceSome(): PackageCallback & TraceResults {
  const { name, options, results, start } = definitionOf(traceDeaths({ explain: Infinity })) as Definition<
    TraceOptions,
    TraceResults
  >;
  return defineCallback({
    name,
    options,
    results,
    start(fit, context) {
      const { read, onBatchEnd, onEpochEnd, onTrainEnd } = start!(fit, context);
      const isEnough = (): boolean => read().deaths.length >= MOST_TRACED;
      return {
        onBatchEnd: (log) => (isEnough() ? undefined : onBatchEnd!(log, context)),
        onEpochEnd: (log) => (isEnough() ? undefined : onEpochEnd!(log, context)),
        onTrainEnd: (history) => (isEnough() ? undefined : onTrainEnd!(history, context)),
        read,
      };
    },
  });
}

function countCauses(deaths: readonly Death[]): Partial<Record<Cause, number>> {
  const counts: Partial<Record<Cause, number>> = {};
  for (const { cause } of deaths) counts[cause] = (counts[cause] ?? 0) + 1;
  return counts;
}

/** Undefined where activations overflow. */
export function diagnoseRun(
  network: Network,
  history: History,
  { x, y, weights }: PlainSet,
  validation: PlainSet | undefined,
): Diagnosis | undefined {
  try {
    return diagnose(network, x, { proofs: false, targets: y, weights, history, ...(validation && { validation }) });
  } catch (error) {
    if (error instanceof RelumineError) return undefined;
    throw error;
  }
}

function closedByBias({ layers }: NetworkSpec, diagnosis: Diagnosis): number {
  const dead = diagnosis.layers.flatMap(({ units }) => units.filter(({ state }) => state === "dead"));
  return dead.filter(({ layer, mechanism }) => {
    const spec = layers[layer] as ResolvedSpec["layers"][number];
    return hasOwnShift(spec) && constantBias(spec.biasInitializer) < 0 && mechanism !== "negativeWeights";
  }).length;
}

export function examineRun(
  network: Network,
  history: History,
  deaths: readonly Death[],
  training: PlainSet,
  validation: PlainSet | undefined,
): { readonly run: BaselineRun; readonly diagnosis: Diagnosis | undefined } {
  const diagnosis = diagnoseRun(network, history, training, validation);
  const units = network.layers.slice(0, -1).reduce((sum, layer) => sum + layer.units, 0);
  const run: BaselineRun = {
    ...(history.stopped && { stopped: history.stopped }),
    losses: history.epochs.map(({ loss }) => loss),
    units,
    dead: diagnosis?.dead ?? 0,
    hasDeadLayer: diagnosis?.layers.some(({ dead, units: all }) => dead === all.length) ?? false,
    closedByBias: diagnosis ? closedByBias(network.spec, diagnosis) : 0,
    findings: diagnosis?.findings ?? [],
    ...(diagnosis?.learning && { learning: diagnosis.learning }),
    causes: countCauses(deaths),
  };
  return { run, diagnosis };
}
