// What a trial tells of its units where many trials are compared: which are dead and since when, the rows that no unit
// of a layer sees, whether it has learned. One pass over the training rows; no findings, which take fits of their own.
import { preparedTargets } from "./judge.js";
import { RelumineError } from "../../core/errors.js";
import type { Cause, Death } from "../../diagnosis/trace/types.js";
import { judgeLearning } from "../../diagnosis/learning/learning.js";
import { type InspectedChunk, type Inspector, withInspector } from "../../inspect/inspector.js";
import { collectOutputs, type Observation } from "../../inspect/observation.js";
import { isDead } from "../../inspect/unit-state.js";
import { watchClosedRows } from "../../inspect/watch-closed.js";
import type { PlainSet } from "../../network/data.js";
import { stateOf } from "../../network/state/state.js";
import type { Network } from "../../network/types.js";

/** Of the training rows, at the end. */
export interface TrialLook {
  /** By hidden layer. */
  readonly units: readonly number[];
  /** Those that are dead, by hidden layer. */
  readonly dead: readonly number[];
  /** Of the dead, those that were so before the first step, by hidden layer. */
  readonly born: readonly number[];
  /**
   * Of the dead: "born" before the first step, "unexplained" since; where deaths were traced, what the trace says of
   * the last death of each.
   */
  readonly causes: Readonly<Partial<Record<Cause, number>>>;
  /** Rows on which some hidden layer is closed as a whole. */
  readonly closedSamples: number;
  /** As Learning of a diagnosis. */
  readonly learning?: { readonly score?: number; readonly verdict: string };
}

export function shareOfDead({ units, dead }: Pick<TrialLook, "units" | "dead">): number {
  const [all, closed] = [units, dead].map((counts) => counts.reduce((sum, count) => sum + count, 0));
  return all === 0 ? 0 : closed / all;
}

function causesOf(dead: readonly boolean[][], born: readonly boolean[][], deaths: readonly Death[] | undefined) {
  const traced = new Map(deaths?.map(({ layer, unit, cause }) => [`${layer} ${unit}`, cause]));
  const causes: Partial<Record<Cause, number>> = {};
  dead.forEach((units, layer) =>
    units.forEach((isClosed, unit) => {
      if (!isClosed) return;
      const cause = traced.get(`${layer} ${unit}`) ?? (born[layer][unit] ? "born" : "unexplained");
      causes[cause] = (causes[cause] ?? 0) + 1;
    }),
  );
  return causes;
}

/** One pass over the rows: what a diagnosis begins with, without what it needs for findings. */
function observeRows(inspector: Inspector, { x }: PlainSet): Observation {
  const { spec } = inspector.state;
  const read = collectOutputs(inspector.state, x.rows);
  const closed = watchClosedRows(inspector.state);
  const see = (chunk: InspectedChunk) => {
    closed.visit(chunk);
    read.visit(chunk);
  };
  const statistics = inspector.statistics(x, see, spec.layers.length);
  const layers = spec.layers.map(({ activation }, index) => ({
    activation,
    units: statistics[index],
    ...closed.read(index),
  }));
  return { rows: x.rows, layers, loss: spec.loss, outputs: read.outputs };
}

function countClosedRows(layers: Observation["layers"]): number {
  const rows = new Set<number>();
  for (const { closedRows } of layers) closedRows?.forEach((row) => rows.add(row));
  return rows.size;
}

function readLook(
  observation: Observation,
  { y, weights }: PlainSet,
  born: readonly boolean[][],
  deaths: readonly Death[] | undefined,
): TrialLook {
  const hidden = observation.layers.slice(0, -1);
  const dead = hidden.map(({ activation, units }) => units.map((unit) => isDead(activation, unit)));
  const rows = { outputs: observation.outputs!, targets: preparedTargets(y), weights };
  const learning = judgeLearning(observation, rows, undefined, undefined)?.learning;
  return {
    units: hidden.map(({ units }) => units.length),
    dead: dead.map((units) => units.filter(Boolean).length),
    born: dead.map((units, layer) => units.filter((isClosed, unit) => isClosed && born[layer][unit]).length),
    causes: causesOf(dead, born, deaths),
    closedSamples: countClosedRows(hidden),
    ...(learning && {
      learning: { ...(learning.score !== undefined && { score: learning.score }), verdict: learning.verdict },
    }),
  };
}

/**
 * @param born which units were dead before the first step, by hidden layer
 * @param deaths where they were traced
 * @returns undefined where activations overflow
 */
export function lookAtUnits(
  network: Network,
  training: PlainSet,
  born: readonly boolean[][],
  deaths: readonly Death[] | undefined,
): TrialLook | undefined {
  try {
    return withInspector(stateOf(network), (inspector) =>
      readLook(observeRows(inspector, training), training, born, deaths),
    );
  } catch (error) {
    if (error instanceof RelumineError) return undefined;
    throw error;
  }
}
